/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_mmap.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/map.h"

struct skep_map_mapping {
	struct skep_map *map;
	void *address;
	size_t bytes;        /* of elements or pages */
	size_t mapped_bytes; /* whole pages */
	size_t stride;       /* 0: an arena */
};

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static int fail_type(struct skep_error *err, const struct skep_map *map, const char *why)
{
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "map '%s' into memory: a map of type %s %s.", map->info.name,
			 skep_map_type_name(map->info.type, NULL), why);
}

static int learn_size(struct skep_map_mapping *m, struct skep_error *err)
{
	const struct skep_map_info *info = &m->map->info;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	switch (info->type) {
	case SKEP_MAP_TYPE_ARENA:
		m->bytes = info->max_entries * page;
		break;
	case SKEP_MAP_TYPE_ARRAY:
		if (!(info->map_flags & SKEP_MAP_FLAG_MMAPABLE))
			return fail_type(err, m->map, "has to be made with the flag mmapable");
		m->stride = round_up(info->value_size, sizeof(uint64_t));
		m->bytes = m->stride * info->max_entries;
		break;
	default:
		return fail_type(err, m->map, "has no elements in memory");
	}
	m->mapped_bytes = round_up(m->bytes, page);
	return 0;
}

static int fail_map(struct skep_error *err, const struct skep_map *map, int code, int writes)
{
	if (writes && (code == -EPERM || code == -EACCES))
		return skep_fail(
			err, code, SKEP_ERR_CONFLICT,
			"map '%s' into memory for writing: it is frozen, or for reading only.",
			map->info.name);
	if (code == -EBUSY || code == -EEXIST)
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "map '%s' into memory: the arena %s.", map->info.name,
				 code == -EBUSY ? "is mapped in another place"
						: "has a place in which something else is");
	return skep_fail(err, code, SKEP_ERR_SYSCALL, "map '%s' into memory", map->info.name);
}

int skep_map_mapping_open(struct skep_map *map, uint64_t flags,
			  struct skep_map_mapping **ret_mapping, struct skep_error *err)
{
	_cleanup_free_ struct skep_map_mapping *m = calloc(1, sizeof(*m));
	const int writes = !!(flags & SKEP_MAP_MAPPING_WRITE);
	int r, how = MAP_SHARED;
	void *place = NULL;

	if (!m)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "map '%s' into memory",
				 map->info.name);
	if (flags & ~(uint64_t)SKEP_MAP_MAPPING_WRITE)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "map '%s' into memory: flags",
				 map->info.name);
	m->map = map;
	r = learn_size(m, err);
	if (r < 0)
		return r;
	if (map->info.type == SKEP_MAP_TYPE_ARENA && map->info.map_extra) {
		place = (void *)(uintptr_t)map->info.map_extra;
		how |= MAP_FIXED_NOREPLACE;
	}
	m->address = mmap(place, m->mapped_bytes, PROT_READ | (writes ? PROT_WRITE : 0), how,
			  map->fd, 0);
	if (m->address == MAP_FAILED)
		return fail_map(err, map, -errno, writes);
	skep_map_ref(map);
	*ret_mapping = take_ptr(m);
	return 0;
}

struct skep_map_mapping *skep_map_mapping_close(struct skep_map_mapping *m)
{
	int saved = errno;

	if (m) {
		munmap(m->address, m->mapped_bytes);
		skep_map_close(m->map);
		free(m);
	}
	errno = saved;
	return NULL;
}

void *skep_map_mapping_address(const struct skep_map_mapping *m)
{
	return m->address;
}

size_t skep_map_mapping_bytes(const struct skep_map_mapping *m)
{
	return m->bytes;
}

size_t skep_map_mapping_stride(const struct skep_map_mapping *m)
{
	return m->stride;
}

void *skep_map_mapping_at(const struct skep_map_mapping *m, uint32_t index)
{
	if (!m->stride || index >= m->map->info.max_entries)
		return NULL;
	return (unsigned char *)m->address + index * m->stride;
}

void *skep_map_mapping_sized_at(const struct skep_map_mapping *m, uint32_t index, size_t bytes)
{
	return bytes == m->map->info.value_size ? skep_map_mapping_at(m, index) : NULL;
}

/* The name of a variable is that of its type, which is of the kind var. */
static int find_in(const struct skep_map_mapping *m, const struct skep_btf *btf,
		   const struct skep_btf_type *section, const char *name,
		   struct skep_map_variable *ret)
{
	struct skep_btf_member member;
	struct skep_btf_type var;
	uint32_t i;

	for (i = 0; i < section->vlen; i++) {
		if (skep_btf_member_at(btf, section->id, i, &member) < 0 ||
		    skep_btf_type_at(btf, member.type, &var) < 0 || strcmp(var.name, name) != 0)
			continue;
		if ((uint64_t)member.offset + member.size > m->bytes)
			return -ENODATA;
		*ret = (struct skep_map_variable){
			.address = (unsigned char *)m->address + member.offset,
			.bytes = member.size,
			.type_id = var.type,
		};
		return 1;
	}
	return 0;
}

int skep_map_mapping_find(const struct skep_map_mapping *m, const char *name,
			  struct skep_map_variable *ret_variable, struct skep_error *err)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	struct skep_btf_type section = { 0 };
	uint32_t types[2] = { 0 };
	int r = skep_btf_open_map(m->map->fd, types, &btf, err);

	if (r < 0)
		return skep_wrap(err, r, "map '%s': ", m->map->info.name);
	if (skep_btf_type_at(btf, types[1], &section) < 0 || section.kind != SKEP_BTF_KIND_DATASEC)
		r = -ENODATA;
	else
		r = find_in(m, btf, &section, name, ret_variable);
	return r < 0 ? skep_fail(err, r, SKEP_ERR_NOT_FOUND,
				 "map '%s': its BTF tells of no variables.", m->map->info.name)
		     : r;
}

int skep_map_freeze(struct skep_map *map, struct skep_error *err)
{
	return skep_sys_map_freeze(map->fd, err);
}
