/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "pin_dirs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <skep/bpffs_pin.h>

/* The directory above, in the same place. Return: 0 there is none named. */
static int go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash)
		return 0;
	*slash = '\0';
	return *path != '\0';
}

size_t pin_dirs_there(const struct skep_bpffs *bpffs, const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", dir);
	do
		if (skep_bpffs_exists(bpffs, path) > 0)
			return strlen(path);
	while (go_up(path));
	return 0;
}

static int is_directory(const struct skep_bpffs_entry *e, void *userdata)
{
	(void)userdata;
	return e->kind == SKEP_BPFFS_ENTRY_DIRECTORY ? 0 : -ENOTDIR;
}

void pin_dirs_remove(const struct skep_bpffs *bpffs, const char *dir, size_t there_bytes)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", dir);
	while (strlen(path) > there_bytes) {
		skep_bpffs_remove(bpffs, path, 0, is_directory, NULL, NULL);
		if (!go_up(path))
			return;
	}
}
