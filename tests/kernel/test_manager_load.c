/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What a manager says of what cannot be loaded, and that it can be used all the same: for other programs. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>

#include <skep/loaded.h>
#include <skep/log.h>
#include <skep/manager.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>

#include "base/cleanup.h"
#include "bpf_fixture.h"
#include "lab/census.h"
#include "lab/poll.h"
#include "lab/privilege.h"

#define SETTLE_MS 10000

static const char *edges, *refused;

static struct skep_manager *open_manager(const char *path, const struct skep_manager_opts *opts)
{
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_manager_open_file(path, opts, &m, &err), &err);
	return m;
}

static void assert_clean(const struct lab_census *before)
{
	char left[512] = "";

	if (!lab_census_clean(before, lab_in_ms(SETTLE_MS), left, sizeof(left)))
		fail_msg("left: %s", left);
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void load__of_a_refused_program_has_a_kind_and_the_whole_log_inside(void)
{
	static const char *const others[] = { "map_bounds", "packet_bounds", "reference_leak" };
	const struct skep_manager_opts o = { .sz = sizeof(o),
					     .excluded_programs = others,
					     .excluded_program_count = ARRAY_SIZE(others) };
	struct skep_manager *m = open_manager(refused, &o);
	const struct skep_object_result *result;
	struct lab_census before;
	struct skep_error err = { 0 };
	const char *log;
	size_t size = 0;

	assert_int_equal(lab_census_take(&before), 0);
	assert_int_equal(skep_manager_load(m, &err), -EACCES);
	assert_int_equal(err.code, -EACCES);
	assert_told(&err, SKEP_ERR_VERIFIER, "'null_pointer'");
	result = skep_object_result(skep_manager_object(m), "null_pointer");
	assert_int_equal(result->kind, SKEP_ERR_VERIFIER);
	assert_int_equal(result->log_truncated, 0);
	log = skep_object_verifier_log(skep_manager_object(m), "null_pointer", &size);
	assert_int_equal(size, strlen(log));
	assert_true(count_lines(log) > 5);
	assert_non_null(strstr(log, "at fault: null_pointer"));
	assert_non_null(strstr(log, "invalid mem access"));
	assert_clean(&before);

	/* the manager is as it was: without the program it loads */
	assert_done(skep_object_program_exclude(skep_manager_object(m), "null_pointer", 1, &err),
		    &err);
	assert_done(skep_manager_load(m, &err), &err);
	assert_int_equal(skep_loaded_program_count(skep_manager_loaded(m)), 1);
	assert_non_null(skep_loaded_program_find(skep_manager_loaded(m), "good"));
	skep_manager_close(m);
	assert_clean(&before);
}
IN_BPFFS(load__of_a_refused_program_has_a_kind_and_the_whole_log)

static void load__of_a_program_whose_map_is_excluded_names_the_map_inside(void)
{
	const struct skep_object_load_opts load = { .sz = sizeof(load),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	const struct skep_manager_opts o = { .sz = sizeof(o), .load_opts = &load };
	struct skep_manager *m = open_manager(edges, &o);
	struct skep_object *object = skep_manager_object(m);
	struct lab_census before;
	struct skep_error err = { 0 };

	assert_int_equal(lab_census_take(&before), 0);
	assert_done(skep_object_map_exclude(object, "fixed", 1, &err), &err);
	assert_true(skep_manager_load(m, &err) < 0);
	assert_non_null(strstr(err.msg, "'fixed'"));
	assert_non_null(strstr(err.msg, "'known'"));
	assert_int_equal(skep_manager_state(m), SKEP_MANAGER_OPENED);
	assert_clean(&before);

	/* who uses it is left out, too: the same manager loads the rest */
	assert_done(skep_object_program_exclude(object, "known", 1, &err), &err);
	assert_done(skep_manager_load(m, &err), &err);
	assert_null(skep_loaded_map_find(skep_manager_loaded(m), "fixed"));
	assert_null(skep_loaded_program_find(skep_manager_loaded(m), "known"));
	assert_non_null(skep_loaded_program_find(skep_manager_loaded(m), "rings"));
	skep_manager_close(m);
	assert_clean(&before);
}
IN_BPFFS(load__of_a_program_whose_map_is_excluded_names_the_map)

struct asked {
	int programs, done;
};

static int exclude_all_but_good(const struct skep_object_program *program, void *userdata)
{
	struct asked *a = userdata;

	a->programs++;
	assert_int_equal(a->done, 0);
	return strcmp(program->name, "good") != 0;
}

static void count_done(void *userdata)
{
	((struct asked *)userdata)->done++;
}

static int exclude_refusing(const struct skep_object_program *program, void *userdata)
{
	(void)program;
	(void)userdata;
	return -EREMOTE;
}

static void load__asks_who_excludes_for_each_program_inside(void)
{
	struct asked a = { 0 };
	struct skep_manager_opts o = { .sz = sizeof(o),
				       .exclude_fn = exclude_all_but_good,
				       .exclude_done_fn = count_done,
				       .userdata = &a };
	struct skep_manager *m = open_manager(refused, &o);
	struct skep_error err = { 0 };

	assert_done(skep_manager_load(m, &err), &err);
	assert_int_equal(a.programs, 5);
	assert_int_equal(a.done, 1);
	assert_int_equal(skep_loaded_program_count(skep_manager_loaded(m)), 1);
	a.done = 0;
	assert_done(skep_manager_load(m, &err), &err); /* anew */
	assert_int_equal(a.done, 1);
	assert_int_equal(skep_loaded_program_count(skep_manager_loaded(m)), 1);
	skep_manager_close(m);

	o.exclude_fn = exclude_refusing;
	m = open_manager(refused, &o);
	assert_int_equal(skep_manager_load(m, &err), -EREMOTE);
	skep_manager_close(m);
}
IN_BPFFS(load__asks_who_excludes_for_each_program)

static void count_warnings(uint64_t level, const char *text, void *userdata)
{
	*(int *)userdata += level == SKEP_LOG_WARNING && strstr(text, "'no_such'");
}

static void load__warns_of_an_excluded_program_that_is_none_inside(void)
{
	static const char *const others[] = { "null_pointer", "map_bounds", "packet_bounds",
					      "reference_leak", "no_such" };
	int warnings = 0;
	const struct skep_log log = { .fn = count_warnings,
				      .userdata = &warnings,
				      .level = SKEP_LOG_WARNING };
	const struct skep_manager_opts o = { .sz = sizeof(o),
					     .excluded_programs = others,
					     .excluded_program_count = ARRAY_SIZE(others),
					     .log = &log };
	struct skep_manager *m = open_manager(refused, &o);
	struct skep_error err = { 0 };

	assert_done(skep_manager_load(m, &err), &err);
	assert_int_equal(warnings, 1);
	skep_manager_close(m);
}
IN_BPFFS(load__warns_of_an_excluded_program_that_is_none)

/* Without the capability to raise a hard limit. */
static int load_with_too_high_a_limit(void *userdata)
{
	const struct rlimit low = { 1 << 20, 1 << 20 };
	const struct skep_manager_opts o = { .sz = sizeof(o), .memlock_bytes = 2 << 20 };
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int i, r = setrlimit(RLIMIT_MEMLOCK, &low) ? -errno : 0;

	(void)userdata;
	r = r < 0 ? r : skep_manager_open_file(refused, &o, &m, &err);
	for (i = 0; r == 0 && i < 2; i++)
		if (skep_manager_load(m, &err) != -EPERM || !strstr(err.msg, "RLIMIT_MEMLOCK"))
			r = -EPROTO;
	skep_manager_close(m);
	return r;
}

static void load__tells_that_a_limit_cannot_be_set(void **state)
{
	(void)state;
	assert_int_equal(
		lab_with_capabilities(lab_capabilities() & ~((uint64_t)1 << CAP_SYS_RESOURCE),
				      load_with_too_high_a_limit, NULL),
		0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load__of_a_refused_program_has_a_kind_and_the_whole_log),
		cmocka_unit_test(load__of_a_program_whose_map_is_excluded_names_the_map),
		cmocka_unit_test(load__tells_that_a_limit_cannot_be_set),
		cmocka_unit_test(load__asks_who_excludes_for_each_program),
		cmocka_unit_test(load__warns_of_an_excluded_program_that_is_none),
	};

	assert_true(argc == 3);
	edges = argv[1];
	refused = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
