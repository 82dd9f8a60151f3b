/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <sys/resource.h>

#include <skep/memlock.h>

#include "manager/lifecycle.h"
#include "manager/programs.h"
#include "manager/reaper.h"
#include "manager/select.h"

static int set_memlock(const struct skep_manager *m, struct skep_error *err)
{
	const struct rlimit limit = { m->opts.memlock_bytes, m->opts.memlock_bytes };

	if (m->opts.flags & SKEP_MANAGER_KEEP_MEMLOCK)
		return 0;
	if (!m->opts.memlock_bytes) {
		/* where it is too low, the load says so */
		if (skep_memlock_counted(NULL) != 0)
			skep_memlock_raise(NULL, NULL);
		return 0;
	}
	if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "set RLIMIT_MEMLOCK to %llu",
				 (unsigned long long)m->opts.memlock_bytes);
	return 0;
}

static int load_object(struct skep_manager *m, struct skep_error *err)
{
	_cleanup_(programs_free_maps) struct program_maps maps = { 0 };
	struct skep_object_load_opts opts = m->load_opts;
	size_t i;
	int r = programs_exclude(m, err);

	if (r == 0)
		r = programs_match(m, err);
	if (r == 0)
		r = programs_choose_multi(m, err);
	if (r == 0)
		r = programs_open_pins(m, err);
	if (r == 0)
		r = programs_put_gates(m, err);
	if (r == 0)
		r = programs_find_maps(m, &maps, err);
	opts.replacements = maps.all;
	opts.replacement_count = maps.count;
	if (r == 0 && programs_have_no_hooks(m)) {
		opts.flags |= SKEP_OBJECT_MAPS_ONLY;
		r = m->selector ? 0 : select_check(m, NULL, err);
	}
	for (i = 0; i < m->program_count; i++)
		if (m->programs[i]->own_fd >= 0) /* perhaps there is nothing else */
			opts.flags |= SKEP_OBJECT_MAPS_ONLY;
	return r < 0 ? r : skep_object_load(m->object, &opts, &m->loaded, err);
}

static int load(struct skep_manager *m, struct skep_error *err)
{
	int r = set_memlock(m, err);
	size_t i;

	if (r < 0)
		return r;
	for (i = 0; i < m->probe_count; i++)
		m->probes[i]->left_out = m->probes[i]->no_hook = 0;
	select_enable(m);
	if (m->object) {
		r = load_object(m, err);
		programs_include_pinned(m);
		programs_restore_targets(m);
	} else {
		r = skep_loaded_adopt(m->adopted, &m->loaded, err);
	}
	if (r == 0)
		r = programs_bind(m, err);
	if (r == 0)
		r = programs_pin(m, err);
	return r;
}

void manager_unload(struct skep_manager *m)
{
	programs_release(m, NULL);
	m->loaded = skep_loaded_close(m->loaded);
	programs_close_gates(m);
	m->state = SKEP_MANAGER_OPENED;
}

int skep_manager_load(struct skep_manager *m, struct skep_error *err)
{
	int r;

	if (m->state >= SKEP_MANAGER_PAUSED)
		return skep_fail(err, -EBUSY, SKEP_ERR_RUNNING,
				 "load: the manager is %s: stop it first.",
				 m->state == SKEP_MANAGER_PAUSED ? "paused" : "running");
	/* what it could not detach has been without effect since the stop, and stays so */
	reaper_join(&m->reaper, UINT64_MAX, NULL);
	manager_unload(m);
	r = load(m, err);
	if (r < 0) {
		manager_unload(m);
		return r;
	}
	m->state = SKEP_MANAGER_LOADED;
	return 0;
}
