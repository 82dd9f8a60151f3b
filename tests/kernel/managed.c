/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "managed.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>

#include "base/cleanup.h"

const char *managed_path;

/* The probes that this process has opened last: what is not theirs is not loaded. */
static const struct skep_probe_spec *wanted;
static size_t wanted_count;

static int exclude_others(const struct skep_object_program *program, void *userdata)
{
	size_t i;

	(void)userdata;
	for (i = 0; i < wanted_count; i++)
		if (!strcmp(program->name, wanted[i].program) ||
		    (wanted[i].copy &&
		     !strncmp(program->name, wanted[i].program, strlen(wanted[i].program))))
			return 0;
	return 1;
}

/* Others on the machine make the same system calls: a name tells whose count. */
static void count_alone(struct skep_manager *m)
{
	char name[16] = "";
	struct skep_error err = { 0 };

	snprintf(name, sizeof(name), "managed-%d", getpid() % 1000000);
	assert_int_equal(prctl(PR_SET_NAME, name), 0);
	assert_done(
		skep_object_variable_set(skep_manager_object(m), "only", name, sizeof(name), &err),
		&err);
}

struct skep_manager *managed_open_with(const struct skep_probe_spec *probes, size_t count,
				       const struct skep_manager_opts *opts)
{
	struct skep_manager_opts o = { .sz = sizeof(o) };
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };

	if (opts)
		o = *opts;
	o.probes = wanted = probes;
	o.probe_count = wanted_count = count;
	o.probe_sz = sizeof(*probes);
	if (!o.exclude_fn)
		o.exclude_fn = exclude_others;
	assert_done(skep_manager_open_file(managed_path, &o, &m, &err), &err);
	count_alone(m);
	return m;
}

struct skep_manager *managed_open(const struct skep_probe_spec *probes, size_t count)
{
	return managed_open_with(probes, count, NULL);
}

void managed_run(struct skep_manager *m)
{
	struct skep_error err = { 0 };

	assert_done(skep_manager_load(m, &err), &err);
	assert_done(skep_manager_start(m, &err), &err);
}

uint64_t managed_count(const struct skep_manager *m, enum probes_slot slot)
{
	const struct skep_loaded_map *counts =
		skep_loaded_map_find(skep_manager_loaded(m), "counts");
	const uint32_t key = slot;
	uint64_t value = 0;

	assert_non_null(counts);
	assert_int_equal(skep_map_lookup(counts->map, &key, &value, 0), 0);
	return value;
}

uint64_t managed_runs(const struct skep_manager *m, enum probes_slot slot, void (*fn)(void))
{
	const uint64_t before = managed_count(m, slot);

	fn();
	return managed_count(m, slot) - before;
}

void managed_call(void)
{
	int i;

	for (i = 0; i < MANAGED_CALLS; i++) {
		assert_true(getpgid(0) > 0);
		assert_true(getsid(0) >= 0);
	}
}
