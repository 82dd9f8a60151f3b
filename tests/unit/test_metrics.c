/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The text of the registry: the format's own rules, read by a reader that is not the writer. */
#include "check.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/metrics.h>

struct text {
	char bytes[16384];
	size_t len;
};

static int take(const char *bytes, size_t len, void *userdata)
{
	struct text *t = userdata;

	if (t->len + len >= sizeof(t->bytes))
		return -ENOSPC;
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
	t->bytes[t->len] = '\0';
	return 0;
}

static const char *print_as(struct skep_metrics *m, uint64_t format)
{
	static struct text t;

	t.len = 0;
	t.bytes[0] = '\0';
	check_int(skep_metrics_print(m, format, take, &t, NULL), 0, "print");
	return t.bytes;
}

static struct skep_metrics *registry(void)
{
	struct skep_metrics *m = NULL;

	check_int(skep_metrics_new(NULL, &m, NULL), 0, "new");
	return m;
}

static const char *const one_label[] = { "map_name" };
static const char *const two_labels[] = { "operation", "outcome" };

static const struct skep_metric_desc gauge = {
	.sz = sizeof(gauge),
	.name = "pressure",
	.help = "Fill of a map.",
	.kind = SKEP_METRIC_GAUGE_MAX,
	.labels = one_label,
	.label_count = 1,
};
static const struct skep_metric_desc counter = {
	.sz = sizeof(counter),
	.name = "ops_total",
	.help = "Operations.",
	.kind = SKEP_METRIC_COUNTER,
	.labels = two_labels,
	.label_count = 2,
};
static const double bounds[] = { 0.5, 1, 2.5 };
static const struct skep_metric_desc histogram = {
	.sz = sizeof(histogram),
	.name = "duration_seconds",
	.kind = SKEP_METRIC_HISTOGRAM,
	.bounds = bounds,
	.bound_count = 3,
};

static struct skep_metric *metric(struct skep_metrics *m, const struct skep_metric_desc *desc,
				  const char *first, const char *second)
{
	const char *const values[] = { first, second };
	struct skep_metric *metric = NULL;
	struct skep_error err = { 0 };

	check_int(skep_metric_new(m, desc, values, &metric, &err), 0, "%s: %s", desc->name,
		  err.msg);
	return metric;
}

static void metrics__are_told_sorted_in_both_formats(void **state)
{
	struct skep_metrics *m = registry();
	struct skep_metric *second = metric(m, &gauge, "second", NULL);
	struct skep_metric *first = metric(m, &gauge, "first", NULL);
	struct skep_metric *ops = metric(m, &counter, "update", "success");
	struct skep_metric *time = metric(m, &histogram, NULL, NULL);

	(void)state;
	skep_metric_set(first, 0.25);
	skep_metric_set(second, 1);
	skep_metric_add(ops, 3);
	skep_metric_observe(time, 0.5);
	skep_metric_observe(time, 2);
	skep_metric_observe(time, 99);
	check_text(print_as(m, SKEP_METRICS_PROMETHEUS),
		   "# TYPE skep_duration_seconds histogram\n"
		   "skep_duration_seconds_bucket{le=\"0.5\"} 1\n"
		   "skep_duration_seconds_bucket{le=\"1\"} 1\n"
		   "skep_duration_seconds_bucket{le=\"2.5\"} 2\n"
		   "skep_duration_seconds_bucket{le=\"+Inf\"} 3\n"
		   "skep_duration_seconds_sum 101.5\n"
		   "skep_duration_seconds_count 3\n"
		   "# HELP skep_ops_total Operations.\n"
		   "# TYPE skep_ops_total counter\n"
		   "skep_ops_total{operation=\"update\",outcome=\"success\"} 3\n"
		   "# HELP skep_pressure Fill of a map.\n"
		   "# TYPE skep_pressure gauge\n"
		   "skep_pressure{map_name=\"first\"} 0.25\n"
		   "skep_pressure{map_name=\"second\"} 1\n",
		   "prometheus");
	check_text(print_as(m, SKEP_METRICS_OPENMETRICS),
		   "# TYPE skep_duration_seconds histogram\n"
		   "skep_duration_seconds_bucket{le=\"0.5\"} 1\n"
		   "skep_duration_seconds_bucket{le=\"1.0\"} 1\n"
		   "skep_duration_seconds_bucket{le=\"2.5\"} 2\n"
		   "skep_duration_seconds_bucket{le=\"+Inf\"} 3\n"
		   "skep_duration_seconds_sum 101.5\n"
		   "skep_duration_seconds_count 3\n"
		   "# HELP skep_ops Operations.\n"
		   "# TYPE skep_ops counter\n"
		   "skep_ops_total{operation=\"update\",outcome=\"success\"} 3\n"
		   "# HELP skep_pressure Fill of a map.\n"
		   "# TYPE skep_pressure gauge\n"
		   "skep_pressure{map_name=\"first\"} 0.25\n"
		   "skep_pressure{map_name=\"second\"} 1\n"
		   "# EOF\n",
		   "openmetrics");
	check_int(skep_metrics_print(m, 2, take, NULL, NULL), -EINVAL, "no such format");
	skep_metric_free(first);
	skep_metric_free(second);
	skep_metric_free(ops);
	skep_metric_free(time);
	check_text(print_as(m, SKEP_METRICS_PROMETHEUS), "", "all released");
	skep_metrics_free(m);
}

