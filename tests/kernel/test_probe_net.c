/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes at interfaces, in namespaces, of control groups, sockets and maps: attached as data says, fired, detached. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach_tc.h>
#include <skep/attach_xdp.h>
#include <skep/cgroup.h>
#include <skep/kabi.h>
#include <skep/kabi_section.h>
#include <skep/loaded.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/map.h>
#include <skep/netns.h>
#include <skep/object.h>
#include <skep/object_load.h>
#include <skep/probe.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "bpf_fixture.h"
#include "counter.h"
#include "lab/frame.h"
#include "lab/link.h"
#include "lab/netns.h"
#include "lab/poll.h"
#include "lab/send.h"

#define NEXT (-1)
#define SENT 5

static const char *object_path, *table_path; /* probe.bpf.o, table.bpf.o */

/* A counting program as it were loaded from a section. */
struct counted {
	struct counter c;
	struct skep_probe_program p;
};

static void counted_open(const char *section, int32_t returned, struct counted *ret)
{
	const char *target = "";
	const struct skep_section_rule *rule = skep_section_find(section, &target);

	assert_non_null(rule);
	/* TCX and netkit take programs that were loaded for clsact, and old kernels know no other */
	counter_open(rule->prog_type,
		     rule->prog_type == SKEP_PROG_TYPE_SCHED_CLS ? 0 : rule->attach_type, returned,
		     &ret->c);
	ret->p = (struct skep_probe_program){ .section = section,
					      .attach_target = target,
					      .type = rule->prog_type,
					      .attach_type = rule->attach_type,
					      .fd = ret->c.prog_fd };
}

static struct skep_attachment *attach_with(const struct counted *c, const struct skep_probe_spec *s,
					   const struct skep_probe_attach_opts *o)
{
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_probe_spec_attach(s, &c->p, o, &a, &err), &err);
	assert_true(skep_attachment_is_attached(a));
	return a;
}

static struct skep_attachment *attach(const struct counted *c, const struct skep_probe_spec *s)
{
	return attach_with(c, s, NULL);
}

static void send_from(void *userdata)
{
	struct lab_frame f = { 0 };

	lab_ether(&f, LAB_MAC_A, LAB_MAC_B, 0x0800);
	lab_ipv4(&f, "10.0.0.1", "10.0.0.2", 17);
	lab_udp(&f, 1, 2);
	lab_payload(&f, 40);
	lab_finish(&f);
	assert_int_equal(lab_send_times(userdata, &f, SENT), 0);
}

static void fire_and_detach(const struct counted *c, struct skep_attachment *a,
			    void (*cause)(void *userdata), void *userdata)
{
	struct skep_error err = { 0 };

	assert_fires(&c->c, 1, cause, userdata);
	assert_int_equal(assert_done(skep_attachment_detach(a, &err), &err), 0);
	assert_fires(&c->c, 0, cause, userdata);
	skep_attachment_close(a);
}

static void tc__takes_direction_from_section_or_field_inside(void)
{
	const struct skep_probe_spec by_section = { .program = "p", .interface = "v0" },
				     by_field = { .program = "p",
						  .interface = "v0",
						  .direction = SKEP_DIRECTION_EGRESS };
	struct counted c, loose;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	counted_open("tcx/egress", NEXT, &c);
	counted_open("classifier/anything", NEXT, &loose);
	fire_and_detach(&c, attach(&c, &by_section), send_from, "v0");
	fire_and_detach(&loose, attach(&loose, &by_field), send_from, "v0");
	counter_close(&c.c);
	counter_close(&loose.c);
}
IN_BPFFS(tc__takes_direction_from_section_or_field)

static void tc__filter_has_what_the_probe_says_inside(void)
{
	struct skep_probe_spec spec = { .program = "p",
					.uid = "u",
					.direction = SKEP_DIRECTION_INGRESS,
					.priority = 1000,
					.handle = 2,
					.protocol = 0x0800 };
	struct skep_tc_filter filter = { 0 };
	struct skep_attachment *a;
	struct counted c;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	spec.ifindex = (uint64_t)lab_link_index("v0");
	counted_open("classifier/x", NEXT, &c);
	a = attach(&c, &spec);
	assert_int_equal(skep_attachment_method(a), SKEP_ATTACH_METHOD_CLSACT);
	assert_int_equal(skep_tc_filter_of(a, &filter), 0);
	assert_int_equal(filter.priority, 1000);
	assert_int_equal(filter.handle, 2);
	assert_int_equal(filter.protocol, 0x0800);
	assert_non_null(strstr(filter.name, ":p@u"));
	fire_and_detach(&c, a, send_from, "v1");
	counter_close(&c.c);
}
IN_BPFFS(tc__filter_has_what_the_probe_says)

