/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_SYMBOLS_H
#define MANAGER_SYMBOLS_H
/* The kernel's symbols, among which probes of system calls look for theirs: read once for a load, or a start. */
struct skep_kallsyms;
struct skep_manager;
struct skep_probe_spec;

/*
 * symbols_for() - what a probe is to look in
 *
 * Return: borrowed until symbols_forget(); NULL: it needs none, or they cannot be read: who needs them tries, and tells why.
 */
const struct skep_kallsyms *symbols_for(struct skep_manager *m, const struct skep_probe_spec *spec);

/* To be called at the end of each public call that may have asked for them: they are megabytes, and do not stay true. */
void symbols_forget(struct skep_manager *m);

#endif
