/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts packets, and leaves it to others to decide on them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 out, in;

SEC("classifier/egress")
int on_egress(struct __sk_buff *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&out, 1);
	return -1; /* TC_ACT_UNSPEC */
}

SEC("classifier/ingress")
int on_ingress(struct __sk_buff *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&in, 1);
	return -1; /* TC_ACT_UNSPEC */
}

char _license[] SEC("license") = "GPL";
