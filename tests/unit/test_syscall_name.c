/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>

#include "sys/syscall_name.h"

#define NATIVE SKEP_SYSCALL_NATIVE
#define COMPAT SKEP_SYSCALL_COMPAT

/* As of Linux 6: beside each function others whose names resemble it. */
static const char x86_64[] =
	"1 t __pfx___x64_sys_openat\n2 T __x64_sys_openat\n3 T __ia32_sys_openat\n"
	"4 T __ia32_compat_sys_openat\n5 t __do_sys_openat\n6 T ksys_openat\n"
	"7 T __sys_openat\n8 T __x64_sys_read\n9 T __ia32_sys_read\n"
	"a T __x64_sys_stat\nb T __x64_sys_newstat\nc T __ia32_sys_stat\n"
	"d T __ia32_sys_newstat\ne T __ia32_compat_sys_newstat\n"
	"f W __x64_sys_lookup_dcookie\n10 T __ia32_sys_epoll_pwait\n"
	"11 T __ia32_compat_sys_epoll_pwait\n12 t __x64_sys_close\t[rootkit]\n"
	"13 T __x64_sys_close\n14 t __x64_sys_hidden\t[rootkit]\n";
static const char arm64[] =
	"1 T __sys_connect\n2 T __arm64_sys_connect\n3 T __arm64_compat_sys_openat\n"
	"4 T __arm64_sys_openat\n5 T ksys_open\n6 T __arm64_sys_open\n"
	"7 T __arm64_sys_fadvise64_64\n";
static const char old[] = "1 T sys_open\n1 T SyS_open\n2 T compat_SyS_open\n2 T compat_sys_open\n"
			  "3 T SyS_newuname\n3 T sys_newuname\n4 T sys_close\n";
static const char powerpc[] = "1 T .sys_open\n2 T .compat_sys_open\n3 D sys_open_table\n";
static const char mips[] = "1 t __se_sys_open\n1 t __do_sys_open\n";

static const struct {
	enum kabi_arch arch;
	const char *symbols, *name;
	uint64_t abi;
	const char *want;
	uint64_t address;
} cases[] = {
	{ KABI_ARCH_X86_64, x86_64, "openat", NATIVE, "__x64_sys_openat", 2 },
	{ KABI_ARCH_X86_64, x86_64, "openat", COMPAT, "__ia32_compat_sys_openat", 4 },
	{ KABI_ARCH_X86_64, x86_64, "read", NATIVE, "__x64_sys_read", 8 },
	{ KABI_ARCH_X86_64, x86_64, "read", COMPAT, "__ia32_sys_read", 9 },
	{ KABI_ARCH_X86_64, x86_64, "stat", NATIVE, "__x64_sys_newstat", 0xb },
	{ KABI_ARCH_X86_64, x86_64, "newstat", NATIVE, "__x64_sys_newstat", 0xb },
	{ KABI_ARCH_X86_64, x86_64, "stat", COMPAT, "__ia32_compat_sys_newstat", 0xe },
	{ KABI_ARCH_X86_64, x86_64, "oldstat", COMPAT, "__ia32_sys_stat", 0xc },
	{ KABI_ARCH_X86_64, x86_64, "lookup_dcookie", NATIVE, "__x64_sys_lookup_dcookie", 0xf },
	{ KABI_ARCH_X86_64, x86_64, "epoll_pwait", COMPAT, "__ia32_sys_epoll_pwait", 0x10 },
	{ KABI_ARCH_X86_64, x86_64, "close", NATIVE, "__x64_sys_close", 0x13 },
	{ KABI_ARCH_X86_64, x86_64, "hidden", NATIVE, NULL, 0 },
	{ KABI_ARCH_X86_64, x86_64, "absent", NATIVE, NULL, 0 },
	{ KABI_ARCH_X86_64, x86_64, "", NATIVE, NULL, 0 },
	{ KABI_ARCH_X86_64, x86_64, "__x64_sys_openat", NATIVE, NULL, 0 },
	{ KABI_ARCH_ARM64, x86_64, "openat", NATIVE, NULL, 0 },
	{ KABI_ARCH_ARM64, arm64, "open", NATIVE, "__arm64_sys_open", 6 },
	{ KABI_ARCH_ARM64, arm64, "connect", NATIVE, "__arm64_sys_connect", 2 },
	{ KABI_ARCH_ARM64, arm64, "openat", COMPAT, "__arm64_compat_sys_openat", 3 },
	{ KABI_ARCH_ARM64, arm64, "connect", COMPAT, "__arm64_sys_connect", 2 },
	{ KABI_ARCH_ARM64, arm64, "fadvise64", NATIVE, "__arm64_sys_fadvise64_64", 7 },
	{ KABI_ARCH_X86_64, old, "open", NATIVE, "SyS_open", 1 },
	{ KABI_ARCH_X86_64, old, "open", COMPAT, "compat_SyS_open", 2 },
	{ KABI_ARCH_X86_64, old, "uname", NATIVE, "SyS_newuname", 3 },
	{ KABI_ARCH_X86_64, old, "close", NATIVE, "sys_close", 4 },
	{ KABI_ARCH_GENERIC, powerpc, "open", NATIVE, ".sys_open", 1 },
	{ KABI_ARCH_GENERIC, powerpc, "open", COMPAT, ".compat_sys_open", 2 },
	{ KABI_ARCH_GENERIC, mips, "open", NATIVE, "__se_sys_open", 1 },
};

