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
 * A handle is single-threaded. The fd of the program may be closed once it is attached.
 */
#include <skep/attach_family.h>
#include <skep/attach_method.h>
#include <skep/base.h>

SKEP_BEGIN

struct skep_attachment;
struct skep_bpffs;
struct skep_error;
struct skep_features;

/* Check everything, say what would be done, and do nothing: for the flags of each family's options. */
#define SKEP_ATTACH_DRY_RUN (1u << 0)

/*
 * The options of each family begin with these three members:
 *
 *	size_t sz;       its size
 *	uint64_t flags;  SKEP_ATTACH_DRY_RUN, and the family's own from 1 << 8 on
 *	uint64_t method; SKEP_ATTACH_METHOD_*; 0: the first that this kernel has
 */

/* A way: a family and a method that it has. Static, as its strings are. */
struct skep_attach_way {
	uint64_t family;       /* enum skep_attach_family */
	uint64_t method;       /* enum skep_attach_method */
	uint64_t major, minor; /* the first Linux release that has it, for information */
	uint64_t link_type;    /* enum skep_link_type; 0: it gives no link */
	uint64_t operation;    /* enum skep_operation: which capabilities it takes */
	uint64_t facts;        /* SKEP_ATTACH_WAY_* */
};

#define SKEP_ATTACH_WAY_UPDATES (1u << 0)  /* the program can be exchanged in one step */
#define SKEP_ATTACH_WAY_COOKIE (1u << 1)   /* a value goes with the attachment */
#define SKEP_ATTACH_WAY_OUTLIVES (1u << 2) /* it stays when the process ends */

/**
 * skep_attach_ways() - all ways, those of a family in the order in which they are preferred
 * @ret_count: rows
 *
 * Return: the rows.
 * Context: any thread.
 * Source: src/attach/way.def.
 */
const struct skep_attach_way *skep_attach_ways(size_t *ret_count);

/**
 * skep_attach_supported() - does this kernel have a way, found out by trying
 * @features: NULL: asked for this once
 * @family:   enum skep_attach_family
 * @method:   enum skep_attach_method; SKEP_ATTACH_METHOD_AUTO: any of the family's
 *
 * For choosing before a program is loaded, where its expected attach type depends on it (kprobe.multi); attaching chooses by
 * itself.
 *
 * Return: 1 yes; 0 no; -EINVAL no such way; another negative errno: could not tell, as skep_feature_has().
 * Source: src/attach/way.def.
 */
int skep_attach_supported(struct skep_features *features, uint32_t family, uint32_t method,
			  struct skep_error *err);

/**
 * skep_attach_family_name() - "kprobe", "xdp"
 * @family: enum skep_attach_family
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: src/attach/family.def.
 */
const char *skep_attach_family_name(uint32_t family);

/**
 * skep_attach_family_sentence() - what a program of a family is attached to, in a few words
 * @family: enum skep_attach_family
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: src/attach/family.def.
 */
const char *skep_attach_family_sentence(uint32_t family);

/**
 * skep_attach_family_from_name() - the opposite of skep_attach_family_name()
 * @name:       as that returns
 * @ret_family: enum skep_attach_family
 *
 * Return: 0; -ENOENT no family has that name.
 * Context: any thread.
 * Source: src/attach/family.def.
 */
int skep_attach_family_from_name(const char *name, uint32_t *ret_family);

/**
 * skep_attach_family_neutral() - what a program returns that wants to change nothing
 * @family:    enum skep_attach_family
 * @ret_value: as if the program were not there
 *
 * Return: 0; -EOPNOTSUPP there is no such value: such a program cannot be paused; -EINVAL no such family.
 * Context: any thread.
 * Source: src/attach/family.def.
 */
int skep_attach_family_neutral(uint32_t family, int64_t *ret_value);

/**
 * skep_attach_method_name() - "link", "clsact"
 * @method: enum skep_attach_method
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: src/attach/method.def.
 */
const char *skep_attach_method_name(uint32_t method);

/**
 * skep_attach_method_sentence() - how a program comes to its hook, in a few words
 * @method: enum skep_attach_method
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: src/attach/method.def.
 */
const char *skep_attach_method_sentence(uint32_t method);

/**
 * skep_attach_method_from_name() - the opposite of skep_attach_method_name()
 * @name:       as that returns
 * @ret_method: enum skep_attach_method
 *
 * Return: 0; -ENOENT no method has that name.
 * Context: any thread.
 * Source: src/attach/method.def.
 */
int skep_attach_method_from_name(const char *name, uint32_t *ret_method);

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
 * Return: 0; -EEXIST the name is taken; -EBUSY it has a name already; -EOPNOTSUPP this method gives no link, or
 *         it has several, one for each place; else a negative errno.
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
