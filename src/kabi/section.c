/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/kabi_section.h>

#include <string.h>

#include <skep/kabi/attach_type.h>
#include <skep/kabi/prog_flag.h>
#include <skep/kabi/prog_type.h>

#include "base/cleanup.h"

static const struct skep_section_rule rules[] = {
#define SKEP_SECTION(prefix, rest, type, attach_type, flags) \
	{ prefix, SKEP_SECTION_##rest, type, attach_type, flags },
#include "kabi/section.def"
#undef SKEP_SECTION
};

const struct skep_section_rule *skep_section_rules(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(rules);
	return rules;
}

/* Return: what follows the prefix; NULL: the rule does not fit. */
static const char *match(const struct skep_section_rule *rule, const char *name)
{
	const char *prefix = rule->prefix;

	while (*prefix && *prefix == *name)
		prefix++, name++;
	if (*prefix)
		return NULL;
	if (rule->rest == SKEP_SECTION_LOOSE || !*name)
		return name;
	return rule->rest == SKEP_SECTION_TARGET && *name == '/' ? name : NULL;
}

const struct skep_section_rule *skep_section_find(const char *name, const char **ret_target)
{
	const char *rest;
	size_t i;

	if (*name == '?')
		name++;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		rest = match(&rules[i], name);
		if (!rest)
			continue;
		if (ret_target)
			*ret_target = *rest == '/' ? rest + 1 : "";
		return &rules[i];
	}
	return NULL;
}
