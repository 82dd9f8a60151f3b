/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FLOW_SKELETON_H
#define FLOW_SKELETON_H
#include "header.skel.h" /* lint-expect: include_direction */
#endif
