/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The corpus of tests/objects: each object is opened, set right, loaded and run, and does what its modern twin does. And
 * the yardstick: how many of them plain libbpf loads.
 *
 * Arguments: the twin, then the others.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>

#include "base/cleanup.h"
#include "check.h"
#include "object_fixture.h"

static char **paths;
static int path_count;

/* What a run of entry has done. */
struct outcome {
	uint32_t returned;
	uint64_t counted;
};

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Loads and runs, an object that is closed. Return: 0 and what it did; a negative errno. */
static int by_skep_opened(struct skep_object *object, struct outcome *ret_outcome,
			  struct skep_error *err)
{
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	const struct skep_loaded_program *p;
	const struct skep_loaded_map *m;
	uint32_t key = 0;
	int r = skep_object_load(object, &opts, &loaded, err);

	skep_object_close(object);
	if (r < 0)
		return r;
	p = skep_loaded_program_find(loaded, "entry");
	m = skep_loaded_map_find(loaded, "counts");
	if (!p || !m)
		return -ENOENT;
	ret_outcome->returned = fixture_run(p->fd);
	return skep_map_lookup(m->map, &key, &ret_outcome->counted, 0);
}

static int by_skep(const char *path, struct outcome *ret_outcome, struct skep_error *err)
{
	struct skep_object *object = NULL;
	int r = skep_object_open_file(path, NULL, &object, err);

	return r < 0 ? r : by_skep_opened(object, ret_outcome, err);
}

/* The same of an open object of libbpf, which is closed. Nothing is pinned. */
static int by_libbpf_opened(struct bpf_object *object, struct outcome *ret_outcome)
{
	const uint32_t key = 0;
	struct bpf_program *p;
	struct bpf_map *m;
	int r = 0;

	bpf_object__for_each_map(m, object) r = r < 0 ? r : bpf_map__set_pin_path(m, NULL);
	bpf_object__for_each_program(p, object) /* sections do not tell it all */
		r = r < 0 ? r : bpf_program__set_type(p, BPF_PROG_TYPE_SCHED_CLS);
	r = r < 0 ? r : bpf_object__load(object);
	if (r == 0) {
		p = bpf_object__find_program_by_name(object, "entry");
		m = bpf_object__find_map_by_name(object, "counts");
		ret_outcome->returned = p ? fixture_run(bpf_program__fd(p)) : 0;
		r = m ? bpf_map__lookup_elem(m, &key, sizeof(key), &ret_outcome->counted,
					     sizeof(ret_outcome->counted), 0)
		      : -ENOENT;
	}
	bpf_object__close(object);
	return r;
}

/* Whether plain libbpf has entry in the kernel. */
static int by_libbpf(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *p;
	int r;

	if (!object)
		return 0;
	r = bpf_object__load(object);
	p = r < 0 ? NULL : bpf_object__find_program_by_name(object, "entry");
	r = p && bpf_program__fd(p) >= 0;
	bpf_object__close(object);
	return r;
}

static void corpus__does_what_its_modern_twin_does(void **state)
{
	struct outcome twin = { 0 }, other;
	struct skep_error err = { 0 };
	int i, r;

	(void)state;
	r = by_skep(paths[0], &twin, &err);
	check_int(r, 0, "%s: %s", name_of(paths[0]), err.msg);
	check_int(twin.returned, 7, "the twin");
	check_u64(twin.counted, 1, "the twin");
	for (i = 1; i < path_count; i++) {
		other = (struct outcome){ 0 };
		err.msg[0] = '\0';
		r = by_skep(paths[i], &other, &err);
		check_int(r, 0, "%s: %s", name_of(paths[i]), err.msg);
		check_int(other.returned, twin.returned, "%s returned", name_of(paths[i]));
		check_u64(other.counted, twin.counted, "%s counted", name_of(paths[i]));
	}
}

