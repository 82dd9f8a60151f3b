/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_convert.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/kabi_facts.h>
#include <skep/map_percpu.h>
#include <skep/map_spec.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/convert_build.h"
#include "map/map.h"
#include "map/spec.h"
#include "sys/cpu.h"

struct skep_map_convert {
	struct map_convert_steps key, value;
	size_t from_stride, to_stride; /* from the value of one CPU to that of the next */
	uint64_t value_count;          /* CPUs, or 1 */
	int is_plain;
};

static void run_number(const struct map_convert_step *step, const uint8_t *from, uint8_t *to)
{
	uint8_t bytes[17], mask[17];
	uint64_t bits = map_number_load(step->from_number, from);
	text_u128 all = bits;
	size_t i;

	if (step->from_number.is_signed && bits >> 63)
		all |= ~(text_u128)0 << 64;
	map_number_split(step->to_number, all, bytes, mask);
	for (i = 0; i < map_number_bytes(step->to_number); i++)
		to[i] = (uint8_t)((to[i] & ~mask[i]) | (bytes[i] & mask[i]));
}

static void run_float(const uint8_t *from, uint8_t *to)
{
	float narrow;
	double wide;

	memcpy(&narrow, from, sizeof(narrow));
	wide = (double)narrow;
	memcpy(to, &wide, sizeof(wide));
}

static void run(const struct map_convert_steps *steps, uint32_t at, uint32_t end,
		const uint8_t *from, uint8_t *to)
{
	const struct map_convert_step *step;
	uint32_t i;

	while (at < end) {
		step = &steps->steps[at++];
		switch (step->kind) {
		case MAP_CONVERT_COPY:
			memcpy(to + step->to, from + step->from, step->size);
			break;
		case MAP_CONVERT_NUMBER:
			run_number(step, from + step->from, to + step->to);
			break;
		case MAP_CONVERT_FLOAT:
			run_float(from + step->from, to + step->to);
			break;
		default:
			for (i = 0; i < step->count; i++)
				run(steps, at, step->next,
				    from + step->from + (size_t)i * step->from_stride,
				    to + step->to + (size_t)i * step->to_stride);
			at = step->next;
		}
	}
}

int skep_map_convert_element(const void *old_key, const void *old_value, void *key, void *value,
			     void *convert)
{
	const struct skep_map_convert *c = convert;
	uint64_t i;

	run(&c->key, 0, c->key.count, old_key, key);
	for (i = 0; i < c->value_count; i++)
		run(&c->value, 0, c->value.count, (const uint8_t *)old_value + i * c->from_stride,
		    (uint8_t *)value + i * c->to_stride);
	return 0;
}

int skep_map_convert_is_plain(const struct skep_map_convert *convert)
{
	return convert->is_plain;
}

struct skep_map_convert *skep_map_convert_free(struct skep_map_convert *c)
{
	if (c) {
		map_convert_steps_fini(&c->key);
		map_convert_steps_fini(&c->value);
		free(c);
	}
	return NULL;
}

static int build(struct skep_map_convert *c, const struct skep_map_layout *from,
		 const struct skep_map_layout *to, uint64_t flags, struct map_renames *renames,
		 struct skep_error *err)
{
	const struct map_convert_side old_key = { from->btf,
						  from->btf ? (uint32_t)from->key_type : 0,
						  (size_t)from->key_size },
				      new_key = { to->btf, to->btf ? (uint32_t)to->key_type : 0,
						  (size_t)to->key_size },
				      old_value = { from->btf,
						    from->btf ? (uint32_t)from->value_type : 0,
						    (size_t)from->value_size },
				      new_value = { to->btf, to->btf ? (uint32_t)to->value_type : 0,
						    (size_t)to->value_size };
	const int may_drop = !!(flags & SKEP_MAP_CONVERT_DROP);
	uint32_t i;
	int r = map_convert_build(&old_key, &new_key, "key", may_drop, renames, &c->key, err);

