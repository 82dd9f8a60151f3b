/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "flow_told.h"

/*
 * The table against one that is too simple to be wrong: arrays, searched from their beginning. Both get the same
 * random operations; whatever the table tells has to be what the model holds, and all that it tells adds up.
 */
#define FLOWS 24
#define POINTS 6      /* of a flow: three interfaces, two directions */
#define MAX_POINTS 64 /* of the table: less than there can be, so that it is full now and then */
#define OPERATIONS 20000

struct volume {
	uint64_t packets, segments, bytes;
};

struct model_point {
	uint32_t ifindex;
	uint8_t direction;
	uint8_t tcp_flags, dscp; /* since the previous report, as are now, first and last */
	uint8_t mac;
	struct volume now, total;
	uint64_t first_ns, last_ns, ever_last_ns;
};

struct model_flow {
	struct model_point points[POINTS];
	size_t point_count;
	size_t canonical;
	int told; /* its canonical point stays */
	int gained;
};

struct model {
	struct model_flow flows[FLOWS];
	size_t flow_count, point_count;
	struct volume added, told,
		dropped; /* of all points; dropped: by a clear or a report without callback */
};

static void volume_add(struct volume *to, uint64_t packets, uint64_t segments, uint64_t bytes)
{
	to->packets += packets;
	to->segments += segments;
	to->bytes += bytes;
}

static struct model_point *model_find(struct model_flow *f, uint32_t ifindex, uint8_t direction)
{
	size_t i;

	for (i = 0; i < f->point_count; i++)
		if (f->points[i].ifindex == ifindex && f->points[i].direction == direction)
			return &f->points[i];
	return NULL;
}

static int model_add(struct model *m, const struct skep_flow_entry *e)
{
	struct model_flow *f = &m->flows[told_flow(&e->id)];
	struct model_point *p = model_find(f, e->ifindex, e->direction);

	if (!p) {
		if (m->point_count == MAX_POINTS)
			return -ENOSPC;
		m->point_count++;
		m->flow_count += !f->point_count;
		p = &f->points[f->point_count++];
		*p = (struct model_point){ .ifindex = e->ifindex,
					   .direction = e->direction,
					   .mac = e->src_mac[0] };
	}
	if (!p->now.packets || e->first_ns < p->first_ns)
		p->first_ns = e->first_ns;
	if (!p->now.packets || e->last_ns >= p->last_ns) {
		p->last_ns = e->last_ns;
		p->dscp = e->dscp;
	}
	if (e->last_ns > p->ever_last_ns)
		p->ever_last_ns = e->last_ns;
	p->tcp_flags |= e->tcp_flags;
	volume_add(&p->now, e->packets, e->segments, e->bytes);
	volume_add(&p->total, e->packets, e->segments, e->bytes);
	volume_add(&m->added, e->packets, e->segments, e->bytes);
	f->gained = 1;
	if (!f->told && p->first_ns < f->points[f->canonical].first_ns)
		f->canonical = (size_t)(p - f->points);
	return 0;
}

/* What a flow gained is somebody's now: the next report begins. */
static void model_begin_anew(struct model_flow *f, struct volume *whose)
{
	size_t i;

	for (i = 0; i < f->point_count; i++) {
		struct model_point *p = &f->points[i];

		volume_add(whose, p->now.packets, p->now.segments, p->now.bytes);
		p->now = (struct volume){ 0 };
		p->tcp_flags = 0;
	}
	f->told = 1;
	f->gained = 0;
}

static void model_drop(struct model *m)
{
	size_t i;

	for (i = 0; i < FLOWS; i++)
		if (m->flows[i].gained)
			model_begin_anew(&m->flows[i], &m->dropped);
}

static void model_clear(struct model *m)
{
	model_drop(m);
	memset(m->flows, 0, sizeof(m->flows));
	m->flow_count = m->point_count = 0;
}

static void check_others(struct model_flow *f, const struct skep_flow_record *r)
{
	size_t gained = 0, i;

	for (i = 0; i < f->point_count; i++)
		gained += i != f->canonical && f->points[i].now.packets;
	check_u64(r->other_count, gained, "other points");
	for (i = 0; i < r->other_count; i++) {
		const struct skep_flow_point *o = &r->others[i];
		struct model_point *p = model_find(f, o->ifindex, (uint8_t)o->direction);

		assert_non_null(p);
		check_int(p == &f->points[f->canonical], 0, "the canonical point among others");
		check_u64(o->packets, p->now.packets, "packets of another point");
		check_u64(o->segments, p->now.segments, "segments of another point");
		check_u64(o->bytes, p->now.bytes, "bytes of another point");
	}
}

/* When the record should say that it began and ended. */
static void model_times(const struct model_flow *f, uint64_t *ret_first_ns, uint64_t *ret_last_ns)
{
	const struct model_point *c = &f->points[f->canonical];
	size_t i;

	*ret_first_ns = UINT64_MAX;
	*ret_last_ns = 0;
	for (i = 0; i < f->point_count; i++) {
		const struct model_point *p = &f->points[i];

		if (!p->now.packets || (c->now.packets && p != c))
			continue;
		*ret_first_ns = p->first_ns < *ret_first_ns ? p->first_ns : *ret_first_ns;
		*ret_last_ns = p->last_ns > *ret_last_ns ? p->last_ns : *ret_last_ns;
	}
	if (!f->gained)
		*ret_first_ns = *ret_last_ns = c->ever_last_ns;
}

