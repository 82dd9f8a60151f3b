/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/syscall_name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

#define SYMBOL_SIZE 128

static int applies(const struct kabi_syscall_function *f, enum kabi_arch arch, uint64_t abi)
{
	return f->abi == abi && (f->arch == arch || f->arch == KABI_ARCH_ANY);
}

static int is_whole(const char *function)
{
	return !strncmp(function, "__", 2);
}

/* Return: how the function of a system call is named; NULL as the system call itself. */
static const char *function_of(enum kabi_arch arch, uint64_t abi, const char *name)
{
	const struct kabi_syscall_function *f;

	for (f = kabi_syscall_functions; f->name; f++)
		if (applies(f, arch, abi) && !strcmp(f->name, name))
			return f->function;
	return NULL;
}

/* Modules may have functions of any name. */
static int find_in_kernel(const struct skep_kallsyms *k, const char *symbol,
			  struct skep_kallsyms_symbol *ret)
{
	struct skep_kallsyms_symbol found[4];
	int64_t i, count = skep_kallsyms_find(k, symbol, 0, found, ARRAY_SIZE(found));

	for (i = 0; i < count && i < (int64_t)ARRAY_SIZE(found); i++)
		if (!*found[i].module) {
			*ret = found[i];
			return 0;
		}
	return -ENOENT;
}

static int find_function(enum kabi_arch arch, const struct skep_kallsyms *k, const char *function,
			 uint64_t abi, struct skep_kallsyms_symbol *ret)
{
	const struct kabi_syscall_prefix *p;
	char symbol[SYMBOL_SIZE];

	if (is_whole(function))
		return find_in_kernel(k, function, ret);
	for (p = kabi_syscall_prefixes; p->text; p++) {
		if (p->arch != arch || p->abi != abi)
			continue;
		if (snprintf(symbol, sizeof(symbol), "%s%s", p->text, function) <
			    (int)sizeof(symbol) &&
		    find_in_kernel(k, symbol, ret) == 0)
			return 0;
	}
	return -ENOENT;
}

/* By its own name also where the table has another: the table is of certain kernels, and this may be none of them. */
int sys_syscall_find(enum kabi_arch arch, const struct skep_kallsyms *kallsyms, const char *name,
		     uint64_t abi, struct skep_kallsyms_symbol *ret_symbol, struct skep_error *err)
{
	const char *function = function_of(arch, abi, name);

	if (abi > SKEP_SYSCALL_COMPAT)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "ABI of system call '%s'", name);
	if (function && find_function(arch, kallsyms, function, abi, ret_symbol) == 0)
		return 0;
	if (!is_whole(name) && find_function(arch, kallsyms, name, abi, ret_symbol) == 0)
		return 0;
	return skep_fail(err, -ENOENT, SKEP_ERR_NO_SYMBOL,
			 "this kernel has no function for the %s system call '%.64s'.",
			 abi == SKEP_SYSCALL_COMPAT ? "32-bit" : "native", name);
}

static int put(char *buf, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return -ENOSPC;
	memcpy(buf, text, len + 1);
	return (int)len;
}

/* Return: the system call whose function is @function, of the symbol @symbol; NULL none calls it. */
static const char *name_of(enum kabi_arch arch, uint64_t abi, const char *symbol,
			   const char *function)
{
	const struct kabi_syscall_function *f;

	for (f = kabi_syscall_functions; f->name; f++)
		if (applies(f, arch, abi) &&
		    !strcmp(f->function, is_whole(f->function) ? symbol : function))
			return f->name;
	return function_of(arch, abi, function) ? NULL : function;
}

int sys_syscall_name(enum kabi_arch arch, const char *symbol, char *buf, size_t size,
		     uint64_t *ret_abi)
{
	const struct kabi_syscall_prefix *p;
	const char *name;
	int r;

	for (p = kabi_syscall_prefixes; p->text; p++) {
		size_t len = strlen(p->text);

		if (p->arch != arch || strncmp(symbol, p->text, len) != 0 || !symbol[len])
			continue;
		name = name_of(arch, p->abi, symbol, symbol + len);
		if (!name)
			return -ENOENT;
		r = put(buf, size, name);
		if (r >= 0 && ret_abi)
			*ret_abi = p->abi;
		return r;
	}
	return -ENOENT;
}

int sys_syscall_tracepoint(enum kabi_arch arch, const char *name, uint64_t phase, char *buf,
			   size_t size)
{
	const char *function = function_of(arch, SKEP_SYSCALL_NATIVE, name);
	char text[SYMBOL_SIZE];

	if (phase > SKEP_SYSCALL_EXIT)
		return -EINVAL;
	if (snprintf(text, sizeof(text), "sys_%s_%s", phase == SKEP_SYSCALL_EXIT ? "exit" : "enter",
		     function ? function : name) >= (int)sizeof(text))
		return -ENOSPC;
	return put(buf, size, text);
}

int skep_syscall_find(const struct skep_kallsyms *kallsyms, const char *name, uint64_t abi,
		      struct skep_kallsyms_symbol *ret_symbol, struct skep_error *err)
{
	return sys_syscall_find(KABI_ARCH_HERE, kallsyms, name, abi, ret_symbol, err);
}

int skep_syscall_name(const char *symbol, char *buf, size_t size, uint64_t *ret_abi)
{
	return sys_syscall_name(KABI_ARCH_HERE, symbol, buf, size, ret_abi);
}

int skep_syscall_tracepoint(const char *name, uint64_t phase, char *buf, size_t size)
{
	return sys_syscall_tracepoint(KABI_ARCH_HERE, name, phase, buf, size);
}
