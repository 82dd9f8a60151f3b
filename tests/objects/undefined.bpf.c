/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A function that is declared, and defined nowhere: two programs of three reach it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int nowhere(int value);

static __attribute__((noinline)) int calls(int value)
{
	return nowhere(value) + nowhere(2);
}

SEC("xdp")
int good(struct xdp_md *ctx)
{
	return ctx->ingress_ifindex ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int direct(struct xdp_md *ctx)
{
	return nowhere((int)ctx->ingress_ifindex);
}

SEC("xdp")
int indirect(struct xdp_md *ctx)
{
	return calls((int)ctx->ingress_ifindex);
}

char _license[] SEC("license") = "GPL";
