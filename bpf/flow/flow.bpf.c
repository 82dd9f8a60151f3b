// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The flow programs: every packet that a TC hook sees is counted once, in the flow it belongs to, and the ledger
 * (struct skep_flow_cpu) says so. They observe: TC_ACT_UNSPEC lets the next program or filter decide.
 *
 * A run reads the epoch once and touches only what belongs to its parity; user space flips the epoch, waits for an RCU
 * grace period and then owns the retired parity (docs/decisions/0001-exact-drain.md). So for each parity
 *
 *	seen = drained from the maps + in the ring + lost + skipped		in packets and in bytes
 *
 * A packet is added to its flow's entry; a flow without an entry is inserted with NOEXIST, so that of two CPUs that
 * race one inserts and the other adds; a flow that cannot be inserted goes into the ring; without room there, it is
 * counted as lost. All counting is by atomic add without fetch, the only kind that 5.10 accepts.
 */
#include "packet.bpf.h"
#include <linux/pkt_cls.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before load. The names of the types stand in the skeleton: those of linux/types.h. */
const volatile __u32 sampling =
	1; /* one packet in so many is counted into a flow, the others as skipped */
const volatile __u32 high_water = ~0u; /* inserts per map and epoch that call for an early epoch */
const volatile __u32 insert_batch =
	1; /* a CPU tells the others of its inserts in batches of this */
const volatile __u32 race_window =
	0; /* tests only: clock reads between finding an entry and using it */

struct skep_flow_control control = { .epoch = 2 };

#define FLOW_MAP(name, key_type)                       \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_HASH);       \
		__type(key, key_type);                 \
		__type(value, struct skep_flow_value); \
		__uint(max_entries, 65536);            \
	} name SEC(".maps")

FLOW_MAP(flows4_even, struct skep_flow_key4);
FLOW_MAP(flows4_odd, struct skep_flow_key4);
FLOW_MAP(flows6_even, struct skep_flow_key6);
FLOW_MAP(flows6_odd, struct skep_flow_key6);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} flow_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct skep_flow_cpu);
	__uint(max_entries, 1);
} flow_cpus SEC(".maps");

/* An update of an array of maps returns after a grace period: this is how user space waits for one. */
struct grace_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
};
struct grace_inner flow_grace_in SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct grace_inner);
} flow_grace SEC(".maps") = { .values = { &flow_grace_in } };

/* One packet on its way into the books. */
struct sample {
	struct skep_flow_cpu *cpu;
	u64 now;
	u32 epoch;
	u32 bytes;
	u32 extra_segments;
	u8 tcp_flags;
	u8 dscp;
	u8 link_flags;
	u8 pad;
	u8 mac[12];
};

static __always_inline void count_add(struct skep_flow_count *c, u32 bytes)
{
	__sync_fetch_and_add(&c->packets, 1);
	__sync_fetch_and_add(&c->bytes, bytes);
}

/* Bit i of @flags becomes 1 in byte i. */
static __always_inline u64 tcp_flags_spread(u64 flags)
{
	u64 bits = (flags * 0x0101010101010101ULL) & 0x8040201008040201ULL;

	bits = ((bits + 0x7f7f7f7f7f7f7f7fULL) | bits) >> 7 & 0x0101010101010101ULL;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bits = __builtin_bswap64(bits);
#endif
	return bits;
}

static __always_inline void widen_race_window(void)
{
	if (race_window)
		for (u32 i = 0; i < 256 && i < race_window; i++)
			if (bpf_ktime_get_ns() == 1)
				break;
}

static __always_inline void value_add(struct skep_flow_value *v, const struct sample *s)
{
	u64 flags = tcp_flags_spread(s->tcp_flags);

	widen_race_window();
	__sync_fetch_and_add(&v->packets, 1);
	__sync_fetch_and_add(&v->bytes, s->bytes);
	if (unlikely(s->extra_segments))
		__sync_fetch_and_add(&v->extra_segments, s->extra_segments);
	/* Of two CPUs the later may lose its time, by at most the width of this race; never a count. */
	if (v->last_ns < s->now)
		v->last_ns = s->now;
	if (unlikely((*(volatile u64 *)v->tcp_flags & flags) != flags))
#pragma unroll
		for (int i = 0; i < 8; i++)
			if (s->tcp_flags >> i & 1)
				v->tcp_flags[i] = 1;
	if (unlikely(v->dscp != s->dscp))
		v->dscp = s->dscp;
}

