/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include <skep/bpffs.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_pin.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/map.h"
#include "object/load.h"
#include "object/loaded.h"

#define COMPARED_FLAGS_IGNORED (SKEP_MAP_FLAG_RDONLY_PROG | SKEP_MAP_FLAG_WRONLY_PROG)

static const struct skep_object_replacement *replacement_of(const struct load *l, const char *name)
{
	uint64_t i;

	for (i = 0; i < l->opts->replacement_count; i++)
		if (!strcmp(l->opts->replacements[i].map, name))
			return &l->opts->replacements[i];
	return NULL;
}

static const char *value_text(const struct skep_map_difference *d, uint64_t value, char *buf)
{
	if (!strcmp(d->property, "type") || !strcmp(d->property, "inner_type"))
		return skep_map_type_name((uint32_t)value, buf);
	snprintf(buf, SKEP_NAME_SIZE, "%llu", (unsigned long long)value);
	return buf;
}

/* Return: 0 it is what the object has; -EINVAL, with the first difference. */
static int check_given(struct load *l, const struct object_map *m, const struct skep_map *given)
{
	struct skep_map_difference d[SKEP_MAP_DIFFERENCES];
	char found[SKEP_NAME_SIZE], wanted[SKEP_NAME_SIZE];
	uint64_t ignored = m->symbol ? 0 : COMPARED_FLAGS_IGNORED | SKEP_MAP_FLAG_MMAPABLE;
	int r = skep_map_spec_compare(&m->spec.spec, &given->info, given->info_bytes, ignored, d,
				      l->err);

	if (r <= 0)
		return r;
	return skep_fail(
		l->err, -EINVAL, SKEP_ERR_CONFLICT,
		"the map given for '%s' is not what the object has: its %s is %s, not %s%s.",
		m->name, d[0].property, value_text(d, d[0].found, found),
		value_text(d, d[0].wanted, wanted), r > 1 ? ", and more differs" : "");
}

static int take_replacement(struct load *l, const struct object_map *m, struct load_map *lm, int fd)
{
	int r = skep_map_open_fd(fd, &lm->given, l->err);

	return r < 0 ? skep_wrap(l->err, r, "map '%s': ", m->name) : check_given(l, m, lm->given);
}

static int path_of(struct load *l, const struct object_map *m, struct load_map *lm)
{
	const char *name = m->pin_path ? m->pin_path : m->name;
	const char *dir = l->opts->pin_dir && *l->opts->pin_dir ? l->opts->pin_dir : NULL;

	if (!l->opts->bpffs)
		return skep_fail(
			l->err, -EINVAL, SKEP_ERR_INVALID,
			"map '%s' wants to be pinned, and no bpffs was given (opts.bpffs, or "
			"SKEP_OBJECT_IGNORE_PINNING).",
			m->name);
	if (asprintf(&lm->path, "%s%s%s", dir ? dir : "", dir ? "/" : "", name) < 0) {
		lm->path = NULL;
		return object_no_memory(l->err);
	}
	return 0;
}

int load_open_pinned(struct load *l, const struct object_map *m, struct load_map *lm,
		     const struct skep_map_spec *spec)
{
	int r = skep_map_open_or_create(l->opts->bpffs, lm->path, spec, l->opts->pin_opts,
					&lm->given, l->err);

	lm->created = r > 0;
	return r < 0 ? skep_wrap(l->err, r, "map '%s': ", m->name) : 0;
}

