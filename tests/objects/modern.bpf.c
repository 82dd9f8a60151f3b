/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* legacy.bpf.c as libbpf has it: what both do has to be the same. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const volatile __u64 step = 0;
const volatile __u64 answer = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [1] = &inner } };

int second(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int(void *));
} calls SEC(".maps") = { .values = { [2] = (void *)&second } };

static __attribute__((noinline)) void count(__u32 slot)
{
	__u64 *value = bpf_map_lookup_elem(&counts, &slot);

	if (value)
		*value += step;
}

SEC("tc")
int first(struct __sk_buff *skb)
{
	__u32 key = 1;
	__u64 one = 1;
	void *in;

	count(0);
	bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
	in = bpf_map_lookup_elem(&outer, &key);
	if (in)
		bpf_map_update_elem(in, &key, &one, BPF_ANY);
	bpf_perf_event_output(skb, &events, BPF_F_CURRENT_CPU, &one, sizeof(one));
	bpf_tail_call(skb, &calls, 2);
	return (int)answer;
}

SEC("tc")
int second(struct __sk_buff *skb)
{
	(void)skb;
	count(1);
	return (int)answer + 1;
}

char _license[] SEC("license") = "GPL";
