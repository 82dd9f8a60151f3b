/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The tables of attaching, and trying one method after the other, with methods of the test's own. */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/direction.h>
#include <skep/error.h>
#include <skep/kabi.h>

#include "attach/attachment.h"
#include "base/error.h"

static void way__has_a_family_and_a_method(void **state)
{
	const struct skep_attach_way *ways;
	uint32_t family, method;
	size_t i, j, count;

	(void)state;
	ways = skep_attach_ways(&count);
	for (i = 0; i < count; i++) {
		const char *name = skep_attach_family_name((uint32_t)ways[i].family);
		const char *by = skep_attach_method_name((uint32_t)ways[i].method);

		check_int(skep_attach_family_from_name(name, &family), 0, "row %zu", i);
		check_u64(family, ways[i].family, "%s", name);
		check_int(skep_attach_method_from_name(by, &method), 0, "row %zu", i);
		check_u64(method, ways[i].method, "%s", by);
		check_int(strcmp(skep_attach_family_sentence(family), "unknown") != 0, 1, "%s",
			  name);
		check_int(strcmp(skep_attach_method_sentence(method), "unknown") != 0, 1, "%s", by);
		check_text(strstr(skep_operation_name((uint32_t)ways[i].operation), "attach_"),
			   skep_operation_name((uint32_t)ways[i].operation), "%s by %s", name, by);
		for (j = 0; j < i; j++)
			check_int(ways[i].family == ways[j].family &&
					  ways[i].method == ways[j].method,
				  0, "rows %zu and %zu: %s by %s", j, i, name, by);
	}
}

/* What is a link ends with its process, what is none and is not held by an fd does not. */
static void way__prefers_links(void **state)
{
	const struct skep_attach_way *ways;
	size_t i, count;

	(void)state;
	ways = skep_attach_ways(&count);
	for (i = 0; i < count; i++) {
		check_int(ways[i].link_type && ways[i].facts & SKEP_ATTACH_WAY_OUTLIVES, 0,
			  "row %zu", i);
		if (i && ways[i].family == ways[i - 1].family && ways[i].link_type &&
		    ways[i].method != SKEP_ATTACH_METHOD_MULTI)
			check_int(ways[i - 1].link_type != 0, 1, "row %zu: an older way first", i);
	}
}

static void family__has_a_neutral_value_or_none(void **state)
{
	static const struct {
		uint32_t family;
		int64_t want;
	} values[] = {
		{ SKEP_ATTACH_FAMILY_KPROBE, 0 }, { SKEP_ATTACH_FAMILY_TRACEPOINT, 1 },
		{ SKEP_ATTACH_FAMILY_TC, -1 },    { SKEP_ATTACH_FAMILY_XDP, 2 },
		{ SKEP_ATTACH_FAMILY_CGROUP, 1 }, { SKEP_ATTACH_FAMILY_LSM, 0 },
	};
	int64_t value = 77;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(values); i++) {
		const char *name = skep_attach_family_name(values[i].family);

		check_int(skep_attach_family_neutral(values[i].family, &value), 0, "%s", name);
		check_int(value, values[i].want, "%s", name);
	}
	value = 77;
	check_int(skep_attach_family_neutral(SKEP_ATTACH_FAMILY_STRUCT_OPS, &value), -EOPNOTSUPP,
		  "struct_ops");
	check_int(skep_attach_family_neutral(0, &value), -EINVAL, "no family");
	check_int(skep_attach_family_neutral(1000, &value), -EINVAL, "no family");
	check_int(value, 77, "untouched");
}