	r = r < 0 ? r
		  : map_convert_build(&old_value, &new_value, "value", may_drop, renames, &c->value,
				      err);
	for (i = 0; i < renames->count && r >= 0; i++)
		if (!renames->renames[i].used)
			r = skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				      "renames: there is no field '%s'.", renames->renames[i].path);
	c->is_plain = r >= 0 && map_convert_is_plain(&c->key) && map_convert_is_plain(&c->value) &&
		      from->key_size == to->key_size && from->value_size == to->value_size;
	return r;
}

int skep_map_convert_new(const struct skep_map_layout *from, const struct skep_map_layout *to,
			 const struct skep_map_convert_opts *opts,
			 struct skep_map_convert **ret_convert, struct skep_error *err)
{
	_cleanup_(skep_map_convert_freep) struct skep_map_convert *c = calloc(1, sizeof(*c));
	struct skep_map_layout old = { 0 }, new = { 0 };
	struct map_renames renames = { .count = 0 };
	struct skep_map_convert_opts o;
	int r = c ? opts_copy(&o, sizeof(o), opts) : -ENOMEM;

	r = r < 0 ? r : opts_copy(&old, sizeof(old), from);
	r = r < 0 ? r : opts_copy(&new, sizeof(new), to);
	if (r == 0 && o.flags & ~(uint64_t)SKEP_MAP_CONVERT_DROP)
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "convert a map: options");
	if (old.cpu_count != new.cpu_count)
		return skep_fail(err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT,
				 "convert a map: values of each CPU are not one for all.");
	c->value_count = old.cpu_count ? old.cpu_count : 1;
	c->from_stride = ((size_t)old.value_size + 7) / 8 * 8;
	c->to_stride = ((size_t) new.value_size + 7) / 8 * 8;
	r = map_renames_parse(o.renames, &renames, err);
	if (r < 0)
		return r;
	r = build(c, &old, &new, o.flags, &renames, err);
	map_renames_fini(&renames);
	if (r < 0)
		return r;
	*ret_convert = take_ptr(c);
	return 0;
}

/* The types of a map; without BTF they are not known. */
static int layout_of(const struct skep_map *map, struct skep_btf **ret_btf,
		     struct skep_map_layout *ret, struct skep_error *err)
{
	struct skep_error why = { 0 };
	uint32_t types[2] = { 0 };
	int r = skep_btf_open_map(map->fd, types, ret_btf, &why);

	if (r < 0 && r != -ENODATA) {
		if (err)
			*err = why;
		return r;
	}
	*ret = (struct skep_map_layout){
		.sz = sizeof(*ret),
		.btf = *ret_btf,
		.key_type = types[0],
		.value_type = types[1],
		.key_size = map->info.key_size,
		.value_size = map->info.value_size,
		.cpu_count = skep_map_percpu_count(map),
	};
	return 0;
}

int skep_map_convert_new_map(const struct skep_map *from, const struct skep_map_spec *to,
			     const struct skep_map_convert_opts *opts,
			     struct skep_map_convert **ret_convert, struct skep_error *err)
{
	_cleanup_(skep_btf_closep) struct skep_btf *old_btf = NULL, *new_btf = NULL;
	struct skep_map_layout old = { 0 }, new = { .sz = sizeof(new) };
	struct skep_map_spec spec = { 0 };
	int cpus = 0, r = map_spec_complete(to, &spec, err);

	r = r < 0 ? r : layout_of(from, &old_btf, &old, err);
	if (r >= 0 && spec.btf_fd)
		r = skep_btf_open_fd((int)spec.btf_fd, &new_btf, err);
	if (r >= 0 && skep_map_type_is_percpu((uint32_t)spec.type)) {
		cpus = sys_possible_cpus();
		if (cpus < 0)
			r = skep_fail(err, cpus, SKEP_ERR_SYSCALL, "count the possible CPUs");
	}
	if (r < 0)
		return r;
	new.btf = new_btf;
	new.key_type = spec.btf_key_type_id;
	new.value_type = spec.btf_value_type_id;
	new.key_size = spec.key_size;
	new.value_size = spec.value_size;
	new.cpu_count = (uint64_t)cpus;
	return skep_map_convert_new(&old, &new, opts, ret_convert, err);
}
