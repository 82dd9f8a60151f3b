/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/key_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define FIRST_ROOM 128

void map_key_set_init(struct map_key_set *set, size_t key_size)
{
	memset(set, 0, sizeof(*set));
	set->key_size = key_size;
	set->seed = hash_seed(set);
}

void map_key_set_fini(struct map_key_set *set)
{
	free(set->keys);
	free(set->slots);
	memset(set, 0, sizeof(*set));
}

static uint32_t hash(const struct map_key_set *set, const void *key)
{
	return (uint32_t)hash_bytes(set->seed, key, set->key_size);
}

/* The slot that has the key, or the free one where it belongs. */
static struct map_key_slot *slot_of(const struct map_key_set *set, const void *key, uint32_t h)
{
	size_t mask = set->slot_count - 1, i;
	struct map_key_slot *slot;

	for (i = h & mask;; i = (i + 1) & mask) {
		slot = &set->slots[i];
		if (!slot->number ||
		    (slot->hash == h &&
		     !memcmp(map_key_set_at(set, slot->number - 1), key, set->key_size)))
			return slot;
	}
}

static int grow_keys(struct map_key_set *set)
{
	size_t room = set->room ? set->room * 2 : FIRST_ROOM;
	unsigned char *keys;

	if (room >= UINT32_MAX)
		return -ENOMEM;
	keys = reallocarray(set->keys, room, set->key_size);
	if (!keys)
		return -ENOMEM;
	set->keys = keys;
	set->room = room;
	return 0;
}

/* Two slots for each key that there is room for. */
static int grow_slots(struct map_key_set *set)
{
	size_t count = set->room * 2, mask = count - 1, i, to;
	struct map_key_slot *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (i = 0; i < set->slot_count; i++) {
		if (!set->slots[i].number)
			continue;
		for (to = set->slots[i].hash & mask; slots[to].number;)
			to = (to + 1) & mask;
		slots[to] = set->slots[i];
	}
	free(set->slots);
	set->slots = slots;
	set->slot_count = count;
	return 0;
}

int map_key_set_add(struct map_key_set *set, const void *key)
{
	struct map_key_slot *slot;
	uint32_t h = hash(set, key);
	int r = 0;

	if (set->count == set->room)
		r = grow_keys(set);
	if (!r && set->slot_count < set->room * 2)
		r = grow_slots(set);
	if (r < 0)
		return r;
	slot = slot_of(set, key, h);
	if (slot->number)
		return 0;
	memcpy(set->keys + set->count * set->key_size, key, set->key_size);
	*slot = (struct map_key_slot){ .number = (uint32_t)++set->count, .hash = h };
	return 1;
}

int map_key_set_find(const struct map_key_set *set, const void *key, size_t *ret_index)
{
	const struct map_key_slot *slot;

	if (!set->count)
		return 0;
	slot = slot_of(set, key, hash(set, key));
	if (!slot->number)
		return 0;
	*ret_index = slot->number - 1;
	return 1;
}
