/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The registry: found by name and path, leaving by identity, and maps that go while others look for them. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <skep/bpffs.h>
#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_cache.h>
#include <skep/map_pin.h>
#include <skep/map_registry.h>

#include "bpf_fixture.h"

static struct skep_bpffs *open_bpffs(void)
{
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = fixture_bpffs() };
	struct skep_bpffs *bpffs = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&opts, &bpffs, &err), &err);
	return bpffs;
}

static struct skep_map *make_map(const char *name)
{
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .name = name,
					    .type = SKEP_MAP_TYPE_ARRAY,
					    .key_size = 4,
					    .value_size = 4,
					    .max_entries = 1 };
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

static struct skep_map_registry *new_registry(const struct skep_bpffs *bpffs)
{
	struct skep_map_registry *r = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_registry_new(bpffs, &r, &err), &err);
	return r;
}

static void add(struct skep_map_registry *r, struct skep_map *map, const char *path)
{
	struct skep_error err = { 0 };

	assert_done(skep_map_registry_add(r, map, path, &err), &err);
}

/* Checks which map is found; NULL: none. */
static void check_found(struct skep_map_registry *r, const char *path, const struct skep_map *want)
{
	struct skep_map *found = skep_map_registry_find(r, path);

	if (found != want)
		fail_msg("'%s': found %p, not %p", path, (void *)found, (const void *)want);
	skep_map_close(found);
}

static void map__is_found_by_name_and_by_path_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map_registry *r = new_registry(bpffs);
	struct skep_map *pinned = make_map("pinned"), *named = make_map("named"),
			*dotted = make_map("app.bss");
	struct skep_error err = { 0 };
	char path[256];

	assert_done(skep_map_pin(pinned, bpffs, "tc/globals/flows", &err), &err);
	add(r, pinned, NULL);
	add(r, named, NULL); /* under the path that it would have */
	add(r, dotted, NULL);
	check_found(r, "flows", pinned);
	check_found(r, "tc/globals/flows", pinned);
	snprintf(path, sizeof(path), "%s/tc/globals/flows", fixture_bpffs());
	check_found(r, path, pinned);
	snprintf(path, sizeof(path), "%s/tc/globals/named", fixture_bpffs());
	check_found(r, path, named);
	check_found(r, "app.bss", dotted);
	check_found(r, "pinned", NULL);
	check_found(r, "flow", NULL);
	check_found(r, "", NULL);
	skep_map_close(pinned);
	skep_map_close(named);
	skep_map_close(dotted);
	skep_map_registry_free(r);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(map__is_found_by_name_and_by_path)

static void map__is_not_kept_by_the_registry(void **state)
{
	struct skep_map_registry *r = new_registry(NULL);
	struct skep_map *map = make_map("brief"), *found;

	(void)state;
	add(r, map, NULL);
	found = skep_map_registry_find(r, "brief");
	assert_ptr_equal(found, map);
	skep_map_close(map);
	check_found(r, "brief", found);
	skep_map_close(found);
	check_found(r, "brief", NULL);
	skep_map_registry_free(r);
	assert_null(skep_map_registry_free(NULL));
}

/* Of a name that was given to a new map: each of both leaves by itself. */
static void unregistering__takes_this_map_and_no_other(void **state)
{
	struct skep_map_registry *r = new_registry(NULL), *other = new_registry(NULL);
	struct skep_map *old = make_map("same"), *new = make_map("same");
	struct skep_error err = { 0 };

	(void)state;
	add(r, old, NULL);
	add(r, new, NULL);
	check_found(r, "same", new);
	assert_int_equal(skep_map_registry_add(other, old, NULL, &err), -EBUSY);
	assert_told(&err, SKEP_ERR_CONFLICT, "in a registry");
	assert_int_equal(skep_map_registry_remove(other, old), 0);
	assert_int_equal(skep_map_registry_remove(r, old), 1);
	assert_int_equal(skep_map_registry_remove(r, old), 0);
	check_found(r, "same", new);
	add(r, old, NULL);
	check_found(r, "same", old);
	skep_map_close(old);
	check_found(r, "same", new);
	skep_map_close(new);
	skep_map_registry_free(r);
	skep_map_registry_free(other);
}

static void registry__may_go_before_its_maps(void **state)
{
	struct skep_map_registry *first = new_registry(NULL), *second = new_registry(NULL);
	struct skep_map *a = make_map("a"), *b = make_map("b");

	(void)state;
	add(first, a, NULL);
	add(first, b, NULL);
	skep_map_registry_free(first);
	add(second, a, NULL);
	check_found(second, "a", a);
	skep_map_close(a);
	skep_map_close(b);
	skep_map_registry_free(second);
}

struct listed {
	char paths[256];
	struct skep_map_registry *registry;
	struct skep_map *closed; /* by the callback, when it sees the first */
	int stop_at;
};

static int note(struct skep_map *map, const char *path, void *userdata)
{
	struct listed *l = userdata;

	assert_true(skep_map_fd(map) >= 0);
	strcat(strcat(l->paths, path), " ");
	l->closed = skep_map_close(l->closed);
	skep_map_registry_remove(l->registry, map);
	return l->stop_at && !--l->stop_at ? 7 : 0;
}

