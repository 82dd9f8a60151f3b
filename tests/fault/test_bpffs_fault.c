/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The file system of pins: finding and mounting it, pins and directories in it. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "operation.h"

#define POINT FAULT_SCRATCH "/a/b"
#define ENTRIES 7 /* of make_tree() */
#define DEAD "skep:new:pid=%d:start=1:pidns=%llu:n=1"

struct subject {
	struct skep_bpffs *ctx;
	int map, other;
	int made;
	unsigned entries;
	uint64_t flags;
	struct skep_error last; /* of an entry that is unknown */
};

static struct subject subject = { .map = -1, .other = -1, .made = -1 };

/* Finding and mounting. */

static int open_root(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .flags = s->flags };

	return skep_bpffs_open(&opts, &s->ctx, err);
}

static int check_root(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	if (result < 0) {
		snprintf(why, size, "the context was touched");
		return s->ctx != NULL;
	}
	snprintf(why, size, "the root is %s", skep_bpffs_root(s->ctx));
	return strcmp(skep_bpffs_root(s->ctx), FAULT_BPFFS);
}

static void close_root(void *context)
{
	struct subject *s = context;

	s->ctx = skep_bpffs_close(s->ctx);
}

static const struct fault_operation open_default = {
	.name = "open the bpffs",
	.context = &subject,
	.run = open_root,
	.check = check_root,
	.undo = close_root,
	.flags = FAULT_MAY_SURVIVE,
};

static struct subject discoverer = { .flags = SKEP_BPFFS_DISCOVER };

static const struct fault_operation open_discovered = {
	.name = "search for the bpffs",
	.context = &discoverer,
	.run = open_root,
	.check = check_root,
	.undo = close_root,
	.flags = FAULT_MAY_SURVIVE,
};

static int open_and_mount(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_bpffs_mount_opts mount = { .sz = sizeof(mount), .mode = 0700 };
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts),
					      .flags = SKEP_BPFFS_MOUNT_IF_MISSING,
					      .root = POINT,
					      .mount = &mount };

	return skep_bpffs_open(&opts, &s->ctx, err);
}

static int check_mount(void *context, int result, char *why, size_t size)
{
	int state = skep_bpffs_state(POINT);

	(void)context;
	snprintf(why, size, "the state is %d", state);
	return state != (result < 0 ? SKEP_BPFFS_NOT_MOUNTED : SKEP_BPFFS_MOUNTED);
}

/* Directories on the way to the place of the mount stay: they may be somebody else's by now. */
static void unmount(void *context)
{
	close_root(context);
	umount2(POINT, 0);
	rmdir(POINT);
	rmdir(FAULT_SCRATCH "/a");
}

static const struct fault_operation mount_missing = {
	.name = "mount a bpffs",
	.context = &subject,
	.run = open_and_mount,
	.check = check_mount,
	.undo = unmount,
	.clean = unmount,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS,
};

static int count_mount(const struct skep_bpffs_mount_info *mount, void *userdata)
{
	*(unsigned *)userdata += !strcmp(mount->point, FAULT_BPFFS);
	return 0;
}

static int list_mounts(void *context, struct skep_error *err)
{
	unsigned count = 0;
	int r = skep_bpffs_mounts(count_mount, &count);

	(void)context;
	(void)err;
	return r < 0 ? r : count ? 0 : -EBADMSG;
}

static const struct fault_operation mounts = {
	.name = "list what is mounted",
	.context = &subject,
	.run = list_mounts,
	.flags = FAULT_WORDLESS,
};

/* Pins. */

static int make_map(void)
{
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return skep_sys_map_create(&attr, sizeof(attr), NULL);
}

static int make_tree(struct subject *s)
{
	int r = skep_bpffs_mkdir(s->ctx, "d/e", NULL);

	if (r >= 0)
		r = skep_bpffs_mkdir(s->ctx, "d/f", NULL);
	if (r >= 0)
		r = skep_bpffs_pin(s->ctx, s->map, "d/one", NULL);
	if (r >= 0)
		r = skep_bpffs_pin(s->ctx, s->map, "d/e/two", NULL);
	if (r >= 0)
		r = skep_bpffs_pin(s->ctx, s->other, "d/e/three", NULL);
	if (r >= 0 && symlink("one", FAULT_BPFFS "/d/link"))
		r = -errno;
	return r;
}