/* The pin of a map: what is there is used, or a new map takes the name at the end. */
static int look_at_pin(struct load *l, const struct object_map *m, struct load_map *lm)
{
	const struct skep_map_pin_opts *o = l->opts->pin_opts;
	const uint64_t mismatch = o ? o->mismatch : SKEP_MAP_MISMATCH_FAIL;
	_cleanup_(skep_map_closep) struct skep_map *there = NULL;
	struct skep_error missing = { 0 }; /* that nothing is pinned is no error */
	int r = path_of(l, m, lm);

	if (r < 0)
		return r;
	if (m->spec.pinning == SKEP_OBJECT_PINNING_REPLACE) {
		lm->stage = 1;
		return 0;
	}
	r = skep_map_open_pinned(l->opts->bpffs, lm->path, 0, &there, &missing);
	if (r == -ENOENT) {
		lm->pin = 1;
		return 0;
	}
	if (r < 0 && l->err)
		*l->err = missing;
	if (r < 0)
		return r;
	r = skep_map_spec_compare(&m->spec.spec, &there->info, there->info_bytes,
				  o ? o->ignored_flags : 0, NULL, l->err);
	if (r < 0)
		return r;
	if (r > 0 || (o && o->flags & SKEP_MAP_ALWAYS_NEW)) {
		lm->stage = mismatch == SKEP_MAP_MISMATCH_REPLACE ||
			    mismatch == SKEP_MAP_MISMATCH_STAGE;
		lm->pin = mismatch == SKEP_MAP_MISMATCH_REPLACE;
		if (lm->stage)
			return 0;
	}
	if (mismatch ==
	    SKEP_MAP_MISMATCH_CONVERT) { /* into a map with types, which are not in the kernel yet */
		lm->convert = 1;
		return 0;
	}
	/* the map engine has words for what differs */
	return load_open_pinned(l, m, lm, &m->spec.spec);
}

