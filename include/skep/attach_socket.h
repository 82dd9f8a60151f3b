/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_SOCKET_H
#define SKEP_ATTACH_SOCKET_H
/*
 * Sockets: filters of one, the choice among those of a port, those of a map; and which socket of a network namespace gets a
 * packet, and how it takes packets apart.
 */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_netns;

struct skep_socket_opts {
	size_t sz;          /* sizeof(struct skep_socket_opts) */
	uint64_t flags;     /* SKEP_ATTACH_DRY_RUN */
	uint64_t method;    /* SKEP_ATTACH_METHOD_SETSOCKOPT; 0 */
	uint64_t socket_fd; /* borrowed until the attachment is closed: close that first */
};

/**
 * skep_socket_filter_attach() - let a program decide how much of its packets a socket gets
 * @prog_fd:        of type socket_filter; borrowed
 * @opts:           which socket
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * A socket has one filter: one that is there is replaced by the kernel. So detaching ends whichever is there; of another
 * socket that has got the fd's number meanwhile it ends none.
 *
 * Return: 0; -ENOTSOCK; -EBADF; -EINVAL @opts, or not such a program; -EPERM the socket's filter is locked; -E2BIG newer @opts;
 *         else a negative errno of setsockopt(2).
 * Source: socket(7), SO_ATTACH_BPF, SO_DETACH_FILTER.
 */
int skep_socket_filter_attach(int prog_fd, const struct skep_socket_opts *opts,
			      struct skep_attachment **ret_attachment, struct skep_error *err);

/**
 * skep_sk_reuseport_attach() - let a program choose which socket of a port gets a packet
 * @prog_fd:        of type sk_reuseport or socket_filter; borrowed
 * @opts:           any of the sockets: with SO_REUSEPORT, and bound for socket_filter
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * The sockets of a port have one program together: one that is there is replaced by the kernel.
 *
 * Return: as skep_socket_filter_attach(); -EINVAL the socket is without SO_REUSEPORT, too.
 * Source: socket(7), SO_ATTACH_REUSEPORT_EBPF, SO_DETACH_REUSEPORT_BPF.
 */
int skep_sk_reuseport_attach(int prog_fd, const struct skep_socket_opts *opts,
			     struct skep_attachment **ret_attachment, struct skep_error *err);

struct skep_sockmap_opts {
	size_t sz;       /* sizeof(struct skep_sockmap_opts) */
	uint64_t flags;  /* SKEP_ATTACH_DRY_RUN */
	uint64_t method; /* SKEP_ATTACH_METHOD_LINK, _PROG_ATTACH; 0: the first there is */
	uint64_t map_fd; /* of a sockmap or sockhash; borrowed */
	uint64_t
		attach_type; /* sk_skb: SKEP_ATTACH_TYPE_SK_SKB_VERDICT for the one that needs no parser; 0: after a parser */
};

/**
 * skep_sk_skb_attach() - let a program decide what becomes of what the sockets of a map receive
 * @prog_fd:        of type sk_skb; borrowed
 * @opts:           which map
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -EEXIST, -EBUSY the map has such a program; -EINVAL @opts, no such map or program; -EOPNOTSUPP this kernel has no
 *         such method; -EPERM; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE, BPF_PROG_ATTACH; net/core/sock_map.c.
 */
int skep_sk_skb_attach(int prog_fd, const struct skep_sockmap_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err);

/**
 * skep_sk_skb_parser_attach() - let a program say how long the messages are that the sockets of a map receive
 * @prog_fd:        of type sk_skb; borrowed
 * @opts:           which map; no attach type
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: as skep_sk_skb_attach().
 * Source: bpf(2) BPF_LINK_CREATE, BPF_PROG_ATTACH; net/core/sock_map.c.
 */
int skep_sk_skb_parser_attach(int prog_fd, const struct skep_sockmap_opts *opts,
			      struct skep_attachment **ret_attachment, struct skep_error *err);

/**
 * skep_sk_msg_attach() - let a program decide what becomes of what the sockets of a map send
 * @prog_fd:        of type sk_msg; borrowed
 * @opts:           which map; no attach type
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: as skep_sk_skb_attach().
 * Source: bpf(2) BPF_LINK_CREATE, BPF_PROG_ATTACH; net/core/sock_map.c.
 */
int skep_sk_msg_attach(int prog_fd, const struct skep_sockmap_opts *opts,
		       struct skep_attachment **ret_attachment, struct skep_error *err);

struct skep_netns_attach_opts {
	size_t sz;      /* sizeof(struct skep_netns_attach_opts) */
	uint64_t flags; /* SKEP_ATTACH_DRY_RUN */
	uint64_t
		method; /* SKEP_ATTACH_METHOD_LINK; flow_dissector: _PROG_ATTACH; 0: the first there is */
	struct skep_netns *netns; /* NULL: the one that the calling thread is in */
};

/**
 * skep_sk_lookup_attach() - let a program choose the socket of a network namespace that gets a packet
 * @prog_fd:        of type sk_lookup; borrowed
 * @opts:           which namespace; NULL: that of the calling thread
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -EINVAL @opts, or not such a program; -ENOSPC, -E2BIG the namespace has 64; -EPERM; -E2BIG newer @opts; else a
 *         negative errno.
 * Source: bpf(2) BPF_LINK_CREATE; kernel/bpf/net_namespace.c.
 */
int skep_sk_lookup_attach(int prog_fd, const struct skep_netns_attach_opts *opts,
			  struct skep_attachment **ret_attachment, struct skep_error *err);

/**
 * skep_flow_dissector_attach() - let a program take the packets of a network namespace apart
 * @prog_fd:        of type flow_dissector; borrowed
 * @opts:           which namespace; NULL: that of the calling thread
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * A namespace has one; that of the first namespace of the system is for all, and then others can have none.
 *
 * Return: 0; -EEXIST, -EBUSY there is one; -EINVAL @opts, or not such a program; -EPERM; -E2BIG newer @opts; else a negative
 *         errno.
 * Source: bpf(2) BPF_LINK_CREATE, BPF_PROG_ATTACH; net/core/flow_dissector.c.
 */
int skep_flow_dissector_attach(int prog_fd, const struct skep_netns_attach_opts *opts,
			       struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
