/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/kabi_privilege.h>

#include "base/cleanup.h"

/* The words of the columns with capabilities. */
enum {
	BPF = 1ull << SKEP_CAPABILITY_BPF,
	NET_ADMIN = 1ull << SKEP_CAPABILITY_NET_ADMIN,
	PERFMON = 1ull << SKEP_CAPABILITY_PERFMON,
	SYS_ADMIN = 1ull << SKEP_CAPABILITY_SYS_ADMIN,
	SYS_RESOURCE = 1ull << SKEP_CAPABILITY_SYS_RESOURCE,
};

/* By enum skep_operation. */
static const struct {
	const char *name, *sentence;
	uint64_t needs;
	uint32_t since_major, since_minor;
	uint64_t needed_before;
} operations[] = {
#define SKEP_OPERATION(id, number, name, needs, major, minor, before, sentence) \
	[number] = { name, sentence, needs, major, minor, before },
#include "kabi/operation.def"
#undef SKEP_OPERATION
};

const char *skep_operation_name(uint32_t operation)
{
	return operation < ARRAY_SIZE(operations) ? operations[operation].name : "unknown";
}

const char *skep_operation_sentence(uint32_t operation)
{
	return operation < ARRAY_SIZE(operations) ? operations[operation].sentence
						  : "unknown operation";
}

uint64_t skep_operation_capabilities(uint32_t operation)
{
	return operation < ARRAY_SIZE(operations) ? operations[operation].needs : 0;
}

static int is_before(uint32_t major, uint32_t minor, uint32_t since_major, uint32_t since_minor)
{
	return major < since_major || (major == since_major && minor < since_minor);
}

uint64_t skep_operation_capabilities_on(uint32_t operation, uint32_t major, uint32_t minor)
{
	uint64_t set = skep_operation_capabilities(operation);

	if (operation < ARRAY_SIZE(operations) &&
	    is_before(major, minor, operations[operation].since_major,
		      operations[operation].since_minor))
		set = operations[operation].needed_before;
	if (is_before(major, minor, 5, 8) && set & (BPF | PERFMON))
		set = (set & ~(uint64_t)(BPF | PERFMON)) | SYS_ADMIN;
	return set;
}