/* Return: what it is as plain libbpf has it, owned by the caller; NULL: it has no such form. */
static unsigned char *modernised(const char *what, const void *bytes, size_t size, size_t *ret_size)
{
	_cleanup_(skep_object_closep) struct skep_object *object = NULL;
	struct skep_error err = { 0 };
	unsigned char *copy;
	const void *image;
	int r = bytes ? skep_object_open_bytes(bytes, size, NULL, &object, &err)
		      : skep_object_open_file(what, NULL, &object, &err);

	check_int(r, 0, "%s%s: %s", name_of(what), bytes ? " again" : "", err.msg);
	r = skep_object_modernise(object, &err);
	if (r == -EOPNOTSUPP && !bytes)
		return NULL;
	check_int(r >= 0, 1, "%s: %s", name_of(what), err.msg);
	image = skep_object_image(object, ret_size);
	copy = image ? malloc(*ret_size) : NULL;
	assert_non_null(copy);
	return memcpy(copy, image, *ret_size);
}

static void corpus__is_modernised_once(void **state)
{
	int i, done = 0;

	(void)state;
	for (i = 0; i < path_count; i++) {
		_cleanup_free_ unsigned char *first = NULL, *second = NULL;
		size_t first_size = 0, second_size = 0;

		first = modernised(paths[i], NULL, 0, &first_size);
		if (!first)
			continue;
		second = modernised(paths[i], first, first_size, &second_size);
		check_u64(second_size, first_size, "%s", name_of(paths[i]));
		check_int(memcmp(first, second, first_size), 0, "%s", name_of(paths[i]));
		done++;
	}
	check_int(done > path_count / 2, 1, "%d of %d", done, path_count);
}

static void check_modernised(const char *name, const void *bytes, size_t size)
{
	struct bpf_object *plain = bpf_object__open_mem(bytes, size, NULL);
	struct outcome by_plain = { 0 }, by_ours = { 0 };
	struct skep_object *object = NULL;
	struct skep_error err = { 0 };
	int r = plain ? by_libbpf_opened(plain, &by_plain) : -errno;

	check_int(r, 0, "%s by libbpf", name);
	check_int(by_plain.returned, 7, "%s by libbpf", name);
	check_u64(by_plain.counted, 1, "%s by libbpf", name);
	r = skep_object_open_bytes(bytes, size, NULL, &object, &err);
	r = r < 0 ? r : by_skep_opened(object, &by_ours, &err);
	check_int(r, 0, "%s by skep: %s", name, err.msg);
	check_int(by_ours.returned, 7, "%s by skep", name);
	check_u64(by_ours.counted, 1, "%s by skep", name);
}

static void corpus__modernised_does_the_same_by_libbpf_alone_and_by_skep(void **state)
{
	int i, done = 0;

	(void)state;
	for (i = 0; i < path_count; i++) {
		_cleanup_free_ unsigned char *bytes = NULL;
		size_t size = 0;

		bytes = modernised(paths[i], NULL, 0, &size);
		if (!bytes)
			continue;
		check_modernised(name_of(paths[i]), bytes, size);
		done++;
	}
	check_int(done > path_count / 2, 1, "%d of %d", done, path_count);
}

static void yardstick__libbpf_alone_loads_fewer(void **state)
{
	int i, count = 0;

	(void)state;
	for (i = 0; i < path_count; i++)
		count += by_libbpf(paths[i]);
	print_message("# of %d objects plain libbpf %u.%u loads %d, skep %d\n", path_count,
		      libbpf_major_version(), libbpf_minor_version(), count, path_count);
	check_int(count < path_count, 1, "libbpf loads %d of %d: the corpus proves nothing", count,
		  path_count);
	check_int(count > 0, 1, "libbpf loads none: it is not the objects");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus__does_what_its_modern_twin_does),
		cmocka_unit_test(corpus__is_modernised_once),
		cmocka_unit_test(corpus__modernised_does_the_same_by_libbpf_alone_and_by_skep),
		cmocka_unit_test(yardstick__libbpf_alone_loads_fewer),
	};

	paths = argv + 1;
	path_count = argc - 1;
	libbpf_set_print(NULL);
	return path_count < 2 ? 2 : cmocka_run_group_tests_name("object_corpus", tests, NULL, NULL);
}
