/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep feature: asks. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/feature.h>
#include <skep/kabi.h>

#include "feature.h"

const struct feature_section_name feature_sections[FEATURE_SECTIONS] = {
	[FEATURE_SYSTEM] = { "system", "System", "" },
	[FEATURE_MISC] = { "misc", "Features", "" },
	[FEATURE_PROGRAM_TYPES] = { "program_types", "Program types", "_PROG_TYPE" },
	[FEATURE_MAP_TYPES] = { "map_types", "Map types", "_MAP_TYPE" },
	[FEATURE_ATTACH_TYPES] = { "attach_types", "Attach types", "_ATTACH_TYPE" },
	[FEATURE_LINK_TYPES] = { "link_types", "Link types", "_LINK_TYPE" },
	[FEATURE_ATTACHING] = { "attaching", "Attaching", "" },
	[FEATURE_HELPERS] = { "helpers", "Helpers", "" },
	[FEATURE_KFUNCS] = { "kfuncs", "Functions of the kernel", "" },
};

/* A row; @e has the words of a negative answer. */
static int add(struct feature_list *list, const struct feature_row *row, const struct skep_error *e)
{
	struct feature_row *rows;

	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 1024;
		rows = realloc(list->rows, list->room * sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		list->rows = rows;
	}
	rows = &list->rows[list->count];
	*rows = *row;
	if (row->answer >= 0) {
		list->told++;
	} else {
		rows->reason = strdup(e->msg);
		if (!rows->reason)
			return -ENOMEM;
		if (!list->unknown++)
			list->kind = e->kind;
	}
	list->count++;
	return 0;
}

static int ask_misc(struct feature_list *list, struct skep_features *f)
{
	size_t count, i;
	const struct skep_feature_row *rows = skep_feature_rows(&count);
	int r = 0;

	for (i = 0; i < count && r == 0; i++) {
		struct skep_error e;
		struct feature_row row = { .section = FEATURE_MISC,
					   .name = rows[i].name,
					   .note = rows[i].sentence };

		row.answer = skep_feature_has(f, (uint32_t)rows[i].number, &e);
		r = add(list, &row, &e);
	}
	return r;
}

/* Is row @i another name of the one before it, or no type at all? Number 0 is an attach type. */
static int passed_over(uint32_t table, const struct skep_kabi_row *rows, size_t i)
{
	if (table != SKEP_KABI_ATTACH_TYPE && !rows[i].number)
		return 1;
	return i && rows[i].number == rows[i - 1].number;
}

static int attach_type(struct skep_features *f, uint32_t number, struct skep_error *err)
{
	return skep_feature_attach_type(f, 0, number, err);
}

static const struct table {
	enum feature_section section;
	uint32_t kabi;
	int (*ask)(struct skep_features *f, uint32_t number, struct skep_error *err);
} tables[] = {
	{ FEATURE_PROGRAM_TYPES, SKEP_KABI_PROG_TYPE, skep_feature_prog_type },
	{ FEATURE_MAP_TYPES, SKEP_KABI_MAP_TYPE, skep_feature_map_type },
	{ FEATURE_ATTACH_TYPES, SKEP_KABI_ATTACH_TYPE, attach_type },
	{ FEATURE_LINK_TYPES, SKEP_KABI_LINK_TYPE, skep_feature_link_type },
};

static int ask_table(struct feature_list *list, struct skep_features *f, const struct table *table)
{
	size_t count, i;
	const struct skep_kabi_row *rows = skep_kabi_rows(table->kabi, &count);
	int r = 0;

	for (i = 0; i < count && r == 0; i++) {
		struct skep_error e;
		struct feature_row row = { .section = table->section, .name = rows[i].name };

		if (passed_over(table->kabi, rows, i))
			continue;
		row.answer = table->ask(f, (uint32_t)rows[i].number, &e);
		r = add(list, &row, &e);
	}
	return r;
}

