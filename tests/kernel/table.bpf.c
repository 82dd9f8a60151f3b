/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A congestion control: a table of functions with fewer members than the kernel's, in another order. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct sock;

struct tcp_congestion_ops {
	char name[16];
	__u32 (*undo_cwnd)(struct sock *sk);
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
} __attribute__((preserve_access_index));

SEC("struct_ops/ssthresh")
__u32 table_ssthresh(unsigned long long *arguments)
{
	(void)arguments;
	return 2;
}

SEC("struct_ops/undo_cwnd")
__u32 table_undo_cwnd(unsigned long long *arguments)
{
	(void)arguments;
	return 2;
}

SEC("struct_ops/cong_avoid")
void table_cong_avoid(unsigned long long *arguments)
{
	(void)arguments;
}

SEC(".struct_ops")
struct tcp_congestion_ops table = {
	.name = "skep_table",
	.ssthresh = (void *)table_ssthresh,
	.undo_cwnd = (void *)table_undo_cwnd,
	.cong_avoid = (void *)table_cong_avoid,
};

char _license[] SEC("license") = "GPL";
