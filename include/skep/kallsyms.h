/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KALLSYMS_H
#define SKEP_KALLSYMS_H
/*
 * The kernel's symbols by name and by address: /proc/kallsyms, or a System.map, as it was when it was read.
 *
 * A handle is one piece of memory, about 70 bytes for each symbol. It never changes: any number of threads may look up
 * in it. Strings of its symbols are borrowed until skep_kallsyms_free().
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_kallsyms;

struct skep_kallsyms_symbol {
	const char *name;
	const char *module; /* "" for the kernel itself; "bpf" for programs */
	uint64_t address;   /* 0: unknown, or hidden from this process */
	uint64_t
		type; /* a letter of nm(1): 't' and 'T' are functions, 'W' one that may be absent */
};

/* As the compiler names variants of a function: name.isra.0, name.constprop.0, name.llvm.123 are name. */
#define SKEP_KALLSYMS_VARIANTS (1u << 0)

/**
 * skep_kallsyms_read() - read the symbols of a file
 * @path:         NULL: /proc/kallsyms
 * @ret_kallsyms: owned by the caller, skep_kallsyms_free()
 *
 * Return: 0; -ENODATA there is no symbol in it; -EFBIG more than 512 MiB; -ENOMEM; a negative errno of open(2), read(2).
 * Context: any thread. The file has megabytes, and the kernel makes it in tens of milliseconds: read it once.
 * Source: proc_kallsyms(5).
 */
int skep_kallsyms_read(const char *path, struct skep_kallsyms **ret_kallsyms,
		       struct skep_error *err);

/**
 * skep_kallsyms_parse() - read the symbols of a text
 * @text:         lines of address, type, name and perhaps [module]; need not end with NUL; not kept
 * @size:         bytes of @text
 * @ret_kallsyms: owned by the caller, skep_kallsyms_free()
 *
 * A line that is none is left out and counted.
 *
 * Return: 0; -ENODATA there is no symbol in it; -EFBIG more than 512 MiB; -ENOMEM.
 * Context: any thread.
 * Source: proc_kallsyms(5); kernel/kallsyms.c, s_show().
 */
int skep_kallsyms_parse(const char *text, size_t size, struct skep_kallsyms **ret_kallsyms,
			struct skep_error *err);

/** skep_kallsyms_free() - release a handle or NULL. Return: NULL. */
struct skep_kallsyms *skep_kallsyms_free(struct skep_kallsyms *kallsyms);

/** skep_kallsyms_count() - Return: how many symbols there are. */
size_t skep_kallsyms_count(const struct skep_kallsyms *kallsyms);

/** skep_kallsyms_skipped() - Return: how many lines were none. */
size_t skep_kallsyms_skipped(const struct skep_kallsyms *kallsyms);

/** skep_kallsyms_hidden() - Return: 1 if all addresses are 0: the kernel hides them from this process; else 0. */
int skep_kallsyms_hidden(const struct skep_kallsyms *kallsyms);

/**
 * skep_kallsyms_get() - one symbol
 * @index:      less than skep_kallsyms_count(); in the order of the file
 * @ret_symbol: filled in
 *
 * Return: 0; -ERANGE no such index.
 * Context: any thread.
 * Source: proc_kallsyms(5).
 */
int skep_kallsyms_get(const struct skep_kallsyms *kallsyms, size_t index,
		      struct skep_kallsyms_symbol *ret_symbol);

/**
 * skep_kallsyms_find() - the symbols of a name
 * @name:        "vfs_open"
 * @flags:       SKEP_KALLSYMS_VARIANTS, or 0: exactly this name
 * @ret_symbols: the first @room of them, in the order of the file; NULL if @room is 0
 * @room:        elements of @ret_symbols
 *
 * Names of static functions are not unique. Parts of a function (name.cold, name.part.0) are no variants: they run when
 * the function is already running, or not at all.
 *
 * Return: how many there are, which may be more than @room; 0 none; -EINVAL unknown flags.
 * Context: any thread.
 * Source: the suffixes are those of gcc's IPA passes and of clang's thin LTO.
 */
int64_t skep_kallsyms_find(const struct skep_kallsyms *kallsyms, const char *name, uint64_t flags,
			   struct skep_kallsyms_symbol *ret_symbols, size_t room);

/**
 * skep_kallsyms_at() - the symbol at or nearest below an address
 * @address:    of the kernel
 * @ret_symbol: filled in; of several at one address the first of the file
 *
 * The kernel tells no sizes: behind the end of the last symbol of a section the answer is still that symbol.
 *
 * Return: 0; -ENOENT there is none below; -EPERM the kernel hides the addresses from this process.
 * Context: any thread.
 * Source: kernel/ksyms_common.c, kallsyms_show_value(): CAP_SYSLOG, and sysctl kernel.kptr_restrict below 2.
 */
int skep_kallsyms_at(const struct skep_kallsyms *kallsyms, uint64_t address,
		     struct skep_kallsyms_symbol *ret_symbol, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_kallsyms, skep_kallsyms_free) /* skep_kallsyms_freep() */
SKEP_END
#endif