/* The test's own way to take it away. */
static void remove_tree(void *context)
{
	static const char *const files[] = { "d/one", "d/e/two", "d/e/three", "d/link", "d/new" };
	static const char *const directories[] = { "d/e", "d/f", "d/x/y", "d/x", "d" };
	char path[64];
	size_t i;

	(void)context;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), FAULT_BPFFS "/%s", files[i]);
		unlink(path);
	}
	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(path, sizeof(path), FAULT_BPFFS "/%s", directories[i]);
		rmdir(path);
	}
}

static int set_up(void *context)
{
	struct subject *s = context;
	int r = open_root(s, NULL);

	if (r < 0)
		return r;
	s->map = make_map();
	s->other = make_map();
	return s->map < 0 ? s->map : s->other < 0 ? s->other : make_tree(s);
}

static int make_directories(void *context, struct skep_error *err)
{
	return skep_bpffs_mkdir(((struct subject *)context)->ctx, "d/x/y", err);
}

static void remove_directories(void *context)
{
	(void)context;
	rmdir(FAULT_BPFFS "/d/x/y");
	rmdir(FAULT_BPFFS "/d/x");
}

static const struct fault_operation mkdir_parents = {
	.name = "make directories",
	.context = &subject,
	.set_up = set_up,
	.run = make_directories,
	.undo = remove_directories,
	.clean = remove_tree,
	.flags = FAULT_UNDO_ALWAYS | FAULT_NO_ALLOCATIONS, /* a parent may stay, as of mkdir -p */
};

static int pin_new(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int r = skep_bpffs_pin(s->ctx, s->map, "d/new", err);

	if (r < 0)
		return r;
	r = skep_bpffs_get(s->ctx, "d/new", 0, err);
	if (r < 0) {
		unlink(FAULT_BPFFS "/d/new");
		return r;
	}
	s->made = r;
	return 0;
}

static void undo_pin(void *context)
{
	skep_sys_close(&((struct subject *)context)->made);
	unlink(FAULT_BPFFS "/d/new");
}

static const struct fault_operation pin_and_get = {
	.name = "pin and open",
	.context = &subject,
	.set_up = set_up,
	.run = pin_new,
	.undo = undo_pin,
	.clean = remove_tree,
	.flags = FAULT_NO_ALLOCATIONS,
};

static int replace_one(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_bpffs_replace(s->ctx, s->other, "d/one", 0, &s->made, err);
}

static uint32_t map_id(int fd)
{
	struct skep_map_info info = { 0 };

	return skep_sys_map_info(fd, &info, sizeof(info)) < 0 ? 0 : info.id;
}

/* One or the other is pinned, and on success the old one has come out. */
static int check_replace(void *context, int result, char *why, size_t size)
{
	struct subject *s = context;
	int fd = skep_bpffs_get(s->ctx, "d/one", 0, NULL);
	uint32_t id = map_id(fd), expected = map_id(result < 0 ? s->map : s->other);

	skep_sys_close(&fd);
	snprintf(why, size, "map %u is pinned, not %u; map %u came out", id, expected,
		 map_id(s->made));
	return id != expected || (result < 0 ? s->made != -1 : map_id(s->made) != map_id(s->map));
}

static void undo_replace(void *context)
{
	struct subject *s = context;

	skep_bpffs_replace(s->ctx, s->made, "d/one", 0, NULL, NULL);
	skep_sys_close(&s->made);
}

static const struct fault_operation pin_replace = {
	.name = "replace a pin",
	.context = &subject,
	.set_up = set_up,
	.run = replace_one,
	.check = check_replace,
	.undo = undo_replace,
	.clean = remove_tree,
	.flags = FAULT_MAY_SURVIVE |
		 FAULT_NO_ALLOCATIONS, /* the name takes less than all of /proc */
};

static int unpin_one(void *context, struct skep_error *err)
{
	int r = skep_bpffs_unpin(((struct subject *)context)->ctx, "d/one", err);

	return r == 0 ? skep_fail(err, -EBADMSG, SKEP_ERR_NOT_FOUND, "there was none") : r;
}

