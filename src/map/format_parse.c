/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/format_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"

static int next(struct map_parser *p)
{
	return text_json_next(p->reader, &p->token);
}

static void list_members(const struct map_parser *p, uint32_t index, struct map_name_list *list)
{
	const struct map_field *fields = p->format->fields;
	uint32_t i;

	for (i = index + 1; i < fields[index].next && !list->is_full; i = fields[i].next)
		map_parse_list(list, map_parse_string(p, fields[i].name));
}

static int read_field(struct map_parser *p, uint32_t index, size_t base);

/* The member that the token names, or 0. */
static uint32_t find_member(const struct map_parser *p, uint32_t index)
{
	const struct map_field *fields = p->format->fields;
	uint32_t i;

	for (i = index + 1; i < fields[index].next; i = fields[i].next)
		if (!strcmp(map_parse_string(p, fields[i].name), p->token.chars))
			return i;
	return 0;
}

static int read_members(struct map_parser *p, uint32_t index, size_t base)
{
	const struct map_field *f = &p->format->fields[index];
	struct map_name_list list = { .len = 0 };
	uint32_t member;
	int r;

	for (;;) {
		r = next(p);
		if (r < 0 || p->token.kind != TEXT_JSON_NAME)
			return r;
		member = find_member(p, index);
		if (!member) {
			list_members(p, index, &list);
			return map_parse_fail(p, "no member '%.40s' in %.40s (%s)", p->token.chars,
					      map_parse_type(p, f), list.text);
		}
		r = next(p);
		if (r >= 0)
			r = read_field(p, member, base);
		if (r < 0)
			return r;
	}
}

/* Is it the key of an LPM trie, of an address of 4 or 16 bytes? */
static int is_prefix(const struct map_parser *p, uint32_t index, size_t size)
{
	const struct map_field *first = &p->format->fields[index + 1];

	return p->format->fields[index].next > index + 1 && (size == 8 || size == 20) &&
	       first->kind == MAP_FIELD_NUMBER && first->number.width == 32 &&
	       !first->number.shift && !strcmp(map_parse_string(p, first->name), "prefixlen");
}

static int read_record(struct map_parser *p, uint32_t index, size_t base)
{
	const struct map_field *f = &p->format->fields[index];
	size_t size = index ? f->size : p->size;
	struct map_name_list list = { .len = 0 };

	if (p->token.kind == TEXT_JSON_OBJECT)
		return read_members(p, index, base);
	if (p->token.kind == TEXT_JSON_SCALAR && is_prefix(p, index, size))
		return map_parse_prefix(p, base + f->offset, size);
	if (p->token.kind == TEXT_JSON_SCALAR && f->next > index + 1 && f[1].next == f->next)
		return read_field(p, index + 1, base);
	list_members(p, index, &list);
	return map_parse_fail(p, "%.40s is written as { .name = value, ... } (%s)",
			      map_parse_type(p, f), list.text);
}

static int read_elements(struct map_parser *p, uint32_t index, size_t base)
{
	const struct map_field *f = &p->format->fields[index];
	uint32_t count = map_field_count(f, p->size), i;
	int r;

	for (i = 0;; i++) {
		r = next(p);
		if (r < 0 || p->token.kind == TEXT_JSON_ARRAY_END || p->token.kind == TEXT_JSON_END)
			return r;
		if (i == count)
			return map_parse_fail(p, "more than %u element%s", count,
					      count == 1 ? "" : "s");
		r = read_field(p, index + 1, base + f->offset + (size_t)i * f->stride);
		if (r < 0)
			return r;
	}
}

static int read_array(struct map_parser *p, uint32_t index, size_t base)
{
	const struct map_field *f = &p->format->fields[index];
	uint32_t count = map_field_count(f, p->size);

	if (p->token.kind == TEXT_JSON_ARRAY)
		return read_elements(p, index, base);
	if (p->token.kind == TEXT_JSON_SCALAR && f->is_bytes &&
	    (count == 4 || count == 6 || count == 16))
		return map_parse_address(p, base + f->offset, count);
	return map_parse_fail(p, "an array of %u is written as [1, 2, ...]%s", count,
			      f->is_bytes ? " or " MAP_HEX "0102..." : "");
}

static int read_list(struct map_parser *p, uint32_t index, size_t base)
{
	const struct map_field *fields = p->format->fields;
	uint32_t i = index + 1;
	int r;

	if (p->token.kind != TEXT_JSON_ARRAY)
		return map_parse_fail(p, "a list is written as [1, 2, ...]");
	for (;; i = fields[i].next) {
		r = next(p);
		if (r < 0 || p->token.kind == TEXT_JSON_ARRAY_END || p->token.kind == TEXT_JSON_END)
			return r;
		if (i == fields[index].next)
			return map_parse_fail(p, "more than it has fields");
		r = read_field(p, i, base);
		if (r < 0)
			return r;
	}
}

