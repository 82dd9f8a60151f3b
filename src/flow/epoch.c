/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "flow/epoch.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <sched.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "flow/program.h"
#include "sys/libbpf_print.h"

#define BATCH_MAX 1024u /* entries a system call: keys and values stay in the second-level cache */
#define EPOCH_FIRST \
	2u /* 0 and 1 are never used: a front-cache slot that was never written has tag 0 */
#define RING_HEADER 8u /* bytes that the ring puts before each record */
#define RING_STOP (-ECANCELED)

/* Cumulative counters of one parity, over all CPUs. */
struct parity_counts {
	struct skep_flow_volume seen, ring, lost, skipped;
};

struct flow_epoch {
	struct flow_program *program;
	struct skep_flow_control *control;
	struct ring_buffer *ring;
	struct skep_flow_ledger ledger;
	struct parity_counts before[2]; /* [parity]: as of its last retirement */

	uint32_t current;                     /* as in control->epoch */
	uint32_t retired;                     /* while @draining: the epoch that is being drained */
	int draining;                         /* flipped, and not yet empty */
	struct skep_flow_volume map, records; /* of the epoch that is being drained */

	/* Records of the current epoch that stood in the ring among those of the retired one: next turn's. */
	struct skep_flow_ring_record *held;
	uint32_t held_count, held_max;
	uint64_t ring_left; /* bytes still to be taken out in this turn */

	uint32_t batch_count; /* room in keys and values */
	void *keys;
	struct skep_flow_value *values;

	/* Of the turn that is going on. */
	skep_flow_entry_fn fn;
	void *userdata;
	int fn_result;
};

static void add_volume(struct skep_flow_volume *v, uint64_t packets, uint64_t bytes)
{
	v->packets += packets;
	v->bytes += bytes;
}

static struct skep_flow_volume difference(struct skep_flow_volume a, struct skep_flow_volume b)
{
	return (struct skep_flow_volume){ a.packets - b.packets, a.bytes - b.bytes };
}

/* What both keys have in common. */
struct key_tail {
	__be16 src_port, dst_port;
	uint32_t ifindex;
	uint8_t protocol, point;
	uint16_t vlan;
};

_Static_assert(offsetof(struct skep_flow_key4, src_port) == 8 &&
		       offsetof(struct skep_flow_key6, src_port) == 32,
	       "the tail follows the addresses");

static void entry_from_tail(struct skep_flow_entry *e, const void *at)
{
	struct key_tail tail;
	const uint8_t *ports = at;

	memcpy(&tail, at, sizeof(tail));
	e->ifindex = tail.ifindex;
	e->direction = tail.point & SKEP_FLOW_POINT_EGRESS ? SKEP_DIRECTION_EGRESS
							   : SKEP_DIRECTION_INGRESS;
	if (tail.vlan) {
		e->id.flags |= SKEP_FLOW_ID_TAGGED;
		e->id.vlan = tail.vlan & SKEP_FLOW_VLAN_ID;
	}
	if (tail.point & SKEP_FLOW_POINT_LINK) {
		e->id.flags |= SKEP_FLOW_ID_LINK;
		e->id.ethertype = ntohs(tail.src_port);
		return;
	}
	e->id.protocol = tail.protocol;
	if (tail.point & SKEP_FLOW_POINT_NO_L4) {
		e->id.flags |= SKEP_FLOW_ID_NO_L4;
	} else if (tail.protocol == IPPROTO_ICMP || tail.protocol == IPPROTO_ICMPV6) {
		e->id.src_port = ports[0];
		e->id.dst_port = ports[1];
	} else {
		e->id.src_port = ntohs(tail.src_port);
		e->id.dst_port = ntohs(tail.dst_port);
	}
}

/* Byte i, which is 0 or 1, becomes bit i: the multiplication moves each to its place in the highest byte. */
static uint8_t tcp_flags_gather(const uint8_t spread[8])
{
	uint64_t word;

	memcpy(&word, spread, sizeof(word));
	return (uint8_t)(le64toh(word) * 0x0102040810204080ull >> 56);
}

