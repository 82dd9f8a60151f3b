/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/binary.h>

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/error.h>

#include "attach/binary.h"
#include "attach/elf_note.h"
#include "attach/elf_symbol.h"
#include "attach/library_cache.h"
#include "elf_made.h"

#define BASE 0x400000

/* What walks told, as a text. */
struct told {
	char text[1024];
};

static int tell_symbol(const struct skep_binary_symbol *s, void *userdata)
{
	struct told *t = userdata;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "%s%s%s %llx %llx; ", s->name,
		 *s->version ? (s->is_default ? "@@" : "@") : "", s->version,
		 (unsigned long long)s->address, (unsigned long long)s->offset);
	return 0;
}

static int tell_usdt(const struct skep_binary_usdt *u, void *userdata)
{
	struct told *t = userdata;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "%s:%s(%s) %llx %llx; ", u->provider,
		 u->name, u->arguments, (unsigned long long)u->offset,
		 (unsigned long long)u->semaphore);
	return 0;
}

/* An open handle on an ELF that is nowhere but in memory. */
static struct skep_binary *open_made(const struct elf_made *e, size_t size)
{
	int fd = memfd_create("made", MFD_CLOEXEC);
	struct skep_binary *b = NULL;
	struct skep_error err = { 0 };
	char path[64];

	assert_true(fd >= 0 && write(fd, e, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check_int(skep_binary_open(path, NULL, &b, &err), 0, "%s", err.msg);
	check_text(skep_binary_path(b), path, "path");
	check_int(skep_binary_fd(b) >= 0, 1, "fd");
	close(fd);
	return b;
}

static void symbols__have_their_place_in_the_file(void **state)
{
	static const struct {
		uint16_t type;
		uint64_t base;
		const char *want;
	} cases[] = {
		{ ET_DYN, 0, "copy@V_1 1400 400; copy@@V_2 1408 408; hidden 1420 420; " },
		{ ET_EXEC, BASE, "copy@V_1 401400 400; copy@@V_2 401408 408; hidden 401420 420; " },
	};
	struct elf_made made;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told = { "" };
		struct skep_binary *b;
		struct skep_error err = { 0 };
		uint64_t offset = 0;

		elf_make(&made, cases[i].type, cases[i].base);
		b = open_made(&made, sizeof(made));
		check_int(skep_binary_symbols(b, NULL, 0, tell_symbol, &told, &err), 0, "%s",
			  err.msg);
		check_text(told.text, cases[i].want, "case %zu", i);
		check_int(skep_binary_offset(b, cases[i].base + MADE_DATA_AT + 5, &offset, &err), 0,
			  "%s", err.msg);
		check_u64(offset, MADE_DATA + 5, "an address of data");
		check_int(skep_binary_offset(b, cases[i].base + 0x2000, &offset, &err), -ENOENT,
			  "an address between the segments");
		skep_binary_close(b);
	}
}

static void symbols__match_by_name_version_glob_and_expression(void **state)
{
	static const struct {
		const char *pattern;
		uint64_t flags;
		const char *want;
	} cases[] = {
		{ "copy", 0, "copy@V_1 1400 400; copy@@V_2 1408 408; " },
		{ "copy", SKEP_BINARY_FIRST, "copy@V_1 1400 400; " },
		{ "copy@V_1", 0, "copy@V_1 1400 400; " },
		{ "copy@@V_2", 0, "copy@@V_2 1408 408; " },
		{ "copy@V_3", 0, "" },
		{ "h*", 0, "hidden 1420 420; " },
		{ "/^(hid|hod)/", 0, "hidden 1420 420; " },
		{ "lent", 0, "" },   /* of others, and nowhere in the file */
		{ "word", 0, "" },   /* no function */
		{ "choice", 0, "" }, /* a resolver */
	};
	struct elf_made made;
	struct skep_binary *b;
	struct skep_error err = { 0 };
	uint64_t offset = 0;
	size_t i;

	(void)state;
	elf_make(&made, ET_DYN, 0);
	b = open_made(&made, sizeof(made));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told = { "" };

		check_int(skep_binary_symbols(b, cases[i].pattern, cases[i].flags, tell_symbol,
					      &told, &err),
			  0, "%s: %s", cases[i].pattern, err.msg);
		check_text(told.text, cases[i].want, "%s", cases[i].pattern);
	}
	check_int(skep_binary_symbols(b, "/(/", 0, tell_symbol, NULL, &err), -EINVAL, "broken");
	check_int(skep_binary_symbols(b, NULL, 1u << 9, tell_symbol, NULL, &err), -EINVAL, "flags");
	check_int(skep_binary_find(b, "copy", &offset, &err), 0, "%s", err.msg);
	check_u64(offset, 0x408, "the default version");
	check_int(skep_binary_find(b, "hidden+0x10", &offset, &err), 0, "%s", err.msg);
	check_u64(offset, 0x430, "inside of a function");
	check_int(skep_binary_find(b, "none", &offset, &err), -ENOENT, "%s", err.msg);
	check_u64(offset, 0x430, "untouched");
	skep_binary_close(b);
}

