/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Control groups: every attach type attached and fired, by link and without; single programs; finding groups by name. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach_cgroup.h>
#include <skep/cgroup.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "bpf_fixture.h"
#include "counter.h"
#include "lab/address.h"
#include "lab/poll.h"

#define ALLOW 1

static char group[512]; /* the directory of the test's group */
static int group_fd;

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

static void enter_group(void)
{
	char *root = NULL;

	group_fd = fixture_cgroup();
	assert_int_equal(skep_cgroup_root(&root, NULL), 0);
	snprintf(group, sizeof(group), "%s/skep-test-%d", root, getpid());
	move_to(group);
	free(root);
	assert_int_equal(lab_ipv6_set("lo", true), 0);
}

static void leave_group(void)
{
	char *root = NULL;

	assert_int_equal(skep_cgroup_root(&root, NULL), 0);
	move_to(root);
	free(root);
	fixture_cgroup_remove(group_fd);
}

/* What a process does, each a cause for some programs to run. Which address family: AF_INET, AF_INET6, AF_UNIX. */
union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static socklen_t loopback(int family, union address *a)
{
	memset(a, 0, sizeof(*a));
	a->any.sa_family = (sa_family_t)family;
	switch (family) {
	case AF_INET:
		a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(a->in);
	case AF_INET6:
		a->in6.sin6_addr = in6addr_loopback;
		return sizeof(a->in6);
	default:
		return sizeof(sa_family_t); /* bind(2) makes a name */
	}
}

/* Two sockets that talk to each other, without connecting and then connected; everything is asked of them on the way. */
static void talk(int family, int type)
{
	int server = socket(family, type | SOCK_CLOEXEC, 0), client, peer = -1, value = 1;
	socklen_t len, got = sizeof(union address), size = sizeof(value);
	union address address, name;
	char byte = 'x';

	assert_true(server >= 0);
	client = socket(family, type | SOCK_CLOEXEC, 0);
	assert_true(client >= 0);
	len = loopback(family, &address);
	assert_int_equal(bind(server, &address.any, len), 0);
	assert_int_equal(bind(client, &address.any, len), 0);
	assert_int_equal(getsockname(server, &address.any, &got), 0);
	assert_int_equal(setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &value, size), 0);
	assert_int_equal(getsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
	if (type == SOCK_STREAM) {
		assert_int_equal(listen(server, 1), 0);
	} else {
		assert_int_equal(sendto(client, &byte, 1, 0, &address.any, got), 1);
		len = sizeof(name);
		assert_int_equal(recvfrom(server, &byte, 1, 0, &name.any, &len), 1);
	}
	assert_int_equal(connect(client, &address.any, got), 0);
	len = sizeof(name);
	assert_int_equal(getpeername(client, &name.any, &len), 0);
	if (type == SOCK_STREAM) {
		peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
		assert_true(peer >= 0);
	}
	assert_int_equal(send(client, &byte, 1, 0), 1);
	assert_int_equal(recv(peer >= 0 ? peer : server, &byte, 1, 0), 1);
	if (peer >= 0)
		close(peer);
	close(client);
	close(server);
}

static void talk_udp4(void *userdata)
{
	(void)userdata;
	talk(AF_INET, SOCK_DGRAM);
}

static void talk_udp6(void *userdata)
{
	(void)userdata;
	talk(AF_INET6, SOCK_DGRAM);
}

static void talk_tcp4(void *userdata)
{
	(void)userdata;
	talk(AF_INET, SOCK_STREAM);
}

static void talk_unix(void *userdata)
{
	(void)userdata;
	talk(AF_UNIX, SOCK_DGRAM);
}

static void read_sysctl(void *userdata)
{
	char text[8];
	int fd = open("/proc/sys/net/ipv4/ip_forward", O_RDONLY | O_CLOEXEC);

	(void)userdata;
	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text)) > 0);
	close(fd);
}

static void open_device(void *userdata)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)userdata;
	assert_true(fd >= 0);
	close(fd);
}

