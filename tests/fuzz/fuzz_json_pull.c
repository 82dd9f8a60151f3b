/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A byte of flags and any text: read to its end or refused with words, in as many tokens as it has bytes at most. What
 * is JSON is read the same with words allowed, and when the writer writes it again it is JSON with the same tokens.
 */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json.h>

#include "text/json_pull.h"

#define MAX_SIZE 4096

struct token {
	enum text_json_kind kind;
	uint8_t quoted;
	uint32_t hash;
};

struct reading {
	struct token tokens[MAX_SIZE + 2];
	size_t count;
	int result;
};

static uint32_t hash_of(const char *chars, size_t count)
{
	uint32_t hash = 5381;

	while (count--)
		hash = hash * 33 + (unsigned char)*chars++;
	return hash;
}

/* Writes a token again. A name goes with the value behind it: @key is kept by the caller. */
static void rewrite(struct skep_json *j, const struct text_json_token *t, char **key)
{
	if (t->kind == TEXT_JSON_NAME) {
		free(*key);
		*key = NULL;
		must(asprintf(key, "%08x", hash_of(t->chars, t->count)) > 0);
		return;
	}
	if (t->kind == TEXT_JSON_OBJECT)
		skep_json_object(j, *key);
	else if (t->kind == TEXT_JSON_OBJECT_END)
		skep_json_object_end(j);
	else if (t->kind == TEXT_JSON_ARRAY)
		skep_json_array(j, *key);
	else if (t->kind == TEXT_JSON_ARRAY_END)
		skep_json_array_end(j);
	else if (t->kind == TEXT_JSON_SCALAR)
		skep_json_chars(j, *key, t->chars, t->count);
	free(*key);
	*key = NULL;
}

static void read_all(const char *text, size_t size, uint32_t flags, struct reading *ret,
		     struct skep_json *j)
{
	char *decoded = malloc(size + 1), *key = NULL;
	struct skep_error err = { 0 };
	struct text_json_reader r;
	struct text_json_token t;

	must(decoded != NULL);
	ret->count = 0;
	text_json_begin(&r, text, size, flags, decoded, &err);
	do {
		ret->result = text_json_next(&r, &t);
		if (ret->result < 0) {
			must(ret->result == -EINVAL && err.code == -EINVAL);
			must(strstr(err.msg, "column ") != NULL);
			break;
		}
		must(ret->count < size + 2);
		must(t.at >= text && t.at <= text + size);
		must(t.count <= size && (!t.chars || !t.chars[t.count]));
		ret->tokens[ret->count++] =
			(struct token){ t.kind, t.quote != 0, hash_of(t.chars, t.count) };
		if (j)
			rewrite(j, &t, &key);
	} while (t.kind != TEXT_JSON_END);
	free(key);
	free(decoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading first, second;
	static char written[16 * MAX_SIZE];
	struct skep_json j;
	uint32_t flags;
	char *text;
	size_t i;
	int len;

	if (!size || size > MAX_SIZE)
		return 0;
	flags = data[0] & 7u;
	if (flags & TEXT_JSON_IN_OBJECT)
		flags &= ~(uint32_t)TEXT_JSON_IN_ARRAY;
	size--;
	text = malloc(size + !size);
	must(text != NULL);
	memcpy(text, data + 1, size);
	skep_json_init(&j, written, sizeof(written));
	read_all(text, size, flags, &first, &j);
	if (!first.result && !(flags & TEXT_JSON_WORDS)) {
		read_all(text, size, flags | TEXT_JSON_WORDS, &second, NULL);
		must(!second.result && first.count == second.count);
		for (i = 0; i < first.count; i++)
			must(!memcmp(&first.tokens[i], &second.tokens[i], sizeof(struct token)));
	}
	len = skep_json_finish(&j);
	if (!first.result && !(flags & (TEXT_JSON_IN_OBJECT | TEXT_JSON_IN_ARRAY)) && len >= 0) {
		read_all(written, (size_t)len, 0, &second, NULL);
		must(!second.result && first.count == second.count);
		for (i = 0; i < first.count; i++)
			must(first.tokens[i].kind == second.tokens[i].kind);
	}
	free(text);
	return 0;
}
