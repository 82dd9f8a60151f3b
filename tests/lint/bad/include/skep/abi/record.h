/* SPDX-License-Identifier: (LGPL-2.1-only OR BSD-2-Clause) AND (GPL-2.0-only OR BSD-2-Clause) */
#ifndef SKEP_ABI_RECORD_H
#define SKEP_ABI_RECORD_H
#include <linux/types.h>
#include <stdint.h>     /* lint-expect: include_direction */
#include <skep/plain.h> /* lint-expect: include_direction */
struct skep_record {
	__u64 packets;
};
#endif
