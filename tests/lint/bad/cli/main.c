/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "opt.h"
#include <skep/map.h>
#include <stdio.h>
#include <bpf/libbpf.h>           /* lint-expect: include_direction */
#include <libmnl/libmnl.h>        /* lint-expect: include_direction */
#include <text/sideways.h>        /* lint-expect: include_direction */
#include "text/sideways.h"        /* lint-expect: include_direction */
#include "../src/text/sideways.h" /* lint-expect: include_direction */
#include "out.h"                  /* lint-expect: include_direction */
