/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Formats of maps; a map as JSON, and a map from that JSON. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_dump.h>
#include <skep/map_export.h>
#include <skep/map_format.h>

#include "bpf_fixture.h"

#define TEXT_SIZE 65536

static struct skep_map *make(uint64_t type, uint64_t key_size, uint64_t value_size,
			     uint64_t max_entries)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "exported",
		.type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
		.flags = type == SKEP_MAP_TYPE_LPM_TRIE ? SKEP_MAP_FLAG_NO_PREALLOC : 0,
	};
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_create(&spec, &map, &err), &err);
	return map;
}

static struct skep_map_formats *formats_of(const struct skep_map *map, uint64_t flags)
{
	const struct skep_map_formats_opts opts = { .sz = sizeof(opts), .flags = flags };
	struct skep_map_formats *f = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_map_formats_new(map, &opts, &f, &err), &err);
	return f;
}

static void formats__guess_what_a_literal_looks_like(void **state)
{
	static const struct {
		size_t size;
		const char *text;
		const char *hex; /* in the order of memory, of a little-endian machine */
	} rows[] = {
		{ 4, "7", "hex:07000000" },
		{ 4, "-1", "hex:ffffffff" },
		{ 4, "0x10", "hex:10000000" },
		{ 4, "10.0.0.1", "hex:0a000001" },
		{ 4, "hex:0a000001", "hex:0a000001" },
		{ 4, "0a 00 00 01", "hex:0a000001" },
		{ 4, "\"ab\"", "hex:61620000" },
		{ 4, "\"hex:0a000001\"", "hex:0a000001" },
		{ 1, "10", "hex:0a" },
		{ 2, "256", "hex:0001" },
		{ 8, "18446744073709551615", "hex:ffffffffffffffff" },
		{ 8, "10.0.0.0/8", "hex:080000000a000000" },
		{ 6, "aa:bb:cc:dd:ee:ff", "hex:aabbccddeeff" },
		{ 16, "fd00::1", "hex:fd000000000000000000000000000001" },
		{ 3, "0a0b0c", "hex:0a0b0c" },
	};
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct skep_map *map = make(SKEP_MAP_TYPE_HASH, rows[i].size, 4, 4);
		struct skep_map_formats *f = formats_of(map, 0);
		unsigned char key[16];
		char text[64];

		assert_int_equal(skep_map_formats_key_source(f), SKEP_MAP_FORMAT_BYTES);
		assert_done(skep_map_formats_parse_key(f, rows[i].text, key, &err), &err);
		assert_true(skep_format_text(skep_map_formats_key(f), key, rows[i].size, text,
					     sizeof(text)) > 0);
		if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
			assert_string_equal(text, rows[i].hex);
		skep_map_formats_free(f);
		skep_map_close(map);
	}
}

static void formats__refuse_with_the_column(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "256.0.0.1", "column 1: '256.0.0.1' is no number" },
		{ "hex:0a0000", "column 1: 3 bytes where it takes 4" },
		{ "4294967296", "column 1: " },
		{ "\"abcde\"", "column 1: 5 bytes do not fit" },
		{ "zz", "column 1: 'zz' is no number, address or \"text\" of 4 bytes" },
		{ "  4294967296", "column 3: " },
		{ "", "column 1: " },
	};
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 4, 4, 4);
	struct skep_map_formats *f = formats_of(map, 0);
	uint32_t key = 42;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct skep_error err = { 0 };

		assert_int_equal(skep_map_formats_parse_key(f, rows[i].text, &key, &err), -EINVAL);
		assert_told(&err, SKEP_ERR_INVALID, rows[i].said);
		assert_ptr_equal(strstr(err.msg, "column"), err.msg);
		assert_int_equal(key, 42);
	}
	skep_map_formats_free(f);
	skep_map_close(map);
}

