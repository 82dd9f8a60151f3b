/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Entry and exit of a function of the kernel; the exit has what it returns, behind its one argument. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 entered;
__s64 returned;

SEC("fentry/chosen_by_the_probe")
int on_entry(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&entered, 1);
	return 0;
}

SEC("fexit/chosen_by_the_probe")
int on_exit(__u64 *arguments)
{
	returned = (__s64)arguments[1];
	return 0;
}

char _license[] SEC("license") = "GPL";
