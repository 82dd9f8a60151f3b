/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_bulk.h>
#include <skep/map_convert.h>
#include <skep/map_dump.h>
#include <skep/map_pin.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/map.h"

#define RACES 8               /* others that make or remove the pin while we are at it */
#define CONVERTED_BYTES 65536 /* of new elements that wait; at least one does */

#define MORE "; and more"

/* "max_entries 100, not 200; flags 0, not 1" */
static void tell_differences(const struct skep_map_difference *d, int count, char *buf, size_t size)
{
	char one[96];
	size_t len = 0;
	int i;

	buf[0] = '\0';
	for (i = 0; i < count; i++) {
		const size_t n = (size_t)snprintf(
			one, sizeof(one), "%s%s %llu, not %llu", i ? "; " : "", d[i].property,
			(unsigned long long)d[i].found, (unsigned long long)d[i].wanted);

		if (len + n + sizeof(MORE) >= size) {
			snprintf(buf + len, size - len, MORE);
			return;
		}
		memcpy(buf + len, one, n + 1);
		len += n;
	}
}

static int fail_mismatch(struct skep_error *err, const char *path,
			 const struct skep_map_difference *d, int count)
{
	char text[160];

	tell_differences(d, count, text, sizeof(text));
	return skep_fail(err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT,
			 "the map pinned at '%s' is not what is wanted: it has %s.", path, text);
}

/* New elements, until there are enough of them for a call. */
struct conversion {
	const struct skep_map_pin_opts *opts;
	struct skep_map *to;
	unsigned char *keys, *values;
	uint64_t count, room; /* of elements */
	struct skep_error *err;
};

static int write_converted(struct conversion *c)
{
	const uint64_t count = c->count;

	c->count = 0;
	return count ? skep_map_update_many(c->to, c->keys, c->values, count, SKEP_UPDATE_FLAG_ANY,
					    NULL, c->err)
		     : 0;
}

static int convert_one(const void *old_key, const void *old_value, void *userdata)
{
	struct conversion *c = userdata;
	unsigned char *key = c->keys + c->count * c->to->info.key_size;
	unsigned char *value = c->values + c->count * c->to->value_bytes;
	int r;

	memset(key, 0, c->to->info.key_size);
	memset(value, 0, c->to->value_bytes);
	r = c->opts->convert_fn(old_key, old_value, key, value, c->opts->convert_userdata);
	if (r < 0)
		return skep_fail(c->err, r, SKEP_ERR_CONFLICT,
				 "an element of the old map cannot be converted");
	c->count += r == 0;
	return c->count == c->room ? write_converted(c) : 0;
}

/* Fills a new map with what is made of the elements of the old one. */
static int convert(struct skep_map *from, struct skep_map *to, const struct skep_map_pin_opts *opts,
		   struct skep_error *err)
{
	const uint64_t room = 1 + CONVERTED_BYTES / (to->value_bytes + to->info.key_size);
	_cleanup_free_ unsigned char *values = calloc(room, to->value_bytes);
	_cleanup_free_ unsigned char *keys = calloc(room, to->info.key_size);
	struct conversion c = {
		.opts = opts, .to = to, .keys = keys, .values = values, .room = room, .err = err
	};
	const struct skep_map_dump_opts once = { .sz = sizeof(once), .flags = SKEP_MAP_DUMP_ONCE };
	int r;

	if (!values || !keys)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "convert a map");
	r = skep_map_dump(from, &once, convert_one, &c, NULL, err);
	return r < 0 ? r : write_converted(&c);
}

/* Makes a map that shall have a name which another has. Return: 1; a negative errno. */
static int supersede(struct skep_map *old, const struct skep_bpffs *bpffs, const char *path,
		     const struct skep_map_spec *spec, const struct skep_map_pin_opts *opts,
		     struct skep_map **ret_map, struct skep_error *err)
{
	_cleanup_(skep_map_closep) struct skep_map *map = NULL;
	int r = skep_map_create(spec, &map, err);

	r = r < 0 ? r : map_name(map, bpffs, path, err);
	if (r >= 0 && opts->mismatch == SKEP_MAP_MISMATCH_CONVERT)
		r = convert(old, map, opts, err);
	if (r < 0)
		return skep_wrap(err, r, "'%s': ", path);
	map->staged = 1;
	map->old = skep_map_ref(old);
	if (opts->mismatch != SKEP_MAP_MISMATCH_STAGE)
		r = map_take_name(map, err);
	if (r < 0)
		return r;
	*ret_map = take_ptr(map);
	return 1;
}

