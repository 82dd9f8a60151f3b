/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_KEY_H
#define MAP_KEY_H
/* Which keys are one and the same to a map. */
#include <skep/kabi_info.h>

#define MAP_TRIE_KEY_MAX 260 /* bytes of a key of an LPM trie at most */

/*
 * map_key_canonical() - a key as the map compares it
 * @key:     of an LPM trie: its length in bits, then an address, of which only so many bits count
 * @ret_key: the same with the others 0; not @key
 */
void map_key_canonical(const struct skep_map_info *map, const void *key, void *ret_key);

/* Return: the same, in @room where that is needed. */
const void *map_key_as_compared(const struct skep_map_info *map, const void *key,
				unsigned char room[MAP_TRIE_KEY_MAX]);

#endif