static const struct kind {
	uint32_t attach_type, prog_type;
	void (*cause)(void *userdata);
} kinds[] = {
#define KIND(attach, prog, cause)                                              \
	{                                                                      \
		SKEP_ATTACH_TYPE_CGROUP_##attach, SKEP_PROG_TYPE_##prog, cause \
	}
	KIND(INET_INGRESS, CGROUP_SKB, talk_udp4),
	KIND(INET_EGRESS, CGROUP_SKB, talk_udp4),
	KIND(INET_SOCK_CREATE, CGROUP_SOCK, talk_udp4),
	KIND(INET_SOCK_RELEASE, CGROUP_SOCK, talk_udp4),
	KIND(INET4_POST_BIND, CGROUP_SOCK, talk_udp4),
	KIND(INET6_POST_BIND, CGROUP_SOCK, talk_udp6),
	KIND(INET4_BIND, CGROUP_SOCK_ADDR, talk_udp4),
	KIND(INET6_BIND, CGROUP_SOCK_ADDR, talk_udp6),
	KIND(INET4_CONNECT, CGROUP_SOCK_ADDR, talk_udp4),
	KIND(INET6_CONNECT, CGROUP_SOCK_ADDR, talk_udp6),
	KIND(UDP4_SENDMSG, CGROUP_SOCK_ADDR, talk_udp4),
	KIND(UDP6_SENDMSG, CGROUP_SOCK_ADDR, talk_udp6),
	KIND(UDP4_RECVMSG, CGROUP_SOCK_ADDR, talk_udp4),
	KIND(UDP6_RECVMSG, CGROUP_SOCK_ADDR, talk_udp6),
	KIND(INET4_GETPEERNAME, CGROUP_SOCK_ADDR, talk_udp4),
	KIND(INET6_GETPEERNAME, CGROUP_SOCK_ADDR, talk_udp6),
	KIND(INET4_GETSOCKNAME, CGROUP_SOCK_ADDR, talk_udp4),
	KIND(INET6_GETSOCKNAME, CGROUP_SOCK_ADDR, talk_udp6),
	KIND(GETSOCKOPT, CGROUP_SOCKOPT, talk_udp4),
	KIND(SETSOCKOPT, CGROUP_SOCKOPT, talk_udp4),
	KIND(SOCK_OPS, SOCK_OPS, talk_tcp4),
	KIND(SYSCTL, CGROUP_SYSCTL, read_sysctl),
	KIND(DEVICE, CGROUP_DEVICE, open_device),
}, unix_kinds[] = {
	KIND(UNIX_CONNECT, CGROUP_SOCK_ADDR, talk_unix),
	KIND(UNIX_SENDMSG, CGROUP_SOCK_ADDR, talk_unix),
	KIND(UNIX_RECVMSG, CGROUP_SOCK_ADDR, talk_unix),
	KIND(UNIX_GETPEERNAME, CGROUP_SOCK_ADDR, talk_unix),
	KIND(UNIX_GETSOCKNAME, CGROUP_SOCK_ADDR, talk_unix),
#undef KIND
};

static struct skep_attachment *attach(const struct counter *c, uint32_t attach_type,
				      uint64_t method, uint64_t flags)
{
	const struct skep_cgroup_opts o = { .sz = sizeof(o),
					    .flags = flags,
					    .method = method,
					    .path = group,
					    .attach_type = attach_type };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_cgroup_attach(c->prog_fd, &o, &a, &err), &err);
	return a;
}

