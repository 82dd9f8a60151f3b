/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any bytes as kallsyms: each symbol is found by its name and by its address, and every line is a symbol or counted. */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kallsyms.h>

#define ROOM 64

static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t lines = 0, i;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines + (size && data[size - 1] != '\n');
}

static void check_symbol(const struct skep_kallsyms *k, size_t index)
{
	struct skep_kallsyms_symbol s, other, found[ROOM];
	int64_t exact, all, i, seen = 0;

	must(skep_kallsyms_get(k, index, &s) == 0);
	must(*s.name && s.type > ' ' && s.module);
	exact = skep_kallsyms_find(k, s.name, 0, found, ROOM);
	must(exact > 0);
	for (i = 0; i < exact && i < ROOM; i++) {
		must(!strcmp(found[i].name, s.name));
		seen += found[i].name == s.name;
	}
	must(seen == 1 || exact > ROOM);
	all = skep_kallsyms_find(k, s.name, SKEP_KALLSYMS_VARIANTS, found, ROOM);
	must(all >= exact);
	for (i = 0; i < all && i < ROOM; i++)
		must(!strncmp(found[i].name, s.name, strlen(s.name)));
	if (skep_kallsyms_hidden(k)) {
		must(skep_kallsyms_at(k, s.address, &other, NULL) == -EPERM);
		return;
	}
	must(skep_kallsyms_at(k, s.address, &other, NULL) == 0);
	must(other.address == s.address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skep_kallsyms *k = NULL;
	struct skep_error err = { 0 };
	int r = skep_kallsyms_parse((const char *)data, size, &k, &err);
	size_t i;

	if (r < 0) {
		must(r == -ENODATA && err.code == r && !k);
		return 0;
	}
	must(skep_kallsyms_count(k) > 0);
	must(skep_kallsyms_count(k) + skep_kallsyms_skipped(k) == count_lines(data, size));
	for (i = 0; i < skep_kallsyms_count(k) && i < ROOM; i++)
		check_symbol(k, i);
	k = skep_kallsyms_free(k);
	return 0;
}