static void interface__of_a_pattern_is_chosen_by_the_caller_inside(void)
{
	const struct skep_probe_spec spec = { .program = "p", .interface = "v*" };
	struct skep_probe_attach_opts o = { .sz = sizeof(o), .interface = "v0" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counted c;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	counted_open("tcx/egress", NEXT, &c);
	assert_int_equal(skep_probe_spec_attach(&spec, &c.p, NULL, &a, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "'v*' is a pattern");
	fire_and_detach(&c, attach_with(&c, &spec, &o), send_from, "v0");
	o.interface = NULL;
	o.ifindex = (uint64_t)lab_link_index("v1");
	fire_and_detach(&c, attach_with(&c, &spec, &o), send_from, "v1");
	counter_close(&c.c);
}
IN_BPFFS(interface__of_a_pattern_is_chosen_by_the_caller)

static int make_veth(void *userdata)
{
	(void)userdata;
	return lab_veth_create("v0", "v1", true);
}

static int send_there(void *userdata)
{
	send_from(userdata);
	return 0;
}

static void send_in(void *userdata)
{
	assert_int_equal(lab_netns_call(*(int *)userdata, send_there, "v0"), 0);
}

static void netns__is_named_in_every_way_inside(void)
{
	struct skep_probe_attach_opts o = { .sz = sizeof(o) };
	struct skep_error err = { 0 };
	struct skep_attachment *a = NULL;
	int there = lab_netns_new();
	struct counted c;
	char path[64];

	assert_true(there >= 0);
	assert_int_equal(lab_netns_call(there, make_veth, NULL), 0);
	counted_open("tcx/egress", NEXT, &c);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", there);
	const struct skep_probe_spec by_path = { .program = "p", .interface = "v0", .netns = path },
				     by_fd = { .program = "p",
					       .interface = "v0",
					       .netns_fd = (uint64_t)there },
				     by_pid = { .program = "p",
						.interface = "v0",
						.netns_pid = (uint64_t)getpid() },
				     plain = { .program = "p", .interface = "v0" };

	fire_and_detach(&c, attach(&c, &by_path), send_in, &there);
	fire_and_detach(&c, attach(&c, &by_fd), send_in, &there);
	assert_int_equal(skep_probe_spec_attach(&by_pid, &c.p, NULL, &a, &err), -ENODEV);
	assert_int_equal(skep_probe_spec_attach(&plain, &c.p, NULL, &a, &err), -ENODEV);
	assert_done(skep_netns_open_fd(there, &o.netns, &err), &err);
	fire_and_detach(&c, attach_with(&c, &plain, &o), send_in, &there);
	skep_netns_close(o.netns);
	close(there);
	counter_close(&c.c);
}
IN_BPFFS(netns__is_named_in_every_way)

/* XDP runs in the softirq of the receiver: wait until the far end has had it. */
static void send_to_v0(void *userdata)
{
	struct lab_link_stats before, after;
	uint64_t deadline = lab_in_ms(5000);

	(void)userdata;
	assert_int_equal(lab_link_stats("v0", &before), 0);
	send_from("v1");
	do
		assert_int_equal(lab_link_stats("v0", &after), 0);
	while (after.rx_packets < before.rx_packets + SENT && lab_now_ns() < deadline);
}

static void xdp__has_the_mode_of_the_probe_inside(void)
{
	const struct skep_probe_spec spec = { .program = "p",
					      .interface = "v0",
					      .xdp_mode = SKEP_XDP_MODE_SKB };
	struct skep_attachment *a;
	struct counted c;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	counted_open("xdp/ingress", 2, &c);
	a = attach(&c, &spec);
	assert_non_null(strstr(skep_attachment_target(a), "skb"));
	fire_and_detach(&c, a, send_to_v0, NULL);
	counter_close(&c.c);
}
IN_BPFFS(xdp__has_the_mode_of_the_probe)

static void netkit__is_chosen_by_section_or_field_inside(void)
{
	const struct skep_probe_spec by_section = { .program = "p", .interface = "k0" },
				     by_field = { .program = "p",
						  .interface = "k0",
						  .attach_type = SKEP_ATTACH_TYPE_NETKIT_PRIMARY };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counted c, loose;

	counted_open("netkit/peer", NEXT, &c);
	counted_open("tc", NEXT, &loose);
	if (lab_netkit_create("k0", "k1") == 0) {
		assert_int_equal(lab_link_up("k0"), 0);
		assert_int_equal(lab_link_up("k1"), 0);
		fire_and_detach(&c, attach(&c, &by_section), send_from, "k1");
		fire_and_detach(&loose, attach(&loose, &by_field), send_from, "k0");
	} else {
		assert_int_equal(lab_veth_create("k0", "k1", true), 0);
		assert_true(skep_probe_spec_attach(&by_section, &c.p, NULL, &a, &err) < 0);
		assert_int_equal(err.code == -EOPNOTSUPP || err.code == -ENXIO, 1);
	}
	counter_close(&c.c);
	counter_close(&loose.c);
}
IN_BPFFS(netkit__is_chosen_by_section_or_field)

static int udp_socket(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), reuse = 1;
	socklen_t len = sizeof(a);

	assert_true(fd >= 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &reuse, sizeof(reuse)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void send_to(void *userdata)
{
	const uint16_t *port = userdata;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(*port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)), 1);
	close(fd);
}

static void socket__is_given_by_its_fd_inside(void)
{
	struct skep_probe_spec spec = { .program = "p" };
	struct counted filter, reuse, lookup;
	uint16_t port = 0;
	int fd = udp_socket(&port);

	counted_open("socket/foo", -1, &filter);
	counted_open("sk_reuseport", 1, &reuse);
	counted_open("sk_lookup/x", 1, &lookup);
	fire_and_detach(&lookup, attach(&lookup, &spec), send_to, &port);
	spec.socket_fd = (uint64_t)fd;
	fire_and_detach(&filter, attach(&filter, &spec), send_to, &port);
	fire_and_detach(&reuse, attach(&reuse, &spec), send_to, &port);
	close(fd);
	counter_close(&filter.c);
	counter_close(&reuse.c);
	counter_close(&lookup.c);
}
IN_BPFFS(socket__is_given_by_its_fd)

static void flow_dissector__goes_into_a_namespace_inside(void)
{
	const struct skep_probe_spec spec = { .program = "p", .netns_pid = (uint64_t)getpid() };
	struct skep_error err = { 0 };
	struct skep_attachment *a;
	struct counted c;

	counted_open("flow_dissector", 0, &c);
	a = attach(&c, &spec);
	assert_int_equal(skep_attachment_family(a), SKEP_ATTACH_FAMILY_FLOW_DISSECTOR);
	assert_int_equal(skep_attachment_detach(a, &err), 0);
	skep_attachment_close(a);
	counter_close(&c.c);
}
IN_BPFFS(flow_dissector__goes_into_a_namespace)

static void netfilter_inside(void)
{
	const struct skep_probe_spec spec = {
		.program = "p", .protocol_family = 2, .hook = 3, .hook_priority = -10
	};
	uint16_t port = 0;
	int fd = udp_socket(&port);
	struct skep_attachment *a;
	struct counted c;

	counted_open("netfilter", 1, &c);
	a = attach(&c, &spec);
	assert_string_equal(skep_attachment_target(a), "ipv4 output, priority -10");
	fire_and_detach(&c, a, send_to, &port);
	close(fd);
	counter_close(&c.c);
}
IN_BPFFS(netfilter)

static void netfilter__has_hook_and_priority(void **state)
{
	if (!fixture_kernel_has("BPF_NETFILTER"))
		skip(); /* before 6.4 */
	netfilter(state);
}

static void write_pid(const char *directory)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs("0", f);
	assert_int_equal(fclose(f), 0);
}

