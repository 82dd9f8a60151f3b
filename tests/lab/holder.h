/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_HOLDER_H
#define LAB_HOLDER_H
/*
 * What other processes of this machine hold: maps, programs and links of which they have an fd, and the maps of these
 * programs. Others are those that neither are in this process's group nor descend from one that is.
 */
#include "census.h"

/* Takes out of a census what others hold. */
void lab_holder_remove_others(struct lab_census *census);

#endif