static struct skep_kallsyms *parse(const char *text)
{
	struct skep_kallsyms *k = NULL;

	check_int(skep_kallsyms_parse(text, strlen(text), &k, NULL), 0, "'%s'", text);
	return k;
}

static void syscall__function_is_the_one_that_runs(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(cases[i].symbols);
		struct skep_kallsyms_symbol s = { 0 };

		check_int(sys_syscall_find(cases[i].arch, k, cases[i].name, cases[i].abi, &s, NULL),
			  cases[i].want ? 0 : -ENOENT, "case %zu, '%s'", i, cases[i].name);
		if (!cases[i].want)
			assert_null(s.name);
		else
			check_text(s.name, cases[i].want, "case %zu", i);
		check_u64(s.address, cases[i].address, "case %zu, '%s'", i, cases[i].name);
	}
}

static void syscall__that_is_not_there_is_named(void **state)
{
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = parse(x86_64);
	struct skep_kallsyms_symbol s;
	struct skep_error err = { 0 };

	(void)state;
	check_int(sys_syscall_find(KABI_ARCH_X86_64, k, "absent", COMPAT, &s, &err), -ENOENT,
		  "absent");
	check_u64(err.kind, SKEP_ERR_NO_SYMBOL, "kind");
	check_text(err.msg, "this kernel has no function for the 32-bit system call 'absent'",
		   "message");
	check_int(skep_syscall_find(k, "openat", 2, &s, &err), -EINVAL, "ABI 2");
	check_u64(err.kind, SKEP_ERR_INVALID, "kind");
}

static const struct {
	enum kabi_arch arch;
	const char *symbol, *want;
	uint64_t abi;
} reverse[] = {
	{ KABI_ARCH_X86_64, "__x64_sys_openat", "openat", NATIVE },
	{ KABI_ARCH_X86_64, "__ia32_compat_sys_openat", "openat", COMPAT },
	{ KABI_ARCH_X86_64, "__ia32_sys_read", "read", COMPAT },
	{ KABI_ARCH_X86_64, "SyS_open", "open", NATIVE },
	{ KABI_ARCH_X86_64, "sys_open", "open", NATIVE },
	{ KABI_ARCH_X86_64, "__x64_sys_newstat", "stat", NATIVE },
	{ KABI_ARCH_X86_64, "__x64_sys_stat", NULL, 0 },
	{ KABI_ARCH_X86_64, "__ia32_sys_stat", "oldstat", COMPAT },
	{ KABI_ARCH_X86_64, "__ia32_sys_setuid16", "setuid", COMPAT },
	{ KABI_ARCH_X86_64, "__ia32_sys_setuid", "setuid32", COMPAT },
	{ KABI_ARCH_X86_64, "__ia32_compat_sys_fcntl64", "fcntl64", COMPAT },
	{ KABI_ARCH_X86_64, "__ia32_compat_sys_fcntl", NULL, 0 },
	{ KABI_ARCH_X86_64, "__ia32_sys_epoll_pwait", "epoll_pwait", COMPAT },
	{ KABI_ARCH_X86_64, "__ia32_compat_sys_epoll_pwait", NULL, 0 },
	{ KABI_ARCH_X86_64, "__arm64_sys_openat", NULL, 0 },
	{ KABI_ARCH_X86_64, "__pfx___x64_sys_openat", NULL, 0 },
	{ KABI_ARCH_X86_64, "__x64_sys_", NULL, 0 },
	{ KABI_ARCH_X86_64, "vfs_open", NULL, 0 },
	{ KABI_ARCH_X86_64, "", NULL, 0 },
	{ KABI_ARCH_ARM64, "__arm64_sys_openat", "openat", NATIVE },
	{ KABI_ARCH_ARM64, "__arm64_sys_fadvise64_64", "fadvise64", NATIVE },
	{ KABI_ARCH_GENERIC, ".sys_open", "open", NATIVE },
};