/* Return: may a field be given as bytes in memory (not a bit-field, and not what is the kernel's), and how many. */
static int takes_hex(const struct map_parser *p, uint32_t index, size_t *ret_size)
{
	const struct map_field *f = &p->format->fields[index];

	if (f->kind == MAP_FIELD_OPAQUE || f->number.shift || f->number.width % 8)
		return 0;
	if (!index)
		*ret_size = p->size;
	else if (f->kind == MAP_FIELD_CHARS)
		*ret_size = map_field_chars(f, p->size);
	else if (f->kind == MAP_FIELD_ARRAY)
		*ret_size = (size_t)map_field_count(f, p->size) * f->stride;
	else
		*ret_size = f->size;
	return 1;
}

/* Reads the value that begins with the token, and stops at its last one. */
static int read_field(struct map_parser *p, uint32_t index, size_t base)
{
	const struct map_field *f = &p->format->fields[index];
	size_t size;

	if (p->token.kind == TEXT_JSON_SCALAR && p->token.count >= MAP_HEX_LEN &&
	    !memcmp(p->token.chars, MAP_HEX, MAP_HEX_LEN) &&
	    strlen(p->token.chars) == p->token.count && takes_hex(p, index, &size))
		return map_parse_hex(p, p->token.chars + MAP_HEX_LEN, 0,
				     index ? base + f->offset : 0, size);
	switch (f->kind) {
	case MAP_FIELD_RECORD:
		return read_record(p, index, base);
	case MAP_FIELD_ARRAY:
		return read_array(p, index, base);
	case MAP_FIELD_LIST:
		return read_list(p, index, base);
	default:
		return map_parse_scalar(p, f, base + f->offset);
	}
}

static int read_by_callback(struct map_parser *p, const struct skep_format *f, const char *text)
{
	struct skep_error *err = p->reader->err;
	int r;

	if (!f->callbacks.parse)
		return map_parse_fail(p, "only " MAP_HEX "0a00... is read here");
	r = f->callbacks.parse(text, p->bytes, p->size, f->callbacks.userdata, err);
	return r < 0 ? r : 0;
}

/* One value that begins with the token. */
static int read_value(struct map_parser *p)
{
	int is_scalar = p->token.kind == TEXT_JSON_SCALAR;

	if (!p->format->callbacks.text)
		return read_field(p, 0, 0);
	if (is_scalar && !strncmp(p->token.chars, MAP_HEX, MAP_HEX_LEN))
		return map_parse_hex(p, p->token.chars + MAP_HEX_LEN, 0, 0, p->size);
	return is_scalar ? read_by_callback(p, p->format, p->token.chars)
			 : map_parse_fail(p, "a value is a word here, or stands in quotes");
}

/* The parser of one CPU's value in that of all. */
static struct map_parser value_parser(const struct map_parser *p, uint64_t cpu)
{
	size_t at = (size_t)cpu * map_format_stride(p->format);

	return (struct map_parser){
		.format = p->format->value,
		.reader = p->reader,
		.token = p->token,
		.bytes = p->bytes + at,
		.known = p->known + at,
		.size = p->format->value->size,
	};
}

/* { cpu, value }, in this order. */
static int read_cpu(struct map_parser *p)
{
	struct map_parser inner;
	struct text_integer cpu;
	int r = next(p);

	if (r < 0)
		return r;
	if (p->token.kind != TEXT_JSON_NAME || strcmp(p->token.chars, "cpu") != 0)
		return map_parse_fail(p,
				      "values of CPUs are written as { .cpu = 0, .value = ... }");
	r = next(p);
	if (r < 0)
		return r;
	if (p->token.kind != TEXT_JSON_SCALAR || text_integer_parse(p->token.chars, &cpu) < 0 ||
	    cpu.is_negative || cpu.magnitude >= p->format->cpu_count)
		return map_parse_fail(p, "CPUs are 0 to %u", p->format->cpu_count - 1);
	r = next(p);
	if (r < 0)
		return r;
	if (p->token.kind != TEXT_JSON_NAME || strcmp(p->token.chars, "value") != 0)
		return map_parse_fail(p, "behind the CPU stands its value");
	inner = value_parser(p, (uint64_t)cpu.magnitude);
	r = next(&inner);
	if (r >= 0)
		r = read_value(&inner);
	p->token = inner.token;
	if (r >= 0)
		r = next(p);
	if (r < 0)
		return r;
	return p->token.kind == TEXT_JSON_OBJECT_END ? 0 : map_parse_fail(p, "a CPU has one value");
}