static int prepare_map(struct load *l, const struct object_map *m, struct load_map *lm)
{
	const struct skep_object_replacement *given = replacement_of(l, m->name);
	const int pins = !(l->opts->flags & SKEP_OBJECT_IGNORE_PINNING);
	int r = 0;

	if (given)
		return take_replacement(l, m, lm, (int)given->fd);
	if (m->spec.excluded)
		return 0;
	if (m->spec.pinning && pins)
		r = look_at_pin(l, m, lm);
	if (r == 0 && m->inner_is_edited && !lm->given) {
		struct skep_map *inner = NULL;

		r = skep_map_create(&m->inner, &inner, l->err);
		if (r < 0)
			return skep_wrap(l->err, r, "map '%s': inner map: ", m->name);
		lm->inner_fd = fcntl(skep_map_fd(inner), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		skep_map_close(inner);
	}
	return r;
}

int load_prepare_maps(struct load *l)
{
	uint64_t k;
	size_t i;
	int r = 0;

	l->maps = calloc(l->o->map_count + 1, sizeof(*l->maps));
	if (!l->maps)
		return object_no_memory(l->err);
	for (i = 0; i < l->o->map_count; i++)
		l->maps[i].inner_fd = -1;
	for (k = 0; k < l->opts->replacement_count; k++)
		if (!object_map_of(l->o, l->opts->replacements[k].map))
			return skep_fail(l->err, -ENOENT, SKEP_ERR_NO_MAP,
					 "%s: it has no map '%s' to be replaced.", l->o->name,
					 l->opts->replacements[k].map);
	for (i = 0; i < l->o->map_count && r == 0; i++)
		r = prepare_map(l, &l->o->maps[i], &l->maps[i]);
	return r == 0 ? load_early_maps(l) : r;
}

void load_free_maps(struct load *l)
{
	size_t i;

	for (i = 0; l->maps && i < l->o->map_count; i++) {
		skep_map_close(l->maps[i].given);
		free(l->maps[i].path);
		if (l->maps[i].inner_fd >= 0)
			close(l->maps[i].inner_fd);
	}
	free(l->maps);
	l->maps = NULL;
}

static int is_edited(const struct object_map *m, uint32_t property)
{
	return !!(m->edited & 1u << property);
}

static int set_properties(const struct object_map *m, struct bpf_map *map)
{
	const struct skep_map_spec *s = &m->spec.spec;
	int r = 0;

	if (is_edited(m, SKEP_OBJECT_MAP_TYPE))
		r = bpf_map__set_type(map, (enum bpf_map_type)s->type);
	if (r == 0 && is_edited(m, SKEP_OBJECT_MAP_KEY_SIZE))
		r = bpf_map__set_key_size(map, (uint32_t)s->key_size);
	if (r == 0 && is_edited(m, SKEP_OBJECT_MAP_VALUE_SIZE))
		r = bpf_map__set_value_size(map, (uint32_t)s->value_size);
	if (r == 0 && is_edited(m, SKEP_OBJECT_MAP_MAX_ENTRIES))
		r = bpf_map__set_max_entries(map, (uint32_t)s->max_entries);
	if (r == 0 && is_edited(m, SKEP_OBJECT_MAP_FLAGS))
		r = bpf_map__set_map_flags(map, (uint32_t)s->flags);
	if (r == 0 && is_edited(m, SKEP_OBJECT_MAP_MAP_EXTRA))
		r = bpf_map__set_map_extra(map, s->map_extra);
	if (r == 0 && is_edited(m, SKEP_OBJECT_MAP_NUMA_NODE))
		r = bpf_map__set_numa_node(map, (uint32_t)s->numa_node);
	if (r == 0 && is_edited(m, SKEP_OBJECT_MAP_IFINDEX))
		r = bpf_map__set_ifindex(map, (uint32_t)s->ifindex);
	return r;
}

/* Variables that were edited. */
static int set_data(const struct skep_object *o, const struct object_map *m, struct bpf_map *map)
{
	size_t size = 0;
	void *data;

	if (!m->data_is_edited)
		return 0;
	data = bpf_map__initial_value(map, &size);
	if (!data || size < o->elf->sections[m->section_index].header.sh_size)
		return -EINVAL;
	memcpy(data, o->elf->sections[m->section_index].data,
	       o->elf->sections[m->section_index].header.sh_size);
	return 0;
}

int load_apply_map(struct load *l, struct bpf_object *opened, const struct object_map *m,
		   const struct load_map *lm, struct bpf_map **ret_map)
{
	struct bpf_map *map = bpf_object__find_map_by_name(opened, m->name);
	int r;

	*ret_map = map;
	if (!map)
		return m->spec.excluded ? 0 : -ENOENT;
	r = bpf_map__set_pin_path(map, NULL); /* pins are ours */
	if (r == 0)
		r = set_properties(m, map);
	if (r == 0)
		r = set_data(l->o, m, map);
	if (r == 0 && lm->inner_fd >= 0)
		r = bpf_map__set_inner_map_fd(map, lm->inner_fd);
	if (r == 0 && m->spec.excluded && !lm->given)
		r = bpf_map__set_autocreate(map, false);
	return r;
}

int load_fail_to_set(struct load *l, const struct object_map *m, int code)
{
	return skep_fail(l->err, code, SKEP_ERR_INVALID, "map '%s': set what was edited (%s)",
			 m->name, sys_libbpf_print_reason(&l->print));
}

int load_apply_maps(struct load *l)
{
	size_t i;
	int r;

	for (i = 0; i < l->o->map_count; i++) {
		r = load_apply_map(l, l->opened, &l->o->maps[i], &l->maps[i], &l->maps[i].map);
		if (r < 0)
			return load_fail_to_set(l, &l->o->maps[i], r);
	}
	for (i = 0; i < l->o->map_count; i++) {
		if (!l->maps[i].given)
			continue;
		r = bpf_map__reuse_fd(l->maps[i].map, skep_map_fd(l->maps[i].given));
		if (r < 0)
			return skep_fail(l->err, r, SKEP_ERR_SYSCALL,
					 "map '%s': use the one that is there", l->o->maps[i].name);
	}
	return 0;
}

static int name_map(struct load *l, const struct object_map *m, struct load_map *lm,
		    struct skep_map *map)
{
	int r;

	if (lm->stage) {
		r = map_name(map, l->opts->bpffs, lm->path, l->err);
		map->staged = r == 0;
		return r == 0 && lm->pin ? map_take_name(map, l->err) : r;
	}
	if (!lm->pin)
		return 0;
	r = skep_map_pin(map, l->opts->bpffs, lm->path, l->err);
	return r < 0 ? skep_wrap(l->err, r, "map '%s': ", m->name) : 0;
}

static int fill_slot(struct load *l, const char *map, uint32_t slot, int fd, const char *what)
{
	const struct object_map *m = object_map_of(l->o, map);
	const struct load_map *lm = &l->maps[m - l->o->maps];
	int r = lm->map ? bpf_map_update_elem(bpf_map__fd(lm->map), &slot, &fd, BPF_ANY) : -ENOENT;

	if (r == 0 || m->spec.excluded)
		return 0;
	return skep_fail(l->err, r, SKEP_ERR_SYSCALL, "put %s into slot %u of map '%s'", what, slot,
			 map);
}

static int fill_tail_calls(struct load *l)
{
	const struct object_tail_call *t;
	const struct object_program *p;
	int r = 0;

	for (t = l->o->tail_calls; t < l->o->tail_calls + l->o->tail_call_count && r == 0; t++) {
		p = object_program_of(l->o, t->program);
		if (!p->spec.excluded && !t->spec.pruned && !t->is_in_image)
			r = fill_slot(l, t->map, t->spec.slot,
				      bpf_program__fd(l->programs[p - l->o->programs]), t->program);
	}
	return r;
}

/* iproute2: a map with an id stands in a slot of each map of maps whose inner_id that is. */
static int fill_inner_slots(struct load *l)
{
	const struct object_map *inner, *outer, *end = l->o->maps + l->o->map_count;
	const struct bpf_map *map;
	int r = 0;

	for (inner = l->o->maps; inner < end; inner++)
		for (outer = l->o->maps; outer < end && r == 0; outer++) {
			map = l->maps[inner - l->o->maps].map;
			if (!inner->spec.id || inner->inner_slot == UINT32_MAX ||
			    inner->spec.excluded || outer->inner_id != inner->spec.id ||
			    outer->spec.excluded)
				continue;
			r = fill_slot(l, outer->name, inner->inner_slot, bpf_map__fd(map),
				      inner->name);
		}
	return r;
}

static int open_made(const struct bpf_map *made, struct skep_map **ret_map, struct skep_error *err)
{
	const int own = fcntl(bpf_map__fd(made), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	return own < 0 ? skep_fail(err, -errno, SKEP_ERR_SYSCALL, "keep it")
		       : map_adopt_known(own, ret_map, err);
}

static int keep_map(struct load *l, size_t index, struct skep_loaded *loaded)
{
	const struct object_map *m = &l->o->maps[index];
	struct load_map *lm = &l->maps[index];
	struct skep_map *map = lm->given ? skep_map_ref(lm->given) : NULL;
	const int is_new = !map;
	int r;

	/* of one that it has not created, libbpf gives the fd of something else */
	if (!map && (!lm->map || !bpf_map__autocreate(lm->map)))
		return 0;
	r = map ? 0 : open_made(lm->map, &map, l->err);
	if (!map)
		return skep_wrap(l->err, r, "map '%s': ", m->name);
	r = loaded_add_map(loaded, m->name, map, m->spec.kind, is_new || lm->created, l->err);
	if (r == 0 && is_new)
		r = load_put_elements(l, m, map);
	if (r == 0 && m->spec.kind == SKEP_OBJECT_MAP_STRUCT_OPS)
		r = load_struct_ops(l, m, skep_map_fd(map), loaded);
	return r < 0 ? r : name_map(l, m, lm, map);
}

/* Names that were given are taken back. */
static void undo_names(struct load *l, struct skep_loaded *loaded)
{
	struct skep_error ignored;
	size_t i;

	for (i = 0; i < loaded->map_count && loaded->maps[i].name; i++) {
		const struct object_map *m = object_map_of(l->o, loaded->maps[i].name);
		const struct load_map *lm = &l->maps[m - l->o->maps];

		if (!lm->pin)
			continue;
		if (skep_map_restore(loaded->maps[i].own, &ignored) == 0)
			skep_map_unpin(loaded->maps[i].own, &ignored);
	}
}

int load_finish_maps(struct load *l, struct skep_loaded *loaded)
{
	size_t i;
	int r = fill_tail_calls(l);

	if (r == 0)
		r = fill_inner_slots(l);
	for (i = 0; i < l->o->map_count && r == 0; i++)
		r = keep_map(l, i, loaded);
	if (r < 0)
		undo_names(l, loaded);
	return r;
}
