/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/local.h"
#include "base/buffer.h"   /* by way of bpffs, sys and kabi, or of text */
#include "sys/clock.h"     /* by way of bpffs */
#include <net/if.h>        /* not the room */
#include "local.h"         /* lint-expect: include_direction */
#include "../text/json.h"  /* lint-expect: include_direction */
#include "attach/tcx.h"    /* lint-expect: include_direction */
#include "object/elf.h"    /* lint-expect: include_direction */
#include "kitchen/stove.h" /* lint-expect: include_direction */
#include <text/sideways.h> /* lint-expect: include_direction */
#include LOCAL_HEADER      /* lint-expect: include_direction */
#include "reader/ring.h"   /* lint-expect: include_direction */