static int by_names(const struct skep_map_pin_opts *o)
{
	return o->mismatch == SKEP_MAP_MISMATCH_CONVERT && !o->convert_fn;
}

/* A map is pinned there: is it what is wanted, and if not, what then? */
static int settle(struct skep_map *there, const struct skep_bpffs *bpffs, const char *path,
		  const struct skep_map_spec *spec, const struct skep_map_pin_opts *opts,
		  struct skep_map **ret_map, struct skep_error *err)
{
	_cleanup_(skep_map_convert_freep) struct skep_map_convert *by_name = NULL;
	struct skep_map_difference d[SKEP_MAP_DIFFERENCES];
	struct skep_map_pin_opts o = *opts;
	int i, sizes = 0, is_moved = 0, n;

	n = skep_map_compare(there, spec, opts->ignored_flags, d, err);
	if (n >= 0 && by_names(&o)) {
		i = skep_map_convert_new_map(there, spec, o.convert_opts, &by_name, err);
		if (i < 0)
			return skep_wrap(err, i, "'%s': ", path);
		o.convert_fn = skep_map_convert_element;
		o.convert_userdata = by_name;
		is_moved = !skep_map_convert_is_plain(by_name);
	}
	if (n < 0)
		return n;
	for (i = 0; i < n; i++)
		sizes |= !strcmp(d[i].property, "key_size") || !strcmp(d[i].property, "value_size");
	if (opts->mismatch == SKEP_MAP_MISMATCH_KEEP && !sizes)
		n = 0;
	if (!n && !is_moved && !(opts->flags & SKEP_MAP_ALWAYS_NEW)) {
		n = map_name(there, bpffs, path, err);
		if (n == 0)
			*ret_map = skep_map_ref(there);
		return n;
	}
	if (n &&
	    (opts->mismatch == SKEP_MAP_MISMATCH_FAIL || opts->mismatch == SKEP_MAP_MISMATCH_KEEP))
		return fail_mismatch(err, path, d, n);
	return supersede(there, bpffs, path, spec, &o, ret_map, err);
}

static int check_opts(const struct skep_map_pin_opts *o, struct skep_error *err)
{
	if (o->flags & ~(uint64_t)SKEP_MAP_ALWAYS_NEW || o->mismatch > SKEP_MAP_MISMATCH_KEEP)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "open or create a map: options");
	if (by_names(o) && !o->convert_opts)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "open or create a map: to convert takes a convert_fn or "
				 "convert_opts.");
	return 0;
}

static int create_pinned(const struct skep_bpffs *bpffs, const char *path,
			 const struct skep_map_spec *spec, struct skep_map **ret_map,
			 struct skep_error *err)
{
	_cleanup_(skep_map_closep) struct skep_map *map = NULL;
	int r = skep_map_create(spec, &map, err);

	r = r < 0 ? r : skep_map_pin(map, bpffs, path, err);
	if (r < 0)
		return r;
	*ret_map = take_ptr(map);
	return 1;
}

int skep_map_open_or_create(const struct skep_bpffs *bpffs, const char *path,
			    const struct skep_map_spec *spec, const struct skep_map_pin_opts *opts,
			    struct skep_map **ret_map, struct skep_error *err)
{
	struct skep_map_pin_opts o;
	int race, r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "open or create a map: options");
	r = check_opts(&o, err);
	if (r < 0)
		return r;
	for (race = 0; race < RACES; race++) {
		_cleanup_(skep_map_closep) struct skep_map *there = NULL;
		struct skep_error reason = { 0 }; /* that there is none is no error of ours */

		r = skep_map_open_pinned(bpffs, path, 0, &there, &reason);
		if (r == 0)
			return settle(there, bpffs, path, spec, &o, ret_map, err);
		if (r == -ENOENT)
			r = create_pinned(bpffs, path, spec, ret_map, &reason);
		if (r < 0 && r != -EEXIST && err)
			*err = reason;
		if (r != -EEXIST)
			return r;
	}
	return skep_fail(err, -EBUSY, SKEP_ERR_CONFLICT,
			 "'%s': others make and remove it too fast.", path);
}
