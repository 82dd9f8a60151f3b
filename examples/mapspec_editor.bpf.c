/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10);
	__type(key, __u32);
	__type(value, __u64);
} cache SEC(".maps");

SEC("socket")
int remember(struct __sk_buff *skb)
{
	__u32 key = skb->hash;
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&cache, &key, &now, BPF_ANY);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
