/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes at interfaces: in namespaces that are let go of, and by patterns whose interfaces come and go. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/direction.h>
#include <skep/error.h>
#include <skep/log.h>
#include <skep/manager_report.h>
#include <skep/selector.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/census.h"
#include "lab/foreign.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/netns.h"
#include "lab/poll.h"
#include "lab/send.h"
#include "lab/tc.h"
#include "managed.h"

#define WAIT_MS 10000
#define FRAMES 3

static struct lab_frame frame;

static void enter(void)
{
	hook_enter();
	assert_int_equal(lab_netns_enter(), 0);
	lab_ether(&frame, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_ipv4(&frame, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
	lab_udp(&frame, 1025, 53);
	lab_finish(&frame);
}

static void send_into(const char *interface)
{
	int i;

	for (i = 0; i < FRAMES; i++)
		assert_int_equal(lab_send(interface, &frame), 0);
}

static const char *sender;

static void send_frames(void)
{
	send_into(sender);
}

static uint64_t seen(const struct skep_manager *m, const char *from)
{
	sender = from;
	return managed_runs(m, PROBES_TC, send_frames);
}

/* Namespaces */

static bool is_gone(void *userdata)
{
	char path[64];
	struct stat st;

	/* a veth whose other end is in a namespace that ended has gone with it */
	snprintf(path, sizeof(path), "/sys/class/net/%s", (const char *)userdata);
	return lab_link_index(userdata) < 0 && stat(path, &st) < 0;
}

static void netns__is_let_go_of_and_can_end_inside(void)
{
	_cleanup_close_ int netns_fd = lab_netns_new();
	struct skep_probe_spec probes[] = {
		{ .program = "on_tc",
		  .uid = "in",
		  .interface = "there",
		  .direction = SKEP_DIRECTION_INGRESS },
		{ .program = "on_xdp", .uid = "in", .interface = "there" },
		{ .program = "on_tc",
		  .uid = "here",
		  .interface = "v1",
		  .direction = SKEP_DIRECTION_INGRESS },
	};
	struct skep_manager *m;
	struct lab_census before;
	struct skep_error err = { 0 };
	struct stat st;
	char left[512];

	assert_true(netns_fd >= 0);
	assert_int_equal(fstat(netns_fd, &st), 0);
	assert_int_equal(lab_veth_create_in("here", "there", netns_fd), 0);
	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	probes[0].netns_fd = probes[1].netns_fd = (uint64_t)netns_fd;
	assert_int_equal(lab_census_take(&before), 0);
	m = managed_open(probes, ARRAY_SIZE(probes));
	managed_run(m);
	close(take_fd(&netns_fd)); /* the manager has its own now */
	send_into("here");
	assert_int_equal(managed_count(m, PROBES_XDP), FRAMES); /* which drops them */
	assert_int_equal(seen(m, "v0"), FRAMES);

	assert_int_equal(skep_manager_release_netns(m, st.st_ino + 1, &err), 0);
	assert_int_equal(skep_manager_release_netns(m, st.st_ino, &err), 2);
	assert_int_equal(skep_manager_release_netns(m, st.st_ino, &err), 0);
	assert_int_equal(skep_manager_probe_count(m), 1);
	assert_null(skep_manager_probe_find(m, "on_xdp", "in"));
	assert_int_equal(seen(m, "v0"), FRAMES);
	assert_true(lab_until(lab_in_ms(WAIT_MS), is_gone, (void *)"here"));
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	assert_int_equal(skep_manager_release_netns(m, st.st_ino, &err), 0);
	managed_run(m); /* with what is left */
	assert_int_equal(seen(m, "v0"), FRAMES);
	skep_manager_close(m);
	assert_false(lab_qdisc_has("v1", "clsact"));
	if (!lab_census_clean(&before, lab_in_ms(WAIT_MS), left, sizeof(left)) &&
	    !strstr(left, "net:["))
		fail_msg("left: %s", left);
}
IN_PROCESS(netns__is_let_go_of_and_can_end, enter)

static void netns__that_is_let_go_of_leaves_the_selector_inside(void)
{
	_cleanup_close_ int netns_fd = lab_netns_new();
	const struct skep_selector wanted = SKEP_ALL_OF(SKEP_PROBE_UID("on_tc", "here"),
							SKEP_ONE_OF(SKEP_PROBE_UID("on_tc", "in")));
	const struct skep_manager_opts o = { .sz = sizeof(o), .selector = &wanted };
	struct skep_probe_spec probes[] = {
		{ .program = "on_tc",
		  .uid = "here",
		  .interface = "v1",
		  .direction = SKEP_DIRECTION_INGRESS },
		{ .program = "on_tc",
		  .uid = "in",
		  .interface = "there",
		  .direction = SKEP_DIRECTION_INGRESS },
		{ .program = "on_tc",
		  .uid = "never_attached",
		  .interface = "there",
		  .direction = SKEP_DIRECTION_EGRESS },
	};
	struct skep_manager *m;
	struct skep_error err = { 0 };
	struct stat st;
	char text[128];

	assert_int_equal(fstat(netns_fd, &st), 0);
	assert_int_equal(lab_veth_create_in("here", "there", netns_fd), 0);
	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	probes[1].netns_fd = probes[2].netns_fd = (uint64_t)netns_fd;
	m = managed_open_with(probes, ARRAY_SIZE(probes), &o);
	managed_run(m);
	assert_int_equal(skep_manager_release_netns(m, st.st_ino, &err), 2);
	assert_true(skep_selector_text(skep_manager_selector(m), text, sizeof(text)) > 0);
	assert_string_equal(text, "all_of(on_tc@here)");
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	managed_run(m);
	assert_int_equal(seen(m, "v0"), FRAMES);
	skep_manager_close(m);
}
IN_PROCESS(netns__that_is_let_go_of_leaves_the_selector, enter)

/* Killed */

/* Runs until it is killed. */
static void be_killed(const struct skep_probe_spec *probe, int ready)
{
	struct skep_manager *m = managed_open(probe, 1);

	managed_run(m);
	assert_int_equal(write(ready, "x", 1), 1);
	for (;;)
		pause();
}

static void kill_one(const struct skep_probe_spec *probe)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		be_killed(probe, ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ready[0]);
	close(ready[1]);
}

static void killed__filters_go_with_the_next_start_and_others_stay_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_tc",
					       .interface = "v1",
					       .method = SKEP_ATTACH_METHOD_CLSACT,
					       .direction = SKEP_DIRECTION_INGRESS };
	const struct lab_foreign_opts opts = { .name = "foreign", .action = TC_ACT_UNSPEC };
	struct lab_filter filters[8];
	struct lab_foreign foreign;
	struct skep_manager *m;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	assert_int_equal(lab_foreign_load(&opts, &foreign), 0);
	assert_int_equal(lab_foreign_attach_clsact(&foreign, "v1", LAB_INGRESS, 7, 1, "f_0"), 0);
	kill_one(&probe);
	assert_int_equal(lab_filter_list("v1", LAB_INGRESS, filters, 8), 2);
	m = managed_open(&probe, 1);
	managed_run(m);
	assert_int_equal(lab_filter_list("v1", LAB_INGRESS, filters, 8), 2);
	assert_true(lab_filter_find("v1", LAB_INGRESS, "f_0", &filters[0]));
	assert_int_equal(seen(m, "v0"), FRAMES);
	skep_manager_close(m);
	assert_int_equal(lab_filter_list("v1", LAB_INGRESS, filters, 8), 1);
	assert_true(lab_filter_find("v1", LAB_INGRESS, "f_0", &filters[0]));
	assert_true(lab_qdisc_has("v1", "clsact"));
	lab_foreign_close(&foreign);
}
IN_PROCESS(killed__filters_go_with_the_next_start_and_others_stay, enter)