static void name__of_nothing_is_unknown(void **state)
{
	uint32_t number = 77;

	(void)state;
	check_text(skep_attach_family_name(0), "unknown", "0");
	check_text(skep_attach_family_name(1000), "unknown", "1000");
	check_text(skep_attach_family_sentence(1000), "unknown", "1000");
	check_text(skep_attach_method_name(1000), "unknown", "1000");
	check_text(skep_attach_method_sentence(1000), "unknown", "1000");
	check_int(skep_attach_family_from_name("", &number), -ENOENT, "family");
	check_int(skep_attach_family_from_name("kprobes", &number), -ENOENT, "family");
	check_int(skep_attach_method_from_name("", &number), -ENOENT, "method");
	check_int(number, 77, "untouched");
	check_text(skep_attach_method_name(SKEP_ATTACH_METHOD_AUTO), "auto", "0");
	check_text(skep_direction_name(SKEP_DIRECTION_INGRESS), "ingress", "ingress");
	check_text(skep_direction_name(SKEP_DIRECTION_EGRESS), "egress", "egress");
	check_text(skep_direction_name(SKEP_DIRECTION_BOTH), "both", "both");
	check_text(skep_direction_name(0), "unknown", "none");
}

/* A request: what each of two methods answers, and how often they were called. */
struct request {
	int link, netlink;
	int link_calls, netlink_calls, detach_calls, release_calls;
};

static int detach(struct skep_attachment *a, struct skep_error *err)
{
	struct request *r = *(struct request **)a->data;

	(void)err;
	r->detach_calls++;
	return 0;
}

static void release(void *data)
{
	(*(struct request **)data)->release_calls++;
}

static const struct attachment_class class = { .detach = detach, .release = release };

static int answer(struct skep_attachment *a, struct request *r, int code, struct skep_error *err)
{
	struct request **data = malloc(sizeof(struct request *));

	assert_non_null(data);
	*data = r;
	a->class = &class;
	a->data = data;
	return code < 0 ? skep_fail(err, code,
				    code == -EOPNOTSUPP ? SKEP_ERR_UNSUPPORTED : SKEP_ERR_SYSCALL,
				    "said method %s", skep_attach_method_name(a->method))
			: 0;
}

static int by_link(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	struct request *r = *(struct request *const *)request;

	r->link_calls++;
	return answer(a, r, r->link, err);
}

static int by_netlink(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	struct request *r = *(struct request *const *)request;

	r->netlink_calls++;
	return answer(a, r, r->netlink, err);
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, by_link },
	{ SKEP_ATTACH_METHOD_NETLINK, by_netlink },
};

static int run(struct request *request, uint64_t flags, uint64_t method,
	       struct skep_attachment **ret, struct skep_error *err)
{
	const struct attach_plan plan = { SKEP_ATTACH_FAMILY_XDP, flags,   method, tries,
					  ARRAY_SIZE(tries),      &request };

	return attach_run(&plan, ret, err, "eth%d", 0);
}

