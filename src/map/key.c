/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/key.h"

#include <string.h>

#include <skep/kabi.h>

void map_key_canonical(const struct skep_map *map, const void *key, void *ret_key)
{
	size_t size = map->info.key_size, whole;
	unsigned char *bytes = (unsigned char *)ret_key + sizeof(uint32_t);
	uint32_t bits;

	memcpy(ret_key, key, size);
	if (map->info.type != SKEP_MAP_TYPE_LPM_TRIE)
		return;
	memcpy(&bits, key, sizeof(bits));
	size -= sizeof(bits);
	whole = bits / 8;
	if (whole >= size)
		return;
	bytes[whole] &= (unsigned char)(0xff00u >> bits % 8);
	memset(bytes + whole + 1, 0, size - whole - 1);
}
