/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "base/buffer.h"
#include "map/dump.h"   /* lint-expect: include_direction */
#include "kabi/names.h" /* lint-expect: include_direction */
#include <bpf/bpf.h>    /* lint-expect: include_direction */
#include <linux/bpf.h>  /* lint-expect: include_direction */
#include <linux/types.h>
#include <skep/map.h>
#include <stdio.h>
/* #include "map/dump.h" in a comment is none */
