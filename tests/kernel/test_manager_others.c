/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes at interfaces where others add and remove, too, and how often they are tried. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/direction.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/object_spec.h>
#include <skep/sys_prog.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/foreign.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/netns.h"
#include "lab/poll.h"
#include "lab/privilege.h"
#include "lab/send.h"
#include "lab/tc.h"
#include "managed.h"

#define SENT 3
#define WAIT_MS 10000

static void enter(void)
{
	hook_enter();
	assert_int_equal(lab_netns_enter(), 0);
}

/* What is dropped on the way out is no error here. */
static int send_from(void *userdata)
{
	struct lab_frame f = { 0 };
	int i;

	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, 0x0800);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", 17);
	lab_udp(&f, 1, 2);
	lab_payload(&f, 40);
	lab_finish(&f);
	for (i = 0; i < SENT; i++)
		lab_send(userdata, &f);
	return 0;
}

struct seen {
	const struct skep_manager *m;
	enum probes_slot slot;
	uint64_t least;
};

static bool has_seen(void *userdata)
{
	const struct seen *s = userdata;

	return managed_count(s->m, s->slot) >= s->least;
}

/* A veth's other end receives a moment later. */
static void assert_sees(const struct skep_manager *m, enum probes_slot slot, uint64_t packets)
{
	struct seen s = { m, slot, packets };

	if (!lab_until(lab_in_ms(WAIT_MS), has_seen, &s))
		fail_msg("%llu packets, not %llu", (unsigned long long)managed_count(m, slot),
			 (unsigned long long)packets);
}

static const struct skep_probe_spec at_v0 = { .program = "on_tc",
					      .interface = "v0",
					      .method = SKEP_ATTACH_METHOD_CLSACT,
					      .direction = SKEP_DIRECTION_INGRESS };

static void filter__of_others_stays_with_its_qdisc_inside(void)
{
	const struct lab_foreign_opts opts = { .name = "theirs", .action = -1 };
	struct lab_foreign foreign;
	struct skep_manager *m;
	struct skep_error err = { 0 };

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	m = managed_open(&at_v0, 1);
	managed_run(m);
	assert_true(lab_qdisc_has("v0", "clsact"));
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	assert_false(lab_qdisc_has("v0", "clsact")); /* we had made it */

	assert_int_equal(lab_foreign_load(&opts, &foreign), 0);
	assert_int_equal(lab_foreign_attach_clsact(&foreign, "v0", LAB_INGRESS, 1, 0, "theirs"), 0);
	managed_run(m);
	send_from("v1");
	assert_sees(m, PROBES_TC, SENT);
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	assert_true(lab_filter_find("v0", LAB_INGRESS, "theirs", NULL));
	assert_true(lab_qdisc_has("v0", "clsact"));
	assert_int_equal(lab_filter_list("v0", LAB_INGRESS, NULL, 0), 1);
	assert_true(lab_foreign_packets(&foreign) >= SENT);
	skep_manager_close(m);
	lab_foreign_close(&foreign);
}
IN_PROCESS(filter__of_others_stays_with_its_qdisc, enter)

static void filter__that_somebody_removed_is_not_active_inside(void)
{
	struct lab_filter filter;
	struct skep_manager *m;
	struct skep_probe *p;
	struct skep_error err = { 0 };

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	m = managed_open(&at_v0, 1);
	p = skep_manager_probe_at(m, 0);
	managed_run(m);
	assert_int_equal(skep_probe_is_active(p, &err), 1);
	assert_int_equal(lab_filter_list("v0", LAB_INGRESS, &filter, 1), 1);
	assert_int_equal(lab_filter_delete("v0", LAB_INGRESS, filter.priority, filter.handle), 0);
	assert_int_equal(skep_probe_is_active(p, &err), 0);
	assert_done(skep_probe_detach(p, &err), &err);
	assert_int_equal(skep_probe_is_active(p, &err), 0);
	assert_done(skep_probe_attach(p, &err), &err);
	assert_int_equal(skep_probe_is_active(p, &err), 1);
	send_from("v1");
	assert_sees(m, PROBES_TC, SENT);
	/* the whole qdisc */
	assert_int_equal(lab_qdisc_delete("v0", "clsact"), 0);
	assert_int_equal(skep_probe_is_active(p, &err), 0);
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	skep_manager_close(m);
}
IN_PROCESS(filter__that_somebody_removed_is_not_active, enter)

