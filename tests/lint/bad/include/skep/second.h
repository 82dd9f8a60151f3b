/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SECOND_H
#define SKEP_SECOND_H
#include <skep/plain.h>
/* Another header has a struct of this name. */
struct skep_padded_entry { /* lint-expect: headers */
	uint64_t bytes;
};
#endif
