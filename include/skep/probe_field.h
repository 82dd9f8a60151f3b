/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_PROBE_FIELD_H
#define SKEP_PROBE_FIELD_H
/*
 * The members of struct skep_probe_spec as data: for what reads or prints them without knowing each.
 */
#include <skep/base.h>
#include <skep/probe_spec.h>

SKEP_BEGIN

/* What a member is. */
enum skep_probe_field_type {
	SKEP_PROBE_FIELD_TEXT = 1,   /* const char *; NULL: not set */
	SKEP_PROBE_FIELD_NUMBER = 2, /* uint64_t */
	SKEP_PROBE_FIELD_SIGNED = 3, /* int64_t */
	SKEP_PROBE_FIELD_FLAG = 4,   /* uint64_t: 0 or 1 */
	SKEP_PROBE_FIELD_WORD = 5,   /* uint64_t: an enumerator, which the help names */
	SKEP_PROBE_FIELD_FD = 6,     /* uint64_t: a file descriptor; 0: not set */
};

/* A member. Static, as its strings are. */
struct skep_probe_field {
	const char *name;  /* in C, and as a key */
	const char *group; /* "packets" */
	const char *unit;  /* "ns", "bytes"; "" none */
	const char *help;  /* a sentence without a full stop */
	uint64_t type;     /* enum skep_probe_field_type */
	uint64_t families; /* whose it is: 1 << enum skep_attach_family; UINT64_MAX: of all */
	uint64_t offset;   /* in struct skep_probe_spec; it has 8 bytes */
};

/**
 * skep_probe_fields() - all members
 * @ret_count: rows
 *
 * Return: the rows, in the order of the struct.
 * Context: any thread.
 * Source: src/manager/probe_field.def.
 */
const struct skep_probe_field *skep_probe_fields(size_t *ret_count);

SKEP_END
#endif
