/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A congestion control that counts its connections. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

struct sock;

/* The members that it has; the kernel's struct has more. */
struct tcp_congestion_ops {
	void (*init)(struct sock *sk);
	__u32 (*ssthresh)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	char name[16];
} __attribute__((preserve_access_index));

SEC("struct_ops/init")
void on_connection(unsigned long long *arguments)
{
	const __u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&runs, &zero);

	(void)arguments;
	if (value)
		__sync_fetch_and_add(value, 1);
}

SEC("struct_ops/ssthresh")
__u32 threshold(unsigned long long *arguments)
{
	(void)arguments;
	return 10;
}

SEC("struct_ops/undo_cwnd")
__u32 window(unsigned long long *arguments)
{
	(void)arguments;
	return 10;
}

SEC("struct_ops/cong_avoid")
void on_ack(unsigned long long *arguments)
{
	(void)arguments;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops counting = {
	.init = (void *)on_connection,
	.ssthresh = (void *)threshold,
	.undo_cwnd = (void *)window,
	.cong_avoid = (void *)on_ack,
	.name = "skep_counting",
};

char _license[] SEC("license") = "GPL";
