/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_LEAK_H
#define LAB_LEAK_H

/*
 * A test's process that ends by _exit(2) ends without the leak sanitizer: this asks it.
 *
 * Return: 1 if memory has leaked (told on standard error), 0 as far as the build can tell.
 */
int lab_leaks(void);

#endif
