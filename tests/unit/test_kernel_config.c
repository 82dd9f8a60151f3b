/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <zlib.h>

#include "sys/kernel_config.h"

static const char text[] = "#\n# Linux/x86 6.1 Kernel Configuration\n#\n"
			   "CONFIG_HZ_250=y\n# CONFIG_HZ_1000 is not set\nCONFIG_HZ=250\n"
			   "CONFIG_BPF_EVENTS=m\nCONFIG_CC_VERSION_TEXT=\"gcc = 12\"\n"
			   "CONFIG_EMPTY=\nCONFIG_LAST=0x1f";

static const struct {
	const char *option;
	int code;
	const char *value;
} options[] = {
	{ "CONFIG_HZ", 0, "250" },
	{ "CONFIG_HZ_250", 0, "y" },
	{ "CONFIG_BPF_EVENTS", 0, "m" },
	{ "CONFIG_CC_VERSION_TEXT", 0, "\"gcc = 12\"" },
	{ "CONFIG_EMPTY", 0, "" },
	{ "CONFIG_LAST", 0, "0x1f" },
	{ "CONFIG_HZ_1000", -ENOENT, "untouched" },
	{ "CONFIG_H", -ENOENT, "untouched" },
	{ "ONFIG_HZ", -ENOENT, "untouched" },
	{ "CONFIG_LASTS", -ENOENT, "untouched" },
	{ "CONFIG_ABSENT", -ENOENT, "untouched" },
};

static void kernel_config__option_has_its_value(void **state)
{
	size_t size = strlen(text), i;
	_cleanup_free_ char *exact = malloc(size); /* without a NUL: nothing is read beyond */

	(void)state;
	assert_non_null(exact);
	memcpy(exact, text, size);
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		char value[32] = "untouched";

		check_int(sys_kernel_config_find(exact, size, options[i].option, value,
						 sizeof(value)),
			  options[i].code, "%s", options[i].option);
		check_text(value, options[i].value, "%s", options[i].option);
	}
}

static void kernel_config__value_that_is_too_long_is_said(void **state)
{
	char value[4] = "abc";

	(void)state;
	check_int(sys_kernel_config_find(text, strlen(text), "CONFIG_LAST", value, sizeof(value)),
		  -ENOSPC, "4 bytes for 0x1f");
	check_text(value, "abc", "untouched");
	check_int(sys_kernel_config_find(text, strlen(text), "CONFIG_HZ", value, sizeof(value)), 0,
		  "4 bytes for 250");
}

struct temporary {
	char path[32];
};

static struct temporary temporary_file(const void *bytes, size_t size)
{
	struct temporary t = { "/tmp/skep-config-XXXXXX" };
	int fd = mkstemp(t.path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	return t;
}

/* gzip's format, made by zlib. */
static size_t compressed(const char *from, size_t size, unsigned char *buf, size_t room)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)from,
		       .avail_in = (unsigned)size,
		       .next_out = buf,
		       .avail_out = (unsigned)room };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static int load(const void *bytes, size_t size, char **ret_text, size_t *ret_size)
{
	struct temporary t = temporary_file(bytes, size);
	int r = sys_kernel_config_load(t.path, ret_text, ret_size);

	unlink(t.path);
	return r;
}

static void check_loaded(const char *want, size_t want_size, const void *bytes, size_t size)
{
	_cleanup_free_ char *got = NULL;
	size_t got_size = 0;

	check_int(load(bytes, size, &got, &got_size), 0, "%zu bytes", size);
	check_u64(got_size, want_size, "size");
	assert_memory_equal(got, want, want_size);
}

#define LONG (3 * 512 * 1024) /* as large as what is read at first, and more */

static void kernel_config__is_read_compressed_or_not(void **state)
{
	static char large[LONG];
	static unsigned char packed[LONG];
	size_t sizes[] = { 1, sizeof(text), LONG / 3 - 1, LONG / 3, LONG / 3 + 1, LONG }, i;

	(void)state;
	for (i = 0; i < LONG; i++)
		large[i] = text[i % sizeof(text)];
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_loaded(large, sizes[i], large, sizes[i]);
		check_loaded(large, sizes[i], packed,
			     compressed(large, sizes[i], packed, sizeof(packed)));
	}
}

static void kernel_config__damaged_or_endless_is_an_error(void **state)
{
	static const char zeros[16 << 20];
	static unsigned char packed[64 * 1024];
	size_t size = compressed(text, sizeof(text), packed, sizeof(packed)), got_size = 4711;
	char *got = NULL;

	(void)state;
	check_int(load(packed, size - 9, &got, &got_size), -EBADMSG, "cut");
	packed[size / 2] ^= 0xff;
	check_int(load(packed, size, &got, &got_size), -EBADMSG, "damaged");
	size = compressed(zeros, sizeof(zeros), packed, sizeof(packed));
	check_int(load(packed, size, &got, &got_size), -EFBIG, "16 MiB in %zu bytes", size);
	check_int(sys_kernel_config_load("/tmp/skep/no/such", &got, &got_size), -ENOENT, "absent");
	assert_null(got);
	check_u64(got_size, 4711, "untouched");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_config__option_has_its_value),
		cmocka_unit_test(kernel_config__value_that_is_too_long_is_said),
		cmocka_unit_test(kernel_config__is_read_compressed_or_not),
		cmocka_unit_test(kernel_config__damaged_or_endless_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
