/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_ATTR_OBJECT_H
#define SKEP_KABI_ATTR_OBJECT_H
/*
 * Attributes of the commands of bpf(2) on what maps, programs, links and BTF have in common, on BTF and on tokens.
 * See skep/kabi_attr.h.
 *
 * Source: union bpf_attr in include/uapi/linux/bpf.h.
 */
#include <stdint.h>

/* BPF_OBJ_PIN, OBJ_GET */
struct skep_attr_object {
	uint64_t pathname; /* pointer */
	uint32_t bpf_fd;
	uint32_t file_flags; /* SKEP_MAP_FLAG_RDONLY, WRONLY, PATH_FD */
	int32_t path_fd;     /* with SKEP_MAP_FLAG_PATH_FD */
	uint32_t pad;
};

/* BPF_{PROG,MAP,BTF,LINK}_GET_NEXT_ID, *_GET_FD_BY_ID */
struct skep_attr_id {
	uint32_t id;      /* of the object; of the one before, for GET_NEXT_ID */
	uint32_t next_id; /* out */
	uint32_t open_flags;
	int32_t token_fd;
};

/* BPF_OBJ_GET_INFO_BY_FD */
struct skep_attr_info {
	uint32_t bpf_fd;
	uint32_t info_len; /* in/out */
	uint64_t info;     /* pointer */
};

/* BPF_BTF_LOAD */
struct skep_attr_btf_load {
	uint64_t btf;         /* pointer */
	uint64_t btf_log_buf; /* pointer */
	uint32_t btf_size;
	uint32_t btf_log_size;
	uint32_t btf_log_level;
	uint32_t btf_log_true_size; /* out, 6.4 */
	uint32_t btf_flags;
	int32_t btf_token_fd;
};

/* BPF_TOKEN_CREATE */
struct skep_attr_token_create {
	uint32_t flags;
	uint32_t bpffs_fd;
};

#endif
