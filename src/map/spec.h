/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_SPEC_H
#define MAP_SPEC_H
#include <skep/map_spec.h>

struct map_kernel_inner;

/*
 * map_spec_complete() - a spec with what its type forces, as it is passed to the kernel
 *
 * Return: 0; -EINVAL, -E2BIG as skep_map_spec_normalise().
 */
int map_spec_complete(const struct skep_map_spec *spec, struct skep_map_spec *ret_spec,
		      struct skep_error *err);

/*
 * map_spec_compare_inner() - in what the inner maps of a map differ from a spec, as far as the kernel minds
 * @inner:           what is wanted
 * @found:           what there is
 * @count:           of differences that were found before
 * @ret_differences: where the next ones go; NULL: not wanted
 *
 * Return: how many there are with them; -EINVAL, -E2BIG @inner.
 */
int map_spec_compare_inner(const struct skep_map_spec *inner, const struct map_kernel_inner *found,
			   uint64_t ignored_flags, int count,
			   struct skep_map_difference *ret_differences, struct skep_error *err);

/*
 * map_spec_create() - make a map
 *
 * Return: an fd; a negative errno.
 */
int map_spec_create(const struct skep_map_spec *spec, struct skep_error *err);

#endif
