/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The live kernel's symbols, and its system calls among them. */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <skep/kallsyms.h>
#include <skep/tracefs.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "sys/syscall_name.h"

static struct skep_kallsyms *read_ok(void)
{
	struct skep_kallsyms *k = NULL;
	struct skep_error err = { 0 };

	assert_ok(skep_kallsyms_read(NULL, &k, &err), &err);
	return k;
}

static size_t count_lines(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	size_t count = 0;
	int c;

	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		count += c == '\n';
	return count;
}

static void kallsyms__of_the_kernel_are_read_to_the_last_line_inside(void)
{
	struct skep_kallsyms *k = read_ok();
	struct skep_kallsyms_symbol s, at;
	size_t lines = count_lines("/proc/kallsyms"), count = skep_kallsyms_count(k);
	int64_t found;

	assert_int_equal(skep_kallsyms_skipped(k), 0);
	/* programs come and go meanwhile: other tests' */
	assert_in_range(count, lines - lines / 100, lines + lines / 100);
	found = skep_kallsyms_find(k, "vfs_read", 0, &s, 1);
	assert_int_equal(found, 1);
	assert_string_equal(s.module, "");
	assert_true(s.type == 'T' || s.type == 't');
	assert_false(skep_kallsyms_hidden(k));
	assert_int_equal(skep_kallsyms_at(k, s.address + 1, &at, NULL), 0);
	assert_string_equal(at.name, "vfs_read");
	skep_kallsyms_free(k);
}
IN_NETNS(kallsyms__of_the_kernel_are_read_to_the_last_line)

static void kallsyms__without_privilege_have_names_alone_inside(void)
{
	_cleanup_fclose_ FILE *paranoid = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	struct skep_kallsyms *k;
	struct skep_kallsyms_symbol s;
	struct skep_error err = { 0 };
	int level = 2;

	assert_true(paranoid && fscanf(paranoid, "%d", &level) == 1);
	assert_int_equal(setresuid(65534, 65534, 65534), 0);
	k = read_ok();
	assert_int_equal(skep_kallsyms_find(k, "vfs_read", 0, &s, 1), 1);
	if (level > 1) {
		assert_true(skep_kallsyms_hidden(k));
		assert_int_equal(skep_kallsyms_at(k, UINT64_MAX, &s, &err), -EPERM);
		assert_int_equal(err.kind, SKEP_ERR_PERMISSION);
	}
	skep_kallsyms_free(k);
}
IN_NETNS(kallsyms__without_privilege_have_names_alone)

static const char *const native[] = {
	"read",     "openat",    "close",  "execve",  "bpf",       "connect",
	"clone3",   "fstat",     "uname",  "umount2", "mount",     "newfstatat",
	"sendfile", "fadvise64", "getpid", "futex",   "nanosleep",
};

/* Each has a function, which leads back to its name, and a tracepoint. */
static void syscall__names_are_the_kernels_inside(void)
{
	struct skep_kallsyms *k = read_ok();
	struct skep_tracefs *t = NULL;
	struct skep_error err = { 0 };
	uint64_t id, abi;
	char buf[80];
	size_t i;

	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_ok(skep_tracefs_open(SKEP_TRACEFS_MOUNT, &t, &err), &err);
	for (i = 0; i < ARRAY_SIZE(native); i++) {
		struct skep_kallsyms_symbol s;

		assert_ok(skep_syscall_find(k, native[i], SKEP_SYSCALL_NATIVE, &s, &err), &err);
		assert_true(s.type == 'T' || s.type == 't');
		assert_true(skep_syscall_name(s.name, buf, sizeof(buf), &abi) > 0);
		assert_string_equal(buf, native[i]);
		assert_int_equal(abi, SKEP_SYSCALL_NATIVE);
		assert_true(skep_syscall_tracepoint(native[i], SKEP_SYSCALL_EXIT, buf,
						    sizeof(buf)) > 0);
		assert_ok(skep_tracefs_event_id(t, "syscalls", buf, &id, &err), &err);
	}
	assert_int_equal(skep_syscall_find(k, "no_such_call", SKEP_SYSCALL_NATIVE,
					   &(struct skep_kallsyms_symbol){ 0 }, &err),
			 -ENOENT);
	skep_tracefs_close(t);
	skep_kallsyms_free(k);
}
IN_NETNS(syscall__names_are_the_kernels)

#ifdef __x86_64__
/* Where 32-bit programs run, each function of the table is there: but for what this kernel may be built without. */
static void check_compat(const struct skep_kallsyms *k)
{
	const struct kabi_syscall_function *f;
	struct skep_kallsyms_symbol s;
	int there = 0, absent = 0;
	struct skep_error err;

	for (f = kabi_syscall_functions; f->name; f++) {
		if (f->abi != SKEP_SYSCALL_COMPAT)
			continue;
		assert_ok(skep_syscall_find(k, f->name, f->abi, &s, &err), &err);
		if (strstr(s.name, f->function)) {
			there++;
			continue;
		}
		print_message("# %s is %s, not %s\n", f->name, s.name, f->function);
		absent++;
	}
	assert_true(there > 90);
	assert_true(absent < 5);
}

static void syscall__names_of_32_bits_are_the_kernels_inside(void)
{
	static const struct {
		const char *name, *symbol;
	} some[] = {
		{ "openat", "__ia32_compat_sys_openat" },
		{ "read", "__ia32_sys_read" },
		{ "setuid", "__ia32_sys_setuid16" },
		{ "setuid32", "__ia32_sys_setuid" },
		{ "stat", "__ia32_compat_sys_newstat" },
		{ "clone", "__ia32_compat_sys_ia32_clone" },
		{ "epoll_pwait", "__ia32_sys_epoll_pwait" },
		{ "time", "__ia32_sys_time32" },
	};
	struct skep_kallsyms *k = read_ok();
	struct skep_kallsyms_symbol s;
	struct skep_error err = { 0 };
	size_t i;

	if (skep_kallsyms_find(k, "__ia32_compat_sys_openat", 0, &s, 1) == 0) {
		assert_int_equal(skep_syscall_find(k, "openat", SKEP_SYSCALL_COMPAT, &s, &err),
				 -ENOENT);
	} else {
		for (i = 0; i < ARRAY_SIZE(some); i++) {
			assert_ok(skep_syscall_find(k, some[i].name, SKEP_SYSCALL_COMPAT, &s, &err),
				  &err);
			assert_string_equal(s.name, some[i].symbol);
		}
		check_compat(k);
	}
	skep_kallsyms_free(k);
}
IN_NETNS(syscall__names_of_32_bits_are_the_kernels)
#endif

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kallsyms__of_the_kernel_are_read_to_the_last_line),
		cmocka_unit_test(kallsyms__without_privilege_have_names_alone),
		cmocka_unit_test(syscall__names_are_the_kernels),
#ifdef __x86_64__
		cmocka_unit_test(syscall__names_of_32_bits_are_the_kernels),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
