/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_JSON_PULL_H
#define TEXT_JSON_PULL_H
/*
 * JSON in, token by token: nothing is allocated, nothing is built, numbers stay the text that they are.
 *
 * With TEXT_JSON_WORDS it also reads what is convenient to type: names and values without quotes
 * (10.0.0.1, aa:bb:cc:dd:ee:ff), ".name = value" for "name": value, blanks or a last comma in place of commas, 'a', and
 * the escapes \xNN and \0. All JSON means the same there.
 */
#include <stddef.h>
#include <stdint.h>

struct skep_error;

enum text_json_flag {
	TEXT_JSON_WORDS = 1 << 0,
	TEXT_JSON_IN_OBJECT = 1 << 1, /* the text is the inside of an object, without its braces */
	TEXT_JSON_IN_ARRAY = 1 << 2,  /* the same of an array */
};

enum text_json_kind {
	TEXT_JSON_END, /* of the text */
	TEXT_JSON_OBJECT,
	TEXT_JSON_OBJECT_END,
	TEXT_JSON_ARRAY,
	TEXT_JSON_ARRAY_END,
	TEXT_JSON_NAME,   /* of a member: its value is the next token */
	TEXT_JSON_SCALAR, /* a string, a number, true, false, null, a word */
};

#define TEXT_JSON_DEPTH 64 /* of objects and arrays in each other; more are refused */

struct text_json_token {
	enum text_json_kind kind;
	char quote;        /* '"' or '\'': it was written with; 0: without */
	const char *chars; /* name, scalar: decoded, ends with a NUL; good until the next token */
	size_t count;      /* bytes of chars: there may be NULs inside */
	const char *at;    /* where it begins in the text */
};

/* The members are the reader's. */
struct text_json_reader {
	const char *begin;
	const char *at;
	const char *end;
	char *decoded; /* as long as the text, and a NUL */
	struct skep_error *err;
	uint64_t objects; /* a bit for each level: is it an object */
	uint32_t depth;
	uint32_t base; /* levels that need no bracket at the end */
	uint32_t flags;
	uint32_t expects; /* enum expectation */
};

/*
 * text_json_begin() - read a text
 * @text:    @len bytes; the caller's until the reader is done
 * @decoded: caller memory of @len + 1 bytes, for the tokens
 * @err:     the caller's record, or NULL: for all that is wrong in the text
 */
void text_json_begin(struct text_json_reader *r, const char *text, size_t len, uint32_t flags,
		     char *decoded, struct skep_error *err);

/*
 * text_json_next() - the next token
 *
 * Return: 0; -EINVAL with the place and the reason; the reader is then done.
 * Source: RFC 8259.
 */
int text_json_next(struct text_json_reader *r, struct text_json_token *ret_token);

/*
 * text_json_fail() - refuse what stands at @at, with its line and column
 *
 * Return: -EINVAL.
 */
int text_json_fail(const struct text_json_reader *r, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
