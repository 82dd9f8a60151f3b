/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs that were found pinned work on maps of their own: the object takes those in the place of new ones. */
#include <errno.h>
#include <string.h>

#include <skep/kabi.h>
#include <skep/map_spec.h>
#include <skep/object_spec.h>
#include <skep/sys.h>

#include "manager/programs.h"

#define MOST_MAPS 64 /* of a program (kernel: MAX_USED_MAPS) */
#define NAME_LENGTH \
	(sizeof(((struct skep_map_info *)0)->name) - 1) /* of which the kernel keeps so much */
#define SET_BY_LIBBPF \
	(SKEP_MAP_FLAG_RDONLY_PROG | SKEP_MAP_FLAG_WRONLY_PROG | SKEP_MAP_FLAG_MMAPABLE)

void programs_free_maps(struct program_maps *maps)
{
	size_t i;

	for (i = maps->given; i < maps->count; i++)
		close((int)maps->all[i].fd);
	free(maps->all);
	*maps = (struct program_maps){ 0 };
}

/* libbpf puts a part of the object's name before that of a map of variables, and cuts both. */
static int is_called(const struct skep_object_map *m, const char *found)
{
	const size_t wanted_length = strnlen(m->spec.name, NAME_LENGTH), length = strlen(found);

	if (m->kind == SKEP_OBJECT_MAP_DEFINED)
		return !strncmp(m->spec.name, found, NAME_LENGTH);
	return length >= wanted_length &&
	       !strncmp(found + length - wanted_length, m->spec.name, wanted_length);
}

/* Constants are not shared: programs that are loaded now have those that the object has now. */
static int may_be_shared(const struct skep_manager *m, const struct skep_object_map *map)
{
	const int ignored = (m->load_opts.flags & SKEP_OBJECT_IGNORE_PINNING) != 0;
	uint64_t i;

	if (map->kind > SKEP_OBJECT_MAP_BSS || map->excluded || (map->pinning && !ignored))
		return 0;
	for (i = 0; i < m->load_opts.replacement_count; i++)
		if (!strcmp(m->load_opts.replacements[i].map, map->spec.name))
			return 0;
	return 1;
}

/* Return: the map of the object; NULL: there is none; @ret_count says how many it may be. */
static const struct skep_object_map *
counterpart(const struct skep_manager *m, const struct skep_map_info *info, size_t *ret_count)
{
	const struct skep_object_map *map, *found = NULL;
	size_t i;

	*ret_count = 0;
	for (i = 0; i < skep_object_map_count(m->object); i++) {
		map = skep_object_map_at(m->object, i);
		if (map->spec.type != info->type || !is_called(map, info->name) ||
		    !may_be_shared(m, map))
			continue;
		found = map;
		(*ret_count)++;
	}
	return found;
}

static int check_fits(const struct manager_program *mp, const struct skep_object_map *map,
		      const struct skep_map_info *info, size_t info_bytes, struct skep_error *err)
{
	struct skep_map_difference d[SKEP_MAP_DIFFERENCES];
	int r = skep_map_spec_compare(&map->spec, info, info_bytes,
				      map->kind == SKEP_OBJECT_MAP_DEFINED ? 0 : SET_BY_LIBBPF, d,
				      err);

	if (r <= 0)
		return r;
	return skep_fail(err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT,
			 "program '%.64s', which is pinned, works on another map '%.64s' than the "
			 "object has: its %s is %llu, not %llu.",
			 mp->name, map->spec.name, d[0].property, (unsigned long long)d[0].found,
			 (unsigned long long)d[0].wanted);
}

/* Return: 1 another program has the same; 0 none has one of that name; -EMEDIUMTYPE another program has another one. */
static int is_found(const struct program_maps *maps, const struct manager_program *mp,
		    const struct skep_object_map *map, uint32_t id, struct skep_error *err)
{
	struct skep_map_info other = { 0 };
	size_t i;
	int r;

	for (i = maps->given; i < maps->count; i++) {
		if (strcmp(maps->all[i].map, map->spec.name) != 0)
			continue;
		r = skep_sys_map_info((int)maps->all[i].fd, &other, sizeof(other));
		if (r < 0 || other.id == id)
			return r < 0 ? r : 1;
		return skep_fail(err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT,
				 "program '%.64s', which is pinned, works on a map '%.64s' (%u), "
				 "and another one that is pinned on another (%u).",
				 mp->name, map->spec.name, id, other.id);
	}
	return 0;
}

static int find_map(struct skep_manager *m, const struct manager_program *mp, uint32_t id,
		    struct program_maps *maps, struct skep_error *err)
{
	struct skep_object_replacement *more;
	const struct skep_object_map *map;
	struct skep_map_info info = { 0 };
	_cleanup_close_ int fd = -EBADF;
	size_t count;
	int r, bytes;

	fd = skep_sys_fd_by_id(SKEP_OBJECT_MAP, id, 0);
	bytes = fd < 0 ? fd : skep_sys_map_info(fd, &info, sizeof(info));
	if (bytes < 0)
		return skep_fail(err, bytes, SKEP_ERR_SYSCALL, "program '%.64s': open map %u",
				 mp->name, id);
	map = counterpart(m, &info, &count);
	if (!map)
		return 0;
	if (count > 1)
		return skep_fail(
			err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT,
			"program '%.64s', which is pinned, works on a map '%s': the object "
			"has %zu maps of which it may be.",
			mp->name, info.name, count);
	r = check_fits(mp, map, &info, (size_t)bytes, err);
	if (r == 0)
		r = is_found(maps, mp, map, id, err);
	if (r != 0)
		return r < 0 ? r : 0;
	more = reallocarray(maps->all, maps->count + 1, sizeof(*more));
	if (!more)
		return manager_no_memory(err);
	maps->all = more;
	more[maps->count++] =
		(struct skep_object_replacement){ map->spec.name, (uint64_t)take_fd(&fd) };
	return 0;
}

static int take_given(const struct skep_manager *m, struct program_maps *maps)
{
	const size_t count = m->load_opts.replacement_count;

	if (!count)
		return 0;
	maps->all = calloc(count, sizeof(*maps->all));
	if (!maps->all)
		return -ENOMEM;
	memcpy(maps->all, m->load_opts.replacements, count * sizeof(*maps->all));
	maps->given = maps->count = count;
	return 0;
}

int programs_find_maps(struct skep_manager *m, struct program_maps *maps, struct skep_error *err)
{
	uint32_t ids[MOST_MAPS], k;
	size_t i;
	int r = take_given(m, maps);

	if (r < 0)
		return manager_no_memory(err);
	for (i = 0; r == 0 && i < m->program_count; i++) {
		const struct manager_program *mp = m->programs[i];
		struct skep_prog_info info = { .nr_map_ids = MOST_MAPS,
					       .map_ids = (uint64_t)(uintptr_t)ids };

		if (mp->own_fd < 0)
			continue;
		r = skep_sys_prog_info(mp->own_fd, &info, sizeof(info));
		if (r < 0)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "program '%.64s'", mp->name);
		for (r = 0, k = 0; r == 0 && k < info.nr_map_ids && k < MOST_MAPS; k++)
			r = find_map(m, mp, ids[k], maps, err);
	}
	return r;
}
