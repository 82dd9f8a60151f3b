/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "flow.skel.h" /* lint-expect: include_direction */
