/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BASE_HASH_H
#define BASE_HASH_H
/*
 * Hashes of bytes for tables in memory. Keys may be of a stranger's choice: a seed that he does not know keeps him from
 * choosing how long we take.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

/* A seed of its own for each table; @fallback serves where the kernel has no random numbers yet. */
static inline uint64_t hash_seed(const void *fallback)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = (uint64_t)(uintptr_t)fallback;
	return seed;
}

static inline uint64_t hash_mix(uint64_t h)
{
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93;
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93;
	return h ^ h >> 32;
}

static inline uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint64_t h = seed, word;

	for (; size > sizeof(word); at += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		h = hash_mix(h ^ word);
	}
	word = 0;
	memcpy(&word, at, size);
	return hash_mix(h ^ word);
}

#endif
