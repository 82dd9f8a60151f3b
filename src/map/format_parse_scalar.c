/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Single values: into the bits that are theirs, or refused with the reason. */
#include "map/format_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "map/format_scalar.h"

void map_parse_list(struct map_name_list *list, const char *name)
{
	size_t len = strlen(name);

	if (list->is_full || list->len + len + 8 > sizeof(list->text)) {
		if (!list->is_full)
			sprintf(list->text + list->len, "%s", list->len ? ", ..." : "...");
		list->is_full = 1;
		return;
	}
	list->len += (size_t)sprintf(list->text + list->len, "%s%s", list->len ? ", " : "", name);
}

/* The bits of @bytes that are in @mask (NULL: all) become the value's, at @offset. */
static int set_bits(struct map_parser *p, size_t offset, const uint8_t *bytes, const uint8_t *mask,
		    size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		uint8_t bits = mask ? mask[i] : 0xff, *at = p->bytes + offset + i;

		if ((*at ^ bytes[i]) & bits & p->known[offset + i])
			return map_parse_fail(p, "this contradicts what was said before");
		*at = (uint8_t)((*at & ~bits) | (bytes[i] & bits));
		p->known[offset + i] |= bits;
	}
	return 0;
}

/* The text of a scalar, without NULs inside. */
static int expect_scalar(const struct map_parser *p, const struct map_field *f)
{
	if (p->token.kind != TEXT_JSON_SCALAR)
		return map_parse_fail(p, "%s is no %s", map_parse_type(p, f),
				      p->token.kind == TEXT_JSON_OBJECT ? "struct" : "array");
	if (strlen(p->token.chars) != p->token.count)
		return map_parse_fail(p, "a NUL in a value of %s", map_parse_type(p, f));
	return 0;
}

static int is_word(const struct map_parser *p, const char *word)
{
	return !p->token.quote && !strcmp(p->token.chars, word);
}

/* Return: 0 to 15; -1: none. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int map_parse_hex(struct map_parser *p, const char *digits, int spaced, size_t offset, size_t size)
{
	size_t count = 0;
	int r = 0;

	for (;;) {
		int high, low;
		uint8_t byte;

		while (spaced && *digits && strchr(" \t\r\n:", *digits))
			digits++;
		if (!*digits)
			break;
		high = hex_digit(digits[0]);
		low = high < 0 ? -1 : hex_digit(digits[1]);
		if (low < 0)
			return map_parse_fail(p, "bytes are pairs of hexadecimal digits");
		byte = (uint8_t)(high << 4 | low);
		if (count++ < size)
			r = set_bits(p, offset + count - 1, &byte, NULL, 1);
		if (r < 0)
			return r;
		digits += 2;
	}
	if (count != size)
		return map_parse_fail(p, "%zu byte%s where it takes %zu", count,
				      count == 1 ? "" : "s", size);
	return 0;
}

static int set_number(struct map_parser *p, const struct map_field *f, size_t offset,
		      text_u128 bits)
{
	uint8_t bytes[17], mask[17];

	map_number_split(f->number, bits, bytes, mask);
	return set_bits(p, offset, bytes, mask, map_number_bytes(f->number));
}

static int fail_range(const struct map_parser *p, const struct map_field *f)
{
	struct map_number n = f->number;
	struct text_integer most = { ~(text_u128)0 >> (128 - n.width) >> n.is_signed, 0 };
	struct text_integer least = { n.is_signed ? most.magnitude + 1 : 0, n.is_signed };
	char from[TEXT_NUMBER_SIZE], to[TEXT_NUMBER_SIZE];

	text_integer(least, from);
	text_integer(most, to);
	return map_parse_fail(p, "%.40s does not fit in %s (%s to %s)", p->token.chars,
			      map_parse_type(p, f), from, to);
}

static int read_number(struct map_parser *p, const struct map_field *f, size_t offset)
{
	const struct text_json_token *t = &p->token;
	struct map_number n = f->number;
	struct text_integer value;
	uint8_t address[16];
	text_u128 bits;
	int r;

	if (t->quote == '\'' && t->count == 1) {
		value = (struct text_integer){ (uint8_t)t->chars[0], 0 };
		if (n.width == 8)
			return set_number(p, f, offset, value.magnitude);
		r = 0;
	} else {
		r = text_integer_parse(t->chars, &value);
	}
	if (r == -EINVAL && !n.shift && (n.width == 32 || n.width == 128) &&
	    text_address_parse(t->chars, n.width / 8, address) >= 0)
		return set_bits(p, offset, address, NULL, n.width / 8);
	if (r == -EINVAL)
		return map_parse_fail(p, "'%.40s' is no value of %s", t->chars,
				      map_parse_type(p, f));
	if (r < 0 || map_number_from(n, value, &bits) < 0)
		return fail_range(p, f);
	return set_number(p, f, offset, bits);
}

static int read_char(struct map_parser *p, const struct map_field *f, size_t offset)
{
	if (p->token.quote == '\'' && p->token.count == 1) /* a NUL, too */
		return set_number(p, f, offset, (uint8_t)p->token.chars[0]);
	return expect_scalar(p, f) < 0 ? -EINVAL : read_number(p, f, offset);
}