static void syscall__name_is_told_of_its_function(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(reverse); i++) {
		char name[64] = "untouched";
		uint64_t abi = 4711;
		const char *want = reverse[i].want;

		check_int(sys_syscall_name(reverse[i].arch, reverse[i].symbol, name, sizeof(name),
					   &abi),
			  want ? (int)strlen(want) : -ENOENT, "'%s'", reverse[i].symbol);
		check_text(name, want ? want : "untouched", "'%s'", reverse[i].symbol);
		check_u64(abi, want ? reverse[i].abi : 4711, "'%s'", reverse[i].symbol);
	}
}

/* A kernel that has a function for each row of the table, under the first prefix of its ABI. */
static void check_round_trip(enum kabi_arch arch)
{
	const struct kabi_syscall_function *f;
	const struct kabi_syscall_prefix *p;

	for (f = kabi_syscall_functions; f->name; f++) {
		_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *k = NULL;
		struct skep_kallsyms_symbol s = { 0 };
		char line[160], name[64] = "";

		if (f->arch != arch && f->arch != KABI_ARCH_ANY)
			continue;
		for (p = kabi_syscall_prefixes; p->arch != arch || p->abi != f->abi; p++)
			assert_non_null(p->text);
		snprintf(line, sizeof(line), "1 T %s%s\n2 T %s%s\n",
			 strncmp(f->function, "__", 2) ? p->text : "", f->function, p->text,
			 f->name);
		k = parse(line);
		check_int(sys_syscall_find(arch, k, f->name, f->abi, &s, NULL), 0, "%s", f->name);
		check_u64(s.address, 1, "%s is %s", f->name, s.name);
		check_int(sys_syscall_name(arch, s.name, name, sizeof(name), NULL) > 0, 1, "%s",
			  s.name);
		/* fcntl() and fcntl64() are one function */
		check_text(name, strcmp(f->name, "fcntl") ? f->name : "fcntl64", "%s", s.name);
	}
}

static void syscall__names_and_functions_are_one_to_one(void **state)
{
	(void)state;
	check_round_trip(KABI_ARCH_X86_64);
	check_round_trip(KABI_ARCH_ARM64);
	check_round_trip(KABI_ARCH_S390X);
	check_round_trip(KABI_ARCH_RISCV64);
	check_round_trip(KABI_ARCH_GENERIC);
}

static int write_name(char *buf, size_t size, const void *userdata)
{
	return sys_syscall_name(KABI_ARCH_X86_64, userdata, buf, size, NULL);
}

static int write_tracepoint(char *buf, size_t size, const void *userdata)
{
	return skep_syscall_tracepoint(userdata, SKEP_SYSCALL_ENTER, buf, size);
}

static void syscall__says_when_the_buffer_is_too_small(void **state)
{
	(void)state;
	check_every_size(write_name, "__x64_sys_openat", "openat");
	check_every_size(write_name, "__x64_sys_newstat", "stat");
	check_every_size(write_tracepoint, "openat", "sys_enter_openat");
}

static void syscall__tracepoint_is_named_after_the_function(void **state)
{
	char buf[80];

	(void)state;
	skep_syscall_tracepoint("openat", SKEP_SYSCALL_ENTER, buf, sizeof(buf));
	check_text(buf, "sys_enter_openat", "enter");
	skep_syscall_tracepoint("openat", SKEP_SYSCALL_EXIT, buf, sizeof(buf));
	check_text(buf, "sys_exit_openat", "exit");
	skep_syscall_tracepoint("stat", SKEP_SYSCALL_EXIT, buf, sizeof(buf));
	check_text(buf, "sys_exit_newstat", "stat");
	sys_syscall_tracepoint(KABI_ARCH_ARM64, "fadvise64", SKEP_SYSCALL_ENTER, buf, sizeof(buf));
	check_text(buf, "sys_enter_fadvise64_64", "arm64");
	check_int(skep_syscall_tracepoint("openat", 2, buf, sizeof(buf)), -EINVAL, "phase 2");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(syscall__function_is_the_one_that_runs),
		cmocka_unit_test(syscall__that_is_not_there_is_named),
		cmocka_unit_test(syscall__name_is_told_of_its_function),
		cmocka_unit_test(syscall__names_and_functions_are_one_to_one),
		cmocka_unit_test(syscall__says_when_the_buffer_is_too_small),
		cmocka_unit_test(syscall__tracepoint_is_named_after_the_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
