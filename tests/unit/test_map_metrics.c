/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <skep/map_metrics.h>

struct text {
	char bytes[32768];
	size_t len;
};

static int take(const char *bytes, size_t len, void *userdata)
{
	struct text *t = userdata;

	assert_true(t->len + len < sizeof(t->bytes));
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
	t->bytes[t->len] = '\0';
	return 0;
}

static const char *print(struct skep_metrics *m)
{
	static struct text t;

	t.len = 0;
	t.bytes[0] = '\0';
	check_int(skep_metrics_print(m, SKEP_METRICS_PROMETHEUS, take, &t, NULL), 0, "print");
	return t.bytes;
}

static void check_told(struct skep_metrics *m, const char *line)
{
	const char *text = print(m);

	if (!strstr(text, line))
		check_text(text, line, "this line is missing");
}

static struct skep_map_metrics *counts(struct skep_metrics *m, const char *name, uint64_t flags)
{
	const struct skep_map_metrics_opts opts = { .sz = sizeof(opts),
						    .flags = flags,
						    .prefix = "cilium_" };
	struct skep_map_metrics *mm = NULL;

	check_int(skep_map_metrics_new(m, name, &opts, &mm, NULL), 0, "new");
	return mm;
}

static void operations__are_counted_by_outcome_under_the_common_name(void **state)
{
	struct skep_metrics *m = NULL;
	struct skep_map_metrics *a, *b;

	(void)state;
	check_int(skep_metrics_new("cilium", &m, NULL), 0, "new");
	a = counts(m, "cilium_policy_01157", 0);
	b = counts(m, "cilium_policy_00042", 0);
	skep_map_metrics_end(a, SKEP_MAP_OPERATION_UPDATE, skep_map_metrics_begin(a), 0);
	skep_map_metrics_end(b, SKEP_MAP_OPERATION_UPDATE, skep_map_metrics_begin(b), 1);
	skep_map_metrics_end(b, SKEP_MAP_OPERATION_DELETE, 0, -ENOENT);
	skep_map_metrics_end(b, SKEP_MAP_OPERATION_LOOKUP, 0, 0);
	skep_map_metrics_sync_errors(b, 3);
	check_told(m, "cilium_bpf_map_ops_total{map_name=\"policy\",operation=\"update\","
		      "outcome=\"success\"} 2\n");
	check_told(m, "cilium_bpf_map_ops_total{map_name=\"policy\",operation=\"delete\","
		      "outcome=\"fail\"} 1\n");
	check_told(m, "cilium_bpf_map_ops_total{map_name=\"policy\",operation=\"getNextKey\","
		      "outcome=\"success\"} 0\n");
	check_told(m, "cilium_bpf_map_sync_errors_total{map_name=\"policy\"} 3\n");
	assert_null(strstr(print(m), "duration"));
	assert_null(strstr(print(m), "lookup"));
	skep_map_metrics_free(a);
	check_told(m, "outcome=\"success\"} 2\n");
	skep_map_metrics_free(b);
	check_text(print(m), "", "all released");
	skep_metrics_free(m);
}

static void durations__are_measured_only_if_asked_for(void **state)
{
	struct skep_metrics *m = NULL;
	struct skep_map_metrics *off, *on;

	(void)state;
	check_int(skep_metrics_new(NULL, &m, NULL), 0, "new");
	off = counts(m, "a", 0);
	on = counts(m, "b", SKEP_MAP_METRICS_DURATION);
	check_u64(skep_map_metrics_begin(off), 0, "off");
	check_u64(skep_map_metrics_begin(NULL), 0, "none");
	skep_map_metrics_end(on, SKEP_MAP_OPERATION_LOOKUP, skep_map_metrics_begin(on), -ENOENT);
	check_told(m, "skep_bpf_syscall_duration_seconds_count{operation=\"lookup\","
		      "outcome=\"fail\"} 1\n");
	check_told(m, "skep_bpf_syscall_duration_seconds_count{operation=\"objGet\","
		      "outcome=\"success\"} 0\n");
	skep_map_metrics_end(on, 7, 0, 0);
	skep_map_metrics_end(NULL, 0, 0, 0);
	skep_map_metrics_sync_errors(NULL, 1);
	skep_map_metrics_free(off);
	skep_map_metrics_free(on);
	skep_metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations__are_counted_by_outcome_under_the_common_name),
		cmocka_unit_test(durations__are_measured_only_if_asked_for),
	};

	return cmocka_run_group_tests_name("map_metrics", tests, NULL, NULL);
}
