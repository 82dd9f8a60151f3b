/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Types made of bytes, contradictory ones too, or words; then a value and a literal. What becomes a format writes any
 * value as text and as JSON, both are read again, and what was read is written the same. A literal is read or refused
 * with its place; what was read is written, and read as the same bytes.
 */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/format.h>
#include <skep/json.h>

#define TYPES 24u
#define MEMBERS 4u
#define VALUE_BYTES 512u
#define TEXT_BYTES (1u << 18)

/* In place of what libbpf has opened: types without any promise. */
struct skep_btf {
	struct skep_btf_type types[TYPES + 1];
	struct skep_btf_member members[TYPES + 1][MEMBERS];
	uint32_t count;
};

struct input {
	const uint8_t *at;
	const uint8_t *end;
};

static uint32_t take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

int skep_btf_type_at(const struct skep_btf *btf, uint32_t id, struct skep_btf_type *ret_type)
{
	if (!id || id > btf->count)
		return -ENOENT;
	*ret_type = btf->types[id];
	return 0;
}

int skep_btf_member_at(const struct skep_btf *btf, uint32_t id, uint32_t index,
		       struct skep_btf_member *ret_member)
{
	if (!id || id > btf->count || index >= btf->types[id].vlen)
		return -ENOENT;
	*ret_member = btf->members[id][index];
	return 0;
}

uint32_t skep_btf_pointer_size(const struct skep_btf *btf)
{
	return btf->count % 8 ? 8 : 4;
}

static const char *take_name(struct input *in)
{
	static const char *const names[] = { "",        "a",        "b",         "a_2",
					     "char",    "__be16",   "__be32",    "__le64",
					     "in_addr", "in6_addr", "bpf_timer", "prefixlen",
					     "kptr",    "x\"y z",   "hex",       "true" };

	return names[take(in) % 16];
}

static void make_types(struct input *in, struct skep_btf *b)
{
	uint32_t id, i;

	b->count = 1 + take(in) % TYPES;
	for (id = 1; id <= b->count; id++) {
		struct skep_btf_type *t = &b->types[id];

		*t = (struct skep_btf_type){ .id = id, .kind = take(in) % 20 };
		t->name = take_name(in);
		t->size = take(in) % 64;
		t->type = take(in) % (b->count + 2);
		t->vlen = take(in) % (MEMBERS + 1);
		i = take(in);
		t->kind_flag = i & 1;
		t->encoding = i >> 1 & 7;
		t->bit_offset = i >> 4;
		t->bit_count = i & 8 ? take(in) : 8 * t->size;
		t->element_count = take(in) % 8;
		for (i = 0; i < t->vlen; i++) {
			struct skep_btf_member *m = &b->members[id][i];

			*m = (struct skep_btf_member){ .name = take_name(in) };
			m->type = take(in) % (b->count + 2);
			m->bit_offset = take(in) * (take(in) % 4 ? 8 : 1);
			m->bitfield_size = take(in) % 2 ? take(in) : 0;
			m->offset = m->bit_offset / 8;
			m->value = (uint64_t)(int8_t)take(in);
		}
	}
}

/* A format of what the input says, or NULL. */
static struct skep_format *make_format(struct input *in)
{
	static struct skep_btf btf;
	struct skep_format *f = NULL;
	struct skep_error err = { .msg = "" };
	const uint8_t *end;
	char *words;
	int r;

	if (take(in) & 1) {
		end = memchr(in->at, '\n', (size_t)(in->end - in->at));
		end = end ? end : in->end;
		words = must_string(in->at, (size_t)(end - in->at));
		in->at = end;
		r = skep_format_new_words(words, &f, &err);
		free(words);
	} else {
		make_types(in, &btf);
		r = skep_format_new_btf(&btf, btf.count, &f, &err);
	}
	must(r >= 0 ? f && !*err.msg : !f && *err.msg);
	return f;
}

/* Both forms of a value. Return: do they fit? */
static int write_value(const struct skep_format *f, const uint8_t *bytes, size_t size, char *text,
		       char *json)
{
	struct skep_json j;
	int len = skep_format_text(f, bytes, size, text, TEXT_BYTES);

	must(len >= 0);
	skep_json_init(&j, json, TEXT_BYTES);
	must(skep_format_json(f, bytes, size, &j, NULL) == 0);
	return skep_json_finish(&j) >= 0 && len < (int)TEXT_BYTES;
}

/* The bytes that a text of a value is read as are written as the same text again, and have no bits that it had not. */
static void check_again(const struct skep_format *f, const char *literal, const uint8_t *bytes,
			size_t size, const char *text, const char *json)
{
	static char text_again[TEXT_BYTES], json_again[TEXT_BYTES];
	uint8_t *again = malloc(size + !size);
	struct skep_error err = { .msg = "" };
	size_t i;

	must(again != NULL);
	if (skep_format_parse(f, literal, again, size, &err) < 0) {
		fprintf(stderr, "%s\n%s\n", literal, err.msg);
		must(0);
	}
	for (i = 0; i < size; i++)
		must((again[i] & ~bytes[i]) == 0);
	must(write_value(f, again, size, text_again, json_again));
	if (strcmp(text, text_again) != 0 || strcmp(json, json_again) != 0)
		fprintf(stderr, "%s\n%s\n%s\n%s\n", text, text_again, json, json_again);
	must(!strcmp(text, text_again) && !strcmp(json, json_again));
	free(again);
}

static void check_round_trip(const struct skep_format *f, const uint8_t *bytes, size_t size)
{
	static char text[TEXT_BYTES], json[TEXT_BYTES];

	if (!write_value(f, bytes, size, text, json))
		return;
	check_again(f, json, bytes, size, text, json);
	check_again(f, text, bytes, size, text, json);
}

static void check_literal(const struct skep_format *f, const char *literal, size_t size)
{
	struct skep_error err = { .msg = "" };
	uint8_t *bytes = calloc(1, size + !size);
	int r;

	must(bytes != NULL);
	r = skep_format_parse(f, literal, bytes, size, &err);
	if (r < 0)
		must(r == -EINVAL && strstr(err.msg, "column ") != NULL);
	else
		check_round_trip(f, bytes, size);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t zero[VALUE_BYTES + 16];
	struct input in = { data, data + size };
	uint32_t flags = take(&in), n, i;
	struct skep_format *f = make_format(&in), *inner = NULL;
	uint8_t *bytes;
	char *literal;

	if (f && flags & 1) {
		inner = f;
		must(skep_format_new_percpu(inner, 1 + flags / 64, &f, NULL) == 0);
	}
	if (f && skep_format_size(f) <= VALUE_BYTES) {
		n = (uint32_t)skep_format_size(f);
		if (skep_format_text(f, zero, n + flags / 2 % 16, NULL, 0) >= 0)
			n += flags / 2 % 16; /* a flexible array */
		bytes = malloc(n + !n);
		must(bytes != NULL);
		for (i = 0; i < n; i++)
			bytes[i] = (uint8_t)take(&in);
		check_round_trip(f, bytes, n);
		literal = must_string(in.at, (size_t)(in.end - in.at));
		check_literal(f, literal, n);
		free(literal);
		free(bytes);
	}
	skep_format_free(f);
	skep_format_free(inner);
	return 0;
}