static void symbols__of_a_stripped_file_are_no_data(void **state)
{
	struct elf_made made;
	struct skep_binary *b;
	struct skep_error err = { 0 };

	(void)state;
	elf_make(&made, ET_DYN, 0);
	made.header.e_shnum = 2;
	b = open_made(&made, sizeof(made));
	check_int(skep_binary_symbols(b, NULL, 0, tell_symbol, NULL, &err), -ENODATA, "%s",
		  err.msg);
	skep_binary_close(b);
}

static void usdt__is_found_with_semaphore_and_moved_base(void **state)
{
	static const struct {
		uint16_t type;
		uint64_t base;
	} cases[] = { { ET_DYN, 0 }, { ET_EXEC, BASE } };
	struct elf_made made;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told all = { "" }, one = { "" }, other = { "" };
		struct skep_binary *b;
		struct skep_error err = { 0 };

		elf_make(&made, cases[i].type, cases[i].base);
		b = open_made(&made, sizeof(made));
		check_int(skep_binary_usdts(b, NULL, NULL, tell_usdt, &all, &err), 0, "%s",
			  err.msg);
		check_text(all.text, "app:begin(8@%rdi) 404 0; app:end() 414 502; ", "case %zu", i);
		check_int(skep_binary_usdts(b, "app", "end", tell_usdt, &one, &err), 0, "%s",
			  err.msg);
		check_text(one.text, "app:end() 414 502; ", "case %zu", i);
		check_int(skep_binary_usdts(b, "ap", NULL, tell_usdt, &other, &err), 0, "%s",
			  err.msg);
		check_text(other.text, "", "case %zu", i);
		skep_binary_close(b);
	}
}

static void build_id__is_text_and_can_be_asked_for(void **state)
{
	struct skep_binary_opts opts = { .sz = sizeof(opts), .build_id = "DEAD0eef" };
	struct skep_binary *b, *same = NULL;
	struct skep_error err = { 0 };
	struct elf_made made;
	char id[129], path[64];

	(void)state;
	elf_make(&made, ET_DYN, 0);
	b = open_made(&made, sizeof(made));
	check_int(skep_binary_build_id(b, id, sizeof(id), &err), 8, "%s", err.msg);
	check_text(id, "dead0eef", "build id");
	check_int(skep_binary_build_id(b, id, 8, &err), -ENOSPC, "too small");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", skep_binary_fd(b));
	check_int(skep_binary_open(path, &opts, &same, &err), 0, "%s", err.msg);
	skep_binary_close(same);
	opts.build_id = "dead0eee";
	check_int(skep_binary_open(path, &opts, &same, &err), -ESTALE, "%s", err.msg);
	opts.build_id = "xyz";
	check_int(skep_binary_open(path, &opts, &same, &err), -EINVAL, "%s", err.msg);
	opts.build_id = "";
	check_int(skep_binary_open(path, &opts, &same, &err), -EINVAL, "%s", err.msg);
	skep_binary_close(b);
}

static int tell_nothing(const struct skep_binary_symbol *s, void *userdata)
{
	(void)s;
	(*(size_t *)userdata)++;
	return 0;
}

static int tell_no_usdt(const struct skep_binary_usdt *u, void *userdata)
{
	(void)u;
	(*(size_t *)userdata)++;
	return 0;
}

