/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/rename.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/error.h"

#define BETWEEN ", \t\n"

static int fail_at(struct skep_error *err, const char *begin, const char *at, const char *why)
{
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "renames, column %zu: %s.",
			 (size_t)(at - begin) + 1, why);
}

static int begins_with(const char *text, const char *word)
{
	return !strncmp(text, word, strlen(word));
}

/* Whether two fields are in the same struct. */
static int is_beside(const char *a, const char *b)
{
	const size_t a_len = (size_t)(strrchr(a, '.') - a), b_len = (size_t)(strrchr(b, '.') - b);

	return a_len == b_len && !strncmp(a, b, a_len);
}

/* One of them, in @text, which is cut up: begins at @at and ends at @end. */
static int parse_one(struct map_renames *r, char *at, char *end, struct skep_error *err)
{
	struct map_rename *list, *entry;
	char *equals = memchr(at, '=', (size_t)(end - at));
	uint32_t i;

	if (!equals)
		return fail_at(err, r->text, at, "OLD=NEW is expected");
	if (memchr(equals + 1, '=', (size_t)(end - equals - 1)) ||
	    memchr(equals + 1, '.', (size_t)(end - equals - 1)))
		return fail_at(err, r->text, equals + 1, "a name is expected, not a path");
	*equals = *end = '\0';
	if ((!begins_with(at, "key.") && !begins_with(at, "value.")) || strstr(at, "..") ||
	    equals[-1] == '.')
		return fail_at(err, r->text, at,
			       "a path begins with key. or value., and has a name behind each dot");
	if (map_renames_find(r, at))
		return fail_at(err, r->text, at, "this field has been renamed before");
	for (i = 0; i < r->count && equals[1]; i++)
		if (!strcmp(r->renames[i].name, equals + 1) && is_beside(r->renames[i].path, at))
			return fail_at(err, r->text, at, "two fields have the same new name");
	if (r->count == MAP_RENAMES)
		return fail_at(err, r->text, at, "too many of them");
	list = reallocarray(r->renames, r->count + 1, sizeof(*list));
	if (!list)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "renames");
	r->renames = list;
	entry = &list[r->count++];
	*entry = (struct map_rename){ .path = at, .name = equals + 1 };
	return 0;
}

int map_renames_parse(const char *text, struct map_renames *ret, struct skep_error *err)
{
	struct map_renames r = { .count = 0 };
	char *at, *end;
	int ret_code = 0, last = 0;

	if (!text || !*text) {
		*ret = r;
		return 0;
	}
	r.text = strdup(text);
	if (!r.text)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "renames");
	for (at = r.text; !ret_code && !last; at = end + 1) {
		at += strspn(at, BETWEEN);
		end = at + strcspn(at, BETWEEN);
		last = !*end; /* parse_one() cuts there */
		if (end > at)
			ret_code = parse_one(&r, at, end, err);
	}
	if (ret_code < 0) {
		map_renames_fini(&r);
		return ret_code;
	}
	*ret = r;
	return 0;
}

void map_renames_fini(struct map_renames *r)
{
	free(r->renames);
	free(r->text);
	*r = (struct map_renames){ .count = 0 };
}

struct map_rename *map_renames_find(const struct map_renames *r, const char *path)
{
	uint32_t i;

	for (i = 0; i < r->count; i++)
		if (!strcmp(r->renames[i].path, path))
			return &r->renames[i];
	return NULL;
}

const struct map_rename *map_renames_use(struct map_renames *r, const char *path)
{
	struct map_rename *rename = map_renames_find(r, path);

	if (rename)
		rename->used = 1;
	return rename;
}
