/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/cgroup.h>

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/mountinfo.h"

#define ID_MIN 12 /* hexadecimal digits of a container's id: what the runtimes print */
#define ID_MAX 64

static int keep_mount(const struct sys_mount *mount, void *userdata)
{
	char **point = userdata;

	if (strcmp(mount->type, "cgroup2") != 0)
		return 0;
	*point = strdup(mount->point);
	return *point ? 1 : -ENOMEM;
}

int skep_cgroup_root(char **ret_path, struct skep_error *err)
{
	char *point = NULL;
	int r = sys_mountinfo_read(keep_mount, &point);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "look for control groups");
	if (r == 0)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
				 "control groups: cgroup2 is not mounted.");
	*ret_path = point;
	return 0;
}

static int is_unit(const char *name, const char *unit)
{
	size_t len = strlen(unit);

	return !strncmp(name, unit, len) && (!name[len] || !strcmp(name + len, ".service"));
}

/* "docker-ID.scope", "ID": the last part of the name begins with the id, and is one itself. */
static int is_container(const char *name, const char *id)
{
	const char *last = strrchr(name, '-');
	size_t len;

	if (strstr(name, "conmon")) /* the container's monitor, which is outside of it */
		return 0;
	last = last ? last + 1 : name;
	len = strspn(last, "0123456789abcdef");
	return len >= ID_MIN && len <= ID_MAX && (!last[len] || !strcmp(last + len, ".scope")) &&
	       !strncmp(last, id, strlen(id));
}

struct search {
	int (*matches)(const char *name, const char *wanted);
	const char *wanted;
	const char *what;
};

static void close_tree(FTS **tree)
{
	if (*tree)
		fts_close(*tree);
}

/* Return: 0; -ENOENT; -ENOTUNIQ; a negative errno. */
static int search(const struct search *s, char **ret_path, struct skep_error *err)
{
	_cleanup_free_ char *root = NULL, *found = NULL;
	_cleanup_(close_tree) FTS *tree = NULL;
	FTSENT *entry;
	int r = skep_cgroup_root(&root, err);

	if (r < 0)
		return r;
	tree = fts_open((char *const[]){ root, NULL }, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!tree)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "look for %s '%s'", s->what,
				 s->wanted);
	while (errno = 0, entry = fts_read(tree)) {
		if (entry->fts_info != FTS_D || entry->fts_level == 0 ||
		    !s->matches(entry->fts_name, s->wanted))
			continue;
		if (found)
			return skep_fail(err, -ENOTUNIQ, SKEP_ERR_INVALID,
					 "there are several groups of %s '%s': '%s' and '%s'.",
					 s->what, s->wanted, found, entry->fts_path);
		found = strdup(entry->fts_path);
		if (!found)
			return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "look for %s '%s'",
					 s->what, s->wanted);
		fts_set(tree, entry, FTS_SKIP);
	}
	if (errno)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "look for %s '%s'", s->what,
				 s->wanted);
	if (!found)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
				 "there is no control group of %s '%s'.", s->what, s->wanted);
	*ret_path = take_ptr(found);
	return 0;
}

int skep_cgroup_find_unit(const char *unit, char **ret_path, struct skep_error *err)
{
	const struct search s = { is_unit, unit, "unit" };

	if (!*unit || strchr(unit, '/'))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'%s' is not a unit's name.",
				 unit);
	return search(&s, ret_path, err);
}

int skep_cgroup_find_container(const char *id, char **ret_path, struct skep_error *err)
{
	const struct search s = { is_container, id, "container" };
	size_t len = strlen(id);

	if (len < ID_MIN || len > ID_MAX || strspn(id, "0123456789abcdef") != len)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%s' is not a container's id: %d to %d hexadecimal digits.", id,
				 ID_MIN, ID_MAX);
	return search(&s, ret_path, err);
}
