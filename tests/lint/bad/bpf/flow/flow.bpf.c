/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../lib/base.bpf.h"
#include "lib/base.bpf.h"
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <skep/abi/flow.h>
#include <skep/skep.bpf.h>
#include <skep/flow.h>               /* lint-expect: include_direction */
#include <string.h>                  /* lint-expect: include_direction */
#include "../../src/text/sideways.h" /* lint-expect: include_direction */
