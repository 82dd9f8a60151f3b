/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/import.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi_names.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "text/json_pull.h"
#include "text/number.h"

/* The members of "map" that are numbers. */
static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{ "key_size", offsetof(struct skep_map_spec, key_size) },
	{ "value_size", offsetof(struct skep_map_spec, value_size) },
	{ "max_entries", offsetof(struct skep_map_spec, max_entries) },
	{ "map_extra", offsetof(struct skep_map_spec, map_extra) },
};

struct parser {
	struct text_json_reader reader;
	struct text_json_token token;
	struct skep_map_import *import;
};

static int next(struct parser *p)
{
	return text_json_next(&p->reader, &p->token);
}

#define refuse(p, ...) text_json_fail(&(p)->reader, (p)->token.at, __VA_ARGS__)

/* To the end of the value that begins with the token. */
static int skip_value(struct parser *p)
{
	unsigned depth = 0;
	int r = 0;

	for (;;) {
		if (p->token.kind == TEXT_JSON_OBJECT || p->token.kind == TEXT_JSON_ARRAY)
			depth++;
		else if (p->token.kind == TEXT_JSON_OBJECT_END ||
			 p->token.kind == TEXT_JSON_ARRAY_END)
			depth--;
		if (!depth)
			return r;
		r = next(p);
		if (r < 0)
			return r;
	}
}

static int read_span(struct parser *p, struct map_import_span *ret)
{
	const char *at = p->token.at;
	int r = skip_value(p);

	if (r < 0)
		return r;
	*ret = (struct map_import_span){ at, (size_t)(p->reader.at - at) };
	return 0;
}

/* The next name of an object. Return: 1, and the token is its value; 0 the end; a negative errno. */
static int next_member(struct parser *p, char name[MAP_IMPORT_NAME])
{
	int r = next(p);

	if (r < 0 || p->token.kind == TEXT_JSON_OBJECT_END)
		return r;
	name[0] = '\0';
	if (p->token.count < MAP_IMPORT_NAME)
		memcpy(name, p->token.chars, p->token.count + 1);
	r = next(p);
	return r < 0 ? r : 1;
}

static int read_number(struct parser *p, uint64_t *ret)
{
	struct text_integer value;

	if (p->token.kind != TEXT_JSON_SCALAR || text_integer_parse(p->token.chars, &value) < 0 ||
	    value.is_negative || value.magnitude > UINT64_MAX)
		return refuse(p, "this is no whole number");
	*ret = (uint64_t)value.magnitude;
	return 0;
}

static int read_type(struct parser *p)
{
	uint32_t type;

	if (p->token.kind != TEXT_JSON_SCALAR ||
	    skep_kabi_from_name(SKEP_KABI_MAP_TYPE, p->token.chars, &type) < 0)
		return refuse(p, "this is no type of maps");
	p->import->spec.type = type;
	return 0;
}

/* Whoever makes the map would be refused by its own fd. */
static int read_flags(struct parser *p)
{
	uint64_t *flags = &p->import->spec.flags;
	char names[SKEP_KABI_FLAGS_SIZE] = "?";
	int r = read_number(p, flags);

	if (r < 0 || !(*flags & SKEP_MAP_FLAGS_NOT_KEPT))
		return r;
	skep_kabi_flags_format(SKEP_KABI_MAP_FLAG, *flags & SKEP_MAP_FLAGS_NOT_KEPT, names,
			       sizeof(names));
	return refuse(p, "flags of an fd, which no map has: %s", names);
}

static int read_map_member(struct parser *p, const char *name)
{
	struct skep_map_import *import = p->import;
	size_t i;

	if (!strcmp(name, "flags"))
		return read_flags(p);
	if (!strcmp(name, "btf_id"))
		return read_number(p, &import->btf_id);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(name, numbers[i].name))
			return read_number(p, (void *)((char *)&import->spec + numbers[i].offset));
	if (!strcmp(name, "type"))
		return read_type(p);
	if (strcmp(name, "name") != 0)
		return skip_value(p);
	if (p->token.kind != TEXT_JSON_SCALAR || p->token.count >= sizeof(import->name) ||
	    strlen(p->token.chars) != p->token.count)
		return refuse(p, "this is no name of a map");
	memcpy(import->name, p->token.chars, p->token.count + 1);
	import->spec.name = *import->name ? import->name : NULL;
	return 0;
}

