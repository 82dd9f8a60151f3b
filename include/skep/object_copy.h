/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_OBJECT_COPY_H
#define SKEP_OBJECT_COPY_H
/*
 * Copies of programs: one function of an object is loaded as several programs, each with constants, a hook and a type of
 * its own. It is an edit, made before the object is loaded.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_object;

/**
 * skep_object_program_copy() - a second program of the same code
 * @program: its name; may itself be a copy
 * @name:    of the copy: letters, digits and '_', no digit first, at most 127 bytes
 *
 * The copy is what @program is at this moment: instructions with those that were inserted or patched, values of
 * constants, type, attach type, target, flags, and whether it is excluded. Edits of one do not reach the other from then
 * on. It has the same section and uses the same maps, variables and subprograms; skep_object_constant_set() for one of
 * them gives it subprograms of its own where it needs them. Its function, lines and CO-RE relocations are known to the
 * kernel as those of @program are. Slots of arrays of programs are not copied: they keep @program.
 *
 * Return: 0; -ENOENT no such program; -EEXIST @name is that of a program, map, variable or another symbol; -EINVAL @name
 *         cannot be one, or the line information of the object is broken; -ENAMETOOLONG; -EOPNOTSUPP a program of
 *         struct_ops, which is loaded as the member of a map alone; -ENOMEM. Nothing has changed then.
 * Source: Documentation/bpf/btf.rst of the kernel, .BTF.ext; elf(5).
 */
int skep_object_program_copy(struct skep_object *object, const char *program, const char *name,
			     struct skep_error *err);

SKEP_END
#endif
