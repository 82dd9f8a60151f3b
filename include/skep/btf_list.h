/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_BTF_LIST_H
#define SKEP_BTF_LIST_H
/*
 * Which BTF the kernel holds, and what uses it.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;

/* A BTF that the kernel holds. */
struct skep_btf_entry {
	const char *name; /* of the kernel's own: "vmlinux", or the module's; "": from user space */
	const uint32_t *prog_ids; /* that were loaded with it, ascending */
	const uint32_t *map_ids;  /* that were created with it, ascending */
	uint64_t prog_count;      /* of @prog_ids */
	uint64_t map_count;       /* of @map_ids */
	uint32_t id;              /* for skep_btf_open_id() */
	uint32_t bytes;           /* its size as raw BTF */
	uint32_t is_kernel;       /* the kernel's own or a module's */
	uint32_t pad;
};

/* Borrows @entry for the call. Return: 0; else the walk ends and returns it. */
typedef int (*skep_btf_entry_fn)(const struct skep_btf_entry *entry, void *userdata);

/**
 * skep_btf_list() - visit the BTF that the kernel holds, by ascending ids
 * @fn:       gets each
 * @userdata: for @fn
 *
 * What comes or goes meanwhile may be missed. Before 5.11 the kernel does not tell its own.
 *
 * Return: 0; what @fn returned; -EPERM needs CAP_SYS_ADMIN; else a negative errno.
 * Context: some system calls for each program, map and BTF of the host.
 * Source: bpf(2) BPF_BTF_GET_NEXT_ID (5.4), BPF_OBJ_GET_INFO_BY_FD.
 */
int skep_btf_list(skep_btf_entry_fn fn, void *userdata, struct skep_error *err);

SKEP_END
#endif