/* What a label means: the reader's side of the format. Return: behind the closing quote. */
static const char *read_quoted(const char *at, char *ret_text)
{
	for (; *at != '"'; at++) {
		assert_true(*at && *at != '\n');
		if (*at != '\\') {
			*ret_text++ = *at;
			continue;
		}
		at++;
		assert_true(*at == '\\' || *at == '"' || *at == 'n');
		*ret_text++ = *at == 'n' ? '\n' : *at;
	}
	*ret_text = '\0';
	return at + 1;
}

static void label__means_what_was_given(void **state)
{
	static const struct {
		const char *given, *read;
	} cases[] = {
		{ "plain", "plain" },
		{ "", "" },
		{ "a\"b", "a\"b" },
		{ "back\\slash", "back\\slash" },
		{ "\\n", "\\n" },
		{ "two\nlines", "two\nlines" },
		{ "\\\"\n\\", "\\\"\n\\" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "tab\there", "tab\there" },
		{ "bad\xff", "bad\\xff" }, /* no UTF-8: readers would refuse all of the text */
		{ "\xc3", "\\xc3" },
		{ "}", "}" },
		{ "a,b=\"c\"", "a,b=\"c\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		static const char head[] = "# HELP skep_pressure Fill of a map.\n"
					   "# TYPE skep_pressure gauge\n"
					   "skep_pressure{map_name=\"";
		struct skep_metrics *m = registry();
		struct skep_metric *g = metric(m, &gauge, cases[i].given, NULL);
		const char *text;
		char read[64];

		skep_metric_set(g, 1);
		text = print_as(m, SKEP_METRICS_PROMETHEUS);
		check_int(strncmp(text, head, sizeof(head) - 1), 0, "%s", text);
		check_text(read_quoted(text + sizeof(head) - 1, read), "} 1\n", "case %zu", i);
		check_text(read, cases[i].read, "case %zu", i);
		skep_metric_free(g);
		skep_metrics_free(m);
	}
}

static void help__stays_in_its_line(void **state)
{
	struct skep_metrics *m = registry();
	struct skep_metric_desc desc = gauge;
	struct skep_metric *g;

	(void)state;
	desc.help = "a \\ and\na \"line\"";
	g = metric(m, &desc, "x", NULL);
	skep_metric_set(g, 1);
	assert_non_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS),
			       "# HELP skep_pressure a \\\\ and\\na \"line\"\n"));
	assert_non_null(strstr(print_as(m, SKEP_METRICS_OPENMETRICS),
			       "# HELP skep_pressure a \\\\ and\\na \\\"line\\\"\n"));
	skep_metric_free(g);
	skep_metrics_free(m);
}

