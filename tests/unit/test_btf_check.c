/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/btf_check.h"

#include "check.h"

#include <byteswap.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>

#include "btf_made.h"

/* A raw BTF of an int and a struct that has one, to be broken. */
struct bytes {
	struct btf_header h;
	uint32_t types[4 + 3 + 3];
	char strings[16];
};

static const struct bytes sound = {
	.h = { .magic = BTF_MAGIC,
	       .version = BTF_VERSION,
	       .hdr_len = sizeof(struct btf_header),
	       .type_len = 40,
	       .str_off = 40,
	       .str_len = 16 },
	.types = { 1, BTF_KIND_INT << 24, 4, 32,               /* [1] int */
		   5, BTF_KIND_STRUCT << 24 | 1, 4, 1, 1, 0 }, /* [2] struct */
	.strings = "\0int\0record",
};

static int check(const void *data, size_t size, struct skep_error *err)
{
	struct sys_btf_extent extent = { 77, 77 };
	int r = sys_btf_check(data, size, NULL, &extent, err);

	if (r == 0) {
		check_u64(extent.type_count, 3, "types");
		check_u64(extent.string_bytes, 16, "strings");
	} else {
		check_u64(extent.type_count, 77, "untouched");
	}
	return r;
}

static void check__accepts_either_byte_order(void **state)
{
	struct skep_error err = { .msg = "" };
	struct bytes swapped = sound;
	size_t i;

	(void)state;
	check_int(check(&sound, sizeof(sound), &err), 0, "%s", err.msg);
	swapped.h.magic = bswap_16(sound.h.magic);
	swapped.h.hdr_len = bswap_32(sound.h.hdr_len);
	swapped.h.type_len = bswap_32(sound.h.type_len);
	swapped.h.str_off = bswap_32(sound.h.str_off);
	swapped.h.str_len = bswap_32(sound.h.str_len);
	for (i = 0; i < ARRAY_SIZE(swapped.types); i++)
		swapped.types[i] = bswap_32(sound.types[i]);
	check_int(check(&swapped, sizeof(swapped), &err), 0, "%s", err.msg);
}

static void check__refuses_every_truncation(void **state)
{
	struct skep_error err;
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(sound); size++)
		check_int(check(&sound, size, &err), -EINVAL, "%zu bytes", size);
}

static void check__tells_what_is_broken(void **state)
{
	static const struct {
		size_t at;
		uint32_t word;
		int code;
		const char *words;
	} cases[] = {
		{ offsetof(struct bytes, h.magic), 0x1234, -EINVAL, "magic" },
		{ offsetof(struct bytes, h.magic), 0x0002eb9f, -EOPNOTSUPP, "version 2" },
		{ offsetof(struct bytes, h.hdr_len), 23, -EINVAL, "header" },
		{ offsetof(struct bytes, h.hdr_len), 28, -EOPNOTSUPP, "28 bytes" },
		{ offsetof(struct bytes, h.hdr_len), 0xfffffff0, -EINVAL, "header" },
		{ offsetof(struct bytes, h.type_len), 44, -EINVAL, "out of order" },
		{ offsetof(struct bytes, h.type_len), 36, -EINVAL, "[2] is cut off" },
		{ offsetof(struct bytes, h.type_len), 0xffffffff, -EINVAL, "beyond the end" },
		{ offsetof(struct bytes, h.type_off), 2, -EINVAL, "out of order" },
		{ offsetof(struct bytes, h.str_off), 0xfffffff0, -EINVAL, "beyond the end" },
		{ offsetof(struct bytes, h.str_len), 0, -EINVAL, "NUL" },
		{ offsetof(struct bytes, h.str_len), 3, -EINVAL, "NUL" },
		{ offsetof(struct bytes, strings), 0x41414141, -EINVAL, "base" },
		{ offsetof(struct bytes, types[0]), 16, -EINVAL, "[1]: its name" },
		{ offsetof(struct bytes, types[1]), 0, -EOPNOTSUPP, "[1] is of kind 0" },
		{ offsetof(struct bytes, types[1]), 31u << 24, -EOPNOTSUPP, "[1] is of kind 31" },
		{ offsetof(struct bytes, types[5]), BTF_KIND_STRUCT << 24 | 2, -EINVAL,
		  "[2] is cut off" },
		{ offsetof(struct bytes, types[5]), BTF_KIND_STRUCT << 24 | 0xffff, -EINVAL,
		  "[2] is cut off" },
		{ offsetof(struct bytes, types[7]), 0xffffffff, -EINVAL, "[2]: its name" },
		{ offsetof(struct bytes, types[8]), 3, -EINVAL, "[2] refers to [3]" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_error err = { .msg = "" };
		struct bytes b = sound;

		memcpy((char *)&b + cases[i].at, &cases[i].word, sizeof(cases[i].word));
		check_int(check(&b, sizeof(b), &err), cases[i].code, "case %zu: %s", i, err.msg);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("case %zu: '%s' has no '%s'", i, err.msg, cases[i].words);
	}
}

/* Whatever one word is: an answer, and libbpf agrees with what is let through. */
static void check__lets_nothing_through_that_libbpf_refuses(void **state)
{
	static const uint32_t words[] = {
		0, 1, 2, 3, 5, 0x7fffffff, 0x80000000, 0xffffffff, 1u << 24, 7u << 24 | 1
	};
	struct skep_error err = { .msg = "" };
	struct skep_btf *b = NULL;
	size_t at, i;

	(void)state;
	for (at = 0; at < sizeof(sound); at += 4)
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			struct bytes broken = sound;
			struct sys_btf_extent extent;

			memcpy((char *)&broken + at, &words[i], sizeof(words[i]));
			if (sys_btf_check(&broken, sizeof(broken), NULL, &extent, &err) < 0)
				continue;
			check_int(skep_btf_open_bytes(&broken, sizeof(broken), NULL, &b, &err), 0,
				  "word %zu = 0x%x: %s", at / 4, words[i], err.msg);
			b = skep_btf_close(b);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(check__accepts_either_byte_order),
		cmocka_unit_test(check__refuses_every_truncation),
		cmocka_unit_test(check__tells_what_is_broken),
		cmocka_unit_test(check__lets_nothing_through_that_libbpf_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
