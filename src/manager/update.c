/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Another set of probes, while the old one runs. */
#include <errno.h>

#include "base/log.h"
#include "manager/hook.h"
#include "manager/select.h"
#include "manager/symbols.h"

const struct skep_selector *skep_manager_selector(const struct skep_manager *m)
{
	return m->selector;
}

/* What was attached for a set that is not to be is detached. What cannot be stays behind its gate. */
static void undo(struct skep_manager *m, const unsigned char *was_attached)
{
	struct hook_list list = { 0 };
	struct skep_error err = { 0 };
	size_t i;

	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->attached && !was_attached[i])
			hook_take(m->probes[i], &list, NULL);
	if (hook_list_detach(&list, &err) < 0)
		log_event(&m->log, SKEP_LOG_WARNING, "%s", err.msg);
}

static int is_wanted(const struct skep_selector *selector, const struct skep_probe *p)
{
	return !p->left_out && select_wants(selector, p);
}

/* New programs have waited at their gates until it is certain that they are to run. */
static void open_gates(struct skep_manager *m)
{
	size_t i;

	for (i = 0; i < m->program_count; i++)
		if (m->programs[i]->waiting && m->programs[i]->attached) {
			program_shut(m, m->programs[i], 0);
			m->programs[i]->waiting = 0;
		}
}

static void attach_new(struct skep_manager *m, const struct skep_selector *selector)
{
	struct skep_probe *p;
	size_t i;

	for (i = 0; i < m->probe_count; i++) {
		p = m->probes[i];
		if (p->attached || !p->program || !is_wanted(selector, p))
			continue;
		if (!p->program->attached && program_has_gate(p->program) && !p->program->waiting) {
			program_shut(m, p->program, 1);
			p->program->waiting = 1;
		}
		hook_attach(p, NULL);
	}
}

static void detach_old(struct skep_manager *m, const struct skep_selector *selector)
{
	struct hook_list list = { 0 };
	struct skep_error err = { 0 };
	size_t i;

	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->attached && !is_wanted(selector, m->probes[i]))
			hook_take(m->probes[i], &list, NULL);
	if (hook_list_detach(&list, &err) < 0)
		log_event(&m->log, SKEP_LOG_WARNING, "%s", err.msg);
}

static int update(struct skep_manager *m, const struct skep_selector *selector,
		  const unsigned char *was_attached, struct skep_error *err)
{
	size_t i;
	int r;

	attach_new(m, selector);
	symbols_forget(m);
	/* without a selector, those that are enabled are asked for */
	for (i = 0; i < m->probe_count; i++)
		m->probes[i]->enabled = is_wanted(selector, m->probes[i]);
	r = select_check(m, selector, err);
	if (r < 0)
		undo(m, was_attached);
	else
		detach_old(m, selector);
	open_gates(m);
	return r;
}

int skep_manager_update_selector(struct skep_manager *m, const struct skep_selector *selector,
				 struct skep_error *err)
{
	_cleanup_(skep_selector_freep) struct skep_selector *copy = NULL;
	_cleanup_free_ unsigned char *was = calloc(m->probe_count + 1, 2);
	unsigned char *was_enabled;
	struct skep_selector *old;
	size_t i;
	int r = 0;

	if (!was)
		return manager_no_memory(err);
	if (selector)
		r = skep_selector_copy(selector, &copy, err);
	if (r < 0)
		return r;
	was_enabled = was + m->probe_count;
	for (i = 0; i < m->probe_count; i++) {
		was[i] = (unsigned char)m->probes[i]->attached;
		was_enabled[i] = (unsigned char)m->probes[i]->enabled;
	}
	if (m->state >= SKEP_MANAGER_PAUSED)
		r = update(m, copy, was, err);
	if (r < 0) {
		for (i = 0; i < m->probe_count; i++)
			m->probes[i]->enabled = was_enabled[i];
		return r;
	}
	old = m->selector;
	m->selector = take_ptr(copy);
	skep_selector_free(old);
	select_enable(m);
	return 0;
}
