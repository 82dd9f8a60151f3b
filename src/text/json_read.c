/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/json_read.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "text/json_pull.h"

#define INDEX_SIZE 24 /* of "/18446744073709551615" */

/* An object or array that is open. */
struct level {
	int is_array;
	size_t count;
	size_t path_len; /* of its own path */
};

struct walk {
	skep_json_leaf_fn fn;
	void *userdata;
	struct level levels[TEXT_JSON_DEPTH];
	size_t depth;
	char *path; /* as long as it can get */
	size_t path_len;
};

/* A JSON pointer goes on by a name. */
static void path_put(struct walk *w, const char *name)
{
	char *at = w->path + w->path_len;

	*at++ = '/';
	for (; *name; name++) {
		if (*name == '~' || *name == '/') {
			*at++ = '~';
			*at++ = *name == '~' ? '0' : '1';
		} else {
			*at++ = *name;
		}
	}
	*at = '\0';
	w->path_len = (size_t)(at - w->path);
}

/* What we are in gets one more; a member's path has been set by its name. */
static void begin_value(struct walk *w)
{
	struct level *l = w->depth ? &w->levels[w->depth - 1] : NULL;
	char number[INDEX_SIZE];

	if (l && l->is_array) {
		w->path_len = l->path_len;
		snprintf(number, sizeof(number), "%zu", l->count);
		path_put(w, number);
	}
	if (l)
		l->count++;
}

static int close_level(struct walk *w)
{
	const struct level *l = &w->levels[--w->depth];

	w->path_len = l->path_len;
	w->path[w->path_len] = '\0';
	if (l->count)
		return 0;
	return w->fn(w->path, SKEP_JSON_EMPTY, l->is_array ? "[]" : "{}", w->userdata);
}

static uint32_t kind_of(const struct text_json_token *t)
{
	if (t->quote)
		return SKEP_JSON_STRING;
	if (*t->chars == 'n')
		return SKEP_JSON_NULL;
	return *t->chars == 't' || *t->chars == 'f' ? SKEP_JSON_BOOL : SKEP_JSON_NUMBER;
}

static int take(struct walk *w, const struct text_json_token *t)
{
	switch (t->kind) {
	case TEXT_JSON_OBJECT:
	case TEXT_JSON_ARRAY:
		begin_value(w);
		w->levels[w->depth++] = (struct level){ .is_array = t->kind == TEXT_JSON_ARRAY,
							.path_len = w->path_len };
		return 0;
	case TEXT_JSON_OBJECT_END:
	case TEXT_JSON_ARRAY_END:
		return close_level(w);
	case TEXT_JSON_NAME:
		w->path_len = w->levels[w->depth - 1].path_len;
		path_put(w, t->chars);
		return 0;
	default:
		begin_value(w);
		return w->fn(w->path, kind_of(t), t->chars, w->userdata);
	}
}

int skep_json_read(const char *text, size_t bytes, skep_json_leaf_fn fn, void *userdata,
		   struct skep_error *err)
{
	_cleanup_free_ char *decoded = NULL;
	_cleanup_free_ char *path = NULL;
	struct walk w = { .fn = fn, .userdata = userdata };
	struct text_json_reader reader;
	struct text_json_token t;
	int r = 0;

	if (!fn)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "read JSON: for nobody.");
	decoded = malloc(bytes + 1);
	/* each byte of a name may become two, and each level has a slash and a name or an index */
	path = calloc(1, 2 * bytes + (size_t)TEXT_JSON_DEPTH * INDEX_SIZE + 1);
	if (!decoded || !path)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read JSON");
	w.path = path;
	text_json_begin(&reader, text, bytes, 0, decoded, err);
	while (r == 0) {
		if (text_json_next(&reader, &t) < 0) {
			if (err)
				err->code = -EBADMSG;
			return skep_wrap(err, -EBADMSG, "JSON, ");
		}
		if (t.kind == TEXT_JSON_END)
			break;
		r = take(&w, &t);
	}
	return r;
}
