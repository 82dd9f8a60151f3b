/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Congestion controls, one for a link and one of before there were links, and a program that neither names. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct sock;

struct tcp_congestion_ops {
	__u32 (*undo_cwnd)(struct sock *sk);
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	char name[16];
} __attribute__((preserve_access_index));

#define TABLE(called, in)                                      \
	SEC("struct_ops/ssthresh")                             \
	__u32 called##_ssthresh(unsigned long long *arguments) \
	{                                                      \
		(void)arguments;                               \
		return 2;                                      \
	}                                                      \
                                                               \
	SEC("struct_ops/undo_cwnd")                            \
	__u32 called##_undo(unsigned long long *arguments)     \
	{                                                      \
		(void)arguments;                               \
		return 2;                                      \
	}                                                      \
                                                               \
	SEC("struct_ops/cong_avoid")                           \
	void called##_avoid(unsigned long long *arguments)     \
	{                                                      \
		(void)arguments;                               \
	}                                                      \
                                                               \
	SEC(in)                                                \
	struct tcp_congestion_ops called = {                   \
		.undo_cwnd = (void *)called##_undo,            \
		.ssthresh = (void *)called##_ssthresh,         \
		.cong_avoid = (void *)called##_avoid,          \
		.name = "skep_" #called,                       \
	};

TABLE(linked, ".struct_ops.link")
TABLE(older, ".struct_ops")

SEC("xdp")
int older_other(void *ctx)
{
	(void)ctx;
	return 2;
}

char _license[] SEC("license") = "GPL";