static void gauge__without_a_value_is_not_told(void **state)
{
	struct skep_metrics *m = registry();
	struct skep_metric *g = metric(m, &gauge, "x", NULL);
	double value = 4711;

	(void)state;
	check_text(print_as(m, SKEP_METRICS_PROMETHEUS), "", "never set");
	skep_metric_set(g, (double)NAN);
	skep_metric_add(g, (double)NAN);
	check_int(skep_metric_value(g, &value), 0, "NaN is no value");
	assert_true(value == 4711);
	skep_metric_set(g, (double)-INFINITY);
	assert_non_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "\"} -Inf\n"));
	skep_metric_unset(g);
	check_text(print_as(m, SKEP_METRICS_PROMETHEUS), "", "unset");
	skep_metric_add(g, -2);
	assert_non_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "\"} -2\n"));
	skep_metric_free(g);
	skep_metrics_free(m);
}

static void numbers__are_read_as_the_same(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 1e15, "1000000000000000" },
		{ 9007199254740991, "9007199254740991" },
		{ 0.1, "0.1" },
		{ 1e300, "1e+300" },
		{ -1.5, "-1.5" },
		{ 5e-324, "4.94065645841247e-324" },
	};
	struct skep_metrics *m = registry();
	struct skep_metric *g = metric(m, &gauge, "x", NULL);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[64];

		skep_metric_set(g, cases[i].value);
		snprintf(line, sizeof(line), "\"} %s\n", cases[i].text);
		if (!strstr(print_as(m, SKEP_METRICS_PROMETHEUS), line))
			check_text(print_as(m, SKEP_METRICS_PROMETHEUS), line, "case %zu", i);
	}
	skep_metric_free(g);
	skep_metrics_free(m);
}

static void counter__never_falls_and_survives_one_of_its_owners(void **state)
{
	struct skep_metrics *m = registry();
	struct skep_metric *a = metric(m, &counter, "update", "fail");
	struct skep_metric *b = metric(m, &counter, "update", "fail");
	struct skep_metric *other = metric(m, &counter, "delete", "fail");
	double value = 0;

	(void)state;
	skep_metric_add(a, 2);
	skep_metric_add(b, 5);
	skep_metric_add(b, -1);
	skep_metric_set(b, 0);
	skep_metric_unset(b);
	skep_metric_observe(b, 1);
	assert_non_null(
		strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "update\",outcome=\"fail\"} 7\n"));
	skep_metric_free(b);
	check_int(skep_metric_value(a, &value), 1, "value");
	assert_true(value == 7);
	assert_non_null(
		strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "update\",outcome=\"fail\"} 7\n"));
	assert_non_null(
		strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "delete\",outcome=\"fail\"} 0\n"));
	skep_metric_free(a);
	assert_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "update"));
	skep_metric_free(other);
	skep_metrics_free(m);
}

/* Two maps of one name: one line, or the text would be refused as a whole. */
static void same_labels__make_one_line(void **state)
{
	struct skep_metrics *m = registry();
	struct skep_metric_desc sum = gauge;
	struct skep_metric *g[4], *h[2];

	(void)state;
	sum.kind = SKEP_METRIC_GAUGE;
	sum.name = "pending";
	g[0] = metric(m, &gauge, "x", NULL);
	g[1] = metric(m, &gauge, "x", NULL);
	g[2] = metric(m, &sum, "x", NULL);
	g[3] = metric(m, &sum, "x", NULL);
	h[0] = metric(m, &histogram, NULL, NULL);
	h[1] = metric(m, &histogram, NULL, NULL);
	skep_metric_set(g[0], 3);
	skep_metric_set(g[2], 3);
	skep_metric_set(g[3], 4);
	skep_metric_observe(h[0], 1);
	skep_metric_observe(h[1], 1);
	assert_non_null(
		strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "skep_pressure{map_name=\"x\"} 3\n"));
	skep_metric_set(g[1], 2);
	assert_non_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS),
			       "gauge\nskep_pressure{map_name=\"x\"} 3\n"));
	assert_non_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS),
			       "gauge\nskep_pending{map_name=\"x\"} 7\n"));
	skep_metric_free(h[0]);
	assert_non_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS),
			       "skep_duration_seconds_sum 2\n"
			       "skep_duration_seconds_count 2\n"));
	skep_metric_free(h[1]);
	skep_metric_free(g[0]);
	assert_non_null(
		strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "skep_pressure{map_name=\"x\"} 2\n"));
	skep_metric_free(g[1]);
	skep_metric_free(g[2]);
	skep_metric_free(g[3]);
	skep_metrics_free(m);
}