static void killed__events_go_with_the_next_start_and_others_stay_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_kprobe",
					       .syscall = "getpgid",
					       .method = SKEP_ATTACH_METHOD_TRACEFS };
	const struct skep_probe_spec other = { .program = "on_getpgid" };
	const char *foreign = "p:foreign/getpgid_0 __x64_sys_getpgid";
	struct skep_manager *m;
	int fd;

	if (!hook_has_events("kprobe_events"))
		lab_skip();
	fd = open("/sys/kernel/tracing/kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, foreign, strlen(foreign)), strlen(foreign));
	kill_one(&probe);
	assert_int_equal(hook_count_events("kprobe_events", "sys_getpgid"), 2);
	m = managed_open(&other, 1);
	managed_run(m); /* any start will do */
	assert_int_equal(hook_count_events("kprobe_events", "sys_getpgid"), 1);
	assert_int_equal(hook_count_events("kprobe_events", "foreign/getpgid_0"), 1);
	skep_manager_close(m);
	assert_int_equal(write(fd, "-:foreign/getpgid_0", 19), 19);
	close(fd);
}
IN_PROCESS(killed__events_go_with_the_next_start_and_others_stay, enter)

/* Patterns */

static struct {
	char text[16][256];
	unsigned count;
} told;

static void hear(uint64_t level, const char *text, void *userdata)
{
	(void)level;
	(void)userdata;
	if (told.count < ARRAY_SIZE(told.text))
		snprintf(told.text[told.count++], sizeof(told.text[0]), "%s", text);
}

