/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Facts about the host: fdinfo, memlock, jiffies, symbols, tracefs, the system's settings. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/clock.h>
#include <skep/fdinfo.h>
#include <skep/kabi.h>
#include <skep/kallsyms.h>
#include <skep/memlock.h>
#include <skep/sys.h>
#include <skep/system.h>
#include <skep/tracefs.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "operation.h"

#define SYMBOLS 20000u /* more than fit one read */

struct subject {
	int fd;
	int right; /* what an undisturbed process was told */
	uint64_t source;
	char path[64];
	struct skep_jiffies *jiffies;
	struct skep_kallsyms *kallsyms;
	struct skep_tracefs *tracefs;
	struct skep_system *system;
};

static struct subject subject = { .fd = -1 };

/* fdinfo */

static int set_up_map(void *context)
{
	struct subject *s = context;
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 12, .max_entries = 3
	};

	s->fd = skep_sys_map_create(&attr, sizeof(attr), NULL);
	return s->fd < 0 ? s->fd : 0;
}

static int read_fdinfo(void *context, struct skep_error *err)
{
	const struct subject *s = context;
	struct skep_fdinfo info;
	int r = skep_fdinfo_read(0, s->fd, &info, err);

	if (r >= 0 && (info.kind != SKEP_FDINFO_MAP || info.value_size != 12))
		return skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "it is wrong");
	return r;
}

static const struct fault_operation fdinfo = {
	.name = "read fdinfo",
	.context = &subject,
	.set_up = set_up_map,
	.run = read_fdinfo,
	.flags = FAULT_NO_ALLOCATIONS,
};

/* memlock: asked in a process that ends, because the answer is kept. */

static int prepare_memlock(void *context)
{
	struct subject *s = context;
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(skep_memlock_counted(NULL) + 10);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -EIO;
	s->right = WEXITSTATUS(status) - 10;
	return s->right < 0 ? s->right : 0;
}

static int raise_limit(void *context, struct skep_error *err)
{
	struct skep_memlock_saved saved = { 0 };
	int r = skep_memlock_raise(&saved, err);

	(void)context;
	if (r >= 0)
		r = skep_memlock_restore(&saved, err);
	if (r < 0)
		skep_memlock_restore(&saved, NULL);
	return r;
}

static int check_memlock(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	int counted = skep_memlock_counted(NULL);

	(void)result;
	snprintf(why, size, "counted: %d, and %d is right", counted, s->right);
	return counted != s->right;
}

static const struct fault_operation memlock = {
	.name = "raise and restore RLIMIT_MEMLOCK",
	.context = &subject,
	.prepare = prepare_memlock,
	.run = raise_limit,
	.check = check_memlock,
	.flags = FAULT_MAY_SURVIVE | FAULT_NO_ALLOCATIONS,
};

static int ask_counted(void *context, struct skep_error *err)
{
	const struct subject *s = context;
	int r = skep_memlock_counted(err);

	if (r >= 0 && r != s->right)
		return skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "%d", r);
	return r < 0 ? r : 0;
}

static int check_counted(void *context, int result, char *why, size_t size)
{
	snprintf(why, size, "the answer is wrong");
	return result == -EBADMSG ? -1 : check_memlock(context, result, why, size);
}

static const struct fault_operation memlock_counted = {
	.name = "ask whether memory is counted",
	.context = &subject,
	.prepare = prepare_memlock,
	.run = ask_counted,
	.check = check_counted,
	.flags = FAULT_NO_ALLOCATIONS,
};

/* Jiffies */

static int read_jiffies(void *context, struct skep_error *err)
{
	struct subject *s = context;
	uint64_t count = 0;
	int r = skep_jiffies_open(s->source, &s->jiffies, err);

	if (r < 0)
		return r;
	r = skep_jiffies_read(s->jiffies, &count, err);
	if (r >= 0 && !count)
		r = skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "jiffies of 0");
	if (r < 0)
		s->jiffies = skep_jiffies_close(s->jiffies);
	return r;
}

static void close_jiffies(void *context)
{
	struct subject *s = context;

	s->jiffies = skep_jiffies_close(s->jiffies);
}

static const struct fault_operation jiffies = {
	.name = "read jiffies from the best source",
	.context = &subject,
	.run = read_jiffies,
	.undo = close_jiffies,
	.flags = FAULT_MAY_SURVIVE, /* another source */
};

