/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_KEY_H
#define MAP_KEY_H
/* Which keys are one and the same to a map. */
#include "map/map.h"

/*
 * map_key_canonical() - a key as the map compares it
 * @key:     of an LPM trie: its length in bits, then an address, of which only so many bits count
 * @ret_key: the same with the others 0; not @key
 */
void map_key_canonical(const struct skep_map *map, const void *key, void *ret_key);

#endif
