/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts what an interface receives. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 packets;

SEC("xdp")
int count(struct xdp_md *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&packets, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
