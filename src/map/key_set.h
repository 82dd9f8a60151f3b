/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_KEY_SET_H
#define MAP_KEY_SET_H
/* A set of keys of one size, in the order in which they came. */
#include <stddef.h>
#include <stdint.h>

struct map_key_slot {
	uint32_t number; /* of the key, plus 1; 0: the slot is free */
	uint32_t hash;
};

struct map_key_set {
	size_t key_size, count;
	unsigned char *keys; /* one after the other */
	size_t room;         /* of keys */
	struct map_key_slot *slots;
	size_t slot_count; /* a power of two, or 0 */
	uint64_t seed;
};

void map_key_set_init(struct map_key_set *set, size_t key_size);
void map_key_set_fini(struct map_key_set *set);

/* Return: 1 it is new, and the last one now; 0 it was there; -ENOMEM. */
int map_key_set_add(struct map_key_set *set, const void *key);

/* Return: 1, and which one it is; 0 it is not there. */
int map_key_set_find(const struct map_key_set *set, const void *key, size_t *ret_index);

/* Return: a key by its number, from 0; borrowed until the next map_key_set_add(). */
static inline const unsigned char *map_key_set_at(const struct map_key_set *set, size_t index)
{
	return set->keys + index * set->key_size;
}

#endif