/* Every byte wrong in turn, and every length: an answer or an error, nothing worse. */
static void elf__that_is_broken_is_survived(void **state)
{
	struct elf_made made, broken;
	size_t i, count = 0, errors = 0;

	(void)state;
	elf_make(&made, ET_DYN, 0);
	for (i = 0; i < sizeof(made) * 2; i++) {
		struct sys_bytes bytes = { .data = (void *)&broken,
					   .fd = -1,
					   .size = sizeof(made) };
		struct sys_elf_segment *loads = NULL;
		struct skep_error err = { 0 };
		struct sys_elf elf;
		int n, r;

		broken = made;
		if (i < sizeof(made))
			((unsigned char *)&broken)[i] ^= 0xff;
		else
			bytes.size = i - sizeof(made);
		r = sys_elf_open(&elf, &bytes, &err);
		n = r < 0 ? r : sys_elf_loads(&elf, &loads);
		r = n < 0 ? n : elf_symbol_walk(&elf, loads, (size_t)n, tell_nothing, &count);
		if (n >= 0)
			r = elf_usdt_walk(&elf, loads, (size_t)n, tell_no_usdt, &count) < 0 ? -1
											    : r;
		errors += r < 0;
		if (r < 0)
			check_int(*err.msg != 0, 1, "words about byte %zu", i);
		free(loads);
	}
	check_int(errors > 100, 1, "%zu errors", errors);
}

static void file__that_is_no_elf_is_told(void **state)
{
	struct skep_binary *b = NULL;
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_binary_open("/etc/passwd", NULL, &b, &err), -ENOEXEC, "%s", err.msg);
	check_int(skep_binary_open("/etc", NULL, &b, &err), -ENOENT, "%s", err.msg);
	check_int(skep_binary_open("/no/such/file", NULL, &b, &err), -ENOENT, "%s", err.msg);
	check_int(skep_binary_open("skep-no-such-program", NULL, &b, &err), -ENOENT, "%s", err.msg);
	check_int(skep_binary_open("", NULL, &b, &err), -ENOENT, "%s", err.msg);
	check_int(skep_binary_open(NULL, NULL, &b, &err), -EINVAL, "%s", err.msg);
	assert_null(b);
	assert_null(skep_binary_close(NULL));
}

static void name__of_a_library_or_a_program_is_found(void **state)
{
	static const char *const names[] = { "libc.so.6", "c", "sh" };
	struct skep_binary_opts opts = { .sz = sizeof(opts) };
	struct skep_error err = { 0 };
	uint64_t offset;
	size_t i, pid;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		for (pid = 0; pid < 2; pid++) {
			struct skep_binary *b = NULL;

			opts.pid = pid ? (uint64_t)getpid() : 0;
			check_int(skep_binary_open(names[i], &opts, &b, &err), 0, "%s: %s",
				  names[i], err.msg);
			if (i < 2)
				check_int(skep_binary_find(b, "malloc", &offset, &err), 0, "%s: %s",
					  skep_binary_path(b), err.msg);
			skep_binary_close(b);
		}
}

/* The test's own function, by the file that it was started from. */
__attribute__((noinline, used)) static int own_function(int x)
{
	__asm__ volatile("");
	return x + 1;
}

static void process__tells_its_program_and_what_it_has_mapped(void **state)
{
	struct skep_binary_opts opts = { .sz = sizeof(opts), .pid = (uint64_t)getpid() };
	struct skep_binary *b = NULL, *by_id = NULL;
	struct skep_error err = { 0 };
	struct stat one, two;
	uint64_t offset;
	char id[129];

	(void)state;
	check_int(own_function(1), 2, "called");
	check_int(skep_binary_open(NULL, &opts, &b, &err), 0, "%s", err.msg);
	check_int(skep_binary_find(b, "own_function", &offset, &err), 0, "%s", err.msg);
	assert_true(skep_binary_build_id(b, id, sizeof(id), &err) > 0);
	opts.build_id = id;
	check_int(skep_binary_open(NULL, &opts, &by_id, &err), 0, "%s", err.msg);
	assert_true(fstat(skep_binary_fd(b), &one) == 0 && fstat(skep_binary_fd(by_id), &two) == 0);
	check_u64(one.st_ino, two.st_ino, "the same file");
	skep_binary_close(by_id);
	skep_binary_close(b);
	opts = (struct skep_binary_opts){ .sz = sizeof(opts), .pid = 0x7fffffff };
	check_int(skep_binary_open(NULL, &opts, &b, &err), -ESRCH, "%s", err.msg);
}

/* The caller's directory counts, and not the root of the process. */
static void relative_path__begins_where_the_caller_is(void **state)
{
	struct skep_binary_opts opts = { .sz = sizeof(opts), .pid = (uint64_t)getpid() };
	struct skep_binary *b = NULL;
	struct skep_error err = { 0 };
	char cwd[4096];

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir("/proc/self"), 0);
	check_int(skep_binary_open("./exe", &opts, &b, &err), 0, "%s", err.msg);
	skep_binary_close(b);
	assert_int_equal(chdir(cwd), 0);
}

