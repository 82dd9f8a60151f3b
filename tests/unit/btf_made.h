/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef UNIT_BTF_MADE_H
#define UNIT_BTF_MADE_H
/* BTF that libbpf makes for tests. */
#include <bpf/btf.h>

#include <skep/btf.h>

/* Adds an int of 4 bytes, id 1, and a struct list { struct list *next; int value; }, id 2, with its pointer, id 3. */
void btf_made_list(struct btf *b);

/* Opens what was made, or fails the test with the words of the error; @made is freed. */
struct skep_btf *btf_made_open(struct btf *made, const struct skep_btf *base);

/* Takes text: @userdata is a struct btf_made_text. */
struct btf_made_text {
	char *text; /* to be freed; NUL-terminated */
	size_t len;
};
int btf_made_write(const char *bytes, size_t len, void *userdata);

#endif
