/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts at two tracepoints: of one the section says which, of the other the probe does. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 entered, left;

SEC("tracepoint/syscalls/sys_enter_getpgid")
int by_section(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&entered, 1);
	return 0;
}

SEC("tracepoint/any_name")
int by_fields(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&left, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
