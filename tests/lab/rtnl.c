/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "rtnl.h"

#include <errno.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#define RECEIVE_SIZE (64 * 1024)
#define SEQUENCE 1 /* each socket carries one request */

void *lab_rtnl_begin(union lab_request *request, uint16_t type, uint16_t flags, size_t header_size)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(request);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = SEQUENCE;
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP) /* shares a bit with NLM_F_EXCL */
		header->nlmsg_flags |= NLM_F_ACK;
	return mnl_nlmsg_put_extra_header(header, header_size);
}

static int receive(struct mnl_socket *socket, mnl_cb_t fn, void *userdata)
{
	_Alignas(struct nlmsghdr) char buf[RECEIVE_SIZE];
	unsigned port = mnl_socket_get_portid(socket);
	ssize_t n;
	int r;

	do {
		n = mnl_socket_recvfrom(socket, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		r = mnl_cb_run(buf, (size_t)n, SEQUENCE, port, fn, userdata);
	} while (r > MNL_CB_STOP);
	return r < 0 ? -errno : 0;
}

int lab_rtnl_run(union lab_request *request, mnl_cb_t fn, void *userdata)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int r;

	if (!socket)
		return -errno;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(socket, request, request->header.nlmsg_len) < 0)
		r = -errno;
	else
		r = receive(socket, fn, userdata);
	mnl_socket_close(socket);
	return r;
}
