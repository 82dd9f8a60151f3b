/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_PRIVILEGE_H
#define LAB_PRIVILEGE_H
/* Doing something with just some capabilities. */
#include <stdint.h>

typedef int (*lab_privileged_fn)(void *userdata);

/* The capabilities of the calling thread, a bit 1 << number each. */
uint64_t lab_capabilities(void);

/*
 * Calls @fn in a child process that has these capabilities and no others. Of fds that @fn leaves open none is left, of
 * memory that it writes nothing is seen.
 * Return: what @fn returned: 0 or a negative errno above -4096; -ECHILD: there was no child, or it died.
 */
int lab_with_capabilities(uint64_t set, lab_privileged_fn fn, void *userdata);

#endif
