/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Sockets, maps of sockets, network namespaces and netfilter: attached, fired, exchanged, detached. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach_lirc.h>
#include <skep/attach_netfilter.h>
#include <skep/attach_socket.h>
#include <skep/kabi.h>
#include <skep/netns.h>
#include <skep/sys.h>
#include <skep/sys_prog.h>

#include "attach/attachment.h"
#include "base/cleanup.h"
#include "bpf_fixture.h"
#include "counter.h"
#include "lab/netns.h"
#include "lab/poll.h"

#define PASS 1
#define DROP 0

static int udp_socket(uint16_t *port, int reuse)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(*port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);

	assert_true(fd >= 0);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (reuse)
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &reuse, sizeof(reuse)),
				 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* Sends a byte to a port of the loopback interface, which receives it on the way: nothing to wait for. */
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

/* Attached, fired, exchanged, detached; then again, and the socket is closed first. */
static void fire(struct counter *old, struct counter *new, const struct skep_socket_opts *o,
		 uint16_t port,
		 int (*attach)(int prog_fd, const struct skep_socket_opts *opts,
			       struct skep_attachment **ret, struct skep_error *err))
{
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	int other;

	assert_done(attach(old->prog_fd, o, &a, &err), &err);
	assert_int_equal(skep_attachment_method(a), SKEP_ATTACH_METHOD_SETSOCKOPT);
	assert_fires(old, 1, send_to, &port);
	assert_int_equal(skep_attachment_update(a, new->prog_fd, &err), 0);
	assert_fires(old, 0, send_to, &port);
	assert_fires(new, 1, send_to, &port);
	assert_int_equal(skep_attachment_pin(a, NULL, "x", &err), -EOPNOTSUPP);
	assert_int_equal(skep_attachment_detach(a, &err), 0);
	assert_fires(new, 0, send_to, &port);
	skep_attachment_close(a);

	/* the number of the fd is another socket's now: that one is left alone */
	assert_done(attach(old->prog_fd, o, &a, &err), &err);
	close((int)o->socket_fd);
	port = 0;
	other = udp_socket(&port, 1);
	assert_int_equal(other, o->socket_fd);
	assert_int_equal(skep_attachment_update(a, new->prog_fd, &err), -ENOLINK);
	assert_int_equal(skep_attachment_detach(a, &err), 1);
	skep_attachment_close(a);
	assert_int_equal(attach(old->prog_fd,
				&(struct skep_socket_opts){ .sz = sizeof(*o),
							    .socket_fd = (uint64_t)old->map_fd },
				&a, &err),
			 -ENOTSOCK);
	close(other);
}

static void socket_filter__fires_and_is_exchanged_inside(void)
{
	struct skep_socket_opts o = { .sz = sizeof(o) };
	struct counter c[2];
	uint16_t port = 0;

	o.socket_fd = (uint64_t)udp_socket(&port, 0);
	counter_open(SKEP_PROG_TYPE_SOCKET_FILTER, 0, -1, &c[0]);
	counter_open(SKEP_PROG_TYPE_SOCKET_FILTER, 0, -1, &c[1]);
	fire(&c[0], &c[1], &o, port, skep_socket_filter_attach);
	counter_close(&c[0]);
	counter_close(&c[1]);
}
IN_BPFFS(socket_filter__fires_and_is_exchanged)

static void sk_reuseport__fires_and_is_exchanged_inside(void)
{
	struct skep_socket_opts o = { .sz = sizeof(o) };
	struct counter c[2];
	uint16_t port = 0;
	int second;

	o.socket_fd = (uint64_t)udp_socket(&port, 1);
	second = udp_socket(&port, 1);
	counter_open(SKEP_PROG_TYPE_SK_REUSEPORT, SKEP_ATTACH_TYPE_SK_REUSEPORT_SELECT, PASS,
		     &c[0]);
	counter_open(SKEP_PROG_TYPE_SK_REUSEPORT, SKEP_ATTACH_TYPE_SK_REUSEPORT_SELECT, PASS,
		     &c[1]);
	fire(&c[0], &c[1], &o, port, skep_sk_reuseport_attach);
	close(second);
	counter_close(&c[0]);
	counter_close(&c[1]);
}
IN_BPFFS(sk_reuseport__fires_and_is_exchanged)

/* Two ends of a TCP connection over loopback, one of them in the map. */
struct pair {
	int map_fd, in_map, peer;
};

