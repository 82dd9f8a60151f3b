/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/loaded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/map.h>
#include <skep/map_pin.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/object.h"
#include "sys/object_info.h"

#define FD_MIN (STDERR_FILENO + 1)

static int duplicate(int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN);

	return own < 0 ? -errno : own;
}

int loaded_add_program(struct skep_loaded *l, const char *name, const char *section,
		       const char *target, int fd, struct skep_error *err)
{
	struct loaded_program *p = OBJECT_ADD(l->programs, l->program_count);
	struct skep_prog_info info = { 0 };
	int r;

	if (!p)
		return object_no_memory(err);
	p->spec.fd = -1;
	p->name = strdup(name);
	p->section = strdup(section);
	p->target = strdup(target);
	if (!p->name || !p->section || !p->target ||
	    name_index_add(&l->program_index, p->name, l->program_count - 1) < 0)
		return object_no_memory(err);
	r = duplicate(fd);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "keep program '%s'", name);
	p->spec = (struct skep_loaded_program){
		.name = p->name,
		.section = p->section,
		.attach_target = p->target,
		.fd = r,
	};
	r = sys_info_by_fd(p->spec.fd, &info, sizeof(info)); /* libbpf has it from the kernel */
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "look at program '%s'", name);
	p->spec.id = info.id;
	p->spec.type = info.type;
	p->load_time_ns = info.load_time;
	p->verified_insns = info.verified_insns;
	return 0;
}

int loaded_add_map(struct skep_loaded *l, const char *name, struct skep_map *map, uint32_t kind,
		   int created, struct skep_error *err)
{
	struct loaded_map *m = OBJECT_ADD(l->maps, l->map_count);

	if (!m) {
		skep_map_close(map);
		return object_no_memory(err);
	}
	m->own = map;
	m->name = strdup(name);
	if (!m->name)
		return object_no_memory(err);
	m->spec = (struct skep_loaded_map){
		.name = m->name,
		.map = map,
		.kind = kind,
		.created = !!created,
	};
	return 0;
}

struct skep_loaded *skep_loaded_close(struct skep_loaded *l)
{
	int saved = errno;
	size_t i;

	if (!l)
		return NULL;
	for (i = 0; i < l->program_count; i++) {
		if (l->programs[i].spec.fd >= 0)
			close(l->programs[i].spec.fd);
		free(l->programs[i].name);
		free(l->programs[i].section);
		free(l->programs[i].target);
	}
	for (i = 0; i < l->map_count; i++) {
		skep_map_close(l->maps[i].own);
		free(l->maps[i].name);
		free(l->maps[i].value);
	}
	name_index_fini(&l->program_index);
	free(l->programs);
	free(l->maps);
	free(l);
	errno = saved;
	return NULL;
}

size_t skep_loaded_program_count(const struct skep_loaded *l)
{
	return l->program_count;
}

const struct skep_loaded_program *skep_loaded_program_at(const struct skep_loaded *l, size_t index)
{
	return index < l->program_count ? &l->programs[index].spec : NULL;
}

static struct loaded_program *program_of(const struct skep_loaded *l, const char *name)
{
	size_t at;

	return name_index_find(&l->program_index, name, &at) ? &l->programs[at] : NULL;
}

static struct loaded_map *map_of(const struct skep_loaded *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->map_count; i++)
		if (!strcmp(l->maps[i].name, name))
			return &l->maps[i];
	return NULL;
}

const struct skep_loaded_program *skep_loaded_program_find(const struct skep_loaded *l,
							   const char *name)
{
	const struct loaded_program *p = program_of(l, name);

	return p ? &p->spec : NULL;
}

size_t skep_loaded_map_count(const struct skep_loaded *l)
{
	return l->map_count;
}

const struct skep_loaded_map *skep_loaded_map_at(const struct skep_loaded *l, size_t index)
{
	return index < l->map_count ? &l->maps[index].spec : NULL;
}

const struct skep_loaded_map *skep_loaded_map_find(const struct skep_loaded *l, const char *name)
{
	const struct loaded_map *m = map_of(l, name);

	return m ? &m->spec : NULL;
}

