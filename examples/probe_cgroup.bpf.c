/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts packets that processes send. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 packets;

SEC("cgroup_skb/egress")
int on_packet(struct __sk_buff *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&packets, 1);
	return 1; /* it may leave */
}

char _license[] SEC("license") = "GPL";
