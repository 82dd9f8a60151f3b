/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The length of a path in a byte, a path, a BTF: what is found lies within 2^61 bytes, is written as text, and the text is
 * read as the same bytes, with nothing changed beside them.
 */
#include "must.h"

#include <string.h>

#include <skep/btf.h>
#include <skep/btf_path.h>

#define VALUE_BYTES 256u

static void must_come_back(const struct skep_btf *btf, const struct skep_btf_path *p)
{
	uint8_t value[VALUE_BYTES], again[VALUE_BYTES];
	static char text[1 << 16];
	size_t i;

	for (i = 0; i < VALUE_BYTES; i++)
		value[i] = again[i] = (uint8_t)(i * 7 + 1);
	if (skep_btf_path_text(btf, p, value, VALUE_BYTES, text, sizeof(text), NULL) < 0 ||
	    skep_btf_path_parse(btf, p, text, again, VALUE_BYTES, NULL) < 0)
		return;
	for (i = 0; i < VALUE_BYTES; i++)
		must((i >= p->offset && i < p->offset + p->size) || value[i] == again[i]);
	if (p->bit_size)
		must(!memcmp(value, again, VALUE_BYTES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t len = size && data[0] < size ? data[0] : 0;
	struct skep_btf *btf = NULL;
	struct skep_btf_path p;
	char *path;
	uint32_t type;

	if (!len || skep_btf_open_bytes(data + 1 + len, size - 1 - len, NULL, &btf, NULL) < 0)
		return 0;
	path = must_string(data + 1, len);
	for (type = 0; type < skep_btf_type_count(btf) && type < 64; type++) {
		if (skep_btf_path_find(btf, type, path, &p, NULL) < 0)
			continue;
		must(p.offset < 1ull << 61 && p.bit_offset < 8 && (!p.bit_offset || p.bit_size));
		must_come_back(btf, &p);
	}
	free(path);
	skep_btf_close(btf);
	return 0;
}