static void pin_one(void *context)
{
	struct subject *s = context;

	skep_bpffs_pin(s->ctx, s->map, "d/one", NULL);
}

static const struct fault_operation pin_remove = {
	.name = "remove a pin",
	.context = &subject,
	.set_up = set_up,
	.run = unpin_one,
	.undo = pin_one,
	.clean = remove_tree,
	.flags = FAULT_NO_ALLOCATIONS,
};

static int remove_all(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int r = skep_bpffs_remove(s->ctx, "d", SKEP_BPFFS_RECURSE, NULL, NULL, err);

	s->entries = r < 0 ? 0 : (unsigned)r;
	return r;
}

static int check_remove(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "%u were removed", s->entries);
	return result >= 0 && (s->entries != ENTRIES || access(FAULT_BPFFS "/d", F_OK) == 0);
}

static void make_again(void *context)
{
	remove_tree(context);
	make_tree(context);
}

static const struct fault_operation remove_recursive = {
	.name = "remove a directory with all that is in it",
	.context = &subject,
	.set_up = set_up,
	.run = remove_all,
	.check = check_remove,
	.undo = make_again,
	.clean = remove_tree,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS,
};

static int count_entry(const struct skep_bpffs_entry *entry, void *userdata)
{
	struct subject *s = userdata;

	s->entries++;
	if (entry->kind == SKEP_BPFFS_ENTRY_UNKNOWN)
		s->last.code = (int32_t)entry->code;
	return 0;
}

static int walk_tree(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_bpffs_walk(s->ctx, "d", SKEP_BPFFS_RECURSE, count_entry, s, err);
}

static int check_walk(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "%u entries; an unknown one for %d", s->entries, s->last.code);
	return result >= 0 && (s->entries != ENTRIES - 1 || s->last.code > 0);
}

static const struct fault_operation walk = {
	.name = "walk the bpffs",
	.context = &subject,
	.set_up = set_up,
	.run = walk_tree,
	.check = check_walk,
	.clean = remove_tree,
	.flags = FAULT_MAY_SURVIVE, /* a pin that cannot be opened is told as unknown */
};

static int dead_name(char *buf, size_t size)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st))
		return -errno;
	/* no process has started in the first tick */
	return snprintf(buf, size, FAULT_BPFFS "/d/" DEAD, 1, (unsigned long long)st.st_ino);
}

static int set_up_dead(void *context)
{
	struct subject *s = context;
	char path[128];
	int r = set_up(s);

	if (r >= 0)
		r = dead_name(path, sizeof(path));
	return r < 0 ? r : skep_sys_obj_pin(s->map, -1, path, NULL);
}

static int sweep_dead(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int r = skep_bpffs_sweep(s->ctx, "", err);

	s->entries = r < 0 ? 0 : (unsigned)r;
	return r;
}

/* Without a fault it goes; after one it may stay, and nothing else goes. */
static int check_sweep(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	char path[128];

	dead_name(path, sizeof(path));
	snprintf(why, size, "%u were removed, and it is %s", s->entries,
		 access(path, F_OK) ? "gone" : "there");
	return s->entries > 1 || (result > 0 && access(path, F_OK) == 0);
}

static void pin_dead(void *context)
{
	struct subject *s = context;
	char path[128];

	dead_name(path, sizeof(path));
	skep_sys_obj_pin(s->map, -1, path, NULL);
}

static void remove_dead(void *context)
{
	char path[128];

	dead_name(path, sizeof(path));
	unlink(path);
	remove_tree(context);
}

static const struct fault_operation sweep = {
	.name = "sweep what the dead have left",
	.context = &subject,
	.set_up = set_up_dead,
	.run = sweep_dead,
	.check = check_sweep,
	.undo = pin_dead,
	.clean = remove_dead,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS,
};

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = {
		&open_default, &open_discovered, &mount_missing, &mounts,           &mkdir_parents,
		&pin_and_get,  &pin_replace,     &pin_remove,    &remove_recursive, &walk,
		&sweep,
	};

	return fault_main(argc, argv, operations, ARRAY_SIZE(operations));
}
