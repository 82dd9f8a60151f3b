/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The one file that enters a network namespace: on a thread that ends with it. */
#include "net/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/direction.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "net/link.h"
#include "net/rtnl.h"
#include "net/tc.h"
#include "sys/capability.h"

#define OWN "/proc/thread-self/ns/net"

struct skep_netns {
	int fd; /* -EBADF: it is here */
	unsigned references;
	uint64_t inode;
	struct net_rtnl *rtnl; /* NULL: not needed yet */
};

int net_netns_here(struct skep_netns **ret_netns)
{
	struct skep_netns *netns = calloc(1, sizeof(*netns));

	if (!netns)
		return -ENOMEM;
	netns->fd = -EBADF;
	netns->references = 1;
	*ret_netns = netns;
	return 0;
}

/* A handle on the namespace of an fd, which is taken, also on failure. */
static int adopt(int taken, struct skep_netns **ret_netns, const char *what, struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	struct skep_netns *netns = NULL;
	struct stat st;
	int type;

	fd = taken;
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type != CLONE_NEWNET)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "%s is no network namespace.",
				 what);
	if (fstat(fd, &st) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "look at %s", what);
	if (net_netns_here(&netns) < 0)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "open %s", what);
	netns->fd = take_fd(&fd);
	netns->inode = st.st_ino;
	*ret_netns = netns;
	return 0;
}

int skep_netns_open_fd(int fd, struct skep_netns **ret_netns, struct skep_error *err)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	char what[32];

	snprintf(what, sizeof(what), "fd %d", fd);
	if (own < 0)
		return skep_fail(err, -errno,
				 errno == ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "open network namespace: %s", what);
	return adopt(own, ret_netns, what, err);
}

static int open_file(const char *path, uint64_t needed, struct skep_netns **ret_netns,
		     struct skep_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), code = -errno;
	char what[160];

	snprintf(what, sizeof(what), "network namespace '%.120s'", path);
	if (fd >= 0)
		return adopt(fd, ret_netns, what, err);
	if (needed && (code == -EACCES || code == -EPERM))
		return sys_fail_permission(err, code, needed, what);
	return skep_fail(err, code, code == -ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
			 "open %s", what);
}

int skep_netns_open_path(const char *path, struct skep_netns **ret_netns, struct skep_error *err)
{
	return open_file(path, 0, ret_netns, err);
}

int skep_netns_open_pid(uint32_t pid, struct skep_netns **ret_netns, struct skep_error *err)
{
	char path[64];
	int r;

	if (!pid)
		return open_file(OWN, 0, ret_netns, err);
	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	r = open_file(path, SKEP_CAPABILITY_BIT(SYS_PTRACE), ret_netns, err);
	if (r != -ENOENT)
		return r;
	return skep_fail(err, -ESRCH, SKEP_ERR_NOT_FOUND, "there is no process %u.", pid);
}

struct skep_netns *net_netns_ref(struct skep_netns *netns)
{
	netns->references++;
	return netns;
}

struct skep_netns *skep_netns_close(struct skep_netns *netns)
{
	if (netns && --netns->references == 0) {
		net_rtnl_close(netns->rtnl);
		cleanup_close(&netns->fd);
		free(netns);
	}
	return NULL;
}

int skep_netns_fd(const struct skep_netns *netns)
{
	return netns->fd;
}

uint64_t skep_netns_inode(const struct skep_netns *netns)
{
	return netns->inode;
}

uint64_t net_netns_inode(const struct skep_netns *netns)
{
	struct stat st;

	if (netns->inode)
		return netns->inode;
	return stat(OWN, &st) < 0 ? 0 : st.st_ino;
}

