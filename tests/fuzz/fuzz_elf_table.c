/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any bytes as an ELF: its functions, its tracepoints and its build id. What is told is terminated and has a place. */
#include "must.h"

#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "attach/elf_note.h"
#include "attach/elf_symbol.h"

static int visit_symbol(const struct skep_binary_symbol *s, void *userdata)
{
	size_t *size = userdata;

	must(*s->name && strlen(s->name) < *size && strlen(s->version) < *size);
	return 0;
}

static int visit_usdt(const struct skep_binary_usdt *u, void *userdata)
{
	size_t *size = userdata;

	must(strlen(u->provider) + strlen(u->name) + strlen(u->arguments) < *size);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sys_bytes bytes = { .data = data, .fd = -1, .size = size };
	struct sys_elf_segment *loads = NULL;
	struct skep_error err = { .msg = "" };
	unsigned char id[64];
	struct sys_elf elf;
	int count;

	if (!data || !sys_bytes_are_elf(&bytes) || sys_elf_open(&elf, &bytes, &err) < 0)
		return 0;
	count = sys_elf_loads(&elf, &loads);
	if (count >= 0) {
		must(elf_symbol_walk(&elf, loads, (size_t)count, visit_symbol, &size) <= 0);
		must(elf_usdt_walk(&elf, loads, (size_t)count, visit_usdt, &size) <= 0);
	}
	must(elf_build_id(&elf, id, sizeof(id)) <= (int)sizeof(id));
	free(loads);
	return 0;
}