/* Not every enumerator fits in a bit-field. */
static int set_enumerator(struct map_parser *p, const struct map_field *f, size_t offset,
			  uint64_t value)
{
	int is_negative = f->number.is_signed && (int64_t)value < 0;
	struct text_integer number = { is_negative ? 0 - value : value, is_negative };
	text_u128 bits;

	if (map_number_from(f->number, number, &bits) < 0)
		return fail_range(p, f);
	return set_number(p, f, offset, bits);
}

static int read_enum(struct map_parser *p, const struct map_field *f, size_t offset)
{
	const struct map_enumerator *all = p->format->enumerators;
	struct map_name_list list = { .len = 0 };
	struct text_integer value;
	uint32_t i;

	for (i = f->first; i < f->first + f->count; i++)
		if (!strcmp(map_parse_string(p, all[i].name), p->token.chars))
			return set_enumerator(p, f, offset, all[i].value);
	if (text_integer_parse(p->token.chars, &value) != -EINVAL)
		return read_number(p, f, offset);
	for (i = f->first; i < f->first + f->count && !list.is_full; i++)
		map_parse_list(&list, map_parse_string(p, all[i].name));
	return map_parse_fail(p, "'%.40s' is none of %.40s (%s)", p->token.chars,
			      map_parse_type(p, f), list.text);
}

static int read_float(struct map_parser *p, const struct map_field *f, size_t offset)
{
	double value;
	float small;
	int r;

	if (f->size == sizeof(small))
		r = text_float_parse(p->token.chars, &small);
	else
		r = text_double_parse(p->token.chars, &value);
	if (r == -EINVAL)
		return map_parse_fail(p, "'%.40s' is no value of %s", p->token.chars,
				      map_parse_type(p, f));
	if (r < 0)
		return map_parse_fail(p, "%.40s does not fit in %s", p->token.chars,
				      map_parse_type(p, f));
	return set_bits(p, offset, f->size == sizeof(small) ? (uint8_t *)&small : (uint8_t *)&value,
			NULL, f->size);
}

static int read_chars(struct map_parser *p, const struct map_field *f, size_t offset)
{
	static const uint8_t zero;
	size_t size = map_field_chars(f, p->size), i;
	int r;

	if (p->token.count > size)
		return map_parse_fail(p, "%zu bytes do not fit in %s[%zu]", p->token.count,
				      map_parse_type(p, f), size);
	r = set_bits(p, offset, (const uint8_t *)p->token.chars, NULL, p->token.count);
	for (i = p->token.count; i < size && r >= 0; i++)
		r = set_bits(p, offset + i, &zero, NULL, 1);
	return r;
}

int map_parse_address(struct map_parser *p, size_t offset, size_t size)
{
	static const char *const kinds[] = {
		[4] = "an IPv4 address", [6] = "a MAC address", [16] = "an IPv6 address"
	};
	uint8_t address[16];

	if (text_address_parse(p->token.chars, size, address) < 0)
		return map_parse_fail(p, "'%.64s' is not %s", p->token.chars, kinds[size]);
	return set_bits(p, offset, address, NULL, size);
}

int map_parse_prefix(struct map_parser *p, size_t offset, size_t size)
{
	uint8_t address[16];
	uint32_t bits;
	int r = text_prefix_parse(p->token.chars, size - sizeof(bits), &bits, address);

	if (r == -ERANGE)
		return map_parse_fail(p, "the prefix of %.64s is longer than the address",
				      p->token.chars);
	if (r < 0)
		return map_parse_fail(p, "'%.64s' is no %s", p->token.chars,
				      size == 8 ? "IPv4 prefix, such as 10.0.0.0/8"
						: "IPv6 prefix, such as fd00::/64");
	r = set_bits(p, offset, (uint8_t *)&bits, NULL, sizeof(bits));
	return r < 0 ? r : set_bits(p, offset + sizeof(bits), address, NULL, size - sizeof(bits));
}

int map_parse_scalar(struct map_parser *p, const struct map_field *f, size_t offset)
{
	int r;

	if (p->token.kind == TEXT_JSON_SCALAR && f->kind == MAP_FIELD_CHARS)
		return read_chars(p, f, offset);
	if (p->token.kind == TEXT_JSON_SCALAR && f->kind == MAP_FIELD_CHAR)
		return read_char(p, f, offset);
	r = expect_scalar(p, f);
	if (r < 0)
		return r;
	switch (f->kind) {
	case MAP_FIELD_BOOL:
		if (is_word(p, "true") || is_word(p, "false"))
			return set_number(p, f, offset, is_word(p, "true"));
		return read_number(p, f, offset);
	case MAP_FIELD_ENUM:
		return read_enum(p, f, offset);
	case MAP_FIELD_POINTER:
		return is_word(p, "null") ? set_number(p, f, offset, 0) : read_number(p, f, offset);
	case MAP_FIELD_FLOAT:
		return read_float(p, f, offset);
	case MAP_FIELD_BYTES:
		return map_parse_fail(p,
				      f->size == 1 ? "%u byte is written as " MAP_HEX "0a"
						   : "%u bytes are written as " MAP_HEX "0a00...",
				      f->size);
	case MAP_FIELD_ADDRESS:
		return map_parse_address(p, offset, f->size);
	case MAP_FIELD_PREFIX:
		return map_parse_prefix(p, offset, f->size);
	case MAP_FIELD_OPAQUE:
		return is_word(p, "null") ? 0
					  : map_parse_fail(p, "%s is the kernel's: null",
							   map_parse_type(p, f));
	default:
		return read_number(p, f, offset);
	}
}