static void formats__follow_the_type_and_the_words(void **state)
{
	struct skep_map *trie = make(SKEP_MAP_TYPE_LPM_TRIE, 8, 4, 4);
	struct skep_map *percpu = make(SKEP_MAP_TYPE_PERCPU_ARRAY, 4, 4, 4);
	struct skep_map *queue = make(SKEP_MAP_TYPE_QUEUE, 0, 4, 4);
	struct skep_map_formats *f = formats_of(trie, 0);
	struct skep_map_formats_opts opts = { .sz = sizeof(opts),
					      .key = "ipv4",
					      .value = "be16 u16" };
	struct skep_error err = { 0 };
	uint32_t *values, cpu;

	(void)state;
	assert_int_equal(skep_map_formats_key_source(f), SKEP_MAP_FORMAT_TYPE);
	assert_int_equal(skep_map_formats_btf(f), 0);
	f = skep_map_formats_free(f);
	f = formats_of(trie, SKEP_MAP_FORMATS_BYTES);
	assert_int_equal(skep_map_formats_key_source(f), SKEP_MAP_FORMAT_BYTES);
	f = skep_map_formats_free(f);
	assert_int_equal(skep_map_formats_new(trie, &opts, &f, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "'ipv4' has 4 bytes, a key of this map 8");
	opts.key = "prefix4";
	assert_done(skep_map_formats_new(trie, &opts, &f, &err), &err);
	assert_int_equal(skep_map_formats_value_source(f), SKEP_MAP_FORMAT_WORDS);
	f = skep_map_formats_free(f);

	f = formats_of(percpu, 0);
	assert_int_equal(skep_format_size(skep_map_formats_value(f)), skep_map_value_bytes(percpu));
	values = calloc(1, skep_map_value_bytes(percpu));
	assert_non_null(values);
	assert_done(skep_map_formats_parse_value(f, "7", values, &err), &err);
	for (cpu = 0; cpu < skep_map_value_bytes(percpu) / 8; cpu++)
		assert_int_equal(values[2 * cpu], 7);
	free(values);
	f = skep_map_formats_free(f);

	f = formats_of(queue, 0);
	assert_null(skep_map_formats_key(f));
	assert_int_equal(skep_map_formats_key_source(f), SKEP_MAP_FORMAT_NONE);
	assert_int_equal(skep_map_formats_parse_key(f, "1", &cpu, &err), -EOPNOTSUPP);
	opts = (struct skep_map_formats_opts){ .sz = sizeof(opts), .key = "u32" };
	f = skep_map_formats_free(f);
	assert_int_equal(skep_map_formats_new(queue, &opts, &f, &err), -EINVAL);
	skep_map_close(trie);
	skep_map_close(percpu);
	skep_map_close(queue);
}

static void export_to(struct skep_map *map, char *text)
{
	struct skep_map_formats *f = formats_of(map, SKEP_MAP_FORMATS_BYTES);
	struct skep_error err = { 0 };
	struct skep_json j;

	skep_json_init(&j, text, TEXT_SIZE);
	skep_json_object(&j, NULL);
	skep_json_u64(&j, "version", 1);
	skep_map_json(map, &j, "map");
	assert_done(skep_map_entries_json(map, f, &j, "entries", NULL, &err), &err);
	skep_json_object_end(&j);
	assert_true(skep_json_finish(&j) > 0);
	skep_map_formats_free(f);
}

static void roundtrip(uint64_t type, uint64_t key_size)
{
	struct skep_map *map = make(type, key_size, 8, 40), *copy = NULL;
	char *text = malloc(TEXT_SIZE), *again = malloc(TEXT_SIZE), *at, *other;
	struct skep_map_import *import = NULL;
	struct skep_map_bulk_result result;
	struct skep_map_formats *f;
	struct skep_error err = { 0 };
	unsigned char key[20] = { 0 };
	uint64_t *value = calloc(1, skep_map_value_bytes(map));
	uint32_t i;

	for (i = 0; i < 40; i++) {
		memcpy(key, &i, sizeof(i));
		if (type == SKEP_MAP_TYPE_LPM_TRIE)
			memcpy(key, (uint32_t[]){ 32, i }, 8);
		value[0] = ~(uint64_t)i;
		assert_int_equal(skep_map_update(map, key, value, 0), 0);
	}
	export_to(map, text);
	assert_done(skep_map_import_new(text, strlen(text), &import, &err), &err);
	assert_int_equal(skep_map_import_count(import), 40);
	assert_string_equal(skep_map_import_spec(import)->name, "exported");
	assert_done(skep_map_create(skep_map_import_spec(import), &copy, &err), &err);
	f = formats_of(copy, 0);
	assert_done(skep_map_import_fill(import, copy, f, SKEP_UPDATE_FLAG_ANY, &result, &err),
		    &err);
	assert_int_equal(result.done, 40);
	export_to(copy, again);
	at = strstr(text, "\"entries\"");
	other = strstr(again, "\"entries\"");
	assert_non_null(at);
	assert_non_null(other);
	assert_int_equal(strlen(at), strlen(other)); /* hashes have seeds: the order may differ */
	if (skep_map_type_is_indexed((uint32_t)type))
		assert_string_equal(at, other);
	for (i = 0; i < 40; i++) {
		memcpy(key, &i, sizeof(i));
		if (type == SKEP_MAP_TYPE_LPM_TRIE)
			memcpy(key, (uint32_t[]){ 32, i }, 8);
		assert_int_equal(skep_map_lookup(copy, key, value, 0), 0);
		assert_int_equal(value[0], ~(uint64_t)i);
	}
	skep_map_formats_free(f);
	skep_map_import_free(import);
	skep_map_close(copy);
	skep_map_close(map);
	free(value);
	free(text);
	free(again);
}

static void import__makes_the_same_map_again(void **state)
{
	(void)state;
	roundtrip(SKEP_MAP_TYPE_HASH, 4);
	roundtrip(SKEP_MAP_TYPE_HASH, 20);
	roundtrip(SKEP_MAP_TYPE_ARRAY, 4);
	roundtrip(SKEP_MAP_TYPE_PERCPU_HASH, 4);
	roundtrip(SKEP_MAP_TYPE_LPM_TRIE, 8);
}

static void import__says_what_is_wrong_in_a_document(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "", "column 1: " },
		{ "[]", "a map is exported as an object" },
		{ "{}", "there is no \"map\"" },
		{ "{\"map\":{\"type\":\"hash\"}}", "there is no \"entries\"" },
		{ "{\"map\":{\"type\":\"hush\"},\"entries\":[]}", "this is no type of maps" },
		{ "{\"map\":{\"type\":\"hash\",\"key_size\":-4},\"entries\":[]}",
		  "no whole number" },
		{ "{\"map\":{\"type\":\"hash\"},\"entries\":[1]}", "an entry is an object" },
		{ "{\"map\":{\"type\":\"hash\"},\"entries\":[{\"key\":1}]}", "an entry has" },
		{ "{\"map\":{\"type\":\"hash\"},\"entries\":{}}", "is an array" },
		{ "{\"map\":[],\"entries\":[]}", "is an object" },
		{ "{\"version\":2,\"map\":{\"type\":\"hash\"},\"entries\":[]}", "it is not 1" },
		{ "{\"map\":{\"type\":\"hash\"},\"entries\":[],\"complete\":false}",
		  "not complete" },
		{ "{\"map\":{\"type\":\"hash\"},\"entries\":[]", "column " },
		{ "{\"map\":{\"type\":\"hash\"},\"entries\":[]} x", "column " },
	};
	struct skep_map_import *import = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct skep_error err = { 0 };

		assert_int_equal(
			skep_map_import_new(rows[i].text, strlen(rows[i].text), &import, &err),
			-EINVAL);
		assert_told(&err, SKEP_ERR_INVALID, rows[i].said);
	}
	assert_null(import);
}