static int read_percpu(struct map_parser *p)
{
	struct map_parser inner;
	uint32_t cpu;
	int r;

	if (p->token.kind != TEXT_JSON_ARRAY || p->reader->base) {
		inner = value_parser(p, 0);
		r = read_value(&inner);
		p->token = inner.token;
		for (cpu = 1; cpu < p->format->cpu_count && r >= 0; cpu++)
			memcpy(p->bytes + cpu * map_format_stride(p->format), p->bytes, inner.size);
		return r;
	}
	for (;;) {
		r = next(p);
		if (r < 0 || p->token.kind == TEXT_JSON_ARRAY_END)
			return r;
		r = p->token.kind == TEXT_JSON_OBJECT
			    ? read_cpu(p)
			    : map_parse_fail(
				      p,
				      "values of CPUs are written as { .cpu = 0, .value = ... }");
		if (r < 0)
			return r;
	}
}

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* Does the text begin with a name and "="? */
static int begins_with_member(const char *s)
{
	size_t len;

	s += *s == '.';
	len = strcspn(s, " \t\r\n,[]{}\"'=:");
	return len && *skip_blanks(s + len) == '=';
}

/* How a text is read whose outermost brackets may be missing. */
static uint32_t flags_for(const struct skep_format *f, const char *text)
{
	enum map_field_kind kind = f->fields ? f->fields[0].kind : MAP_FIELD_NUMBER;

	if (kind == MAP_FIELD_RECORD && begins_with_member(text))
		return TEXT_JSON_WORDS | TEXT_JSON_IN_OBJECT;
	if (kind == MAP_FIELD_LIST && *text != '[')
		return TEXT_JSON_WORDS | TEXT_JSON_IN_ARRAY;
	return TEXT_JSON_WORDS;
}

/* The bytes behind a "hex" that stands alone, which is for the whole, or NULL. */
static const char *whole_hex(const struct skep_format *f, const char *text)
{
	if (!strncmp(text, "hex", 3) && text[3] && strchr(" \t\r\n", text[3]))
		return text + 4;
	if (f->callbacks.text && !strncmp(text, MAP_HEX, MAP_HEX_LEN))
		return text + MAP_HEX_LEN;
	if (f->fields && f->fields[0].kind == MAP_FIELD_BYTES && *text != '"')
		return strncmp(text, MAP_HEX, MAP_HEX_LEN) ? text : text + MAP_HEX_LEN;
	return NULL;
}

static int read_whole(struct map_parser *p, const char *text)
{
	const char *begin = skip_blanks(text), *hex = whole_hex(p->format, begin);
	int bare = p->reader->base != 0, r = 0;

	p->token.at = begin;
	if (hex)
		return map_parse_hex(p, hex, 1, 0, p->size);
	if (p->format->callbacks.text && *begin != '"')
		return read_by_callback(p, p->format, text);
	if (bare) /* as if its bracket had been there */
		p->token.kind =
			p->reader->flags & TEXT_JSON_IN_OBJECT ? TEXT_JSON_OBJECT : TEXT_JSON_ARRAY;
	else
		r = next(p);
	if (r >= 0)
		r = p->format->value ? read_percpu(p) : read_value(p);
	return r < 0 || bare ? r : next(p); /* which is the end, or refused */
}

int skep_format_parse(const struct skep_format *format, const char *text, void *ret_bytes,
		      size_t size, struct skep_error *err)
{
	const struct skep_format *inner = format->value ? format->value : format;
	_cleanup_free_ uint8_t *bytes = NULL, *known = NULL;
	_cleanup_free_ char *decoded = NULL;
	struct text_json_reader reader;
	struct map_parser p = { .format = format, .reader = &reader, .size = size };
	size_t len = strlen(text);
	int r;

	if (!map_format_fits(format, size))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "%zu bytes for a format of %zu bytes.", size, format->size);
	bytes = calloc(1, size + 1);
	known = calloc(1, size + 1);
	decoded = malloc(len + 1);
	if (!bytes || !known || !decoded)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read a value");
	p.bytes = bytes;
	p.known = known;
	text_json_begin(&reader, text, len, flags_for(inner, skip_blanks(text)), decoded, err);
	r = read_whole(&p, text);
	if (r >= 0)
		memcpy(ret_bytes, bytes, size);
	return r < 0 ? r : 0;
}
