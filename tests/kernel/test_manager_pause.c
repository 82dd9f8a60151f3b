/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Pausing, for each type of program that the kernel has: while it is paused the program does not run, what it would have
 * refused is let pass, and all is as before once it is resumed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/cgroup.h>
#include <skep/direction.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/foreign.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/netns.h"
#include "lab/poll.h"
#include "lab/send.h"
#include "lab/tc.h"
#include "managed.h"

#define TRIES 4
#define WAIT_MS 10000

/* What happens so that the program runs. Return: 1 it was let pass; 0 it was refused; -1 nobody can refuse it. */
typedef int (*cause_fn)(void);

struct fires {
	const struct skep_manager *m;
	enum probes_slot slot;
	cause_fn cause;
	int passed;
};

/* Return: how often the program has run. */
static uint64_t fire(struct fires *f)
{
	const uint64_t before = managed_count(f->m, f->slot);
	int i;

	for (i = 0; i < TRIES; i++)
		f->passed = f->cause();
	return managed_count(f->m, f->slot) - before;
}

/* @refuses: the program lets nothing pass that it sees. */
static void check_pause(struct skep_manager *m, enum probes_slot slot, cause_fn cause, int refuses)
{
	struct fires f = { .m = m, .slot = slot, .cause = cause };
	struct skep_error err = { 0 };

	assert_true(fire(&f) >= TRIES);
	assert_int_equal(f.passed, refuses ? 0 : -1);
	assert_done(skep_manager_pause(m, &err), &err);
	assert_int_equal(fire(&f), 0);
	assert_int_equal(f.passed, refuses ? 1 : -1);
	assert_done(skep_manager_resume(m, &err), &err);
	assert_true(fire(&f) >= TRIES);
	assert_int_equal(f.passed, refuses ? 0 : -1);
	/* by itself */
	assert_done(skep_probe_pause(skep_manager_probe_at(m, 0), &err), &err);
	assert_int_equal(fire(&f), 0);
	assert_int_equal(f.passed, refuses ? 1 : -1);
	assert_done(skep_manager_pause(m, &err), &err);
	assert_done(skep_manager_resume(m, &err), &err);
	assert_int_equal(fire(&f), 0); /* still by itself */
	assert_done(skep_probe_resume(skep_manager_probe_at(m, 0), &err), &err);
	assert_true(fire(&f) >= TRIES);
}

static void check(const struct skep_probe_spec *probe, enum probes_slot slot, cause_fn cause,
		  int refuses)
{
	struct skep_manager *m = managed_open(probe, 1);
	struct skep_error err = { 0 };

	managed_run(m);
	check_pause(m, slot, cause, refuses);
	assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
	skep_manager_close(m);
}

/* Return: 1 this kernel has such hooks. */
/* Else the test is for another kernel. */
static void need(uint32_t family)
{
	struct skep_error err = { 0 };
	int r = skep_attach_supported(NULL, family, SKEP_ATTACH_METHOD_AUTO, &err);

	if (r == -EPERM || assert_done(r, &err) != 1) /* lockdown forbids what traces functions */
		lab_skip();
}

static void enter(void)
{
	hook_enter();
	assert_int_equal(lab_netns_enter(), 0);
}

/* Tracing */

static int ask_group(void)
{
	return getpgid(0) > 0 ? -1 : 0;
}

static void pause__tracepoint_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_getpgid" };

	check(&probe, PROBES_TRACEPOINT, ask_group, 0);
}
IN_PROCESS(pause__tracepoint, enter)

static void pause__raw_tracepoint_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_sys_enter" };

	check(&probe, PROBES_RAW_TRACEPOINT, ask_group, 0);
}
IN_PROCESS(pause__raw_tracepoint, enter)

__attribute__((noinline)) int managed_target(int x);
__attribute__((noinline)) int managed_target(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

static int call_target(void)
{
	return managed_target(1) == 2 ? -1 : 0;
}

static void pause__uprobe_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_uprobe",
					       .file = "/proc/self/exe",
					       .symbol = "managed_target" };

	need(SKEP_ATTACH_FAMILY_UPROBE);
	check(&probe, PROBES_UPROBE, call_target, 0);
}
IN_PROCESS(pause__uprobe, enter)

