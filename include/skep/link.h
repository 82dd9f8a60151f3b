/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_LINK_H
#define SKEP_LINK_H
/*
 * Links of the kernel, whoever made them: listed, opened, described, given another program, pinned, detached.
 *
 * A link is an attachment that lives as long as an fd or a pin holds it. A handle holds one; it is single-threaded.
 *
 * What the kernel answers to an update has a code each: -ENOLINK the hook has gone (the link is defunct); -EOPNOTSUPP links of
 * this type keep their program; -ESTALE another program is there than was expected; -EINVAL the program does not fit.
 */
#include <skep/base.h>
#include <skep/kabi_link_info.h>

SKEP_BEGIN

struct skep_bpffs;
struct skep_error;
struct skep_link;

/**
 * skep_link_open_fd() - a handle on the link of an fd
 * @fd:       borrowed: the handle has a duplicate
 * @ret_link: owned by the caller, skep_link_close()
 *
 * Return: 0; -EINVAL it is no link; -EBADF; -ENOMEM; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_link_open_fd(int fd, struct skep_link **ret_link, struct skep_error *err);

/**
 * skep_link_open_id() - open a link by its id
 * @id:       of the link
 * @ret_link: owned by the caller, skep_link_close()
 *
 * Return: 0; -ENOENT no such link; -EPERM needs CAP_SYS_ADMIN; else a negative errno.
 * Source: bpf(2) BPF_LINK_GET_FD_BY_ID.
 */
int skep_link_open_id(uint32_t id, struct skep_link **ret_link, struct skep_error *err);

/**
 * skep_link_open_pinned() - open the link pinned at a path
 * @bpffs:    where; NULL: @path is one of the file system
 * @path:     relative to the root of @bpffs
 * @ret_link: owned by the caller, skep_link_close()
 *
 * Return: 0; -ENOENT no such pin; -EINVAL it is no link; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET.
 */
int skep_link_open_pinned(const struct skep_bpffs *bpffs, const char *path,
			  struct skep_link **ret_link, struct skep_error *err);

/** skep_link_close() - release a handle or NULL. Return: NULL. */
struct skep_link *skep_link_close(struct skep_link *link);

/** skep_link_fd() - Return: the fd, borrowed until skep_link_close(). */
int skep_link_fd(const struct skep_link *link);

/**
 * skep_link_info() - what the kernel told when the handle was opened, or refreshed
 *
 * Pointers in it are to memory of the handle: names NUL-terminated, arrays whole. What the kernel does not show to this
 * process (addresses) is 0.
 *
 * Return: borrowed until skep_link_close() or skep_link_refresh().
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
const struct skep_link_info *skep_link_info(const struct skep_link *link);

/**
 * skep_link_refresh() - ask anew
 *
 * Return: 0; -ENOMEM; else a negative errno, and what is known stays.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_link_refresh(struct skep_link *link, struct skep_error *err);

/** skep_link_is_defunct() - Return: 1 what it was attached to had gone when it was asked; 0 not, or its type does not tell. */
int skep_link_is_defunct(const struct skep_link *link);

/**
 * skep_link_describe() - what it is attached to, in words: "interface 3, tcx_egress"
 * @buf:  of @size bytes; cut off where it does not fit
 * @size: bytes of @buf, at least 1
 *
 * Return: bytes without the NUL that all of it takes.
 * Source: include/skep/kabi_link_info.h.
 */
size_t skep_link_describe(const struct skep_link *link, char *buf, size_t size);

/* @link: borrowed for the call. Return: 0 to go on; anything else ends the walk and is returned. */
typedef int (*skep_link_fn)(struct skep_link *link, void *userdata);

/**
 * skep_link_list() - all links of the kernel
 * @fn, @userdata: called for each, in the order of ids; links that come and go meanwhile are told or not
 *
 * Return: 0; what @fn returned; -EPERM needs CAP_SYS_ADMIN; else a negative errno.
 * Source: bpf(2) BPF_LINK_GET_NEXT_ID.
 */
int skep_link_list(skep_link_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_link_update() - put another program in its place
 * @prog_fd:     borrowed
 * @old_prog_fd: what has to be there; -1: whatever
 *
 * Return: 0; -ENOLINK, -EOPNOTSUPP, -ESTALE, -EINVAL as above; -EPERM a capability is missing; else a negative errno.
 * Source: bpf(2) BPF_LINK_UPDATE.
 */
int skep_link_update(struct skep_link *link, int prog_fd, int old_prog_fd, struct skep_error *err);

/**
 * skep_link_update_pinned() - put another program in the place of that of a pinned link
 * @bpffs:   where; NULL: @path is one of the file system
 * @path:    relative to the root of @bpffs
 * @prog_fd: borrowed
 *
 * Return: 0; -ENOENT no such pin: make a new link; -ENOLINK it is defunct: likewise; else as skep_link_update().
 * Source: bpf(2) BPF_OBJ_GET, BPF_LINK_UPDATE.
 */
int skep_link_update_pinned(const struct skep_bpffs *bpffs, const char *path, int prog_fd,
			    struct skep_error *err);

/* Attaches anew. Return: the fd of a link, which is taken; a negative errno. */
typedef int (*skep_link_attach_fn)(void *userdata, struct skep_error *err);

/**
 * skep_link_update_or_replace() - have a program attached under a name, whatever was there
 * @bpffs:         where
 * @path:          relative to its root; missing directories are made
 * @prog_fd:       for the link that is there, borrowed
 * @fn, @userdata: called if nothing is pinned there, or a defunct link, or something that keeps its program: the new link
 *                 takes the name in one step
 *
 * Return: 0 updated; 1 there is a new link; -EINVAL the program does not fit, or another kind of object has the name; what @fn
 *         returned; else a negative errno, and the name is as before.
 * Source: bpf(2) BPF_LINK_UPDATE, BPF_OBJ_PIN; renameat2(2).
 */
int skep_link_update_or_replace(const struct skep_bpffs *bpffs, const char *path, int prog_fd,
				skep_link_attach_fn fn, void *userdata, struct skep_error *err);

/**
 * skep_link_pin() - give it a name
 * @bpffs: where
 * @path:  relative to its root; missing directories are made
 *
 * Return: 0; -EEXIST the name is taken; else a negative errno.
 * Source: bpf(2) BPF_OBJ_PIN.
 */
int skep_link_pin(const struct skep_link *link, const struct skep_bpffs *bpffs, const char *path,
		  struct skep_error *err);

/**
 * skep_link_unpin() - remove the pin of a link: what nobody else holds is detached by that
 * @bpffs: where
 * @path:  relative to its root
 *
 * Return: 1; 0 the pin went meanwhile; -ENOENT no such pin; -EINVAL it is no link, and stays; else a negative errno.
 * Source: unlink(2).
 */
int skep_link_unpin(const struct skep_bpffs *bpffs, const char *path, struct skep_error *err);

/**
 * skep_link_detach() - detach it at once, whoever holds it
 *
 * The pins and fds of others stay, of a link that is defunct.
 *
 * Return: 0; 1 it was defunct; -EOPNOTSUPP links of this type end with their last pin and fd alone; else a negative errno.
 * Source: bpf(2) BPF_LINK_DETACH.
 */
int skep_link_detach(struct skep_link *link, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_link, skep_link_close) /* skep_link_closep() */
SKEP_END
#endif
