/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Pins a map and replaces it by a larger one: there is no moment in which its name is absent.
 *
 *	$ sudo ./pin_replace
 *	example-.../flows: map of type hash
 *	the old map had 100 entries, the new one has 200
 */
#include <stdio.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

static int create(uint32_t max_entries, struct skep_error *err)
{
	const struct skep_attr_map_create attr = { .map_type = SKEP_MAP_TYPE_HASH,
						   .key_size = 4,
						   .value_size = 8,
						   .max_entries = max_entries,
						   .map_name = "flows" };

	return skep_sys_map_create(&attr, sizeof(attr), err);
}

/* Creates a map in place of the one that is pinned. Return: what that one had room for; a negative errno. */
static int replace(const struct skep_bpffs *fs, const char *path, uint32_t max_entries,
		   struct skep_error *err)
{
	struct skep_map_info info = { 0 };
	int new_fd = create(max_entries, err), old_fd = -1, r;

	if (new_fd < 0)
		return new_fd;
	r = skep_bpffs_replace(fs, new_fd, path, 0, &old_fd, err);
	if (old_fd >= 0)
		skep_sys_map_info(old_fd, &info, sizeof(info));
	skep_sys_close(&new_fd);
	skep_sys_close(&old_fd);
	return r < 0 ? r : (int)info.max_entries;
}

static int print(const struct skep_bpffs_entry *e, void *userdata)
{
	(void)userdata;
	printf("%s: %s of type %s\n", e->path, skep_bpffs_entry_kind_name(e->kind),
	       skep_map_type_name((uint32_t)e->type, NULL));
	return 0;
}

int main(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .flags = SKEP_BPFFS_MOUNT_IF_MISSING };
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *fs = NULL;
	struct skep_error err = { 0 };
	char dir[32], path[48];
	int r;

	snprintf(dir, sizeof(dir), "example-%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/flows", dir);
	r = skep_bpffs_open(&o, &fs, &err);
	if (r == 0)
		r = skep_bpffs_mkdir(fs, dir, &err);
	if (r == 0)
		r = replace(fs, path, 100, &err);
	if (r == 0)
		r = skep_bpffs_walk(fs, dir, 0, print, NULL, &err);
	if (r == 0)
		r = replace(fs, path, 200, &err);
	if (r > 0)
		printf("the old map had %d entries, the new one has 200\n", r);
	else
		fprintf(stderr, "pin_replace: %s\n", err.msg);
	if (fs)
		skep_bpffs_remove(fs, dir, SKEP_BPFFS_RECURSE, NULL, NULL, NULL);
	return r < 0;
}
