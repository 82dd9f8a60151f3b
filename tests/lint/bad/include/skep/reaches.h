/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_REACHES_H
#define SKEP_REACHES_H
#include <skep/plain.h>
#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>    /* lint-expect: include_direction */
#include <linux/if.h> /* lint-expect: include_direction */
#include "plain.h"    /* lint-expect: include_direction */
#endif
