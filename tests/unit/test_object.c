/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Objects of tests/objects, as specs: with BTF (the first argument) and without (the second); the third has tables of functions. */
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>

#include "check.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "sys/libbpf_print.h"

static char **paths;

static struct skep_object *open_legacy(int plain)
{
	struct skep_object *object = NULL;
	struct skep_error err = { 0 };

	check_int(skep_object_open_file(paths[plain], NULL, &object, &err), 0, "%s", err.msg);
	return object;
}

static void legacy_maps__are_what_their_numbers_say(void **state)
{
	static const struct {
		const char *name;
		uint32_t type, key_size, value_size, max_entries, flags, id;
	} want[] = {
		{ "counts", SKEP_MAP_TYPE_ARRAY, 4, 8, 4, 0, 0 },
		{ "seen", SKEP_MAP_TYPE_HASH, 4, 8, 16, SKEP_MAP_FLAG_NO_PREALLOC, 0 },
		{ "events", SKEP_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0, 0, 0 },
		{ "calls", SKEP_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0, 7 },
		{ "inner", SKEP_MAP_TYPE_ARRAY, 4, 8, 2, 0, 9 },
		{ "outer", SKEP_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 3, 0, 8 },
	};
	const struct skep_object_map *m;
	size_t i;
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_legacy(plain);

		check_u64(skep_object_map_count(o), ARRAY_SIZE(want), "plain %d", plain);
		for (i = 0; i < ARRAY_SIZE(want); i++) {
			m = skep_object_map_find(o, want[i].name);
			assert_non_null(m);
			check_u64(m->spec.type, want[i].type, "%s", want[i].name);
			check_u64(m->spec.key_size, want[i].key_size, "%s", want[i].name);
			check_u64(m->spec.value_size, want[i].value_size, "%s", want[i].name);
			check_u64(m->spec.max_entries, want[i].max_entries, "%s", want[i].name);
			check_u64(m->spec.flags, want[i].flags, "%s", want[i].name);
			check_u64(m->id, want[i].id, "%s", want[i].name);
		}
		m = skep_object_map_find(o, "outer");
		assert_non_null(m->spec.inner);
		check_u64(m->spec.inner->type, SKEP_MAP_TYPE_ARRAY, "inner_id leads to it");
		check_u64(m->spec.inner->max_entries, 2, "inner_id leads to it");
	}
}

static void programs__have_types_by_section_and_tail_call(void **state)
{
	const struct skep_object_tail_call *t;
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_legacy(plain);

		check_u64(skep_object_program_count(o), 2, "plain %d", plain);
		check_u64(skep_object_program_find(o, "first")->type, SKEP_PROG_TYPE_SCHED_CLS,
			  "by section");
		check_u64(skep_object_program_find(o, "second")->type, SKEP_PROG_TYPE_SCHED_CLS,
			  "by who calls it");
		check_u64(skep_object_tail_call_count(o), 1, "of section 7/2");
		t = skep_object_tail_call_at(o, 0);
		check_text(t->map, "calls", "by its id");
		check_text(t->program, "second", "by its section");
		check_u64(t->slot, 2, "by its section");
	}
}

static void constants__are_found_and_set(void **state)
{
	struct skep_error err = { 0 };
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_legacy(plain);

		check_u64(skep_object_constant_count(o), 3, "plain %d", plain);
		check_int(skep_object_constant_set(o, NULL, "answer", 42, &err), 2, "%s", err.msg);
		check_int(skep_object_constant_set(o, "second", "answer", 1ull << 40, &err), 1,
			  "%s", err.msg);
		check_u64(skep_object_constant_at(o, 1)->value, 42, "of the first program");
		check_u64(skep_object_constant_at(o, 2)->value, 1ull << 40, "of the second alone");
		check_int(skep_object_constant_set(o, NULL, "step", 1, &err), 1, "%s", err.msg);
		check_int(skep_object_constant_set(o, NULL, "other", 1, &err), -ENOKEY, "none");
		check_int(skep_object_constant_set(o, "third", "step", 1, &err), -ENOENT, "none");
	}
}

static void image__opens_with_libbpf(void **state)
{
	struct sys_libbpf_print print;
	struct bpf_object *opened;
	const void *image;
	size_t size;
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_legacy(plain);

		image = skep_object_image(o, &size);
		sys_libbpf_print_begin(&print);
		opened = bpf_object__open_mem(image, size, NULL);
		sys_libbpf_print_end(&print);
		check_text(print.text, "", "libbpf has nothing to say");
		assert_non_null(opened);
		bpf_object__close(opened);
	}
}

