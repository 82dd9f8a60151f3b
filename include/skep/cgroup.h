/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_CGROUP_H
#define SKEP_CGROUP_H
/*
 * Control groups (version 2) by what people know of them: a systemd unit, a container.
 *
 * The file system is looked for among the mounts of the calling thread; groups above what is mounted there are not seen.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;

/**
 * skep_cgroup_root() - where the control groups are mounted
 * @ret_path: owned by the caller, free(3)
 *
 * Return: 0; -ENOENT cgroup2 is not mounted; -ENOMEM; else a negative errno.
 * Source: cgroups(7); proc_pid_mountinfo(5).
 */
int skep_cgroup_root(char **ret_path, struct skep_error *err);

/**
 * skep_cgroup_find_unit() - the group of a systemd unit
 * @unit:     "nginx.service", "user.slice"; without a suffix: a service
 * @ret_path: of its directory; owned by the caller, free(3)
 *
 * Return: 0; -ENOENT there is none: it may not be running; -ENOTUNIQ there are several, of users or in containers; else a
 *         negative errno.
 * Source: systemd.resource-control(5).
 */
int skep_cgroup_find_unit(const char *unit, char **ret_path, struct skep_error *err);

/**
 * skep_cgroup_find_container() - the group of a container
 * @id:       of Docker, Podman, containerd or CRI-O: the first 12 to all 64 hexadecimal digits
 * @ret_path: of its directory; owned by the caller, free(3)
 *
 * Return: 0; -ENOENT there is none; -ENOTUNIQ there are several; -EINVAL not an id; else a negative errno.
 * Source: the names that these runtimes give: "docker-ID.scope", "cri-containerd-ID.scope", "ID".
 */
int skep_cgroup_find_container(const char *id, char **ret_path, struct skep_error *err);

SKEP_END
#endif
