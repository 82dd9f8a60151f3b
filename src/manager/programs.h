/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_PROGRAMS_H
#define MANAGER_PROGRAMS_H
/* From probes to programs, before and after they are loaded. */
#include <skep/probe.h>

#include "manager/manager.h"

/*
 * programs_exclude() - leave out what is not wanted, and the probes of it
 *
 * Return: 0; what the caller's function returned; a negative errno.
 */
int programs_exclude(struct skep_manager *m, struct skep_error *err);

/*
 * programs_match() - find the program of each probe, make copies, set what they are loaded for
 *
 * Return: 0; -ENOENT, SKEP_ERR_NO_PROGRAM; else a negative errno.
 */
int programs_match(struct skep_manager *m, struct skep_error *err);

/* A program of the object without what probes make of it: as its author, or who edited it, has it. Strings are borrowed. */
struct skep_probe_program programs_as_written(const struct manager_program *mp,
					      const struct skep_object_program *program);

/*
 * programs_set_target() - have the program of a probe loaded for what the probe is for
 *
 * Without the hook in this kernel, the probe is left without a program, and its error says why.
 *
 * Return: 0; -EINVAL it shares the program with one that is for something else; else a negative errno.
 */
int programs_set_target(struct skep_probe *p, const struct skep_object_program *program,
			struct skep_error *err);

/* A copy is for what its program is for, without what probes have made of that. Return: 0; -ENOMEM. */
int programs_copy_target(struct manager_program *copy, struct skep_error *err);

/* The object is as it was before programs_match(). */
void programs_restore_targets(struct skep_manager *m);

/* Leaves a program out of this load. Return: 0; a negative errno. */
int programs_leave_out(struct skep_manager *m, const struct skep_object_program *program,
		       struct skep_error *err);

/* Return: 1 if nothing is left to load, as this kernel lacks the hooks. */
int programs_have_no_hooks(const struct skep_manager *m);

/*
 * programs_choose_multi() - load programs for a link to many functions, where all of their probes have many and the kernel has such
 * links
 *
 * Return: 0; a negative errno.
 */
int programs_choose_multi(struct skep_manager *m, struct skep_error *err);

/* Opens those that are pinned where probes want them, in the place of loading them. Return: 0; a negative errno. */
int programs_open_pins(struct skep_manager *m, struct skep_error *err);

/* What was opened is loaded the next time, if it is not there any more. */
void programs_include_pinned(struct skep_manager *m);

/* Opens the gates and puts them before the programs. Return: 0; a negative errno. */
int programs_put_gates(struct skep_manager *m, struct skep_error *err);

/* Shuts or opens for all programs: one store, and one more for each that is pinned. */
void programs_shut(struct skep_manager *m, int shut);

/* They stay as they are, and are nobody's. */
void programs_close_gates(struct skep_manager *m);

/* Tells the instructions of a program of the object from others. Return: not 0. */
uint64_t programs_code(const struct skep_manager *m, const struct manager_program *mp);

/* Maps in the place of those of the object. */
struct program_maps {
	struct skep_object_replacement *all; /* those of the caller come first */
	size_t given, count;
};

/*
 * programs_find_maps() - the maps on which programs work that were found pinned
 *
 * To be called after the last edit: names are the object's.
 *
 * Return: 0; -EMEDIUMTYPE one is not what the object has; else a negative errno. programs_free_maps() in any case.
 */
int programs_find_maps(struct skep_manager *m, struct program_maps *maps, struct skep_error *err);

void programs_free_maps(struct program_maps *maps);

/* Takes fds and ids from what has been loaded. Return: 0; a negative errno. */
int programs_bind(struct skep_manager *m, struct skep_error *err);

/* What has to be known of a program, before and after it is loaded. */
struct skep_probe_program programs_in_object(const struct skep_object_program *program);
struct skep_probe_program programs_loaded(const struct skep_loaded_program *program);

/* Pins those that probes want pinned. Return: 0; a negative errno: some may be pinned. */
int programs_pin(struct skep_manager *m, struct skep_error *err);

/* Unpins what was pinned, closes what was opened: no probe has a program then. Return: 0; a negative errno: a pin is left. */
int programs_release(struct skep_manager *m, struct skep_error *err);

#endif
