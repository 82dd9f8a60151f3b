/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "text/json_pull.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>

#include "base/error.h"
#include "text/utf8.h"

enum expectation {
	EXPECT_VALUE,         /* nothing else */
	EXPECT_FIRST_ELEMENT, /* or the end of the array */
	EXPECT_ELEMENT,       /* behind a comma */
	EXPECT_FIRST_NAME,    /* or the end of the object */
	EXPECT_NAME,          /* behind a comma */
	EXPECT_COMMA,         /* or the end of what we are in */
};

void text_json_begin(struct text_json_reader *r, const char *text, size_t len, uint32_t flags,
		     char *decoded, struct skep_error *err)
{
	*r = (struct text_json_reader){
		.begin = text,
		.at = text,
		.end = text + len,
		.decoded = decoded,
		.err = err,
		.flags = flags,
		.expects = EXPECT_VALUE,
	};
	if (flags & (TEXT_JSON_IN_OBJECT | TEXT_JSON_IN_ARRAY)) {
		r->depth = r->base = 1;
		r->objects = flags & TEXT_JSON_IN_OBJECT ? 1 : 0;
		r->expects = r->objects ? EXPECT_FIRST_NAME : EXPECT_FIRST_ELEMENT;
	}
}

int text_json_fail(const struct text_json_reader *r, const char *at, const char *fmt, ...)
{
	unsigned line = 1, column = 1;
	char reason[sizeof(r->err->msg)], place[32];
	const char *s;
	va_list args;

	for (s = r->begin; s < at; s++)
		if (*s == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*s & 0xc0) != 0x80) {
			column++;
		}
	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	if (line > 1)
		snprintf(place, sizeof(place), "line %u, column %u", line, column);
	else
		snprintf(place, sizeof(place), "column %u", column);
	return skep_fail(r->err, -EINVAL, SKEP_ERR_INVALID, "%s: %.200s.", place, reason);
}

/* The character at @at for a message. */
static int fail_unexpected(const struct text_json_reader *r, const char *at, const char *wanted)
{
	size_t n = text_utf8_len(at, r->end);

	if (at == r->end)
		return text_json_fail(r, at, "the text ends where %s is expected", wanted);
	if (!n || (unsigned char)*at < 0x20)
		return text_json_fail(r, at, "byte 0x%02x where %s is expected", (unsigned char)*at,
				      wanted);
	return text_json_fail(r, at, "'%.*s' where %s is expected", (int)n, at, wanted);
}

/* The next character; NUL: there is none, or it is one. */
static char peek(const struct text_json_reader *r)
{
	if (r->at < r->end)
		return *r->at;
	return '\0';
}

static void skip_blanks(struct text_json_reader *r)
{
	while (r->at < r->end && *r->at && strchr(" \t\r\n", *r->at))
		r->at++;
}

static int in_object(const struct text_json_reader *r)
{
	return r->depth && (r->objects >> (r->depth - 1) & 1);
}

static int reads_words(const struct text_json_reader *r)
{
	return (r->flags & TEXT_JSON_WORDS) != 0;
}

/* @count hexadecimal digits at r->at, which moves behind them. */
static int read_hex(struct text_json_reader *r, int count, uint32_t *ret_value)
{
	uint32_t value = 0;

	for (; count; count--, r->at++) {
		char c = peek(r);

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return fail_unexpected(r, r->at, "a hexadecimal digit");
	}
	*ret_value = value;
	return 0;
}

/* Behind \u: one character, of two escapes if it begins with a surrogate. */
static int read_unicode(struct text_json_reader *r, char **out)
{
	const char *at = r->at - 2;
	uint32_t c = 0, low = 0;
	int ret = read_hex(r, 4, &c);

	if (ret < 0)
		return ret;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
			return text_json_fail(r, at, "half of a surrogate pair");
		r->at += 2;
		ret = read_hex(r, 4, &low);
		if (ret < 0)
			return ret;
		if (low < 0xdc00 || low > 0xdfff)
			return text_json_fail(r, at, "half of a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
	} else if (c >= 0xdc00 && c <= 0xdfff) {
		return text_json_fail(r, at, "half of a surrogate pair");
	}
	*out += text_utf8_put(c, *out);
	return 0;
}

