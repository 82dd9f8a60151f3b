/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>

#include "manager/hook.h"
#include "manager/interfaces.h"
#include "manager/lifecycle.h"
#include "manager/programs.h"
#include "manager/reaper.h"

/* Keeps the first of several errors. */
static void keep_first(int *first, int r)
{
	if (r < 0 && !*first)
		*first = r;
}

/* With @gated -1: of all; else those of programs that have a gate, or have none. */
static int take(struct skep_manager *m, int gated, struct hook_list *list, struct skep_error *err)
{
	struct skep_probe *p;
	int r, first = 0;
	size_t i;

	for (i = 0; i < m->probe_count; i++) {
		p = m->probes[i];
		if (!p->attached || (gated >= 0 && program_has_gate(p->program) != gated))
			continue;
		r = hook_take(p, list, first ? NULL : err);
		keep_first(&first, r);
	}
	return first;
}

int manager_take_all(struct skep_manager *m, struct hook_list *list, struct skep_error *err)
{
	return take(m, -1, list, err);
}

static int stop(struct skep_manager *m, int wait, struct skep_error *err)
{
	struct hook_list now = { 0 }, later = { 0 };
	struct skep_loaded *loaded;
	int first = 0;

	programs_shut(m, 1);
	interfaces_end(m);
	/* programs without a gate end with their attachments, the others have ended */
	keep_first(&first, take(m, wait ? -1 : 0, &now, err));
	keep_first(&first, hook_list_detach(&now, first ? NULL : err));
	keep_first(&first, take(m, -1, &later, first ? NULL : err));
	keep_first(&first, programs_release(m, first ? NULL : err));
	loaded = take_ptr(m->loaded);
	if (later.count)
		keep_first(&first, reaper_start(&later, loaded, &m->reaper, first ? NULL : err));
	else
		skep_loaded_close(loaded);
	manager_unload(m);
	return first;
}

int skep_manager_stop(struct skep_manager *m, uint64_t flags, struct skep_error *err)
{
	const int wait = (flags & SKEP_STOP_WAIT) != 0;
	int r = 0;

	if (flags & ~(uint64_t)SKEP_STOP_WAIT)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "stop: an unknown flag.");
	if (m->state != SKEP_MANAGER_OPENED)
		r = stop(m, wait, err);
	if (wait)
		keep_first(&r, skep_manager_join(m, UINT64_MAX, r ? NULL : err));
	return r;
}

int skep_manager_join(struct skep_manager *m, uint64_t timeout_ns, struct skep_error *err)
{
	return reaper_join(&m->reaper, timeout_ns, err);
}