static struct skep_manager *open_pattern(const char *pattern, uint64_t method)
{
	const struct skep_log log = { .fn = hear };
	const struct skep_manager_opts o = { .sz = sizeof(o), .log = &log };
	static struct skep_probe_spec probe;

	probe = (struct skep_probe_spec){ .program = "on_tc",
					  .interface = pattern,
					  .method = method,
					  .direction = SKEP_DIRECTION_INGRESS };
	return managed_open_with(&probe, 1, &o);
}

struct wanted {
	struct skep_manager *m;
	size_t count;
};

/* Does what a loop does: polls, then dispatches. */
static bool has_attached(void *userdata)
{
	const struct wanted *w = userdata;
	struct skep_error err = { 0 };

	assert_done(skep_manager_wait(w->m, 1000000, &err), &err);
	return skep_probe_attachment_count(skep_manager_probe_at(w->m, 0)) == w->count;
}

static void wait_for(struct skep_manager *m, size_t count)
{
	struct wanted w = { m, count };

	assert_true(lab_until(lab_in_ms(WAIT_MS), has_attached, &w));
}

static void check_pattern(uint64_t method)
{
	struct skep_manager *m = open_pattern("w[0-9]b", method);
	struct pollfd p = { .fd = skep_manager_fd(m), .events = POLLIN };
	struct skep_probe *probe = skep_manager_probe_at(m, 0);
	struct skep_error err = { 0 };

	told.count = 0;
	managed_run(m); /* none is there yet, which is no failure */
	assert_int_equal(skep_probe_state(probe), SKEP_MANAGER_RUNNING);
	assert_int_equal(skep_probe_attachment_count(probe), 0);
	assert_int_equal(skep_probe_is_active(probe, &err), 1);
	assert_int_equal(lab_veth_create("w0a", "w0b", true), 0);
	assert_int_equal(lab_veth_create("other0", "other1", true), 0);
	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	wait_for(m, 1);
	assert_int_equal(seen(m, "w0a"), FRAMES);
	assert_int_equal(seen(m, "other0"), 0);
	assert_int_equal(lab_veth_create("w1a", "w1b", true), 0);
	wait_for(m, 2);
	assert_int_equal(seen(m, "w1a"), FRAMES);
	/* what comes is paused with the others */
	assert_done(skep_manager_pause(m, &err), &err);
	assert_int_equal(lab_veth_create("w2a", "w2b", true), 0);
	wait_for(m, 3);
	assert_int_equal(seen(m, "w2a"), 0);
	assert_done(skep_manager_resume(m, &err), &err);
	assert_int_equal(seen(m, "w2a"), FRAMES);
	assert_int_equal(lab_link_delete("w1a"), 0);
	wait_for(m, 2);
	assert_int_equal(seen(m, "w0a"), FRAMES);
	/* a name that no longer matches */
	assert_int_equal(lab_link_down("w2b"), 0);
	assert_int_equal(lab_link_rename("w2b", "quiet"), 0);
	wait_for(m, 1);
	assert_int_equal(skep_probe_is_active(probe, &err), 1);
	assert_true(told.count >= 5);
	assert_non_null(strstr(told.text[0], "probe 'on_tc': attached to w0b"));
	/* stopped, nothing comes any more; started again, what is there is attached to at once */
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	assert_int_equal(lab_veth_create("w3a", "w3b", true), 0);
	assert_int_equal(skep_manager_dispatch(m, 0, &err), 0);
	assert_false(lab_qdisc_has("w0b", "clsact"));
	managed_run(m);
	assert_int_equal(skep_probe_attachment_count(probe), 2);
	assert_int_equal(seen(m, "w3a"), FRAMES);
	skep_manager_close(m);
	assert_int_equal(lab_link_delete("w0a"), 0);
	assert_int_equal(lab_link_delete("w2a"), 0);
	assert_int_equal(lab_link_delete("w3a"), 0);
	assert_int_equal(lab_link_delete("other0"), 0);
}

