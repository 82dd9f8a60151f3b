/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What libbpf or the kernel refuses, and a loader can set right: rings and perf event arrays with types, a ring of an odd
 * size, foreign modes of pinning, a map of maps that does not say of what, a static map, a static program, names of
 * sections as people write them. And a program that is wrong.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct event {
	__u64 time, size;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
	__type(key, __u32);
	__type(value, struct event);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u64);
	__type(value, struct event);
} perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, 2);
} global SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, 16);
} replaced SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 8);
	__uint(key_size, 4);
	__uint(value_size, 4);
} nested SEC(".maps");

static struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} hidden SEC(".maps");

static struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} hidden2 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} fixed SEC(".maps");

int limit = 7;
int seen;
const volatile int factor = 1;

SEC("socket1")
int rings(struct __sk_buff *skb)
{
	struct event *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	__u32 key = 0;
	void *in;

	if (e) {
		e->size = skb->len;
		bpf_ringbuf_submit(e, 0);
	}
	in = bpf_map_lookup_elem(&nested, &key);
	if (in)
		bpf_map_lookup_elem(in, &key);
	seen += factor;
	return limit * factor;
}

SEC("classifier/hidden")
static __attribute__((used)) int quiet(struct __sk_buff *skb)
{
	__u32 key = 1;
	__u64 value = 5, *got;

	bpf_map_update_elem(&hidden2, &key, &value, BPF_ANY);
	got = bpf_map_lookup_elem(&hidden, &key);
	bpf_map_lookup_elem(&global, &key);
	bpf_map_lookup_elem(&replaced, &key);
	bpf_perf_event_output(skb, &perf, BPF_F_CURRENT_CPU, &value, sizeof(value));
	return got ? (int)*got : -1;
}

/* What an element that was put before says. */
SEC("socket/known")
int known(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&fixed, &key);

	(void)skb;
	return value ? (int)*value : -1;
}

SEC("?socket/wrong")
int wrong(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&replaced, &key);

	(void)skb;
	return (int)*value;
}

SEC("?fentry/bpf_fentry_test1")
int traced(void *context)
{
	(void)context;
	return 0;
}

char _license[] SEC("license") = "GPL";
