/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_PROBE_SPEC_H
#define MANAGER_PROBE_SPEC_H
/* A probe with what the section of its program adds, checked. */
#include <skep/probe.h>

struct skep_error;

#define PROBE_NAME_SIZE 160

struct probe_hook {
	struct skep_probe_spec s; /* what is not the caller's is in @words */
	uint32_t family;
	uint32_t pad;
	char *words; /* owned */
};

/*
 * probe_spec_name() - "on_exec", "on_exec@a": the probe for messages
 *
 * Return: @buf.
 */
const char *probe_spec_name(const struct skep_probe_spec *spec, char buf[PROBE_NAME_SIZE]);

/*
 * probe_hook_init() - put together what a probe and its program's section say, and check it
 * @spec, @program: as of skep_probe_spec_check(); borrowed until probe_hook_fini()
 * @ret_hook:       probe_hook_fini()
 *
 * Return: as skep_probe_spec_check(), the message without the probe's name.
 */
int probe_hook_init(const struct skep_probe_spec *spec, const struct skep_probe_program *program,
		    struct probe_hook *ret_hook, struct skep_error *err);

void probe_hook_fini(struct probe_hook *hook);

/* Return: "/@regex/", owned by the caller; NULL: out of memory. */
char *probe_regex_pattern(const char *regex);

/* Return: 1 if a program was loaded for links to many functions: with BTF, but for none of them. */
int probe_is_tracing_multi(const struct skep_probe_program *program);

/* Return: 1 if a name is a glob or a /regular expression/. */
int probe_name_is_pattern(const char *name);

/* Return: 0; a negative errno, recorded: with what the section adds, the probe does not say where. src/manager/probe_check.c */
int probe_hook_check(const struct probe_hook *hook, const struct skep_probe_program *program,
		     struct skep_error *err);

#endif
