/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/probe_field.h>

#include <skep/attach_family.h>

#include "base/cleanup.h"

/* Each family as a set of its own, and the sets that src/manager/probe_field.def names. */
enum {
#define SKEP_ATTACH_FAMILY(id, number, text, neutral, types, sentence) id = 1ull << (number),
#include "attach/family.def"
#undef SKEP_ATTACH_FAMILY
#define SKEP_PROBE_FAMILIES(id, members) id = members,
#include "manager/probe_family.def"
#undef SKEP_PROBE_FAMILIES
	ALL = UINT64_MAX,
};

static const struct skep_probe_field fields[] = {
#define SKEP_PROBE_FIELD(id, in_group, of_type, in_unit, of_families, sentence) \
	{ .name = #id,                                                          \
	  .group = in_group,                                                    \
	  .unit = in_unit,                                                      \
	  .help = sentence,                                                     \
	  .type = SKEP_PROBE_FIELD_##of_type,                                   \
	  .families = of_families,                                              \
	  .offset = offsetof(struct skep_probe_spec, id) },
#include "manager/probe_field.def"
#undef SKEP_PROBE_FIELD
};

const struct skep_probe_field *skep_probe_fields(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(fields);
	return fields;
}
