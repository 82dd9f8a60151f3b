/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_INSERT_H
#define OBJECT_INSERT_H
/* Instructions before the first one of programs: of many at once, since everything behind them has to move. */
#include <stddef.h>
#include <stdint.h>

struct bpf_insn;
struct skep_error;
struct skep_object;

struct object_insertion {
	const char *program;
	const struct bpf_insn *insns;
	uint64_t count;
};

/*
 * object_insert() - skep_object_program_insert() for many programs, in one pass over the object
 * @all: borrowed; each program once
 *
 * Return: 0; -ENOENT there is no such program; -EINVAL .BTF.ext is broken; -ENOMEM. Unless 0, nothing has changed.
 */
int object_insert(struct skep_object *o, const struct object_insertion *all, size_t count,
		  struct skep_error *err);

#endif