static void cgroup__is_named_by_path_or_fd_inside(void)
{
	struct skep_probe_spec spec = { .program = "p" };
	int group = fixture_cgroup();
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	char *root = NULL, path[512], relative[64];
	uint16_t port = 0;
	struct counted c;
	int fd;

	assert_int_equal(skep_cgroup_root(&root, NULL), 0);
	snprintf(relative, sizeof(relative), "skep-test-%d", getpid());
	snprintf(path, sizeof(path), "%s/%s", root, relative);
	write_pid(path);
	fd = udp_socket(&port);
	counted_open("cgroup_skb/egress", 1, &c);
	spec.cgroup = path;
	fire_and_detach(&c, attach(&c, &spec), send_to, &port);
	spec.cgroup = relative;
	fire_and_detach(&c, attach(&c, &spec), send_to, &port);
	spec.cgroup = NULL;
	spec.cgroup_fd = (uint64_t)group;
	spec.cgroup_alone = 1;
	a = attach(&c, &spec);
	assert_int_equal(skep_attachment_method(a), SKEP_ATTACH_METHOD_PROG_ATTACH);
	fire_and_detach(&c, a, send_to, &port);
	a = NULL;
	spec = (struct skep_probe_spec){ .program = "p", .unit = "skep-no-such-unit" };
	assert_int_equal(skep_probe_spec_attach(&spec, &c.p, NULL, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "skep-no-such-unit");
	close(fd);
	write_pid(root);
	free(root);
	fixture_cgroup_remove(group);
	counter_close(&c.c);
}
IN_BPFFS(cgroup__is_named_by_path_or_fd)

/* Two sockets that are connected; the first one's fd goes into the map. */
static void connect_pair(int fds[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(server, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&a, &len), 0);
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fds[1], (struct sockaddr *)&a, len), 0);
	fds[0] = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fds[0] >= 0);
	close(server);
}

