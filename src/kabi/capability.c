/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "kabi/capability.h"

#include <stddef.h>

const char *kabi_capability_name(unsigned capability)
{
	switch (capability) {
#define SKEP_CAPABILITY(name, bit) \
	case bit:                  \
		return #name;
#include "kabi/capability.def"
#undef SKEP_CAPABILITY
	default:
		return NULL;
	}
}
