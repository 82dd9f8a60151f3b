/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_find.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/late_close.h"
#include "sys/fail.h"

#define NAME_MAX_LEN (SKEP_OBJ_NAME_LEN - 1)

/* A map that may be meant. */
struct candidate {
	struct skep_map_info info;
	char *path; /* of its pin; "": found by its name in the kernel */
};

/* A search for the maps of a name. */
struct search {
	const char *name;
	const char *root; /* of the bpffs that is walked */
	struct search
		*cut; /* maps whose name the kernel has cut off; NULL: it has all of the name */
	struct candidate *found;
	size_t count, room;
};

static void search_clear(struct search *s)
{
	while (s->count)
		free(s->found[--s->count].path);
}

static void cleanup_search(struct search *s)
{
	search_clear(s);
	free(s->found);
}

/* A whole number and nothing else. Return: 1 it is. */
static int is_number(const char *text, size_t len, uint32_t most, uint32_t *ret)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < len && i < 11; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (!len || i < len || value > most)
		return 0;
	*ret = (uint32_t)value;
	return 1;
}

/* "1234:5" */
static int is_process_fd(const char *text, uint32_t *ret_pid, uint32_t *ret_fd)
{
	size_t len = strcspn(text, ":");

	return text[len] && is_number(text, len, INT32_MAX, ret_pid) &&
	       is_number(text + len + 1, strlen(text + len + 1), INT32_MAX, ret_fd);
}

/* The text behind a word and a colon; NULL: it does not begin so. */
static const char *behind(const char *text, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(text, word, len) && text[len] == ':' ? text + len + 1 : NULL;
}

/* One map counts once, whatever pins it has. Return: 0; -ENOMEM. */
static int note(struct search *s, const struct skep_map_info *info, const char *root,
		const char *path)
{
	size_t room = s->room ? 2 * s->room : 8, i;
	struct candidate *found;

	for (i = 0; i < s->count; i++)
		if (s->found[i].info.id == info->id)
			return 0;
	if (s->count == s->room) {
		found = realloc(s->found, room * sizeof(*found));
		if (!found)
			return -ENOMEM;
		s->found = found;
		s->room = room;
	}
	s->found[s->count].info = *info;
	if (asprintf(&s->found[s->count].path, "%s%s%s", root, *path ? "/" : "", path) < 0)
		return -ENOMEM;
	s->count++;
	return 0;
}

static int look_at_map(struct search *s, int fd, struct skep_map_info *ret_info)
{
	int r = skep_sys_map_info(fd, ret_info, sizeof(*ret_info));

	if (r < 0)
		return r;
	return strncmp(ret_info->name, s->name, NAME_MAX_LEN) != 0 ? 0 : note(s, ret_info, "", "");
}

/* By the names that the kernel keeps. */
static int search_names(struct search *s)
{
	struct map_late_close late = { .count = 0 };
	uint32_t id = 0;
	int r, fd;

	while ((r = skep_sys_next_id(SKEP_OBJECT_MAP, id, &id)) == 0) {
		struct skep_map_info info = { 0 };

		fd = skep_sys_fd_by_id(SKEP_OBJECT_MAP, id, SKEP_MAP_FLAG_RDONLY);
		if (fd == -ENOENT)
			continue;
		r = fd < 0 ? fd : look_at_map(s, fd, &info);
		if (fd >= 0)
			map_late_close(&late, fd, info.type);
		if (r < 0)
			break;
	}
	map_late_close_all(&late);
	return r == -ENOENT ? 0 : r;
}

/* A pin tells that a map has another name, of which the kernel keeps the same. */
static void drop(struct search *s, uint32_t id)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->found[i].info.id == id) {
			free(s->found[i].path);
			s->found[i] = s->found[--s->count];
			return;
		}
}

static int look_at_pin(const struct skep_bpffs_entry *e, void *userdata)
{
	struct search *s = userdata;
	struct skep_map_info info = { .id = (uint32_t)e->id, .type = (uint32_t)e->type };

	if (e->kind != SKEP_BPFFS_ENTRY_MAP)
		return 0;
	if (strcmp(e->name, s->name) != 0) {
		if (s->cut && !strncmp(e->name, s->name, NAME_MAX_LEN))
			drop(s->cut, info.id);
		return 0;
	}
	snprintf(info.name, sizeof(info.name), "%s", e->object);
	return note(s, &info, s->root, e->path);
}