static void pause__uretprobe_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_uretprobe",
					       .file = "/proc/self/exe",
					       .symbol = "managed_target" };

	need(SKEP_ATTACH_FAMILY_URETPROBE);
	check(&probe, PROBES_URETPROBE, call_target, 0);
}
IN_PROCESS(pause__uretprobe, enter)

static void pause__kprobe_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_kprobe", .syscall = "getpgid" };

	need(SKEP_ATTACH_FAMILY_KPROBE);
	check(&probe, PROBES_KPROBE, ask_group, 0);
}
IN_PROCESS(pause__kprobe, enter)

static void pause__kretprobe_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_kretprobe", .syscall = "getpgid" };

	need(SKEP_ATTACH_FAMILY_KRETPROBE);
	check(&probe, PROBES_KRETPROBE, ask_group, 0);
}
IN_PROCESS(pause__kretprobe, enter)

static void pause__fentry_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_fentry", .syscall = "getpgid" };

	need(SKEP_ATTACH_FAMILY_FENTRY);
	check(&probe, PROBES_FENTRY, ask_group, 0);
}
IN_PROCESS(pause__fentry, enter)

static void pause__fexit_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_fexit", .syscall = "getpgid" };

	need(SKEP_ATTACH_FAMILY_FEXIT);
	check(&probe, PROBES_FEXIT, ask_group, 0);
}
IN_PROCESS(pause__fexit, enter)

static int may_ask_group(void)
{
	return getpgid(getpid()) > 0; /* 0 is not asked about */
}

static void pause__fmod_ret_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_fmod_ret" };

	need(SKEP_ATTACH_FAMILY_FMOD_RET);
	check(&probe, PROBES_FMOD_RET, may_ask_group, 1);
}
IN_PROCESS(pause__fmod_ret, enter)

static void pause__lsm_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_lsm" };

	need(SKEP_ATTACH_FAMILY_LSM);
	check(&probe, PROBES_LSM, may_ask_group, 1);
}
IN_PROCESS(pause__lsm, enter)

static void pause__tp_btf_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_tp_btf" };

	need(SKEP_ATTACH_FAMILY_TP_BTF);
	check(&probe, PROBES_TP_BTF, ask_group, 0);
}
IN_PROCESS(pause__tp_btf, enter)

/* Samples come when they come: another manager tells that they do. */
static const struct skep_manager *sampled;

static bool has_samples(void *userdata)
{
	return managed_count(sampled, PROBES_PERF_EVENT) >= *(const uint64_t *)userdata;
}

static int work(void)
{
	uint64_t enough = managed_count(sampled, PROBES_PERF_EVENT) + 8;

	assert_true(lab_until(lab_in_ms(WAIT_MS), has_samples, &enough));
	return -1;
}

static void pause__perf_event_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_sample",
					       .event_type = 1, /* software: the CPU's clock */
					       .frequency = 1000 };
	struct skep_manager *m = managed_open(&probe, 1), *witness = managed_open(&probe, 1);

	managed_run(witness);
	sampled = witness;
	managed_run(m);
	check_pause(m, PROBES_PERF_EVENT, work, 0);
	skep_manager_close(m);
	skep_manager_close(witness);
}
IN_PROCESS(pause__perf_event, enter)

/* Packets */

static struct lab_foreign witness;
static struct lab_frame frame;

/* Does a frame that is sent at the other end come as far as the witness? */
static int send_frame(void)
{
	const uint64_t before = lab_foreign_packets(&witness);

	assert_int_equal(lab_send("v0", &frame), 0);
	return lab_foreign_packets(&witness) != before;
}

static void make_wire(void)
{
	const struct lab_foreign_opts opts = { .name = "witness", .action = TC_ACT_UNSPEC };

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	lab_ether(&frame, LAB_MAC_A, LAB_MAC_B, ETH_P_IP);
	lab_ipv4(&frame, "10.0.0.1", "10.0.0.2", IPPROTO_UDP);
	lab_udp(&frame, 1025, 53);
	lab_finish(&frame);
	assert_int_equal(lab_foreign_load(&opts, &witness), 0);
	/* behind all that tests attach */
	assert_int_equal(lab_foreign_attach_clsact(&witness, "v1", LAB_INGRESS, 60000, 1, "w"), 0);
}

static void pause__xdp_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_xdp", .interface = "v1" };

	make_wire();
	check(&probe, PROBES_XDP, send_frame, 1);
	lab_foreign_close(&witness);
}
IN_PROCESS(pause__xdp, enter)