static void deliver(struct flow_epoch *ep, struct skep_flow_entry *e,
		    const struct skep_flow_value *v, struct skep_flow_volume *volume)
{
	int r;

	add_volume(volume, v->packets, v->bytes);
	if (!ep->fn)
		return;
	e->packets = v->packets;
	e->segments = v->packets + v->extra_segments;
	e->bytes = v->bytes;
	e->first_ns = v->first_ns;
	e->last_ns = v->last_ns > v->first_ns ? v->last_ns : v->first_ns;
	e->tcp_flags = tcp_flags_gather(v->tcp_flags);
	e->dscp = v->dscp;
	e->has_mac = v->link_flags & SKEP_FLOW_LINK_HAS_MAC;
	memcpy(e->dst_mac, v->mac, 6);
	memcpy(e->src_mac, v->mac + 6, 6);
	r = ep->fn(e, ep->userdata);
	if (r < 0 && !ep->fn_result)
		ep->fn_result = r;
}

static void deliver4(struct flow_epoch *ep, const struct skep_flow_key4 *key,
		     const struct skep_flow_value *v, struct skep_flow_volume *volume)
{
	struct skep_flow_entry e = { .id.ethertype = ETH_P_IP };

	memcpy(e.id.src_addr, &key->src, 4);
	memcpy(e.id.dst_addr, &key->dst, 4);
	entry_from_tail(&e, &key->src_port);
	deliver(ep, &e, v, volume);
}

static void deliver6(struct flow_epoch *ep, const struct skep_flow_key6 *key,
		     const struct skep_flow_value *v, struct skep_flow_volume *volume)
{
	struct skep_flow_entry e = { .id.ethertype = ETH_P_IPV6 };

	memcpy(e.id.src_addr, key->src, 16);
	memcpy(e.id.dst_addr, key->dst, 16);
	entry_from_tail(&e, &key->src_port);
	deliver(ep, &e, v, volume);
}

static void deliver_record(struct flow_epoch *ep, const struct skep_flow_ring_record *record)
{
	if (record->type == SKEP_FLOW_RING_KEY4)
		deliver4(ep, &record->key4, &record->value, &ep->records);
	else
		deliver6(ep, &record->key6, &record->value, &ep->records);
}

/* Empties the map of one family of the retired epoch. */
static int drain_map(struct flow_epoch *ep, enum flow_family family)
{
	int fd = flow_program_map_fd(ep->program, family, ep->retired & 1), r;
	uint64_t in = 0, out = 0; /* where the walk stands: a bucket number */
	int first = 1;

	do {
		uint32_t i, count = ep->batch_count;

		r = bpf_map_lookup_and_delete_batch(fd, first ? NULL : &in, &out, ep->keys,
						    ep->values, &count, NULL);
		if (r == -EINTR || r == -EAGAIN) {
			r = 0;
			continue;
		}
		if (r < 0 && r != -ENOENT)
			return r;
		for (i = 0; i < count; i++)
			if (family == FLOW_FAMILY_4)
				deliver4(ep, (struct skep_flow_key4 *)ep->keys + i, &ep->values[i],
					 &ep->map);
			else
				deliver6(ep, (struct skep_flow_key6 *)ep->keys + i, &ep->values[i],
					 &ep->map);
		in = out;
		first = 0;
	} while (r == 0);
	return 0;
}

static int take_record(void *userdata, void *data, size_t size)
{
	struct flow_epoch *ep = userdata;
	const struct skep_flow_ring_record *record = data;
	uint64_t taken = (size + RING_HEADER + 7) & ~7ull;

	if (record->type != SKEP_FLOW_RING_WAKE) {
		if (record->parity == (ep->retired & 1))
			deliver_record(ep, record);
		else if (ep->held_count <
			 ep->held_max) /* always: a turn takes one ringful at most */
			ep->held[ep->held_count++] = *record;
	}
	ep->ring_left -= taken < ep->ring_left ? taken : ep->ring_left;
	return ep->ring_left ? 0 : RING_STOP;
}

