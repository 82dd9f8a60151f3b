/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Sees what the primary device of a netkit pair sends, and then what its peer sends, in a network namespace of its own.
 *
 *	$ sudo ./attach_netkit attach.bpf.o
 *	netkit k0 primary, by link
 *	3 packets
 *	netkit k0 peer, by link
 *	3 packets
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach_netkit.h>
#include <skep/sys.h>

#include "runs.h"

#define NETKIT_PEER_INFO 1 /* IFLA_NETKIT_PEER_INFO, which older headers lack */

struct request {
	struct nlmsghdr header;
	struct ifinfomsg link;
	char attributes[256];
};

static struct rtattr *put(struct request *r, unsigned short type, const void *data, size_t size)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), data, size);
	r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void end(const struct request *r, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((const char *)r + r->header.nlmsg_len - (char *)nest);
}

/* As "ip link add k0 type netkit peer name k1". Return: 0; a negative errno. */
static int create_pair(void)
{
	const struct ifinfomsg none = { 0 };
	struct request r = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.link)),
					 .nlmsg_type = RTM_NEWLINK,
					 .nlmsg_flags =
						 NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE } };
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[512];
	} answer = { .error = { .error = -EIO } };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct rtattr *info, *data, *peer;

	put(&r, IFLA_IFNAME, "k0", 3);
	info = put(&r, IFLA_LINKINFO, NULL, 0);
	put(&r, IFLA_INFO_KIND, "netkit", 6);
	data = put(&r, IFLA_INFO_DATA, NULL, 0);
	peer = put(&r, NETKIT_PEER_INFO, &none, sizeof(none));
	put(&r, IFLA_IFNAME, "k1", 3);
	end(&r, peer);
	end(&r, data);
	end(&r, info);
	if (send(fd, &r, r.header.nlmsg_len, 0) > 0)
		recv(fd, &answer, sizeof(answer), 0);
	skep_sys_close(&fd);
	return answer.error.error;
}

/* Neither sends anything by itself. */
static int set_up(void)
{
	const char *const names[] = { "k0", "k1" };
	int i, r = 0,
	       fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "1", 1) != 1)
		r = -EIO;
	skep_sys_close(&fd);
	if (r == 0)
		r = create_pair();
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (i = 0; r == 0 && i < 2; i++) {
		struct ifreq up = { .ifr_flags = IFF_UP };

		memcpy(up.ifr_name, names[i], sizeof("k0"));
		r = ioctl(fd, SIOCSIFFLAGS, &up);
	}
	skep_sys_close(&fd);
	return r;
}

static void send_packets(const char *from)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(0x0800),
				  .sll_ifindex = (int)if_nametoindex(from) };
	int i, fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (i = 0; i < 3; i++)
		sendto(fd, "no header of IP is needed", 20, 0, (struct sockaddr *)&to, sizeof(to));
	skep_sys_close(&fd);
}

static int run(const char *path, const char *from, uint64_t flags, struct skep_error *err)
{
	const struct skep_netkit_opts o = { .sz = sizeof(o), .flags = flags, .interface = "k0" };
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	int r = load_program(path, "on_packet", &loaded, err);

	r = r < 0 ? r : skep_netkit_attach(r, &o, &a, err);
	if (r < 0)
		return r;
	tell(a);
	send_packets(from);
	printf("%" PRIu64 " packets\n", runs_of(loaded));
	return 0;
}

int main(int argc, char **argv)
{
	struct skep_error err = { .msg = "no network namespace" };
	int r = unshare(CLONE_NEWNET);

	r = r < 0 ? r : set_up();
	if (r == -EOPNOTSUPP)
		err = (struct skep_error){ .kind = SKEP_ERR_UNSUPPORTED,
					   .msg = "no netkit devices: Linux 6.7" };
	r = r < 0 ? r : run(argv[argc - 1], "k0", 0, &err);
	r = r < 0 ? r : run(argv[argc - 1], "k1", SKEP_NETKIT_PEER, &err);
	return r < 0 ? fail("attach_netkit", &err) : 0;
}
