/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_BTF_DUMP_H
#define SKEP_BTF_DUMP_H
/*
 * Types as text: as C, and line by line.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_btf;
struct skep_error;

/* Takes @len bytes of the text. Return: 0; else the dump ends and returns it, its skep_error untouched. */
typedef int (*skep_btf_write_fn)(const char *bytes, size_t len, void *userdata);

/* Takes the id of a type. Return: 0; else the walk ends and returns it, its skep_error untouched. */
typedef int (*skep_btf_id_fn)(uint32_t id, void *userdata);

enum skep_btf_dump_flag {
	SKEP_BTF_DUMP_PLAIN =
		1 << 0, /* of C: declarations alone, without what makes a header of them */
	SKEP_BTF_DUMP_SORTED =
		1 << 1, /* of C: by name instead of by id, so that two dumps can be compared */
};

struct skep_btf_dump_opts {
	size_t sz;             /* sizeof(struct skep_btf_dump_opts) */
	uint64_t flags;        /* enum skep_btf_dump_flag */
	const uint32_t *types; /* dump these, and what they need; NULL: all of its own */
	uint64_t type_count;
};

/**
 * skep_btf_dump_c() - types as C that compiles
 * @btf:      a handle
 * @opts:     NULL for defaults
 * @fn:       gets the text, in pieces of up to 64 KiB
 * @userdata: for @fn
 *
 * A type stands behind all it needs. What is only pointed to is declared, not defined, unless it is dumped by itself.
 * Of several types of one name the second is called name___2. Functions and variables become extern declarations: those
 * in @opts->types, and otherwise the functions that the kernel marks as callable by programs.
 *
 * The header that it makes of it is one for BPF programs: guarded by __VMLINUX_H__, which bpf_tracing.h looks for too; its
 * records are relocated to the running kernel (preserve_access_index) unless BPF_NO_PRESERVE_ACCESS_INDEX is defined; its
 * functions are left out if BPF_NO_KFUNC_PROTOTYPES is.
 *
 * All names are looked at first: one that is no name in C (a keyword; text with spaces; Option<u32> of another language)
 * is refused, and not written. So a dump is declarations and nothing else, whoever made the BTF.
 *
 * Return: 0; -ENOENT no such type; -ELOOP a type contains itself; -EINVAL a type makes no sense in C, a name is none
 *         there, or too much is nested; what @fn returned; -E2BIG newer @opts; else a negative errno.
 * Source: libbpf, btf_dump__dump_type().
 */
int skep_btf_dump_c(const struct skep_btf *btf, const struct skep_btf_dump_opts *opts,
		    skep_btf_write_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_btf_dump_raw() - types as they are, a line each and a line for each of their parts
 * @btf:      a handle
 * @opts:     NULL for defaults; no flags
 * @fn:       gets the text, in pieces of up to 64 KiB
 * @userdata: for @fn
 *
 * The lines are those of bpftool: [4] CONST '(anon)' type_id=3. They are in the order of ids.
 *
 * Return: 0; -ENOENT no such type; what @fn returned; -E2BIG newer @opts; else a negative errno.
 * Source: bpftool-btf(8).
 */
int skep_btf_dump_raw(const struct skep_btf *btf, const struct skep_btf_dump_opts *opts,
		      skep_btf_write_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_btf_needed() - types, and what C needs to define them
 * @btf:      a handle
 * @opts:     which; NULL: all of its own
 * @fn:       gets each id once, in order
 * @userdata: for @fn
 *
 * A struct or union with a name that is only pointed to is there itself, but not its members' types.
 *
 * Return: 0; -ENOENT no such type; what @fn returned; -E2BIG newer @opts; else a negative errno.
 * Source: ISO C, 6.7.2.3: what is pointed to may be incomplete.
 */
int skep_btf_needed(const struct skep_btf *btf, const struct skep_btf_dump_opts *opts,
		    skep_btf_id_fn fn, void *userdata, struct skep_error *err);

SKEP_END
#endif