/* Attached, fired, exchanged, detached: by a link, without one, and as the only one. */
static void fire_each(const struct kind *k, size_t count)
{
	static const struct {
		uint64_t method, flags;
	} ways[] = {
		{ SKEP_ATTACH_METHOD_LINK, 0 },
		{ SKEP_ATTACH_METHOD_PROG_ATTACH, 0 },
		{ SKEP_ATTACH_METHOD_PROG_ATTACH, SKEP_CGROUP_OVERRIDE },
		{ SKEP_ATTACH_METHOD_AUTO, SKEP_CGROUP_ALONE },
	};
	struct skep_error err = { 0 };
	char buf[SKEP_NAME_SIZE];
	const char *name;
	size_t i, w;

	for (i = 0; i < count; i++) {
		struct counter old, new;

		name = skep_attach_type_name(k[i].attach_type, buf);
		printf("# %s\n", name);
		counter_open(k[i].prog_type, k[i].attach_type, ALLOW, &old);
		counter_open(k[i].prog_type, k[i].attach_type, ALLOW, &new);
		for (w = 0; w < ARRAY_SIZE(ways); w++) {
			struct skep_attachment *a =
				attach(&old, k[i].attach_type, ways[w].method, ways[w].flags);

			assert_non_null(strstr(skep_attachment_target(a), name));
			assert_fires(&old, 1, k[i].cause, NULL);
			assert_int_equal(skep_attachment_update(a, new.prog_fd, &err), 0);
			assert_fires(&new, 1, k[i].cause, NULL);
			assert_fires(&old, 0, k[i].cause, NULL);
			assert_int_equal(skep_attachment_detach(a, &err), 0);
			assert_fires(&new, 0, k[i].cause, NULL);
			skep_attachment_close(a);
		}
		counter_close(&old);
		counter_close(&new);
	}
}

static void cgroup__fires_for_every_type_inside(void)
{
	enter_group();
	fire_each(kinds, ARRAY_SIZE(kinds));
	leave_group();
}
IN_BPFFS(cgroup__fires_for_every_type)

static void unix_sockets_inside(void)
{
	enter_group();
	fire_each(unix_kinds, ARRAY_SIZE(unix_kinds));
	leave_group();
}
IN_BPFFS(unix_sockets)

static void cgroup__fires_for_unix_sockets(void **state)
{
	if (!fixture_kernel_has("BPF_CGROUP_UNIX_CONNECT"))
		skip(); /* before 6.7 */
	unix_sockets(state);
}

static void skb_counter(struct counter *c)
{
	counter_open(SKEP_PROG_TYPE_CGROUP_SKB, SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS, ALLOW, c);
}

static int try_attach(const struct counter *c, uint64_t method, uint64_t flags,
		      struct skep_error *err)
{
	const struct skep_cgroup_opts o = { .sz = sizeof(o),
					    .flags = flags,
					    .method = method,
					    .path = group,
					    .attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS };
	struct skep_attachment *a = NULL;
	int r = skep_cgroup_attach(c->prog_fd, &o, &a, err);

	skep_attachment_close(a);
	return r;
}

/* Who runs alone is left alone; and one of others that took our place is not taken away. */
static void single__is_nobody_elses_inside(void)
{
	const uint32_t type = SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS;
	struct skep_error err = { 0 };
	struct counter first, second;
	struct skep_attachment *a;
	struct skep_attr_prog_attach theirs = { .attach_type = type };

	enter_group();
	skb_counter(&first);
	skb_counter(&second);
	a = attach(&first, type, 0, SKEP_CGROUP_ALONE);
	assert_int_equal(skep_attachment_method(a), SKEP_ATTACH_METHOD_PROG_ATTACH);
	assert_int_equal(try_attach(&second, 0, 0, &err), -EBUSY);
	assert_told(&err, SKEP_ERR_CONFLICT, "tolerates no other");
	assert_int_equal(try_attach(&second, SKEP_ATTACH_METHOD_PROG_ATTACH, 0, &err), -EBUSY);
	assert_int_equal(try_attach(&second, 0, SKEP_CGROUP_ALONE, &err), -EEXIST);
	assert_told(&err, SKEP_ERR_CONFLICT, "not ours to replace");
	assert_fires(&first, 1, talk_udp4, NULL);

	/* somebody else puts his program there */
	theirs.target = (uint32_t)group_fd;
	theirs.attach_bpf_fd = (uint32_t)second.prog_fd;
	assert_done(skep_sys_prog_attach(&theirs, sizeof(theirs), &err), &err);
	assert_int_equal(skep_attachment_update(a, first.prog_fd, &err), -ENOLINK);
	assert_int_equal(skep_attachment_detach(a, &err), 1);
	skep_attachment_close(a);
	assert_fires(&second, 1, talk_udp4, NULL);
	assert_done(skep_sys_prog_detach(&theirs, sizeof(theirs), &err), &err);
	leave_group();
	counter_close(&first);
	counter_close(&second);
}
IN_BPFFS(single__is_nobody_elses)

