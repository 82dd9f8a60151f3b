/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_ATTR_MAP_H
#define SKEP_KABI_ATTR_MAP_H
/*
 * Attributes of the commands of bpf(2) on maps and their elements. See skep/kabi_attr.h.
 *
 * Source: union bpf_attr in include/uapi/linux/bpf.h.
 */
#include <stdint.h>

#include <skep/kabi_info.h>

/* BPF_MAP_CREATE */
struct skep_attr_map_create {
	uint32_t map_type; /* SKEP_MAP_TYPE_* */
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t map_flags;    /* SKEP_MAP_FLAG_* */
	uint32_t inner_map_fd; /* template of the inner maps */
	uint32_t numa_node;    /* with SKEP_MAP_FLAG_NUMA_NODE */
	char map_name[SKEP_OBJ_NAME_LEN];
	uint32_t map_ifindex;
	uint32_t btf_fd;
	uint32_t btf_key_type_id;
	uint32_t btf_value_type_id;
	uint32_t btf_vmlinux_value_type_id; /* of a struct_ops map */
	uint64_t map_extra;                 /* bloom filter: hash functions; arena: user address */
	int32_t value_type_btf_obj_fd;      /* with SKEP_MAP_FLAG_VTYPE_BTF_OBJ_FD */
	int32_t map_token_fd;               /* with SKEP_MAP_FLAG_TOKEN_FD */
	uint64_t excl_prog_hash;            /* pointer */
	uint32_t excl_prog_hash_size;
	uint32_t pad;
};

/* BPF_MAP_LOOKUP_ELEM, UPDATE_ELEM, DELETE_ELEM, GET_NEXT_KEY, LOOKUP_AND_DELETE_ELEM, FREEZE */
struct skep_attr_map_element {
	uint32_t map_fd;
	uint32_t pad;
	uint64_t key;   /* pointer */
	uint64_t value; /* pointer; of the next key, for GET_NEXT_KEY */
	uint64_t flags; /* SKEP_UPDATE_FLAG_* */
};

/* BPF_MAP_LOOKUP_BATCH, LOOKUP_AND_DELETE_BATCH, UPDATE_BATCH, DELETE_BATCH */
struct skep_attr_map_batch {
	uint64_t in_batch;  /* pointer to the cursor; 0: from the beginning */
	uint64_t out_batch; /* pointer to where the next cursor goes */
	uint64_t keys;      /* pointer */
	uint64_t values;    /* pointer */
	uint32_t count;     /* in/out */
	uint32_t map_fd;
	uint64_t elem_flags;
	uint64_t flags;
};

#endif
