/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/format.h"

#include <errno.h>

#include <skep/json.h>

#include "map/format_scalar.h"
#include "text/json.h"

#define SAFE_INTEGER (1ull << 53) /* the greatest that a double and its neighbours tell apart */

#define TEXT_BYTES 1024 /* of a text of the caller's functions */

struct json_walk {
	const struct skep_format *format;
	struct skep_json *j;
	size_t size; /* of the whole value */
};

static void put_unsigned(struct skep_json *j, const char *key, uint64_t value)
{
	char text[TEXT_NUMBER_SIZE];

	if (value <= SAFE_INTEGER)
		skep_json_u64(j, key, value);
	else
		skep_json_chars(j, key, text,
				text_integer((struct text_integer){ value, 0 }, text));
}

static void put_number(struct skep_json *j, const char *key, struct map_number n,
		       const uint8_t *bytes)
{
	char text[TEXT_NUMBER_SIZE];
	struct text_integer value;
	int64_t number;

	if (n.width <= 64) {
		number = (int64_t)map_number_load(n, bytes);
		if (!n.is_signed || number >= 0) {
			put_unsigned(j, key, (uint64_t)number);
			return;
		}
		if (number >= -(int64_t)SAFE_INTEGER) {
			skep_json_i64(j, key, number);
			return;
		}
	}
	value = map_number_value(n, bytes);
	if (!value.is_negative && value.magnitude <= SAFE_INTEGER)
		skep_json_u64(j, key, (uint64_t)value.magnitude);
	else if (value.is_negative && value.magnitude <= SAFE_INTEGER)
		skep_json_i64(j, key, -(int64_t)value.magnitude);
	else
		skep_json_chars(j, key, text, text_integer(value, text));
}

static void put_pointer(struct skep_json *j, const char *key, uint64_t value)
{
	static const char hex[] = "0123456789abcdef";
	char digits[18];
	size_t n = sizeof(digits);

	do
		digits[--n] = hex[value & 15];
	while (value >>= 4);
	digits[--n] = 'x';
	digits[--n] = '0';
	skep_json_chars(j, key, digits + n, sizeof(digits) - n);
}

static void put_chars(struct skep_json *j, const char *key, const uint8_t *bytes, size_t count)
{
	int64_t len = map_field_text_len((const char *)bytes, count);

	if (len < 0)
		text_json_hex(j, key, MAP_HEX, bytes, count);
	else
		skep_json_chars(j, key, (const char *)bytes, (size_t)len);
}

static void put_float(struct skep_json *j, const char *key, const uint8_t *bytes, uint32_t size)
{
	char text[TEXT_NUMBER_SIZE];
	double value;

	if (!map_float_text(bytes, size, text)) {
		text_json_hex(j, key, MAP_HEX, bytes, size);
		return;
	}
	if (text_double_parse(text, &value) >= 0)
		skep_json_double(j, key, value);
}

static void put_address(struct skep_json *j, const char *key, const uint8_t *bytes, uint32_t size)
{
	char text[TEXT_ADDRESS_SIZE];

	skep_json_chars(j, key, text, map_address_text(bytes, size, text));
}

static void put_prefix(struct skep_json *j, const char *key, const uint8_t *bytes, uint32_t size)
{
	char text[MAP_PREFIX_SIZE];
	size_t len = map_prefix_text(bytes, size, text);

	if (len)
		skep_json_chars(j, key, text, len);
	else
		text_json_hex(j, key, MAP_HEX, bytes, size);
}

static void put_enum(const struct json_walk *w, const struct map_field *f, const char *key,
		     const uint8_t *bytes)
{
	const char *name = map_field_enumerator(w->format, f, map_number_load(f->number, bytes));

	if (name)
		skep_json_string(w->j, key, name);
	else
		put_number(w->j, key, f->number, bytes);
}

