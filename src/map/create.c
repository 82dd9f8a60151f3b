/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/spec.h"

/* Return: an fd of a map like the inner maps; a negative errno. */
static int create_template(const struct skep_map_spec *spec, struct skep_error *err)
{
	struct skep_map_spec inner;
	int fd;

	if (!spec->inner)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "create map '%s': a map of maps needs the spec of its inner maps.",
				 spec->name ? spec->name : "");
	fd = map_spec_complete(spec->inner, &inner, err);
	if (fd == 0 && skep_map_type_is_map_of_maps((uint32_t)inner.type))
		fd = skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			       "the kernel puts no maps of maps into maps.");
	if (fd == 0)
		fd = map_spec_create(spec->inner, err);
	return fd < 0 ? skep_wrap(err, fd, "inner map: ") : fd;
}

int map_spec_create(const struct skep_map_spec *spec, struct skep_error *err)
{
	_cleanup_close_ int inner = -1;
	struct skep_map_spec s;
	struct skep_attr_map_create attr = { 0 };
	int r = map_spec_complete(spec, &s, err);

	if (r < 0)
		return r;
	if (skep_map_type_is_map_of_maps((uint32_t)s.type)) {
		inner = create_template(&s, err);
		if (inner < 0)
			return inner;
		attr.inner_map_fd = (uint32_t)inner;
	}
	attr.map_type = (uint32_t)s.type;
	attr.key_size = (uint32_t)s.key_size;
	attr.value_size = (uint32_t)s.value_size;
	attr.max_entries = (uint32_t)s.max_entries;
	attr.map_flags = (uint32_t)s.flags;
	attr.map_extra = s.map_extra;
	attr.numa_node = (uint32_t)s.numa_node;
	attr.map_ifindex = (uint32_t)s.ifindex;
	attr.btf_fd = (uint32_t)s.btf_fd;
	attr.btf_key_type_id = (uint32_t)s.btf_key_type_id;
	attr.btf_value_type_id = (uint32_t)s.btf_value_type_id;
	attr.btf_vmlinux_value_type_id = (uint32_t)s.btf_vmlinux_value_type_id;
	if (s.token_fd) {
		attr.map_token_fd = (int32_t)s.token_fd;
		attr.map_flags |= SKEP_MAP_FLAG_TOKEN_FD;
	}
	snprintf(attr.map_name, sizeof(attr.map_name), "%s", s.name ? s.name : "");
	return skep_sys_map_create(&attr, sizeof(attr), err);
}
