/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/link_target.h>

#include <errno.h>
#include <stdlib.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/link.h>
#include <skep/sys_object.h>

#include "base/cleanup.h"
#include "base/error.h"

/* The types of a program, or a BTF, by its id. */
struct types {
	uint32_t object; /* SKEP_OBJECT_PROG, SKEP_OBJECT_BTF */
	uint32_t id;
	struct skep_btf *btf; /* owned; NULL: cannot be read */
};

struct skep_link_targets {
	struct types *items;
	size_t count;
};

int skep_link_targets_new(struct skep_link_targets **ret_targets, struct skep_error *err)
{
	struct skep_link_targets *t = calloc(1, sizeof(*t));

	if (!t)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "targets of links");
	*ret_targets = t;
	return 0;
}

struct skep_link_targets *skep_link_targets_free(struct skep_link_targets *targets)
{
	int saved = errno;

	if (targets) {
		while (targets->count)
			skep_btf_close(targets->items[--targets->count].btf);
		free(targets->items);
		free(targets);
	}
	errno = saved;
	return NULL;
}

/* Return: NULL: cannot be read. */
static struct skep_btf *read_types(uint32_t object, uint32_t id)
{
	_cleanup_close_ int fd = -1;
	struct skep_btf *btf = NULL;

	fd = skep_sys_fd_by_id(object, id, 0);
	if (fd < 0)
		return NULL;
	if (object == SKEP_OBJECT_PROG)
		skep_btf_open_prog(fd, &btf, NULL);
	else
		skep_btf_open_fd(fd, &btf, NULL);
	return btf;
}

/* Return: borrowed; NULL: cannot be read. */
static const struct skep_btf *types_of(struct skep_link_targets *t, uint32_t object, uint32_t id)
{
	struct types *more;
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->items[i].object == object && t->items[i].id == id)
			return t->items[i].btf;
	more = reallocarray(t->items, t->count + 1, sizeof(*more));
	if (!more)
		return NULL;
	t->items = more;
	more += t->count++;
	*more = (struct types){ object, id, read_types(object, id) };
	return more->btf;
}

static int is_of_kernel(uint32_t btf_id)
{
	struct skep_btf_info info = { 0 };
	_cleanup_close_ int fd = -1;

	fd = skep_sys_fd_by_id(SKEP_OBJECT_BTF, btf_id, 0);
	return fd >= 0 && skep_sys_btf_info(fd, &info, sizeof(info)) > 0 && info.kernel_btf;
}

/* Return: its name; NULL: there is none. */
static const char *function_at(const struct skep_btf *btf, uint32_t id)
{
	struct skep_btf_type type;

	return btf && skep_btf_type_at(btf, id, &type) == 0 && type.kind == SKEP_BTF_KIND_FUNC &&
			       *type.name
		       ? type.name
		       : NULL;
}

int skep_link_target_find(struct skep_link_targets *targets, const struct skep_link *link,
			  struct skep_link_target *ret_target)
{
	const struct skep_link_info *info = skep_link_info(link);
	const uint32_t object = info->tracing.target_obj_id, id = info->tracing.target_btf_id;
	struct skep_prog_info prog = { 0 };
	struct skep_link_target found = { 0 };
	_cleanup_close_ int fd = -1;

	if (info->type != SKEP_LINK_TYPE_TRACING || !object || !id)
		return 0;
	fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, info->prog_id, 0);
	if (fd < 0 || skep_sys_prog_info(fd, &prog, sizeof(prog)) < 0)
		return 0;
	found.is_replaced = prog.type == SKEP_PROG_TYPE_EXT;
	/* what it was loaded for is let go of when it is attached, if that is a program */
	if (!found.is_replaced &&
	    (prog.attach_btf_obj_id || (!prog.attach_btf_id && is_of_kernel(object))))
		found.name = function_at(types_of(targets, SKEP_OBJECT_BTF, object), id);
	if (!found.name && !prog.attach_btf_obj_id) {
		found.prog_id = object;
		found.name = function_at(types_of(targets, SKEP_OBJECT_PROG, object), id);
	}
	if (!found.name)
		return 0;
	*ret_target = found;
	return 1;
}