/* Behind a backslash. */
static int read_escape(struct text_json_reader *r, char **out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	char c = peek(r);
	const char *name = c ? strchr(names, c) : NULL;
	uint32_t byte = 0;
	int ret;

	if (c == 'u' || (c == 'x' && reads_words(r))) {
		r->at++;
		if (c == 'u')
			return read_unicode(r, out);
		ret = read_hex(r, 2, &byte);
		if (!ret)
			*(*out)++ = (char)byte;
		return ret;
	}
	if (reads_words(r) && (c == '0' || c == '\'')) {
		*(*out)++ = (char)(c == '0' ? '\0' : c);
	} else if (name) {
		*(*out)++ = values[name - names];
	} else {
		return fail_unexpected(r, r->at, "one of the escapes");
	}
	r->at++;
	return 0;
}

/* A string at its quote. What it decodes to is never longer than it is. */
static int read_string(struct text_json_reader *r, struct text_json_token *t)
{
	char *out = r->decoded;
	int ret;

	t->quote = *r->at++;
	for (;;) {
		size_t n = text_utf8_len(r->at, r->end);

		if (r->at == r->end)
			return text_json_fail(r, t->at, "a string without an end");
		if (*r->at == t->quote)
			break;
		if (*r->at == '\\') {
			r->at++;
			ret = read_escape(r, &out);
			if (ret < 0)
				return ret;
			continue;
		}
		if (!n || (unsigned char)*r->at < 0x20)
			return text_json_fail(r, r->at, "byte 0x%02x in a string",
					      (unsigned char)*r->at);
		memcpy(out, r->at, n);
		out += n;
		r->at += n;
	}
	r->at++;
	*out = '\0';
	t->chars = r->decoded;
	t->count = (size_t)(out - r->decoded);
	return 0;
}

static size_t digits_len(const char *s)
{
	return strspn(s, "0123456789");
}

/* Source: RFC 8259, section 6. */
static int is_json_number(const char *s)
{
	size_t n;

	s += *s == '-';
	n = digits_len(s);
	if (!n || (*s == '0' && n > 1))
		return 0;
	s += n;
	if (*s == '.') {
		n = digits_len(++s);
		if (!n)
			return 0;
		s += n;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '+' || *s == '-';
		n = digits_len(s);
		if (!n)
			return 0;
		s += n;
	}
	return !*s;
}

/* What ends a word: a blank, or one of these. */
static int ends_word(char c, int is_name)
{
	return (unsigned char)c <= 0x20 || strchr(is_name ? ",[]{}\"'=:" : ",[]{}\"'", c);
}

/* Something without quotes. */
static int read_word(struct text_json_reader *r, int is_name, struct text_json_token *t)
{
	const char *wanted = is_name ? "a name" : "a value", *begin = r->at;

	while (r->at < r->end && !ends_word(*r->at, is_name)) {
		size_t n = text_utf8_len(r->at, r->end);

		if (!n)
			return fail_unexpected(r, r->at, wanted);
		r->at += n;
	}
	t->quote = '\0';
	t->count = (size_t)(r->at - begin);
	if (!t->count)
		return fail_unexpected(r, r->at, wanted);
	memcpy(r->decoded, begin, t->count);
	r->decoded[t->count] = '\0';
	t->chars = r->decoded;
	if (!reads_words(r) && strcmp(t->chars, "true") && strcmp(t->chars, "false") &&
	    strcmp(t->chars, "null") && !is_json_number(t->chars))
		return text_json_fail(r, begin, "'%.40s' is no value of JSON", t->chars);
	return 0;
}

static void value_is_read(struct text_json_reader *r)
{
	r->expects = EXPECT_COMMA;
}

