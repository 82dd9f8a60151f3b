/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/sys.h>

#include "base/error.h"
#include "map/map.h"
#include "object/load.h"

/* It is frozen before programs are loaded, and does not hold variables: libbpf freezes those that do. */
static int is_frozen(const struct object_map *m, const struct load_map *lm)
{
	return m->spec.kind == SKEP_OBJECT_MAP_DEFINED && m->spec.frozen && !m->spec.excluded &&
	       !lm->given && !lm->convert;
}

int load_put_elements(struct load *l, const struct object_map *m, struct skep_map *map)
{
	const struct object_element *e;
	int r;

	for (e = m->elements; e; e = e->next) {
		if (e->value_size != skep_map_value_bytes(map))
			return skep_fail(
				l->err, -EINVAL, SKEP_ERR_INVALID,
				"map '%s': a value of %zu bytes was put, and it takes %zu.",
				m->name, e->value_size, skep_map_value_bytes(map));
		r = skep_map_update(map, m->spec.spec.key_size ? e->key : NULL, e->value,
				    SKEP_UPDATE_FLAG_ANY);
		if (r < 0)
			return skep_map_fail(l->err, map, "put an element", r);
	}
	return 0;
}

static int set_up(struct load *l)
{
	struct bpf_program *program;
	struct bpf_map *map;
	size_t i;
	int r = 0;

	bpf_object__for_each_program(program, l->early)
	{
		r = bpf_program__set_autoload(program, false);
		if (r < 0)
			return r;
	}
	for (i = 0; i < l->o->map_count && r == 0; i++) {
		r = load_apply_map(l, l->early, &l->o->maps[i], &l->maps[i], &map);
		if (r < 0)
			return load_fail_to_set(l, &l->o->maps[i], r);
		if (map)
			r = bpf_map__set_autocreate(map, is_frozen(&l->o->maps[i], &l->maps[i]));
	}
	return r;
}

static int make(struct load *l)
{
	int r;

	sys_libbpf_print_begin(&l->print);
	r = load_open_image(l, 1, &l->early);
	if (r == 0)
		r = set_up(l);
	if (r == 0) {
		r = bpf_object__load(l->early);
		if (r < 0)
			r = load_fail(l, r, "");
	}
	sys_libbpf_print_end(&l->print);
	return r;
}

static int take_frozen(struct load *l, const struct object_map *m, struct load_map *lm)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(l->early, m->name);
	int r = skep_map_open_fd(bpf_map__fd(map), &lm->given, l->err);

	if (r < 0)
		return skep_wrap(l->err, r, "map '%s': ", m->name);
	lm->created = 1;
	r = load_put_elements(l, m, lm->given);
	return r < 0 ? r : skep_sys_map_freeze(skep_map_fd(lm->given), l->err);
}

/* The ids of types are those of the object: BTF in the kernel is that of the object, with others in the place of what it lacks. */
static int convert(struct load *l, const struct object_map *m, struct load_map *lm)
{
	const int btf_fd = bpf_object__btf_fd(l->early);
	struct skep_map_spec spec = m->spec.spec;

	if (btf_fd >= 0)
		spec.btf_fd = (uint64_t)btf_fd;
	else
		spec.btf_key_type_id = spec.btf_value_type_id = 0;
	return load_open_pinned(l, m, lm, &spec);
}

int load_early_maps(struct load *l)
{
	size_t i, n = 0;
	int r;

	for (i = 0; i < l->o->map_count; i++)
		n += is_frozen(&l->o->maps[i], &l->maps[i]) || l->maps[i].convert;
	r = n ? make(l) : 0;
	for (i = 0; n && i < l->o->map_count && r == 0; i++) {
		if (l->maps[i].convert)
			r = convert(l, &l->o->maps[i], &l->maps[i]);
		else if (is_frozen(&l->o->maps[i], &l->maps[i]))
			r = take_frozen(l, &l->o->maps[i], &l->maps[i]);
	}
	bpf_object__close(l->early);
	l->early = NULL;
	return r;
}
