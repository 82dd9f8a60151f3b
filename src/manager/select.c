/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/select.h"

#include <errno.h>
#include <stdio.h>

#include "manager/probe.h"

int select_wants(const struct skep_selector *selector, const struct skep_probe *p)
{
	return selector ? skep_selector_has(selector, p->spec.program, p->spec.uid)
			: !p->spec.disabled;
}

void select_enable(struct skep_manager *m)
{
	size_t i;

	for (i = 0; i < m->probe_count; i++)
		m->probes[i]->enabled =
			!m->probes[i]->left_out && select_wants(m->selector, m->probes[i]);
}

/* skep_selector_state_fn. */
static int is_attached(const char *program, const char *uid, char *why, size_t size, void *userdata)
{
	const struct skep_probe *p = skep_manager_probe_find(userdata, program, uid);

	if (!p)
		snprintf(why, size, "there is no such probe");
	else if (p->left_out)
		snprintf(why, size, "its program is excluded");
	else if (!p->attached && p->error.code)
		snprintf(why, size, "%.*s", (int)size - 1, probe_reason(p));
	return p && p->attached;
}

int select_check(struct skep_manager *m, const struct skep_selector *selector,
		 struct skep_error *err)
{
	const struct skep_probe *first = NULL;
	size_t i, missing = 0;

	if (selector)
		return skep_selector_check(selector, is_attached, m, err);
	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->enabled && !m->probes[i]->attached) {
			first = first ? first : m->probes[i];
			missing++;
		}
	if (!first)
		return 0;
	if (err)
		*err = first->error;
	return missing == 1 ? first->error.code
			    : skep_wrap(err, first->error.code,
					"%zu probes are not attached, the first: ", missing);
}
