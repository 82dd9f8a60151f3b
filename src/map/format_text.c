/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/format.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "map/format_scalar.h"
#include "text/utf8.h"

/* A text that is counted to its end, and kept as far as there is room. */
struct text_walk {
	const struct skep_format *format;
	char *buf;
	size_t room; /* bytes of buf, without the NUL */
	size_t len;
	size_t size; /* of the whole value */
};

static void put(struct text_walk *w, const char *text, size_t len)
{
	if (w->len < w->room)
		memcpy(w->buf + w->len, text, len < w->room - w->len ? len : w->room - w->len);
	w->len += len;
}

static void put_string(struct text_walk *w, const char *text)
{
	put(w, text, strlen(text));
}

static void put_hex_byte(struct text_walk *w, uint8_t byte)
{
	static const char hex[] = "0123456789abcdef";

	put(w, (char[]){ hex[byte >> 4], hex[byte & 15] }, 2);
}

static void put_hex(struct text_walk *w, const uint8_t *bytes, size_t count)
{
	put_string(w, MAP_HEX);
	while (count--)
		put_hex_byte(w, *bytes++);
}

static void put_integer(struct text_walk *w, struct text_integer value)
{
	char text[TEXT_NUMBER_SIZE];

	put(w, text, text_integer(value, text));
}

static void put_number(struct text_walk *w, const struct map_field *f, const uint8_t *at)
{
	struct map_number n = f->number;
	char text[TEXT_ADDRESS_SIZE], *end = text + sizeof(text), *begin;

	if (f->is_ipv4) {
		put(w, text, text_ipv4(at, text));
	} else if (n.width <= 64 && !n.is_signed) {
		begin = text_digits(map_number_load(n, at), end);
		put(w, begin, (size_t)(end - begin));
	} else {
		put_integer(w, map_number_value(n, at));
	}
}

/* A byte within quotes. */
static void put_escaped(struct text_walk *w, uint8_t byte, char quote)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *name = byte ? strchr(values, byte) : NULL;

	if (byte == (uint8_t)quote || byte == '\\')
		put(w, (char[]){ '\\', (char)byte }, 2);
	else if (name)
		put(w, (char[]){ '\\', names[name - values] }, 2);
	else if (byte >= 0x20 && byte < 0x7f)
		put(w, (char[]){ (char)byte }, 1);
	else if (!byte)
		put(w, "\\0", 2);
	else {
		put(w, "\\x", 2);
		put_hex_byte(w, byte);
	}
}

static void put_char(struct text_walk *w, uint8_t byte)
{
	put(w, "'", 1);
	put_escaped(w, byte, '\'');
	put(w, "'", 1);
}

static void put_chars(struct text_walk *w, const uint8_t *bytes, size_t size)
{
	const char *s = (const char *)bytes, *end;
	size_t count = size;

	while (count && !bytes[count - 1])
		count--;
	if (count >= MAP_HEX_LEN && !memcmp(bytes, MAP_HEX, MAP_HEX_LEN)) {
		put_hex(w, bytes, size);
		return;
	}
	put(w, "\"", 1);
	for (end = s + count; s < end;) {
		size_t n = text_utf8_len(s, end);

		if (n > 1)
			put(w, s, n);
		else
			put_escaped(w, (uint8_t)*s, '"');
		s += n ? n : 1;
	}
	put(w, "\"", 1);
}

static void put_pointer(struct text_walk *w, uint64_t value)
{
	int shift = 60;

	put(w, "0x", 2);
	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put(w, &"0123456789abcdef"[value >> shift & 15], 1);
}

static void put_scalar(struct text_walk *w, const struct map_field *f, const uint8_t *at)
{
	char text[MAP_PREFIX_SIZE];
	const char *name;
	size_t len;

	switch (f->kind) {
	case MAP_FIELD_BOOL:
		if (map_number_load(f->number, at) > 1)
			put_number(w, f, at);
		else
			put_string(w, map_number_load(f->number, at) ? "true" : "false");
		break;
	case MAP_FIELD_CHAR:
		put_char(w, *at);
		break;
	case MAP_FIELD_ENUM:
		name = map_field_enumerator(w->format, f, map_number_load(f->number, at));
		if (name)
			put_string(w, name);
		else
			put_integer(w, map_number_value(f->number, at));
		break;
	case MAP_FIELD_POINTER:
		put_pointer(w, map_number_load(f->number, at));
		break;
	case MAP_FIELD_FLOAT:
	case MAP_FIELD_PREFIX:
		len = f->kind == MAP_FIELD_FLOAT ? map_float_text(at, f->size, text)
						 : map_prefix_text(at, f->size, text);
		if (len)
			put(w, text, len);
		else
			put_hex(w, at, f->size);
		break;
	case MAP_FIELD_CHARS:
		put_chars(w, at, map_field_chars(f, w->size));
		break;
	case MAP_FIELD_BYTES:
		put_hex(w, at, f->size);
		break;
	case MAP_FIELD_ADDRESS:
		put(w, text, map_address_text(at, f->size, text));
		break;
	case MAP_FIELD_OPAQUE:
		put_string(w, "null");
		break;
	default:
		put_number(w, f, at);
		break;
	}
}