/* What cannot be read has no candidates. */
static int look_at_mount(const struct skep_bpffs_mount_info *mount, void *userdata)
{
	struct search *s = userdata;
	const struct skep_bpffs_opts opts = {
		.sz = sizeof(opts),
		.flags = SKEP_BPFFS_UPPERMOST,
		.root = mount->point,
	};
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	int r = skep_bpffs_open(&opts, &ctx, NULL);

	if (r == 0 && !strcmp(skep_bpffs_root(ctx), mount->point)) {
		s->root = mount->point;
		r = skep_bpffs_walk(ctx, "", SKEP_BPFFS_RECURSE, look_at_pin, s, NULL);
	}
	return r == -ENOMEM ? r : 0;
}

/* The names of pins decide where the kernel has none, or has cut them off. */
static int search_all(struct search *s)
{
	const int is_longer = strlen(s->name) > NAME_MAX_LEN;
	struct search pins = { .name = s->name, .cut = is_longer ? s : NULL };
	int names = search_names(s), r;

	if (names == 0 && s->count && !is_longer)
		return 0;
	r = skep_bpffs_mounts(look_at_mount, &pins);
	if (r == 0 && pins.count) {
		cleanup_search(s);
		*s = pins;
		s->cut = NULL;
		return 0;
	}
	cleanup_search(&pins);
	return names < 0 ? names : r == -ENOMEM ? r : 0;
}

static int fail_several(const struct search *s, struct skep_error *err)
{
	char ids[96] = "";
	size_t i, len = 0;

	for (i = 0; i < s->count && len + 16 < sizeof(ids); i++)
		len += (size_t)sprintf(ids + len, "%s%u", len ? ", " : "", s->found[i].info.id);
	return skep_fail(err, -ENOTUNIQ, SKEP_ERR_INVALID,
			 "%zu maps are called '%.64s': %s%s; name one by its id.", s->count,
			 s->name, ids, i < s->count ? ", ..." : "");
}

static int open_found(const struct search *s, const struct skep_map_find_opts *o,
		      struct skep_map **ret_map, struct skep_error *err)
{
	size_t i;
	int r = 0;

	if (!s->count)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
				 "there is no map '%.64s', and no pin of that name.", s->name);
	if (s->count == 1 && *s->found[0].path)
		return skep_map_open_pinned(NULL, s->found[0].path, (uint32_t)o->flags, ret_map,
					    err);
	if (s->count == 1)
		return skep_map_open_id(s->found[0].info.id, (uint32_t)o->flags, ret_map, err);
	for (i = 0; i < s->count && o->candidate_fn && r == 0; i++)
		r = o->candidate_fn(&s->found[i].info, s->found[i].path, o->userdata);
	return r ? r : fail_several(s, err);
}

static int open_by_name(const char *name, const struct skep_map_find_opts *o,
			struct skep_map **ret_map, struct skep_error *err)
{
	_cleanup_(cleanup_search) struct search s = { .name = name };
	int r;

	if (!*name)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'' is no name of a map.");
	r = search_all(&s);
	if (r < 0)
		return sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
				"find map '%.64s'", name);
	return open_found(&s, o, ret_map, err);
}

static int open_pin(const char *path, const struct skep_map_find_opts *o, struct skep_map **ret_map,
		    struct skep_error *err)
{
	return skep_map_open_pinned(*path == '/' ? NULL : o->bpffs, path, (uint32_t)o->flags,
				    ret_map, err);
}

int skep_map_find(const char *text, const struct skep_map_find_opts *opts,
		  struct skep_map **ret_map, struct skep_error *err)
{
	struct skep_map_find_opts o;
	const char *rest;
	uint32_t id, fd;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "find a map: options");
	if (is_number(text, strlen(text), UINT32_MAX, &id))
		return skep_map_open_id(id, (uint32_t)o.flags, ret_map, err);
	if (is_process_fd(text, &id, &fd))
		return skep_map_open_process((int)id, (int)fd, ret_map, err);
	rest = behind(text, "fd");
	if (rest && is_process_fd(rest, &id, &fd))
		return skep_map_open_process((int)id, (int)fd, ret_map, err);
	rest = behind(text, "id");
	if (rest && is_number(rest, strlen(rest), UINT32_MAX, &id))
		return skep_map_open_id(id, (uint32_t)o.flags, ret_map, err);
	if (rest || behind(text, "fd"))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%.64s' names no map: id:12, fd:1234:5.", text);
	rest = behind(text, "pin");
	if (rest || strchr(text, '/'))
		return open_pin(rest ? rest : text, &o, ret_map, err);
	rest = behind(text, "name");
	return open_by_name(rest ? rest : text, &o, ret_map, err);
}
