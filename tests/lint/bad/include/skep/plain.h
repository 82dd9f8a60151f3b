/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_PLAIN_H
#define SKEP_PLAIN_H
#include <stddef.h>
#include <stdint.h>
#endif
