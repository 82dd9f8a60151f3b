/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/btf_roots.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "sys/btf_children.h"
#include "sys/btf_handle.h"

int sys_btf_roots_init(struct sys_btf_roots *ret_roots, const struct skep_btf *btf,
		       const struct skep_btf_dump_opts *opts, uint64_t allowed,
		       struct skep_error *err)
{
	struct skep_btf_dump_opts o;
	_cleanup_free_ uint32_t *ids = NULL;
	uint64_t count, i;
	int r;

	r = opts_copy(&o, sizeof(o), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "dump BTF: options of another version");
	if (o.flags & ~allowed)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "dump BTF: a flag that makes no sense here.");
	count = o.types ? o.type_count : btf->extent.type_count - btf->first_id;
	if (count > SIZE_MAX / sizeof(*ids) - 1)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "dump BTF");
	ids = malloc((count + 1) * sizeof(*ids));
	if (!ids)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "dump BTF");
	for (i = 0; i < count; i++) {
		ids[i] = o.types ? o.types[i] : btf->first_id + (uint32_t)i;
		if (!ids[i] || ids[i] >= btf->extent.type_count)
			return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
					 "dump BTF: there is no type with id %u.", ids[i]);
	}
	*ret_roots = (struct sys_btf_roots){
		.flags = o.flags, .ids = take_ptr(ids), .count = count, .chosen = o.types != NULL
	};
	return 0;
}

struct queue {
	const struct skep_btf *btf;
	unsigned char *marks;
	uint64_t *items; /* 2 * id + whether behind a pointer */
	size_t count;
};

static void add(struct queue *q, uint32_t id, int behind)
{
	unsigned char mark = behind ? SYS_BTF_BY_POINTER : SYS_BTF_BY_VALUE;

	if (!id || q->marks[id] & mark)
		return;
	q->marks[id] |= mark;
	q->items[q->count++] = 2 * (uint64_t)id + (behind ? 1 : 0);
}

int sys_btf_needed(const struct skep_btf *btf, const struct sys_btf_roots *roots,
		   unsigned char **ret_marks, struct skep_error *err)
{
	_cleanup_free_ unsigned char *marks = calloc(btf->extent.type_count, 1);
	_cleanup_free_ uint64_t *items = calloc(btf->extent.type_count, 2 * sizeof(*items));
	struct queue q = { .btf = btf, .marks = marks, .items = items };
	uint64_t i;

	if (!marks || !items)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "dump BTF");
	for (i = 0; i < roots->count; i++)
		add(&q, roots->ids[i], 0);
	while (q.count) {
		uint64_t item = q.items[--q.count];
		const struct btf_type *t = btf_type_of(btf, (uint32_t)(item / 2));
		int behind = (int)(item % 2);
		uint32_t child, count = btf_child_count(t);

		if (behind && btf_is_named_record(t))
			continue;
		behind = btf_is_behind_pointer(t, behind);
		for (child = 0; child < count; child++)
			add(&q, btf_child(t, child), behind);
		if (btf_is_array(t))
			add(&q, btf_array(t)->index_type, 0);
		else if (btf_is_datasec(t))
			for (child = 0; child < btf_vlen(t); child++)
				add(&q, btf_var_secinfos(t)[child].type, 0);
		else if (btf_is_decl_tag(t))
			add(&q, t->type, 0);
	}
	*ret_marks = take_ptr(marks);
	return 0;
}

int skep_btf_needed(const struct skep_btf *btf, const struct skep_btf_dump_opts *opts,
		    skep_btf_id_fn fn, void *userdata, struct skep_error *err)
{
	_cleanup_free_ unsigned char *marks = NULL;
	struct sys_btf_roots roots = { 0 };
	uint32_t id;
	int r;

	r = sys_btf_roots_init(&roots, btf, opts, 0, err);
	if (r < 0)
		return r;
	if (roots.chosen) {
		r = sys_btf_needed(btf, &roots, &marks, err);
		for (id = 1; r == 0 && marks && id < btf->extent.type_count; id++)
			if (marks[id])
				r = fn(id, userdata);
	} else {
		for (id = btf->first_id; r == 0 && id < btf->extent.type_count; id++)
			r = fn(id, userdata);
	}
	free(roots.ids);
	return r;
}