/* A name that has gone to another file is not what the kernel is told. */
static void kernel_path__leads_to_the_very_file(void **state)
{
	char path[] = "/tmp/skep binary XXXXXX", fd_path[64];
	struct skep_binary *b = NULL;
	struct skep_error err = { 0 };
	struct elf_made made;
	int fd = mkstemp(path);

	(void)state;
	elf_make(&made, ET_DYN, 0);
	assert_true(fd >= 0 && write(fd, &made, sizeof(made)) == (ssize_t)sizeof(made));
	close(fd);
	check_int(skep_binary_open(path, NULL, &b, &err), 0, "%s", err.msg);
	snprintf(fd_path, sizeof(fd_path), "/proc/self/fd/%d", skep_binary_fd(b));
	check_text(binary_kernel_path(b), path, "a path with blanks");
	check_text(binary_line_path(b), fd_path, "a path with blanks, in a line");
	check_text(skep_binary_path(b), path, "the path for people");
	skep_binary_close(b);
	unlink(path);
	check_int(skep_binary_open("/bin/sh", NULL, &b, &err), 0, "%s", err.msg);
	check_text(binary_kernel_path(b), "/bin/sh", "a path like any");
	check_text(binary_line_path(b), "/bin/sh", "a path like any, in a line");
	skep_binary_close(b);
}

static int tell_library(const char *name, const char *path, void *userdata)
{
	struct told *t = userdata;
	size_t len = strlen(t->text);

	snprintf(t->text + len, sizeof(t->text) - len, "%s=%s; ", name, path);
	return 0;
}

static void library_cache__is_read_in_both_formats(void **state)
{
	struct {
		char magic[20];
		uint32_t count, text_bytes, more[5];
		struct {
			int32_t flags;
			uint32_t name, path, os;
			uint64_t hardware;
		} entries[2];
		char text[32];
	} cache = { .magic = "glibc-ld.so.cache1.1", .count = 2 };
	unsigned char old[16 + 16 + sizeof(cache)] = "ld.so-1.7.0";
	const uint32_t one = 1;
	struct told told = { "" };
	size_t i;

	(void)state;
	memcpy(cache.text, "a.so\0/lib/a.so\0b.so\0/b", 23);
	cache.entries[0].name = (uint32_t)((char *)cache.text - (char *)&cache);
	cache.entries[0].path = cache.entries[0].name + 5;
	cache.entries[1].name = cache.entries[0].name + 15;
	cache.entries[1].path = cache.entries[0].name + 20;
	check_int(library_cache_walk((void *)&cache, sizeof(cache), tell_library, &told), 0, "new");
	check_text(told.text, "a.so=/lib/a.so; b.so=/b; ", "new");
	/* one entry of 12 bytes of the old format before it, filled up to 8 */
	memcpy(old + 12, &one, sizeof(one));
	memcpy(old + 32, &cache, sizeof(cache));
	told.text[0] = '\0';
	check_int(library_cache_walk(old, sizeof(old), tell_library, &told), 0, "old");
	check_text(told.text, "a.so=/lib/a.so; b.so=/b; ", "old");
	for (i = 0; i < sizeof(cache) - 32; i++)
		check_int(library_cache_walk((void *)&cache, i, tell_library, &told), -EINVAL,
			  "%zu bytes", i);
	cache.count = UINT32_MAX;
	check_int(library_cache_walk((void *)&cache, sizeof(cache), tell_library, &told), -EINVAL,
		  "count");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols__have_their_place_in_the_file),
		cmocka_unit_test(symbols__match_by_name_version_glob_and_expression),
		cmocka_unit_test(symbols__of_a_stripped_file_are_no_data),
		cmocka_unit_test(usdt__is_found_with_semaphore_and_moved_base),
		cmocka_unit_test(build_id__is_text_and_can_be_asked_for),
		cmocka_unit_test(elf__that_is_broken_is_survived),
		cmocka_unit_test(file__that_is_no_elf_is_told),
		cmocka_unit_test(name__of_a_library_or_a_program_is_found),
		cmocka_unit_test(process__tells_its_program_and_what_it_has_mapped),
		cmocka_unit_test(relative_path__begins_where_the_caller_is),
		cmocka_unit_test(kernel_path__leads_to_the_very_file),
		cmocka_unit_test(library_cache__is_read_in_both_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