static int read_map(struct parser *p)
{
	char name[MAP_IMPORT_NAME];
	int r;

	if (p->token.kind != TEXT_JSON_OBJECT)
		return refuse(p, "\"map\" is an object");
	while ((r = next_member(p, name)) > 0) {
		r = read_map_member(p, name);
		if (r < 0)
			return r;
	}
	p->import->has_map = p->import->spec.type != 0;
	return r;
}

static int add_entry(struct skep_map_import *import, const struct map_import_entry *e)
{
	uint64_t room = import->room ? 2 * import->room : 64;
	struct map_import_entry *entries;

	if (import->count == import->room) {
		entries = reallocarray(import->entries, room, sizeof(*entries));
		if (!entries)
			return -ENOMEM;
		import->entries = entries;
		import->room = room;
	}
	import->entries[import->count++] = *e;
	return 0;
}

static int read_entry(struct parser *p)
{
	struct map_import_entry e = { 0 };
	char name[MAP_IMPORT_NAME];
	int r;

	if (p->token.kind != TEXT_JSON_OBJECT)
		return refuse(p, "an entry is an object with \"key\" and \"value\"");
	while ((r = next_member(p, name)) > 0) {
		if (!strcmp(name, "key"))
			r = read_span(p, &e.key);
		else if (!strcmp(name, "value"))
			r = read_span(p, &e.value);
		else
			r = skip_value(p);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (!e.key.at || !e.value.at)
		return refuse(p, "an entry has \"key\" and \"value\"");
	r = add_entry(p->import, &e);
	return r < 0 ? skep_fail(p->reader.err, r, SKEP_ERR_NO_MEMORY, "read a map") : 0;
}

static int read_entries(struct parser *p)
{
	int r;

	if (p->token.kind != TEXT_JSON_ARRAY)
		return refuse(p, "\"entries\" is an array");
	p->import->has_entries = 1;
	for (;;) {
		r = next(p);
		if (r < 0 || p->token.kind == TEXT_JSON_ARRAY_END)
			return r;
		r = read_entry(p);
		if (r < 0)
			return r;
	}
}

static int is_word(const struct parser *p, const char *word)
{
	return p->token.kind == TEXT_JSON_SCALAR && !strcmp(p->token.chars, word);
}

static int read_member(struct parser *p, const char *name)
{
	if (!strcmp(name, "map"))
		return read_map(p);
	if (!strcmp(name, "entries"))
		return read_entries(p);
	if (!strcmp(name, "version") && !is_word(p, "1"))
		return refuse(p, "of this version nothing is known here: it is not 1");
	if (!strcmp(name, "complete") && !is_word(p, "true"))
		return refuse(p, "the document says that it is not complete");
	return skip_value(p);
}

static int read_document(struct parser *p)
{
	char name[MAP_IMPORT_NAME];
	int r = next(p);

	if (r < 0)
		return r;
	if (p->token.kind != TEXT_JSON_OBJECT)
		return refuse(p, "a map is exported as an object");
	while ((r = next_member(p, name)) > 0) {
		r = read_member(p, name);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (!p->import->has_map || !p->import->has_entries)
		return refuse(p, "there is no \"%s\": this is no map that was exported",
			      p->import->has_map ? "entries" : "map");
	return next(p);
}

int skep_map_import_new(const char *text, size_t bytes, struct skep_map_import **ret_import,
			struct skep_error *err)
{
	_cleanup_(skep_map_import_freep) struct skep_map_import *import =
		calloc(1, sizeof(*import));
	_cleanup_free_ char *decoded = malloc(bytes + 1);
	struct parser p = { .import = import };
	int r;

	if (!import || !decoded)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read a map");
	import->spec.sz = sizeof(import->spec);
	text_json_begin(&p.reader, text, bytes, 0, decoded, err);
	r = read_document(&p);
	if (r < 0)
		return r;
	*ret_import = take_ptr(import);
	return 0;
}

struct skep_map_import *skep_map_import_free(struct skep_map_import *import)
{
	int saved = errno;

	if (import) {
		free(import->entries);
		free(import);
	}
	errno = saved;
	return NULL;
}

const struct skep_map_spec *skep_map_import_spec(const struct skep_map_import *import)
{
	return &import->spec;
}

uint64_t skep_map_import_count(const struct skep_map_import *import)
{
	return import->count;
}
