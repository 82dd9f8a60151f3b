/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Maps whose types matter to the kernel (spin locks) or to who looks at them, made, filled, frozen and converted in every
 * way; an array of programs with initial values; a relocation against the types of the kernel. OLD: as a former version
 * pinned its map.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct locked {
#ifndef OLD
	struct bpf_spin_lock lock;
#endif
	__u64 count;
};

struct limit {
	__u32 rate, burst;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} filled SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct locked);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pinned SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_RDONLY_PROG);
	__type(key, __u32);
	__type(value, struct limit);
} frozen SEC(".maps");

int called(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(void *));
} calls SEC(".maps") = { .values = { [1] = (void *)&called } };

static __attribute__((always_inline)) inline int add(struct locked *value)
{
	if (!value)
		return -1;
#ifndef OLD
	bpf_spin_lock(&value->lock);
#endif
	value->count += 1;
#ifndef OLD
	bpf_spin_unlock(&value->lock);
#endif
	return (int)value->count;
}

SEC("tc")
int to_filled(struct __sk_buff *skb)
{
	__u32 key = 0;

	(void)skb;
	return add(bpf_map_lookup_elem(&filled, &key));
}

SEC("tc")
int to_pinned(struct __sk_buff *skb)
{
	__u32 key = 3;

	(void)skb;
	return add(bpf_map_lookup_elem(&pinned, &key));
}

SEC("tc")
int from_frozen(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct limit *limit = bpf_map_lookup_elem(&frozen, &key);

	(void)skb;
	return limit ? (int)limit->burst : -1;
}

SEC("tc")
int call(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &calls, 1);
	return 1; /* the slot is empty */
}

SEC("tc")
int called(struct __sk_buff *skb)
{
	(void)skb;
	return 2;
}

SEC("tc")
int place(struct __sk_buff *skb)
{
	(void)skb;
	return (int)bpf_core_field_offset(struct task_struct, pid);
}

char _license[] SEC("license") = "Dual BSD/GPL";