static void put_scalar(const struct json_walk *w, const struct map_field *f, const char *key,
		       const uint8_t *at)
{
	switch (f->kind) {
	case MAP_FIELD_BOOL:
		if (map_number_load(f->number, at) <= 1) {
			skep_json_bool(w->j, key, (int)map_number_load(f->number, at));
			break;
		}
		put_number(w->j, key, f->number, at);
		break;
	case MAP_FIELD_ENUM:
		put_enum(w, f, key, at);
		break;
	case MAP_FIELD_POINTER:
		put_pointer(w->j, key, map_number_load(f->number, at));
		break;
	case MAP_FIELD_FLOAT:
		put_float(w->j, key, at, f->size);
		break;
	case MAP_FIELD_CHARS:
		put_chars(w->j, key, at, map_field_chars(f, w->size));
		break;
	case MAP_FIELD_BYTES:
		text_json_hex(w->j, key, MAP_HEX, at, f->size);
		break;
	case MAP_FIELD_ADDRESS:
		put_address(w->j, key, at, f->size);
		break;
	case MAP_FIELD_PREFIX:
		put_prefix(w->j, key, at, f->size);
		break;
	case MAP_FIELD_OPAQUE:
		skep_json_null(w->j, key);
		break;
	default:
		put_number(w->j, key, f->number, at);
		break;
	}
}

static void put_field(const struct json_walk *w, uint32_t index, const char *key,
		      const uint8_t *base);

static void put_array(const struct json_walk *w, uint32_t index, const char *key, const uint8_t *at)
{
	const struct map_field *f = &w->format->fields[index];
	uint32_t count = map_field_count(f, w->size), i;

	skep_json_array(w->j, key);
	for (i = 0; i < count; i++)
		put_field(w, index + 1, NULL, at + (size_t)i * f->stride);
	skep_json_array_end(w->j);
}

static void put_field(const struct json_walk *w, uint32_t index, const char *key,
		      const uint8_t *base)
{
	const struct map_field *fields = w->format->fields, *f = &fields[index];
	uint32_t i;

	switch (f->kind) {
	case MAP_FIELD_RECORD:
		skep_json_object(w->j, key);
		for (i = index + 1; i < f->next; i = fields[i].next)
			put_field(w, i, map_format_string(w->format, fields[i].name), base);
		skep_json_object_end(w->j);
		break;
	case MAP_FIELD_LIST:
		skep_json_array(w->j, key);
		for (i = index + 1; i < f->next; i = fields[i].next)
			put_field(w, i, NULL, base);
		skep_json_array_end(w->j);
		break;
	case MAP_FIELD_ARRAY:
		put_array(w, index, key, base + f->offset);
		break;
	default:
		put_scalar(w, f, key, base + f->offset);
		break;
	}
}

static int put_by_callbacks(const struct skep_format_callbacks *c, const void *bytes, size_t size,
			    struct skep_json *j, const char *key)
{
	char text[TEXT_BYTES];
	int len;

	if (c->json)
		return c->json(bytes, size, j, key, c->userdata);
	len = c->text(bytes, size, text, sizeof(text), c->userdata);
	if (len < 0)
		return len;
	skep_json_chars(j, key, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
	return 0;
}

static int put_percpu(const struct skep_format *format, const uint8_t *bytes, struct skep_json *j,
		      const char *key)
{
	uint32_t cpu;
	int r = 0;

	skep_json_array(j, key);
	for (cpu = 0; cpu < format->cpu_count && r >= 0; cpu++) {
		skep_json_object(j, NULL);
		skep_json_u64(j, "cpu", cpu);
		r = skep_format_json(format->value, bytes + cpu * map_format_stride(format),
				     format->value->size, j, "value");
		skep_json_object_end(j);
	}
	skep_json_array_end(j);
	return r;
}

int skep_format_json(const struct skep_format *format, const void *bytes, size_t size,
		     struct skep_json *j, const char *key)
{
	const struct json_walk w = { .format = format, .j = j, .size = size };

	if (!map_format_fits(format, size))
		return -EINVAL;
	if (format->callbacks.text)
		return put_by_callbacks(&format->callbacks, bytes, size, j, key);
	if (format->value)
		return put_percpu(format, bytes, j, key);
	put_field(&w, 0, key, bytes);
	return 0;
}
