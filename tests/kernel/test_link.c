/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Links of the kernel: found, described, given another program, pinned and detached, and what is said when that fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/attach_socket.h>
#include <skep/attach_tc.h>
#include <skep/attach_xdp.h>
#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/link.h>
#include <skep/sys.h>

#include "bpf_fixture.h"
#include "counter.h"
#include "lab/link.h"

#define PASS 2

static struct skep_bpffs *open_bpffs(void)
{
	const struct skep_bpffs_opts o = { .sz = sizeof(o), .root = fixture_bpffs() };
	struct skep_bpffs *bpffs = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&o, &bpffs, &err), &err);
	return bpffs;
}

static void xdp_counter(struct counter *c)
{
	counter_open(SKEP_PROG_TYPE_XDP, SKEP_ATTACH_TYPE_XDP, PASS, c);
}

static struct skep_attachment *xdp_at(const char *interface, const struct counter *c)
{
	const struct skep_xdp_opts o = { .sz = sizeof(o),
					 .interface = interface,
					 .method = SKEP_ATTACH_METHOD_LINK };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_xdp_attach(c->prog_fd, &o, &a, &err), &err);
	return a;
}

static uint32_t id_of(struct skep_attachment *a)
{
	struct skep_link_info info = { 0 };

	assert_true(skep_sys_link_info(skep_attachment_link_fd(a), &info, sizeof(info)) > 0);
	return info.id;
}

static struct skep_link *open_id(uint32_t id)
{
	struct skep_link *link = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_link_open_id(id, &link, &err), &err);
	return link;
}

static int find_id(struct skep_link *link, void *userdata)
{
	return skep_link_info(link)->id == *(uint32_t *)userdata;
}

static void link__is_listed_and_described_inside(void)
{
	struct skep_attachment *a;
	struct skep_error err = { 0 };
	struct skep_link *link;
	char text[64], want[64];
	struct counter c;
	uint32_t id;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&c);
	a = xdp_at("v0", &c);
	id = id_of(a);
	assert_int_equal(skep_link_list(find_id, &id, &err), 1);
	link = open_id(id);
	assert_int_equal(skep_link_info(link)->type, SKEP_LINK_TYPE_XDP);
	assert_int_equal(skep_link_info(link)->prog_id, counter_prog_id(&c));
	assert_int_equal(skep_link_is_defunct(link), 0);
	snprintf(want, sizeof(want), "interface %d, xdp", lab_link_index("v0"));
	assert_int_equal(skep_link_describe(link, text, sizeof(text)), strlen(want));
	assert_string_equal(text, want);
	assert_int_equal(skep_link_describe(link, text, 5), strlen(want));
	assert_string_equal(text, "inte");
	assert_int_equal(lab_link_delete("v0"), 0);
	assert_done(skep_link_refresh(link, &err), &err);
	assert_int_equal(skep_link_is_defunct(link), 1);
	skep_link_describe(link, text, sizeof(text));
	assert_string_equal(text, "no interface any more, xdp");
	skep_attachment_close(a);
	skep_link_close(link);
	assert_int_equal(skep_link_open_id(id, &link, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "open link");
	counter_close(&c);
}
IN_BPFFS(link__is_listed_and_described)

