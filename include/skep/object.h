/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_OBJECT_H
#define SKEP_OBJECT_H
/*
 * Objects: a compiled BPF file, as data.
 *
 * An object is read into memory, checked to its last byte, and brought into the form that libbpf loads: old definitions of
 * maps, functions without a type, section names as people write them. Each change that this takes is told. What the
 * object consists of can then be looked at (skep/object_spec.h) and edited (skep/object_edit.h), and be loaded once or
 * several times. Until then the kernel knows nothing of it, and no privilege is needed.
 *
 * Threads: an object is single-threaded.
 */
#include <skep/base.h>
#include <skep/object_changes.h>

SKEP_BEGIN

struct skep_btf;
struct skep_error;
struct skep_object;

struct skep_object_opts {
	size_t sz;        /* sizeof(struct skep_object_opts) */
	const char *name; /* for messages; NULL: the last part of the path, or "object" */
	uint64_t
		prog_type; /* SKEP_PROG_TYPE_* of programs whose section names none; 0: they have none */
};

/**
 * skep_object_open_file() - read an object from a file
 * @path:       of an ELF
 * @opts:       NULL for defaults
 * @ret_object: owned by the caller, skep_object_close()
 *
 * Return: 0; -ENOENT no such file; else as skep_object_open_bytes().
 * Source: elf(5).
 */
int skep_object_open_file(const char *path, const struct skep_object_opts *opts,
			  struct skep_object **ret_object, struct skep_error *err);

/**
 * skep_object_open_bytes() - read an object from memory
 * @data:       of an ELF; copied
 * @size:       bytes
 * @opts:       NULL for defaults
 * @ret_object: owned by the caller, skep_object_close()
 *
 * Return: 0; -EINVAL not an ELF, a broken one, or one that cannot be understood: @err says where and why; -EOPNOTSUPP it
 *         is for another machine or byte order; -E2BIG newer @opts; else a negative errno.
 * Source: elf(5); Documentation/bpf/llvm_reloc.rst and btf.rst of the kernel.
 */
int skep_object_open_bytes(const void *data, size_t size, const struct skep_object_opts *opts,
			   struct skep_object **ret_object, struct skep_error *err);

/** skep_object_close() - release an object or NULL. Return: NULL. */
struct skep_object *skep_object_close(struct skep_object *object);

/** skep_object_name() - Return: its name for messages; borrowed until skep_object_close(). */
const char *skep_object_name(const struct skep_object *object);

/** skep_object_license() - Return: the licence it states, "" if none; borrowed until skep_object_close(). */
const char *skep_object_license(const struct skep_object *object);

/** skep_object_btf() - Return: its types after normalisation, borrowed until the next edit; NULL: it has none. */
const struct skep_btf *skep_object_btf(const struct skep_object *object);

/**
 * skep_object_image() - the normalised ELF
 * @ret_size: bytes
 *
 * With the edits of instructions and constants, but not those that libbpf is told at load (properties of maps,
 * variables, excluded parts).
 *
 * Return: the bytes, borrowed until the next edit or skep_object_close(); NULL: out of memory.
 * Source: elf(5).
 */
const void *skep_object_image(struct skep_object *object, size_t *ret_size);

/**
 * skep_object_modernise() - write into the image what skep_object_load() does beside libbpf
 *
 * Programs in slots of arrays (iproute2's sections, tags) and maps in slots of maps of maps become initial values of the
 * definition of the map (.values), and so does what was guessed of inner maps: skep_object_image() is then an object of
 * which plain libbpf makes the same. Not so the types of programs whose section names none that libbpf knows: they are
 * to be told to libbpf, bpf_program__set_type().
 *
 * Return: how many maps were changed; -EOPNOTSUPP an array that has initial values already, or a slot beyond 65535; -ENOMEM.
 * Source: libbpf, __array(values, ...) in bpf_helpers.h.
 */
int skep_object_modernise(struct skep_object *object, struct skep_error *err);

/* One thing that was done to bring an object into the form that libbpf loads. */
struct skep_object_change {
	const char *where; /* the map, program, symbol or section */
	const char *what;  /* what was done to it, in words: "20 bytes in section maps" */
	uint32_t kind;     /* enum skep_object_change_kind */
	uint32_t pad;
};

/** skep_object_change_count() - Return: how many changes there were; 0: libbpf opens it as it is. */
size_t skep_object_change_count(const struct skep_object *object);

/**
 * skep_object_change_at() - one of them
 * @index: from 0, below the count
 *
 * Return: a change, borrowed until skep_object_close(); NULL: there are not so many.
 * Source: the object.
 */
const struct skep_object_change *skep_object_change_at(const struct skep_object *object,
						       size_t index);

/**
 * skep_object_change_name() - the name of a kind: "legacy_map" for SKEP_OBJECT_CHANGE_LEGACY_MAP
 * @kind: enum skep_object_change_kind
 *
 * Return: a static string; "unknown" for a number that is no kind.
 * Context: any thread.
 * Source: src/object/changes.def.
 */
const char *skep_object_change_name(uint32_t kind);

/**
 * skep_object_change_reason() - why changes of a kind are made, in a sentence
 * @kind: enum skep_object_change_kind
 *
 * Return: a static string; "" for a number that is no kind.
 * Context: any thread.
 * Source: src/object/changes.def.
 */
const char *skep_object_change_reason(uint32_t kind);

SKEP_DEFINE_CLEANUP(struct skep_object, skep_object_close) /* skep_object_closep() */
SKEP_END
#endif