static int fill(struct skep_map *map, const char *text, struct skep_map_bulk_result *result,
		struct skep_error *err)
{
	struct skep_map_formats *f = formats_of(map, 0);
	struct skep_map_import *import = NULL;
	int r;

	assert_done(skep_map_import_new(text, strlen(text), &import, err), err);
	r = skep_map_import_fill(import, map, f, 0, result, err);
	skep_map_import_free(import);
	skep_map_formats_free(f);
	return r;
}

#define HASH_4_8 "{\"map\":{\"type\":\"hash\",\"key_size\":4,\"value_size\":8},\"entries\":["

static void import__changes_nothing_before_all_is_read(void **state)
{
	struct skep_map *map = make(SKEP_MAP_TYPE_HASH, 4, 8, 2);
	struct skep_map *other = make(SKEP_MAP_TYPE_HASH, 4, 4, 2);
	struct skep_map_bulk_result result;
	struct skep_error err = { 0 };
	uint64_t count = 9;

	(void)state;
	assert_int_equal(fill(map, HASH_4_8 "{\"key\":1,\"value\":1},{\"key\":2,\"value\":[1]}]}",
			      &result, &err),
			 -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "entry 2, value: column 1: ");
	assert_int_equal(fill(map, HASH_4_8 "{\"key\":1,\"value\":1},{\"key\":{},\"value\":1}]}",
			      &result, &err),
			 -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "entry 2, key: ");
	assert_int_equal(fill(map,
			      HASH_4_8 "{\"key\":1,\"value\":1},{\"key\":2,\"value\":1},"
				       "{\"key\":3,\"value\":1}]}",
			      &result, &err),
			 -ENOSPC);
	assert_int_equal(result.done, 0);
	assert_done(skep_map_count(map, &count, &err), &err);
	assert_int_equal(count, 0);
	assert_int_equal(fill(other, HASH_4_8 "]}", &result, &err), -EMEDIUMTYPE);
	assert_told(&err, SKEP_ERR_CONFLICT, "values of 4 bytes");
	assert_int_equal(fill(map,
			      HASH_4_8 "{\"value\":1,\"more\":[{}],\"key\":\"hex:01000000\"}]}",
			      &result, &err),
			 0);
	assert_int_equal(result.done, 1);
	skep_map_close(map);
	skep_map_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats__guess_what_a_literal_looks_like),
		cmocka_unit_test(formats__refuse_with_the_column),
		cmocka_unit_test(formats__follow_the_type_and_the_words),
		cmocka_unit_test(import__makes_the_same_map_again),
		cmocka_unit_test(import__says_what_is_wrong_in_a_document),
		cmocka_unit_test(import__changes_nothing_before_all_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