static void update__has_a_code_for_each_refusal_inside(void)
{
	const struct skep_netns_attach_opts here = { .sz = sizeof(here) };
	struct counter c[3], tracepoint, lookup;
	struct skep_attachment *a, *b = NULL;
	struct skep_error err = { 0 };
	struct skep_link *link = NULL;
	int raw;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&c[0]);
	xdp_counter(&c[1]);
	xdp_counter(&c[2]);
	counter_open(SKEP_PROG_TYPE_SK_LOOKUP, SKEP_ATTACH_TYPE_SK_LOOKUP, 1, &lookup);
	counter_open(SKEP_PROG_TYPE_RAW_TRACEPOINT, 0, 0, &tracepoint);
	a = xdp_at("v0", &c[0]);
	link = open_id(id_of(a));
	assert_done(skep_link_update(link, c[1].prog_fd, c[0].prog_fd, &err), &err);
	assert_int_equal(skep_link_update(link, c[2].prog_fd, c[0].prog_fd, &err), -ESTALE);
	assert_told(&err, SKEP_ERR_CONFLICT, "another program is attached");
	assert_int_equal(skep_link_update(link, lookup.prog_fd, -1, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "of another type");
	assert_done(skep_link_update(link, c[2].prog_fd, -1, &err), &err);
	assert_done(skep_link_refresh(link, &err), &err);
	assert_int_equal(skep_link_info(link)->prog_id, counter_prog_id(&c[2]));
	assert_int_equal(lab_link_delete("v0"), 0);
	assert_int_equal(skep_link_update(link, c[0].prog_fd, -1, &err), -ENOLINK);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "is gone");
	assert_int_equal(skep_link_detach(link, &err), 1);
	skep_link_close(link);
	skep_attachment_close(a);

	raw = skep_sys_raw_tracepoint_open(tracepoint.prog_fd, "sys_enter", 0, &err);
	assert_true(raw >= 0);
	assert_done(skep_link_open_fd(raw, &link, &err), &err);
	assert_int_equal(skep_link_update(link, tracepoint.prog_fd, -1, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "type raw_tracepoint cannot be");
	assert_int_equal(skep_link_detach(link, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "ends with its last pin and fd");
	{
		char text[64];

		skep_link_describe(link, text, sizeof(text));
		assert_string_equal(text, "raw tracepoint sys_enter");
	}
	skep_link_close(link);
	close(raw);

	assert_done(skep_sk_lookup_attach(lookup.prog_fd, &here, &b, &err), &err);
	assert_done(skep_link_open_fd(skep_attachment_link_fd(b), &link, &err), &err);
	assert_int_equal(skep_link_info(link)->netns.attach_type, SKEP_ATTACH_TYPE_SK_LOOKUP);
	assert_int_equal(skep_link_detach(link, &err), 0);
	assert_int_equal(skep_link_detach(link, &err), 1);
	assert_int_equal(skep_attachment_detach(b, &err), 1);
	skep_link_close(link);
	skep_attachment_close(b);
	assert_int_equal(skep_link_open_fd(c[0].prog_fd, &link, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "it is none");
	counter_close(&c[0]);
	counter_close(&c[1]);
	counter_close(&c[2]);
	counter_close(&lookup);
	counter_close(&tracepoint);
}
IN_BPFFS(update__has_a_code_for_each_refusal)

static void pin__keeps_what_was_attached_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_error err = { 0 };
	struct skep_link *link = NULL;
	struct skep_attachment *a;
	struct counter c, other;
	uint32_t id;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&c);
	xdp_counter(&other);
	a = xdp_at("v0", &c);
	id = id_of(a);
	assert_done(skep_attachment_pin(a, bpffs, "skep/links/x", &err), &err);
	assert_int_equal(skep_attachment_pin(a, bpffs, "y", &err), -EBUSY);
	skep_attachment_close(a);
	assert_done(skep_link_update_pinned(bpffs, "skep/links/x", other.prog_fd, &err), &err);
	assert_done(skep_link_open_pinned(bpffs, "skep/links/x", &link, &err), &err);
	assert_int_equal(skep_link_info(link)->id, id);
	assert_int_equal(skep_link_info(link)->prog_id, counter_prog_id(&other));
	assert_done(skep_link_pin(link, bpffs, "skep/links/again", &err), &err);
	assert_int_equal(skep_link_pin(link, bpffs, "skep/links/again", &err), -EEXIST);
	skep_link_close(link);
	assert_int_equal(skep_link_unpin(bpffs, "skep/links/again", &err), 1);
	assert_int_equal(skep_link_unpin(bpffs, "skep/links/again", &err), -ENOENT);
	link = open_id(id); /* the other pin holds it */
	skep_link_close(link);
	assert_int_equal(skep_bpffs_pin(bpffs, c.prog_fd, "program", &err), 0);
	assert_int_equal(skep_link_unpin(bpffs, "program", &err), -EINVAL);
	assert_int_equal(skep_bpffs_exists(bpffs, "program"), 1);
	assert_int_equal(skep_link_update_pinned(bpffs, "program", c.prog_fd, &err), -EINVAL);
	assert_int_equal(skep_link_update_pinned(bpffs, "nothing", c.prog_fd, &err), -ENOENT);
	assert_int_equal(skep_link_unpin(bpffs, "skep/links/x", &err), 1);
	skep_bpffs_close(bpffs);
	counter_close(&c);
	counter_close(&other);
}
IN_BPFFS(pin__keeps_what_was_attached)