static void pause__tc_inside(void)
{
	static const uint64_t methods[] = { SKEP_ATTACH_METHOD_CLSACT, 0 };
	struct skep_probe_spec probe = { .program = "on_tc",
					 .interface = "v1",
					 .direction = SKEP_DIRECTION_INGRESS };
	size_t i;

	make_wire();
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		probe.method = methods[i];
		check(&probe, PROBES_TC, send_frame, 1);
	}
	lab_foreign_close(&witness);
}
IN_PROCESS(pause__tc, enter)

/* Sockets */

static int udp_fd;
static struct sockaddr_in udp_address;

static void make_socket(void)
{
	socklen_t len = sizeof(udp_address);

	udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(udp_fd >= 0);
	udp_address = (struct sockaddr_in){ .sin_family = AF_INET };
	udp_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(udp_fd, (struct sockaddr *)&udp_address, len), 0);
	assert_int_equal(getsockname(udp_fd, (struct sockaddr *)&udp_address, &len), 0);
}

/* Sends itself a byte, which arrives on the way. */
static int send_byte(void)
{
	char byte = 'x';

	sendto(udp_fd, &byte, 1, 0, (struct sockaddr *)&udp_address, sizeof(udp_address));
	return recv(udp_fd, &byte, 1, 0) == 1;
}

static void pause__socket_filter_inside(void)
{
	struct skep_probe_spec probe = { .program = "on_filter" };

	make_socket();
	probe.socket_fd = (uint64_t)udp_fd;
	check(&probe, PROBES_SOCKET_FILTER, send_byte, 1);
	close(udp_fd);
}
IN_PROCESS(pause__socket_filter, enter)

static void pause__netfilter_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_netfilter",
					       .protocol_family = 2, /* NFPROTO_IPV4 */
					       .hook = 1,            /* NF_INET_LOCAL_IN */
					       .hook_priority = 1 };

	need(SKEP_ATTACH_FAMILY_NETFILTER);
	make_socket();
	check(&probe, PROBES_NETFILTER, send_byte, 1);
	close(udp_fd);
}
IN_PROCESS(pause__netfilter, enter)

static int listening_fd;
static struct sockaddr_in listening_address;

static void make_server(void)
{
	socklen_t len = sizeof(listening_address);

	listening_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(listening_fd >= 0);
	listening_address = (struct sockaddr_in){ .sin_family = AF_INET };
	listening_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listening_fd, (struct sockaddr *)&listening_address, len), 0);
	assert_int_equal(getsockname(listening_fd, (struct sockaddr *)&listening_address, &len), 0);
	assert_int_equal(listen(listening_fd, 16), 0);
}

static int try_connect(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	assert_true(fd >= 0);
	r = connect(fd, (struct sockaddr *)&listening_address, sizeof(listening_address));
	close(fd);
	return r == 0;
}

static void pause__sk_lookup_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_lookup" };

	need(SKEP_ATTACH_FAMILY_SK_LOOKUP);
	make_server();
	check(&probe, PROBES_SK_LOOKUP, try_connect, 1);
	close(listening_fd);
}
IN_PROCESS(pause__sk_lookup, enter)

/* A connection, of which one end is in the map of the object. */
static int in_map, peer;

static void connect_pair(const struct skep_manager *m)
{
	const struct skep_loaded_map *map = skep_loaded_map_find(skep_manager_loaded(m), "sockets");
	const uint32_t key = 0;
	uint64_t value;

	make_server();
	in_map = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		connect(in_map, (struct sockaddr *)&listening_address, sizeof(listening_address)),
		0);
	peer = accept(listening_fd, NULL, NULL);
	assert_true(in_map >= 0 && peer >= 0);
	value = (uint64_t)in_map;
	assert_int_equal(skep_sys_map_update(skep_map_fd(map->map), &key, &value, 0), 0);
}

static bool can_receive(void *userdata)
{
	char byte;

	return recv(*(const int *)userdata, &byte, 1, MSG_DONTWAIT) == 1;
}

static struct skep_manager *messages; /* whose program is asked */
static enum probes_slot message_slot;

static bool is_seen(void *userdata)
{
	return managed_count(messages, message_slot) > *(const uint64_t *)userdata;
}