static void several__run_beside_each_other_inside(void)
{
	const uint32_t type = SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS;
	struct skep_error err = { 0 };
	struct counter c[3];
	struct skep_attachment *a[3];
	int i;

	enter_group();
	for (i = 0; i < 3; i++) {
		skb_counter(&c[i]);
		a[i] = attach(&c[i], type, i ? SKEP_ATTACH_METHOD_PROG_ATTACH : 0, 0);
	}
	for (i = 0; i < 3; i++)
		assert_fires(&c[i], 1, talk_udp4, NULL);
	assert_int_equal(skep_attachment_detach(a[1], &err), 0);
	assert_fires(&c[1], 0, talk_udp4, NULL);
	assert_fires(&c[0], 1, talk_udp4, NULL);
	assert_fires(&c[2], 1, talk_udp4, NULL);
	for (i = 0; i < 3; i++)
		skep_attachment_close(a[i]);
	assert_fires(&c[2], 0, talk_udp4, NULL);
	leave_group();
	for (i = 0; i < 3; i++)
		counter_close(&c[i]);
}
IN_BPFFS(several__run_beside_each_other)

/* The kernel takes programs from a group that was removed a while later. */
static bool has_gone(void *userdata)
{
	struct skep_attachment *a = ((void **)userdata)[0];
	const struct counter *c = ((void **)userdata)[1];

	return skep_attachment_update(a, c->prog_fd, NULL) == -ENOLINK;
}

static void detach__says_that_the_group_has_gone_inside(void)
{
	static const uint64_t methods[] = { SKEP_ATTACH_METHOD_LINK,
					    SKEP_ATTACH_METHOD_PROG_ATTACH };
	struct skep_error err = { 0 };
	struct counter c;
	size_t i;

	skb_counter(&c);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_attachment *a;

		enter_group();
		a = attach(&c, SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS, methods[i], 0);
		leave_group();
		assert_true(lab_until(lab_in_ms(10000), has_gone, (void *[]){ a, &c }));
		assert_int_equal(skep_attachment_detach(a, &err), 1);
		skep_attachment_close(a);
	}
	counter_close(&c);
}
IN_BPFFS(detach__says_that_the_group_has_gone)

/* A process attaches without a link and is killed: the next one takes away what it left, and nothing else. */
static void killed__is_cleaned_up_by_the_next_inside(void)
{
	static const uint64_t flags[] = { 0, SKEP_CGROUP_ALONE };
	const uint32_t type = SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS;
	struct skep_error err = { 0 };
	struct counter left, next, alive;
	struct skep_attachment *a;
	size_t i;

	enter_group();
	skb_counter(&left);
	skb_counter(&next);
	skb_counter(&alive);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct skep_attachment *other = NULL;
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid) {
			attach(&left, type, SKEP_ATTACH_METHOD_PROG_ATTACH, flags[i]);
			kill(getpid(), SIGKILL);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_fires(&left, 1, talk_udp4, NULL);
		if (!flags[i]) /* of a process that lives */
			other = attach(&alive, type, SKEP_ATTACH_METHOD_LINK, 0);
		a = attach(&next, type, SKEP_ATTACH_METHOD_PROG_ATTACH, flags[i]);
		assert_fires(&left, 0, talk_udp4, NULL);
		assert_fires(&next, 1, talk_udp4, NULL);
		if (other)
			assert_fires(&alive, 1, talk_udp4, NULL);
		assert_int_equal(skep_attachment_detach(a, &err), 0);
		skep_attachment_close(a);
		skep_attachment_close(other);
	}
	leave_group();
	counter_close(&left);
	counter_close(&next);
	counter_close(&alive);
}
IN_BPFFS(killed__is_cleaned_up_by_the_next)