static void pair_open(struct pair *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(server, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&a, &len), 0);
	p->peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(p->peer, (struct sockaddr *)&a, len), 0);
	p->in_map = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	assert_true(p->in_map >= 0);
	close(server);
	p->map_fd = fixture_map(SKEP_MAP_TYPE_SOCKMAP, 4, 4, 1, 0);
}

/* A socket is told of the programs of a map when it is put into it. */
static void pair_put(const struct pair *p)
{
	uint32_t key = 0, fd = (uint32_t)p->in_map;
	struct skep_error err = { 0 };

	(void)err;
	assert_int_equal(skep_sys_map_update(p->map_fd, &key, &fd, 0), 0);
}

static void pair_take(const struct pair *p)
{
	uint32_t key = 0;

	assert_int_equal(skep_sys_map_delete(p->map_fd, &key), 0);
}

static void pair_close(const struct pair *p)
{
	close(p->map_fd);
	close(p->in_map);
	close(p->peer);
}

static void send_into_map(void *userdata)
{
	const struct pair *p = userdata;
	char byte = 'x';

	assert_int_equal(send(p->peer, &byte, 1, 0), 1);
	assert_int_equal(recv(p->in_map, &byte, 1, 0), 1);
}

static void send_from_map(void *userdata)
{
	const struct pair *p = userdata;
	char byte = 'x';

	assert_int_equal(send(p->in_map, &byte, 1, 0), 1);
	assert_int_equal(recv(p->peer, &byte, 1, 0), 1);
}

/* By each method that there is. */
static void fire_sockmap(uint32_t prog_type, uint32_t attach_type,
			 const struct skep_sockmap_opts *by, void (*cause)(void *userdata),
			 int (*attach)(int prog_fd, const struct skep_sockmap_opts *opts,
				       struct skep_attachment **ret, struct skep_error *err))
{
	struct skep_sockmap_opts o = *by;
	struct skep_attachment *a, *b;
	struct skep_error err = { 0 };
	struct counter c[2];
	struct pair p;
	int i, r;

	for (i = 0; i < 2; i++) {
		pair_open(&p);
		o.map_fd = (uint64_t)p.map_fd;
		o.method = i ? SKEP_ATTACH_METHOD_PROG_ATTACH : SKEP_ATTACH_METHOD_LINK;
		counter_open(prog_type, attach_type, PASS, &c[0]);
		counter_open(prog_type, attach_type, PASS, &c[1]);
		a = b = NULL;
		r = attach(c[0].prog_fd, &o, &a, &err);
		if (!i && r == -EOPNOTSUPP) {
			assert_told(&err, SKEP_ERR_UNSUPPORTED, "Linux 6.10");
		} else {
			assert_done(r, &err);
			pair_put(&p);
			assert_fires(&c[0], 1, cause, &p);
			assert_true(attach(c[1].prog_fd, &o, &b, &err) < 0 || i);
			if (b) /* before 5.15 it could not be asked */
				skep_attachment_close(b);
			else
				assert_int_equal(err.kind, SKEP_ERR_CONFLICT);
			pair_take(&p);
			if (!b)
				assert_int_equal(skep_attachment_update(a, c[1].prog_fd, &err), 0);
			if (!b)
				assert_int_equal(skep_attachment_detach(a, &err), 0);
			skep_attachment_close(a);
		}
		pair_close(&p);
		counter_close(&c[0]);
		counter_close(&c[1]);
	}
}

static void sk_msg__fires_inside(void)
{
	const struct skep_sockmap_opts o = { .sz = sizeof(o) };

	fire_sockmap(SKEP_PROG_TYPE_SK_MSG, SKEP_ATTACH_TYPE_SK_MSG_VERDICT, &o, send_from_map,
		     skep_sk_msg_attach);
}
IN_BPFFS(sk_msg__fires)

static void sk_skb_inside(void)
{
	const struct skep_sockmap_opts o = { .sz = sizeof(o),
					     .attach_type = SKEP_ATTACH_TYPE_SK_SKB_VERDICT };

	fire_sockmap(SKEP_PROG_TYPE_SK_SKB, SKEP_ATTACH_TYPE_SK_SKB_VERDICT, &o, send_into_map,
		     skep_sk_skb_attach);
}
IN_BPFFS(sk_skb)

static void sk_skb__verdict_fires(void **state)
{
	if (!fixture_kernel_has("BPF_SK_SKB_VERDICT"))
		skip(); /* before 5.13 a verdict needs a parser */
	sk_skb(state);
}

