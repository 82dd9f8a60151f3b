/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/format_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"

#define RENAME_PASSES 8

static int fail_memory(struct map_build *b)
{
	return skep_fail(b->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "format");
}

/* Room for @more behind @count elements: arrays grow at powers of two. */
static int grow(void **array, size_t count, size_t more, size_t element)
{
	size_t have = 16, want = 16;
	void *grown;

	while (have < count)
		have *= 2;
	while (want < count + more)
		want *= 2;
	if (count && want == have)
		return 0;
	grown = realloc(*array, want * element);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	return 0;
}

int map_build_begin(struct map_build *b, struct skep_error *err)
{
	uint32_t empty;

	*b = (struct map_build){ .format = calloc(1, sizeof(*b->format)), .err = err };
	if (!b->format)
		return fail_memory(b);
	return map_build_string(b, "", 0, &empty);
}

int map_build_add(struct map_build *b, const struct map_field *field, uint32_t *ret_index)
{
	struct skep_format *f = b->format;

	if (f->field_count == MAP_FORMAT_FIELDS)
		return skep_fail(b->err, -EFBIG, SKEP_ERR_UNSUPPORTED,
				 "format: more than %u members.", MAP_FORMAT_FIELDS);
	if (grow((void **)&f->fields, f->field_count, 1, sizeof(*f->fields)) < 0)
		return fail_memory(b);
	f->fields[f->field_count] = *field;
	f->fields[f->field_count].next = f->field_count + 1;
	*ret_index = f->field_count++;
	return 0;
}

int map_build_string(struct map_build *b, const char *text, size_t len, uint32_t *ret_offset)
{
	struct skep_format *f = b->format;

	if (len > MAP_FORMAT_BYTES - f->string_bytes - 1 ||
	    grow((void **)&f->strings, f->string_bytes, len + 1, 1) < 0)
		return fail_memory(b);
	memcpy(f->strings + f->string_bytes, text, len);
	f->strings[f->string_bytes + len] = '\0';
	*ret_offset = f->string_bytes;
	f->string_bytes += (uint32_t)len + 1;
	return 0;
}

static int is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '$' || c == '.';
}

int map_build_name(struct map_build *b, const char *name, uint32_t *ret_offset)
{
	int r = map_build_string(b, name, strlen(name), ret_offset);
	char *c;

	if (r < 0)
		return r;
	for (c = b->format->strings + *ret_offset; *c; c++)
		if (!is_name_char(*c))
			*c = '_';
	return 0;
}

int map_build_enumerator(struct map_build *b, const char *name, uint64_t value)
{
	struct skep_format *f = b->format;
	struct map_enumerator e = { .value = value };
	int r;

	if (!*name)
		return 0;
	r = map_build_name(b, name, &e.name);
	if (r < 0)
		return r;
	if (grow((void **)&f->enumerators, f->enumerator_count, 1, sizeof(e)) < 0)
		return fail_memory(b);
	f->enumerators[f->enumerator_count++] = e;
	return 0;
}

/* Names are kept in the order in which they came: their offsets tell which was first. */
static int compare_names(const void *a, const void *b, void *strings)
{
	const struct map_enumerator *x = a, *y = b;
	int order = strcmp((char *)strings + x->name, (char *)strings + y->name);

	return order ? order : (x->name > y->name) - (x->name < y->name);
}

static int compare_values(const void *a, const void *b)
{
	const struct map_enumerator *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? 1 : -1;
	return (x->name > y->name) - (x->name < y->name);
}

void map_build_close_enum(struct map_build *b, uint32_t index)
{
	struct map_field *field = map_build_field(b, index);
	struct skep_format *f = b->format;
	uint32_t count = f->enumerator_count - field->first, kept = 0, i;
	struct map_enumerator *e;

	if (!count)
		return;
	e = f->enumerators + field->first;
	qsort_r(e, count, sizeof(*e), compare_names, f->strings);
	for (i = 0; i < count; i++)
		if (!i || strcmp(f->strings + e[i].name, f->strings + e[kept - 1].name) != 0)
			e[kept++] = e[i];
	qsort(e, kept, sizeof(*e), compare_values);
	field->count = kept;
	f->enumerator_count = field->first + kept;
}

struct member {
	uint32_t name;
	uint32_t index;
};

static int compare_members(const void *a, const void *b, void *strings)
{
	const struct member *x = a, *y = b;
	int order = strcmp((char *)strings + x->name, (char *)strings + y->name);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* The members of a field, by name. Return: how many. */
static uint32_t sort_members(const struct skep_format *f, uint32_t index, struct member *members)
{
	uint32_t count = 0, i;

	for (i = index + 1; i < f->fields[index].next; i = f->fields[i].next)
		members[count++] = (struct member){ f->fields[i].name, i };
	qsort_r(members, count, sizeof(*members), compare_members, f->strings);
	return count;
}

/* Puts a number behind all but the first of each name. Return: how many there were; -ENOMEM. */
static int rename_twins(struct map_build *b, const struct member *members, uint32_t count)
{
	uint32_t first = 0, i;
	int renamed = 0;

	for (i = 1; i < count; i++) {
		_cleanup_free_ char *name = NULL;
		const char *twin = b->format->strings + members[i].name;
		int r;

		if (strcmp(twin, b->format->strings + members[first].name) != 0) {
			first = i;
			continue;
		}
		if (asprintf(&name, "%s_%u", twin, i - first + 1) < 0)
			return fail_memory(b);
		r = map_build_string(b, name, strlen(name),
				     &map_build_field(b, members[i].index)->name);
		if (r < 0)
			return r;
		renamed++;
	}
	return renamed;
}

int map_build_close(struct map_build *b, uint32_t index)
{
	struct map_field *field = map_build_field(b, index);
	_cleanup_free_ struct member *members = NULL;
	int r = 1, pass;

	field->next = b->format->field_count;
	if (field->kind != MAP_FIELD_RECORD || field->next == index + 1)
		return 0;
	members = calloc(field->next - index - 1, sizeof(*members));
	if (!members)
		return fail_memory(b);
	for (pass = 0; r > 0 && pass < RENAME_PASSES; pass++)
		r = rename_twins(b, members, sort_members(b->format, index, members));
	if (r > 0)
		return skep_fail(b->err, -EINVAL, SKEP_ERR_INVALID,
				 "format: the members of %s have the same names.",
				 map_format_string(b->format, field->type));
	return r;
}

/* What begins behind all else is flexible; an array without elements in the midst of others has none. */
static void settle_flexible(struct skep_format *f)
{
	uint64_t data_end = 0;
	uint32_t i;

	for (i = 0; i < f->field_count; i++) {
		const struct map_field *field = &f->fields[i];
		uint64_t end = (uint64_t)field->offset + field->size;

		if (field->kind == MAP_FIELD_RECORD || field->kind == MAP_FIELD_LIST)
			continue;
		if (!field->is_flexible && end > data_end)
			data_end = end;
		if (field->kind == MAP_FIELD_ARRAY)
			i = field->next - 1; /* the offsets within are others */
	}
	for (i = 0; i < f->field_count; i++) {
		struct map_field *field = &f->fields[i];

		if (field->is_flexible && field->offset < data_end)
			field->is_flexible = 0;
		f->is_flexible |= field->is_flexible;
	}
}

void map_build_finish(struct map_build *b, size_t size, struct skep_format **ret_format)
{
	struct skep_format *f = b->format;

	f->size = size;
	settle_flexible(f);
	*ret_format = take_ptr(b->format);
}
