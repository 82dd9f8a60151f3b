/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KABI_CAPABILITY_H
#define KABI_CAPABILITY_H
/* Capabilities by number and name. */
#include <stdint.h>

enum kabi_capability {
#define SKEP_CAPABILITY(name, bit) KABI_##name = bit,
#include "kabi/capability.def"
#undef SKEP_CAPABILITY
};

#define KABI_CAPABILITY_BIT(name) (1ull << KABI_##name)

/* Return: "CAP_..."; NULL for one that is not in the table. */
const char *kabi_capability_name(unsigned capability);

#endif