static void interfaces__come_and_go_inside(void)
{
	check_pattern(SKEP_ATTACH_METHOD_CLSACT);
	check_pattern(0);
}
IN_PROCESS(interfaces__come_and_go, enter)

static void interfaces__that_all_fail_are_a_failure_inside(void)
{
	struct skep_manager *m;
	struct skep_error err = { 0 };

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	assert_int_equal(lab_qdisc_add("v1", "ingress"), 0); /* in the place of clsact */
	m = open_pattern("v1*", SKEP_ATTACH_METHOD_CLSACT);
	assert_done(skep_manager_load(m, &err), &err);
	assert_true(skep_manager_start(m, &err) < 0);
	assert_non_null(strstr(err.msg, "v1"));
	assert_int_equal(skep_manager_state(m), SKEP_MANAGER_LOADED);
	/* one that works is enough, of the others the log tells */
	assert_int_equal(lab_veth_create("x0", "v1x", true), 0);
	told.count = 0;
	assert_done(skep_manager_start(m, &err), &err);
	assert_int_equal(skep_probe_attachment_count(skep_manager_probe_at(m, 0)), 1);
	assert_int_equal(seen(m, "x0"), FRAMES);
	assert_int_equal(told.count, 1);
	skep_manager_close(m);
}
IN_PROCESS(interfaces__that_all_fail_are_a_failure, enter)

/* Netlink sockets and others that this process has. */
static int count_sockets(void)
{
	DIR *fds = opendir("/proc/self/fd");
	const struct dirent *entry;
	char target[64] = "";
	int count = 0;

	assert_non_null(fds);
	while ((entry = readdir(fds)))
		if (readlinkat(dirfd(fds), entry->d_name, target, sizeof(target) - 1) > 0)
			count += !strncmp(target, "socket:", 7);
	closedir(fds);
	return count;
}

struct followers {
	struct skep_manager *m;
	size_t each; /* attachments of each of them */
};

static bool all_have(void *userdata)
{
	const struct followers *f = userdata;
	struct skep_error err = { 0 };
	size_t i;

	assert_done(skep_manager_dispatch(f->m, 0, &err), &err);
	for (i = 0; i < skep_manager_probe_count(f->m); i++)
		if (skep_probe_attachment_count(skep_manager_probe_at(f->m, i)) != f->each)
			return false;
	return true;
}

static void wait_for_all(struct skep_manager *m, size_t each)
{
	struct followers f = { m, each };

	assert_true(lab_until(lab_in_ms(WAIT_MS), all_have, &f));
}

static void interfaces__of_a_namespace_are_followed_by_one_socket_inside(void)
{
	char there[32];
	int other = lab_netns_new();
	const struct skep_probe_spec probes[] = {
		{ .program = "on_xdp", .uid = "name", .interface = "v1" },
		{ .program = "on_xdp", .uid = "pattern", .interface = "w[1]" },
		{ .program = "on_xdp",
		  .uid = "same",
		  .interface = "x1",
		  .netns = "/proc/self/ns/net" },
		{ .program = "on_xdp", .uid = "other", .interface = "[l]o", .netns = there },
	};
	struct skep_manager *m;
	struct skep_error err = { 0 };
	int before, round;

	snprintf(there, sizeof(there), "/proc/self/fd/%d", other);
	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	assert_int_equal(lab_veth_create("w0", "w1", true), 0);
	assert_int_equal(lab_veth_create("x0", "x1", true), 0);
	m = managed_open(probes, 3);
	assert_done(skep_manager_load(m, &err), &err);
	before = count_sockets();
	assert_done(skep_manager_start(m, &err), &err);
	assert_int_equal(count_sockets(), before + 1);
	for (round = 0; round < 2; round++) {
		assert_int_equal(lab_link_delete("v0"), 0);
		assert_int_equal(lab_link_delete("w0"), 0);
		assert_int_equal(lab_link_delete("x0"), 0);
		wait_for_all(m, 0);
		assert_int_equal(lab_veth_create("v0", "v1", true), 0);
		assert_int_equal(lab_veth_create("w0", "w1", true), 0);
		assert_int_equal(lab_veth_create("x0", "x1", true), 0);
		wait_for_all(m, 1);
	}
	/* who leaves takes nothing from the others, and who comes is told nothing of the past */
	assert_done(skep_probe_detach(skep_manager_probe_at(m, 0), &err), &err);
	assert_int_equal(lab_link_delete("w0"), 0);
	assert_int_equal(lab_link_delete("v0"), 0);
	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	assert_done(skep_probe_attach(skep_manager_probe_at(m, 0), &err), &err);
	assert_int_equal(skep_probe_attachment_count(skep_manager_probe_at(m, 0)), 1);
	assert_int_equal(skep_probe_attachment_count(skep_manager_probe_at(m, 1)), 0);
	assert_int_equal(skep_manager_dispatch(m, 0, &err), 0);
	assert_int_equal(count_sockets(), before + 1);
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	assert_int_equal(count_sockets(), before);
	skep_manager_close(m);

	m = managed_open(probes + 2, 2);
	assert_done(skep_manager_load(m, &err), &err);
	assert_done(skep_manager_start(m, &err), &err);
	assert_int_equal(count_sockets(), before + 2);
	skep_manager_close(m);
	assert_int_equal(count_sockets(), before);
	close(other);
}
IN_PROCESS(interfaces__of_a_namespace_are_followed_by_one_socket, enter)

