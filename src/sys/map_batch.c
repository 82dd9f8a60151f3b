/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/sys_map.h>

#include <errno.h>
#include <stdlib.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "sys/map_value.h"

#define CHUNK_COUNT 4096
#define CHUNK_BYTES (1u << 20) /* of keys and values, unless the caller wants more */

#define RETRIES 64 /* of a call that was disturbed and did nothing */

enum walk {
	WALK_NEW,   /* begins at the first element */
	WALK_GOING, /* goes on at the cursor */
	WALK_OVER,  /* the last elements have been delivered */
};

struct skep_sys_batch {
	int fd;
	uint32_t command;
	uint64_t elem_flags;
	size_t key_size, value_stride;
	uint32_t room; /* elements that fit */
	enum walk walk;
	void *keys, *values, *cursor;
};

int skep_sys_map_batch_attr(uint32_t command, struct skep_attr_map_batch *attr)
{
	return skep_sys_bpf(command, attr, sizeof(*attr));
}

static int change(uint32_t command, int fd, const void *keys, const void *values, uint32_t *count,
		  uint64_t elem_flags)
{
	struct skep_attr_map_batch attr = {
		.keys = SKEP_ATTR_POINTER(keys),
		.values = SKEP_ATTR_POINTER(values),
		.count = *count,
		.map_fd = (uint32_t)fd,
		.elem_flags = elem_flags,
	};
	int r = skep_sys_map_batch_attr(command, &attr);

	/* an error before the first element leaves the count as it was */
	*count = r < 0 && attr.count == *count ? 0 : attr.count;
	return r;
}

int skep_sys_map_update_batch(int fd, const void *keys, const void *values, uint32_t *count,
			      uint64_t elem_flags)
{
	return change(SKEP_COMMAND_MAP_UPDATE_BATCH, fd, keys, values, count, elem_flags);
}

int skep_sys_map_delete_batch(int fd, const void *keys, uint32_t *count, uint64_t elem_flags)
{
	return change(SKEP_COMMAND_MAP_DELETE_BATCH, fd, keys, NULL, count, elem_flags);
}

static int make_room(struct skep_sys_batch *b, uint64_t count)
{
	void *keys, *values;

	if (count > UINT32_MAX / 2)
		return -ENOMEM;
	keys = reallocarray(b->keys, count, b->key_size);
	if (!keys)
		return -ENOMEM;
	b->keys = keys;
	values = reallocarray(b->values, count, b->value_stride);
	if (!values)
		return -ENOMEM;
	b->values = values;
	b->room = (uint32_t)count;
	return 0;
}

static uint64_t first_room(const struct skep_sys_batch *b, uint64_t asked, uint32_t max_entries)
{
	uint64_t fits = CHUNK_BYTES / (b->key_size + b->value_stride), count;

	if (asked)
		return asked;
	count = fits < CHUNK_COUNT ? fits : CHUNK_COUNT;
	count = count < max_entries ? count : max_entries;
	return count ? count : 1;
}

static int learn_sizes(struct skep_sys_batch *b, struct skep_map_info *map)
{
	size_t stride;
	int r = skep_sys_map_info(b->fd, map, sizeof(*map));

	r = r < 0 ? r : sys_map_value(map, &stride, &b->value_stride);
	if (r < 0)
		return r;
	b->key_size = map->key_size;
	return b->key_size && b->value_stride ? 0 : -EOPNOTSUPP;
}

int skep_sys_batch_open(int fd, const struct skep_sys_batch_opts *opts,
			struct skep_sys_batch **ret_batch, struct skep_error *err)
{
	_cleanup_(skep_sys_batch_closep) struct skep_sys_batch *b = NULL;
	struct skep_map_info map = { 0 };
	struct skep_sys_batch_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags & ~(uint64_t)SKEP_SYS_BATCH_DELETE)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID, "walk a map: options");
	b = calloc(1, sizeof(*b));
	if (!b)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "walk a map");
	b->fd = fd;
	b->elem_flags = o.elem_flags;
	b->command = o.flags & SKEP_SYS_BATCH_DELETE ? SKEP_COMMAND_MAP_LOOKUP_AND_DELETE_BATCH
						     : SKEP_COMMAND_MAP_LOOKUP_BATCH;
	r = learn_sizes(b, &map);
	if (r == -EINVAL)
		return skep_fail(err, r, SKEP_ERR_INVALID, "walk a map: fd %d is none.", fd);
	if (r < 0)
		return skep_sys_map_fail(err, fd, "walk", r);
	r = make_room(b, first_room(b, o.chunk_count, map.max_entries));
	b->cursor = calloc(1, b->key_size < sizeof(uint32_t) ? sizeof(uint32_t) : b->key_size);
	if (r < 0 || !b->cursor)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "walk map '%s'", map.name);
	*ret_batch = take_ptr(b);
	return 0;
}

/* The walk has got somewhere, or has to try again. Return: @count; -EINTR. */
static int goes_on(struct skep_sys_batch *b, uint32_t count)
{
	if (!count)
		return -EINTR;
	b->walk = WALK_GOING;
	return (int)count;
}

/* One system call. Return: elements; 0 none, and the walk is over or can be taken up again; a negative errno. */
static int next_chunk(struct skep_sys_batch *b)
{
	struct skep_attr_map_batch attr = {
		.in_batch = b->walk == WALK_GOING ? SKEP_ATTR_POINTER(b->cursor) : 0,
		.out_batch = SKEP_ATTR_POINTER(b->cursor),
		.keys = SKEP_ATTR_POINTER(b->keys),
		.values = SKEP_ATTR_POINTER(b->values),
		.count = b->room,
		.map_fd = (uint32_t)b->fd,
		.elem_flags = b->elem_flags,
	};
	int r = skep_sys_map_batch_attr(b->command, &attr);

	switch (r) {
	case 0:
		return goes_on(b, attr.count);
	case -EINTR: /* before 6.14: an element went away meanwhile; what there is counts, if it counted at all */
		return goes_on(b, attr.count == b->room ? 0 : attr.count);
	case -ENOENT:
		b->walk = WALK_OVER;
		return (int)attr.count;
	case -EINVAL: /* the arguments are valid: it is the command that this kernel has not */
		return b->walk == WALK_NEW ? -EOPNOTSUPP : r;
	default:
		return r;
	}
}

int skep_sys_batch_next(struct skep_sys_batch *b, const void **ret_keys, const void **ret_values)
{
	int attempt, r = 0;

	for (attempt = 0; attempt < RETRIES && b->walk != WALK_OVER; attempt++) {
		r = next_chunk(b);
		if (r == -ENOSPC)
			r = make_room(b, b->room * 2ull);
		if (r && r != -EINTR && r != -EAGAIN)
			break;
	}
	if (r > 0) {
		*ret_keys = b->keys;
		*ret_values = b->values;
		return r;
	}
	if (b->walk == WALK_OVER)
		b->walk = WALK_NEW;
	return r;
}

size_t skep_sys_batch_value_stride(const struct skep_sys_batch *batch)
{
	return batch->value_stride;
}

struct skep_sys_batch *skep_sys_batch_close(struct skep_sys_batch *b)
{
	int saved = errno;

	if (b) {
		free(b->keys);
		free(b->values);
		free(b->cursor);
		free(b);
	}
	errno = saved;
	return NULL;
}
