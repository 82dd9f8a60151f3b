/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_NAMES_H
#define SKEP_KABI_NAMES_H
/*
 * The kernel's numbers and their names, as tables.
 *
 * <skep/kabi/map_type.h> and its like have the numbers of one table as an enum, and functions for that table alone:
 * skep_map_type_name() is skep_kabi_name(SKEP_KABI_MAP_TYPE, ...). <skep/kabi.h> has them all.
 *
 * The numbers are the kernel's own, and there is no need of its headers. A newer kernel has numbers that are not in the
 * tables: they are "unknown(57)", never an error, and that is read back as 57. So a variable that holds a number is a
 * uint32_t, or a uint64_t of flags, not the enum.
 */
#include <skep/base.h>
#include <skep/kabi/table.h>

SKEP_BEGIN

struct skep_error;

#define SKEP_NAME_SIZE 32        /* bytes that hold any "unknown(57)" */
#define SKEP_KABI_FLAGS_SIZE 384 /* bytes that hold all the flags of any table, and unknown ones */

/* One number. Static, as its strings are. */
struct skep_kabi_row {
	const char *name;  /* in small letters, as the kernel's own tools print it: "lru_hash" */
	const char *macro; /* in the kernel's headers: "BPF_MAP_TYPE_LRU_HASH" */
	const char *title; /* for people: "LRU hash" */
	uint64_t number;   /* an alias has the number of the row before it */
	uint32_t
		since_major; /* the first Linux release that has it, as published by its maintainers: 4.10 */
	uint32_t since_minor;
};

/**
 * skep_kabi_rows() - a whole table
 * @table:     enum skep_kabi
 * @ret_count: rows in it
 *
 * Return: the rows, in the order of their numbers; NULL and 0 for what is no table.
 * Context: any thread.
 * Source: src/kabi/<table>.def.
 */
const struct skep_kabi_row *skep_kabi_rows(uint32_t table, size_t *ret_count);

/**
 * skep_kabi_find() - the row of a number
 * @table:  enum skep_kabi
 * @number: for flags, a single one
 *
 * Return: a static row, of several with this number the first; NULL for a number that is unknown.
 * Context: any thread.
 * Source: src/kabi/<table>.def.
 */
const struct skep_kabi_row *skep_kabi_find(uint32_t table, uint64_t number);

/**
 * skep_kabi_name() - a number by its name
 * @table:  enum skep_kabi
 * @number: any
 * @buf:    for an unknown number, which is written to it: "unknown(57)"; NULL: "unknown" has to do
 *
 * Return: a static string or @buf.
 * Context: any thread.
 * Source: src/kabi/<table>.def.
 */
const char *skep_kabi_name(uint32_t table, uint64_t number, char buf[SKEP_NAME_SIZE]);

/**
 * skep_kabi_from_name() - the number that a text names
 * @table:      enum skep_kabi
 * @name:       a row's name, macro or title, large and small letters and "-", "_" and a space being the same; or a
 *              decimal or 0x number, also as "unknown(57)"
 * @ret_number: the number
 *
 * Return: 0; -ENOENT @name is none of these, or NULL.
 * Context: any thread; independent of the locale.
 * Source: src/kabi/<table>.def.
 */
int skep_kabi_from_name(uint32_t table, const char *name, uint32_t *ret_number);

/**
 * skep_kabi_flags_format() - flags as text: "no_prealloc|numa_node"
 * @table: enum skep_kabi; one of flags
 * @flags: those that are unknown come last, as one 0x number
 * @buf:   caller memory
 * @size:  bytes of @buf; SKEP_KABI_FLAGS_SIZE hold any
 *
 * No flag at all is "none", or what the kernel calls it: BPF_ANY is "any".
 *
 * Return: the length of the text, NUL not counted; -ENOSPC if @buf is too small.
 * Context: any thread.
 * Source: src/kabi/<table>.def.
 */
int skep_kabi_flags_format(uint32_t table, uint64_t flags, char *buf, size_t size);

/**
 * skep_kabi_flags_parse() - flags from what skep_kabi_flags_format() writes
 * @table:     enum skep_kabi; one of flags
 * @text:      flags with "|" between them, each as skep_kabi_from_name() takes it, in up to 64 bits; blanks around them
 *             do not count; "none" and nothing at all are 0
 * @ret_flags: the flags
 *
 * Return: 0; -EINVAL a part of @text is no flag.
 * Context: any thread; independent of the locale.
 * Source: src/kabi/<table>.def.
 */
int skep_kabi_flags_parse(uint32_t table, const char *text, uint64_t *ret_flags,
			  struct skep_error *err);

SKEP_END
#endif