/* parsed, judged, sent: of probe.bpf.c */
static uint64_t counts[3];

static void read_counts(const struct skep_loaded *l)
{
	const struct skep_loaded_map *bss = skep_loaded_map_find(l, ".bss");
	uint32_t key = 0;

	assert_non_null(bss);
	assert_int_equal(skep_sys_map_lookup(skep_map_fd(bss->map), &key, counts, 0), 0);
}

static bool has_judged(void *userdata)
{
	read_counts(userdata);
	return counts[1] > 0;
}

static struct skep_attachment *attach_loaded(struct skep_loaded *l, const char *name,
					     const char *map)
{
	const struct skep_loaded_program *found = skep_loaded_program_find(l, name);
	const struct skep_probe_spec spec = { .program = name, .map = map };
	const struct skep_probe_attach_opts o = { .sz = sizeof(o), .loaded = l };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };

	assert_non_null(found);
	const struct skep_probe_program p = { .section = found->section,
					      .attach_target = found->attach_target,
					      .type = found->type,
					      .attach_type = found->attach_type,
					      .fd = found->fd };

	if (!skep_loaded_map_find(l, map)) {
		assert_int_equal(skep_probe_spec_attach(&spec, &p, &o, &a, &err), -ENOENT);
		assert_told(&err, SKEP_ERR_NO_MAP, map);
		return NULL;
	}
	assert_done(skep_probe_spec_attach(&spec, &p, &o, &a, &err), &err);
	return a;
}

static void sockmap__is_named_in_the_object_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *l = NULL;
	struct skep_attachment *a[3];
	struct skep_error err = { 0 };
	uint64_t value;
	uint32_t key = 0;
	int fds[2], map;
	char byte;

	assert_done(skep_object_open_file(object_path, NULL, &object, &err), &err);
	assert_done(skep_object_load(object, NULL, &l, &err), &err);
	attach_loaded(l, "message", "none");
	a[0] = attach_loaded(l, "parser", "sockets");
	a[1] = attach_loaded(l, "verdict", "sockets");
	a[2] = attach_loaded(l, "message", "sockets");
	assert_int_equal(skep_attachment_family(a[0]), SKEP_ATTACH_FAMILY_SK_SKB_PARSER);
	assert_int_equal(skep_attachment_family(a[1]), SKEP_ATTACH_FAMILY_SK_SKB);
	assert_int_equal(skep_attachment_family(a[2]), SKEP_ATTACH_FAMILY_SK_MSG);
	connect_pair(fds);
	map = skep_map_fd(skep_loaded_map_find(l, "sockets")->map);
	value = (uint64_t)fds[0];
	assert_int_equal(skep_sys_map_update(map, &key, &value, 0), 0);
	assert_int_equal(send(fds[0], "x", 1, 0), 1);
	assert_int_equal(recv(fds[1], &byte, 1, 0), 1);
	assert_int_equal(send(fds[1], "x", 1, 0), 1);
	assert_true(lab_until(lab_in_ms(5000), has_judged, l));
	assert_true(counts[0] > 0 && counts[2] > 0);
	assert_int_equal(skep_sys_map_delete(map, &key), 0);
	for (size_t i = ARRAY_SIZE(a); i-- > 0;) {
		assert_int_equal(skep_attachment_detach(a[i], &err), 0);
		skep_attachment_close(a[i]);
	}
	close(fds[0]);
	close(fds[1]);
}
IN_BPFFS(sockmap__is_named_in_the_object)

/* Return: 0 a connection can have it; a negative errno. */
static int use_table(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r = 0;

	assert_true(fd >= 0);
	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "skep_table", 10) < 0)
		r = -errno;
	close(fd);
	return r;
}

