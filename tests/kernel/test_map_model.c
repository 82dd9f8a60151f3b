/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Models: a map and its elements as JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_cache.h>
#include <skep/map_model.h>

#include "bpf_fixture.h"

static char text[65536];

static struct skep_map *make(uint64_t type)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "model",
		.type = type,
		.key_size = type == SKEP_MAP_TYPE_QUEUE ? 0 : 4,
		.value_size = 4,
		.max_entries = 3,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

static const char *model_of(struct skep_map *map, struct skep_map_cache *cache,
			    const struct skep_map_model_opts *opts)
{
	struct skep_error err = { 0 };
	struct skep_json j;

	skep_json_init(&j, text, sizeof(text));
	assert_done(skep_map_model_write(map, cache, opts, &j, NULL, &err), &err);
	assert_true(skep_json_finish(&j) > 0);
	return text;
}

static void set(struct skep_map *map, uint32_t key, uint32_t value)
{
	const uint32_t big = __builtin_bswap32(key); /* so that bytes and numbers have one order */

	assert_int_equal(SKEP_MAP_UPDATE(map, &big, &value, 0), 0);
}

static void model__of_a_map_lists_what_it_holds_by_key(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH);
	struct skep_map_model_opts opts = { .sz = sizeof(opts) };
	struct skep_format *key = NULL, *value = NULL;

	(void)state;
	assert_string_equal(model_of(map, NULL, NULL), "{\"cache\":[]}");
	set(map, 3, 30);
	set(map, 1, 10);
	set(map, 2, 20);
	assert_string_equal(model_of(map, NULL, NULL),
			    "{\"cache\":[{\"key\":\"hex:00000001\",\"value\":\"hex:0a000000\"},"
			    "{\"key\":\"hex:00000002\",\"value\":\"hex:14000000\"},"
			    "{\"key\":\"hex:00000003\",\"value\":\"hex:1e000000\"}]}");
	assert_int_equal(skep_format_new_words("be32", &key, NULL), 0);
	assert_int_equal(skep_format_new_words("u32", &value, NULL), 0);
	opts.key_format = key;
	opts.value_format = value;
	opts.path = "tc/globals/model";
	opts.max_listed = 2;
	opts.flags = SKEP_MAP_MODEL_FACTS;
	assert_string_equal(
		model_of(map, NULL, &opts),
		"{\"path\":\"tc/globals/model\",\"name\":\"model\",\"type\":\"hash\","
		"\"max-entries\":3,\"entries\":3,\"cache\":["
		"{\"key\":\"0.0.0.1\",\"value\":\"10\"},{\"key\":\"0.0.0.2\",\"value\":\"20\"}],"
		"\"truncated\":true}");
	skep_format_free(key);
	skep_format_free(value);
	skep_map_close(map);
}

static void model__of_a_cache_lists_what_is_wanted(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH);
	struct skep_map_cache *cache = NULL;
	struct skep_error err = { 0 };
	uint32_t key;

	(void)state;
	set(map, 100, 1); /* not through the cache */
	assert_done(skep_map_cache_open(map, NULL, &cache, &err), &err);
	for (key = 3; key > 0; key--) {
		uint32_t value = key * 16;

		SKEP_MAP_CACHE_UPDATE(cache, &key, &value);
	}
	assert_string_equal(
		model_of(map, cache, NULL),
		"{\"cache\":[{\"key\":\"hex:01000000\",\"value\":\"hex:10000000\","
		"\"desired-action\":\"to-be-inserted\",\"last-error\":\"no room: the map or the "
		"argument list is full\"},"
		"{\"key\":\"hex:02000000\",\"value\":\"hex:20000000\",\"desired-action\":\"sync\"},"
		"{\"key\":\"hex:03000000\",\"value\":\"hex:30000000\",\"desired-action\":\"sync\"}"
		"]}");
	skep_map_cache_close(cache);
	skep_map_close(map);
}

static void model__of_a_cache_of_keys_lists_the_map(void **state)
{
	const struct skep_map_cache_opts opts = { .sz = sizeof(opts),
						  .flags = SKEP_MAP_CACHE_KEYS_ONLY };
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH);
	struct skep_map_cache *cache = NULL;
	struct skep_error err = { 0 };

	(void)state;
	set(map, 1, 1);
	assert_done(skep_map_cache_open(map, &opts, &cache, &err), &err);
	assert_string_equal(model_of(map, cache, NULL),
			    "{\"cache\":[{\"key\":\"hex:00000001\",\"value\":\"hex:01000000\"}]}");
	skep_map_cache_close(cache);
	skep_map_close(map);
}

/* An empty list of a map that cannot be read is not to be taken for an empty map. */
static void model__says_when_and_why_it_is_not_whole(void **state)
{
	struct skep_map *queue = make(SKEP_MAP_TYPE_QUEUE), *map = make(SKEP_MAP_TYPE_HASH);
	struct skep_map_model_opts opts = { .sz = sizeof(opts) };
	struct skep_error err = { 0 };
	struct skep_json j;

	(void)state;
	model_of(queue, NULL, NULL);
	assert_non_null(strstr(text, "\"cache\":[],\"truncated\":true,\"error\":\""));
	assert_non_null(strstr(text, "queue"));

	set(map, 1, 1);
	assert_int_equal(
		skep_format_new_words("u64", (struct skep_format **)&opts.key_format, NULL),
		0); /* of another size */
	model_of(map, NULL, &opts);
	assert_non_null(strstr(text, "\"truncated\":true,\"error\":\"write an element"));
	skep_format_free((struct skep_format *)opts.key_format);

	opts = (struct skep_map_model_opts){ .sz = sizeof(opts), .flags = 1u << 7 };
	skep_json_init(&j, text, sizeof(text));
	assert_int_equal(skep_map_model_write(map, NULL, &opts, &j, NULL, &err), -EINVAL);
	skep_map_close(queue);
	skep_map_close(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(model__of_a_map_lists_what_it_holds_by_key),
		cmocka_unit_test(model__of_a_cache_lists_what_is_wanted),
		cmocka_unit_test(model__of_a_cache_of_keys_lists_the_map),
		cmocka_unit_test(model__says_when_and_why_it_is_not_whole),
	};

	return cmocka_run_group_tests_name("map_model", tests, NULL, NULL);
}
