/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "map/cache.h"

#define CHUNK 64 /* elements that are copied under the lock at once */

static void describe(const struct map_cache_entry *e, struct skep_map_cache_entry *ret_entry)
{
	*ret_entry = (struct skep_map_cache_entry){
		.desired = e->desired,
		.error = e->error,
		.tries = e->tries,
		.given_up = e->place == MAP_CACHE_GIVEN_UP,
	};
}

int skep_map_cache_find(struct skep_map_cache *c, const void *key, void *ret_value,
			struct skep_map_cache_entry *ret_entry)
{
	const struct map_cache_entry *e;

	map_cache_lock(c);
	e = map_cache_table_find(c, key);
	if (e && ret_value && e->has_value)
		memcpy(ret_value, map_cache_entry_value(c, e), c->target.value_bytes);
	if (e && ret_entry)
		describe(e, ret_entry);
	map_cache_unlock(c);
	return !!e;
}

/* Where a walk is, and where it ends: marks in the list, which others move elements around. */
struct walk {
	struct skep_map_cache *cache;
	struct map_cache_entry *at, *end;
	unsigned char *bytes; /* of a chunk: keys and values */
	size_t entry_bytes, value_at;
	struct skep_map_cache_entry entries[CHUNK];
};

static void copy_entry(struct walk *w, const struct map_cache_entry *e, size_t i)
{
	const struct skep_map_cache *c = w->cache;
	unsigned char *to = w->bytes + i * w->entry_bytes;

	describe(e, &w->entries[i]);
	w->entries[i].key = memcpy(to, e->bytes, c->target.key_size);
	if (e->has_value)
		w->entries[i].value = memcpy(to + w->value_at, map_cache_entry_value(c, e),
					     c->target.value_bytes);
}

/* The next elements, copied. Return: how many; 0: the end. */
static size_t next_chunk(struct walk *w)
{
	struct list *node = w->at->all.next;
	size_t count = 0;

	for (; node != &w->end->all && count < CHUNK; node = node->next) {
		const struct map_cache_entry *e = list_element(node, struct map_cache_entry, all);

		if (e->place != MAP_CACHE_MARK)
			copy_entry(w, e, count++);
	}
	list_remove(&w->at->all);
	list_insert(node->prev, &w->at->all);
	return count;
}

static size_t round_up_8(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

int skep_map_cache_walk(struct skep_map_cache *c, skep_map_cache_fn fn, void *userdata)
{
	struct map_cache_entry at = { .place = MAP_CACHE_MARK }, end = at;
	struct walk w = { .cache = c, .at = &at, .end = &end };
	_cleanup_free_ unsigned char *bytes = NULL;
	size_t count, i;
	int r = 0;

	w.value_at = round_up_8(c->target.key_size);
	w.entry_bytes = w.value_at + (c->keeps_values ? round_up_8(c->target.value_bytes) : 0);
	w.bytes = bytes = reallocarray(NULL, CHUNK, w.entry_bytes);
	if (!bytes)
		return -ENOMEM;
	map_cache_lock(c);
	list_insert(&c->all, &at.all);
	list_append(&c->all, &end.all);
	while (r == 0 && (count = next_chunk(&w)) > 0) {
		map_cache_unlock(c);
		for (i = 0; i < count && r == 0; i++)
			r = fn(&w.entries[i], userdata);
		map_cache_lock(c);
	}
	list_remove(&at.all);
	list_remove(&end.all);
	map_cache_unlock(c);
	return r;
}
