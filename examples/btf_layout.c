/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Prints where the members of a struct of the running kernel are, and the struct as C. It takes no privilege.
 *
 *	$ ./btf_layout list_head
 *	struct list_head: ... bytes
 *	     0  next
 *	     ...  prev
 *	struct list_head {
 *		struct list_head *next;
 *		struct list_head *prev;
 *	};
 *	...
 */
#include <stdio.h>

#include <skep/btf.h>
#include <skep/btf_dump.h>
#include <skep/error.h>

static int write_text(const char *bytes, size_t len, void *userdata)
{
	(void)userdata;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -1;
}

static void print_members(const struct skep_btf *btf, const struct skep_btf_type *t)
{
	struct skep_btf_member m;
	uint32_t i;

	printf("struct %s: %u bytes\n", t->name, t->size);
	for (i = 0; skep_btf_member_at(btf, t->id, i, &m) == 0; i++) {
		printf("%6u", m.bit_offset / 8);
		if (m.bitfield_size)
			printf(":%u", m.bit_offset % 8);
		printf("  %s\n", *m.name ? m.name : "(unnamed)");
	}
}

int main(int argc, char **argv)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	struct skep_btf_dump_opts opts = { .sz = sizeof(opts), .flags = SKEP_BTF_DUMP_PLAIN };
	struct skep_error err = { 0 };
	struct skep_btf_type t;
	char name[256];
	uint32_t id;

	snprintf(name, sizeof(name), "struct %s", argc > 1 ? argv[1] : "task_struct");
	if (skep_btf_open_kernel(&btf, &err) < 0)
		goto failed;
	if (!skep_btf_find(btf, name, 0, &id)) {
		fprintf(stderr, "btf_layout: there is no %s\n", name);
		return 1;
	}
	skep_btf_type_at(btf, id, &t);
	print_members(btf, &t);
	opts.types = &id;
	opts.type_count = 1;
	if (skep_btf_dump_c(btf, &opts, write_text, NULL, &err) == 0)
		return 0;
failed:
	fprintf(stderr, "btf_layout: %s\n", err.msg);
	return 1;
}