static void detach__removes_its_own_pin_alone_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_error err = { 0 };
	struct skep_attachment *a;
	struct counter c;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&c);
	a = xdp_at("v0", &c);
	assert_done(skep_attachment_pin(a, bpffs, "x", &err), &err);
	assert_int_equal(skep_attachment_detach(a, &err), 0);
	assert_int_equal(skep_bpffs_exists(bpffs, "x"), 0);
	skep_attachment_close(a);
	a = xdp_at("v0", &c);
	assert_done(skep_attachment_pin(a, bpffs, "x", &err), &err);
	assert_int_equal(skep_bpffs_replace(bpffs, c.map_fd, "x", 0, NULL, &err), 0);
	assert_int_equal(skep_attachment_unpin(a, &err), -ESTALE);
	assert_told(&err, SKEP_ERR_CONFLICT, "another object has the name");
	assert_int_equal(skep_attachment_detach(a, &err), 0);
	assert_int_equal(skep_bpffs_exists(bpffs, "x"), 1);
	skep_attachment_close(a);
	a = xdp_at("v0", &c);
	assert_done(skep_attachment_pin(a, bpffs, "y", &err), &err);
	assert_int_equal(skep_attachment_unpin(a, &err), 1);
	assert_int_equal(skep_attachment_unpin(a, &err), 0);
	skep_attachment_close(a);
	skep_bpffs_close(bpffs);
	counter_close(&c);
}
IN_BPFFS(detach__removes_its_own_pin_alone)

struct again {
	const struct counter *c;
	const char *interface;
	int calls;
};

static int attach_again(void *userdata, struct skep_error *err)
{
	struct again *g = userdata;
	struct skep_attr_link_create attr = { .fd = (uint32_t)g->c->prog_fd,
					      .attach_type = SKEP_ATTACH_TYPE_XDP };

	g->calls++;
	if (!g->interface)
		return -ENODEV;
	attr.target = (uint32_t)lab_link_index(g->interface);
	return skep_sys_link_create(&attr, sizeof(attr), err);
}

static void update_or_replace__has_it_attached_whatever_was_there_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_error err = { 0 };
	struct counter old, new;
	struct again g = { &old, "v0", 0 };

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	xdp_counter(&old);
	xdp_counter(&new);
	assert_int_equal(
		skep_link_update_or_replace(bpffs, "a/x", old.prog_fd, attach_again, &g, &err), 1);
	assert_int_equal(g.calls, 1);
	assert_int_equal(
		skep_link_update_or_replace(bpffs, "a/x", new.prog_fd, attach_again, &g, &err), 0);
	assert_int_equal(g.calls, 1);
	/* the interface goes: the link is defunct, its name is not free for a moment */
	assert_int_equal(lab_link_delete("v0"), 0);
	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	g.interface = NULL;
	assert_int_equal(
		skep_link_update_or_replace(bpffs, "a/x", old.prog_fd, attach_again, &g, &err),
		-ENODEV);
	assert_int_equal(skep_bpffs_exists(bpffs, "a/x"), 1);
	g.interface = "v0";
	assert_int_equal(
		skep_link_update_or_replace(bpffs, "a/x", old.prog_fd, attach_again, &g, &err), 1);
	assert_string_equal(err.msg, "");
	assert_int_equal(skep_link_update_pinned(bpffs, "a/x", new.prog_fd, &err), 0);
	assert_int_equal(skep_link_unpin(bpffs, "a/x", &err), 1);
	skep_bpffs_close(bpffs);
	counter_close(&old);
	counter_close(&new);
}
IN_BPFFS(update_or_replace__has_it_attached_whatever_was_there)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link__is_listed_and_described),
		cmocka_unit_test(update__has_a_code_for_each_refusal),
		cmocka_unit_test(pin__keeps_what_was_attached),
		cmocka_unit_test(detach__removes_its_own_pin_alone),
		cmocka_unit_test(update_or_replace__has_it_attached_whatever_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
