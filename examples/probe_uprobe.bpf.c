/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts lines that are read from a terminal. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 lines;

SEC("uprobe/readline")
int on_readline(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&lines, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
