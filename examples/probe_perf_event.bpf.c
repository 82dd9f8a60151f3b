/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts the samples of a clock. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 samples;

SEC("perf_event/cpu_clock")
int on_sample(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&samples, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