/* The maps fill up: when the high-water mark is reached, one record in the ring wakes user space up, once an epoch. */
static __always_inline void note_insert(struct skep_flow_cpu *cpu, u32 parity, u32 family)
{
	struct skep_flow_ring_record *wake;
	u64 pending = cpu->pending_inserts[family] + 1;

	/* A plain counter: a nested run may lose one, and all it steers is when to wake up. */
	cpu->pending_inserts[family] = pending;
	if (pending < insert_batch)
		return;
	cpu->pending_inserts[family] = 0;
	__sync_fetch_and_add(&control.fill[parity].inserts[family], pending);
	if (*(volatile u64 *)&control.fill[parity].inserts[family] < high_water ||
	    control.fill[parity].woken)
		return;
	control.fill[parity].woken = 1;
	wake = bpf_ringbuf_reserve(&flow_ring, sizeof(*wake), 0);
	if (!wake)
		return; /* a full ring wakes up by itself */
	__builtin_memset(wake, 0, sizeof(*wake));
	wake->type = SKEP_FLOW_RING_WAKE;
	wake->parity = parity;
	bpf_ringbuf_submit(wake, 0);
}

static __always_inline void value_init(struct skep_flow_value *v, const struct sample *s)
{
	u64 flags = tcp_flags_spread(s->tcp_flags);

	__builtin_memset(v, 0, sizeof(*v));
	v->packets = 1;
	v->bytes = s->bytes;
	v->extra_segments = s->extra_segments;
	v->first_ns = v->last_ns = s->now;
	__builtin_memcpy(v->tcp_flags, &flags, sizeof(flags));
	v->dscp = s->dscp;
	v->link_flags = s->link_flags;
	__builtin_memcpy(v->mac, s->mac, sizeof(v->mac));
}

static __always_inline void note_insert_error(struct skep_flow_cpu *cpu, int error)
{
	if (error == -7) /* E2BIG */
		__sync_fetch_and_add(&cpu->map_full, 1);
	else if (error == -16 || error == -35 ||
		 error == -110) /* EBUSY; EDEADLK, ETIMEDOUT: rqspinlock, 6.15 */
		__sync_fetch_and_add(&cpu->map_busy, 1);
	else
		__sync_fetch_and_add(&cpu->map_failed, 1);
}

/*
 * The books of one address family. Each map is named in its own arm of each branch, so that the verifier calls its
 * functions directly.
 */
