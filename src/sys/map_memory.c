/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/map_memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"

#define TYPE_HASH 1        /* BPF_MAP_TYPE_HASH */
#define FLAG_NO_PREALLOC 1 /* BPF_F_NO_PREALLOC */
#define ELEMENT_HEAD 48    /* bytes of struct htab_elem before the key */
#define BUCKET 16          /* bytes of struct bucket */

struct told {
	uint64_t type, key_size, value_size, max_entries, flags, memlock;
};

static uint64_t round_up_8(uint64_t value)
{
	return (value + 7) & ~7ull;
}

/* At least this much, whatever the kernel says. */
static uint64_t hash_bytes(const struct told *t)
{
	uint64_t buckets = 1;

	if (t->type != TYPE_HASH || t->flags & FLAG_NO_PREALLOC)
		return 0;
	while (buckets < t->max_entries)
		buckets <<= 1;
	return t->max_entries *
		       (ELEMENT_HEAD + round_up_8(t->key_size) + round_up_8(t->value_size)) +
	       buckets * BUCKET;
}

static void read_line(const char *line, struct told *t)
{
	const struct {
		const char *format;
		uint64_t *value;
	} fields[] = {
		{ "map_type: %" SCNu64, &t->type },
		{ "key_size: %" SCNu64, &t->key_size },
		{ "value_size: %" SCNu64, &t->value_size },
		{ "max_entries: %" SCNu64, &t->max_entries },
		{ "map_flags: %" SCNx64, &t->flags },
		{ "memlock: %" SCNu64, &t->memlock },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (sscanf(line, fields[i].format, fields[i].value) == 1)
			return;
}

int sys_map_memory_bytes(int fd, uint64_t *ret_bytes)
{
	_cleanup_fclose_ FILE *f = NULL;
	struct told t = { 0 };
	char path[64], line[256];
	uint64_t least;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		read_line(line, &t);
	if (!t.memlock)
		return -ENODATA;
	least = hash_bytes(&t);
	*ret_bytes = t.memlock > least ? t.memlock : least;
	return 0;
}