static void order_inside(void)
{
	struct skep_cgroup_opts o = { .sz = sizeof(o),
				      .path = group,
				      .attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS,
				      .position = SKEP_ATTACH_POSITION_FIRST };
	struct skep_attachment *a[2] = { NULL };
	struct skep_error err = { 0 };
	uint32_t ids[4] = { 0 };
	struct skep_attr_prog_query query = { .attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS,
					      .prog_ids = SKEP_ATTR_POINTER(ids),
					      .count = ARRAY_SIZE(ids) };
	struct counter c[2];
	int r;

	enter_group();
	skb_counter(&c[0]);
	skb_counter(&c[1]);
	a[0] = attach(&c[0], SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS, 0, 0);
	r = skep_cgroup_attach(c[1].prog_fd, &o, &a[1], &err);
	if (r < 0) {
		assert_int_equal(r, -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "Linux 6.17");
	} else {
		query.target = (uint32_t)group_fd;
		assert_done(skep_sys_prog_query(&query, sizeof(query), &err), &err);
		assert_int_equal(query.count, 2);
		assert_int_equal(ids[0], counter_prog_id(&c[1]));
		assert_int_equal(ids[1], counter_prog_id(&c[0]));
	}
	skep_attachment_close(a[0]);
	skep_attachment_close(a[1]);
	leave_group();
	counter_close(&c[0]);
	counter_close(&c[1]);
}
IN_BPFFS(order)

