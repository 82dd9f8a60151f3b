/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "text/address.h"

static void address__is_written_as_it_is_read(void **state)
{
	static const struct {
		size_t size;
		const char *text;
	} cases[] = {
		{ 4, "0.0.0.0" },           { 4, "10.0.99.100" },
		{ 4, "255.255.255.255" },   { 16, "::" },
		{ 16, "fd00::1" },          { 16, "::ffff:192.0.2.1" },
		{ 6, "02:00:0a:ff:00:01" },
	};
	uint8_t address[16];
	char text[TEXT_ADDRESS_SIZE];
	size_t i, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(text_address_parse(cases[i].text, cases[i].size, address), 0, "%s",
			  cases[i].text);
		len = cases[i].size == 4    ? text_ipv4(address, text)
		      : cases[i].size == 16 ? text_ipv6(address, text)
					    : text_mac(address, text);
		check_text(text, cases[i].text, "case %zu", i);
		check_u64(len, strlen(text), "length of %s", text);
	}
}

static void address__is_refused_when_it_is_none(void **state)
{
	static const struct {
		size_t size;
		const char *text;
	} cases[] = {
		{ 4, "" },
		{ 4, "10.0.0" },
		{ 4, "10.0.0.256" },
		{ 4, "10.0.0.1 " },
		{ 4, "fd00::1" },
		{ 16, "10.0.0.1" },
		{ 16, "fd00::1%lo" },
		{ 6, "02:00:0a:ff:00" },
		{ 6, "02:00:0a:ff:00:01:02" },
		{ 6, "02:00:0a:ff:00:" },
		{ 6, "0g:00:0a:ff:00:01" },
		{ 6, "002:00:0a:ff:00:01" },
		{ 5, "10.0.0.1" },
	};
	uint8_t address[16];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_int(text_address_parse(cases[i].text, cases[i].size, address), -EINVAL,
			  "%s of %zu bytes", cases[i].text, cases[i].size);
}

static void prefix__is_an_address_and_its_length(void **state)
{
	static const struct {
		size_t size;
		const char *text;
		int result;
		uint32_t bits;
	} cases[] = {
		{ 4, "10.0.0.0/8", 0, 8 },
		{ 4, "0.0.0.0/0", 0, 0 },
		{ 4, "10.1.2.3", 0, 32 },
		{ 16, "fd00::/64", 0, 64 },
		{ 16, "::1", 0, 128 },
		{ 4, "10.0.0.0/33", -ERANGE, 77 },
		{ 16, "::/129", -ERANGE, 77 },
		{ 4, "10.0.0.0/", -EINVAL, 77 },
		{ 4, "10.0.0.0/08", -EINVAL, 77 },
		{ 4, "10.0.0.0/-1", -EINVAL, 77 },
		{ 4, "10.0.0/99", -EINVAL, 77 },
		{ 4, "/8", -EINVAL, 77 },
		{ 6, "02:00:0a:ff:00:01", -EINVAL, 77 },
	};
	uint8_t address[16];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t bits = 77;

		check_int(text_prefix_parse(cases[i].text, cases[i].size, &bits, address),
			  cases[i].result, "%s", cases[i].text);
		check_u64(bits, cases[i].bits, "%s", cases[i].text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(address__is_written_as_it_is_read),
		cmocka_unit_test(address__is_refused_when_it_is_none),
		cmocka_unit_test(prefix__is_an_address_and_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
