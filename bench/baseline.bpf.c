// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the flow program is measured against: a program that does nothing, and the least that counts a flow at all;
 * and what gives each of them its packets.
 */
#include "../bpf/lib/base.bpf.h"
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include "baseline.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct bench_bare_key);
	__type(value, struct bench_bare_value);
	__uint(max_entries, 65536);
} bare_flows SEC(".maps");

/* The program under test. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__type(key, u32);
	__type(value, u32);
	__uint(max_entries, 1);
} vary_target SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, u32);
	__uint(max_entries, BENCH_VARY_TABLE_SIZE);
} vary_table SEC(".maps");

struct bench_vary vary = {};

SEC("tc")
int bench_empty(struct __sk_buff *skb __attribute__((unused)))
{
	return TC_ACT_UNSPEC;
}

/* IPv4 and IPv6 without options or extensions, TCP and UDP; a 40-byte key, one look-up, two atomic adds, the time. */
SEC("tc")
int bench_bare(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct bench_bare_value *v, init;
	struct bench_bare_key key = {};
	u32 *src = (u32 *)key.src, *dst = (u32 *)key.dst;
	u16 type;

	if (data + 54 > end)
		return TC_ACT_UNSPEC;
	type = *(u16 *)(data + 12);
	if (type == bpf_htons(ETH_P_IP)) {
		key.protocol = *(u8 *)(data + 23);
		src[2] = dst[2] = bpf_htonl(0xffff);
		src[3] = *(u32 *)(data + 26);
		dst[3] = *(u32 *)(data + 30);
		key.src_port = *(u16 *)(data + 34);
		key.dst_port = *(u16 *)(data + 36);
	} else if (type == bpf_htons(ETH_P_IPV6) && data + 58 <= end) {
		key.protocol = *(u8 *)(data + 20);
#pragma unroll
		for (int i = 0; i < 4; i++) {
			src[i] = *(u32 *)(data + 22 + 4 * i);
			dst[i] = *(u32 *)(data + 38 + 4 * i);
		}
		key.src_port = *(u16 *)(data + 54);
		key.dst_port = *(u16 *)(data + 56);
	}
	if (key.protocol != IPPROTO_TCP && key.protocol != IPPROTO_UDP)
		return TC_ACT_UNSPEC;

	v = bpf_map_lookup_elem(&bare_flows, &key);
	if (v) {
		__sync_fetch_and_add(&v->packets, 1);
		__sync_fetch_and_add(&v->bytes, skb->len);
		v->last_ns = bpf_ktime_get_ns();
		return TC_ACT_UNSPEC;
	}
	init.packets = 1;
	init.bytes = skb->len;
	init.last_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&bare_flows, &key, &init, BPF_NOEXIST);
	return TC_ACT_UNSPEC;
}

/*
 * Makes the packet one of another flow (IPv4 only), then runs the program under test on it. The same for all programs
 * under test: what it costs is what it costs with the empty one.
 */
SEC("tc")
int bench_vary_flow(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	u32 flow = 0, index, *entry;
	u64 state = vary.state;

	if (vary.mode == BENCH_VARY_FIXED)
		goto run;
	if (data + 38 > end)
		return BENCH_VARY_FAILED;
	if (vary.mode == BENCH_VARY_SEQUENCE) {
		flow = state;
		vary.state = flow + 1 < vary.count ? flow + 1 : 0;
	} else if (vary.mode == BENCH_VARY_RANDOM) {
		/* MMIX's linear congruential generator; only its upper half is random enough */
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		vary.state = state;
		flow = (state >> 32) * vary.count >> 32;
	} else {
		index = state & (BENCH_VARY_TABLE_SIZE - 1);
		vary.state = state + 1;
		entry = bpf_map_lookup_elem(&vary_table, &index);
		if (!entry)
			return BENCH_VARY_FAILED;
		flow = *entry;
	}
	*(u16 *)(data + 28) = flow >> 10;
	*(u16 *)(data + 34) = bpf_htons(1024 + (flow & 1023));
run:
	bpf_tail_call(skb, &vary_target, 0);
	return BENCH_VARY_FAILED;
}
