/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SYMBOL_H
#define SKEP_SYMBOL_H
/*
 * Functions of the kernel that can be traced, by name, glob or regular expression.
 *
 * The list is tracefs's available_filter_functions: tens of thousands of lines that the kernel makes when they are read.
 * It is streamed, not kept: ask for all patterns in one call. skep/kallsyms.h has the kernel's symbols with addresses,
 * skep/syscall_name.h the functions of system calls.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;

/* Of each pattern only the first function; the one of exactly that name before all others. */
#define SKEP_SYMBOL_FIRST (1u << 0)
/* A name without wildcards is also that of what the compiler made of it: name.isra.0, name.constprop.0, name.llvm.123. */
#define SKEP_SYMBOL_VARIANTS (1u << 1)
/* And of its parts, which run when the function is already running, or not at all: name.part.0, name.cold. */
#define SKEP_SYMBOL_PARTS (1u << 2)

struct skep_symbol_opts {
	size_t sz;          /* sizeof(struct skep_symbol_opts) */
	uint64_t flags;     /* SKEP_SYMBOL_* */
	const char *path;   /* a file of such lines; NULL: available_filter_functions */
	const char *module; /* only of this module; "": only of the kernel itself; NULL: any */
};

struct skep_symbol {
	const char *name;
	const char *module; /* "" the kernel itself */
	uint64_t pattern;   /* index of the first pattern that it matches */
};

/* @symbol: borrowed for the call. Non-zero ends the walk and is returned. */
typedef int (*skep_symbol_fn)(const struct skep_symbol *symbol, void *userdata);

/**
 * skep_symbol_walk() - the functions that match
 * @patterns:      names, globs (with *, ? or [...]) or /extended regular expressions/, which match anywhere unless anchored
 * @count:         of @patterns; 0: all functions
 * @opts:          NULL for defaults
 * @fn, @userdata: called for each function once, in the order of the file; with SKEP_SYMBOL_FIRST at the end, in the order of
 *                 @patterns
 *
 * Names of static functions are not unique: such a function is told for each time that it is there.
 *
 * Return: 0; what @fn returned; -ENOENT tracefs is not mounted, or there is no such file: this kernel cannot trace functions;
 *         -EACCES, -EPERM not permitted; -EINVAL a pattern is none; -E2BIG newer @opts; -ENOMEM.
 * Context: takes hundreds of milliseconds.
 * Source: Documentation/trace/ftrace.rst, available_filter_functions.
 */
int skep_symbol_walk(const char *const *patterns, size_t count, const struct skep_symbol_opts *opts,
		     skep_symbol_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_symbol_find() - the first function that matches
 * @pattern: as of skep_symbol_walk()
 * @opts:    NULL for defaults; SKEP_SYMBOL_FIRST is implied
 * @buf:     its name
 * @size:    bytes of @buf; 512 hold any name
 *
 * Return: the length of the name; 0 nothing matches; -ENOSPC @buf is too small; else as skep_symbol_walk().
 * Context: as skep_symbol_walk().
 * Source: Documentation/trace/ftrace.rst, available_filter_functions.
 */
int skep_symbol_find(const char *pattern, const struct skep_symbol_opts *opts, char *buf,
		     size_t size, struct skep_error *err);

/**
 * skep_symbol_stem() - a function's name without what the compiler added to it
 * @name: "tcp_v4_rcv.isra.0", "vfs_read.part.0.cold"
 *
 * Return: how many bytes of @name are the name in the source.
 * Context: any thread.
 * Source: gcc's IPA passes and hot/cold splitting, clang's thin LTO.
 */
size_t skep_symbol_stem(const char *name);

SKEP_END
#endif