static void interface__that_is_deleted_is_no_error_inside(void)
{
	static const uint64_t methods[] = { SKEP_ATTACH_METHOD_CLSACT, 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		const struct skep_probe_spec probes[] = {
			{ .program = "on_tc",
			  .interface = "v0",
			  .method = methods[i],
			  .direction = SKEP_DIRECTION_INGRESS },
			{ .program = "on_xdp", .interface = "v0" },
		};
		struct skep_manager *m;
		struct skep_error err = { 0 };

		assert_int_equal(lab_veth_create("v0", "v1", true), 0);
		m = managed_open(probes, ARRAY_SIZE(probes));
		managed_run(m);
		assert_int_equal(skep_probe_is_active(skep_manager_probe_at(m, 0), &err), 1);
		assert_int_equal(skep_probe_is_active(skep_manager_probe_at(m, 1), &err), 1);
		assert_int_equal(lab_link_delete("v0"), 0);
		assert_int_equal(skep_probe_is_active(skep_manager_probe_at(m, 0), &err), 0);
		assert_int_equal(skep_probe_is_active(skep_manager_probe_at(m, 1), &err), 0);
		assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
		assert_int_equal(skep_manager_load(m, &err), 0);
		assert_int_equal(skep_manager_start(m, &err), -ENODEV);
		assert_non_null(strstr(err.msg, "v0"));
		skep_manager_close(m);
	}
}
IN_PROCESS(interface__that_is_deleted_is_no_error, enter)

/* Without links: somebody else takes the program away. */

static int take_away(const struct skep_probe *p, uint32_t target, uint32_t attach_type)
{
	const struct skep_attr_prog_attach attr = {
		.target = target,
		.attach_bpf_fd = (uint32_t)skep_probe_program(p)->fd,
		.attach_type = attach_type,
	};
	struct skep_error err = { 0 };

	return assert_done(skep_sys_prog_detach(&attr, sizeof(attr), &err), &err);
}

/* Fails the test unless it is active until @target is without the program. */
static void check_taken_away(const struct skep_probe_spec *probe, uint32_t target,
			     uint32_t attach_type)
{
	struct skep_manager *m = managed_open(probe, 1);
	struct skep_probe *p = skep_manager_probe_at(m, 0);
	struct skep_error err = { 0 };

	managed_run(m);
	assert_int_equal(skep_probe_is_active(p, &err), 1);
	take_away(p, target, attach_type);
	assert_int_equal(skep_probe_is_active(p, &err), 0);
	assert_done(skep_probe_attach(p, &err), &err);
	assert_int_equal(skep_probe_is_active(p, &err), 1);
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	skep_manager_close(m);
}

static void group__that_somebody_emptied_is_not_active_inside(void)
{
	int group = fixture_cgroup();
	const struct skep_probe_spec probes[] = {
		{ .program = "on_egress",
		  .cgroup_fd = (uint64_t)group,
		  .method = SKEP_ATTACH_METHOD_PROG_ATTACH },
		{ .program = "on_egress",
		  .cgroup_fd = (uint64_t)group,
		  .method = SKEP_ATTACH_METHOD_PROG_ATTACH,
		  .cgroup_alone = 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		check_taken_away(&probes[i], (uint32_t)group, SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS);
	fixture_cgroup_remove(group);
}
IN_PROCESS(group__that_somebody_emptied_is_not_active, enter)

static void interface__whose_list_somebody_emptied_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_tc",
					       .interface = "v0",
					       .method = SKEP_ATTACH_METHOD_PROG_ATTACH,
					       .direction = SKEP_DIRECTION_INGRESS };

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	check_taken_away(&probe, if_nametoindex("v0"), SKEP_ATTACH_TYPE_TCX_INGRESS);
}
IN_PROCESS(interface__whose_list_somebody_emptied, enter)

static void interface__whose_list_somebody_emptied_is_not_active(void **state)
{
	if (skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_TC, SKEP_ATTACH_METHOD_PROG_ATTACH,
				  NULL) != 1)
		skip(); /* no TCX before 6.6 */
	interface__whose_list_somebody_emptied(state);
}

