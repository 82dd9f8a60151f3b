/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What old objects are made of, in one: definitions of maps as numbers of every known form, constants on undefined
 * symbols, loose names of sections. modern.bpf.c is the same as libbpf has it.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define LOAD_CONSTANT(name, variable) asm("%0 = " name " ll" : "=r"(variable))

struct bpf_map_def {
	unsigned int type, key_size, value_size, max_entries, map_flags;
};

struct bpf_elf_map {
	unsigned int type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx;
};

struct bpf_map_def SEC("maps") counts = { BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0 };
struct bpf_map_def SEC("maps") seen = { BPF_MAP_TYPE_HASH, 4, 8, 16, BPF_F_NO_PREALLOC };
struct bpf_map_def SEC("maps/events") events = { BPF_MAP_TYPE_PERF_EVENT_ARRAY, 0, 0, 0, 0 };
struct bpf_elf_map SEC("maps/calls") calls = { BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 7, 0, 0, 0 };
struct bpf_elf_map SEC("maps/inner") inner = { BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0, 9, 0, 0, 1 };
struct bpf_elf_map SEC("maps/outer") outer = { BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 0, 3, 0, 8, 0, 9, 0 };

static __attribute__((noinline)) void count(__u32 slot)
{
	__u64 step, *value = bpf_map_lookup_elem(&counts, &slot);

	LOAD_CONSTANT("step", step);
	if (value)
		*value += step;
}

SEC("classifier/first")
int first(struct __sk_buff *skb)
{
	__u32 key = 1;
	__u64 one = 1, answer;
	void *in;

	LOAD_CONSTANT("answer", answer);
	count(0);
	bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
	in = bpf_map_lookup_elem(&outer, &key);
	if (in)
		bpf_map_update_elem(in, &key, &one, BPF_ANY);
	bpf_perf_event_output(skb, &events, BPF_F_CURRENT_CPU, &one, sizeof(one));
	bpf_tail_call(skb, &calls, 2);
	return (int)answer;
}

SEC("7/2")
int second(struct __sk_buff *skb)
{
	__u64 answer;

	(void)skb;
	LOAD_CONSTANT("answer", answer);
	count(1);
	return (int)answer + 1;
}

char _license[] SEC("license") = "GPL";