static void sk_skb__verdict_is_unsupported_inside(void)
{
	struct skep_sockmap_opts o = { .sz = sizeof(o),
				       .attach_type = SKEP_ATTACH_TYPE_SK_SKB_VERDICT };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counter c;
	struct pair p;

	pair_open(&p);
	o.map_fd = (uint64_t)p.map_fd;
	counter_open(SKEP_PROG_TYPE_SK_SKB, 0, PASS, &c);
	assert_int_equal(skep_sk_skb_attach(c.prog_fd, &o, &a, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "Linux 5.13");
	pair_close(&p);
	counter_close(&c);
}
IN_BPFFS(sk_skb__verdict_is_unsupported)

static void sk_skb__verdict_is_unsupported_where_the_kernel_lacks_it(void **state)
{
	if (fixture_kernel_has("BPF_SK_SKB_VERDICT"))
		skip();
	sk_skb__verdict_is_unsupported(state);
}

/* A byte that the verdict drops: nobody receives it. (To let one pass behind a parser makes Linux 5.10 hang.) */
static void send_to_be_dropped(void *userdata)
{
	const struct pair *p = userdata;

	assert_int_equal(send(p->peer, "x", 1, 0), 1);
}

static bool has_counted(void *userdata)
{
	const struct counter *c = userdata;

	return *c->value > 0;
}

/* A parser says that each message is a byte; the verdict is behind it. */
static void parser__fires_with_a_verdict_behind_it_inside(void)
{
	struct skep_sockmap_opts o = { .sz = sizeof(o) };
	struct skep_attachment *a = NULL, *b = NULL;
	struct skep_error err = { 0 };
	struct counter parser, verdict;
	struct pair p;

	pair_open(&p);
	o.map_fd = (uint64_t)p.map_fd;
	counter_open(SKEP_PROG_TYPE_SK_SKB, SKEP_ATTACH_TYPE_SK_SKB_STREAM_PARSER, 1, &parser);
	counter_open(SKEP_PROG_TYPE_SK_SKB, SKEP_ATTACH_TYPE_SK_SKB_STREAM_VERDICT, DROP, &verdict);
	assert_done(skep_sk_skb_parser_attach(parser.prog_fd, &o, &a, &err), &err);
	assert_done(skep_sk_skb_attach(verdict.prog_fd, &o, &b, &err), &err);
	pair_put(&p);
	send_to_be_dropped(&p);
	assert_true(lab_until(lab_in_ms(5000), has_counted, &parser));
	assert_true(lab_until(lab_in_ms(5000), has_counted, &verdict));
	pair_take(&p);
	assert_int_equal(skep_attachment_detach(b, &err), 0);
	assert_int_equal(skep_attachment_detach(a, &err), 0);
	skep_attachment_close(a);
	skep_attachment_close(b);
	pair_close(&p);
	counter_close(&parser);
	counter_close(&verdict);
}
IN_BPFFS(parser__fires_with_a_verdict_behind_it)

static void sk_lookup__fires_here_and_there_inside(void)
{
	struct skep_netns_attach_opts o = { .sz = sizeof(o) };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counter c[2];
	uint16_t port = 0;
	int fd = udp_socket(&port, 0), there = lab_netns_new();

	counter_open(SKEP_PROG_TYPE_SK_LOOKUP, SKEP_ATTACH_TYPE_SK_LOOKUP, PASS, &c[0]);
	counter_open(SKEP_PROG_TYPE_SK_LOOKUP, SKEP_ATTACH_TYPE_SK_LOOKUP, PASS, &c[1]);
	assert_done(skep_sk_lookup_attach(c[0].prog_fd, NULL, &a, &err), &err);
	assert_string_equal(skep_attachment_target(a), "this netns");
	assert_fires(&c[0], 1, send_to, &port);
	assert_int_equal(skep_attachment_update(a, c[1].prog_fd, &err), 0);
	assert_fires(&c[1], 1, send_to, &port);
	assert_fires(&c[0], 0, send_to, &port);
	assert_int_equal(skep_attachment_detach(a, &err), 0);
	assert_fires(&c[1], 0, send_to, &port);
	skep_attachment_close(a);
	assert_done(skep_netns_open_fd(there, &o.netns, &err), &err);
	assert_done(skep_sk_lookup_attach(c[0].prog_fd, &o, &a, &err), &err);
	assert_fires(&c[0], 0, send_to, &port);
	skep_netns_close(o.netns);
	close(there);
	skep_attachment_close(a);
	close(fd);
	counter_close(&c[0]);
	counter_close(&c[1]);
}
IN_BPFFS(sk_lookup__fires_here_and_there)

/* A frame without a header where its transport would begin: a packet socket has it looked for, by taking the frame apart. */
static void send_frame(void *userdata)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex("lo"),
				  .sll_halen = 6 };
	/* Ethernet, then IPv4 with UDP to nobody */
	static const unsigned char frame[64] = { [12] = 8, [14] = 0x45, [17] = 50, [23] = 17 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	(void)userdata;
	assert_true(fd >= 0);
	assert_int_equal(sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)),
			 sizeof(frame));
	close(fd);
}

