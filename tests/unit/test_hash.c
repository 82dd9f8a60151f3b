/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <string.h>

#include "base/hash.h"

#define KEYS 4096u

static void hash__sees_every_byte_and_the_size(void **state)
{
	unsigned char bytes[40] = { 0 };
	size_t size, i;

	(void)state;
	for (size = 1; size <= sizeof(bytes); size++)
		for (i = 0; i < size; i++) {
			uint64_t before = hash_bytes(1, bytes, size);

			bytes[i] = 0x80;
			if (hash_bytes(1, bytes, size) == before)
				fail_msg("byte %zu of %zu changes nothing", i, size);
			bytes[i] = 0;
		}
}

static void hash__depends_on_the_seed(void **state)
{
	(void)state;
	assert_true(hash_bytes(1, "key", 3) != hash_bytes(2, "key", 3));
	assert_true(hash_bytes(1, "key", 3) == hash_bytes(1, "key", 3));
}

/* Keys that differ in a few bits go to all slots of a table: no slot gets many times its share. */
static void hash__spreads_keys_that_are_alike(void **state)
{
	unsigned counts[KEYS] = { 0 }, most = 0;
	uint32_t key[2] = { 0 };
	unsigned i;

	(void)state;
	for (i = 0; i < KEYS; i++) {
		unsigned slot;

		key[0] = i << 16; /* numbers in network order are like this */
		slot = (unsigned)hash_bytes(99, key, sizeof(key)) % KEYS;
		most = ++counts[slot] > most ? counts[slot] : most;
	}
	if (most > 10)
		fail_msg("%u of %u keys in one slot", most, KEYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash__sees_every_byte_and_the_size),
		cmocka_unit_test(hash__depends_on_the_seed),
		cmocka_unit_test(hash__spreads_keys_that_are_alike),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
