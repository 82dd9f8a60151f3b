/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that share subprograms: a global one, which calls a static one, which is a callback, too. Each loads a
 * constant. References are of every form: by name, by section and place, and without a relocation.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define LOAD_CONSTANT(name, variable) asm("%0 = " name " ll" : "=r"(variable))

struct bpf_map_def {
	unsigned int type, key_size, value_size, max_entries, map_flags;
};

struct bpf_map_def SEC("maps") runs = { BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0 };

static __attribute__((noinline)) __u64 leaf(void)
{
	__u64 deep;

	LOAD_CONSTANT("deep", deep);
	return deep;
}

__attribute__((noinline)) __u64 middle(__u32 factor)
{
	__u64 step;

	LOAD_CONSTANT("step", step);
	return step * factor + leaf();
}

#ifndef PLAIN
struct sk_buff {
	unsigned int len;
} __attribute__((preserve_access_index));

static __attribute__((noinline)) long each(void *map, const void *key, void *value, void *context)
{
	__u64 step;

	(void)map;
	(void)key;
	LOAD_CONSTANT("step", step);
	*(__u64 *)context += step + *(__u64 *)value * 0;
	return 0;
}

SEC("?tc")
int walks(struct __sk_buff *skb)
{
	__u64 sum = 0;

	(void)skb;
	bpf_for_each_map_elem(&runs, each, &sum, 0);
	return (int)sum;
}
#endif

SEC("tc")
int one(struct __sk_buff *skb)
{
	__u64 base, *count;
	__u32 key = 0;

	LOAD_CONSTANT("base", base);
	count = bpf_map_lookup_elem(&runs, &key);
	if (count)
		(*count)++;
#ifndef PLAIN
	if (!bpf_core_field_exists(((struct sk_buff *)0)->len))
		return -1;
#endif
	return skb ? (int)(base + middle(1)) : 0;
}

SEC("tc")
int two(struct __sk_buff *skb)
{
	(void)skb;
	return (int)middle(2);
}

SEC("classifier")
int three(struct __sk_buff *skb)
{
	(void)skb;
	return (int)leaf();
}

char _license[] SEC("license") = "GPL";
