/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BPFFS_MOUNT_DATA_H
#define BPFFS_MOUNT_DATA_H
/*
 * The options of a bpffs as mount(2) takes them: "mode=750,delegate_maps=hash:lru_hash".
 *
 * Source: kernel/bpf/inode.c, bpf_parse_param(): names in delegate_* are those of the kernel's enums without "BPF_",
 * "BPF_MAP_TYPE_" or "BPF_PROG_TYPE_"; a number is a mask.
 */
#include <skep/bpffs.h>

#define BPFFS_MOUNT_DATA_SIZE 4096 /* mount(2) takes a page */

/*
 * bpffs_mount_data() - options as one text
 * @data: caller memory; after a failure undefined
 *
 * What is delegated may be spelled as skep_kabi_from_name() reads it, and is translated. Words that are unknown are
 * taken over: the kernel may be newer.
 *
 * Return: 0; -EINVAL, -ENOSPC: the option and its part are told in @err.
 */
int bpffs_mount_data(const struct skep_bpffs_mount_opts *o, char data[BPFFS_MOUNT_DATA_SIZE],
		     struct skep_error *err);

/*
 * bpffs_mount_data_unknown() - after the kernel has refused: record which word is unknown
 *
 * Return: -EINVAL, told; 0 they are all known.
 */
int bpffs_mount_data_unknown(const struct skep_bpffs_mount_opts *o, struct skep_error *err);

#endif