static struct subject program = { .fd = -1, .source = SKEP_JIFFIES_PROGRAM };

static const struct fault_operation jiffies_by_program = {
	.name = "read jiffies by a program",
	.context = &program,
	.run = read_jiffies,
	.undo = close_jiffies,
	.flags = FAULT_MAY_SURVIVE, /* the load is repeated for its log */
};

static int prepare_hz(void *context)
{
	struct subject *s = context;
	uint64_t hz = 0;
	int r = skep_jiffies_hz(&hz, NULL);

	s->right = (int)hz;
	return r < 0 ? r : 0;
}

static int read_hz(void *context, struct skep_error *err)
{
	const struct subject *s = context;
	uint64_t hz = 0;
	int r = skep_jiffies_hz(&hz, err);

	if (r >= 0 && hz != (uint64_t)s->right)
		return skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "HZ=%u", (unsigned)hz);
	return r;
}

static int check_hz(void *context, int result, char *why, size_t size)
{
	(void)context;
	snprintf(why, size, "it is wrong");
	return result == -EBADMSG;
}

static const struct fault_operation hz = {
	.name = "read HZ",
	.context = &subject,
	.prepare = prepare_hz,
	.run = read_hz,
	.check = check_hz,
	.flags = FAULT_MAY_SURVIVE, /* another file, or measured */
};

/* Symbols */

static int prepare_symbols(void *context)
{
	struct subject *s = context;
	int fd = memfd_create("symbols", 0);
	unsigned i;

	if (fd < 0)
		return -errno;
	for (i = 0; i < SYMBOLS; i++)
		dprintf(fd, "%016x T symbol_%u\n", 0x1000 + i, i);
	snprintf(s->path, sizeof(s->path), "/proc/self/fd/%d", fd);
	return 0;
}

static int read_symbols(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_kallsyms_read(s->path, &s->kallsyms, err);
}

static int check_symbols(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	size_t count = result < 0 ? SYMBOLS : skep_kallsyms_count(s->kallsyms);

	snprintf(why, size, "%zu symbols of %u", count, SYMBOLS);
	return count != SYMBOLS || (result < 0 && s->kallsyms);
}

static void free_symbols(void *context)
{
	struct subject *s = context;

	s->kallsyms = skep_kallsyms_free(s->kallsyms);
}

static const struct fault_operation symbols = {
	.name = "read symbols",
	.context = &subject,
	.prepare = prepare_symbols,
	.run = read_symbols,
	.check = check_symbols,
	.undo = free_symbols,
	.flags = FAULT_MAY_SURVIVE, /* qsort(3) asks how much memory there is */
};

/* tracefs */

#define TRACEFS "/sys/kernel/tracing"

static int prepare_unmounted(void *context)
{
	(void)context;
	while (!umount2(TRACEFS, MNT_DETACH))
		;
	while (!umount2("/sys/kernel/debug", MNT_DETACH))
		;
	return 0;
}

static int mount_tracefs(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_tracefs_open(SKEP_TRACEFS_MOUNT, &s->tracefs, err);
}

static void close_tracefs(void *context)
{
	struct subject *s = context;

	s->tracefs = skep_tracefs_close(s->tracefs);
}

static void unmount_tracefs(void *context)
{
	close_tracefs(context);
	umount2(TRACEFS, MNT_DETACH);
}

static const struct fault_operation tracefs_mount = {
	.name = "mount tracefs",
	.context = &subject,
	.prepare = prepare_unmounted,
	.run = mount_tracefs,
	.undo = unmount_tracefs,
	.clean = unmount_tracefs,
	.flags = FAULT_MAY_SURVIVE,
};

static int prepare_mounted(void *context)
{
	prepare_unmounted(context);
	return mount("tracefs", TRACEFS, "tracefs", 0, NULL) ? -errno : 0;
}

static int look_at_events(void *context, struct skep_error *err)
{
	struct subject *s = context;
	char text[4096];
	uint64_t id = 0;
	int r = skep_tracefs_open(0, &s->tracefs, err);

	if (r < 0)
		return r;
	r = skep_tracefs_event_id(s->tracefs, "sched", "sched_switch", &id, err);
	if (r >= 0)
		r = (int)skep_tracefs_read(s->tracefs, "events/sched/sched_switch/format", text,
					   sizeof(text), err);
	if (r >= 0 && (!id || !strstr(text, "prev_comm")))
		r = skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "it is wrong");
	if (r < 0)
		close_tracefs(s);
	return r;
}

