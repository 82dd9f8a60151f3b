/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/library_cache.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"

struct old_header {
	char magic[sizeof(OLD_MAGIC) - 1];
	uint32_t count;
};

struct old_entry {
	int32_t flags;
	uint32_t name, path;
};

struct header {
	char magic[sizeof(NEW_MAGIC) - 1];
	uint32_t count, text_bytes;
	uint8_t flags, pad[3];
	uint32_t extension, unused[3];
};

struct entry {
	int32_t flags;
	uint32_t name, path, os_version; /* name and path: from the header on */
	uint64_t hardware;
};

/* Behind the old format, which nobody reads any more, the new one may follow. */
static size_t skip_old(const unsigned char *data, size_t size)
{
	struct old_header old;
	uint64_t bytes;

	if (size < sizeof(old) || memcmp(data, OLD_MAGIC, sizeof(old.magic)) != 0)
		return 0;
	memcpy(&old, data, sizeof(old));
	bytes = sizeof(old) + (uint64_t)old.count * sizeof(struct old_entry);
	bytes = (bytes + 7) & ~UINT64_C(7);
	return bytes < size ? bytes : size;
}

int library_cache_walk(const unsigned char *data, size_t size, library_fn fn, void *userdata)
{
	size_t skipped = skip_old(data, size), left = size - skipped;
	struct header h;
	struct entry e;
	uint32_t i;
	int r = 0;

	data += skipped;
	if (left <= sizeof(h) || data[left - 1])
		return -EINVAL;
	memcpy(&h, data, sizeof(h));
	if (memcmp(h.magic, NEW_MAGIC, sizeof(h.magic)) != 0 ||
	    h.count > (left - sizeof(h)) / sizeof(e))
		return -EINVAL;
	for (i = 0; r == 0 && i < h.count; i++) {
		memcpy(&e, data + sizeof(h) + i * sizeof(e), sizeof(e));
		if (e.name < left && e.path < left)
			r = fn((const char *)data + e.name, (const char *)data + e.path, userdata);
	}
	return r;
}