static void flow_dissector__fires_inside(void)
{
	static const uint64_t methods[] = { SKEP_ATTACH_METHOD_LINK,
					    SKEP_ATTACH_METHOD_PROG_ATTACH };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct skep_attr_prog_attach attr = { .attach_type = SKEP_ATTACH_TYPE_FLOW_DISSECTOR };
	struct counter c;
	size_t i;

	counter_open(SKEP_PROG_TYPE_FLOW_DISSECTOR, SKEP_ATTACH_TYPE_FLOW_DISSECTOR, 0, &c);
	attr.attach_bpf_fd = (uint32_t)c.prog_fd;
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_netns_attach_opts o = { .sz = sizeof(o), .method = methods[i] };

		assert_done(skep_flow_dissector_attach(c.prog_fd, &o, &a, &err), &err);
		assert_fires(&c, 1, send_frame, NULL);
		assert_int_equal(attachment_is_active(a, &err), 1);
		if (methods[i] == SKEP_ATTACH_METHOD_PROG_ATTACH) { /* somebody else may end it */
			assert_done(skep_sys_prog_detach(&attr, sizeof(attr), &err), &err);
			assert_int_equal(attachment_is_active(a, &err), 0);
			assert_int_equal(skep_attachment_detach(a, &err), 1);
		} else {
			assert_int_equal(skep_attachment_detach(a, &err), 0);
		}
		assert_fires(&c, 0, send_frame, NULL);
		a = skep_attachment_close(a);
	}
	counter_close(&c);
}
IN_BPFFS(flow_dissector__fires)

static void flow_dissector__is_one_for_a_namespace_inside(void)
{
	static const uint64_t methods[] = { SKEP_ATTACH_METHOD_LINK,
					    SKEP_ATTACH_METHOD_PROG_ATTACH };
	struct skep_attachment *a = NULL, *b = NULL;
	struct skep_error err = { 0 };
	struct counter c;
	size_t i;

	counter_open(SKEP_PROG_TYPE_FLOW_DISSECTOR, SKEP_ATTACH_TYPE_FLOW_DISSECTOR, 0, &c);
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		struct skep_netns_attach_opts o = { .sz = sizeof(o), .method = methods[i] };

		assert_done(skep_flow_dissector_attach(c.prog_fd, &o, &a, &err), &err);
		assert_int_equal(skep_attachment_method(a), methods[i]);
		assert_true(skep_flow_dissector_attach(c.prog_fd, NULL, &b, &err) < 0);
		assert_int_equal(err.kind, SKEP_ERR_CONFLICT);
		assert_int_equal(skep_attachment_detach(a, &err), 0);
		skep_attachment_close(a);
	}
	counter_close(&c);
}
IN_BPFFS(flow_dissector__is_one_for_a_namespace)

static void netfilter_inside(void)
{
	struct skep_netfilter_opts o = { .sz = sizeof(o),
					 .family = 2 /* NFPROTO_IPV4 */,
					 .hook = 3 /* NF_INET_LOCAL_OUT */,
					 .priority = -10 };
	struct skep_attachment *a = NULL, *b = NULL;
	struct skep_error err = { 0 };
	struct counter c;
	uint16_t port = 0;
	int fd = udp_socket(&port, 0);

	counter_open(SKEP_PROG_TYPE_NETFILTER, SKEP_ATTACH_TYPE_NETFILTER, 1, &c);
	assert_done(skep_netfilter_attach(c.prog_fd, &o, &a, &err), &err);
	assert_string_equal(skep_attachment_target(a), "ipv4 output, priority -10");
	assert_fires(&c, 1, send_to, &port);
	assert_int_equal(skep_netfilter_attach(c.prog_fd, &o, &b, &err), -EBUSY);
	assert_told(&err, SKEP_ERR_CONFLICT, "has this priority");
	assert_int_equal(skep_attachment_update(a, c.prog_fd, &err), -EOPNOTSUPP);
	assert_int_equal(skep_attachment_detach(a, &err), 0);
	assert_fires(&c, 0, send_to, &port);
	skep_attachment_close(a);
	close(fd);
	counter_close(&c);
}
IN_BPFFS(netfilter)

