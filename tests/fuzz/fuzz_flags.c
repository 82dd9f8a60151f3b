/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any text names a number or flags of a table, or is refused; what it names can be written and read again. */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi_names.h>

#define UNTOUCHED 4711

static void names(uint32_t table, const char *text)
{
	uint32_t number = UNTOUCHED, again = UNTOUCHED;
	char buf[SKEP_NAME_SIZE];
	int r = skep_kabi_from_name(table, text, &number);

	if (r < 0) {
		must(r == -ENOENT);
		must(number == UNTOUCHED);
		return;
	}
	must(r == 0);
	must(skep_kabi_from_name(table, skep_kabi_name(table, number, buf), &again) == 0);
	must(again == number);
}

static void flags(uint32_t table, const char *text)
{
	uint64_t set = UNTOUCHED, again = UNTOUCHED;
	char buf[SKEP_KABI_FLAGS_SIZE];
	struct skep_error err = { 0 };
	int r = skep_kabi_flags_parse(table, text, &set, &err);

	if (r < 0) {
		must(r == -EINVAL && err.code == r && *err.msg);
		must(set == UNTOUCHED);
		return;
	}
	must(r == 0 && !err.code);
	must(skep_kabi_flags_format(table, set, buf, sizeof(buf)) == (int)strlen(buf));
	must(skep_kabi_flags_parse(table, buf, &again, NULL) == 0);
	must(again == set);
}

/* The first byte is the table. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t table = size ? data[0] % 32 : 0;
	char *text = must_string(data + !!size, size - !!size);

	names(table, text);
	if (table >= SKEP_KABI_MAP_FLAG && table <= SKEP_KABI_NETFILTER_FLAG)
		flags(table, text);
	free(text);
	return 0;
}
