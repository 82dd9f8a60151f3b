/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_SIDEWAYS_H
#define TEXT_SIDEWAYS_H
#include "base/buffer.h"
#include "sys/clock.h" /* lint-expect: include_direction */
#endif
