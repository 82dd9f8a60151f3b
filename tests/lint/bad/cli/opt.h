/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_OPT_H
#define CLI_OPT_H
#include <skep/map.h>
#endif