static void interface__of_a_name_is_attached_to_again_when_it_is_back_inside(void)
{
	struct skep_manager *m = NULL;
	struct skep_probe *probe;
	struct skep_error err = { 0 };

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	m = open_pattern("v1", 0);
	probe = skep_manager_probe_at(m, 0);
	managed_run(m);
	assert_int_equal(seen(m, "v0"), FRAMES);
	told.count = 0;
	assert_int_equal(lab_link_delete("v0"), 0);
	wait_for(m, 0);
	assert_int_equal(skep_probe_state(probe), SKEP_MANAGER_LOADED);
	assert_int_equal(skep_probe_is_active(probe, &err), 0);
	assert_told(skep_probe_error(probe), SKEP_ERR_NOT_FOUND, "'v1' is gone");
	assert_int_equal(told.count, 1);
	assert_int_equal(skep_probe_attach(probe, &err), -ENODEV);
	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	wait_for(m, 1);
	assert_int_equal(skep_probe_state(probe), SKEP_MANAGER_RUNNING);
	assert_int_equal(skep_probe_error(probe)->code, 0);
	assert_int_equal(seen(m, "v0"), FRAMES);
	/* who does not dispatch asks for it */
	assert_int_equal(lab_link_delete("v0"), 0);
	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	assert_done(skep_probe_attach(probe, &err), &err);
	assert_int_equal(seen(m, "v0"), FRAMES);
	skep_manager_close(m);
}
IN_PROCESS(interface__of_a_name_is_attached_to_again_when_it_is_back, enter)

static int count_failed(const struct skep_manager_report_row *row, void *userdata)
{
	if (row->code && strstr(row->reason, "v1") && row->state == SKEP_MANAGER_LOADED)
		++*(unsigned *)userdata;
	return 0;
}

static unsigned rows_failed(const struct skep_manager *m)
{
	unsigned count = 0;

	assert_int_equal(skep_manager_report(m, count_failed, &count), 0);
	return count;
}

