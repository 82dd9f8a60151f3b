/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What object_load.c opens: a program with a variable and a constant, and one that no kernel takes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

const volatile __u32 limit = 1500;

SEC("tc")
int measure(struct __sk_buff *skb)
{
	__u64 verdict;

	asm("%0 = verdict ll" : "=r"(verdict)); /* for packets beyond the limit */
	return skb->len > limit ? (int)verdict : 0;
}

SEC("?tc") /* left out, until it is asked for */
int careless(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&packets, &key);

	*count += skb->len; /* it may be NULL */
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
