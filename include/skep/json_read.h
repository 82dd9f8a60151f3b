/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_JSON_READ_H
#define SKEP_JSON_READ_H
/*
 * JSON in: a document as its leaves, each with its place.
 *
 * For documents of the skep command and others of moderate size: the text is in memory, and keys are not checked for
 * being there once. What is not JSON to the letter is refused.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;

/* What a leaf is. */
enum skep_json_kind {
	SKEP_JSON_STRING = 1,
	SKEP_JSON_NUMBER = 2, /* as it is written */
	SKEP_JSON_BOOL = 3,   /* "true" or "false" */
	SKEP_JSON_NULL = 4,
	SKEP_JSON_EMPTY = 5, /* an object or array with nothing in it: "{}" or "[]" */
};

/*
 * Gets a leaf. @path is a JSON pointer: "/helpers/xdp/3"; "" is the document itself. Both strings are borrowed for the
 * call; a string ends at a NUL character in it.
 * Return: 0 to go on; anything else ends the reading and is returned.
 */
typedef int (*skep_json_leaf_fn)(const char *path, uint32_t kind, const char *value,
				 void *userdata);

/**
 * skep_json_read() - read a document
 * @text:     one JSON value; need not end with NUL
 * @bytes:    of @text
 * @fn:       gets the leaves in the order of the text
 * @userdata: for @fn
 *
 * Leaves before a mistake in the text have been delivered.
 *
 * Return: 0; -EINVAL no @fn; -EBADMSG not JSON, or nested more than 64 deep: @err has the place; -ENOMEM; what @fn
 *         returned.
 * Source: RFC 8259; RFC 6901 for the paths.
 */
int skep_json_read(const char *text, size_t bytes, skep_json_leaf_fn fn, void *userdata,
		   struct skep_error *err);

SKEP_END
#endif
