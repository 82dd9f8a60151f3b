/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_LINK_TARGET_H
#define SKEP_LINK_TARGET_H
/*
 * Which function a link of type tracing is attached to, by name: the kernel tells numbers of types alone.
 *
 * A handle keeps the types that it has read, each once: those of the kernel are read when the first link needs them. It is
 * single-threaded.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_link;
struct skep_link_targets;

struct skep_link_target {
	const char *name;     /* of the function; borrowed until skep_link_targets_free() */
	uint32_t prog_id;     /* of the program that has it; 0: it is the kernel's, or a module's */
	uint32_t is_replaced; /* the program of the link stands in for it (freplace) */
};

/**
 * skep_link_targets_new() - nothing is read yet
 * @ret_targets: owned by the caller, skep_link_targets_free()
 *
 * Return: 0; -ENOMEM.
 * Source: skep_link_target_find().
 */
int skep_link_targets_new(struct skep_link_targets **ret_targets, struct skep_error *err);

/** skep_link_targets_free() - release what was read, or NULL. Return: NULL. */
struct skep_link_targets *skep_link_targets_free(struct skep_link_targets *targets);

/**
 * skep_link_target_find() - which function a link is attached to
 * @link:       of any type
 * @ret_target: untouched unless 1 is returned
 *
 * The number of an object that a link tells is the id of a program or of a BTF, and only its own program tells which (Linux
 * 6.0). Before, it is taken for a BTF if that is of the kernel and has such a function.
 *
 * Return: 1; 0 it is not to be told: a link of another type, a kernel before 5.13, types that cannot be read (CAP_SYS_ADMIN).
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD; include/linux/bpf_verifier.h of the kernel: bpf_trampoline_compute_key().
 */
int skep_link_target_find(struct skep_link_targets *targets, const struct skep_link *link,
			  struct skep_link_target *ret_target);

SKEP_DEFINE_CLEANUP(struct skep_link_targets,
		    skep_link_targets_free) /* skep_link_targets_freep() */
SKEP_END
#endif
