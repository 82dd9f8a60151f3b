/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What is made with and around libbpf's load: types of maps that are there before it, slots, BTF of another kernel. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <skep/bpffs.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/map_convert.h>
#include <skep/map_pin.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "object_fixture.h"

#define PID_AT 4920 /* of the made BTF: nowhere in a kernel */
#define KEY 3u

enum {
	TYPES,
	TYPES_OLD,
	LEGACY,
	EDGES,
	KCONFIG,
	OBJECTS,
};

static char **paths;

struct old_value {
	uint64_t count;
};

struct value {
	uint32_t lock, pad;
	uint64_t count;
};

static struct skep_object *open_object(int which)
{
	return fixture_object(paths[which]);
}

static struct skep_loaded *load(struct skep_object *object,
				const struct skep_object_load_opts *opts)
{
	const struct skep_object_load_opts unpinned = { .sz = sizeof(unpinned),
							.flags = SKEP_OBJECT_IGNORE_PINNING };

	return fixture_load(object, opts ? opts : &unpinned);
}

static struct skep_map *map_of(const struct skep_loaded *loaded, const char *name)
{
	return skep_loaded_map_find(loaded, name)->map;
}

static struct skep_map_info info_of(const struct skep_loaded *loaded, const char *name)
{
	struct skep_map_info info = { 0 };

	assert_true(skep_sys_map_info(skep_map_fd(map_of(loaded, name)), &info, sizeof(info)) > 0);
	return info;
}

static void maps__with_elements_have_their_types_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(TYPES);
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	const struct value value = { .count = 40 };
	const uint32_t key = 0, limit[2] = { 7, 8 };
	struct skep_error err = { 0 };

	assert_done(skep_object_map_put(object, "filled", &key, 4, &value, sizeof(value), &err),
		    &err);
	assert_done(skep_object_map_put(object, "frozen", &key, 4, limit, sizeof(limit), &err),
		    &err);
	assert_done(skep_object_map_freeze(object, "frozen", 1, &err), &err);
	loaded = load(object, NULL);
	assert_int_equal(fixture_run_program(loaded, "to_filled"), 41); /* under its spin lock */
	assert_int_equal(fixture_run_program(loaded, "from_frozen"), 8);
	assert_int_equal(skep_map_update(map_of(loaded, "frozen"), &key, limit, 0), -EPERM);
	assert_true(info_of(loaded, "filled").btf_value_type_id > 0);
	assert_true(info_of(loaded, "frozen").btf_key_type_id > 0);
	assert_true(info_of(loaded, "frozen").btf_value_type_id > 0);
	assert_int_equal(skep_loaded_map_find(loaded, "frozen")->created, 1);
}
IN_BPFFS(maps__with_elements_have_their_types)

/* What a former version pinned has no lock; the new program takes it. */
static void maps__are_converted_into_ones_with_types_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *old = open_object(TYPES_OLD);
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(TYPES);
	struct skep_bpffs *bpffs = fixture_bpffs_open();
	const struct skep_map_convert_opts by_name = { .sz = sizeof(by_name) };
	const struct skep_map_pin_opts convert = { .sz = sizeof(convert),
						   .mismatch = SKEP_MAP_MISMATCH_CONVERT,
						   .convert_opts = &by_name };
	struct skep_object_load_opts opts = { .sz = sizeof(opts), .bpffs = bpffs };
	const struct old_value before = { .count = 100 };
	struct value after;
	struct skep_loaded *loaded = load(old, &opts);
	struct skep_error err = { 0 };
	const uint32_t key = KEY;

	assert_int_equal(skep_map_update(map_of(loaded, "pinned"), &key, &before, 0), 0);
	loaded = skep_loaded_close(loaded);
	assert_int_equal(skep_object_load(object, &opts, &loaded, &err), -EMEDIUMTYPE);
	opts.pin_opts = &convert;
	loaded = load(object, &opts);
	assert_int_equal(fixture_run_program(loaded, "to_pinned"), 101);
	assert_int_equal(skep_map_lookup(map_of(loaded, "pinned"), &key, &after, 0), 0);
	assert_int_equal(after.count, 101);
	assert_true(info_of(loaded, "pinned").btf_value_type_id > 0);
	assert_int_equal(skep_loaded_map_find(loaded, "pinned")->created, 1);
	loaded = skep_loaded_close(loaded);
	loaded = load(object, &opts); /* it is as it is wanted now */
	assert_int_equal(fixture_run_program(loaded, "to_pinned"), 102);
	assert_int_equal(skep_loaded_map_find(loaded, "pinned")->created, 0);
	skep_loaded_close(loaded);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(maps__are_converted_into_ones_with_types)

