/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map.h>
#include <unistd.h>
#include <bpf/libbpf.h>    /* lint-expect: include_direction */
#include "cli/opt.h"       /* lint-expect: include_direction */
#include "text/sideways.h" /* lint-expect: include_direction */