static const struct fault_operation tracefs_read = {
	.name = "look at events in tracefs",
	.context = &subject,
	.prepare = prepare_mounted,
	.run = look_at_events,
	.undo = close_tracefs,
	.flags = FAULT_MAY_SURVIVE,
};

static int count_event(const char *name, void *userdata)
{
	*(int *)userdata += !strcmp(name, "fault");
	return 0;
}

static int command(const struct subject *s, const char *verb, const char *target,
		   struct skep_error *err)
{
	char text[512];

	snprintf(text, sizeof(text), "%s:skep_fault/fault%s", verb, target);
	return skep_tracefs_write(s->tracefs, "uprobe_events", text, err);
}

/* Makes a uprobe event, which only stands there, finds it and removes it. */
static int make_event(void *context, struct skep_error *err)
{
	struct subject *s = context;
	char target[300] = " ";
	ssize_t len = readlink("/proc/self/exe", target + 1, sizeof(target) - 16);
	int r, count = 0;

	if (len < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "find this program");
	snprintf(target + 1 + len, sizeof(target) - 1 - (size_t)len, ":0x10");
	r = command(s, "p", target, err);
	if (r < 0)
		return r;
	r = skep_tracefs_events(s->tracefs, "skep_fault", count_event, &count, err);
	if (r >= 0 && count != 1)
		r = skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "%d events", count);
	if (r >= 0)
		r = command(s, "-", "", err);
	if (r < 0) /* the one fault has been; as a program would that tries again */
		command(s, "-", "", NULL);
	return r;
}

static int set_up_tracefs(void *context)
{
	struct subject *s = context;

	return skep_tracefs_open(0, &s->tracefs, NULL);
}

static void remove_event(void *context)
{
	struct subject *s = context;

	if (skep_tracefs_open(0, &s->tracefs, NULL) >= 0)
		command(s, "-", "", NULL);
	close_tracefs(s);
}

static const struct fault_operation tracefs_event = {
	.name = "make and remove an event",
	.context = &subject,
	.prepare = prepare_mounted,
	.set_up = set_up_tracefs,
	.run = make_event,
	.clean = remove_event,
	.flags = FAULT_ALONE | FAULT_NO_ALLOCATIONS,
};

/* The system: what cannot be told is in its row, so that only want of memory is an error. */

static int prepare_system(void *context)
{
	struct subject *s = context;

	return skep_system_new(&s->system, NULL);
}

static int look_at_system(void *context, struct skep_error *err)
{
	struct skep_system *now = NULL;
	const struct subject *s = context;
	const struct skep_system_row *right, *row;
	size_t count, i;
	int r = skep_system_new(&now, err);

	if (r < 0)
		return r;
	right = skep_system_rows(s->system, &count);
	for (i = 0; i < count && r >= 0; i++) {
		row = skep_system_find(now, right[i].name);
		if (!row || (row->code && row->code != -ENOENT && row->code != right[i].code))
			continue; /* could not tell */
		if (row->code != right[i].code ||
		    (row->value && right[i].value && strcmp(row->value, right[i].value) != 0))
			r = skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "%s is %s (%d)", row->name,
				      row->value ? row->value : "nothing", (int)row->code);
	}
	skep_system_free(now);
	return r;
}

static int check_system(void *context, int result, char *why, size_t size)
{
	(void)context;
	snprintf(why, size, "a row is wrong");
	return result == -EBADMSG;
}

static const struct fault_operation look = {
	.name = "look at the system",
	.context = &subject,
	.prepare = prepare_system,
	.run = look_at_system,
	.check = check_system,
	.flags = FAULT_MAY_SURVIVE,
};

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = {
		&fdinfo, &memlock, &memlock_counted, &jiffies,      &jiffies_by_program,
		&hz,     &symbols, &tracefs_mount,   &tracefs_read, &tracefs_event,
		&look,
	};

	return fault_main(argc, argv, operations, ARRAY_SIZE(operations));
}
