/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_LOAD_H
#define LAB_LOAD_H
/*
 * How much a test does where doing it so often is the point: all of it on the host, a part of it in guests without
 * hardware acceleration, which are there for their kernels.
 */
#include <stdint.h>

/* Return: @full divided by LAB_LOAD_DIVISOR of the environment, at least 1. */
uint64_t lab_load(uint64_t full);

#endif