const void *skep_loaded_struct_ops(const struct skep_loaded *l, const char *name, size_t *ret_bytes)
{
	const struct loaded_map *m = map_of(l, name);

	*ret_bytes = m ? m->value_size : 0;
	return m ? m->value : NULL;
}

static int missing(struct skep_error *err, uint32_t kind, const char *name)
{
	return skep_fail(err, -ENOENT, kind, "%s '%s' is not among what was loaded.",
			 kind == SKEP_ERR_NO_MAP ? "map" : "program", name);
}

int skep_loaded_take_program(struct skep_loaded *l, const char *name, struct skep_error *err)
{
	struct loaded_program *p = program_of(l, name);
	int fd;

	if (!p || p->spec.fd < 0)
		return missing(err, SKEP_ERR_NO_PROGRAM, name);
	fd = p->spec.fd;
	p->spec.fd = -1;
	return fd;
}

int skep_loaded_take_map(struct skep_loaded *l, const char *name, struct skep_map **ret_map,
			 struct skep_error *err)
{
	struct loaded_map *m = map_of(l, name);

	if (!m || !m->spec.map)
		return missing(err, SKEP_ERR_NO_MAP, name);
	*ret_map = skep_map_ref(m->own);
	m->spec.map = NULL;
	return 0;
}

/* What a member is to get: an fd of its own, or a borrowed handle. */
struct assigned {
	int fd;
	struct skep_map *map;
};

static int find_member(const struct skep_loaded *l, const struct skep_loaded_member *m,
		       struct assigned *ret, struct skep_error *err)
{
	const struct loaded_program *p = program_of(l, m->name);
	const struct loaded_map *map = map_of(l, m->name);

	switch (m->kind) {
	case SKEP_LOADED_PROGRAM:
		if (!p || p->spec.fd < 0)
			return missing(err, SKEP_ERR_NO_PROGRAM, m->name);
		ret->fd = duplicate(p->spec.fd);
		break;
	case SKEP_LOADED_MAP:
	case SKEP_LOADED_MAP_FD:
		if (!map || !map->spec.map)
			return missing(err, SKEP_ERR_NO_MAP, m->name);
		ret->map = map->own;
		if (m->kind == SKEP_LOADED_MAP)
			return 0;
		ret->fd = duplicate(skep_map_fd(map->own));
		break;
	default:
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "member '%s' is of no kind.",
				 m->name);
	}
	return ret->fd < 0 ? skep_fail(err, ret->fd, SKEP_ERR_SYSCALL, "assign '%s'", m->name) : 0;
}

int skep_loaded_assign(const struct skep_loaded *l, const struct skep_loaded_member *members,
		       size_t count, struct skep_error *err)
{
	_cleanup_free_ struct assigned *found = calloc(count ? count : 1, sizeof(*found));
	size_t i;
	int r = 0;

	if (!found)
		return object_no_memory(err);
	for (i = 0; i < count; i++)
		found[i].fd = -1;
	for (i = 0; i < count && r == 0; i++)
		r = find_member(l, &members[i], &found[i], err);
	for (i = 0; i < count; i++) {
		if (r < 0 && found[i].fd >= 0)
			close(found[i].fd);
		else if (r == 0 && members[i].kind == SKEP_LOADED_MAP)
			*(struct skep_map **)members[i].to = skep_map_ref(found[i].map);
		else if (r == 0)
			*(int *)members[i].to = found[i].fd;
	}
	return r;
}

int skep_loaded_commit(struct skep_loaded *l, struct skep_error *err)
{
	struct skep_error undo = { 0 };
	size_t i, k;
	int r = 0, n = 0;

	for (i = 0; i < l->map_count; i++) {
		r = skep_map_commit(l->maps[i].own, err);
		if (r < 0)
			break;
		l->maps[i].spec.created |= (uint32_t)r << 1;
		n += r;
	}
	for (k = 0; r < 0 && k < i; k++)
		if (l->maps[k].spec.created & 2 && skep_map_restore(l->maps[k].own, &undo) < 0)
			r = skep_fail(
				err, r, SKEP_ERR_PARTIAL,
				"commit: map '%s' has its name already, and cannot give it back "
				"(%.120s)",
				l->maps[k].name, undo.msg);
	for (k = 0; k < l->map_count; k++)
		l->maps[k].spec.created &= 1;
	return r < 0 ? r : n;
}
