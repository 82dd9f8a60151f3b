/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/symbol.h>

#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <skep/error.h>

#include "attach/symbol_line.h"

static const char list[] = "tcp_close\n"
			   "vfs_read.isra.0\n"
			   "vfs_read.part.0\n"
			   "vfs_read.constprop.0.isra.3\n"
			   "vfs_read\n"
			   "vfs_read.isra.0.cold\n"
			   "__ftrace_invalid_address___1234\n"
			   "\n"
			   "fuse_lookup [fuse]\n"
			   "tcp_close [fuse]\n"
			   "broken [\n"
			   "tcp_open\n";

static char path[64];

static int make_list(void **state)
{
	int fd = memfd_create("list", MFD_CLOEXEC);

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return write(fd, list, strlen(list)) == (ssize_t)strlen(list) ? 0 : -1;
}

struct told {
	char text[512];
};

static int tell(const struct skep_symbol *s, void *userdata)
{
	struct told *t = userdata;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "%llu:%s%s%s ",
		 (unsigned long long)s->pattern, s->name, *s->module ? "@" : "", s->module);
	return 0;
}

static void walk__matches_patterns_in_one_pass(void **state)
{
	static const struct {
		const char *patterns[3];
		uint64_t flags;
		const char *module, *want;
	} cases[] = {
		{ { "vfs_read" }, 0, NULL, "0:vfs_read " },
		{ { "vfs_read" },
		  SKEP_SYMBOL_VARIANTS,
		  NULL,
		  "0:vfs_read.isra.0 0:vfs_read.constprop.0.isra.3 0:vfs_read " },
		{ { "vfs_read" },
		  SKEP_SYMBOL_PARTS,
		  NULL,
		  "0:vfs_read.part.0 0:vfs_read 0:vfs_read.isra.0.cold " },
		{ { "vfs_read" }, SKEP_SYMBOL_VARIANTS | SKEP_SYMBOL_FIRST, NULL, "0:vfs_read " },
		{ { "vfs_rea?.*" }, SKEP_SYMBOL_FIRST, NULL, "0:vfs_read.isra.0 " },
		{ { "/^tcp_/", "tcp_*" }, 0, NULL, "0:tcp_close 0:tcp_close@fuse 0:tcp_open " },
		{ { "tcp_*" }, 0, "fuse", "0:tcp_close@fuse " },
		{ { "tcp_*" }, 0, "", "0:tcp_close 0:tcp_open " },
		{ { "none", "tcp_open", "tcp_*" },
		  SKEP_SYMBOL_FIRST,
		  NULL,
		  "1:tcp_open 2:tcp_close " },
		{ { "broken" }, 0, NULL, "" },
		{ { "__ftrace*" }, 0, NULL, "" },
		{ { NULL }, 0, "fuse", "0:fuse_lookup@fuse 0:tcp_close@fuse " },
	};
	size_t i, count;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct skep_symbol_opts opts = { .sz = sizeof(opts),
						       .flags = cases[i].flags,
						       .path = path,
						       .module = cases[i].module };
		struct told told = { "" };
		struct skep_error err = { 0 };

		for (count = 0; count < 3 && cases[i].patterns[count]; count++)
			;
		check_int(skep_symbol_walk(cases[i].patterns, count, &opts, tell, &told, &err), 0,
			  "case %zu: %s", i, err.msg);
		check_text(told.text, cases[i].want, "case %zu", i);
	}
}

static int stop(const struct skep_symbol *s, void *userdata)
{
	(void)s;
	return *(int *)userdata;
}

static void walk__ends_early_and_refuses_nonsense(void **state)
{
	struct skep_symbol_opts opts = { .sz = sizeof(opts), .path = path };
	const char *const all = "*", *const bad = "/(/";
	struct skep_error err = { 0 };
	char name[512];
	int seven = 7;

	(void)state;
	check_int(skep_symbol_walk(&all, 1, &opts, stop, &seven, &err), 7, "stopped");
	check_int(skep_symbol_walk(&bad, 1, &opts, stop, &seven, &err), -EINVAL, "%s", err.msg);
	check_int(skep_symbol_find("vfs_rea*", &opts, name, sizeof(name), &err), 15, "%s", err.msg);
	check_text(name, "vfs_read.isra.0", "the first");
	check_int(skep_symbol_find("vfs_read", &opts, name, sizeof(name), &err), 8, "%s", err.msg);
	check_int(skep_symbol_find("nothing", &opts, name, sizeof(name), &err), 0, "none");
	check_int(skep_symbol_find("vfs_read", &opts, name, 8, &err), -ENOSPC, "%s", err.msg);
	opts.flags = 1u << 20;
	check_int(skep_symbol_walk(&all, 1, &opts, stop, &seven, &err), -EINVAL, "%s", err.msg);
	opts.flags = 0;
	opts.path = "/no/such/list";
	check_int(skep_symbol_walk(&all, 1, &opts, stop, &seven, &err), -ENOENT, "%s", err.msg);
}

static void stem__is_the_name_in_the_source(void **state)
{
	static const struct {
		const char *name;
		size_t len;
	} cases[] = {
		{ "vfs_read", 8 },
		{ "vfs_read.isra.0", 8 },
		{ "vfs_read.cold", 8 },
		{ "vfs_read.cold.12", 8 },
		{ "f.part.0.isra.0.cold", 1 },
		{ "f.llvm.123456", 1 },
		{ "f.part", 6 },
		{ "f.isra", 6 },
		{ ".isra.0", 7 },
		{ ".cold", 5 },
		{ "f.1", 3 },
		{ "", 0 },
		{ "1234", 4 },
		{ "f.constprop.0", 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		check_u64(skep_symbol_stem(cases[i].name), cases[i].len, "%s", cases[i].name);
}

static void line__is_taken_apart_or_refused(void **state)
{
	static const struct {
		const char *text, *name, *module;
	} cases[] = {
		{ "a\n", "a", "" },        { "a", "a", "" },         { "a [m]\n", "a", "m" },
		{ "a\t[m] \n", "a", "m" }, { "", NULL, NULL },       { "\n", NULL, NULL },
		{ "a m\n", NULL, NULL },   { "a []\n", NULL, NULL }, { "a [m\n", NULL, NULL },
		{ "a [m] b", NULL, NULL }, { " a\n", NULL, NULL },
	};
	struct symbol_line line;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];
		int r;

		strcpy(text, cases[i].text);
		r = symbol_line_parse(text, strlen(text), &line);
		check_int(r, cases[i].name ? 0 : -EINVAL, "case %zu", i);
		if (r < 0)
			continue;
		check_text(line.name, cases[i].name, "case %zu", i);
		check_text(line.module, cases[i].module, "case %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk__matches_patterns_in_one_pass),
		cmocka_unit_test(walk__ends_early_and_refuses_nonsense),
		cmocka_unit_test(stem__is_the_name_in_the_source),
		cmocka_unit_test(line__is_taken_apart_or_refused),
	};

	return cmocka_run_group_tests(tests, make_list, NULL);
}
