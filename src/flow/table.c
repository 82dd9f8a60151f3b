/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/flow_table.h>

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"

#define DEFAULT_MAX_POINTS 262144u
#define MAX_MAX_POINTS (1u << 31)
#define NONE UINT32_MAX /* no node */

/*
 * A point of a flow. The canonical point stands in the hash chain and heads the list of the flow's other points, which
 * stand in no chain. Nodes never move and are taken in order: a table is emptied as a whole.
 */
struct node {
	struct skep_flow_id id;
	uint32_t ifindex;
	uint8_t direction;
	uint8_t tcp_flags; /* since the previous report */
	uint8_t dscp;
	uint8_t has_mac;
	uint32_t chain; /* canonical point: the next flow with this hash */
	uint32_t other; /* the next point of this flow */
	uint32_t told;  /* canonical point: it has been reported as such, and stays it */
	uint32_t dirty; /* canonical point: in the list of what the next report tells */
	uint8_t src_mac[6];
	uint8_t dst_mac[6];
	uint64_t first_ns, last_ns; /* since the previous report; last_ns 0: nothing */
	struct {
		uint64_t packets, segments, bytes;
	} now, total; /* since the previous report; since it entered the table */
	uint64_t ever_last_ns;
};

struct skep_flow_table {
	struct skep_flow_table_opts opts;
	struct node *nodes;
	uint32_t *buckets; /* heads of chains */
	uint32_t *dirty;   /* flows that gained something since the previous report */
	uint32_t bucket_mask;
	uint32_t node_count, node_max;
	uint32_t flow_count, dirty_count;
	/* The other points of the record that is being told; grows to the most that a flow has. */
	struct skep_flow_point *points;
	uint32_t point_room;
};

/* Multiply and fold, eight bytes at a time. */
static uint32_t hash_id(const struct skep_flow_id *id)
{
	uint64_t words[sizeof(*id) / 8], h = 0x9e3779b97f4a7c15;
	size_t i;

	_Static_assert(sizeof(*id) % 8 == 0, "whole words");
	memcpy(words, id, sizeof(*id));
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		unsigned __int128 product = (unsigned __int128)(words[i] ^ h) * 0xd6e8feb86659fd93;

		h = (uint64_t)product ^ (uint64_t)(product >> 64) ^ h << 23;
	}
	return (uint32_t)(h ^ h >> 32);
}

int skep_flow_table_new(const struct skep_flow_table_opts *opts, struct skep_flow_table **ret_table,
			struct skep_error *err)
{
	_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = calloc(1, sizeof(*t));
	uint64_t buckets = 1;
	int r;

	if (!t)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "flow table");
	r = opts_copy(&t->opts, sizeof(t->opts), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of the flow table");
	if (!t->opts.max_points)
		t->opts.max_points = DEFAULT_MAX_POINTS;
	if (t->opts.max_points > MAX_MAX_POINTS)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "max_points: at most %u.",
				 MAX_MAX_POINTS);
	while (buckets < t->opts.max_points)
		buckets <<= 1;
	t->bucket_mask = (uint32_t)(buckets - 1);
	t->node_max = (uint32_t)t->opts.max_points;
	/* not touched yet: the kernel gives memory as the table fills up */
	t->nodes = calloc(t->node_max, sizeof(*t->nodes));
	t->buckets = malloc(buckets * sizeof(*t->buckets));
	t->dirty = malloc(t->node_max * sizeof(*t->dirty));
	if (!t->nodes || !t->buckets || !t->dirty)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "a flow table for %llu points",
				 (unsigned long long)t->opts.max_points);
	skep_flow_table_clear(t);
	*ret_table = take_ptr(t);
	return 0;
}

struct skep_flow_table *skep_flow_table_free(struct skep_flow_table *t)
{
	if (!t)
		return NULL;
	free(t->nodes);
	free(t->buckets);
	free(t->dirty);
	free(t->points);
	free(t);
	return NULL;
}

void skep_flow_table_clear(struct skep_flow_table *t)
{
	memset(t->buckets, 0xff, ((size_t)t->bucket_mask + 1) * sizeof(*t->buckets)); /* NONE */
	t->node_count = t->flow_count = t->dirty_count = 0;
}

/* A new node for a point, in no list yet. Return: NULL if the table is full. */
static struct node *new_node(struct skep_flow_table *t, const struct skep_flow_entry *e)
{
	struct node *n;

	if (t->node_count == t->node_max)
		return NULL;
	n = &t->nodes[t->node_count++];
	memset(n, 0, sizeof(*n));
	n->id = e->id;
	n->ifindex = e->ifindex;
	n->direction = e->direction;
	n->has_mac = e->has_mac;
	memcpy(n->src_mac, e->src_mac, sizeof(n->src_mac));
	memcpy(n->dst_mac, e->dst_mac, sizeof(n->dst_mac));
	n->chain = n->other = NONE;
	return n;
}