static void check_record(struct model_flow *f, const struct skep_flow_record *r)
{
	const struct model_point *c = &f->points[f->canonical];
	const struct skep_flow_entry *e = &r->entry;
	uint64_t first_ns, last_ns;

	model_times(f, &first_ns, &last_ns);
	check_u64(e->ifindex, c->ifindex, "interface");
	check_u64(e->direction, c->direction, "direction");
	check_u64(e->packets, c->now.packets, "packets");
	check_u64(e->segments, c->now.segments, "segments");
	check_u64(e->bytes, c->now.bytes, "bytes");
	check_u64(r->total_packets, c->total.packets, "packets in all");
	check_u64(r->total_segments, c->total.segments, "segments in all");
	check_u64(r->total_bytes, c->total.bytes, "bytes in all");
	check_u64(e->first_ns, first_ns, "first");
	check_u64(e->last_ns, last_ns, "last");
	check_u64(e->tcp_flags, c->tcp_flags, "flags");
	check_u64(e->src_mac[0], c->mac, "MAC");
	if (c->now.packets)
		check_u64(e->dscp, c->dscp, "dscp");
	check_others(f, r);
}

/* A walk of the table, with the model at hand. */
struct walk {
	struct model *model;
	size_t calls;
	size_t refuse_at; /* of the calls; 0: none */
};

static int take_report(const struct skep_flow_record *r, void *userdata)
{
	struct walk *w = userdata;
	struct model_flow *f = &w->model->flows[told_flow(&r->entry.id)];

	check_int(f->gained, 1, "a flow that gained something, told once");
	check_record(f, r);
	if (++w->calls == w->refuse_at)
		return TOLD_ENOUGH;
	model_begin_anew(f, &w->model->told);
	return 0;
}

static int take_top(const struct skep_flow_record *r, void *userdata)
{
	struct walk *w = userdata;

	check_record(&w->model->flows[told_flow(&r->entry.id)], r);
	w->calls++;
	return 0;
}

static size_t gained_count(const struct model *m)
{
	size_t count = 0, i;

	for (i = 0; i < FLOWS; i++)
		count += (size_t)m->flows[i].gained;
	return count;
}

static void do_report(struct skep_flow_table *t, struct model *m, size_t refuse_at)
{
	struct walk w = { .model = m, .refuse_at = refuse_at };
	size_t gained = gained_count(m);
	int ends_early = refuse_at && refuse_at <= gained;

	check_int(skep_flow_table_report(t, take_report, &w), ends_early ? TOLD_ENOUGH : 0,
		  "report of %zu flows, refused at %zu", gained, refuse_at);
	check_u64(w.calls, ends_early ? refuse_at : gained, "flows told");
}

static void do_add(struct skep_flow_table *t, struct model *m, struct check_random *random)
{
	struct skep_flow_entry e = told_entry((unsigned)check_random_below(random, FLOWS),
					      (uint32_t)check_random_below(random, POINTS / 2), 1,
					      1 + check_random_below(random, 200)); /* ties */

	e.direction =
		check_random_below(random, 2) ? SKEP_DIRECTION_INGRESS : SKEP_DIRECTION_EGRESS;
	e.packets += check_random_below(random, 1000);
	e.segments = e.packets + check_random_below(random, 1000);
	e.bytes = check_random_below(random, 1000000);
	e.last_ns = e.first_ns + check_random_below(random, 20);
	e.tcp_flags = (uint8_t)(1u << check_random_below(random, 8));
	e.dscp = (uint8_t)check_random_below(random, 64);
	e.src_mac[0] = (uint8_t)check_random_next(random);
	check_int(skep_flow_table_add(t, &e), model_add(m, &e), "add with %zu points",
		  m->point_count);
}

static void do_top(struct skep_flow_table *t, struct model *m, struct check_random *random)
{
	struct walk w = { .model = m };
	uint32_t sort = (uint32_t)check_random_below(random, SKEP_FLOW_SORT_RECENT + 1);

	check_int(skep_flow_table_top(t, sort, FLOWS, take_top, &w), 0, "top");
	check_u64(w.calls, m->flow_count, "flows in the top");
}

static void operate(struct skep_flow_table *t, struct model *m, struct check_random *random)
{
	uint64_t dice = check_random_below(random, 1000);

	if (dice < 4) {
		skep_flow_table_clear(t);
		model_clear(m);
	} else if (dice < 6) {
		check_int(skep_flow_table_report(t, NULL, NULL), 0, "report");
		model_drop(m);
	} else if (dice < 16) {
		do_report(t, m, 0);
	} else if (dice < 26) {
		do_report(t, m, 1 + check_random_below(random, FLOWS));
	} else if (dice < 36) {
		do_top(t, m, random);
	} else {
		do_add(t, m, random);
	}
	check_u64(skep_flow_table_flow_count(t), m->flow_count, "flows");
	check_u64(skep_flow_table_point_count(t), m->point_count, "points");
}

static void table__does_what_a_simple_one_does(void **state)
{
	uint64_t seed;
	int i;

	(void)state;
	for (seed = 1; seed <= 10; seed++) {
		_cleanup_(skep_flow_table_freep) struct skep_flow_table *t = told_table(MAX_POINTS);
		struct check_random random = { seed };
		static struct model m;

		memset(&m, 0, sizeof(m));
		for (i = 0; i < OPERATIONS; i++)
			operate(t, &m, &random);
		do_report(t, &m, 0);
		check_u64(m.told.packets + m.dropped.packets, m.added.packets,
			  "packets, seed %" PRIu64, seed);
		check_u64(m.told.segments + m.dropped.segments, m.added.segments, "segments");
		check_u64(m.told.bytes + m.dropped.bytes, m.added.bytes, "bytes");
		check_int(m.told.packets > m.added.packets / 4, 1, "much was told");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__does_what_a_simple_one_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
