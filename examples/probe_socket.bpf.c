/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts packets of a socket, and keeps them whole. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 packets;

SEC("socket/filter")
int on_packet(struct __sk_buff *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&packets, 1);
	return -1;
}

char _license[] SEC("license") = "GPL";
