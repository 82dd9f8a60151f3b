/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/function_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kallsyms.h>
#include <skep/symbol.h>

#include "attach/attachment.h"
#include "base/error.h"

void function_list_fini(struct function_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->items[i].name);
	free(list->items);
}

static int out_of_memory(struct skep_error *err)
{
	return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "functions of the kernel");
}

static int add(struct function_list *list, const char *name, uint64_t cookie)
{
	struct function *more;

	if (list->count == list->room) {
		more = reallocarray(list->items, list->room ? list->room * 2 : 64, sizeof(*more));
		if (!more)
			return -ENOMEM;
		list->items = more;
		list->room = list->room ? list->room * 2 : 64;
	}
	list->items[list->count] = (struct function){ .name = strdup(name), .cookie = cookie };
	if (!list->items[list->count].name)
		return -ENOMEM;
	list->by_cookie |= cookie != 0;
	list->count++;
	return 0;
}

struct adding {
	struct function_list *list;
	uint64_t cookie;
};

static int add_symbol(const struct skep_symbol *symbol, void *userdata)
{
	const struct adding *a = userdata;

	return add(a->list, symbol->name, a->cookie);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct function *)a)->name, ((const struct function *)b)->name);
}

/* Names that came by a pattern may be those of several functions; a link takes each once, and means all of them. */
static void drop_doubles(struct function_list *list)
{
	size_t i, kept = 0;

	for (i = 0; i < list->count; i++) {
		if (kept && !strcmp(list->items[kept - 1].name, list->items[i].name))
			free(list->items[i].name);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

int function_list_init(struct function_list *list, const struct function_wish *wish,
		       struct skep_error *err)
{
	struct adding adding = { list, wish->cookie };
	size_t i;
	int r = 0;

	if (!wish->symbol_count == !wish->pattern_count || wish->symbol_count > UINT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "it takes names of functions, or patterns.");
	for (i = 0; r == 0 && i < wish->symbol_count; i++)
		r = add(list, wish->symbols[i], wish->cookies ? wish->cookies[i] : wish->cookie);
	if (r == 0 && wish->pattern_count)
		r = skep_symbol_walk(wish->patterns, wish->pattern_count, NULL, add_symbol, &adding,
				     err);
	if (r == -ENOMEM)
		return out_of_memory(err);
	if (r < 0)
		return r;
	if (!list->count)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_HOOK,
				 "no function of the kernel matches.");
	qsort(list->items, list->count, sizeof(*list->items), compare_names);
	drop_doubles(list);
	return 0;
}

struct function *function_list_find(const struct function_list *list, const char *name)
{
	const struct function key = { .name = (char *)name };

	return bsearch(&key, list->items, list->count, sizeof(*list->items), compare_names);
}

size_t function_list_good(const struct function_list *list)
{
	size_t i, good = 0;

	for (i = 0; i < list->count; i++)
		good += !list->items[i].code;
	return good;
}

static int mark_known(const struct skep_symbol *symbol, void *userdata)
{
	struct function *found = function_list_find(userdata, symbol->name);

	if (found)
		found->known = 1;
	return 0;
}

int function_list_sort_out(struct function_list *list, struct skep_error *err)
{
	int r = skep_symbol_walk(NULL, 0, NULL, mark_known, list, err), out = 0;
	size_t i;

	for (i = 0; r == 0 && i < list->count; i++) {
		if (list->items[i].known || list->items[i].code)
			continue;
		list->items[i].code = -ENOENT;
		out++;
	}
	return r < 0 ? r : out;
}

/* Of several functions of one name the list has none. */
static uint64_t address_of(const struct skep_kallsyms *kallsyms, const char *name)
{
	struct skep_kallsyms_symbol symbol = { 0 };

	return kallsyms && skep_kallsyms_find(kallsyms, name, 0, &symbol, 1) == 1 ? symbol.address
										  : 0;
}

int function_list_tell(const struct function_list *list, int with_addresses,
		       struct skep_attachment *a, struct skep_error *err)
{
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *kallsyms = NULL;
	const struct function *f;
	int r = 0;

	if (with_addresses) /* without that file they are not known, which is no failure */
		skep_kallsyms_read(NULL, &kallsyms, NULL);
	for (f = list->items; f < list->items + list->count && r == 0; f++)
		r = attachment_add_result(a, f->name, address_of(kallsyms, f->name), f->code);
	return r < 0 ? out_of_memory(err) : 0;
}
