/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/netns.h"

#include <skep/netns.h>

#include "manager/hook.h"
#include "manager/probe.h"
#include "manager/select.h"
#include "net/netns.h"

static int open_named(const struct skep_probe_spec *spec, struct skep_netns **ret_netns,
		      struct skep_error *err)
{
	if (spec->netns)
		return skep_netns_open_path(spec->netns, ret_netns, err);
	if (spec->netns_pid)
		return skep_netns_open_pid((uint32_t)spec->netns_pid, ret_netns, err);
	if (spec->netns_fd)
		return skep_netns_open_fd((int)spec->netns_fd, ret_netns, err);
	return 0;
}

int netns_enter(struct skep_probe *p, struct skep_error *err)
{
	_cleanup_(skep_netns_closep) struct skep_netns *netns = NULL;
	const struct skep_manager *m = p->manager;
	size_t i;
	int r = open_named(&p->spec, &netns, err);

	if (r < 0 || !netns)
		return r;
	p->netns_inode = skep_netns_inode(netns);
	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->netns && m->probes[i]->netns_inode == p->netns_inode) {
			p->netns = net_netns_ref(m->probes[i]->netns);
			return 0;
		}
	p->netns = take_ptr(netns);
	return 0;
}

static int is_in(struct skep_probe *p, uint64_t inode)
{
	_cleanup_(skep_netns_closep) struct skep_netns *netns = NULL;

	/* of one that was never attached, what it names tells */
	if (!p->netns_inode && open_named(&p->spec, &netns, NULL) == 0 && netns)
		return skep_netns_inode(netns) == inode;
	return p->netns_inode == inode;
}

int skep_manager_release_netns(struct skep_manager *m, uint64_t inode, struct skep_error *err)
{
	struct hook_list list = { 0 };
	size_t i, kept = 0;
	int r = 0, removed = 0, detached;

	for (i = 0; inode && i < m->probe_count; i++) {
		struct skep_probe *p = m->probes[i];

		if (!is_in(p, inode)) {
			m->probes[kept++] = p;
			continue;
		}
		if (p->attached)
			r = hook_take(p, &list, r < 0 ? NULL : err);
		pair_index_remove(&m->pairs, p);
		if (m->selector)
			selector_remove(m->selector, p->spec.program, p->spec.uid);
		probe_free(p);
		removed++;
	}
	m->probe_count = inode ? kept : m->probe_count;
	detached = hook_list_detach(&list, r < 0 ? NULL : err);
	return r < 0 ? r : detached < 0 ? detached : removed;
}