int net_netns_fd(const struct skep_netns *netns, struct skep_error *err)
{
	int fd = netns->fd >= 0 ? fcntl(netns->fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
				: open(OWN, O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd
		       : skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open the network namespace");
}

struct errand {
	int netns_fd;
	skep_netns_fn fn;
	void *userdata;
	int entered; /* 0 or a negative errno of setns(2) */
	int result;
};

static void *run_errand(void *userdata)
{
	struct errand *e = userdata;

	e->entered = setns(e->netns_fd, CLONE_NEWNET) < 0 ? -errno : 0;
	if (!e->entered)
		e->result = e->fn(e->userdata);
	return NULL;
}

int skep_netns_call(struct skep_netns *netns, skep_netns_fn fn, void *userdata,
		    struct skep_error *err)
{
	struct errand e = { .netns_fd = netns->fd, .fn = fn, .userdata = userdata };
	sigset_t all, before;
	pthread_t thread;
	int r;

	if (netns->fd < 0)
		return fn(userdata);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, run_errand, &e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return skep_fail(err, -r, SKEP_ERR_SYSCALL,
				 "make a thread to enter a network namespace");
	pthread_join(thread, NULL);
	if (e.entered == -EPERM)
		return sys_fail_permission(err, e.entered, SKEP_CAPABILITY_BIT(SYS_ADMIN),
					   "enter a network namespace");
	if (e.entered)
		return skep_fail(err, e.entered, SKEP_ERR_SYSCALL, "enter a network namespace");
	return e.result;
}

static int open_rtnl(void *userdata)
{
	struct net_rtnl **rtnl = userdata;

	return net_rtnl_open(0, rtnl);
}

int net_netns_rtnl(struct skep_netns *netns, struct net_rtnl **ret_rtnl, struct skep_error *err)
{
	struct skep_error why = { 0 };
	int r = netns->rtnl ? 0 : skep_netns_call(netns, open_rtnl, &netns->rtnl, &why);

	if (r < 0) {
		if (!why.kind)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "open an rtnetlink socket");
		if (err)
			*err = why;
		return r;
	}
	*ret_rtnl = netns->rtnl;
	return 0;
}

static int64_t fail_interface(const char *interface, int code, struct skep_error *err)
{
	return skep_fail(err, code, code == -ENODEV ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
			 "interface '%s'", interface);
}

int64_t skep_netns_ifindex(struct skep_netns *netns, const char *interface, struct skep_error *err)
{
	struct net_rtnl *rtnl = NULL;
	struct net_link link;
	unsigned ifindex;
	int r;

	if (netns->fd < 0 && !netns->rtnl) {
		ifindex = if_nametoindex(interface);
		return ifindex ? ifindex : fail_interface(interface, -errno, err);
	}
	r = net_netns_rtnl(netns, &rtnl, err);
	if (r < 0)
		return r;
	r = net_link_find(rtnl, interface, &link);
	return r < 0 ? fail_interface(interface, r, err) : link.ifindex;
}

static int count_filter(const struct net_tc_filter *filter, void *userdata)
{
	int64_t *count = userdata;

	*count += filter->handle != 0; /* 0: the head of a list, told before its filters */
	return 0;
}

int64_t skep_netns_filter_count(struct skep_netns *netns, uint32_t ifindex, uint32_t direction,
				struct skep_error *err)
{
	struct net_rtnl *rtnl = NULL;
	struct net_link link;
	int64_t count = 0;
	int r = net_netns_rtnl(netns, &rtnl, err);

	if (r < 0)
		return r;
	r = net_link_get(rtnl, ifindex, &link);
	if (r == 0 && direction & SKEP_DIRECTION_INGRESS)
		r = net_tc_filter_list(rtnl, ifindex, NET_TC_INGRESS, count_filter, &count);
	if (r == 0 && direction & SKEP_DIRECTION_EGRESS)
		r = net_tc_filter_list(rtnl, ifindex, NET_TC_EGRESS, count_filter, &count);
	if (r < 0)
		return skep_fail(err, r, r == -ENODEV ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "count the filters of interface %u", ifindex);
	return count;
}
