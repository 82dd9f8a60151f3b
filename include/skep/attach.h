/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_H
#define SKEP_ATTACH_H
/*
 * Attachments: a program at its hook, whatever the hook and however it came there.
 *
 * Each family of hooks has a function of its own, skep_<family>_attach(), in a header of its own. It takes the fd of a
 * program, anybody's, and gives a handle. By default it takes the first method that this kernel has: a link, where there
 * is one, which the kernel undoes when the process ends, however it ends; else an older way. A lack of permission never
 * makes it try the next method.
 *
 * The handle ends what it began: skep_attachment_close() detaches, unless the link has been pinned. What others have
 * attached is never touched. What outlives its process says whose it is: in its name (a filter, an event in tracefs), or in
 * a small map, skep_owner, bound to the program; what a process has left that is certainly gone is removed by the next one.
 *
 * Of each of these functions -EINVAL also says that the program is of a type that the family does not take, and -EBADF that
 * the fd is of no program; both with SKEP_ERR_INVALID.
 *
 * A handle is single-threaded. The fd of the program may be closed once it is attached.
 */
#include <skep/attach_way.h>
#include <skep/base.h>

SKEP_BEGIN

struct skep_attachment;
struct skep_bpffs;
struct skep_error;

/*
 * Check, say what would be done, and do nothing: for the flags of each family's options. What is checked: the options; that
 * what it is to be attached to is there (interface, group, namespace, function, tracepoint, file); that the program is of a
 * type that the family takes, and was loaded for the method; that this kernel has the method, and the thread the
 * capabilities; that an interface has no XDP program, no qdisc in the place of clsact, no filter of that priority and handle,
 * a namespace no flow dissector. skep_attachment_pin() then says whether it could be pinned.
 *
 * What is not: whether a driver has a mode of XDP, whether a place in a function or a file can be probed, what a program was
 * loaded for otherwise, whether a group, a map of sockets or a hook of netfilter has a program that tolerates no other, how
 * much room there is, and what security modules think of it.
 */
#define SKEP_ATTACH_DRY_RUN (1u << 0)

/*
 * The options of each family begin with these three members:
 *
 *	size_t sz;       its size
 *	uint64_t flags;  SKEP_ATTACH_DRY_RUN, and the family's own from 1 << 8 on
 *	uint64_t method; SKEP_ATTACH_METHOD_*; 0: the first that this kernel has
 */

/** skep_attachment_family() - Return: enum skep_attach_family. */
uint32_t skep_attachment_family(const struct skep_attachment *attachment);

/** skep_attachment_method() - Return: enum skep_attach_method that was used, or would be; never AUTO. */
uint32_t skep_attachment_method(const struct skep_attachment *attachment);

/** skep_attachment_target() - Return: what it is attached to, in words: "eth0 egress"; borrowed until close. */
const char *skep_attachment_target(const struct skep_attachment *attachment);

/** skep_attachment_is_attached() - Return: 1; 0 after a dry run, or once it was detached. */
int skep_attachment_is_attached(const struct skep_attachment *attachment);

/** skep_attachment_time_ns() - Return: how long attaching took. */
uint64_t skep_attachment_time_ns(const struct skep_attachment *attachment);

/** skep_attachment_cookie() - Return: the value that went with it; 0: none. */
uint64_t skep_attachment_cookie(const struct skep_attachment *attachment);

/** skep_attachment_link_fd() - Return: of its link, borrowed until close; -EBADF: it has none, or is detached. */
int skep_attachment_link_fd(const struct skep_attachment *attachment);

/**
 * skep_attachment_event_fds() - the perf events that it holds
 * @ret_count: how many; 0: none
 *
 * Return: the fds, borrowed until close.
 * Source: the handle.
 */
const int *skep_attachment_event_fds(const struct skep_attachment *attachment, size_t *ret_count);

/* One of several places that one attachment is for. */
struct skep_attach_result {
	const char *name; /* of the symbol; borrowed until skep_attachment_close() */
	uint64_t address; /* of the place, in the kernel or in the file; 0: not known */
	int64_t code;     /* 0 attached; a negative errno: why not */
};

/**
 * skep_attachment_results() - the places of an attachment to several at once
 * @ret_count: rows; 0: it is for a single one
 *
 * Return: the rows, borrowed until close.
 * Source: the handle.
 */
const struct skep_attach_result *skep_attachment_results(const struct skep_attachment *attachment,
							 size_t *ret_count);

/**
 * skep_attachment_detach() - take the program from its hook
 *
 * What else there is at the hook stays. A pin that skep_attachment_pin() made is removed.
 *
 * Return: 0; 1 it was not there any more: somebody else has removed it, or the hook itself has gone; a negative errno: it
 *         may still be attached, and this can be called again.
 * Source: bpf(2) BPF_LINK_DETACH; close(2); rtnetlink(7).
 */
int skep_attachment_detach(struct skep_attachment *attachment, struct skep_error *err);

/** skep_attachment_close() - detach, unless it is pinned, and release a handle or NULL. Return: NULL. */
struct skep_attachment *skep_attachment_close(struct skep_attachment *attachment);

/**
 * skep_attachment_update() - put another program in the place of the one that is attached
 * @prog_fd: of the same type; borrowed for the call
 *
 * Where the kernel cannot exchange a program, the new one is attached beside the old one, which is detached then.
 *
 * Return: 0 in one step: no event is lost, none is seen twice; 1 for a moment both were attached; -ENOLINK what it was
 *         attached to is gone; -EINVAL a program that does not fit; -EOPNOTSUPP neither is possible here; else a negative
 *         errno: the old one is still attached.
 * Source: bpf(2) BPF_LINK_UPDATE.
 */
int skep_attachment_update(struct skep_attachment *attachment, int prog_fd, struct skep_error *err);

/**
 * skep_attachment_pin() - give its link a name: the program stays attached when the handle and the process end
 * @bpffs: where, borrowed until the handle is released
 * @path:  relative to its root; missing directories are made
 *
 * After a dry run nothing is made: whether it could be is told.
 *
 * Return: 0; -EEXIST the name is taken; -EBUSY it has a name already; -EOPNOTSUPP this method gives no link, or
 *         it has several, one for each place; -EINVAL a name has a dot; else a negative errno.
 * Source: bpf(2) BPF_OBJ_PIN.
 */
int skep_attachment_pin(struct skep_attachment *attachment, const struct skep_bpffs *bpffs,
			const char *path, struct skep_error *err);

/**
 * skep_attachment_unpin() - take that name from it: it stays attached while the handle is open
 *
 * Only if what is pinned there is this link.
 *
 * Return: 1; 0 it has no name, or no longer; -ESTALE another object has it; else a negative errno.
 * Source: unlink(2).
 */
int skep_attachment_unpin(struct skep_attachment *attachment, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_attachment, skep_attachment_close) /* skep_attachment_closep() */
SKEP_END
#endif
