/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_FUNCTION_COPY_H
#define OBJECT_FUNCTION_COPY_H
/*
 * A second function of the same code. Copies stand at the end of the section: nothing that was there before moves, and
 * what libbpf concludes from the section holds for them.
 */
#include <stddef.h>

struct skep_error;
struct skep_object;

struct object_copy {
	const char *name; /* of the copy; borrowed */
	size_t from;      /* the index of the function */
	size_t to;        /* and of its copy */
};

/*
 * object_copy_functions() - all of them, or none
 * @copies: functions of one section
 *
 * With references, constants, function and line information and CO-RE relocations. A function that calls another one of
 * @copies still calls the original: see object_redirect().
 *
 * Return: 0; -EINVAL section .BTF.ext is broken; -ENOMEM.
 */
int object_copy_functions(struct skep_object *o, struct object_copy *copies, size_t count,
			  struct skep_error *err);

/* A function refers to copies where it referred to what they are copies of. */
void object_redirect(struct skep_object *o, size_t function, const struct object_copy *copies,
		     size_t count);

/* Is there a symbol of a name? */
int object_has_symbol(const struct skep_object *o, const char *name);

/* Can a function that is added have a name? Return: 0; -EEXIST; -EINVAL; -ENAMETOOLONG. */
int object_check_name(const struct skep_object *o, const char *name, struct skep_error *err);

#endif
