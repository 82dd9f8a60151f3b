/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_ATTR_LINK_H
#define SKEP_KABI_ATTR_LINK_H
/*
 * Attributes of the commands of bpf(2) on links. See skep/kabi_attr.h.
 *
 * Source: union bpf_attr in include/uapi/linux/bpf.h.
 */
#include <stdint.h>

/* BPF_LINK_CREATE */
struct skep_attr_link_create {
	uint32_t fd;          /* of the program; of the map, for struct_ops */
	uint32_t target;      /* an fd, or an interface index */
	uint32_t attach_type; /* SKEP_ATTACH_TYPE_* */
	uint32_t flags;
	__extension__ union { /* what it takes depends on the type */
		uint32_t target_btf_id;
		struct {
			uint64_t info; /* pointer */
			uint32_t info_len;
			uint32_t pad;
		} iter;
		struct {
			uint64_t cookie;
		} perf_event;
		struct {
			uint32_t flags;
			uint32_t cnt;
			uint64_t syms;    /* pointer to pointers to text */
			uint64_t addrs;   /* pointer to uint64_t */
			uint64_t cookies; /* pointer to uint64_t */
		} kprobe_multi;
		struct {
			uint32_t target_btf_id;
			uint32_t pad;
			uint64_t cookie;
		} tracing;
		struct {
			uint32_t pf;
			uint32_t hooknum;
			int32_t priority;
			uint32_t flags;
		} netfilter;
		struct {
			uint64_t path;            /* pointer to text */
			uint64_t offsets;         /* pointer to uint64_t */
			uint64_t ref_ctr_offsets; /* pointer to uint64_t */
			uint64_t cookies;         /* pointer to uint64_t */
			uint32_t cnt;
			uint32_t flags;
			uint32_t pid;
			uint32_t path_fd; /* 7.2 */
		} uprobe_multi;
		struct {
			uint32_t relative; /* an fd; an id with SKEP_ATTACH_FLAG_ID */
			uint32_t pad;
			uint64_t expected_revision;
		} order; /* of TCX, netkit and cgroup links */
		struct {
			uint64_t ids;     /* pointer to uint32_t: BTF ids */
			uint64_t cookies; /* pointer to uint64_t */
			uint32_t cnt;
			uint32_t pad;
		} tracing_multi; /* 7.3 */
	};
};

/* BPF_LINK_UPDATE */
struct skep_attr_link_update {
	uint32_t link_fd;
	uint32_t new_fd; /* of a program; of a map, for struct_ops */
	uint32_t flags;  /* SKEP_ATTACH_FLAG_REPLACE */
	uint32_t old_fd;
};

/* BPF_ITER_CREATE */
struct skep_attr_iter_create {
	uint32_t link_fd;
	uint32_t flags;
};

#endif
