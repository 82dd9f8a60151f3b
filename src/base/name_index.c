/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "base/name_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define LEAST_SLOTS 16

/* Return: that of the name, or the free one where it belongs. */
static struct name_slot *slot_of(const struct name_index *x, const char *name)
{
	size_t at = hash_bytes(x->seed, name, strlen(name));
	struct name_slot *slot;

	for (;; at++) {
		slot = &x->slots[at & (x->slot_count - 1)];
		if (!slot->name || !strcmp(slot->name, name))
			return slot;
	}
}

/* A few names are looked through, however they collide; more get a seed that nobody knows. */
static int grow(struct name_index *x)
{
	struct name_index more = {
		.slot_count = x->slot_count ? 2 * x->slot_count : LEAST_SLOTS,
		.count = x->count,
		.seed = x->seed || !x->slot_count ? x->seed : hash_seed(x),
	};
	size_t i;

	more.slots = calloc(more.slot_count, sizeof(*more.slots));
	if (!more.slots)
		return -ENOMEM;
	for (i = 0; i < x->slot_count; i++)
		if (x->slots[i].name)
			*slot_of(&more, x->slots[i].name) = x->slots[i];
	free(x->slots);
	*x = more;
	return 0;
}

int name_index_add(struct name_index *x, const char *name, size_t at)
{
	if (2 * (x->count + 1) > x->slot_count && grow(x) < 0)
		return -ENOMEM;
	*slot_of(x, name) = (struct name_slot){ name, at };
	x->count++;
	return 0;
}

int name_index_find(const struct name_index *x, const char *name, size_t *ret_at)
{
	const struct name_slot *slot = x->count ? slot_of(x, name) : NULL;

	if (!slot || !slot->name)
		return 0;
	*ret_at = slot->at;
	return 1;
}

void name_index_fini(struct name_index *x)
{
	free(x->slots);
	*x = (struct name_index){ 0 };
}