#define FLOW_BOOK(family, FAMILY, index)                                                         \
	static __always_inline struct skep_flow_value *find##family(                             \
		const struct skep_flow_key##family *key, u32 parity)                             \
	{                                                                                        \
		struct skep_flow_value *v;                                                       \
                                                                                                 \
		if (parity) {                                                                    \
			v = bpf_map_lookup_elem(&flows##family##_odd, key);                      \
			barrier_named("odd");                                                    \
		} else {                                                                         \
			v = bpf_map_lookup_elem(&flows##family##_even, key);                     \
			barrier_named("even");                                                   \
		}                                                                                \
		return v;                                                                        \
	}                                                                                        \
                                                                                                 \
	/* A flow that has no entry yet. */                                                      \
	static __noinline int insert##family(const struct skep_flow_key##family *key,            \
					     struct sample *s)                                   \
	{                                                                                        \
		struct skep_flow_cpu *cpu = s->cpu;                                              \
		struct skep_flow_ring_record *record;                                            \
		struct skep_flow_value init, *v = NULL;                                          \
		u32 parity = s->epoch & 1;                                                       \
		int r; /* not long: before 6.4 its upper half is not the sign */                 \
                                                                                                 \
		s->now = bpf_ktime_get_ns(); /* a flow's first time is exact */                  \
		cpu->now_ns = s->now;                                                            \
		value_init(&init, s);                                                            \
		widen_race_window();                                                             \
		if (parity) {                                                                    \
			r = bpf_map_update_elem(&flows##family##_odd, key, &init, BPF_NOEXIST);  \
			barrier_named("odd");                                                    \
		} else {                                                                         \
			r = bpf_map_update_elem(&flows##family##_even, key, &init, BPF_NOEXIST); \
			barrier_named("even");                                                   \
		}                                                                                \
		if (!r) {                                                                        \
			note_insert(cpu, parity, index);                                         \
			return 0;                                                                \
		}                                                                                \
		if (r == -17) /* EEXIST: another CPU was first */                                \
			v = find##family(key, parity);                                           \
		if (v) {                                                                         \
			value_add(v, s);                                                         \
			return 0;                                                                \
		}                                                                                \
		note_insert_error(cpu, r);                                                       \
		record = bpf_ringbuf_reserve(&flow_ring, sizeof(*record), 0);                    \
		if (!record) {                                                                   \
			__sync_fetch_and_add(&cpu->ring_full, 1);                                \
			count_add(&cpu->lost[parity], s->bytes);                                 \
			return 0;                                                                \
		}                                                                                \
		record->type = SKEP_FLOW_RING_##FAMILY;                                          \
		record->parity = parity;                                                         \
		__builtin_memset(&record->key6, 0, sizeof(record->key6));                        \
		record->key##family = *key;                                                      \
		record->value = init;                                                            \
		count_add(&cpu->ring[parity], s->bytes);                                         \
		bpf_ringbuf_submit(record, 0);                                                   \
		return 0;                                                                        \
	}

FLOW_BOOK(4, KEY4, 0)
FLOW_BOOK(6, KEY6, 1)

/*
 * Everything the fast path leaves alone. A function of its own for each kind of device, with a stack of its own.
 */
static __always_inline void account_any(struct __sk_buff *skb, struct sample *s, int egress,
					int ethernet)
{
	struct skep_flow_value *v;
	struct skep_flow_key4 key4;
	struct flow_packet p;

	packet_parse(skb, &p, egress, ethernet);
	p.key.ifindex = skb->ifindex;
	s->tcp_flags = p.tcp_flags;
	s->dscp = p.dscp;
	s->link_flags = p.link_flags;
	__builtin_memcpy(s->mac, p.mac, sizeof(s->mac));
	if (p.malformed)
		__sync_fetch_and_add(&s->cpu->malformed, 1);
	if (p.key.point & SKEP_FLOW_POINT_NO_L4)
		__sync_fetch_and_add(&s->cpu->no_l4, 1);
	if (p.ip_version == 4) {
		__builtin_memset(&key4, 0, sizeof(key4));
		__builtin_memcpy(&key4.src, p.key.src, 4);
		__builtin_memcpy(&key4.dst, p.key.dst, 4);
		key4.src_port = p.key.src_port;
		key4.dst_port = p.key.dst_port;
		key4.ifindex = p.key.ifindex;
		key4.protocol = p.key.protocol;
		key4.point = p.key.point;
		key4.vlan = p.key.vlan;
		v = find4(&key4, s->epoch & 1);
		if (v)
			value_add(v, s);
		else
			insert4(&key4, s);
		return;
	}
	v = find6(&p.key, s->epoch & 1);
	if (v)
		value_add(v, s);
	else
		insert6(&p.key, s);
}

static __noinline int account_frame(struct __sk_buff *skb, struct sample *s, int egress)
{
	account_any(skb, s, egress, 1);
	return 0;
}

static __noinline int account_raw(struct __sk_buff *skb, struct sample *s, int egress)
{
	account_any(skb, s, egress, 0);
	return 0;
}

/*
 * The time of a packet: read when jiffies have moved or after 64 packets of this CPU, else remembered: early by less
 * than a tick, never late, for a tenth of the price.
 */
static __always_inline u64 clock_now(struct skep_flow_cpu *cpu)
{
	u64 jiffies = bpf_jiffies64(), now = cpu->now_ns;

	if (unlikely(jiffies != cpu->jiffies || !(++cpu->run_count & 63))) {
		now = bpf_ktime_get_ns();
		cpu->now_ns = now;
		cpu->jiffies = jiffies;
	}
	return now;
}

/* The tag that the device took off the packet, or puts on it: the outer one. */
static __always_inline u16 offloaded_vlan(const struct __sk_buff *skb)
{
	return skb->vlan_present ? SKEP_FLOW_VLAN_TAGGED | (skb->vlan_tci & SKEP_FLOW_VLAN_ID) : 0;
}

/*
 * The word of a key that begins with the protocol. The kernel hashes keys by 32-bit words, and the load of a word that
 * was stored in pieces waits for the stores: on the way to a look-up, keys are stored by words.
 */
static __always_inline u32 key_tail(const struct __sk_buff *skb, u32 protocol, int egress)
{
	u32 point = egress ? SKEP_FLOW_POINT_EGRESS : 0, vlan = offloaded_vlan(skb);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return protocol | point << 8 | vlan << 16;
#else
	return protocol << 24 | point << 16 | vlan;
#endif
}

/*
 * Plain TCP and UDP: one bounds check for all that is needed. Return: 0 counted; -1 the packet has something unusual.
 */
static __always_inline int account_plain4(struct __sk_buff *skb, struct sample *s, int egress)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct skep_flow_value *v;
	struct skep_flow_key4 key;
	u16 length;
	u8 protocol;

	if (data + 54 > end)
		return -1;
	length = bpf_ntohs(*(u16 *)(data + 16));
	protocol = *(u8 *)(data + 23);
	if (unlikely(*(u8 *)(data + 14) != 0x45 ||
		     *(u16 *)(data + 20) & bpf_htons(IP_OFFSET_MASK) || (length && length < 40) ||
		     (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)))
		return -1;
	s->tcp_flags = protocol == IPPROTO_TCP ? *(u8 *)(data + 47) : 0;
	s->dscp = *(u8 *)(data + 15) >> 2;
	key.src = *(u32 *)(data + 26);
	key.dst = *(u32 *)(data + 30);
	*(u32 *)&key.src_port = *(u32 *)(data + 34); /* and dst_port */
	key.ifindex = skb->ifindex;
	*(u32 *)&key.protocol = key_tail(skb, protocol, egress);
	key.pad = 0;
	v = find4(&key, s->epoch & 1);
	if (likely(v)) {
		value_add(v, s);
		return 0;
	}
	s->link_flags = SKEP_FLOW_LINK_HAS_MAC;
	__builtin_memcpy(s->mac, data, sizeof(s->mac));
	return insert4(&key, s);
}

static __always_inline int account_plain6(struct __sk_buff *skb, struct sample *s, int egress)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct skep_flow_value *v;
	struct skep_flow_key6 key;
	u16 length;
	u8 protocol;

	if (data + 74 > end)
		return -1;
	length = bpf_ntohs(*(u16 *)(data + 18));
	protocol = *(u8 *)(data + 20);
	if (unlikely(*(u8 *)(data + 14) >> 4 != 6 || (length && length < 20) ||
		     (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)))
		return -1;
	s->tcp_flags = protocol == IPPROTO_TCP ? *(u8 *)(data + 67) : 0;
	s->dscp = bpf_ntohs(*(u16 *)(data + 14)) >> 6 & 0x3f;
#pragma unroll
	for (int i = 0; i < 16; i += 4) {
		*(u32 *)(key.src + i) = *(u32 *)(data + 22 + i);
		*(u32 *)(key.dst + i) = *(u32 *)(data + 38 + i);
	}
	*(u32 *)&key.src_port = *(u32 *)(data + 54); /* and dst_port */
	key.ifindex = skb->ifindex;
	*(u32 *)&key.protocol = key_tail(skb, protocol, egress);
	key.pad = 0;
	v = find6(&key, s->epoch & 1);
	if (likely(v)) {
		value_add(v, s);
		return 0;
	}
	s->link_flags = SKEP_FLOW_LINK_HAS_MAC;
	__builtin_memcpy(s->mac, data, sizeof(s->mac));
	return insert6(&key, s);
}

static __always_inline void account_ethernet(struct __sk_buff *skb, struct sample *s, int egress)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	int r = -1;
	u16 type;

	if (likely(data + ETH_HLEN <= end)) {
		type = *(u16 *)(data + 12);
		if (likely(type == bpf_htons(ETH_P_IP)))
			r = account_plain4(skb, s, egress);
		else if (type == bpf_htons(ETH_P_IPV6))
			r = account_plain6(skb, s, egress);
	}
	if (unlikely(r < 0))
		account_frame(skb, s, egress);
}