/*
 * Takes out what is in the ring now. Every record of the retired epoch is complete since the grace period; one of the
 * current epoch may stand before it and be still in the making, for as long as a program runs.
 */
static int drain_ring(struct flow_epoch *ep)
{
	uint32_t i, held = ep->held_count;
	int r;

	ep->held_count = 0;
	for (i = 0; i < held; i++)
		if (ep->held[i].parity == (ep->retired & 1))
			deliver_record(ep, &ep->held[i]);
		else /* held by this same turn, which failed and goes on */
			ep->held[ep->held_count++] = ep->held[i];
	ep->ring_left = ring__avail_data_size(ring_buffer__ring(ep->ring, 0));
	while (ep->ring_left) {
		r = ring_buffer__consume(ep->ring);
		if (r < 0 && r != RING_STOP)
			return r;
		if (ep->ring_left)
			sched_yield();
	}
	return 0;
}

static void sum_counts(const struct flow_epoch *ep, uint32_t parity, struct parity_counts *sum)
{
	unsigned i, count;
	const struct skep_flow_cpu *cpu = flow_program_cpus(ep->program, &count);

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < count; i++, cpu++) {
		add_volume(&sum->seen, cpu->seen[parity].packets, cpu->seen[parity].bytes);
		add_volume(&sum->ring, cpu->ring[parity].packets, cpu->ring[parity].bytes);
		add_volume(&sum->lost, cpu->lost[parity].packets, cpu->lost[parity].bytes);
		add_volume(&sum->skipped, cpu->skipped[parity].packets, cpu->skipped[parity].bytes);
	}
}

/* Enters the drained epoch into the ledger. Return: 0; -EPROTO it does not balance. */
static int settle(struct flow_epoch *ep, struct skep_error *err)
{
	struct parity_counts now, *before = &ep->before[ep->retired & 1];
	struct skep_flow_volume seen, ring, lost, skipped;
	struct skep_flow_ledger *l = &ep->ledger;
	int64_t packets, bytes;

	sum_counts(ep, ep->retired & 1, &now);
	seen = difference(now.seen, before->seen);
	ring = difference(now.ring, before->ring);
	lost = difference(now.lost, before->lost);
	skipped = difference(now.skipped, before->skipped);
	*before = now;

	add_volume(&l->seen, seen.packets, seen.bytes);
	add_volume(&l->map, ep->map.packets, ep->map.bytes);
	add_volume(&l->ring, ep->records.packets, ep->records.bytes);
	add_volume(&l->lost, lost.packets, lost.bytes);
	add_volume(&l->skipped, skipped.packets, skipped.bytes);
	l->epochs++;

	packets = (int64_t)(seen.packets - ep->map.packets - ep->records.packets - lost.packets -
			    skipped.packets);
	bytes = (int64_t)(seen.bytes - ep->map.bytes - ep->records.bytes - lost.bytes -
			  skipped.bytes);
	if (!packets && !bytes && !memcmp(&ring, &ep->records, sizeof(ring)))
		return 0;
	l->unbalanced_epochs++;
	return skep_fail(
		err, -EPROTO, SKEP_ERR_UNBALANCED,
		"epoch %u: %lld packets and %lld bytes of %llu and %llu are unaccounted for.",
		ep->retired, (long long)packets, (long long)bytes, (unsigned long long)seen.packets,
		(unsigned long long)seen.bytes);
}

/* The programs write into the other maps from now on, those that have begun excepted. */
static void flip(struct flow_epoch *ep)
{
	ep->retired = ep->current;
	ep->current = ep->current == UINT32_MAX ? EPOCH_FIRST : ep->current + 1;
	ep->draining = 1;
	memset(&ep->map, 0, sizeof(ep->map));
	memset(&ep->records, 0, sizeof(ep->records));
	__atomic_store_n(&ep->control->epoch, ep->current, __ATOMIC_SEQ_CST);
}