static void netfilter__fires(void **state)
{
	if (!fixture_kernel_has("BPF_NETFILTER"))
		skip(); /* before 6.4 */
	netfilter(state);
}

static void netfilter__is_unsupported_inside(void)
{
	struct skep_netfilter_opts o = { .sz = sizeof(o), .family = 2, .priority = 1 };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counter c;

	/* a program of that type cannot even be loaded */
	counter_open(SKEP_PROG_TYPE_SOCKET_FILTER, 0, -1, &c);
	assert_int_equal(skep_netfilter_attach(c.prog_fd, &o, &a, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "Linux 6.4");
	o.flags = SKEP_ATTACH_DRY_RUN;
	assert_int_equal(skep_netfilter_attach(c.prog_fd, &o, &a, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "Linux 6.4");
	counter_close(&c);
}
IN_BPFFS(netfilter__is_unsupported)

static void netfilter__is_unsupported_where_the_kernel_lacks_it(void **state)
{
	if (fixture_kernel_has("BPF_NETFILTER"))
		skip(); /* it is there since 6.4 */
	netfilter__is_unsupported(state);
}

/* No kernel here has a receiver, nor a driver that pretends to be one. */
static void lirc_inside(void)
{
	const struct skep_lirc_opts o = { .sz = sizeof(o), .device = "/dev/lirc0" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counter c[2];

	counter_open(SKEP_PROG_TYPE_LIRC_MODE2, SKEP_ATTACH_TYPE_LIRC_MODE2, 0, &c[0]);
	counter_open(SKEP_PROG_TYPE_LIRC_MODE2, SKEP_ATTACH_TYPE_LIRC_MODE2, 0, &c[1]);
	assert_done(skep_lirc_attach(c[0].prog_fd, &o, &a, &err), &err);
	assert_int_equal(skep_attachment_update(a, c[1].prog_fd, &err), 1);
	assert_int_equal(skep_attachment_detach(a, &err), 0);
	skep_attachment_close(a);
	counter_close(&c[0]);
	counter_close(&c[1]);
}
IN_BPFFS(lirc)

static void lirc__is_attached_and_exchanged(void **state)
{
	if (access("/dev/lirc0", F_OK) < 0)
		skip(); /* no infrared receiver */
	lirc(state);
}

static void lirc__says_what_is_wrong_inside(void)
{
	struct skep_lirc_opts o = { .sz = sizeof(o), .device = "/dev/no-such-receiver" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct counter c;

	counter_open(SKEP_PROG_TYPE_SOCKET_FILTER, 0, -1, &c);
	assert_int_equal(skep_lirc_attach(c.prog_fd, &o, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "no-such-receiver");
	o.device = "/dev/null";
	assert_true(skep_lirc_attach(c.prog_fd, &o, &a, &err) < 0);
	o.device = NULL;
	assert_int_equal(skep_lirc_attach(c.prog_fd, &o, &a, &err), -EINVAL);
	assert_null(a);
	counter_close(&c);
}
IN_BPFFS(lirc__says_what_is_wrong)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(socket_filter__fires_and_is_exchanged),
		cmocka_unit_test(sk_reuseport__fires_and_is_exchanged),
		cmocka_unit_test(sk_msg__fires),
		cmocka_unit_test(sk_skb__verdict_fires),
		cmocka_unit_test(sk_skb__verdict_is_unsupported_where_the_kernel_lacks_it),
		cmocka_unit_test(parser__fires_with_a_verdict_behind_it),
		cmocka_unit_test(sk_lookup__fires_here_and_there),
		cmocka_unit_test(flow_dissector__fires),
		cmocka_unit_test(flow_dissector__is_one_for_a_namespace),
		cmocka_unit_test(netfilter__fires),
		cmocka_unit_test(netfilter__is_unsupported_where_the_kernel_lacks_it),
		cmocka_unit_test(lirc__is_attached_and_exchanged),
		cmocka_unit_test(lirc__says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