static void run__takes_the_first_method_that_works(void **state)
{
	static const struct {
		const char *what;
		int link, netlink;
		uint64_t asked, used;
		int want, link_calls, netlink_calls;
		const char *words;
	} cases[] = {
		{ "the first", 0, 0, 0, SKEP_ATTACH_METHOD_LINK, 0, 1, 0, "" },
		{ "the second", -EOPNOTSUPP, 0, 0, SKEP_ATTACH_METHOD_NETLINK, 0, 1, 1, "" },
		{ "the one that was asked for", 0, 0, SKEP_ATTACH_METHOD_NETLINK,
		  SKEP_ATTACH_METHOD_NETLINK, 0, 0, 1, "" },
		{ "no other than asked for", -EOPNOTSUPP, 0, SKEP_ATTACH_METHOD_LINK, 0,
		  -EOPNOTSUPP, 1, 0, "attach xdp to eth0: said method link: " },
		{ "EPERM is no lack", -EPERM, 0, 0, 0, -EPERM, 1, 0,
		  "attach xdp to eth0: said method link: " },
		{ "none", -EOPNOTSUPP, -EOPNOTSUPP, 0, 0, -EOPNOTSUPP, 1, 1,
		  "attach xdp to eth0: said method netlink: " },
		{ "not of this family", 0, 0, SKEP_ATTACH_METHOD_TRACEFS, 0, -EINVAL, 0, 0,
		  "attach xdp to eth0: not by method tracefs" },
		{ "no method at all", 0, 0, 1000, 0, -EINVAL, 0, 0,
		  "attach xdp to eth0: not by method unknown" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct request request = { .link = cases[i].link, .netlink = cases[i].netlink };
		struct skep_attachment *a = NULL;
		struct skep_error err = { 0 };
		int calls;

		check_int(run(&request, 0, cases[i].asked, &a, &err), cases[i].want, "%s",
			  cases[i].what);
		check_int(strncmp(err.msg, cases[i].words, strlen(cases[i].words)), 0, "%s: %s",
			  cases[i].what, err.msg);
		check_int(request.link_calls, cases[i].link_calls, "%s", cases[i].what);
		check_int(request.netlink_calls, cases[i].netlink_calls, "%s", cases[i].what);
		calls = request.link_calls + request.netlink_calls;
		check_int(request.release_calls, cases[i].want ? calls : calls - 1, "%s",
			  cases[i].what);
		check_int(request.detach_calls, 0, "%s", cases[i].what);
		if (cases[i].want)
			continue;
		check_text(err.msg, "", "%s", cases[i].what);
		check_u64(skep_attachment_method(a), cases[i].used, "%s", cases[i].what);
		check_u64(skep_attachment_family(a), SKEP_ATTACH_FAMILY_XDP, "%s", cases[i].what);
		check_text(skep_attachment_target(a), "eth0", "%s", cases[i].what);
		check_int(skep_attachment_is_attached(a), 1, "%s", cases[i].what);
		check_int(skep_attachment_link_fd(a) < 0, 1, "%s", cases[i].what);
		skep_attachment_close(a);
		check_int(request.detach_calls, 1, "%s: close detaches", cases[i].what);
		check_int(request.release_calls, calls, "%s", cases[i].what);
	}
}

static void detach__is_done_once(void **state)
{
	struct request request = { 0 };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };

	(void)state;
	check_int(run(&request, 0, 0, &a, &err), 0, "%s", err.msg);
	check_int(skep_attachment_detach(a, &err), 0, "%s", err.msg);
	check_int(skep_attachment_is_attached(a), 0, "detached");
	check_int(skep_attachment_detach(a, &err), 1, "%s", err.msg);
	check_int(skep_attachment_update(a, 0, &err), -ENOLINK, "detached");
	skep_attachment_close(a);
	check_int(request.detach_calls, 1, "once");
	assert_null(skep_attachment_close(NULL));
}

static void attachment__holds_events_and_results(void **state)
{
	struct request request = { 0 };
	struct skep_attachment *a = NULL;
	const struct skep_attach_result *results;
	struct skep_error err = { 0 };
	int pipes[2];
	size_t count;

	(void)state;
	check_int(run(&request, 0, 0, &a, &err), 0, "%s", err.msg);
	skep_attachment_event_fds(a, &count);
	check_u64(count, 0, "no events");
	skep_attachment_results(a, &count);
	check_u64(count, 0, "no results");
	assert_int_equal(pipe(pipes), 0);
	check_int(attachment_add_event(a, pipes[0]), 0, "add");
	check_int(attachment_add_event(a, pipes[1]), 0, "add");
	check_int(attachment_add_result(a, "tcp_close", 0x1000, 0), 0, "add");
	check_int(attachment_add_result(a, "tcp_open", 0, -ENOENT), 0, "add");
	check_int(skep_attachment_event_fds(a, &count)[1], pipes[1], "the second");
	check_u64(count, 2, "events");
	results = skep_attachment_results(a, &count);
	check_u64(count, 2, "results");
	check_text(results[0].name, "tcp_close", "the first");
	check_u64(results[0].address, 0x1000, "the first");
	check_int(results[1].code, -ENOENT, "the second");
	check_int(skep_attachment_pin(a, NULL, "x", &err), -EOPNOTSUPP, "no link");
	skep_attachment_close(a);
	check_int(close(pipes[0]), -1, "closed with it");
	check_int(close(pipes[1]), -1, "closed with it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(way__has_a_family_and_a_method),
		cmocka_unit_test(way__prefers_links),
		cmocka_unit_test(family__has_a_neutral_value_or_none),
		cmocka_unit_test(name__of_nothing_is_unknown),
		cmocka_unit_test(run__takes_the_first_method_that_works),
		cmocka_unit_test(detach__is_done_once),
		cmocka_unit_test(attachment__holds_events_and_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
