/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/btf_list.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/btf_open.h"
#include "sys/fail.h"

#define NAME_SIZE 64

/* Which object uses which BTF, sorted by BTF. */
struct use {
	uint32_t btf_id, id;
};

struct uses {
	uint32_t kind; /* of objects: enum skep_object_kind */
	struct use *rows;
	uint32_t *ids; /* of the rows, in their order */
	size_t count, room;
};

static int fail(struct skep_error *err, int code, uint32_t kind)
{
	return sys_fail(err, code, skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
			"list BTF: %s ids", skep_object_kind_name(kind));
}

/* The next object that is still there. Return: an fd; -ENOENT the end; a negative errno. */
static int next_object(uint32_t kind, uint32_t *id)
{
	int r;

	do {
		r = skep_sys_next_id(kind, *id, id);
		if (r < 0)
			return r;
		r = skep_sys_fd_by_id(kind, *id, 0);
	} while (r == -ENOENT);
	return r;
}

/* Return: 0 it has none, or does not tell. */
static uint32_t btf_id_of(uint32_t kind, int fd)
{
	struct skep_prog_info prog = { 0 };
	struct skep_map_info map = { 0 };

	if (kind == SKEP_OBJECT_PROG)
		return skep_sys_prog_info(fd, &prog, sizeof(prog)) < 0 ? 0 : prog.btf_id;
	return skep_sys_map_info(fd, &map, sizeof(map)) < 0 ? 0 : map.btf_id;
}

static int add_use(struct uses *u, uint32_t btf_id, uint32_t id)
{
	size_t room = u->room ? 2 * u->room : 64;
	struct use *rows;

	if (u->count == u->room) {
		rows = realloc(u->rows, room * sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		u->rows = rows;
		u->room = room;
	}
	u->rows[u->count++] = (struct use){ btf_id, id };
	return 0;
}

static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->btf_id != y->btf_id)
		return x->btf_id < y->btf_id ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int collect(struct uses *u, struct skep_error *err)
{
	uint32_t id = 0, btf_id;
	int fd, r = 0;
	size_t i;

	while (r == 0 && (fd = next_object(u->kind, &id)) >= 0) {
		btf_id = btf_id_of(u->kind, fd);
		skep_sys_close(&fd);
		r = btf_id ? add_use(u, btf_id, id) : 0;
	}
	if (r == 0 && fd != -ENOENT)
		r = fd;
	if (r == 0) {
		u->ids = malloc((u->count + 1) * sizeof(*u->ids));
		r = u->ids ? 0 : -ENOMEM;
	}
	if (r < 0)
		return fail(err, r, u->kind);
	if (u->count)
		qsort(u->rows, u->count, sizeof(*u->rows), compare_uses);
	for (i = 0; i < u->count; i++)
		u->ids[i] = u->rows[i].id;
	return 0;
}

/* The objects that use a BTF. Return: the first of @ret_count ids. */
static const uint32_t *users(const struct uses *u, uint32_t btf_id, uint64_t *ret_count)
{
	size_t low = 0, high = u->count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (u->rows[middle].btf_id < btf_id)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < u->count && u->rows[end].btf_id == btf_id; end++)
		;
	*ret_count = end - low;
	return u->ids + low;
}

static int tell(int fd, uint32_t id, const struct uses *progs, const struct uses *maps,
		skep_btf_entry_fn fn, void *userdata)
{
	struct skep_btf_entry e = { .id = id };
	struct skep_btf_info info;
	char name[NAME_SIZE];
	int r = sys_btf_info(fd, &info, name, sizeof(name));

	if (r < 0)
		return r;
	e.name = name;
	e.bytes = info.btf_size;
	e.is_kernel = info.kernel_btf;
	e.prog_ids = users(progs, id, &e.prog_count);
	e.map_ids = users(maps, id, &e.map_count);
	return fn(&e, userdata);
}

static int walk(struct uses *progs, struct uses *maps, skep_btf_entry_fn fn, void *userdata,
		struct skep_error *err)
{
	uint32_t id = 0;
	int r, fd;

	r = collect(progs, err);
	if (r == 0)
		r = collect(maps, err);
	if (r < 0)
		return r;
	while ((fd = next_object(SKEP_OBJECT_BTF, &id)) >= 0) {
		r = tell(fd, id, progs, maps, fn, userdata);
		skep_sys_close(&fd);
		if (r != 0)
			return r;
	}
	return fd == -ENOENT ? 0 : fail(err, fd, SKEP_OBJECT_BTF);
}

int skep_btf_list(skep_btf_entry_fn fn, void *userdata, struct skep_error *err)
{
	struct uses progs = { .kind = SKEP_OBJECT_PROG }, maps = { .kind = SKEP_OBJECT_MAP };
	int r = walk(&progs, &maps, fn, userdata, err);

	free(progs.rows);
	free(progs.ids);
	free(maps.rows);
	free(maps.ids);
	return r;
}
