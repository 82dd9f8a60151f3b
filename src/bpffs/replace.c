/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The new object is pinned under a name of its own first: "skep:new:pid=18316:start=389178:pidns=4026531836:n=7". What
 * is left of it when a process dies in between says whose it is; it has no dot, as bpffs has none.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"
#include "bpffs/context.h"
#include "bpffs/pin.h"
#include "bpffs/tree.h"
#include "sys/process.h"

#define ATTEMPTS 64
#define NAME_SIZE 128
#define NAME_FORMAT "skep:new:pid=%" PRIu64 ":start=%" PRIu64 ":pidns=%" PRIu64 ":n=%" PRIu64

/* Pins under a name that nobody has. Return: 0; a negative errno. */
static int pin_new(int dir_fd, int fd, char name[NAME_SIZE])
{
	struct sys_process self;
	uint64_t number;
	int r, i;

	r = sys_process_self(&self);
	if (r < 0)
		return r;
	number = time_now_ns(CLOCK_MONOTONIC);
	for (i = 0; i < ATTEMPTS; i++) { /* other threads do the same */
		snprintf(name, NAME_SIZE, NAME_FORMAT, self.pid, self.start_ticks, self.pid_ns,
			 number + (uint64_t)i);
		r = bpffs_pin_at(dir_fd, fd, name);
		if (r != -EEXIST)
			return r;
	}
	return -EBUSY;
}

/* The process that a name is of. Return: 0; -EINVAL it is another kind of name. */
static int parse_name(const char *name, struct sys_process *ret_process)
{
	struct sys_process p;
	char again[NAME_SIZE];
	uint64_t number;

	if (sscanf(name, "skep:new:pid=%" SCNu64 ":start=%" SCNu64 ":pidns=%" SCNu64 ":n=%" SCNu64,
		   &p.pid, &p.start_ticks, &p.pid_ns, &number) != 4)
		return -EINVAL;
	snprintf(again, sizeof(again), NAME_FORMAT, p.pid, p.start_ticks, p.pid_ns, number);
	if (strcmp(name, again) != 0)
		return -EINVAL;
	*ret_process = p;
	return 0;
}

static int rename_in(int dir_fd, const char *from, const char *to, unsigned flags)
{
	return renameat2(dir_fd, from, dir_fd, to, flags) < 0 ? -errno : 0;
}

/* What is no pin is not replaced. Return: 0; -EISDIR, -ELOOP; -EXDEV something is mounted on it. */
static int check_present(int dir_fd, const char *name)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	fd = bpffs_open_at(dir_fd, name, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? 0 : S_ISDIR(st.st_mode) ? -EISDIR : -ELOOP;
}

/* Opens a pin and removes it. Return: 0; a negative errno, and it is there as before. */
static int take_out(int dir_fd, const char *name, int *ret_fd)
{
	_cleanup_close_ int fd = -1;

	fd = bpffs_get_at(dir_fd, name, 0);
	if (fd < 0)
		return fd;
	if (unlinkat(dir_fd, name, 0) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Moves @from over @name, and opens what was there. Return: 0; a negative errno, and nothing has changed. */
static int exchange(int dir_fd, const char *from, const char *name, int *ret_old_fd)
{
	int r, i;

	for (i = 0; i < ATTEMPTS; i++) {
		r = rename_in(dir_fd, from, name, RENAME_NOREPLACE);
		if (r != -EEXIST) {
			*ret_old_fd = -1;
			return r;
		}
		r = rename_in(dir_fd, from, name, RENAME_EXCHANGE);
		if (r == -ENOENT)
			continue; /* it went in between */
		if (r < 0)
			return r;
		r = take_out(dir_fd, from, ret_old_fd);
		if (r < 0 && rename_in(dir_fd, from, name, RENAME_EXCHANGE) == -ENOENT)
			rename_in(dir_fd, from, name, RENAME_NOREPLACE);
		return r;
	}
	return -EBUSY;
}

/* Before 5.16 there is no exchange: open the old object, then move over it. */
static int open_and_move(int dir_fd, const char *from, const char *name, int *ret_old_fd)
{
	_cleanup_close_ int old = -1;
	int r;

	old = bpffs_get_at(dir_fd, name, 0);
	if (old < 0 && old != -ENOENT)
		return old;
	r = rename_in(dir_fd, from, name, 0);
	if (r == 0)
		*ret_old_fd = old >= 0 ? take_fd(&old) : -1;
	return r;
}

static int move_over(int dir_fd, const char *from, const char *name, int *ret_old_fd)
{
	int r;

	if (!ret_old_fd)
		return rename_in(dir_fd, from, name, 0);
	r = exchange(dir_fd, from, name, ret_old_fd);
	return r == -EINVAL ? open_and_move(dir_fd, from, name, ret_old_fd) : r;
}

static int replace_at(int dir_fd, int fd, const char *name, int *ret_old_fd)
{
	char from[NAME_SIZE];
	int r;

	r = check_present(dir_fd, name);
	if (r == 0)
		r = pin_new(dir_fd, fd, from);
	if (r < 0)
		return r;
	r = move_over(dir_fd, from, name, ret_old_fd);
	if (r < 0)
		unlinkat(dir_fd, from, 0);
	return r;
}

int skep_bpffs_replace(const struct skep_bpffs *ctx, int fd, const char *path, uint64_t flags,
		       int *ret_old_fd, struct skep_error *err)
{
	_cleanup_close_ int parent = -1;
	char relative[PATH_MAX];
	const char *name;
	int r;

	if (flags & ~(uint64_t)SKEP_BPFFS_NOREPLACE)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "replace a pin: unknown flags");
	parent = bpffs_open_parent(ctx, path, relative, &name);
	r = parent < 0 ? parent : bpffs_name_check(name);
	if (r < 0)
		return bpffs_fail(ctx, err, r, "replace the pin", path);
	if (flags & SKEP_BPFFS_NOREPLACE)
		r = bpffs_pin_at(parent, fd, name);
	else
		r = replace_at(parent, fd, name, ret_old_fd);
	if (r < 0)
		return bpffs_fail_pin(ctx, err, r, fd, "replace the pin", path);
	if ((flags & SKEP_BPFFS_NOREPLACE) && ret_old_fd)
		*ret_old_fd = -1;
	return 0;
}

struct sweep {
	const struct skep_bpffs *ctx;
	int count;
};

static int sweep_node(const struct bpffs_node *node, enum bpffs_visit visit, void *userdata)
{
	struct sweep *sweep = userdata;
	struct sys_process process;
	int r;

	if (visit == BPFFS_LEAVE || node->mounted || !S_ISREG(node->st.st_mode) ||
	    parse_name(node->name, &process) < 0 || sys_process_gone(&process) != 1)
		return 0;
	r = skep_bpffs_unpin(sweep->ctx, node->path, NULL);
	sweep->count += r > 0;
	return r < 0 ? r : 0;
}

int skep_bpffs_sweep(const struct skep_bpffs *ctx, const char *path, struct skep_error *err)
{
	struct sweep sweep = { .ctx = ctx };
	int r;

	r = bpffs_tree_walk(ctx, path, 1, sweep_node, &sweep);
	return r < 0 ? bpffs_fail(ctx, err, r, "sweep", path) : sweep.count;
}
