/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Attaches a program to an interface in a network namespace of its own, gives its link another one, and detaches it.
 *
 *	$ sudo ./attach_xdp
 *	would be attached to lo skb by link
 *	attached to lo skb by link
 *	link ...: interface 1, xdp
 *	another program is there: 0 means in one step
 *	detached: 0 means by us
 */
#include <sched.h>
#include <stdio.h>

#include <skep/attach_xdp.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/link.h>
#include <skep/sys.h>

/* r0 = XDP_PASS; exit */
static int load(struct skep_error *err)
{
	static const uint64_t insns[] = { 0x00000002000000b7, 0x0000000000000095 };
	struct skep_attr_prog_load attr = { .prog_type = SKEP_PROG_TYPE_XDP,
					    .insn_cnt = 2,
					    .insns = SKEP_ATTR_POINTER(insns),
					    .license = SKEP_ATTR_POINTER("GPL"),
					    .expected_attach_type = SKEP_ATTACH_TYPE_XDP };

	return skep_sys_prog_load(&attr, sizeof(attr), err);
}

static void tell(const char *what, const struct skep_attachment *a)
{
	printf("%s to %s by %s\n", what, skep_attachment_target(a),
	       skep_attach_method_name(skep_attachment_method(a)));
}

int main(void)
{
	struct skep_xdp_opts o = { .sz = sizeof(o),
				   .flags = SKEP_ATTACH_DRY_RUN,
				   .interface = "lo",
				   .mode = SKEP_XDP_MODE_SKB };
	_cleanup_(skep_attachment_closep) struct skep_attachment *plan = NULL, *a = NULL;
	_cleanup_(skep_link_closep) struct skep_link *link = NULL;
	struct skep_error err = { 0 };
	int first = -1, second = -1, r = unshare(CLONE_NEWNET);
	char text[64];

	if (r == 0)
		r = first = load(&err);
	if (r >= 0)
		r = second = load(&err);
	if (r >= 0)
		r = skep_xdp_attach(first, &o, &plan, &err);
	if (r >= 0)
		tell("would be attached", plan);
	o.flags = 0;
	if (r >= 0)
		r = skep_xdp_attach(first, &o, &a, &err);
	if (r >= 0) {
		tell("attached", a);
		r = skep_link_open_fd(skep_attachment_link_fd(a), &link, &err);
	}
	if (r >= 0) {
		skep_link_describe(link, text, sizeof(text));
		printf("link %u: %s\n", skep_link_info(link)->id, text);
		r = skep_attachment_update(a, second, &err);
		printf("another program is there: %d means in one step\n", r);
	}
	if (r >= 0)
		printf("detached: %d means by us\n", r = skep_attachment_detach(a, &err));
	if (r < 0)
		fprintf(stderr, "attach_xdp: %s\n", err.msg);
	skep_sys_close(&first);
	skep_sys_close(&second);
	return r < 0;
}
