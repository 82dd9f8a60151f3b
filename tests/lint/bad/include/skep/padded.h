/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_PADDED_H
#define SKEP_PADDED_H
#include <skep/plain.h>
/* Padding in the middle and at the end. */
struct skep_padded_opts {
	size_t sz;
	uint32_t flags;
	uint64_t count; /* lint-expect: headers */
	uint32_t end;
}; /* lint-expect: headers */
/* No options: may have padding. */
struct skep_padded_entry {
	uint32_t count;
	uint64_t bytes;
};
#endif