static void description__is_checked(void **state)
{
	static const char *const le[] = { "le" }, *const twice[] = { "a", "a" },
				 *const reserved[] = { "__a" }, *const spaced[] = { "a b" };
	static const double falling[] = { 2, 1 };
	const struct {
		struct skep_metric_desc desc;
		int code;
	} cases[] = {
		{ { .name = "", .kind = SKEP_METRIC_GAUGE }, -EINVAL },
		{ { .name = "a-b", .kind = SKEP_METRIC_GAUGE }, -EINVAL },
		{ { .name = "1a", .kind = SKEP_METRIC_GAUGE }, -EINVAL },
		{ { .name = "gr\xc3\xbcn", .kind = SKEP_METRIC_GAUGE }, -EINVAL },
		{ { .kind = SKEP_METRIC_GAUGE }, -EINVAL },
		{ { .name = "a", .kind = SKEP_METRIC_COUNTER }, -EINVAL },
		{ { .name = "a_total", .kind = SKEP_METRIC_GAUGE }, -EINVAL },
		{ { .name = "a", .kind = 4 }, -EINVAL },
		{ { .name = "a", .kind = 1, .labels = le, .label_count = 1 }, -EINVAL },
		{ { .name = "a", .kind = 1, .labels = twice, .label_count = 2 }, -EINVAL },
		{ { .name = "a", .kind = 1, .labels = reserved, .label_count = 1 }, -EINVAL },
		{ { .name = "a", .kind = 1, .labels = spaced, .label_count = 1 }, -EINVAL },
		{ { .name = "a", .kind = 3, .bounds = falling, .bound_count = 2 }, -EINVAL },
		/* of a name that is there */
		{ { .name = "pressure", .kind = SKEP_METRIC_GAUGE_MAX }, -EEXIST },
		{ { .name = "pressure", .kind = 1, .labels = one_label, .label_count = 1 },
		  -EEXIST },
		{ { .name = "duration_seconds", .kind = 3 }, -EEXIST },
	};
	static const char *const values[] = { "x", "y" };
	struct skep_metrics *m = registry();
	struct skep_metric *g = metric(m, &gauge, "x", NULL);
	struct skep_metric *h = metric(m, &histogram, NULL, NULL), *made = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_metric_desc desc = cases[i].desc;

		desc.sz = sizeof(desc);
		check_int(skep_metric_new(m, &desc, values, &made, NULL), cases[i].code, "case %zu",
			  i);
		assert_null(made);
	}
	skep_metric_free(g);
	skep_metric_free(h);
	skep_metrics_free(m);
	check_int(skep_metrics_new("a b", &m, NULL), -EINVAL, "namespace");
}

static void registry__may_go_before_its_metrics(void **state)
{
	struct skep_metrics *m = registry();
	struct skep_metric *g = metric(m, &gauge, "x", NULL);

	(void)state;
	skep_metrics_free(m);
	skep_metric_set(g, 1);
	skep_metric_free(g);
	assert_null(skep_metric_free(NULL));
	assert_null(skep_metrics_free(NULL));
	assert_null(skep_metrics_collector_free(NULL));
	skep_metric_add(NULL, 1);
	skep_metric_set(NULL, 1);
	skep_metric_unset(NULL);
	skep_metric_observe(NULL, 1);
}

struct collected {
	int result;
	uint64_t asked_ns;
	struct skep_metric_desc desc;
};

static int collect(struct skep_metrics_scrape *scrape, void *userdata)
{
	static const char *const values[] = { "collected" };
	struct collected *c = userdata;
	int r = skep_metrics_scrape_add(scrape, &c->desc, values, 5);

	c->asked_ns = skep_metrics_scrape_asked_ns(scrape);
	return r < 0 ? r : c->result;
}