/* By which methods programs of each family can be attached. */
static int ask_attaching(struct feature_list *list, struct skep_features *f)
{
	size_t count, i;
	const struct skep_attach_way *ways = skep_attach_ways(&count);
	int r = 0;

	for (i = 0; i < count && r == 0; i++) {
		uint32_t family = (uint32_t)ways[i].family, method = (uint32_t)ways[i].method;
		struct skep_error e;
		const struct feature_row row = {
			.section = FEATURE_ATTACHING,
			.group = skep_attach_family_name(family),
			.name = skep_attach_method_name(method),
			.answer = skep_attach_supported(f, family, method, &e),
		};

		r = add(list, &row, &e);
	}
	return r;
}

/* All helpers for one program type; where the type itself is unknown, that stands for all of them. */
static int ask_helpers_of(struct feature_list *list, struct skep_features *f,
			  const struct skep_kabi_row *type)
{
	size_t count, i;
	const struct skep_kabi_row *helpers = skep_kabi_rows(SKEP_KABI_HELPER, &count);
	struct feature_row row = { .section = FEATURE_HELPERS, .group = type->name };
	struct skep_error e;
	int r = 0;

	row.answer = skep_feature_prog_type(f, (uint32_t)type->number, &e);
	if (row.answer < 0)
		return add(list, &row, &e);
	for (i = 0; i < count && r == 0; i++) {
		if (passed_over(SKEP_KABI_HELPER, helpers, i))
			continue;
		row.name = helpers[i].name;
		row.answer = skep_feature_helper(f, (uint32_t)type->number,
						 (uint32_t)helpers[i].number, &e);
		r = add(list, &row, &e);
	}
	return r;
}

static int ask_helpers(struct feature_list *list, struct skep_features *f)
{
	size_t count, i;
	const struct skep_kabi_row *types = skep_kabi_rows(SKEP_KABI_PROG_TYPE, &count);
	int r = 0;

	for (i = 0; i < count && r == 0; i++)
		if (!passed_over(SKEP_KABI_PROG_TYPE, types, i) &&
		    types[i].number != SKEP_PROG_TYPE_EXT)
			r = ask_helpers_of(list, f, &types[i]);
	return r;
}

static int ask_kfunc(struct feature_list *list, struct skep_features *f, const char *name)
{
	size_t count, i;
	const struct skep_kabi_row *types = skep_kabi_rows(SKEP_KABI_PROG_TYPE, &count);
	int r = 0;

	for (i = 0; i < count && r == 0; i++) {
		struct skep_error e;
		struct feature_row row = { .section = FEATURE_KFUNCS,
					   .group = name,
					   .name = types[i].name };

		if (passed_over(SKEP_KABI_PROG_TYPE, types, i) ||
		    types[i].number == SKEP_PROG_TYPE_EXT)
			continue;
		row.answer = skep_feature_kfunc(f, (uint32_t)types[i].number, name, &e);
		r = add(list, &row, &e);
	}
	return r;
}

static int ask_all(struct feature_list *list, struct skep_features *f,
		   const struct opt_list *kfuncs)
{
	size_t i;
	int r = 0;

	if (list->wanted >> FEATURE_MISC & 1)
		r = ask_misc(list, f);
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]) && r == 0; i++)
		if (list->wanted >> tables[i].section & 1)
			r = ask_table(list, f, &tables[i]);
	if (r == 0 && list->wanted >> FEATURE_ATTACHING & 1)
		r = ask_attaching(list, f);
	if (r == 0 && list->wanted >> FEATURE_HELPERS & 1)
		r = ask_helpers(list, f);
	for (i = 0; i < kfuncs->count && r == 0; i++)
		r = ask_kfunc(list, f, kfuncs->items[i]);
	return r;
}

int feature_list_ask(struct feature_list *list, const struct opt_list *kfuncs,
		     struct skep_error *err)
{
	_cleanup_(skep_features_closep) struct skep_features *f = NULL;
	int r = skep_features_open(NULL, &f, err);

	if (r == 0 && list->wanted >> FEATURE_SYSTEM & 1)
		r = skep_system_new(&list->system, err);
	if (r < 0)
		return r;
	r = ask_all(list, f, kfuncs);
	if (r < 0)
		*err = (struct skep_error){ .code = r,
					    .kind = SKEP_ERR_NO_MEMORY,
					    .msg = "out of memory" };
	return r;
}

void feature_list_fini(struct feature_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->rows[i].reason);
	free(list->rows);
	skep_system_free(list->system);
}
