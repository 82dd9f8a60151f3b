/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ALONE_H
#define SKEP_ALONE_H
/** skep_alone_count() - Return: how many. */
size_t skep_alone_count(void); /* lint-expect: headers */
#endif
