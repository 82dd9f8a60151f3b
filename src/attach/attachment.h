/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_ATTACHMENT_H
#define ATTACH_ATTACHMENT_H
/*
 * What all families have in common: the handle, and trying methods one after the other.
 *
 * A family is a file with a public function, a table of its methods (struct attach_try, in the order of way.def), and for
 * what is no link a struct attachment_class:
 *
 *	static const struct attach_try tries[] = {
 *		{ SKEP_ATTACH_METHOD_LINK, attach_by_link },
 *		{ SKEP_ATTACH_METHOD_NETLINK, attach_by_netlink },
 *	};
 *
 *	int skep_xdp_attach(int prog_fd, const struct skep_xdp_opts *opts, struct skep_attachment **ret, struct skep_error *err)
 *	{
 *		... opts_copy(), resolve the target into a request ...
 *		const struct attach_plan plan = { SKEP_ATTACH_FAMILY_XDP, o.flags, o.method, tries, ARRAY_SIZE(tries), &request,
 *						  &prog_fd };
 *
 *		return attach_run(&plan, ret, err, "eth0 egress");
 *	}
 */
#include <skep/attach.h>

struct skep_error;

enum attachment_state {
	ATTACHMENT_PLANNED = 0, /* after a dry run, or not yet */
	ATTACHMENT_ATTACHED,
	ATTACHMENT_DETACHED,
};

/* What a method does that is no link, or more than one. A member that is NULL: as for a link. */
struct attachment_class {
	/* Return: 0; 1 it was gone already; a negative errno: it may be attached still. What fds are left is closed then. */
	int (*detach)(struct skep_attachment *a, struct skep_error *err);
	/*
	 * Puts another program in its place. Return: 0 in one step; 1 both were attached for a moment; a negative errno.
	 * NULL, and there is no link that can be updated: -EOPNOTSUPP.
	 */
	int (*update)(struct skep_attachment *a, int prog_fd, struct skep_error *err);
	/* Is it still there? Return: 1; 0; a negative errno. */
	int (*is_active)(const struct skep_attachment *a, struct skep_error *err);
	/* Frees what @data has, but for @data itself; also after an attach that failed. */
	void (*release)(void *data);
};

struct skep_attachment {
	const struct attachment_class *class; /* NULL: a link and nothing else */
	uint32_t family;
	uint32_t method;
	enum attachment_state state;
	int link_fd;       /* owned; -EBADF: none */
	size_t more_links; /* that the family holds beside it */
	int *event_fds;    /* owned, as the array is */
	size_t event_count;
	uint64_t cookie;
	uint64_t time_ns;
	char *target;                       /* owned */
	void *data;                         /* of the family: owned, from malloc */
	struct skep_attach_result *results; /* owned, as their names are */
	size_t result_count;
	const struct skep_bpffs *bpffs; /* NULL: not pinned by us */
	char *path;                     /* owned */
};

/*
 * A method of a family: attach to what @request says, into @a, which is empty but for family, method and target. On failure
 * what has been put into @a is released, and class->detach is not called: undo before you return.
 *
 * Return: 0; -EOPNOTSUPP, with SKEP_ERR_UNSUPPORTED: this kernel lacks the method, the next one is tried if none was asked
 *         for; another negative errno ends it.
 */
typedef int (*attach_fn)(struct skep_attachment *a, const void *request, struct skep_error *err);

struct attach_try {
	uint32_t method;
	attach_fn attach;
};

struct attach_plan {
	uint32_t family;
	uint64_t flags;  /* SKEP_ATTACH_DRY_RUN and others, of which it takes no notice */
	uint64_t method; /* that was asked for; 0: any */
	const struct attach_try *tries;
	size_t try_count;
	const void *request;
	const int *prog_fd; /* NULL: what is attached is no program */
	int checked_first;  /* the kernel would attach a program of another family as that */
	int has_cookie;
	/*
	 * For a dry run: would attach() of a->method work, as far as can be told without attaching? May set a->more_links.
	 * Return: 0; what attach() would, recorded. NULL: the kernel has the method, and that is all.
	 */
	int (*rehearse)(struct skep_attachment *a, const void *request, struct skep_error *err);
};

/*
 * attach_run() - attach by the first method that works
 * @fmt: what it is attached to, in words
 *
 * Of a family that has links to many places at once and other methods, only those are tried that fit how the program was
 * loaded. Whether it is of a type that the family takes is asked once the kernel has refused it, and says more than the
 * kernel does, unless that lacks the method. A dry run asks for that first, then the kernel for the method and the thread for
 * its capabilities.
 *
 * Return: 0; -EINVAL the family has no such method, or takes no such program; -EBADF no program; -EOPNOTSUPP this kernel has
 *         none of them, or not the one, or the program was not loaded for it; what the method returned, and @err begins
 *         with "attach <family> to <target>: ".
 */
int attach_run(const struct attach_plan *plan, struct skep_attachment **ret_attachment,
	       struct skep_error *err, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* attach_fail_cookie() - a cookie is asked for, where perf events take none. Return: -EOPNOTSUPP, recorded. */
int attach_fail_cookie(struct skep_error *err);

/*
 * attach_fail() - what a method says that the kernel has refused
 * @code: what bpf(2), perf_event_open(2) or rtnetlink(7) said
 *
 * -EINVAL, and -EOPNOTSUPP where the kernel turns out to lack the method: -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED. What has been
 * recorded for another @code stays; else -EPERM tells the capability of the way, and the others are as sys_fail().
 *
 * Return: a negative errno.
 */
int attach_fail(const struct skep_attachment *a, int code, struct skep_error *err);

/*
 * attach_fail_lacking() - this kernel lacks a way: it is older, or was built without it
 *
 * Return: -EOPNOTSUPP, recorded; tracefs may be what is missing: as trace_event_check().
 */
int attach_fail_lacking(const struct skep_attach_way *way, struct skep_error *err);

/* Return: the row; NULL the family has no such method. */
const struct skep_attach_way *attach_way_find(uint32_t family, uint32_t method);

/* The attach type that programs are loaded for, to be attached by SKEP_ATTACH_METHOD_MULTI. Return: 0 not in this family. */
uint32_t attach_way_multi_type(uint32_t family);

/* Is it certain that this kernel lacks a way? Found out by trying, and remembered. */
int attach_way_lacking(const struct skep_attach_way *way);

/*
 * attachment_is_active() - asks the kernel whether it is still at its hook
 *
 * Where only its owner can end an attachment, as with a perf event, nothing is asked; nor where the kernel does not tell:
 * sockets that choose among others, maps of sockets before Linux 5.18. A socket that was closed by us counts as gone.
 *
 * Return: 1; 0 not attached, or somebody else has removed it, or the hook has gone; a negative errno.
 */
int attachment_is_active(const struct skep_attachment *a, struct skep_error *err);

/* Closes the perf events and the link, in that order; detach() of a class may do so before it goes on. */
void attachment_close_fds(struct skep_attachment *a);

/* In a child of the process that has attached: releases memory and fds, and detaches nothing. */
void attachment_leave(struct skep_attachment *a);

/* Adds a perf event; @fd is taken, also on failure. Return: 0; -ENOMEM. */
int attachment_add_event(struct skep_attachment *a, int fd);

/*
 * Adds a place to what skep_attachment_results() tells. @name is copied.
 * Return: 0; -ENOMEM.
 */
int attachment_add_result(struct skep_attachment *a, const char *name, uint64_t address, int code);

#endif