static void sockmap__that_somebody_emptied_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_message",
					       .map = "sockets",
					       .method = SKEP_ATTACH_METHOD_PROG_ATTACH };
	struct skep_manager *m = managed_open(&probe, 1);
	struct skep_probe *p = skep_manager_probe_at(m, 0);
	struct skep_error err = { 0 };

	managed_run(m);
	assert_int_equal(skep_probe_is_active(p, &err), 1);
	take_away(
		p,
		(uint32_t)skep_map_fd(skep_loaded_map_find(skep_manager_loaded(m), "sockets")->map),
		SKEP_ATTACH_TYPE_SK_MSG_VERDICT);
	assert_int_equal(skep_probe_is_active(p, &err), 0);
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	skep_manager_close(m);
}
IN_PROCESS(sockmap__that_somebody_emptied, enter)

static void sockmap__that_somebody_emptied_is_not_active(void **state)
{
	if (!fixture_kernel_has("BPF_TRACE_KPROBE_MULTI"))
		skip(); /* before 5.18 it cannot be asked for */
	sockmap__that_somebody_emptied(state);
}

static void socket__without_its_filter_is_not_active_inside(void)
{
	struct sock_filter pass[] = { BPF_STMT(BPF_RET | BPF_K, 0xffff) };
	const struct sock_fprog old = { .len = 1, .filter = pass };
	int nothing = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct skep_probe_spec probe = { .program = "on_filter", .socket_fd = (uint64_t)fd };
	struct skep_manager *m = managed_open(&probe, 1);
	struct skep_probe *p = skep_manager_probe_at(m, 0);
	struct skep_error err = { 0 };

	managed_run(m);
	assert_int_equal(skep_probe_is_active(p, &err), 1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_DETACH_BPF, &nothing, sizeof(nothing)), 0);
	assert_int_equal(skep_probe_is_active(p, &err), 0);
	assert_done(skep_probe_attach(p, &err), &err);
	assert_int_equal(skep_probe_is_active(p, &err), 1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &old, sizeof(old)), 0);
	assert_int_equal(skep_probe_is_active(p, &err), 0);
	assert_done(skep_probe_attach(p, &err), &err);
	assert_int_equal(skep_probe_is_active(p, &err), 1);
	close(fd);
	assert_int_equal(skep_probe_is_active(p, &err), 0);
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	skep_manager_close(m);
}
IN_PROCESS(socket__without_its_filter_is_not_active, enter)

static bool follows(void *userdata)
{
	struct skep_manager *m = userdata;
	struct skep_error err = { 0 };

	assert_done(skep_manager_dispatch(m, 0, &err), &err);
	return skep_probe_attachment_count(skep_manager_probe_at(m, 1)) == 2;
}

/* Filters of netlink, notifications of interfaces, and the gate are the parent's. */
static void fork__of_a_process_leaves_its_manager_alone_inside(void)
{
	const struct skep_probe_spec probes[] = {
		at_v0,
		{ .program = "on_xdp", .interface = "[vw]0" },
	};
	struct skep_manager *m;
	struct skep_error err = { 0 };
	int status = -1;
	pid_t pid;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	m = managed_open(probes, ARRAY_SIZE(probes));
	managed_run(m);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		skep_manager_close(m);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(skep_probe_is_active(skep_manager_probe_at(m, 0), &err), 1);
	assert_int_equal(skep_probe_is_active(skep_manager_probe_at(m, 1), &err), 1);
	send_from("v1");
	assert_sees(m, PROBES_XDP, SENT); /* which drops them */
	assert_int_equal(lab_veth_create("w0", "w1", true), 0);
	assert_true(lab_until(lab_in_ms(WAIT_MS), follows, m));
	assert_done(skep_manager_pause(m, &err), &err);
	assert_done(skep_manager_resume(m, &err), &err);
	send_from("w1");
	assert_sees(m, PROBES_XDP, 2 * SENT);
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	skep_manager_close(m);
}
IN_PROCESS(fork__of_a_process_leaves_its_manager_alone, enter)

