/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* One probe by itself. */
#include <errno.h>

#include "attach/attachment.h"
#include "manager/hook.h"
#include "manager/interfaces.h"
#include "manager/lifecycle.h"
#include "manager/symbols.h"

/* What is attached may be gone. */
static int attach_again(struct skep_probe *p, struct skep_error *err)
{
	struct skep_error why = { 0 };
	int r;

	if (p->watch)
		return interfaces_again(p, err);
	if (!p->place_count || skep_probe_is_active(p, NULL) != 0)
		return 0;
	r = hook_detach_place(p, 0, &why);
	if (r >= 0)
		r = hook_attach_place(p, NULL, 0, &why);
	symbols_forget(p->manager);
	if (r >= 0)
		return 0;
	if (!p->place_count)
		hook_detach(p, NULL);
	p->error = why;
	if (err)
		*err = why;
	return r;
}

int skep_probe_attach(struct skep_probe *p, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];
	int r = manager_need_started(p->manager, "attach", err);

	if (r < 0)
		return r;
	if (p->attached)
		return attach_again(p, err);
	if (p->no_hook && err)
		*err = p->error;
	if (p->no_hook)
		return p->error.code;
	if (!p->program)
		return skep_fail(err, -EINVAL, SKEP_ERR_PROBE_NOT_LOADED,
				 "attach: probe '%s': its program is excluded.",
				 probe_name(p, name));
	r = hook_attach(p, err);
	symbols_forget(p->manager);
	if (r < 0)
		return r;
	p->enabled = 1;
	if (p->program->waiting) /* since a set of probes that could not be */
		program_shut(p->manager, p->program, 0);
	p->program->waiting = 0;
	return 0;
}

int skep_probe_detach(struct skep_probe *p, struct skep_error *err)
{
	int r = p->attached ? hook_detach(p, err) : 0;

	if (r == 0)
		p->enabled = 0;
	return r;
}

int skep_probe_is_active(const struct skep_probe *p, struct skep_error *err)
{
	size_t i;
	int r = p->attached && !interfaces_is_away(p);

	for (i = 0; r == 1 && i < p->place_count; i++)
		r = attachment_is_active(p->places[i].attachment, err);
	return r;
}