static void node_add(struct node *n, const struct skep_flow_entry *e)
{
	n->now.packets += e->packets;
	n->now.segments += e->segments;
	n->now.bytes += e->bytes;
	n->total.packets += e->packets;
	n->total.segments += e->segments;
	n->total.bytes += e->bytes;
	n->tcp_flags |= e->tcp_flags;
	if (!n->last_ns || e->first_ns < n->first_ns)
		n->first_ns = e->first_ns;
	if (e->last_ns >= n->last_ns) {
		n->last_ns = e->last_ns;
		n->dscp = e->dscp;
	}
	if (e->last_ns > n->ever_last_ns)
		n->ever_last_ns = e->last_ns;
}

/* The link to the canonical point of a flow: what points to it, so that another can take its place. */
static uint32_t *find_flow(struct skep_flow_table *t, const struct skep_flow_id *id)
{
	uint32_t *link = &t->buckets[hash_id(id) & t->bucket_mask];

	while (*link != NONE && memcmp(&t->nodes[*link].id, id, sizeof(*id)))
		link = &t->nodes[*link].chain;
	return link;
}

/* A point in no list: if it saw the flow before the canonical one, it takes its place, unless that has been told. */
static void elect(struct skep_flow_table *t, uint32_t *link, struct node *n)
{
	uint32_t index = (uint32_t)(n - t->nodes);
	struct node *canonical = &t->nodes[*link];

	if (canonical->told || canonical->first_ns <= n->first_ns) {
		n->other = canonical->other;
		canonical->other = index;
		return;
	}
	n->chain = canonical->chain;
	n->other = *link;
	canonical->chain = NONE;
	if (canonical->dirty) { /* its place in the list of what to tell passes on, too */
		n->dirty = canonical->dirty;
		t->dirty[n->dirty - 1] = index;
		canonical->dirty = 0;
	}
	*link = index;
}

int skep_flow_table_add(struct skep_flow_table *t, const struct skep_flow_entry *e)
{
	uint32_t *link = find_flow(t, &e->id), *place;
	struct node *n, *canonical;

	for (place = link; *place != NONE; place = &t->nodes[*place].other)
		if (t->nodes[*place].ifindex == e->ifindex &&
		    t->nodes[*place].direction == e->direction)
			break;
	n = *place != NONE ? &t->nodes[*place] : new_node(t, e);
	if (!n)
		return -ENOSPC;
	node_add(n, e);
	if (*link == NONE) {
		*link = (uint32_t)(n - t->nodes);
		t->flow_count++;
	} else if (place != link) {
		if (*place != NONE)
			*place = n->other;
		elect(t, link, n);
	}
	canonical = &t->nodes[*link];
	if (!canonical->dirty) {
		t->dirty[t->dirty_count++] = *link;
		canonical->dirty = t->dirty_count; /* one more than its place, so that 0 is none */
	}
	return 0;
}

static const char *interface_name(const struct skep_flow_table *t, uint32_t ifindex)
{
	const char *name =
		t->opts.interface_fn ? t->opts.interface_fn(ifindex, t->opts.userdata) : NULL;

	return name ? name : "";
}

/* Makes room for the other points of one flow. Return: their number; -ENOMEM. */
static int64_t reserve_points(struct skep_flow_table *t, const struct node *canonical)
{
	uint32_t count = 0, at;

	for (at = canonical->other; at != NONE; at = t->nodes[at].other)
		count++;
	if (count > t->point_room) {
		struct skep_flow_point *points =
			reallocarray(t->points, count * 2ull, sizeof(*points));

		if (!points)
			return -ENOMEM;
		t->points = points;
		t->point_room = count * 2;
	}
	return count;
}

/* The record of a flow. Other points are listed if they gained something. Return: 0; -ENOMEM. */
static int make_record(struct skep_flow_table *t, const struct node *c,
		       struct skep_flow_record *record)
{
	struct skep_flow_entry *e = &record->entry;
	uint64_t first = UINT64_MAX, last = 0;
	uint32_t at;

	if (reserve_points(t, c) < 0)
		return -ENOMEM;
	*record = (struct skep_flow_record){
		.entry = { .id = c->id,
			   .packets = c->now.packets,
			   .segments = c->now.segments,
			   .bytes = c->now.bytes,
			   .first_ns = c->first_ns,
			   .last_ns = c->last_ns,
			   .ifindex = c->ifindex,
			   .direction = c->direction,
			   .tcp_flags = c->tcp_flags,
			   .dscp = c->dscp,
			   .has_mac = c->has_mac },
		.total_packets = c->total.packets,
		.total_segments = c->total.segments,
		.total_bytes = c->total.bytes,
		.interface = interface_name(t, c->ifindex),
		.others = t->points,
	};
	memcpy(e->src_mac, c->src_mac, sizeof(e->src_mac));
	memcpy(e->dst_mac, c->dst_mac, sizeof(e->dst_mac));
	for (at = c->other; at != NONE; at = t->nodes[at].other) {
		const struct node *n = &t->nodes[at];

		if (!n->now.packets)
			continue;
		first = n->first_ns < first ? n->first_ns : first;
		last = n->last_ns > last ? n->last_ns : last;
		t->points[record->other_count++] = (struct skep_flow_point){
			.packets = n->now.packets,
			.segments = n->now.segments,
			.bytes = n->now.bytes,
			.ifindex = n->ifindex,
			.direction = n->direction,
			.interface = interface_name(t, n->ifindex),
		};
	}
	if (!c->now.packets && record->other_count) { /* seen elsewhere only, this time */
		e->first_ns = first;
		e->last_ns = last;
	} else if (!c->now.packets) {
		e->first_ns = e->last_ns = c->ever_last_ns;
	}
	return 0;
}

