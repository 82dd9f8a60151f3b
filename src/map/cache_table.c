/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "map/cache.h"
#include "map/map.h"

#define FIRST_SLOTS 64
#define LINE 64 /* of the CPU's cache */
#define CHUNK_BITS 8
#define CHUNK_COUNT (1u << CHUNK_BITS) /* entries of a chunk */

static size_t value_offset(const struct skep_map_cache *c)
{
	return (c->target.key_size + 7) & ~(size_t)7;
}

int map_cache_table_init(struct skep_map_cache *c)
{
	const size_t value = c->keeps_values ? c->target.value_bytes : 0;
	size_t i;

	c->seed = hash_seed(c);
	list_init(&c->all);
	for (i = 0; i < MAP_CACHE_PLACES; i++)
		list_init(&c->queues[i].list);
	c->pool.stride =
		sizeof(struct map_cache_entry) + value_offset(c) + ((value + 7) & ~(size_t)7);
	c->slot_count = FIRST_SLOTS;
	c->slots = calloc(c->slot_count, sizeof(*c->slots));
	return c->slots ? 0 : -ENOMEM;
}

void map_cache_table_fini(struct skep_map_cache *c)
{
	uint32_t i;

	for (i = 0; i < c->pool.chunk_count; i++)
		free(c->pool.chunks[i]);
	free(c->pool.chunks);
	free(c->slots);
}

static struct map_cache_entry *entry_of(const struct skep_map_cache *c, uint32_t number)
{
	const uint32_t i = number - 1;

	return (void *)(c->pool.chunks[i >> CHUNK_BITS] + (i & (CHUNK_COUNT - 1)) * c->pool.stride);
}

/* Return: 0; -ENOMEM. */
static int add_chunk(struct map_cache_pool *pool)
{
	unsigned char **chunks, *chunk;
	const size_t bytes = (CHUNK_COUNT * pool->stride + LINE - 1) & ~(size_t)(LINE - 1);

	if (pool->used > UINT32_MAX - 2 * CHUNK_COUNT)
		return -ENOMEM;
	/* doubled when it is a power of two */
	if (!(pool->chunk_count & (pool->chunk_count - 1))) {
		chunks = reallocarray(pool->chunks, pool->chunk_count ? pool->chunk_count * 2ul : 1,
				      sizeof(*chunks));
		if (!chunks)
			return -ENOMEM;
		pool->chunks = chunks;
	}
	chunk = aligned_alloc(LINE, bytes);
	if (!chunk)
		return -ENOMEM;
	pool->chunks[pool->chunk_count++] = chunk;
	return 0;
}

/* Return: its number; 0: no memory. */
static uint32_t take_number(struct skep_map_cache *c)
{
	struct map_cache_pool *pool = &c->pool;
	const uint32_t number = pool->free;

	if (number) {
		pool->free = entry_of(c, number)->changed;
		return number;
	}
	if (pool->used == pool->chunk_count << CHUNK_BITS && add_chunk(pool) < 0)
		return 0;
	return ++pool->used;
}

const void *map_cache_key(const struct skep_map_cache *c, const void *key,
			  unsigned char room[MAP_TRIE_KEY_MAX])
{
	return c->map ? map_key_as_compared(&c->map->info, key, room) : key;
}

static uint32_t hash_of(const struct skep_map_cache *c, const void *key)
{
	return (uint32_t)hash_bytes(c->seed, key, c->target.key_size);
}

struct map_cache_entry *map_cache_table_find(const struct skep_map_cache *c, const void *any_key)
{
	unsigned char room[MAP_TRIE_KEY_MAX];
	const void *key = map_cache_key(c, any_key, room);
	const uint32_t hash = hash_of(c, key);
	const size_t mask = c->slot_count - 1;
	size_t i;

	for (i = hash & mask; c->slots[i].number; i = (i + 1) & mask) {
		struct map_cache_entry *e;

		if (c->slots[i].hash != hash)
			continue;
		e = entry_of(c, c->slots[i].number);
		if (!memcmp(e->bytes, key, c->target.key_size))
			return e;
	}
	return NULL;
}

static void put(struct map_cache_slot *slots, size_t mask, struct map_cache_slot slot)
{
	size_t i = slot.hash & mask;

	while (slots[i].number)
		i = (i + 1) & mask;
	slots[i] = slot;
}

static int grow(struct skep_map_cache *c)
{
	const size_t count = c->slot_count * 2;
	struct map_cache_slot *slots = calloc(count, sizeof(*slots));
	size_t i;

	if (!slots)
		return -ENOMEM;
	for (i = 0; i < c->slot_count; i++)
		if (c->slots[i].number)
			put(slots, count - 1, c->slots[i]);
	free(c->slots);
	c->slots = slots;
	c->slot_count = count;
	return 0;
}

struct map_cache_entry *map_cache_entry_new(struct skep_map_cache *c, const void *key)
{
	unsigned char room[MAP_TRIE_KEY_MAX];
	struct map_cache_entry *e;
	uint32_t number;

	/* without memory it may become slower, but one slot has to stay free */
	if (c->count >= c->slot_count / 4 * 3 && grow(c) < 0 && c->count + 1 >= c->slot_count)
		return NULL;
	number = take_number(c);
	if (!number)
		return NULL;
	e = entry_of(c, number);
	memset(e, 0, sizeof(*e));
	e->number = number;
	list_init(&e->all);
	list_init(&e->queue);
	memcpy(e->bytes, map_cache_key(c, key, room), c->target.key_size);
	return e;
}

void map_cache_entry_free(struct skep_map_cache *c, struct map_cache_entry *e)
{
	if (!e)
		return;
	e->changed = c->pool.free;
	c->pool.free = e->number;
}

void *map_cache_entry_value(const struct skep_map_cache *c, const struct map_cache_entry *e)
{
	return (unsigned char *)e->bytes + value_offset(c);
}

void map_cache_table_add(struct skep_map_cache *c, struct map_cache_entry *e)
{
	const struct map_cache_slot slot = { .hash = hash_of(c, e->bytes), .number = e->number };

	put(c->slots, c->slot_count - 1, slot);
	list_append(&c->all, &e->all);
	list_append(&c->queues[e->place].list, &e->queue);
	c->queues[e->place].count++;
	c->count++;
}

void map_cache_entry_move(struct skep_map_cache *c, struct map_cache_entry *e,
			  enum map_cache_place place)
{
	if (place == MAP_CACHE_IN_ORDER && e->place == MAP_CACHE_IN_ORDER)
		return; /* the way of most, where order does not matter */
	c->queues[e->place].count--;
	list_remove(&e->queue);
	e->place = (uint8_t)place;
	list_append(&c->queues[place].list, &e->queue);
	c->queues[place].count++;
}

/* Those behind a slot that becomes free move up, unless it is before the slot where they belong. */
static void free_slot(struct skep_map_cache *c, size_t gap)
{
	const size_t mask = c->slot_count - 1;
	size_t i;

	for (i = (gap + 1) & mask; c->slots[i].number; i = (i + 1) & mask) {
		const size_t home = c->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		c->slots[gap] = c->slots[i];
		gap = i;
	}
	c->slots[gap].number = 0;
}

void map_cache_table_remove(struct skep_map_cache *c, struct map_cache_entry *e)
{
	const size_t mask = c->slot_count - 1;
	size_t i = hash_of(c, e->bytes) & mask;

	while (c->slots[i].number != e->number)
		i = (i + 1) & mask;
	free_slot(c, i);
	list_remove(&e->all);
	list_remove(&e->queue);
	c->queues[e->place].count--;
	c->count--;
	map_cache_entry_free(c, e);
}
