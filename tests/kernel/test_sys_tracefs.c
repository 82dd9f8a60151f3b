/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* tracefs as the live kernel mounts it; each test in a mount namespace of its own, where it is mounted nowhere at first. */
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/tracefs.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "lab/netns.h"

#define PLACE "/sys/kernel/tracing"

static void mount_nowhere(void)
{
	static const char *const places[] = { "/sys/kernel/debug/tracing", PLACE,
					      "/sys/kernel/debug" };
	size_t i;

	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(places); i++)
		while (umount2(places[i], MNT_DETACH) == 0)
			;
}

static struct skep_tracefs *open_mounted(void)
{
	struct skep_tracefs *t = NULL;
	struct skep_error err = { 0 };

	mount_nowhere();
	assert_ok(skep_tracefs_open(SKEP_TRACEFS_MOUNT, &t, &err), &err);
	return t;
}

static void tracefs__is_mounted_only_if_asked_inside(void)
{
	struct skep_tracefs *t = NULL;
	struct skep_error err = { 0 };
	struct stat here, there;

	mount_nowhere();
	assert_int_equal(skep_tracefs_open(0, &t, &err), -ENOENT);
	assert_int_equal(err.kind, SKEP_ERR_NOT_FOUND);
	assert_non_null(strstr(err.msg, "not mounted"));
	assert_null(t);

	assert_ok(skep_tracefs_open(SKEP_TRACEFS_MOUNT, &t, &err), &err);
	assert_string_equal(skep_tracefs_path(t), PLACE);
	assert_int_equal(fstat(skep_tracefs_fd(t), &here), 0);
	assert_int_equal(stat(PLACE, &there), 0);
	assert_int_equal(here.st_dev, there.st_dev);
	t = skep_tracefs_close(t);
	assert_null(t);

	assert_ok(skep_tracefs_open(0, &t, &err), &err); /* it stays */
	skep_tracefs_close(t);
	assert_int_equal(umount(PLACE), 0); /* and was mounted once */
	assert_int_equal(umount(PLACE), -1);
	assert_int_equal(skep_tracefs_open(2, &t, &err), -EINVAL);
}
IN_NETNS(tracefs__is_mounted_only_if_asked)

static void tracefs__below_debugfs_is_found_inside(void)
{
	struct skep_tracefs *t = NULL;
	struct skep_error err = { 0 };

	mount_nowhere();
	if (mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL) ||
	    access("/sys/kernel/debug/tracing/events", F_OK)) {
		print_message("# tracefs is not below debugfs here\n");
		lab_skip();
	}
	assert_ok(skep_tracefs_open(0, &t, &err), &err);
	assert_string_equal(skep_tracefs_path(t), "/sys/kernel/debug/tracing");
	skep_tracefs_close(t);
}
IN_NETNS(tracefs__below_debugfs_is_found)

/* perf_event_open() takes the id, and the event's format has the same. */
static void check_id(const struct skep_tracefs *t, const char *category, const char *name)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	struct skep_error err = { 0 };
	char path[256], format[8192], line[64];
	uint64_t id = 0;
	int fd;

	assert_ok(skep_tracefs_event_id(t, category, name, &id, &err), &err);
	snprintf(path, sizeof(path), "events/%s/%s/format", category, name);
	assert_ok((int)skep_tracefs_read(t, path, format, sizeof(format), &err), &err);
	snprintf(line, sizeof(line), "\nID: %" PRIu64 "\n", id);
	assert_non_null(strstr(format, line));
	attr.config = id;
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
}

static void tracefs__ids_of_events_are_those_of_perf_inside(void)
{
	struct skep_tracefs *t = open_mounted();
	struct skep_error err = { 0 };
	uint64_t id = 4711;

	check_id(t, "sched", "sched_switch");
	check_id(t, "syscalls", "sys_enter_openat");
	check_id(t, "syscalls", "sys_exit_newstat");
	assert_int_equal(skep_tracefs_event_id(t, "sched", "no_such_event", &id, &err), -ENOENT);
	assert_int_equal(err.kind, SKEP_ERR_NO_EVENT);
	assert_string_equal(err.msg, "there is no event 'sched/no_such_event'");
	assert_int_equal(skep_tracefs_event_id(t, "no_such", "event", &id, &err), -ENOENT);
	assert_int_equal(skep_tracefs_event_id(t, "sched", "enable", &id, &err), -ENOENT);
	assert_int_equal(id, 4711);
	skep_tracefs_close(t);
}
IN_NETNS(tracefs__ids_of_events_are_those_of_perf)