static void slots__of_what_is_left_out_stay_empty_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(TYPES);
	const struct skep_object_tail_call *t = skep_object_tail_call_at(object, 0);
	struct skep_loaded *loaded = load(object, NULL);
	struct skep_error err = { 0 };

	assert_non_null(t); /* .values tells, too */
	assert_string_equal(t->map, "calls");
	assert_string_equal(t->program, "called");
	assert_int_equal(t->slot, 1);
	assert_int_equal(fixture_run_program(loaded, "call"), 2);
	loaded = skep_loaded_close(loaded);
	assert_done(skep_object_program_exclude(object, "called", 1, &err), &err);
	loaded = load(object, NULL);
	assert_int_equal(fixture_run_program(loaded, "call"), 1);
	loaded = skep_loaded_close(loaded);
	/* without the array, too, once nothing uses it */
	assert_done(skep_object_program_exclude(object, "called", 0, &err), &err);
	assert_done(skep_object_program_exclude(object, "call", 1, &err), &err);
	assert_done(skep_object_map_exclude(object, "calls", 1, &err), &err);
	loaded = load(object, NULL);
	assert_int_equal(fixture_run_program(loaded, "called"), 2);
	assert_null(skep_loaded_map_find(loaded, "calls"));
	skep_loaded_close(loaded);
}
IN_BPFFS(slots__of_what_is_left_out_stay_empty)

/* A file of BTF in which task_struct has its pid where no kernel has it. */
static void write_btf(const char *path)
{
	struct btf *btf = btf__new_empty();
	const void *bytes;
	uint32_t size;
	FILE *f = fopen(path, "we");

	assert_non_null(btf);
	assert_non_null(f);
	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), 1);
	assert_int_equal(btf__add_struct(btf, "task_struct", 2 * PID_AT), 2);
	assert_int_equal(btf__add_field(btf, "pid", 1, PID_AT * 8, 0), 0);
	bytes = btf__raw_data(btf, &size);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
	btf__free(btf);
}

static void btf__of_a_file_takes_the_place_of_the_kernels_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(TYPES);
	char path[] = "/tmp/skep.btf.XXXXXX";
	struct skep_object_load_opts opts = { .sz = sizeof(opts),
					      .flags = SKEP_OBJECT_IGNORE_PINNING,
					      .btf_path = path };
	struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	write_btf(path);
	loaded = load(object, &opts);
	unlink(path);
	assert_int_equal(fixture_run_program(loaded, "place"), PID_AT);
	loaded = skep_loaded_close(loaded);
	assert_true(skep_object_load(object, &opts, &loaded, &err) < 0); /* it is gone */
	assert_null(loaded);
	assert_true(strstr(err.msg, "BTF") != NULL);
}
IN_BPFFS(btf__of_a_file_takes_the_place_of_the_kernels)

/* What libbpf alone makes of a modernised object: all but the types of programs, which sections do not tell it. */
static struct bpf_object *load_by_libbpf(struct skep_object *object)
{
	const void *image;
	struct bpf_object *opened;
	struct bpf_program *p;
	size_t size;

	image = skep_object_image(object, &size);
	assert_non_null(image);
	opened = bpf_object__open_mem(image, size, NULL);
	assert_non_null(opened);
	bpf_object__for_each_program(p, opened)
		assert_int_equal(bpf_program__set_type(p, BPF_PROG_TYPE_SCHED_CLS), 0);
	assert_int_equal(bpf_object__load(opened), 0);
	return opened;
}

static void modernised__does_the_same_by_libbpf_alone_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(LEGACY);
	struct skep_error err = { 0 };
	struct bpf_object *opened;
	uint32_t key = 1;
	uint64_t value = 0;

	assert_done(skep_object_constant_set(object, NULL, "answer", 42, &err), &err);
	assert_int_equal(assert_done(skep_object_modernise(object, &err), &err), 2);
	assert_int_equal(skep_object_modernise(object, &err), 0); /* there is nothing left */
	opened = load_by_libbpf(object);
	assert_int_equal(
		fixture_run(bpf_program__fd(bpf_object__find_program_by_name(opened, "first"))),
		43); /* by the tail call */
	assert_int_equal(bpf_map__lookup_elem(bpf_object__find_map_by_name(opened, "inner"), &key,
					      sizeof(key), &value, sizeof(value), 0),
			 0);
	assert_int_equal(value, 1); /* through the map of maps */
	bpf_object__close(opened);
	{
		_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = load(object, NULL);

		assert_int_equal(fixture_run_program(loaded, "first"), 43);
	}
}
IN_BPFFS(modernised__does_the_same_by_libbpf_alone)