static int open_level(struct text_json_reader *r, struct text_json_token *t, int is_object)
{
	if (r->depth == TEXT_JSON_DEPTH)
		return text_json_fail(r, r->at, "nested deeper than %d levels", TEXT_JSON_DEPTH);
	r->objects &= ~(1ull << r->depth);
	r->objects |= (uint64_t)is_object << r->depth++;
	r->expects = is_object ? EXPECT_FIRST_NAME : EXPECT_FIRST_ELEMENT;
	r->at++;
	t->kind = is_object ? TEXT_JSON_OBJECT : TEXT_JSON_ARRAY;
	return 0;
}

static int close_level(struct text_json_reader *r, struct text_json_token *t)
{
	t->kind = in_object(r) ? TEXT_JSON_OBJECT_END : TEXT_JSON_ARRAY_END;
	r->depth--;
	r->at++;
	value_is_read(r);
	return 0;
}

static int read_value(struct text_json_reader *r, struct text_json_token *t)
{
	char c = peek(r);

	if (c == '{' || c == '[')
		return open_level(r, t, c == '{');
	t->kind = TEXT_JSON_SCALAR;
	value_is_read(r);
	if (c == '"' || (c == '\'' && reads_words(r)))
		return read_string(r, t);
	return read_word(r, 0, t);
}

static int read_name(struct text_json_reader *r, struct text_json_token *t)
{
	int ret;

	t->kind = TEXT_JSON_NAME;
	if (r->at < r->end && *r->at == '"') {
		ret = read_string(r, t);
	} else if (!reads_words(r)) {
		ret = fail_unexpected(r, r->at, "the name of a member, in quotes,");
	} else {
		r->at += r->at < r->end && *r->at == '.';
		ret = read_word(r, 1, t);
	}
	if (ret < 0)
		return ret;
	skip_blanks(r);
	if (r->at < r->end && (*r->at == ':' || (*r->at == '=' && reads_words(r)))) {
		r->at++;
		r->expects = EXPECT_VALUE;
		return 0;
	}
	return fail_unexpected(r, r->at, reads_words(r) ? "'=' or ':'" : "':'");
}

/* Can the object or array that we are in end here? */
static int may_close(const struct text_json_reader *r)
{
	switch (r->expects) {
	case EXPECT_FIRST_ELEMENT:
	case EXPECT_FIRST_NAME:
	case EXPECT_COMMA:
		return r->depth > 0;
	case EXPECT_ELEMENT:
	case EXPECT_NAME:
		return reads_words(r);
	default:
		return 0;
	}
}

/* Between two members or elements. Return: 0, and what is next; -EINVAL. */
static int read_comma(struct text_json_reader *r)
{
	if (r->at < r->end && *r->at == ',')
		r->at++;
	else if (!reads_words(r))
		return fail_unexpected(r, r->at, in_object(r) ? "',' or '}'" : "',' or ']'");
	r->expects = in_object(r) ? EXPECT_NAME : EXPECT_ELEMENT;
	skip_blanks(r);
	return 0;
}

int text_json_next(struct text_json_reader *r, struct text_json_token *t)
{
	int ret;

	skip_blanks(r);
	if (r->expects == EXPECT_COMMA && r->depth > r->base && r->at == r->end)
		return fail_unexpected(r, r->at, in_object(r) ? "'}'" : "']'");
	if (r->expects == EXPECT_COMMA && r->depth && r->at < r->end &&
	    *r->at != (in_object(r) ? '}' : ']')) {
		ret = read_comma(r);
		if (ret < 0)
			return ret;
	}
	*t = (struct text_json_token){ .at = r->at };
	if (r->at == r->end && r->depth == r->base &&
	    (r->base ? may_close(r) : r->expects == EXPECT_COMMA))
		return 0;
	if (r->at < r->end && r->depth > r->base && *r->at == (in_object(r) ? '}' : ']') &&
	    may_close(r))
		return close_level(r, t);
	switch (r->expects) {
	case EXPECT_FIRST_NAME:
	case EXPECT_NAME:
		return read_name(r, t);
	case EXPECT_COMMA:
		return fail_unexpected(r, r->at, "the end");
	default:
		return read_value(r, t);
	}
}
