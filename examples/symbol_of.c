/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Tells the kernel's symbols of names, system calls and addresses.
 *
 *	$ sudo ./symbol_of vfs_read openat 0xffffffff816bac12
 *	vfs_read: 0xffffffff816bab70 T vfs_read
 *	openat: 0xffffffff816b7900 T __x64_sys_openat
 *	0xffffffff816bac12: vfs_read+0xa2
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/syscall_name.h>

static void print(const char *what, const struct skep_kallsyms_symbol *s)
{
	printf("%s: 0x%" PRIx64 " %c %s%s%s\n", what, s->address, (char)s->type, s->name,
	       *s->module ? " of module " : "", s->module);
}

static int tell(const struct skep_kallsyms *k, const char *what, struct skep_error *err)
{
	struct skep_kallsyms_symbol found[16];
	int64_t i, count;
	int r;

	if (!strncmp(what, "0x", 2)) {
		uint64_t address = strtoull(what, NULL, 16);

		r = skep_kallsyms_at(k, address, found, err);
		if (r == 0)
			printf("%s: %s+0x%" PRIx64 "\n", what, found->name,
			       address - found->address);
		return r;
	}
	count = skep_kallsyms_find(k, what, SKEP_KALLSYMS_VARIANTS, found, 16);
	for (i = 0; i < count && i < 16; i++)
		print(what, &found[i]);
	if (count)
		return 0;
	r = skep_syscall_find(k, what, SKEP_SYSCALL_NATIVE, found, err);
	if (r == 0)
		print(what, found);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = NULL;
	struct skep_error err;
	int i, failed = 0;

	if (skep_kallsyms_read(NULL, &k, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	for (i = 1; i < argc; i++)
		if (tell(k, argv[i], &err) < 0) {
			fprintf(stderr, "%s\n", err.msg);
			failed = 1;
		}
	return failed;
}
