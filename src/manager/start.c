/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>

#include <skep/attach_event.h>

#include "base/log.h"
#include "manager/hook.h"
#include "manager/lifecycle.h"
#include "manager/programs.h"
#include "manager/select.h"
#include "manager/symbols.h"

int manager_need_started(const struct skep_manager *m, const char *what, struct skep_error *err)
{
	if (m->state == SKEP_MANAGER_OPENED)
		return skep_fail(err, -EINVAL, SKEP_ERR_NOT_LOADED,
				 "%s: the manager is not loaded.", what);
	if (m->state == SKEP_MANAGER_LOADED)
		return skep_fail(err, -EINVAL, SKEP_ERR_NOT_STARTED,
				 "%s: the manager is not started.", what);
	return 0;
}

/* What killed processes have left in tracefs. It is in nobody's way: failing is no reason not to start. */
static void sweep(struct skep_manager *m)
{
	struct skep_error err = { 0 };
	int r = skep_attach_sweep(&err);

	if (r > 0)
		log_event(&m->log, SKEP_LOG_NOTICE, "removed %d events of processes that are gone",
			  r);
	else if (r < 0)
		log_event(&m->log, SKEP_LOG_DEBUG, "events of processes that are gone: %s",
			  err.msg);
}

static int attach_all(struct skep_manager *m, struct skep_error *err)
{
	size_t i;

	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->enabled && !m->probes[i]->attached && m->probes[i]->program)
			hook_attach(m->probes[i], NULL);
	symbols_forget(m);
	return select_check(m, m->selector, err);
}

int skep_manager_start(struct skep_manager *m, struct skep_error *err)
{
	struct hook_list undo = { 0 };
	int r;

	if (m->state == SKEP_MANAGER_OPENED)
		return skep_fail(err, -EINVAL, SKEP_ERR_NOT_LOADED,
				 "start: the manager is not loaded.");
	if (m->state == SKEP_MANAGER_RUNNING)
		return 0;
	if (m->state == SKEP_MANAGER_PAUSED)
		return skep_fail(err, -EBUSY, SKEP_ERR_RUNNING,
				 "start: the manager is paused: resume it.");
	sweep(m);
	programs_shut(m, 1);
	r = attach_all(m, err);
	if (r == 0)
		r = skep_loaded_commit(m->loaded, err);
	if (r < 0) {
		manager_take_all(m, &undo, NULL);
		hook_list_detach(&undo, NULL);
	} else {
		m->state = SKEP_MANAGER_RUNNING;
	}
	programs_shut(m, 0);
	return r < 0 ? r : 0;
}
