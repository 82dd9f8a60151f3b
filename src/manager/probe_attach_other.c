/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes of control groups, sockets, maps and devices. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach_cgroup.h>
#include <skep/attach_lirc.h>
#include <skep/attach_socket.h>
#include <skep/attach_struct_ops.h>
#include <skep/cgroup.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/map.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "manager/probe_attach.h"

int probe_map_fd(const struct probe_attach *a, struct skep_error *err)
{
	const char *name = a->hook->s.map;
	const struct skep_loaded_map *m =
		a->o->loaded ? skep_loaded_map_find(a->o->loaded, name) : NULL;

	if (!m || !m->map)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_MAP, "there is no map '%.80s'.", name);
	return skep_map_fd(m->map);
}

int probe_cgroup_path(const struct skep_probe_spec *s, char **ret, struct skep_error *err)
{
	_cleanup_free_ char *root = NULL;
	size_t size;
	int r;

	if (s->unit)
		return skep_cgroup_find_unit(s->unit, ret, err);
	if (s->container)
		return skep_cgroup_find_container(s->container, ret, err);
	if (s->cgroup[0] != '/') {
		r = skep_cgroup_root(&root, err);
		if (r < 0)
			return r;
	}
	size = (root ? strlen(root) : 0) + strlen(s->cgroup) + 2;
	*ret = malloc(size);
	if (!*ret)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "its control group");
	snprintf(*ret, size, "%s%s%s", root ? root : "", root ? "/" : "", s->cgroup);
	return 0;
}

int probe_attach_cgroup(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	const struct skep_cgroup_opts o = {
		.sz = sizeof(o),
		.flags = a->flags | (s->cgroup_alone ? SKEP_CGROUP_ALONE : 0) |
			 (s->cgroup_override ? SKEP_CGROUP_OVERRIDE : 0) |
			 (s->cgroup_preorder ? SKEP_CGROUP_PREORDER : 0),
		.method = s->method,
		.cgroup_fd = s->cgroup_fd,
		.path = s->cgroup,
		.unit = s->unit,
		.container = s->container,
		.attach_type = s->attach_type ? s->attach_type : a->program->attach_type,
		.position = s->position,
		.anchor_kind = s->anchor_kind,
		.anchor = s->anchor,
		.revision = s->revision,
	};

	return skep_cgroup_attach(a->fd, &o, ret, err);
}

int probe_attach_socket(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err)
{
	const struct skep_socket_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
		.socket_fd = a->hook->s.socket_fd,
	};

	return a->hook->family == SKEP_ATTACH_FAMILY_SK_REUSEPORT
		       ? skep_sk_reuseport_attach(a->fd, &o, ret, err)
		       : skep_socket_filter_attach(a->fd, &o, ret, err);
}

int probe_attach_sockmap(const struct probe_attach *a, struct skep_attachment **ret,
			 struct skep_error *err)
{
	const struct skep_probe_spec *s = &a->hook->s;
	const uint64_t type = s->attach_type ? s->attach_type : a->program->attach_type;
	const int map_fd = probe_map_fd(a, err);
	struct skep_sockmap_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = s->method,
		.map_fd = (uint64_t)map_fd,
	};

	if (map_fd < 0)
		return map_fd;
	switch (a->hook->family) {
	case SKEP_ATTACH_FAMILY_SK_MSG:
		return skep_sk_msg_attach(a->fd, &o, ret, err);
	case SKEP_ATTACH_FAMILY_SK_SKB_PARSER:
		return skep_sk_skb_parser_attach(a->fd, &o, ret, err);
	default:
		if (type == SKEP_ATTACH_TYPE_SK_SKB_VERDICT)
			o.attach_type = type;
		return skep_sk_skb_attach(a->fd, &o, ret, err);
	}
}

int probe_attach_struct_ops(const struct probe_attach *a, struct skep_attachment **ret,
			    struct skep_error *err)
{
	struct skep_struct_ops_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
	};
	const int map_fd = probe_map_fd(a, err);

	if (map_fd < 0)
		return map_fd;
	o.value = skep_loaded_struct_ops(a->o->loaded, a->hook->s.map, &o.value_bytes);
	if (!o.value)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "what the table '%.64s' holds is not known: it was not loaded by "
				 "skep.",
				 a->hook->s.map);
	return skep_struct_ops_attach(map_fd, &o, ret, err);
}

int probe_attach_lirc(const struct probe_attach *a, struct skep_attachment **ret,
		      struct skep_error *err)
{
	const struct skep_lirc_opts o = {
		.sz = sizeof(o),
		.flags = a->flags,
		.method = a->hook->s.method,
		.device = a->hook->s.device,
	};

	return skep_lirc_attach(a->fd, &o, ret, err);
}