static void put_field(struct text_walk *w, uint32_t index, const uint8_t *base);

static void put_array(struct text_walk *w, uint32_t index, const uint8_t *at)
{
	const struct map_field *f = &w->format->fields[index];
	uint32_t count = map_field_count(f, w->size), i;
	char mac[18];

	if (f->is_bytes) {
		if (count == 6)
			put(w, mac, text_mac(at, mac));
		else
			put_hex(w, at, count);
		return;
	}
	put(w, "[", 1);
	for (i = 0; i < count; i++) {
		if (i)
			put(w, ", ", 2);
		put_field(w, index + 1, at + (size_t)i * f->stride);
	}
	put(w, "]", 1);
}

static void put_record(struct text_walk *w, uint32_t index, const uint8_t *base)
{
	const struct map_field *fields = w->format->fields, *f = &fields[index];
	uint32_t i;

	for (i = index + 1; i < f->next; i = fields[i].next) {
		put_string(w, i == index + 1 ? "{ ." : ", .");
		put_string(w, map_format_string(w->format, fields[i].name));
		put_string(w, " = ");
		put_field(w, i, base);
	}
	put_string(w, f->next == index + 1 ? "{ }" : " }");
}

static void put_field(struct text_walk *w, uint32_t index, const uint8_t *base)
{
	const struct map_field *fields = w->format->fields, *f = &fields[index];
	uint32_t i;

	switch (f->kind) {
	case MAP_FIELD_RECORD:
		put_record(w, index, base);
		break;
	case MAP_FIELD_LIST: /* the whole, always */
		for (i = index + 1; i < f->next; i = fields[i].next) {
			put(w, " ", i > index + 1);
			put_field(w, i, base);
		}
		break;
	case MAP_FIELD_ARRAY:
		put_array(w, index, base + f->offset);
		break;
	default:
		put_scalar(w, f, base + f->offset);
		break;
	}
}

/* The text of one CPU's value, into what is left of the room. */
static int put_value(struct text_walk *w, const uint8_t *bytes)
{
	const struct skep_format *value = w->format->value;
	int is_list = !value->callbacks.text && value->fields[0].kind == MAP_FIELD_LIST, n;
	size_t left;

	put(w, "[", (size_t)is_list);
	left = w->room > w->len ? w->room - w->len + 1 : 0;
	n = skep_format_text(value, bytes, value->size, left ? w->buf + w->len : NULL, left);
	if (n > 0)
		w->len += (size_t)n;
	put(w, "]", (size_t)is_list);
	return n;
}

static int put_percpu(struct text_walk *w, const uint8_t *bytes)
{
	uint32_t cpu;
	int r = 0;

	for (cpu = 0; cpu < w->format->cpu_count && r >= 0; cpu++) {
		put_string(w, cpu ? ", { .cpu = " : "[{ .cpu = ");
		put_integer(w, (struct text_integer){ cpu, 0 });
		put_string(w, ", .value = ");
		r = put_value(w, bytes + cpu * map_format_stride(w->format));
		put_string(w, " }");
	}
	put(w, "]", 1);
	return r;
}

int skep_format_text(const struct skep_format *format, const void *bytes, size_t size, char *buf,
		     size_t buf_size)
{
	struct text_walk w = {
		.format = format,
		.buf = buf,
		.room = buf_size ? buf_size - 1 : 0,
		.size = size,
	};
	int r = 0;

	if (!map_format_fits(format, size))
		return -EINVAL;
	if (format->callbacks.text)
		return format->callbacks.text(bytes, size, buf, buf_size,
					      format->callbacks.userdata);
	if (format->value)
		r = put_percpu(&w, bytes);
	else
		put_field(&w, 0, bytes);
	if (buf_size)
		buf[w.len < w.room ? w.len : w.room] = '\0';
	if (r < 0)
		return r;
	return w.len > INT_MAX ? -EOVERFLOW : (int)w.len;
}
