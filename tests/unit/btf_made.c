/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "btf_made.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "check.h"

void btf_made_list(struct btf *b)
{
	check_int(btf__add_int(b, "int", 4, BTF_INT_SIGNED), 1, "int");
	check_int(btf__add_struct(b, "list", 16), 2, "struct");
	check_int(btf__add_field(b, "next", 3, 0, 0), 0, "next");
	check_int(btf__add_field(b, "value", 1, 64, 0), 0, "value");
	check_int(btf__add_ptr(b, 2), 3, "pointer");
}

struct skep_btf *btf_made_open(struct btf *made, const struct skep_btf *base)
{
	struct skep_error err = { .msg = "" };
	struct skep_btf *b = NULL;
	uint32_t size = 0;
	const void *data = btf__raw_data(made, &size);
	int r = skep_btf_open_bytes(data, size, base, &b, &err);

	btf__free(made);
	check_int(r, 0, "%s", err.msg);
	return b;
}

int btf_made_write(const char *bytes, size_t len, void *userdata)
{
	struct btf_made_text *t = userdata;
	char *text = realloc(t->text, t->len + len + 1);

	if (!text)
		return -ENOMEM;
	memcpy(text + t->len, bytes, len);
	t->text = text;
	t->len += len;
	t->text[t->len] = '\0';
	return 0;
}