static void interfaces__that_fail_are_told_once_and_tried_again_inside(void)
{
	const struct skep_log log = { .fn = hear };
	const struct skep_manager_opts o = { .sz = sizeof(o),
					     .log = &log,
					     .retry_delay_ns = 20000000 };
	const struct skep_probe_spec probe = { .program = "on_tc",
					       .interface = "v*1",
					       .method = SKEP_ATTACH_METHOD_CLSACT,
					       .direction = SKEP_DIRECTION_INGRESS };
	struct skep_manager *m;
	struct skep_error err = { 0 };
	int i;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	assert_int_equal(lab_veth_create("vx0", "vx1", true), 0);
	assert_int_equal(lab_qdisc_add("v1", "ingress"), 0); /* in the place of clsact */
	m = managed_open_with(&probe, 1, &o);
	told.count = 0;
	managed_run(m);
	assert_int_equal(rows_failed(m), 1);
	assert_non_null(strstr(skep_probe_error(skep_manager_probe_at(m, 0))->msg, "v1"));
	assert_true(skep_manager_deadline_ns(m) < UINT64_MAX);
	for (i = 0; i < 3; i++) {
		assert_int_equal(lab_link_down("v1"), 0);
		assert_int_equal(lab_link_up("v1"), 0);
		assert_true(skep_manager_wait(m, 30000000, &err) >= 0);
	}
	assert_int_equal(told.count, 1);
	assert_int_equal(rows_failed(m), 1);
	assert_int_equal(lab_qdisc_delete("v1", "ingress"), 0);
	wait_for(m, 2);
	assert_int_equal(rows_failed(m), 0);
	assert_int_equal(skep_probe_error(skep_manager_probe_at(m, 0))->code, 0);
	assert_true(skep_manager_deadline_ns(m) == UINT64_MAX);
	assert_int_equal(seen(m, "v0"), FRAMES);
	skep_manager_close(m);
}
IN_PROCESS(interfaces__that_fail_are_told_once_and_tried_again, enter)

static void interface__that_moves_with_a_program_is_told_inside(void)
{
	_cleanup_close_ int netns_fd = lab_netns_new();
	const struct skep_log log = { .fn = hear };
	const struct skep_manager_opts o = { .sz = sizeof(o), .log = &log };
	struct skep_probe_spec probe = { .program = "on_xdp", .interface = "v1" };
	struct skep_manager *m;
	struct skep_error err = { 0 };
	int i;

	assert_true(netns_fd >= 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(lab_veth_create("v0", "v1", true), 0);
		probe.method = i ? 0 : SKEP_ATTACH_METHOD_NETLINK;
		m = managed_open_with(&probe, 1, &o);
		managed_run(m);
		told.count = 0;
		assert_int_equal(lab_link_set_netns("v1", netns_fd), 0);
		assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
		assert_int_equal(told.count, 1);
		/* a link does not */
		assert_int_equal(strstr(told.text[0], "stays attached") == NULL, i);
		skep_manager_close(m);
		assert_int_equal(lab_link_delete("v0"), 0);
	}
}
IN_PROCESS(interface__that_moves_with_a_program_is_told, enter)

static void probe__tells_that_others_have_removed_it_inside(void)
{
	static const uint64_t methods[] = { SKEP_ATTACH_METHOD_CLSACT, 0 };
	struct skep_probe_spec probe = { .program = "on_tc",
					 .interface = "v1",
					 .direction = SKEP_DIRECTION_INGRESS };
	struct skep_error err = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_manager *m;

		assert_int_equal(lab_veth_create("v0", "v1", true), 0);
		probe.method = methods[i];
		m = managed_open(&probe, 1);
		managed_run(m);
		assert_int_equal(skep_probe_is_active(skep_manager_probe_at(m, 0), &err), 1);
		if (methods[i]) { /* flushed by somebody */
			assert_int_equal(lab_qdisc_delete("v1", "clsact"), 0);
			assert_int_equal(skep_probe_is_active(skep_manager_probe_at(m, 0), &err),
					 0);
		}
		assert_int_equal(lab_link_delete("v0"), 0);
		assert_int_equal(skep_probe_is_active(skep_manager_probe_at(m, 0), &err), 0);
		assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
		skep_manager_close(m);
	}
}
IN_PROCESS(probe__tells_that_others_have_removed_it, enter)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netns__is_let_go_of_and_can_end),
		cmocka_unit_test(netns__that_is_let_go_of_leaves_the_selector),
		cmocka_unit_test(killed__filters_go_with_the_next_start_and_others_stay),
		cmocka_unit_test(killed__events_go_with_the_next_start_and_others_stay),
		cmocka_unit_test(interfaces__come_and_go),
		cmocka_unit_test(interfaces__that_all_fail_are_a_failure),
		cmocka_unit_test(interfaces__of_a_namespace_are_followed_by_one_socket),
		cmocka_unit_test(interface__of_a_name_is_attached_to_again_when_it_is_back),
		cmocka_unit_test(interfaces__that_fail_are_told_once_and_tried_again),
		cmocka_unit_test(interface__that_moves_with_a_program_is_told),
		cmocka_unit_test(probe__tells_that_others_have_removed_it),
	};

	assert_true(argc == 2);
	managed_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
