/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_BINARY_H
#define SKEP_BINARY_H
/*
 * Programs and libraries as files: found by name, by process or by build id; their functions, and where in the file they
 * are, which is what uprobes want to know; their own tracepoints (USDT).
 *
 * A handle holds the file: what has that name later does not matter to it. It never changes: any number of threads may use
 * one. Files are read by a reader of skep's own, which believes nothing that stands in them.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_binary;
struct skep_error;

struct skep_binary_opts {
	size_t sz;            /* sizeof(struct skep_binary_opts) */
	uint64_t flags;       /* none yet */
	uint64_t pid;         /* as this process sees it, in its container; 0: as the caller does */
	const char *build_id; /* hexadecimal; only the file that has it; NULL: whatever it has */
};

/**
 * skep_binary_open() - find a program or a library
 * @name:       a path, if it has a slash: of the process, if it is absolute; a relative one begins in the caller's directory,
 *              whatever the process; else a library as its users name it ("libc.so.6") or as the linker does ("c"), or a
 *              program; NULL: what the process runs, or whatever has the build id
 * @opts:       NULL for defaults
 * @ret_binary: owned by the caller, skep_binary_close()
 *
 * A library of a process is first looked for among the files that it has mapped; then, as without a process, in
 * /etc/ld.so.cache and the standard directories. A program is looked for in the standard directories; the environment is not
 * read. A build id without a name is looked for among the files that the process, or any process, executes.
 *
 * Return: 0; -ENOENT there is none; -ESRCH no such process; -ESTALE it has another build id; -ENOEXEC it is no ELF; -EINVAL
 *         nothing was asked for, or the build id is none; -E2BIG newer @opts; -ENOMEM; a negative errno of open(2).
 * Context: any thread.
 * Source: ld.so(8); proc(5), /proc/PID/root and /proc/PID/maps; openat2(2), RESOLVE_IN_ROOT.
 */
int skep_binary_open(const char *name, const struct skep_binary_opts *opts,
		     struct skep_binary **ret_binary, struct skep_error *err);

/** skep_binary_close() - release a handle or NULL. Return: NULL. */
struct skep_binary *skep_binary_close(struct skep_binary *binary);

/** skep_binary_path() - Return: where it was found; of a container's, below /proc/PID/root; borrowed until close. */
const char *skep_binary_path(const struct skep_binary *binary);

/** skep_binary_fd() - Return: the file, open for reading, borrowed until close. */
int skep_binary_fd(const struct skep_binary *binary);

/**
 * skep_binary_build_id() - the number that its linker gave it, as text
 * @buf:  hexadecimal; caller memory
 * @size: bytes of @buf; 129 hold any
 *
 * Return: the length of the text; 0 it has none; -ENOSPC @buf is too small; else a negative errno.
 * Context: any thread.
 * Source: ld(1), --build-id; note NT_GNU_BUILD_ID.
 */
int skep_binary_build_id(const struct skep_binary *binary, char *buf, size_t size,
			 struct skep_error *err);

struct skep_binary_symbol {
	const char *name;    /* without version */
	const char *version; /* "GLIBC_2.34"; "": none */
	uint64_t address;    /* as it stands in the file: virtual */
	uint64_t offset;     /* from the beginning of the file: what uprobes are given */
	uint64_t bytes;      /* 0: not told */
	uint64_t is_default; /* of several versions the one that new programs get */
};

/* Of each pattern only the first. */
#define SKEP_BINARY_FIRST (1u << 0)

/* @symbol: borrowed for the call. Non-zero ends the walk and is returned. */
typedef int (*skep_binary_symbol_fn)(const struct skep_binary_symbol *symbol, void *userdata);

/**
 * skep_binary_symbols() - the functions that match
 * @pattern:       a name, a glob or a /regular expression/ as of skep_symbol_walk(); a name may have a version behind it:
 *                 "memcpy@GLIBC_2.14"; NULL: all
 * @flags:         SKEP_BINARY_FIRST or 0
 * @fn, @userdata: called for each: those of .dynsym, then those that only .symtab has
 *
 * Functions that the file has itself: neither those that it wants of others, nor those whose place is chosen when the program
 * starts (STT_GNU_IFUNC). Several names may have one place.
 *
 * Return: 0; what @fn returned; -ENODATA the file has no symbols at all; -EINVAL the pattern or the file is broken, or
 *         unknown flags; -ENOMEM.
 * Context: any thread.
 * Source: elf(5).
 */
int skep_binary_symbols(const struct skep_binary *binary, const char *pattern, uint64_t flags,
			skep_binary_symbol_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_binary_find() - where a function begins
 * @name:       as of skep_binary_symbols(), the first that matches, of versions the default one; a name without wildcards may
 *              have an offset behind it: "malloc+0x10"
 * @ret_offset: from the beginning of the file
 *
 * Return: 0; -ENOENT there is none; else as skep_binary_symbols().
 * Context: any thread.
 * Source: elf(5).
 */
int skep_binary_find(const struct skep_binary *binary, const char *name, uint64_t *ret_offset,
		     struct skep_error *err);

/**
 * skep_binary_offset() - where in the file an address is
 * @address:    virtual, as symbols have it: of position-independent files and of others
 * @ret_offset: from the beginning of the file
 *
 * Return: 0; -ENOENT nothing of the file is loaded there.
 * Context: any thread.
 * Source: elf(5), PT_LOAD.
 */
int skep_binary_offset(const struct skep_binary *binary, uint64_t address, uint64_t *ret_offset,
		       struct skep_error *err);

/* A tracepoint of a program's own. It may be in several places. */
struct skep_binary_usdt {
	const char *provider, *name;
	const char *
		arguments; /* "-4@%edi 8@-16(%rbp)": where each is, and its size; negative: signed */
	uint64_t address;  /* virtual */
	uint64_t offset;   /* of the place in the file */
	uint64_t
		semaphore; /* offset in the file of the counter of those who listen; 0: it has none */
};

/* @usdt: borrowed for the call. Non-zero ends the walk and is returned. */
typedef int (*skep_binary_usdt_fn)(const struct skep_binary_usdt *usdt, void *userdata);

/**
 * skep_binary_usdts() - the file's own tracepoints
 * @provider:      exactly this one; NULL: any
 * @name:          exactly this one; NULL: any
 * @fn, @userdata: called for each place, in the order of the file
 *
 * Return: 0; what @fn returned; -EINVAL the file is broken; -ENOMEM.
 * Context: any thread.
 * Source: the notes of <sys/sdt.h> of SystemTap: .note.stapsdt, .stapsdt.base.
 */
int skep_binary_usdts(const struct skep_binary *binary, const char *provider, const char *name,
		      skep_binary_usdt_fn fn, void *userdata, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_binary, skep_binary_close) /* skep_binary_closep() */
SKEP_END
#endif
