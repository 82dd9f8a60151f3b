/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Any bytes as BTF: what is opened can be read, dumped in every way and closed, in bounded time and memory, and its
 * dumps are text.
 */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/btf_dump.h>
#include <skep/error.h>

#define TEXT_LIMIT (1u << 18) /* enough to go wrong; the rest is not waited for */

static int take(const char *bytes, size_t len, void *userdata)
{
	size_t *total = userdata, i;

	must(len > 0);
	for (i = 0; i < len; i++)
		must((unsigned char)bytes[i] >= 0x20 || bytes[i] == '\n' || bytes[i] == '\t');
	*total += len;
	return *total > TEXT_LIMIT ? -EFBIG : 0;
}

static int must_be_an_id(uint32_t id, void *userdata)
{
	must(id > 0 && id < skep_btf_type_count(userdata));
	return 0;
}

static void look(const struct skep_btf *b, uint32_t id)
{
	struct skep_btf_type t;
	struct skep_btf_member m;
	uint32_t i;

	must(skep_btf_type_at(b, id, &t) == 0);
	must(t.id == id && t.kind > 0 && strlen(t.name) < 1u << 30);
	for (i = 0; i < t.vlen; i++) {
		must(skep_btf_member_at(b, id, i, &m) == 0);
		must(m.type < skep_btf_type_count(b) && strlen(m.name) < 1u << 30);
	}
	must(skep_btf_member_at(b, id, UINT32_MAX, &m) == -ENOENT);
	if (*t.name)
		must(skep_btf_find(b, t.name, id - 1, &i) == 0 || i >= id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skep_btf_dump_opts opts = { .sz = sizeof(opts), .type_count = 1 };
	struct skep_error err = { .msg = "" };
	struct skep_btf *b = NULL, *split = NULL;
	size_t total = 0;
	uint32_t id, count;

	if (skep_btf_open_bytes(data, size, NULL, &b, &err) < 0) {
		must(err.code < 0 && *err.msg);
		return 0;
	}
	count = skep_btf_type_count(b);
	for (id = 1; id < count; id++)
		look(b, id);
	must(skep_btf_needed(b, NULL, must_be_an_id, b, NULL) == 0);
	skep_btf_dump_raw(b, NULL, take, &total, NULL);
	total = 0;
	opts.flags = SKEP_BTF_DUMP_SORTED;
	skep_btf_dump_c(b, &opts, take, &total, &err);
	opts.flags = 0;
	opts.types = &id;
	for (id = 1; id < count && id < 16; id++) {
		total = 0;
		must(skep_btf_needed(b, &opts, must_be_an_id, b, NULL) == 0);
		skep_btf_dump_c(b, &opts, take, &total, &err);
	}
	/* the same once more, on top of itself */
	if (skep_btf_open_bytes(data, size, b, &split, NULL) == 0) {
		must(skep_btf_first_id(split) == count);
		total = 0;
		skep_btf_dump_c(split, NULL, take, &total, NULL);
		skep_btf_close(split);
	}
	must(skep_btf_close(b) == NULL);
	return 0;
}
