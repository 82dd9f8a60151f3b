/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "net/rtnl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define RECEIVE_SIZE 32768 /* what the kernel fills a dump's buffers up to */
#define DUMP_TRIES 16
#define RECEIVE_TRIES 3

struct net_rtnl {
	struct mnl_socket *socket;
	uint32_t seq;
	char buf[RECEIVE_SIZE];
};

int net_rtnl_open(unsigned groups, struct net_rtnl **ret_rtnl)
{
	_cleanup_(net_rtnl_closep) struct net_rtnl *rtnl = calloc(1, sizeof(*rtnl));
	int size = 1 << 20;

	if (!rtnl)
		return -ENOMEM;
	rtnl->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!rtnl->socket)
		return -errno;
	if (groups)
		setsockopt(mnl_socket_get_fd(rtnl->socket), SOL_SOCKET, SO_RCVBUF, &size,
			   sizeof(size));
	if (mnl_socket_bind(rtnl->socket, groups, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	*ret_rtnl = take_ptr(rtnl);
	return 0;
}

struct net_rtnl *net_rtnl_close(struct net_rtnl *rtnl)
{
	int saved = errno;

	if (rtnl && rtnl->socket)
		mnl_socket_close(rtnl->socket);
	free(rtnl);
	errno = saved;
	return NULL;
}

int net_rtnl_fd(const struct net_rtnl *rtnl)
{
	return mnl_socket_get_fd(rtnl->socket);
}

struct nlmsghdr *net_rtnl_request(void *buf, uint16_t type, uint16_t flags, size_t size,
				  void **ret_body)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(buf);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	*ret_body = mnl_nlmsg_put_extra_header(request, size);
	return request;
}

/* Where an answer stands. */
struct answer {
	uint32_t seq;
	mnl_cb_t fn;
	void *userdata;
	int complete;
	int interrupted; /* the kernel saw the objects change during the dump */
	int result;
};

static void answer_message(struct answer *a, const struct nlmsghdr *message)
{
	int error = 0;

	if (message->nlmsg_seq != a->seq)
		return; /* the rest of an answer that was given up */
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		a->interrupted = 1;
	switch (message->nlmsg_type) {
	case NLMSG_NOOP:
		break;
	case NLMSG_ERROR:
	case NLMSG_DONE:
		if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
			memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
		if (error < 0 && !a->result)
			a->result = error;
		a->complete = 1;
		break;
	default:
		if (a->fn && !a->result && a->fn(message, a->userdata) < MNL_CB_STOP)
			a->result = -errno;
	}
}

/*
 * A change has happened, and its answer waits, when sendto(2) is back. So a receive that fails is tried again: else it
 * would not be known what to undo. Without waiting: the answer may be lost.
 */
static ssize_t receive_part(struct net_rtnl *rtnl)
{
	ssize_t received = mnl_socket_recvfrom(rtnl->socket, rtnl->buf, sizeof(rtnl->buf));
	int first = errno, try;

	for (try = 0; received < 0 && try < RECEIVE_TRIES; try++)
		received = recv(net_rtnl_fd(rtnl), rtnl->buf, sizeof(rtnl->buf), MSG_DONTWAIT);
	errno = first;
	return received;
}

/* Receives until the answer is complete. Return: 0; -EINTR an inconsistent dump; the kernel's or @fn's error. */
static int receive_answer(struct net_rtnl *rtnl, uint32_t seq, mnl_cb_t fn, void *userdata)
{
	struct answer a = { .seq = seq, .fn = fn, .userdata = userdata };

	while (!a.complete) {
		ssize_t received = receive_part(rtnl);
		const struct nlmsghdr *message = (const void *)rtnl->buf;
		int len = (int)received;

		if (received < 0 && errno == EINTR)
			continue;
		if (received < 0)
			return -errno;
		for (; mnl_nlmsg_ok(message, len) && !a.complete;
		     message = mnl_nlmsg_next(message, &len))
			answer_message(&a, message);
	}
	return a.result ? a.result : a.interrupted ? -EINTR : 0;
}

static int send_request(struct net_rtnl *rtnl, struct nlmsghdr *request)
{
	request->nlmsg_seq = ++rtnl->seq;
	while (mnl_socket_sendto(rtnl->socket, request, request->nlmsg_len) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int net_rtnl_do(struct net_rtnl *rtnl, struct nlmsghdr *request)
{
	int r;

	request->nlmsg_flags |= NLM_F_ACK;
	r = send_request(rtnl, request);
	return r < 0 ? r : receive_answer(rtnl, request->nlmsg_seq, NULL, NULL);
}

int net_rtnl_dump(struct net_rtnl *rtnl, struct nlmsghdr *request, mnl_cb_t fn, void *userdata)
{
	int r, try;

	if (!(request->nlmsg_flags & NLM_F_DUMP))
		request->nlmsg_flags |=
			NLM_F_ACK; /* one object, and then the acknowledgement ends it */
	for (try = 0; try < DUMP_TRIES; try++) {
		r = send_request(rtnl, request);
		if (r == 0)
			r = receive_answer(rtnl, request->nlmsg_seq, fn, userdata);
		if (r != -EINTR)
			return r;
	}
	return -EINTR;
}

int net_rtnl_receive(struct net_rtnl *rtnl, mnl_cb_t fn, void *userdata)
{
	ssize_t len;

	do
		len = recv(net_rtnl_fd(rtnl), rtnl->buf, sizeof(rtnl->buf), MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == EAGAIN ? 0 : -errno;
	/* sequence number and port 0: notifications answer nobody */
	if (mnl_cb_run(rtnl->buf, (size_t)len, 0, 0, fn, userdata) < 0)
		return -errno;
	return (int)len;
}