static int collect(const struct skep_object_reference *reference, void *userdata)
{
	char *text = userdata;

	if (!strstr(text, reference->name)) {
		strcat(text, reference->name);
		strcat(text, " ");
	}
	return 0;
}

static void references__include_those_of_subprograms(void **state)
{
	_cleanup_(skep_object_closep) struct skep_object *o = open_legacy(0);
	char text[256] = "";

	(void)state;
	check_int(skep_object_program_references(o, "second", collect, text), 0, "walk");
	check_text(text, "count counts ", "the subprogram, and its map");
	check_int(skep_object_program_references(o, "third", collect, text), -ENOENT, "none");
}

static void prune__leaves_out_what_nothing_reaches(void **state)
{
	static const char *const keep[] = { "inner" };
	_cleanup_(skep_object_closep) struct skep_object *o = open_legacy(0);
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_object_prune(o, NULL, 0, &err), 0, "all is in use: %s", err.msg);
	check_int(skep_object_program_exclude(o, "first", 1, &err), 0, "%s", err.msg);
	check_int(skep_object_prune(o, keep, 1, &err), 6, "five maps and a tail call: %s", err.msg);
	check_u64(skep_object_map_find(o, "inner")->excluded, 0, "it is to be kept");
	check_u64(skep_object_map_find(o, "seen")->excluded, 1, "nothing uses it");
	check_u64(skep_object_program_find(o, "second")->excluded, 1, "nothing calls it");
	check_u64(skep_object_tail_call_at(o, 0)->pruned, 1, "nothing calls it");
}

static void tables__name_their_programs(void **state)
{
	_cleanup_(skep_object_closep) struct skep_object *o = NULL;
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_object_open_file(paths[2], NULL, &o, &err), 0, "%s", err.msg);
	check_text(skep_object_map_program_at(o, "linked", 0), "linked_undo", "as it stands there");
	check_text(skep_object_map_program_at(o, "linked", 2), "linked_avoid", "the last one");
	assert_null(skep_object_map_program_at(o, "linked", 3)); /* not those of the other table */
	check_text(skep_object_map_program_at(o, "older", 1), "older_ssthresh",
		   "of the other table");
	assert_null(skep_object_map_program_at(o, "older_undo", 0)); /* no table */
}

static void put__takes_values_of_the_maps_size_alone(void **state)
{
	_cleanup_(skep_object_closep) struct skep_object *o = open_legacy(0);
	const size_t all = 8 * (size_t)libbpf_num_possible_cpus();
	_cleanup_free_ unsigned char *values = calloc(1, all + 8);
	const uint32_t key = 1;
	struct skep_error err = { 0 };

	(void)state;
	assert_non_null(values);
	check_int(skep_object_map_put(o, "seen", &key, 4, values, 8, &err), 0, "%s", err.msg);
	check_int(skep_object_map_put(o, "seen", &key, 4, values, 7, NULL), -EINVAL, "short");
	check_int(skep_object_map_put(o, "seen", &key, 4, values, 9, NULL), -EINVAL, "long");
	check_int(skep_object_map_put(o, "seen", &key, 3, values, 8, NULL), -EINVAL, "key");
	check_int(skep_object_map_set(o, "seen", SKEP_OBJECT_MAP_TYPE, SKEP_MAP_TYPE_PERCPU_HASH,
				      &err),
		  0, "%s", err.msg);
	check_int(skep_object_map_set(o, "seen", SKEP_OBJECT_MAP_VALUE_SIZE, 3, &err), 0, "%s",
		  err.msg);
	check_int(skep_object_map_put(o, "seen", &key, 4, values, all, &err), 0, "%s", err.msg);
	check_int(skep_object_map_put(o, "seen", &key, 4, values, 3, NULL), -EINVAL, "of one CPU");
	check_int(skep_object_map_put(o, "seen", &key, 4, values, all + 8, NULL), -EINVAL, "long");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legacy_maps__are_what_their_numbers_say),
		cmocka_unit_test(programs__have_types_by_section_and_tail_call),
		cmocka_unit_test(constants__are_found_and_set),
		cmocka_unit_test(image__opens_with_libbpf),
		cmocka_unit_test(references__include_those_of_subprograms),
		cmocka_unit_test(prune__leaves_out_what_nothing_reaches),
		cmocka_unit_test(put__takes_values_of_the_maps_size_alone),
		cmocka_unit_test(tables__name_their_programs),
	};

	if (argc != 4)
		return 2;
	paths = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