static void tracefs__paths_stay_below_it_inside(void)
{
	static const char *const paths[] = { "",     "/",      "/etc/passwd", "..",
					     "../x", "a/../x", "a/..",        "events/.." };
	static const char *const names[] = { "", ".", "..", "a/b", "../sched" };
	struct skep_tracefs *t = open_mounted();
	struct skep_error err = { 0 };
	char buf[16];
	uint64_t id;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		assert_int_equal(skep_tracefs_read(t, paths[i], buf, sizeof(buf), &err), -EINVAL);
		assert_int_equal(err.kind, SKEP_ERR_INVALID);
		assert_int_equal(skep_tracefs_write(t, paths[i], "1", NULL), -EINVAL);
		assert_int_equal(skep_tracefs_has(t, paths[i]), -EINVAL);
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(skep_tracefs_event_id(t, names[i], "sched_switch", &id, NULL),
				 -EINVAL);
		assert_int_equal(skep_tracefs_event_id(t, "sched", names[i], &id, NULL), -EINVAL);
		assert_int_equal(skep_tracefs_events(t, names[i], NULL, NULL, NULL), -EINVAL);
	}
	assert_int_equal(skep_tracefs_has(t, "events/sched"), 1);
	assert_int_equal(skep_tracefs_has(t, "..."), 0);
	assert_int_equal(skep_tracefs_has(t, "no_such_file"), 0);
	assert_int_equal(skep_tracefs_has(t, "available_filter_functions"),
			 access(PLACE "/available_filter_functions", F_OK) == 0);
	skep_tracefs_close(t);
}
IN_NETNS(tracefs__paths_stay_below_it)

struct found {
	int count;
	char name[64];
};

static int note(const char *name, void *userdata)
{
	struct found *f = userdata;

	snprintf(f->name, sizeof(f->name), "%s", name);
	return ++f->count == 3 ? 33 : 0;
}

/* Makes or removes an event of a group of our own: nothing is checked before the last one is removed. */
static int command(const struct skep_tracefs *t, const char *verb, const char *group, int number,
		   const char *target)
{
	char text[512];

	snprintf(text, sizeof(text), "%s:%s/event%d%s", verb, group, number, target);
	return skep_tracefs_write(t, "uprobe_events", text, NULL);
}

static void tracefs__events_of_a_group_are_listed_inside(void)
{
	struct skep_tracefs *t = open_mounted();
	struct found none = { 0 }, both = { 0 }, third = { .count = 2 }, gone = { 0 };
	char group[32], target[300] = " ";
	ssize_t len = readlink("/proc/self/exe", target + 1, sizeof(target) - 16);
	uint64_t id = 0;
	int r[10];

	assert_true(len > 0);
	snprintf(target + 1 + len, sizeof(target) - 1 - (size_t)len, ":0x10");
	snprintf(group, sizeof(group), "skep_facts_%d", (int)getpid());
	r[0] = skep_tracefs_events(t, group, note, &none, NULL);
	r[1] = command(t, "p", group, 0, target);
	r[2] = command(t, "p", group, 1, target);
	r[3] = skep_tracefs_event_id(t, group, "event0", &id, NULL);
	r[4] = skep_tracefs_events(t, group, note, &both, NULL);
	r[5] = skep_tracefs_events(t, group, note, &third, NULL);
	r[6] = command(t, "-", group, 0, "");
	r[7] = command(t, "-", group, 1, "");
	r[8] = command(t, "-", group, 1, "");
	r[9] = skep_tracefs_events(t, group, note, &gone, NULL);
	assert_int_equal(r[0], 0);
	assert_int_equal(none.count, 0);
	assert_int_equal(r[1], 0);
	assert_int_equal(r[2], 0);
	assert_int_equal(r[3], 0);
	assert_true(id > 0);
	assert_int_equal(r[4], 0);
	assert_int_equal(both.count, 2); /* enable and filter are no events */
	assert_int_equal(r[5], 33);
	assert_int_equal(r[6], 0);
	assert_int_equal(r[7], 0);
	assert_int_equal(r[8], -ENOENT);
	assert_int_equal(r[9], 0);
	assert_int_equal(gone.count, 0);
	skep_tracefs_close(t);
}
IN_NETNS(tracefs__events_of_a_group_are_listed)

