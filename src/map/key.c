/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/key.h"

#include <string.h>

#include <skep/kabi.h>

void map_key_canonical(const struct skep_map_info *map, const void *key, void *ret_key)
{
	size_t size = map->key_size, whole;
	unsigned char *bytes = (unsigned char *)ret_key + sizeof(uint32_t);
	uint32_t bits;

	memcpy(ret_key, key, size);
	if (map->type != SKEP_MAP_TYPE_LPM_TRIE)
		return;
	memcpy(&bits, key, sizeof(bits));
	size -= sizeof(bits);
	whole = bits / 8;
	if (whole >= size)
		return;
	bytes[whole] &= (unsigned char)(0xff00u >> bits % 8);
	memset(bytes + whole + 1, 0, size - whole - 1);
}

const void *map_key_as_compared(const struct skep_map_info *map, const void *key,
				unsigned char room[MAP_TRIE_KEY_MAX])
{
	if (map->type != SKEP_MAP_TYPE_LPM_TRIE)
		return key;
	map_key_canonical(map, key, room);
	return room;
}