static __always_inline int run(struct __sk_buff *skb, int egress, int ethernet)
{
	u32 epoch = *(volatile u32 *)&control.epoch;
	u32 cpu_id = bpf_get_smp_processor_id();
	struct skep_flow_cpu *cpu = bpf_map_lookup_elem(&flow_cpus, &cpu_id);
	struct sample s;
	u32 segments;

	if (unlikely(!cpu)) /* cannot happen: an entry for each possible CPU */
		return TC_ACT_UNSPEC;
	s.cpu = cpu;
	s.epoch = epoch;
	s.bytes = skb->len;
	count_add(&cpu->seen[epoch & 1], s.bytes);
	if (sampling > 1 && bpf_get_prandom_u32() % sampling) {
		count_add(&cpu->skipped[epoch & 1], s.bytes);
		return TC_ACT_UNSPEC;
	}
	s.now = clock_now(cpu);
	segments = skb->gso_segs;
	s.extra_segments = likely(segments <= 1) ? 0 : segments - 1;
	if (ethernet)
		account_ethernet(skb, &s, egress);
	else
		account_raw(skb, &s, egress);
	return TC_ACT_UNSPEC;
}

/* By direction, and by whether the device has an Ethernet header. */
SEC("tc")
int skep_in(struct __sk_buff *skb)
{
	return run(skb, 0, 1);
}

SEC("tc")
int skep_out(struct __sk_buff *skb)
{
	return run(skb, 1, 1);
}

SEC("tc")
int skep_in_raw(struct __sk_buff *skb)
{
	return run(skb, 0, 0);
}

SEC("tc")
int skep_out_raw(struct __sk_buff *skb)
{
	return run(skb, 1, 0);
}
