/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any bytes as an ELF: what is found lies inside of it. */
#include "must.h"

#include <skep/error.h>

#include "sys/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sys_bytes bytes = { .data = data, .fd = -1, .size = size };
	struct skep_error err = { .msg = "" };
	uint64_t at, length;
	int r;

	if (!data || !sys_bytes_are_elf(&bytes))
		return 0;
	r = sys_elf_section_find(&bytes, ".BTF", &at, &length, &err);
	if (r == 1)
		must(at <= size && length <= size - at);
	else
		must(r == 0 || *err.msg);
	return 0;
}
