/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SYS_OBJECT_H
#define SKEP_SYS_OBJECT_H
/*
 * bpf(2) on what maps, programs, links and BTF have in common: pins, ids, info.
 */
#include <skep/base.h>
#include <skep/kabi_attr.h>
#include <skep/kabi_info.h>

SKEP_BEGIN

struct skep_error;

/* What bpf(2) makes that has an id. */
enum skep_object_kind {
	SKEP_OBJECT_MAP = 1,
	SKEP_OBJECT_PROG = 2,
	SKEP_OBJECT_LINK = 3,
	SKEP_OBJECT_BTF = 4,
};

/**
 * skep_object_kind_name() - "map", "prog", "link" or "btf"
 * @kind: enum skep_object_kind
 *
 * Return: a static string; "unknown" for a number that is no kind.
 * Source: bpf(2).
 */
const char *skep_object_kind_name(uint32_t kind);

/**
 * skep_sys_obj_pin() - give an object a name in a bpffs
 * @fd:     a map, program or link
 * @dir_fd: @path is relative to this directory (6.5); -1: to the working directory
 * @path:   on a bpffs; its directory exists
 *
 * Return: 0; -EEXIST the name is taken; -EPERM not a bpffs, a name with a dot, or no permission: @err tells which;
 *         -ENOENT no such directory; -EOPNOTSUPP @dir_fd on a kernel before 6.5; else a negative errno.
 * Source: bpf(2) BPF_OBJ_PIN.
 */
int skep_sys_obj_pin(int fd, int dir_fd, const char *path, struct skep_error *err);

/**
 * skep_sys_obj_get() - open what is pinned
 * @dir_fd: as for skep_sys_obj_pin()
 * @path:   on a bpffs
 * @flags:  SKEP_MAP_FLAG_RDONLY, SKEP_MAP_FLAG_WRONLY; 0
 *
 * Return: an fd, owned by the caller; -ENOENT no such pin; -EACCES a directory, no permission, or not a pin;
 *         else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET.
 */
int skep_sys_obj_get(int dir_fd, const char *path, uint32_t flags, struct skep_error *err);

/**
 * skep_sys_obj_kind() - what kind of object an fd is
 * @fd: any fd
 *
 * Return: enum skep_object_kind; -EINVAL not an object of bpf(2); -EBADF; else a negative errno.
 * Context: up to two system calls on /proc; no capability is needed.
 * Source: readlink(2) of /proc/self/fd; kernel/bpf/syscall.c, names of anonymous inodes.
 */
int skep_sys_obj_kind(int fd);

/**
 * skep_sys_next_id() - the id that follows another one
 * @kind:   enum skep_object_kind
 * @id:     0: the first
 * @ret_id: the next
 *
 * Return: 0; -ENOENT the end; -EPERM needs CAP_SYS_ADMIN; else a negative errno.
 * Source: bpf(2) BPF_{PROG,MAP,LINK,BTF}_GET_NEXT_ID.
 */
int skep_sys_next_id(uint32_t kind, uint32_t id, uint32_t *ret_id);

/**
 * skep_sys_fd_by_id() - open an object by its id
 * @kind:  enum skep_object_kind
 * @id:    of the object
 * @flags: of a map: SKEP_MAP_FLAG_RDONLY, SKEP_MAP_FLAG_WRONLY; 0
 *
 * Return: an fd, owned by the caller; -ENOENT no such id (objects come and go); -EPERM needs CAP_SYS_ADMIN;
 *         else a negative errno.
 * Source: bpf(2) BPF_{PROG,MAP,LINK,BTF}_GET_FD_BY_ID.
 */
int skep_sys_fd_by_id(uint32_t kind, uint32_t id, uint32_t flags);

/**
 * skep_sys_map_info() - what the kernel knows about a map
 * @fd:         of the map
 * @info:       in/out: zero, or with pointers that the kernel shall fill; what it does not tell is left as it is
 * @info_bytes: sizeof(*@info)
 *
 * Return: bytes that this kernel knows: SKEP_INFO_HAS() says whether a member is among them; -EINVAL not a map; else
 *         a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_sys_map_info(int fd, struct skep_map_info *info, size_t info_bytes);

/**
 * skep_sys_prog_info() - what the kernel knows about a program
 * @fd:         of the program
 * @info:       in/out: zero, or with pointers and counts of arrays that the kernel shall fill; what it does not tell
 * is
 *              left as it is
 * @info_bytes: sizeof(*@info)
 *
 * Call it with zeros first, for the counts.
 *
 * Return: bytes that this kernel knows; -EINVAL not a program; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_sys_prog_info(int fd, struct skep_prog_info *info, size_t info_bytes);

/**
 * skep_sys_link_info() - what the kernel knows about a link
 * @fd:         of the link
 * @info:       in/out, like skep_sys_prog_info()
 * @info_bytes: sizeof(*@info)
 *
 * Return: bytes that this kernel knows; -EINVAL not a link; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_sys_link_info(int fd, struct skep_link_info *info, size_t info_bytes);

/**
 * skep_sys_btf_info() - what the kernel knows about a BTF
 * @fd:         of the BTF
 * @info:       in/out, like skep_sys_prog_info(); before 5.11 BTF has no name, and its buffer is left as it is
 * @info_bytes: sizeof(*@info)
 *
 * Return: bytes that this kernel knows; -EINVAL not a BTF; else a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_sys_btf_info(int fd, struct skep_btf_info *info, size_t info_bytes);

SKEP_END
#endif