int flow_epoch_turn(struct flow_epoch *ep, skep_flow_entry_fn fn, void *userdata,
		    struct skep_error *err)
{
	enum flow_family family;
	int r;

	if (!ep->draining)
		flip(ep);
	ep->fn = fn;
	ep->userdata = userdata;
	ep->fn_result = 0;
	r = flow_program_grace(ep->program);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "wait for a grace period");
	for (family = 0; family < FLOW_FAMILY_COUNT; family++) {
		r = drain_map(ep, family);
		if (r < 0)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "drain a flow map");
	}
	r = drain_ring(ep);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "drain the ring");
	memset(&ep->control->fill[ep->retired & 1], 0, sizeof(ep->control->fill[0]));
	ep->draining = 0;
	r = settle(ep, err);
	if (r == 0 && ep->fn_result < 0)
		r = skep_fail(err, ep->fn_result, SKEP_ERR_SYSCALL, "deliver the flows");
	return r;
}

int flow_epoch_new(struct flow_program *program, struct flow_epoch **ret_epoch,
		   struct skep_error *err)
{
	_cleanup_(flow_epoch_freep) struct flow_epoch *ep = calloc(1, sizeof(*ep));
	uint32_t max_flows = flow_program_max_flows(program);
	struct sys_libbpf_print print;
	int r;

	if (!ep)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "flow agent");
	ep->program = program;
	ep->control = flow_program_control(program);
	ep->current = ep->control->epoch;
	ep->batch_count = max_flows < BATCH_MAX ? max_flows : BATCH_MAX;
	ep->keys = calloc(ep->batch_count, sizeof(struct skep_flow_key6));
	ep->values = calloc(ep->batch_count, sizeof(*ep->values));
	/* large and seldom used: the kernel gives memory to it only as it is touched */
	ep->held_max =
		(uint32_t)(flow_program_ring_bytes(program) / (sizeof(*ep->held) + RING_HEADER));
	ep->held = calloc(ep->held_max, sizeof(*ep->held));
	if (!ep->keys || !ep->values || !ep->held)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "flow agent");
	sys_libbpf_print_begin(&print);
	ep->ring = ring_buffer__new(flow_program_ring_fd(program), take_record, ep, NULL);
	r = -errno;
	sys_libbpf_print_end(&print);
	if (!ep->ring)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "map the ring");
	*ret_epoch = take_ptr(ep);
	return 0;
}

struct flow_epoch *flow_epoch_free(struct flow_epoch *ep)
{
	if (!ep)
		return NULL;
	ring_buffer__free(ep->ring);
	free(ep->keys);
	free(ep->values);
	free(ep->held);
	free(ep);
	return NULL;
}

int flow_epoch_fd(const struct flow_epoch *ep)
{
	return ring_buffer__epoll_fd(ep->ring);
}

int flow_epoch_urgent(const struct flow_epoch *ep)
{
	return ring__avail_data_size(ring_buffer__ring(ep->ring, 0)) > 0;
}

void flow_epoch_note_early(struct flow_epoch *ep)
{
	ep->ledger.early_epochs++;
}

void flow_epoch_ledger(const struct flow_epoch *ep, struct skep_flow_ledger *ret_ledger)
{
	unsigned i, count;
	const struct skep_flow_cpu *cpu = flow_program_cpus(ep->program, &count);

	*ret_ledger = ep->ledger;
	for (i = 0; i < count; i++, cpu++) {
		ret_ledger->map_full += cpu->map_full;
		ret_ledger->map_busy += cpu->map_busy;
		ret_ledger->map_failed += cpu->map_failed;
		ret_ledger->ring_full += cpu->ring_full;
		ret_ledger->no_l4 += cpu->no_l4;
		ret_ledger->malformed += cpu->malformed;
	}
}