static void cgroup__has_an_order_or_says_so(void **state)
{
	order(state);
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab"

static void make_below(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", group, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void group__is_found_by_unit_and_container_inside(void)
{
	char unit[64], id[80], scope[96], conmon[112], paths[4][640], *found = NULL;
	struct skep_attachment *a = NULL;
	struct skep_cgroup_opts o = { .sz = sizeof(o) };
	struct skep_error err = { 0 };
	struct counter c;
	int i;

	enter_group();
	snprintf(unit, sizeof(unit), "skep-test-unit-%d.service", getpid());
	snprintf(id, sizeof(id), "%04x" ID, getpid() & 0xffff);
	snprintf(scope, sizeof(scope), "docker-%s.scope", id);
	snprintf(conmon, sizeof(conmon), "libpod-conmon-%s.scope", id);
	make_below(unit, paths[0], sizeof(paths[0]));
	make_below(scope, paths[1], sizeof(paths[1]));
	make_below(conmon, paths[2], sizeof(paths[2]));
	assert_done(skep_cgroup_find_unit(unit, &found, &err), &err);
	assert_string_equal(found, paths[0]);
	free(found);
	*strstr(unit, ".service") = '\0';
	assert_done(skep_cgroup_find_unit(unit, &found, &err), &err);
	assert_string_equal(found, paths[0]);
	free(found);
	assert_done(skep_cgroup_find_container(id, &found, &err), &err);
	assert_string_equal(found, paths[1]);
	free(found);
	id[16] = '\0';
	assert_done(skep_cgroup_find_container(id, &found, &err), &err);
	assert_string_equal(found, paths[1]);
	free(found);

	skb_counter(&c);
	o.container = id;
	assert_done(skep_cgroup_attach(c.prog_fd, &o, &a, &err), &err);
	assert_non_null(strstr(skep_attachment_target(a), scope));
	skep_attachment_close(a);
	o.unit = unit;
	assert_int_equal(skep_cgroup_attach(c.prog_fd, &o, &a, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "one of cgroup_fd, path, unit and container");

	snprintf(scope, sizeof(scope), "%.16s%.48s", id, ID); /* the same beginning */
	make_below(scope, paths[3], sizeof(paths[3]));
	assert_int_equal(skep_cgroup_find_container(id, &found, &err), -ENOTUNIQ);
	id[11] = '\0';
	assert_int_equal(skep_cgroup_find_container(id, &found, &err), -EINVAL);
	assert_int_equal(skep_cgroup_find_container("ffffffffffff", &found, &err), -ENOENT);
	assert_int_equal(skep_cgroup_find_unit("skep-no-such-unit", &found, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "skep-no-such-unit");
	assert_int_equal(skep_cgroup_find_unit("a/b", &found, &err), -EINVAL);
	for (i = 0; i < 4; i++)
		assert_int_equal(rmdir(paths[i]), 0);
	leave_group();
	counter_close(&c);
}
IN_BPFFS(group__is_found_by_unit_and_container)

static void attach__says_what_is_wrong_inside(void)
{
	struct skep_attachment *a = NULL;
	struct skep_cgroup_opts o = { .sz = sizeof(o), .path = "/tmp" };
	struct skep_error err = { 0 };
	struct counter c, address;

	enter_group();
	skb_counter(&c);
	counter_open(SKEP_PROG_TYPE_CGROUP_SOCK_ADDR, SKEP_ATTACH_TYPE_CGROUP_INET4_CONNECT, ALLOW,
		     &address);
	assert_int_equal(skep_cgroup_attach(c.prog_fd, &o, &a, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "no control group of version 2");
	o.path = "skep-no-such-group";
	assert_int_equal(skep_cgroup_attach(c.prog_fd, &o, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "skep-no-such-group");
	o.path = group;
	assert_done(skep_cgroup_attach(address.prog_fd, &o, &a, &err), &err); /* as it was loaded */
	assert_non_null(strstr(skep_attachment_target(a), "cgroup_inet4_connect"));
	a = skep_attachment_close(a);
	for (o.flags = 0; o.flags <= SKEP_ATTACH_DRY_RUN; o.flags += SKEP_ATTACH_DRY_RUN) {
		o.attach_type = SKEP_ATTACH_TYPE_CGROUP_DEVICE; /* of other programs */
		assert_int_equal(skep_cgroup_attach(c.prog_fd, &o, &a, &err), -EINVAL);
		assert_told(&err, SKEP_ERR_INVALID, "another attach type than cgroup_device");
		o.attach_type = SKEP_ATTACH_TYPE_CGROUP_INET6_CONNECT; /* it was loaded for IPv4 */
		assert_int_equal(skep_cgroup_attach(address.prog_fd, &o, &a, &err), -EINVAL);
		assert_told(&err, SKEP_ERR_INVALID,
			    "another attach type than cgroup_inet6_connect");
	}
	o.flags = SKEP_CGROUP_ALONE | SKEP_CGROUP_OVERRIDE;
	assert_int_equal(skep_cgroup_attach(c.prog_fd, &o, &a, &err), -EINVAL);
	o.flags = SKEP_CGROUP_ALONE;
	o.method = SKEP_ATTACH_METHOD_LINK;
	assert_int_equal(skep_cgroup_attach(c.prog_fd, &o, &a, &err), -EINVAL);
	assert_int_equal(skep_cgroup_attach(group_fd, &o, &a, &err), -EINVAL);
	assert_null(a);
	leave_group();
	counter_close(&c);
	counter_close(&address);
}
IN_BPFFS(attach__says_what_is_wrong)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cgroup__fires_for_every_type),
		cmocka_unit_test(cgroup__fires_for_unix_sockets),
		cmocka_unit_test(single__is_nobody_elses),
		cmocka_unit_test(several__run_beside_each_other),
		cmocka_unit_test(detach__says_that_the_group_has_gone),
		cmocka_unit_test(killed__is_cleaned_up_by_the_next),
		cmocka_unit_test(cgroup__has_an_order_or_says_so),
		cmocka_unit_test(group__is_found_by_unit_and_container),
		cmocka_unit_test(attach__says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
