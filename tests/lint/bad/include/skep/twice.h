/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <stdint.h>
/* Has no guard. */
struct skep_twice { /* lint-expect: headers */
	uint64_t count;
};