static void retry__goes_on_as_often_as_it_is_told_inside(void)
{
	struct skep_probe_spec probe = at_v0;
	struct skep_manager *m;
	struct skep_error err = { 0 };

	probe.retry_count = 3;
	probe.retry_delay_ns = 1000000;
	m = managed_open(&probe, 1);
	assert_done(skep_manager_load(m, &err), &err);
	assert_int_equal(skep_manager_start(m, &err), -ENODEV);
	assert_int_equal(skep_probe_attempt_count(skep_manager_probe_at(m, 0)), 4);
	skep_manager_close(m);
}
IN_PROCESS(retry__goes_on_as_often_as_it_is_told, enter)

/* A file, a group or a namespace may come; a function does not come into a file. */
static void retry__waits_for_what_may_come_inside(void)
{
	static const struct {
		struct skep_probe_spec probe;
		uint64_t attempts;
	} cases[] = {
		{ { .program = "on_uprobe", .file = "/nowhere/at/all", .symbol = "main" }, 3 },
		{ { .program = "on_uprobe", .file = "/proc/self/exe", .symbol = "no_such" }, 1 },
		{ { .program = "on_uprobe", .file = "/proc/self/exe", .address = 1ull << 60 }, 1 },
		{ { .program = "on_xdp", .interface = "lo", .netns = "/nowhere/at/all" }, 3 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct skep_manager_opts o = { .sz = sizeof(o), .retry_count = 2 };
		struct skep_manager *m = managed_open_with(&cases[i].probe, 1, &o);
		struct skep_error err = { 0 };

		assert_done(skep_manager_load(m, &err), &err);
		assert_int_equal(skep_manager_start(m, &err), -ENOENT);
		assert_int_equal(skep_probe_attempt_count(skep_manager_probe_at(m, 0)),
				 cases[i].attempts);
		skep_manager_close(m);
	}
}
IN_PROCESS(retry__waits_for_what_may_come, enter)

static int exclude_all_but_uprobe(const struct skep_object_program *program, void *userdata)
{
	(void)userdata;
	return strcmp(program->name, "on_uprobe") != 0;
}

/* Kernels ask for CAP_PERFMON or for more: those who do name it. */
static int start_uprobe(void *userdata)
{
	const struct skep_probe_spec probe = { .program = "on_uprobe",
					       .file = "/proc/self/exe",
					       .symbol = "main" };
	const struct skep_manager_opts o = { .sz = sizeof(o),
					     .probes = &probe,
					     .probe_count = 1,
					     .probe_sz = sizeof(probe),
					     .exclude_fn = exclude_all_but_uprobe };
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int r = skep_manager_open_file(managed_path, &o, &m, &err);

	(void)userdata;
	r = r < 0 ? r : skep_manager_load(m, &err);
	r = r < 0 ? r : skep_manager_start(m, &err);
	skep_manager_close(m);
	return r == -EACCES && strstr(err.msg, "without CAP_SYS_ADMIN") ? 0 : r;
}

static void uprobe__that_is_forbidden_names_the_capability(void **state)
{
	(void)state;
	assert_int_equal(lab_with_capabilities((uint64_t)1 << CAP_BPF | (uint64_t)1 << CAP_PERFMON |
						       (uint64_t)1 << CAP_NET_ADMIN,
					       start_uprobe, NULL),
			 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter__of_others_stays_with_its_qdisc),
		cmocka_unit_test(filter__that_somebody_removed_is_not_active),
		cmocka_unit_test(interface__that_is_deleted_is_no_error),
		cmocka_unit_test(group__that_somebody_emptied_is_not_active),
		cmocka_unit_test(interface__whose_list_somebody_emptied_is_not_active),
		cmocka_unit_test(sockmap__that_somebody_emptied_is_not_active),
		cmocka_unit_test(socket__without_its_filter_is_not_active),
		cmocka_unit_test(fork__of_a_process_leaves_its_manager_alone),
		cmocka_unit_test(retry__goes_on_as_often_as_it_is_told),
		cmocka_unit_test(retry__waits_for_what_may_come),
		cmocka_unit_test(uprobe__that_is_forbidden_names_the_capability),
	};

	assert_true(argc == 2);
	managed_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