static void struct_ops__is_the_table_of_the_object_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *l = NULL;
	struct skep_attachment *a;
	struct skep_error err = { 0 };

	assert_done(skep_object_open_file(table_path, NULL, &object, &err), &err);
	assert_done(skep_object_load(object, NULL, &l, &err), &err);
	assert_int_equal(use_table(), -ENOENT);
	a = attach_loaded(l, "table_ssthresh", "table");
	assert_int_equal(skep_attachment_family(a), SKEP_ATTACH_FAMILY_STRUCT_OPS);
	assert_int_equal(use_table(), 0);
	assert_done(skep_attachment_detach(a, &err), &err);
	assert_int_equal(use_table(), -ENOENT);
	skep_attachment_close(a);
}
IN_BPFFS(struct_ops__is_the_table_of_the_object)

static void *let_go(void *attachment)
{
	usleep(200000);
	skep_attachment_detach(attachment, NULL);
	return NULL;
}

/* An interface has one program of XDP: until somebody else's goes, there is no place. */
static void retry__goes_on_until_the_hook_is_free_inside(void)
{
	static const struct skep_probe_spec probes[] = {
		{ .program = "receive", .interface = "v0", .xdp_mode = SKEP_XDP_MODE_SKB },
	};
	struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
	_cleanup_(skep_manager_closep) struct skep_manager *once = NULL, *often = NULL;
	const struct skep_probe_spec other = { .program = "p",
					       .interface = "v0",
					       .xdp_mode = SKEP_XDP_MODE_SKB };
	struct skep_error err = { 0 };
	struct skep_attachment *a;
	pthread_t thread;
	struct counted c;

	assert_int_equal(lab_veth_create("v0", "v1", true), 0);
	counted_open("xdp", 2, &c);
	a = attach(&c, &other);
	assert_done(skep_manager_open_file(object_path, &o, &once, &err), &err);
	assert_done(skep_manager_load(once, &err), &err);
	assert_true(skep_manager_start(once, &err) < 0);
	assert_int_equal(skep_probe_attempt_count(skep_manager_probe_at(once, 0)), 1);
	o.retry_count = 1000;
	o.retry_delay_ns = 20000000;
	assert_done(skep_manager_open_file(object_path, &o, &often, &err), &err);
	assert_done(skep_manager_load(often, &err), &err);
	assert_int_equal(pthread_create(&thread, NULL, let_go, a), 0);
	assert_done(skep_manager_start(often, &err), &err);
	assert_true(skep_probe_attempt_count(skep_manager_probe_at(often, 0)) > 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	skep_attachment_close(a);
	counter_close(&c.c);
}
IN_BPFFS(retry__goes_on_until_the_hook_is_free)

static void lirc__is_named_by_its_device_inside(void)
{
	const struct skep_probe_spec spec = { .program = "p", .device = "/dev/no-such-receiver" };
	const struct skep_probe_program p = { .section = "lirc_mode2",
					      .type = SKEP_PROG_TYPE_LIRC_MODE2,
					      .attach_type = SKEP_ATTACH_TYPE_LIRC_MODE2,
					      .fd = 0 };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };

	assert_int_equal(skep_probe_spec_attach(&spec, &p, NULL, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "no-such-receiver");
}
IN_BPFFS(lirc__is_named_by_its_device)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tc__takes_direction_from_section_or_field),
		cmocka_unit_test(tc__filter_has_what_the_probe_says),
		cmocka_unit_test(interface__of_a_pattern_is_chosen_by_the_caller),
		cmocka_unit_test(netns__is_named_in_every_way),
		cmocka_unit_test(xdp__has_the_mode_of_the_probe),
		cmocka_unit_test(netkit__is_chosen_by_section_or_field),
		cmocka_unit_test(socket__is_given_by_its_fd),
		cmocka_unit_test(flow_dissector__goes_into_a_namespace),
		cmocka_unit_test(netfilter__has_hook_and_priority),
		cmocka_unit_test(cgroup__is_named_by_path_or_fd),
		cmocka_unit_test(sockmap__is_named_in_the_object),
		cmocka_unit_test(struct_ops__is_the_table_of_the_object),
		cmocka_unit_test(retry__goes_on_until_the_hook_is_free),
		cmocka_unit_test(lirc__is_named_by_its_device),
	};

	if (argc != 3) {
		fprintf(stderr, "usage: test_probe_net OBJECT TABLE\n");
		return 2;
	}
	object_path = argv[1];
	table_path = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
