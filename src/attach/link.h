/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_LINK_H
#define ATTACH_LINK_H
/* Links by their fds: what holds for those of any family. */
#include <skep/kabi_link_info.h>

struct skep_error;

/* Has what it was attached to gone: the interface, the control group, the network namespace? */
int link_is_defunct(const struct skep_link_info *info);

/*
 * link_update() - put another program in its place
 * @old_prog_fd: what has to be there; -1: whatever
 *
 * Return: 0; -ENOLINK defunct; -EOPNOTSUPP links of its type are not updated; -ESTALE another program than @old_prog_fd is
 *         there; -EINVAL a program that does not fit; another negative errno.
 */
int link_update(int link_fd, int prog_fd, int old_prog_fd, struct skep_error *err);

#endif