static void collector__tells_beside_the_others_or_nothing(void **state)
{
	struct skep_metrics *m = registry();
	struct skep_metrics_collector *c = NULL;
	struct skep_metric *g = metric(m, &gauge, "x", NULL);
	struct collected collected = { .desc = gauge };

	(void)state;
	skep_metric_set(g, 1);
	check_int(skep_metrics_collector_new(m, collect, &collected, &c, NULL), 0, "new");
	check_text(print_as(m, SKEP_METRICS_PROMETHEUS),
		   "# HELP skep_metrics_collector_failures_total "
		   "Times that a collector of metrics has failed.\n"
		   "# TYPE skep_metrics_collector_failures_total counter\n"
		   "skep_metrics_collector_failures_total 0\n"
		   "# HELP skep_pressure Fill of a map.\n"
		   "# TYPE skep_pressure gauge\n"
		   "skep_pressure{map_name=\"collected\"} 5\n"
		   "skep_pressure{map_name=\"x\"} 1\n",
		   "two sources of one family");
	assert_true(collected.asked_ns > 0);
	collected.result = -EIO;
	assert_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "collected"));
	collected.result = 0;
	collected.desc.kind = SKEP_METRIC_GAUGE; /* of another kind than what is there */
	assert_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "\"collected\""));
	collected.desc = histogram;
	assert_non_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "failures_total 3\n"));
	skep_metrics_collector_free(c);
	assert_null(strstr(print_as(m, SKEP_METRICS_PROMETHEUS), "failures"));
	skep_metric_free(g);
	skep_metrics_free(m);
}

static int refuse(const char *bytes, size_t len, void *userdata)
{
	(void)bytes;
	(void)len;
	(void)userdata;
	return -EPIPE;
}

static void print__returns_what_the_reader_returned(void **state)
{
	struct skep_metrics *m = registry();
	struct skep_metric *g = metric(m, &gauge, "x", NULL);

	(void)state;
	skep_metric_set(g, 1);
	check_int(skep_metrics_print(m, 0, refuse, NULL, NULL), -EPIPE, "print");
	skep_metric_free(g);
	skep_metrics_free(m);
	assert_string_not_equal(skep_metrics_content_type(SKEP_METRICS_PROMETHEUS),
				skep_metrics_content_type(SKEP_METRICS_OPENMETRICS));
}

#define THREADS 4
#define ROUNDS 2000

static void *hammer(void *userdata)
{
	struct skep_metrics *m = userdata;
	static const char *const values[] = { "update", "success" };
	struct skep_metric *kept = NULL, *brief = NULL;
	struct text *t = calloc(1, sizeof(*t));
	int i;

	if (!t || skep_metric_new(m, &counter, values, &kept, NULL) < 0)
		abort();
	for (i = 0; i < ROUNDS; i++) {
		skep_metric_add(kept, 1);
		if (i % 50)
			continue;
		if (skep_metric_new(m, &counter, values, &brief, NULL) < 0)
			abort();
		skep_metric_add(brief, 1);
		skep_metric_free(brief);
		t->len = 0;
		if (skep_metrics_print(m, 0, take, t, NULL) < 0)
			abort();
	}
	free(t);
	skep_metric_free(kept);
	return NULL;
}

static void counting__in_several_threads_loses_nothing(void **state)
{
	struct skep_metrics *m = registry();
	struct skep_metric *all = metric(m, &counter, "update", "success");
	pthread_t threads[THREADS];
	double value = 0;
	size_t i;

	(void)state;
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, m), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_non_null(strstr(print_as(m, 0), "success\"} 8160\n"));
	check_int(skep_metric_value(all, &value), 1, "value");
	assert_true(value <= THREADS * (ROUNDS + ROUNDS / 50));
	skep_metric_free(all);
	skep_metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics__are_told_sorted_in_both_formats),
		cmocka_unit_test(label__means_what_was_given),
		cmocka_unit_test(help__stays_in_its_line),
		cmocka_unit_test(gauge__without_a_value_is_not_told),
		cmocka_unit_test(numbers__are_read_as_the_same),
		cmocka_unit_test(counter__never_falls_and_survives_one_of_its_owners),
		cmocka_unit_test(same_labels__make_one_line),
		cmocka_unit_test(description__is_checked),
		cmocka_unit_test(registry__may_go_before_its_metrics),
		cmocka_unit_test(collector__tells_beside_the_others_or_nothing),
		cmocka_unit_test(print__returns_what_the_reader_returned),
		cmocka_unit_test(counting__in_several_threads_loses_nothing),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