static void tracefs__command_that_is_refused_is_named_inside(void)
{
	struct skep_tracefs *t = open_mounted();
	struct skep_error err = { 0 };

	assert_int_equal(skep_tracefs_write(t, "uprobe_events", "p:x", &err), -EINVAL);
	assert_string_equal(err.msg, "write 'p:x' to '" PLACE "/uprobe_events': invalid argument");
	assert_int_equal(skep_tracefs_write(t, "no_such_file", "x", &err), -ENOENT);
	assert_int_equal(err.kind, SKEP_ERR_NOT_FOUND);
	skep_tracefs_close(t);
}
IN_NETNS(tracefs__command_that_is_refused_is_named)

static void tracefs__file_that_does_not_fit_is_said_inside(void)
{
	struct skep_tracefs *t = open_mounted();
	struct skep_error err = { 0 };
	char buf[64], one[1];
	int64_t len;

	len = skep_tracefs_read(t, "events/sched/sched_switch/id", buf, sizeof(buf), &err);
	assert_ok((int)len, &err);
	assert_int_equal(strlen(buf), len);
	assert_int_equal(
		skep_tracefs_read(t, "events/sched/sched_switch/id", buf, (size_t)len + 1, &err),
		len);
	assert_int_equal(
		skep_tracefs_read(t, "events/sched/sched_switch/id", buf, (size_t)len, &err),
		-ENOSPC);
	assert_int_equal(skep_tracefs_read(t, "events/sched/sched_switch/id", one, 1, &err),
			 -ENOSPC);
	assert_int_equal(err.kind, SKEP_ERR_NO_SPACE);
	assert_int_equal(skep_tracefs_read(t, "no_such_file", buf, sizeof(buf), &err), -ENOENT);
	assert_int_equal(err.kind, SKEP_ERR_NOT_FOUND);
	skep_tracefs_close(t);
}
IN_NETNS(tracefs__file_that_does_not_fit_is_said)

/* To hold the directory is not to read what is in it; and to mount takes a capability. */
static void tracefs__not_permitted_is_said_inside(void)
{
	struct skep_tracefs *t = open_mounted(), *other = NULL;
	struct skep_error err = { 0 };
	uint64_t id;

	skep_tracefs_close(t);
	assert_ok(skep_tracefs_open(0, &t, &err), &err);
	assert_int_equal(umount2(PLACE, MNT_DETACH), 0);
	assert_int_equal(setresuid(65534, 65534, 65534), 0);
	assert_int_equal(skep_tracefs_event_id(t, "sched", "sched_switch", &id, &err), -EACCES);
	assert_int_equal(err.kind, SKEP_ERR_PERMISSION);
	assert_int_equal(skep_tracefs_write(t, "uprobe_events", "x", &err), -EACCES);
	assert_int_equal(err.kind, SKEP_ERR_PERMISSION);
	assert_int_equal(skep_tracefs_open(SKEP_TRACEFS_MOUNT, &other, &err), -EPERM);
	assert_int_equal(err.kind, SKEP_ERR_PERMISSION);
	assert_non_null(strstr(err.msg, "CAP_SYS_ADMIN"));
	skep_tracefs_close(t);
}
IN_NETNS(tracefs__not_permitted_is_said)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracefs__is_mounted_only_if_asked),
		cmocka_unit_test(tracefs__below_debugfs_is_found),
		cmocka_unit_test(tracefs__ids_of_events_are_those_of_perf),
		cmocka_unit_test(tracefs__paths_stay_below_it),
		cmocka_unit_test(tracefs__events_of_a_group_are_listed),
		cmocka_unit_test(tracefs__command_that_is_refused_is_named),
		cmocka_unit_test(tracefs__file_that_does_not_fit_is_said),
		cmocka_unit_test(tracefs__not_permitted_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
