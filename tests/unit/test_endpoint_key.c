/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <skep/endpoint_key.h>

static struct skep_endpoint_key key_of(const char *text, uint16_t cluster_id)
{
	struct skep_endpoint_key key;
	uint8_t address[16];
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	memset(&key, 0xa5, sizeof(key));
	check_int(inet_pton(family, text, address), 1, "%s", text);
	check_int(skep_endpoint_key_init(&key, family, address, cluster_id), 0, "%s", text);
	return key;
}

static void endpoint_key__has_the_bytes_that_the_kernel_compares(void **state)
{
	static const uint8_t v4[20] = { 192, 0, 2, 3, [16] = 1 };
	static const uint8_t v6[20] = {
		0xfd, 0xff, [15] = 0xff, [16] = 2, [18] = 0x34, [19] = 0x12
	};
	struct skep_endpoint_key key;

	(void)state;
	key = key_of("192.0.2.3", 0);
	assert_memory_equal(&key, v4, sizeof(v4));
	key = key_of("::ffff:192.0.2.3", 0);
	assert_memory_equal(&key, v4, sizeof(v4));
	key = key_of("fdff::ff", htole16(0x1234));
	assert_memory_equal(&key, v6, sizeof(v6));
	check_u64(offsetof(struct skep_endpoint_key, family), 16, "family");
	check_u64(offsetof(struct skep_endpoint_key, key), 17, "key");
	check_u64(offsetof(struct skep_endpoint_key, cluster_id), 18, "cluster");
}

static void endpoint_key__gives_its_address_back(void **state)
{
	static const char *const texts[] = { "0.0.0.0", "192.0.2.3", "::", "fdff::ff" };
	char text[INET6_ADDRSTRLEN];
	uint8_t address[16];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct skep_endpoint_key key = key_of(texts[i], 7);
		int family = skep_endpoint_key_address(&key, address);

		check_int(family, strchr(texts[i], ':') ? AF_INET6 : AF_INET, "%s", texts[i]);
		check_text(inet_ntop(family, address, text, sizeof(text)), texts[i], "%s",
			   texts[i]);
	}
}

static void endpoint_key__is_told_in_both_styles(void **state)
{
	static const struct {
		const char *address;
		uint16_t cluster_id;
		const char *cluster;
		const char *port;
	} cases[] = {
		{ "192.0.2.3", 0, "192.0.2.3:0", "192.0.2.3:0" },
		{ "192.0.2.3", 5, "192.0.2.3@5:0", "192.0.2.3:0" },
		{ "::", 0, ":::0", "[::]:0" },
		{ "fdff::ff", 65535, "fdff::ff@65535:0", "[fdff::ff]:0" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535,
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff@65535:0",
		  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:0" },
	};
	char text[SKEP_ENDPOINT_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct skep_endpoint_key key = key_of(cases[i].address, cases[i].cluster_id);

		skep_endpoint_key_text(&key, SKEP_ENDPOINT_CLUSTER, text, sizeof(text));
		check_text(text, cases[i].cluster, "case %zu", i);
		skep_endpoint_key_text(&key, SKEP_ENDPOINT_PORT, text, sizeof(text));
		check_text(text, cases[i].port, "case %zu", i);
	}
}

static int write_key(char *buf, size_t size, const void *userdata)
{
	return skep_endpoint_key_text(userdata, SKEP_ENDPOINT_CLUSTER, buf, size);
}

static void endpoint_key__text_fits_or_is_refused(void **state)
{
	struct skep_endpoint_key key = key_of("192.0.2.3", 5);

	(void)state;
	check_every_size(write_key, &key, "192.0.2.3@5:0");
}

static void endpoint_key__of_no_family_is_nil(void **state)
{
	struct skep_endpoint_key key = { .family = 3 };
	char text[SKEP_ENDPOINT_TEXT_SIZE];
	uint8_t address[16] = { 0 };

	(void)state;
	check_int(skep_endpoint_key_text(&key, SKEP_ENDPOINT_CLUSTER, text, sizeof(text)), 3,
		  "nil");
	check_text(text, "nil", "family 3");
	check_int(skep_endpoint_key_address(&key, address), -EAFNOSUPPORT, "family 3");
	check_int(skep_endpoint_key_init(&key, AF_UNIX, address, 0), -EAFNOSUPPORT, "AF_UNIX");
	check_int(skep_endpoint_key_text(&key, 2, text, sizeof(text)), -EINVAL, "style 2");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoint_key__has_the_bytes_that_the_kernel_compares),
		cmocka_unit_test(endpoint_key__gives_its_address_back),
		cmocka_unit_test(endpoint_key__is_told_in_both_styles),
		cmocka_unit_test(endpoint_key__text_fits_or_is_refused),
		cmocka_unit_test(endpoint_key__of_no_family_is_nil),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
