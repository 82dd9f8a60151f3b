/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Formats of the live kernel: every type that it has, and the values of a per-CPU map. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "bpf_fixture.h"
#include "sys/cpu.h"

#define TEXT_BYTES (8u << 20)
#define VALUE_BYTES 16384u

/* Random bytes, as JSON and as text, are read as the same. */
static void check_type(const struct skep_format *f, const char *name, char *buf)
{
	static uint8_t bytes[VALUE_BYTES], first[VALUE_BYTES], second[VALUE_BYTES];
	size_t size = skep_format_size(f), i;
	struct skep_error err = { 0 };
	struct skep_json j;

	for (i = 0; i < size; i++)
		bytes[i] = (uint8_t)rand();
	skep_json_init(&j, buf, TEXT_BYTES);
	assert_int_equal(skep_format_json(f, bytes, size, &j, NULL), 0);
	assert_true(skep_json_finish(&j) > 0);
	if (skep_format_parse(f, buf, first, size, &err) < 0)
		fail_msg("struct %s: %s", name, err.msg);
	assert_true(skep_format_text(f, bytes, size, buf, TEXT_BYTES) < (int)TEXT_BYTES);
	if (skep_format_parse(f, buf, second, size, &err) < 0)
		fail_msg("struct %s: %s", name, err.msg);
	if (memcmp(first, second, size) != 0)
		fail_msg("struct %s: its text and its JSON differ", name);
	for (i = 0; i < size; i++)
		if (first[i] & ~bytes[i])
			fail_msg("struct %s: byte %zu has bits that it had not", name, i);
}

static void every_type__of_the_kernel_is_written_and_read(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	struct skep_error err = { 0 };
	char *buf = malloc(TEXT_BYTES);
	uint32_t id, count = 0;

	(void)state;
	assert_non_null(buf);
	assert_done(skep_btf_open_kernel(&btf, &err), &err);
	for (id = 1; id < skep_btf_type_count(btf); id++) {
		_cleanup_(skep_format_freep) struct skep_format *f = NULL;
		struct skep_btf_type t;

		assert_int_equal(skep_btf_type_at(btf, id, &t), 0);
		if (t.kind != SKEP_BTF_KIND_STRUCT && t.kind != SKEP_BTF_KIND_UNION)
			continue;
		if (skep_format_new_btf(btf, id, &f, &err) < 0)
			fail_msg("struct %s: %s", t.name, err.msg);
		assert_int_equal(skep_format_size(f), t.size);
		if (t.size <= VALUE_BYTES)
			check_type(f, t.name, buf);
		count++;
	}
	free(buf);
	assert_true(count > 1000);
}

static void percpu_values__are_those_that_the_kernel_copies(void **state)
{
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_PERCPU_ARRAY,
		.key_size = 4,
		.value_size = 12,
		.max_entries = 1,
		.map_name = "format_percpu",
	};
	_cleanup_(skep_format_freep) struct skep_format *value = NULL, *f = NULL;
	int cpus = sys_possible_cpus(), fd;
	struct skep_error err = { 0 };
	uint8_t *bytes, *got;
	uint32_t key = 0;
	char text[128];

	(void)state;
	assert_done(skep_format_new_words("packets=u64 drops=u32", &value, &err), &err);
	assert_done(skep_format_new_percpu(value, (uint32_t)cpus, &f, &err), &err);
	assert_int_equal(skep_format_size(f), 16 * cpus);
	bytes = malloc(skep_format_size(f));
	got = malloc(skep_format_size(f));
	assert_true(bytes && got);
	fd = assert_done(skep_sys_map_create(&attr, sizeof(attr), &err), &err);
	assert_done(skep_format_parse(f, "[{ cpu=0 value={ packets=5 drops=1 } }]", bytes,
				      skep_format_size(f), &err),
		    &err);
	assert_int_equal(skep_sys_map_update(fd, &key, bytes, 0), 0);
	assert_int_equal(skep_sys_map_lookup(fd, &key, got, 0), 0);
	skep_sys_close(&fd);
	assert_true(skep_format_text(f, got, skep_format_size(f), text, sizeof(text)) > 0);
	assert_memory_equal(text, "[{ .cpu = 0, .value = { .packets = 5, .drops = 1 } }", 52);
	free(bytes);
	free(got);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type__of_the_kernel_is_written_and_read),
		cmocka_unit_test(percpu_values__are_those_that_the_kernel_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
