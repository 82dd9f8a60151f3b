/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SYS_LINK_H
#define SKEP_SYS_LINK_H
/*
 * bpf(2) on links: an attachment that lives as long as an fd, or a pin, holds it.
 */
#include <skep/base.h>
#include <skep/kabi_attr.h>

SKEP_BEGIN

struct skep_error;

/**
 * skep_sys_link_create() - attach a program by a link
 * @attr:       fd, target, attach_type and what the type needs
 * @attr_bytes: sizeof(*@attr)
 *
 * Return: an fd, owned by the caller; -EINVAL this kernel, or this program, does not know the attach type;
 *         -EOPNOTSUPP it is not built in; -EEXIST or -EBUSY somebody else has the hook; -ENODEV no such interface;
 *         else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE.
 */
int skep_sys_link_create(const struct skep_attr_link_create *attr, size_t attr_bytes,
			 struct skep_error *err);

/**
 * skep_sys_link_update() - put another program in the place of the one that is attached
 * @attr:       link_fd, new_fd; with SKEP_ATTACH_FLAG_REPLACE, old_fd is what has to be there
 * @attr_bytes: sizeof(*@attr)
 *
 * No event is lost and none is seen twice.
 *
 * Return: 0; -EPERM old_fd is not what is attached; -EINVAL a program of another type; -ENOLINK what it was attached
 *         to is gone; -EOPNOTSUPP not for this type of link; else a negative errno.
 * Source: bpf(2) BPF_LINK_UPDATE.
 */
int skep_sys_link_update(const struct skep_attr_link_update *attr, size_t attr_bytes,
			 struct skep_error *err);

/**
 * skep_sys_link_detach() - detach, though fds and pins of the link are left
 * @link_fd: the link
 *
 * Return: 0, also where what it was attached to is gone; -EOPNOTSUPP not for this type of link; else a negative
 *         errno.
 * Source: bpf(2) BPF_LINK_DETACH, 5.9.
 */
int skep_sys_link_detach(int link_fd, struct skep_error *err);

/**
 * skep_sys_iter_create() - begin a walk of an iterator program
 * @link_fd: of its link
 *
 * Return: an fd, owned by the caller: read(2) gives what the program writes; else a negative errno.
 * Source: bpf(2) BPF_ITER_CREATE, 5.8.
 */
int skep_sys_iter_create(int link_fd, struct skep_error *err);

/**
 * skep_sys_iter_read() - run an iterator program and take all that it writes
 * @link_fd:   of its link
 * @ret_text:  NUL-terminated behind its end; owned by the caller, free(3)
 * @ret_bytes: without the NUL; NULL: not wanted
 *
 * Return: 0; -ENOMEM; else a negative errno.
 * Context: reads until the end; -EAGAIN of the program (it asks to be continued) and -EINTR are met.
 * Source: bpf(2) BPF_ITER_CREATE; kernel/bpf/bpf_iter.c, bpf_seq_read().
 */
int skep_sys_iter_read(int link_fd, char **ret_text, size_t *ret_bytes, struct skep_error *err);

SKEP_END
#endif