static void modernised__has_what_was_guessed_of_inner_maps_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(EDGES),
							 *again = NULL;
	struct skep_error err = { 0 };
	const void *image;
	size_t size;

	assert_int_equal(skep_object_map_find(object, "nested")->guessed_inner, 1);
	assert_int_equal(assert_done(skep_object_modernise(object, &err), &err), 1);
	image = skep_object_image(object, &size);
	assert_done(skep_object_open_bytes(image, size, NULL, &again, &err), &err);
	assert_int_equal(skep_object_map_find(again, "nested")->guessed_inner, 0);
	assert_int_equal(skep_object_map_find(again, "nested")->spec.inner->value_size, 8);
	skep_loaded_close(load(again, NULL));
}
IN_BPFFS(modernised__has_what_was_guessed_of_inner_maps)

static void edits__that_make_no_map_are_told_in_words_inside(void)
{
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(LEGACY);
	struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };

	assert_int_equal(
		skep_object_map_set(object, "inner", SKEP_OBJECT_MAP_MAX_ENTRIES, 1ull << 33, &err),
		-EINVAL);
	assert_string_equal(err.msg,
			    "map 'inner': max_entries of 8589934592: it is 4294967295 at the most");
	assert_int_equal(skep_object_map_set(object, "inner", 99, 1, &err), -EINVAL);
	assert_string_equal(err.msg, "map 'inner': 99 is no property of maps (SKEP_OBJECT_MAP_*)");
	assert_done(skep_object_map_set(object, "inner", SKEP_OBJECT_MAP_TYPE,
					SKEP_MAP_TYPE_LPM_TRIE, &err),
		    &err);
	assert_true(skep_object_load(object, &opts, &loaded, &err) < 0);
	if (!strstr(err.msg, "create map 'inner' (lpm_trie, keys of 4"))
		fail_msg("%s", err.msg);
}
IN_BPFFS(edits__that_make_no_map_are_told_in_words)

static void kconfig__is_what_the_kernel_was_built_with(void **state)
{
	const struct skep_object_variable *v;
	struct skep_object *object;
	struct skep_loaded *loaded;
	struct utsname host;
	struct skep_error err = { 0 };
	char path[128];
	uint32_t told;

	(void)state;
	uname(&host);
	snprintf(path, sizeof(path), "/boot/config-%s", host.release);
	if (access(path, R_OK) < 0 && access("/proc/config.gz", R_OK) < 0) {
		print_message("# no file tells the kernel's configuration\n");
		skip();
	}
	object = open_object(KCONFIG);
	v = skep_object_variable_find(object, "CONFIG_HZ");
	assert_non_null(v);
	assert_string_equal(v->map, ".kconfig");
	assert_int_equal(skep_object_variable_set(object, "CONFIG_HZ", &told, 4, &err), -EINVAL);
	loaded = load(object, NULL);
	told = fixture_run_program(loaded, "configured");
	assert_int_equal(told / 10000, 1); /* with bpf(2), and without what no kernel has */
	assert_in_range(told % 10000, 100, 1000);
	skep_loaded_close(loaded);
	skep_object_close(object);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps__with_elements_have_their_types),
		cmocka_unit_test(maps__are_converted_into_ones_with_types),
		cmocka_unit_test(slots__of_what_is_left_out_stay_empty),
		cmocka_unit_test(btf__of_a_file_takes_the_place_of_the_kernels),
		cmocka_unit_test(modernised__does_the_same_by_libbpf_alone),
		cmocka_unit_test(modernised__has_what_was_guessed_of_inner_maps),
		cmocka_unit_test(edits__that_make_no_map_are_told_in_words),
		cmocka_unit_test(kconfig__is_what_the_kernel_was_built_with),
	};

	paths = argv + 1;
	return argc != OBJECTS + 1 ? 2 : cmocka_run_group_tests(tests, NULL, NULL);
}
