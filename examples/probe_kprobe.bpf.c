/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts calls and returns. The probes say of which functions. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 calls, returns;

SEC("kprobe/by_syscall")
int on_mkdirat(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&calls, 1);
	return 0;
}

SEC("kretprobe/by_regex")
int after_utimes(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&returns, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
