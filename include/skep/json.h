/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_JSON_H
#define SKEP_JSON_H
/*
 * JSON out, through caller memory: no allocation, no locale, no format strings. The writer puts the commas; opening
 * and closing in the right order is the caller's part. What fails is remembered, later calls do nothing, and
 * skep_json_finish() says so: one check at the end is enough.
 *
 *     skep_json_init(&j, buf, sizeof(buf));
 *     skep_json_object(&j, NULL);
 *     skep_json_string(&j, "schema", "example");
 *     skep_json_u64(&j, "version", 1);
 *     skep_json_object_end(&j);
 *     len = skep_json_finish(&j);
 *
 * Keys are names that need no escapes. A key NULL is for elements of an array, and for the document itself.
 */
#include <skep/base.h>

SKEP_BEGIN

/* Takes @len bytes of the document. Return: 0; a negative errno ends the document and is what finish returns. */
typedef int (*skep_json_write_fn)(const char *bytes, size_t len, void *userdata);

/* A document being written. The members are the library's. */
struct skep_json {
	char *begin;
	char *at;
	char *end; /* one byte behind the last that may be written */
	skep_json_write_fn write_fn;
	void *userdata;
	uint32_t comma; /* a member or element stands before the next one */
	int32_t result; /* 0, or the first error */
};

/**
 * skep_json_init() - begin a document in memory
 * @j:    to be initialised; needs no release
 * @buf:  where the document goes; the caller's until skep_json_finish() has returned
 * @size: bytes of @buf, of which the NUL at the end takes one
 *
 * Context: no other thread uses @j.
 * Source: RFC 8259.
 */
void skep_json_init(struct skep_json *j, char *buf, size_t size);

/**
 * skep_json_stream() - let a document be longer than its buffer
 * @j:        just initialised
 * @fn:       gets the document piece by piece, when the buffer is full and at the end
 * @userdata: for @fn
 *
 * Context: @fn runs inside the calls that write.
 * Source: RFC 8259.
 */
void skep_json_stream(struct skep_json *j, skep_json_write_fn fn, void *userdata);

/**
 * skep_json_object() - open an object
 * @j:   a document
 * @key: name of the member, or NULL
 *
 * Source: RFC 8259, section 4.
 */
void skep_json_object(struct skep_json *j, const char *key);

/**
 * skep_json_object_end() - close the object that was opened last
 * @j: a document
 *
 * Source: RFC 8259, section 4.
 */
void skep_json_object_end(struct skep_json *j);

/**
 * skep_json_array() - open an array
 * @j:   a document
 * @key: name of the member, or NULL
 *
 * Source: RFC 8259, section 5.
 */
void skep_json_array(struct skep_json *j, const char *key);

/**
 * skep_json_array_end() - close the array that was opened last
 * @j: a document
 *
 * Source: RFC 8259, section 5.
 */
void skep_json_array_end(struct skep_json *j);

/**
 * skep_json_u64() - a number
 * @j:     a document
 * @key:   name of the member, or NULL
 * @value: written in full; readers with doubles lose digits beyond 2^53
 *
 * Source: RFC 8259, section 6.
 */
void skep_json_u64(struct skep_json *j, const char *key, uint64_t value);

/**
 * skep_json_i64() - a number that may be negative
 * @j:     a document
 * @key:   name of the member, or NULL
 * @value: written in full
 *
 * Source: RFC 8259, section 6.
 */
void skep_json_i64(struct skep_json *j, const char *key, int64_t value);

/**
 * skep_json_bool() - true or false
 * @j:     a document
 * @key:   name of the member, or NULL
 * @value: 0: false
 *
 * Source: RFC 8259, section 3.
 */
void skep_json_bool(struct skep_json *j, const char *key, int value);

/**
 * skep_json_null() - null: there is no value
 * @j:   a document
 * @key: name of the member, or NULL
 *
 * Source: RFC 8259, section 3.
 */
void skep_json_null(struct skep_json *j, const char *key);

/**
 * skep_json_string() - a string
 * @j:     a document
 * @key:   name of the member, or NULL
 * @value: bytes that are taken as UTF-8; what is not, and control characters, become escapes of single bytes; NULL is
 *         written as null
 *
 * Source: RFC 8259, section 7; RFC 3629, section 4.
 */
void skep_json_string(struct skep_json *j, const char *key, const char *value);

/**
 * skep_json_chars() - a string of a given length
 * @j:     a document
 * @key:   name of the member, or NULL
 * @chars: as the value of skep_json_string(), but it may hold NULs, and needs none at its end
 * @count: bytes
 *
 * Source: RFC 8259, section 7; RFC 3629, section 4.
 */
void skep_json_chars(struct skep_json *j, const char *key, const char *chars, size_t count);

/**
 * skep_json_double() - a number with a fraction
 * @j:     a document
 * @key:   name of the member, or NULL
 * @value: written with as many digits as it takes to read the same back; JSON has no infinity and no NaN: they are the
 *         strings "inf", "-inf" and "nan"
 *
 * Source: RFC 8259, section 6.
 */
void skep_json_double(struct skep_json *j, const char *key, double value);

/**
 * skep_json_finish() - end a document
 * @j: a document; what was not written yet goes to the function of skep_json_stream()
 *
 * Return: the length of what stands in the buffer without the NUL behind it, or 0 if the document went to a function;
 *         -ENOSPC it did not fit; what the function returned.
 * Source: RFC 8259.
 */
int skep_json_finish(struct skep_json *j);

SKEP_END
#endif