/* A stream's verdict comes a moment later: either it has run, or the byte arrives. */
static int send_to_map(void)
{
	uint64_t before = managed_count(messages, message_slot);
	const int paused =
		skep_probe_state(skep_manager_probe_at(messages, 0)) == SKEP_MANAGER_PAUSED;

	assert_int_equal(send(peer, "x", 1, 0), 1);
	if (paused)
		return lab_until(lab_in_ms(WAIT_MS), can_receive, &in_map);
	assert_true(lab_until(lab_in_ms(WAIT_MS), is_seen, &before));
	return can_receive(&in_map);
}

static int send_from_map(void)
{
	assert_int_equal(send(in_map, "x", 1, 0), 1);
	return lab_until(lab_in_ms(WAIT_MS), can_receive, &peer) ? -1 : 0;
}

static void check_sockmap(const struct skep_probe_spec *probe, enum probes_slot slot,
			  cause_fn cause, int refuses)
{
	struct skep_manager *m = managed_open(probe, 1);

	messages = m;
	message_slot = slot;
	managed_run(m);
	connect_pair(m);
	check_pause(m, slot, cause, refuses);
	close(in_map);
	close(peer);
	close(listening_fd);
	skep_manager_close(m);
}

static void pause__sk_skb_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_verdict", .map = "sockets" };

	check_sockmap(&probe, PROBES_SK_SKB, send_to_map, 1);
}
IN_PROCESS(pause__sk_skb, enter)

static void pause__sk_msg_inside(void)
{
	const struct skep_probe_spec probe = { .program = "on_message", .map = "sockets" };

	check_sockmap(&probe, PROBES_SK_MSG, send_from_map, 0);
}
IN_PROCESS(pause__sk_msg, enter)

/* Control groups */

static void move_to(const char *directory)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0", 1), 1);
	close(fd);
}

static void check_cgroup(const char *program, enum probes_slot slot, cause_fn cause)
{
	struct skep_probe_spec probe = { .program = program };
	char group[512];
	char *root = NULL;
	int fd = fixture_cgroup();

	assert_int_equal(skep_cgroup_root(&root, NULL), 0);
	snprintf(group, sizeof(group), "%s/skep-test-%d", root, getpid());
	move_to(group);
	probe.cgroup = group;
	make_socket(); /* it is of the group in which it was made */
	check(&probe, slot, cause, 1);
	close(udp_fd);
	move_to(root);
	free(root);
	fixture_cgroup_remove(fd);
}

static void pause__cgroup_skb_inside(void)
{
	check_cgroup("on_egress", PROBES_CGROUP_SKB, send_byte);
}
IN_PROCESS(pause__cgroup_skb, enter)

static int make_any_socket(void)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void pause__cgroup_sock_inside(void)
{
	check_cgroup("on_socket", PROBES_CGROUP_SOCK, make_any_socket);
}
IN_PROCESS(pause__cgroup_sock, enter)

static int bind_any(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r;

	assert_true(fd >= 0);
	r = bind(fd, (const struct sockaddr *)&any, sizeof(any));
	close(fd);
	return r == 0;
}

static void pause__cgroup_sock_addr_inside(void)
{
	check_cgroup("on_bind", PROBES_CGROUP_ADDR, bind_any);
}
IN_PROCESS(pause__cgroup_sock_addr, enter)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pause__tracepoint),    cmocka_unit_test(pause__raw_tracepoint),
		cmocka_unit_test(pause__uprobe),        cmocka_unit_test(pause__uretprobe),
		cmocka_unit_test(pause__kprobe),        cmocka_unit_test(pause__kretprobe),
		cmocka_unit_test(pause__fentry),        cmocka_unit_test(pause__fexit),
		cmocka_unit_test(pause__fmod_ret),      cmocka_unit_test(pause__lsm),
		cmocka_unit_test(pause__tp_btf),        cmocka_unit_test(pause__perf_event),
		cmocka_unit_test(pause__xdp),           cmocka_unit_test(pause__tc),
		cmocka_unit_test(pause__socket_filter), cmocka_unit_test(pause__netfilter),
		cmocka_unit_test(pause__sk_lookup),     cmocka_unit_test(pause__sk_skb),
		cmocka_unit_test(pause__sk_msg),        cmocka_unit_test(pause__cgroup_skb),
		cmocka_unit_test(pause__cgroup_sock),   cmocka_unit_test(pause__cgroup_sock_addr),
	};

	assert_true(argc == 2);
	managed_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
