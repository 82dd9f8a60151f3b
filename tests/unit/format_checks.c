/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "format_checks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json.h>

#define TEXT_BYTES (1u << 20)

/* The JSON of a value; to be freed. */
static char *json_of(const struct skep_format *f, const void *bytes, size_t size)
{
	char *buf = malloc(TEXT_BYTES);
	struct skep_json j;

	assert_non_null(buf);
	skep_json_init(&j, buf, TEXT_BYTES);
	check_int(skep_format_json(f, bytes, size, &j, NULL), 0, "JSON of %zu bytes", size);
	check_int(skep_json_finish(&j) > 0, 1, "JSON fits");
	return buf;
}

/* The text of a value; to be freed. */
static char *text_of(const struct skep_format *f, const void *bytes, size_t size)
{
	int len = skep_format_text(f, bytes, size, NULL, 0);
	char *buf = len < 0 ? NULL : malloc((size_t)len + 1);

	assert_non_null(buf);
	check_int(skep_format_text(f, bytes, size, buf, (size_t)len + 1), len, "length");
	check_u64(strlen(buf), (uint64_t)len, "%s", buf);
	return buf;
}

void check_read(const struct skep_format *f, const char *literal, const void *bytes, size_t size)
{
	struct skep_error err = { .msg = "" };
	_cleanup_free_ uint8_t *got = malloc(size + 1);

	assert_non_null(got);
	memset(got, 0xa5, size + 1);
	if (skep_format_parse(f, literal, got, size, &err) < 0)
		check_text(err.msg, "", "%s", literal);
	if (memcmp(got, bytes, size) != 0)
		print_error("%s\n", literal);
	assert_memory_equal(got, bytes, size);
	check_u64(got[size], 0xa5, "byte behind the value");
}

void check_refused(const struct skep_format *f, const char *literal, const char *words)
{
	size_t size = skep_format_size(f), i;
	_cleanup_free_ uint8_t *got = malloc(size + 1);
	struct skep_error err = { .msg = "" };

	assert_non_null(got);
	memset(got, 0xa5, size + 1);
	check_int(skep_format_parse(f, literal, got, size, &err), -EINVAL, "%s", literal);
	check_text(err.msg, words, "%s", literal);
	for (i = 0; i <= size; i++)
		check_u64(got[i], 0xa5, "byte %zu, which was not to be written", i);
}

void check_round_trip(const struct skep_format *f, const void *bytes, size_t size)
{
	_cleanup_free_ char *json = json_of(f, bytes, size), *text = text_of(f, bytes, size);

	check_read(f, json, bytes, size);
	check_read(f, text, bytes, size);
}

void check_written(const struct skep_format *f, const void *bytes, size_t size, const char *text,
		   const char *json)
{
	_cleanup_free_ char *got_json = json_of(f, bytes, size),
			    *got_text = text_of(f, bytes, size);
	size_t len = strlen(text), room;

	check_text(got_text, text, "text");
	check_text(got_json, json, "JSON");
	for (room = 1; room <= len + 1; room++) {
		char *cut = malloc(room);

		assert_non_null(cut);
		check_int(skep_format_text(f, bytes, size, cut, room), (int)len, "%zu bytes", room);
		check_u64(strlen(cut), room - 1, "%zu bytes", room);
		check_int(memcmp(cut, text, room - 1), 0, "beginning of %s", text);
		free(cut);
	}
	check_round_trip(f, bytes, size);
}

struct skep_format *format_of_words(const char *words)
{
	struct skep_error err = { .msg = "" };
	struct skep_format *f = NULL;

	if (skep_format_new_words(words, &f, &err) < 0)
		check_text(err.msg, "", "%s", words);
	return f;
}
