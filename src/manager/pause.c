/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>

#include "manager/hook.h"
#include "manager/lifecycle.h"
#include "manager/programs.h"

static int no_gate(const struct skep_probe *p, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];

	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "pause: probe '%s' cannot be paused, its program has no gate: %s.",
			 probe_name(p, name),
			 p->manager->opts.flags & SKEP_MANAGER_NO_GATE ? "the manager has none"
			 : p->manager->adopted                         ? "it was loaded by libbpf"
			 : p->program->own_fd >= 0 ? "it was loaded before, and pinned"
						   : "there is no value by which it would change "
						     "nothing");
}

int skep_manager_pause(struct skep_manager *m, struct skep_error *err)
{
	size_t i;
	int r = manager_need_started(m, "pause", err);

	if (r < 0 || m->state == SKEP_MANAGER_PAUSED)
		return r;
	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->attached && !program_has_gate(m->probes[i]->program))
			return no_gate(m->probes[i], err);
	programs_shut(m, 1);
	m->state = SKEP_MANAGER_PAUSED;
	return 0;
}

int skep_manager_resume(struct skep_manager *m, struct skep_error *err)
{
	int r = manager_need_started(m, "resume", err);

	if (r < 0)
		return r;
	programs_shut(m, 0);
	m->state = SKEP_MANAGER_RUNNING;
	return 0;
}

/* Who else would be paused? */
static const struct skep_probe *find_sharer(const struct skep_probe *p)
{
	const struct skep_manager *m = p->manager;
	size_t i;

	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i] != p && m->probes[i]->program == p->program &&
		    m->probes[i]->attached)
			return m->probes[i];
	return NULL;
}

static int need_attached(const struct skep_probe *p, const char *what, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];
	int r = manager_need_started(p->manager, what, err);

	if (r < 0 || p->attached)
		return r;
	return skep_fail(err, -EINVAL, SKEP_ERR_NOT_STARTED, "%s: probe '%s' is not attached.",
			 what, probe_name(p, name));
}

int skep_probe_pause(struct skep_probe *p, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE], other[PROBE_NAME_SIZE];
	int r = need_attached(p, "pause", err);

	if (r < 0 || p->paused)
		return r;
	if (!program_has_gate(p->program))
		return no_gate(p, err);
	if (p->program->attached > 1)
		return skep_fail(
			err, -EBUSY, SKEP_ERR_INVALID,
			"pause: probe '%s' has the same program as '%s': make it a copy, or "
			"detach it.",
			probe_name(p, name), probe_name(find_sharer(p), other));
	program_shut(p->manager, p->program, 1);
	p->paused = 1;
	return 0;
}

int skep_probe_resume(struct skep_probe *p, struct skep_error *err)
{
	int r = need_attached(p, "resume", err);

	if (r < 0 || !p->paused)
		return r;
	program_shut(p->manager, p->program, 0);
	p->paused = 0;
	return 0;
}
