/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One program, written as people have written it over the years: a CLASS for each way. All of them do the same: entry
 * counts one packet in counts[0] and returns 7. Without a CLASS it is as libbpf has it today, the twin of the others.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define ANSWER 7

#if defined(INNER_FIRST) || defined(INNER_LAST)
#define LEGACY_36
#elif defined(INNER_TAIL)
#define TAIL_SECTION
#endif
#if defined(INNER_FIRST) || defined(INNER_TAIL)
#define INNER_SLOT 2
#elif defined(INNER_LAST)
#define INNER_SLOT 0
#endif

/* Definitions of maps as numbers: 20 bytes, the 28 of old iproute2, the 36 of later ones, the 280 with a namespace. */
struct old_map {
	unsigned int type, key_size, value_size, max_entries, flags;
#ifdef LEGACY_280
	unsigned int pinning;
	char namespace[256];
#endif
#if defined(LEGACY_28) || defined(LEGACY_36) || defined(TAIL_SECTION)
	unsigned int id, pinning;
#endif
#if defined(LEGACY_36) || defined(TAIL_SECTION)
	unsigned int inner_id, inner_idx;
#endif
};

/* Of iproute2: a map stands in a slot of the map of maps whose inner_id its id is. */
#if defined(INNER_FIRST) || defined(INNER_TAIL)
struct old_map SEC("maps") inner8 = { .type = BPF_MAP_TYPE_HASH,
				      .key_size = 4,
				      .value_size = 4,
				      .max_entries = 4,
				      .id = 8,
				      .inner_idx = INNER_SLOT };
#endif
#ifdef INNER_SLOT
struct old_map SEC("maps") outer = { .type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
				     .key_size = 4,
				     .value_size = 4,
				     .max_entries = 4,
				     .id = 7,
				     .inner_id = 8 };
#endif
#ifdef INNER_LAST
struct old_map SEC("maps") inner8 = { .type = BPF_MAP_TYPE_HASH,
				      .key_size = 4,
				      .value_size = 4,
				      .max_entries = 4,
				      .id = 8,
				      .inner_idx = INNER_SLOT };
#endif

#if defined(LEGACY_20) || defined(LEGACY_28) || defined(LEGACY_36) || defined(LEGACY_280) || \
	defined(MIXED)
struct old_map SEC("maps") counts = {
	.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4
};
#elif defined(MAPS_SLASH) || defined(TAIL_SECTION)
struct old_map SEC("maps/counts") counts = {
	.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4
};
#else
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
#ifdef PIN_MODE
	__uint(pinning, 2);
#endif
} counts SEC(".maps");
#endif

#if defined(LEGACY_20) || defined(LEGACY_28) || defined(LEGACY_36) || defined(LEGACY_280)
struct old_map SEC("maps") seen = { .type = BPF_MAP_TYPE_HASH,
				    .key_size = 4,
				    .value_size = 8,
				    .max_entries = 16,
				    .flags = BPF_F_NO_PREALLOC };
#elif defined(MAPS_SLASH) || defined(TAIL_SECTION)
struct old_map SEC("maps/seen") seen = { .type = BPF_MAP_TYPE_HASH,
					 .key_size = 4,
					 .value_size = 8,
					 .max_entries = 16,
					 .flags = BPF_F_NO_PREALLOC };
#else
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");
#endif

#ifdef RING
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
	__type(key, __u32);
	__type(value, __u64);
} ring SEC(".maps");
#endif

#ifdef PERF
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u64);
	__type(value, __u64[2]);
} perf SEC(".maps");
#endif

#ifdef MAP_IN_MAP
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} outer SEC(".maps");
#endif

#ifdef TAIL_SECTION
struct old_map SEC("maps/calls") calls = {
	.type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 2, .id = 3
};
#elif defined(TAIL_TAG)
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} cilium_calls SEC(".maps");
#define calls cilium_calls
#endif

#ifdef EXTERN_VERSION
extern unsigned int LINUX_KERNEL_VERSION __kconfig;
#endif

static __attribute__((always_inline)) inline void count(void)
{
	__u32 key = 0;
	__u64 one = 1, *value = bpf_map_lookup_elem(&counts, &key);

	if (value)
		*value += 1;
	bpf_map_update_elem(&seen, &key, &one, BPF_ANY);
}

#ifdef LOOSE
SEC("classifier/from-somewhere")
#else
SEC("tc")
#endif
#ifdef STATIC
static __attribute__((used)) int
#else
int
#endif
entry(struct __sk_buff *skb)
{
#ifdef CONSTANT
	__u64 more;

	(void)skb;
	asm("%0 = more ll" : "=r"(more)); /* 0 until it is set */
#endif
#ifdef EXTERN_VERSION
	if (LINUX_KERNEL_VERSION < 0x40000)
		return 0;
#endif
#ifdef EXTERN_HELPER
	__u64 now;

	asm volatile("call bpf_ktime_get_ns; %0 = r0"
		     : "=r"(now)
		     :
		     : "r0", "r1", "r2", "r3", "r4", "r5");
	if (!now)
		return 0;
#endif
#ifdef RING
	__u64 *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (record)
		bpf_ringbuf_submit(record, 0);
#endif
#ifdef PERF
	__u64 event = 1;

	bpf_perf_event_output(skb, &perf, BPF_F_CURRENT_CPU, &event, sizeof(event));
#endif
#ifdef MAP_IN_MAP
	__u32 slot = 1;

	if (bpf_map_lookup_elem(&outer, &slot))
		return 0;
#endif
#ifdef INNER_SLOT
	__u32 slot = INNER_SLOT;

	if (!bpf_map_lookup_elem(&outer, &slot))
		return 0;
#endif
#if defined(TAIL_SECTION) || defined(TAIL_TAG)
	bpf_tail_call(skb, &calls, 1);
	return 0; /* the slot is empty */
#else
	count();
#ifdef CONSTANT
	return ANSWER + (int)more;
#else
	return skb ? ANSWER : 0;
#endif
#endif
}

#ifdef TAIL_SECTION
SEC("3/1")
#elif defined(TAIL_TAG)
SEC("tc/tail")
__attribute__((btf_decl_tag("tail:cilium_calls/1")))
#endif
#if defined(TAIL_SECTION) || defined(TAIL_TAG)
int called(struct __sk_buff *skb)
{
	count();
	return skb ? ANSWER : 0;
}
#endif

char _license[] SEC("license") = "GPL";
