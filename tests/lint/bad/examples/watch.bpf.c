/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <skep/abi/flow.h>
#include <stdint.h>   /* lint-expect: include_direction */
#include <skep/map.h> /* lint-expect: include_direction */
