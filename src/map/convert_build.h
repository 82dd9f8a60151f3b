/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_CONVERT_BUILD_H
#define MAP_CONVERT_BUILD_H
/*
 * Two types into the list of what has to be done to make the one of the other. All that is looked up in BTF is looked up
 * here, once.
 */
#include <skep/btf.h>

#include "map/number.h"
#include "map/rename.h"

enum map_convert_kind {
	MAP_CONVERT_COPY,
	MAP_CONVERT_NUMBER, /* wider, or a bit-field */
	MAP_CONVERT_FLOAT,  /* float into double */
	MAP_CONVERT_LOOP,   /* over the elements of an array: the steps up to `next` for each */
};

/* Offsets are from the element of the array that a step is in, or from the beginning of the value. */
struct map_convert_step {
	uint32_t kind;     /* enum map_convert_kind */
	uint32_t from, to; /* bytes */
	uint32_t size;     /* copy: bytes */
	uint32_t count;    /* loop: elements */
	uint32_t from_stride, to_stride;
	uint32_t next; /* loop: index behind its body */
	struct map_number from_number, to_number;
};

struct map_convert_steps {
	struct map_convert_step *steps;
	uint32_t count, room;
};

struct map_convert_side {
	const struct skep_btf *btf;
	uint32_t type; /* 0: not known */
	size_t size;
};

#define MAP_CONVERT_STEPS 65536u

/*
 * map_convert_build() - what makes a key or a value of another
 * @what:     "key" or "value": paths begin with it
 * @may_drop: fields that are no longer there are given up
 *
 * Return: 0; -EMEDIUMTYPE it would lose something; -EINVAL, -EFBIG, -ENOMEM. map_convert_steps_fini() in any case.
 */
int map_convert_build(const struct map_convert_side *from, const struct map_convert_side *to,
		      const char *what, int may_drop, struct map_renames *renames,
		      struct map_convert_steps *ret, struct skep_error *err);
void map_convert_steps_fini(struct map_convert_steps *steps);

/* Return: is nothing moved and nothing made wider? */
int map_convert_is_plain(const struct map_convert_steps *steps);

#endif
