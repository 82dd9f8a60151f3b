/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SYSTEM_H
#define SKEP_SYSTEM_H
/*
 * How this system is set up for BPF: what is configured, permitted and mounted, as names and values.
 *
 * What the kernel can do is not to be concluded from its configuration: <skep/feature.h> asks it.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_system; /* the values of one moment */

enum skep_system_section {
	SKEP_SYSTEM_KERNEL = 1,  /* release, lockdown, security modules, tick, mounts */
	SKEP_SYSTEM_SYSCTL = 2,  /* what the administrator has set */
	SKEP_SYSTEM_PROCESS = 3, /* what the calling thread may do */
	SKEP_SYSTEM_CONFIG = 4,  /* what the kernel was built with */
};

struct skep_system_row {
	const char *name;  /* "bpf_jit_enable", "CONFIG_BPF_LSM" */
	const char *value; /* as text; NULL: see the code */
	int64_t code; /* 0; -ENOENT there is no such thing, or it is not set; else a negative errno: could not tell */
	uint64_t section; /* enum skep_system_section */
};

/**
 * skep_system_new() - look at the system
 * @ret_system: owned by the caller, skep_system_free()
 *
 * What cannot be told is in its row and is no error.
 *
 * Return: 0; -ENOMEM.
 * Context: reads some thirty small files; sleeps for 100 ms if the frequency of the tick has to be measured.
 * Source: proc(5), /proc/sys; kernel_lockdown(7); capabilities(7); /proc/config.gz or /boot.
 */
int skep_system_new(struct skep_system **ret_system, struct skep_error *err);

/** skep_system_free() - release what was seen, or NULL. Return: NULL. */
struct skep_system *skep_system_free(struct skep_system *system);

/**
 * skep_system_rows() - all of it
 * @ret_count: rows
 *
 * Return: the rows, section by section; borrowed until skep_system_free().
 * Source: skep_system_new().
 */
const struct skep_system_row *skep_system_rows(const struct skep_system *system, size_t *ret_count);

/**
 * skep_system_find() - one of them
 * @name: of the row
 *
 * Return: the row, borrowed until skep_system_free(); NULL: there is none.
 * Source: skep_system_new().
 */
const struct skep_system_row *skep_system_find(const struct skep_system *system, const char *name);

/**
 * skep_system_section_name() - "kernel", "sysctl", "process", "config"
 * @section: enum skep_system_section
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: enum skep_system_section.
 */
const char *skep_system_section_name(uint64_t section);

SKEP_DEFINE_CLEANUP(struct skep_system, skep_system_free) /* skep_system_freep() */
SKEP_END
#endif
