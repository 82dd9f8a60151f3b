/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_NETNS_H
#define SKEP_NETNS_H
/*
 * Network namespaces: doing something in another one, without the caller's thread ever entering it.
 *
 * A handle holds the namespace: it does not end before the handle does. Attachments in it hold a reference, so that the
 * handle may be closed as soon as they are made. A handle, and all attachments that share it, are for one thread at a time.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_netns;

/**
 * skep_netns_open_fd() - the namespace of an fd
 * @fd:        borrowed: the handle has a duplicate
 * @ret_netns: owned by the caller, skep_netns_close()
 *
 * Return: 0; -EINVAL it is no network namespace; -EBADF; else a negative errno.
 * Source: fcntl(2); ioctl_ns(2), NS_GET_NSTYPE.
 */
int skep_netns_open_fd(int fd, struct skep_netns **ret_netns, struct skep_error *err);

/**
 * skep_netns_open_path() - the namespace that a file names
 * @path:      "/run/netns/blue", "/proc/1/ns/net"
 * @ret_netns: owned by the caller, skep_netns_close()
 *
 * Return: 0; -ENOENT; -EINVAL it is no network namespace; else a negative errno.
 * Source: network_namespaces(7); ip-netns(8).
 */
int skep_netns_open_path(const char *path, struct skep_netns **ret_netns, struct skep_error *err);

/**
 * skep_netns_open_pid() - the namespace that a process is in
 * @pid:       in the pid namespace of the caller; 0: the one that the calling thread is in
 * @ret_netns: owned by the caller, skep_netns_close()
 *
 * Return: 0; -ESRCH no such process; -EPERM, -EACCES needs to be allowed to look at the process (CAP_SYS_PTRACE); else a
 *         negative errno.
 * Source: network_namespaces(7); proc(5).
 */
int skep_netns_open_pid(uint32_t pid, struct skep_netns **ret_netns, struct skep_error *err);

/** skep_netns_close() - one reference less, or NULL; the fds go with the last one. Return: NULL. */
struct skep_netns *skep_netns_close(struct skep_netns *netns);

/** skep_netns_fd() - Return: of the namespace, borrowed until skep_netns_close(). */
int skep_netns_fd(const struct skep_netns *netns);

/** skep_netns_inode() - Return: what tells it from others, as link info and /proc have it. */
uint64_t skep_netns_inode(const struct skep_netns *netns);

/* Runs in the namespace. What it returns is handed on. */
typedef int (*skep_netns_fn)(void *userdata);

/**
 * skep_netns_call() - do something in the namespace
 * @fn, @userdata: called in a thread that enters the namespace and ends then; the caller waits for it
 *
 * The thread has all signals blocked, and shares fds and memory with the caller.
 *
 * Return: what @fn returned; -EPERM needs CAP_SYS_ADMIN; -EAGAIN no thread can be made; else a negative errno of setns(2).
 * Context: not the caller's thread.
 * Source: setns(2).
 */
int skep_netns_call(struct skep_netns *netns, skep_netns_fn fn, void *userdata,
		    struct skep_error *err);

/**
 * skep_netns_ifindex() - the number of an interface
 * @interface: its name
 *
 * Return: the number, above 0; -ENODEV; else a negative errno.
 * Source: rtnetlink(7), RTM_GETLINK.
 */
int64_t skep_netns_ifindex(struct skep_netns *netns, const char *interface, struct skep_error *err);

/**
 * skep_netns_filter_count() - how many filters there are at an interface, anybody's, of any kind
 * @ifindex:   of the interface
 * @direction: enum skep_direction, or both
 *
 * Return: the count; -ENODEV; else a negative errno.
 * Source: rtnetlink(7), RTM_GETTFILTER.
 */
int64_t skep_netns_filter_count(struct skep_netns *netns, uint32_t ifindex, uint32_t direction,
				struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_netns, skep_netns_close) /* skep_netns_closep() */
SKEP_END
#endif