/* The flow has been told: what comes from now on is the next report's. */
static void begin_anew(struct skep_flow_table *t, struct node *canonical)
{
	uint32_t at = (uint32_t)(canonical - t->nodes);

	canonical->told = 1;
	canonical->dirty = 0;
	for (; at != NONE; at = t->nodes[at].other) {
		struct node *n = &t->nodes[at];

		memset(&n->now, 0, sizeof(n->now));
		n->tcp_flags = 0;
		n->first_ns = n->last_ns = 0;
	}
}

int skep_flow_table_report(struct skep_flow_table *t, skep_flow_record_fn fn, void *userdata)
{
	struct skep_flow_record record;
	uint32_t i;
	int r = 0;

	for (i = 0; i < t->dirty_count; i++) {
		struct node *canonical = &t->nodes[t->dirty[i]];

		if (fn) {
			r = make_record(t, canonical, &record);
			if (r == 0)
				r = fn(&record, userdata);
			if (r != 0)
				break;
		}
		begin_anew(t, canonical);
	}
	t->dirty_count -= i;
	memmove(t->dirty, t->dirty + i, t->dirty_count * sizeof(*t->dirty));
	for (i = 0; i < t->dirty_count; i++)
		t->nodes[t->dirty[i]].dirty = i + 1;
	return r;
}

uint64_t skep_flow_table_flow_count(const struct skep_flow_table *t)
{
	return t->flow_count;
}

uint64_t skep_flow_table_point_count(const struct skep_flow_table *t)
{
	return t->node_count;
}

uint64_t skep_flow_table_memory_bytes(const struct skep_flow_table *t)
{
	return sizeof(*t) + (uint64_t)t->node_max * (sizeof(*t->nodes) + sizeof(*t->dirty)) +
	       ((uint64_t)t->bucket_mask + 1) * sizeof(*t->buckets);
}

static uint64_t sort_key(const struct node *n, uint32_t sort)
{
	switch (sort) {
	case SKEP_FLOW_SORT_BYTES:
		return n->total.bytes;
	case SKEP_FLOW_SORT_PACKETS:
		return n->total.packets;
	case SKEP_FLOW_SORT_SEGMENTS:
		return n->total.segments;
	case SKEP_FLOW_SORT_RATE:
		return n->now.bytes;
	default:
		return n->ever_last_ns;
	}
}

/* A heap of the greatest so far, the least of them on top. */
struct heap {
	struct heap_item {
		uint64_t key;
		uint32_t node;
	} * items;
	size_t count;
};

static void sift_down(struct heap *h, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		struct heap_item swap;

		if (child >= h->count)
			return;
		if (child + 1 < h->count && h->items[child + 1].key < h->items[child].key)
			child++;
		if (h->items[at].key <= h->items[child].key)
			return;
		swap = h->items[at];
		h->items[at] = h->items[child];
		h->items[child] = swap;
		at = child;
	}
}

static int compare_items(const void *a, const void *b)
{
	const struct heap_item *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? 1 : -1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static void heap_fill(const struct skep_flow_table *t, uint32_t sort, size_t max, struct heap *h)
{
	uint32_t bucket, at;
	size_t i;

	for (bucket = 0; bucket <= t->bucket_mask; bucket++)
		for (at = t->buckets[bucket]; at != NONE; at = t->nodes[at].chain) {
			struct heap_item item = { sort_key(&t->nodes[at], sort), at };

			if (h->count < max) {
				h->items[h->count++] = item;
				if (h->count == max)
					for (i = max / 2; i-- > 0;)
						sift_down(h, i);
			} else if (item.key > h->items[0].key) {
				h->items[0] = item;
				sift_down(h, 0);
			}
		}
	qsort(h->items, h->count, sizeof(*h->items), compare_items);
}

int skep_flow_table_top(const struct skep_flow_table *table, uint32_t sort, size_t max,
			skep_flow_record_fn fn, void *userdata)
{
	struct skep_flow_table *t =
		(struct skep_flow_table *)table; /* only its scratch memory for points changes */
	_cleanup_free_ struct heap_item *items = NULL;
	struct skep_flow_record record;
	struct heap h = { 0 };
	size_t i;
	int r = 0;

	if (sort > SKEP_FLOW_SORT_RECENT)
		return -EINVAL;
	max = max < t->flow_count ? max : t->flow_count;
	if (!max)
		return 0;
	h.items = items = calloc(max, sizeof(*items));
	if (!items)
		return -ENOMEM;
	heap_fill(t, sort, max, &h);
	for (i = 0; i < h.count && r == 0; i++) {
		r = make_record(t, &t->nodes[h.items[i].node], &record);
		if (r == 0)
			r = fn(&record, userdata);
	}
	return r;
}