static void list__is_sorted_and_bears_changes(void **state)
{
	static const char *const names[] = { "c", "a", "b" };
	struct skep_map_registry *r = new_registry(NULL);
	struct listed all = { .registry = r }, first = { .registry = r, .stop_at = 1 };
	struct skep_map *maps[3];
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		maps[i] = make_map(names[i]);
		add(r, maps[i], NULL);
	}
	assert_int_equal(skep_map_registry_list(r, note, &first, &err), 7);
	assert_string_equal(first.paths, "a ");
	add(r, maps[1], NULL);
	all.closed = maps[2];
	assert_int_equal(skep_map_registry_list(r, note, &all, &err), 0);
	assert_string_equal(all.paths, "a b c "); /* b stayed for as long as it was visited */
	all.paths[0] = '\0';
	assert_int_equal(skep_map_registry_list(r, note, &all, &err), 0);
	assert_string_equal(all.paths, "");
	skep_map_close(maps[0]);
	skep_map_close(maps[1]);
	skep_map_registry_free(r);
}

static void registering__takes_a_name(void **state)
{
	struct skep_map_registry *r = new_registry(NULL);
	struct skep_map *map = make_map(NULL);
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_map_registry_add(r, map, NULL, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "no name");
	add(r, map, "given");
	check_found(r, "given", map);
	skep_map_close(map);
	skep_map_registry_free(r);
}

struct described {
	struct skep_map *cached, *left_out;
	struct skep_map_cache *cache;
	struct skep_format *number;
	int result; /* of the last one */
};

static int describe(struct skep_map *map, struct skep_map_model_opts *opts,
		    struct skep_map_cache **ret_cache, void *userdata)
{
	const struct described *d = userdata;

	if (map == d->left_out)
		return 1;
	opts->key_format = opts->value_format = d->number;
	if (map == d->cached)
		*ret_cache = skep_map_cache_ref(d->cache);
	return map == d->cached ? 0 : d->result;
}

static void models__are_of_all_maps_with_their_caches(void **state)
{
	const struct skep_map_spec hash = { .sz = sizeof(hash),
					    .name = "cached",
					    .type = SKEP_MAP_TYPE_HASH,
					    .key_size = 4,
					    .value_size = 4,
					    .max_entries = 1 };
	struct skep_map_registry *r = new_registry(NULL);
	struct described d = { .left_out = make_map("left_out") };
	struct skep_map *plain = make_map("plain");
	struct skep_error err = { 0 };
	struct skep_json j;
	uint32_t key = 1;
	char text[512];

	(void)state;
	assert_done(skep_map_create(&hash, &d.cached, &err), &err);
	assert_done(skep_map_cache_open(d.cached, NULL, &d.cache, &err), &err);
	assert_done(skep_format_new_words("u32", &d.number, &err), &err);
	assert_int_equal(SKEP_MAP_CACHE_UPDATE(d.cache, &key, &key), 0);
	key = 2;
	assert_true(SKEP_MAP_CACHE_UPDATE(d.cache, &key, &key) < 0);
	add(r, d.left_out, NULL);
	add(r, plain, NULL);
	add(r, d.cached, NULL);
	skep_json_init(&j, text, sizeof(text));
	assert_done(skep_map_registry_models(r, 0, describe, &d, &j, NULL, &err), &err);
	assert_true(skep_json_finish(&j) > 0);
	assert_string_equal(text,
			    "[{\"path\":\"cached\",\"cache\":["
			    "{\"key\":\"1\",\"value\":\"1\",\"desired-action\":\"sync\"},"
			    "{\"key\":\"2\",\"value\":\"2\",\"desired-action\":\"to-be-inserted\","
			    "\"last-error\":\"no room: the map or the argument list is full\"}]},"
			    "{\"path\":\"plain\",\"cache\":[{\"key\":\"0\",\"value\":\"0\"}]}]");
	d.result = -EIO;
	skep_json_init(&j, text, sizeof(text));
	assert_int_equal(skep_map_registry_models(r, 0, describe, &d, &j, NULL, &err), -EIO);
	assert_true(skep_json_finish(&j) > 0);
	skep_format_free(d.number);
	skep_map_cache_close(d.cache);
	skep_map_close(d.cached);
	skep_map_close(d.left_out);
	skep_map_close(plain);
	skep_map_registry_free(r);
}

#define ROUNDS 3000

struct race {
	struct skep_map_registry *registry;
	atomic_int ended;
	size_t found;
};

static void *look(void *userdata)
{
	struct race *race = userdata;

	while (!atomic_load(&race->ended)) {
		struct skep_map *map = skep_map_registry_find(race->registry, "raced");
		uint32_t key = 0, value;

		if (!map)
			continue;
		race->found++;
		/* the fd is that of this map for as long as the reference is held */
		if (SKEP_MAP_LOOKUP(map, &key, &value) != 0)
			race->found = SIZE_MAX / 2;
		skep_map_close(map);
	}
	return NULL;
}

static void maps__may_go_while_others_look_for_them(void **state)
{
	struct race race = { .registry = new_registry(NULL) };
	pthread_t thread;
	int i;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, look, &race), 0);
	for (i = 0; i < ROUNDS; i++) {
		struct skep_map *map = make_map("raced");

		add(race.registry, map, NULL);
		skep_map_close(map);
	}
	atomic_store(&race.ended, 1);
	pthread_join(thread, NULL);
	assert_true(race.found < SIZE_MAX / 2);
	check_found(race.registry, "raced", NULL);
	skep_map_registry_free(race.registry);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map__is_found_by_name_and_by_path),
		cmocka_unit_test(map__is_not_kept_by_the_registry),
		cmocka_unit_test(unregistering__takes_this_map_and_no_other),
		cmocka_unit_test(registry__may_go_before_its_maps),
		cmocka_unit_test(list__is_sorted_and_bears_changes),
		cmocka_unit_test(registering__takes_a_name),
		cmocka_unit_test(models__are_of_all_maps_with_their_caches),
		cmocka_unit_test(maps__may_go_while_others_look_for_them),
	};

	return cmocka_run_group_tests_name("map_registry", tests, NULL, NULL);
}
