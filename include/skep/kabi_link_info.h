/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_LINK_INFO_H
#define SKEP_KABI_LINK_INFO_H
/*
 * What the kernel tells of a link: struct bpf_link_info in the layout of Linux 7.3, a part for each type of link.
 *
 * A part that an older kernel fills less of is 0 there; how much of the whole was written says no more than which parts
 * the kernel has, since the longest decides. "Since" below is the kernel that first has a member.
 *
 * Source: include/uapi/linux/bpf.h of the kernel; tests/kernel/test_kabi_btf compares with the BTF of the running one.
 */
#include <stdint.h>

/* A raw tracepoint. */
struct skep_link_info_raw_tracepoint {
	uint64_t tp_name;     /* address */
	uint32_t tp_name_len; /* bytes */
	uint32_t pad;
	uint64_t cookie; /* since 6.17 */
};

/* A function of the kernel or of a program, or a tracepoint by BTF. */
struct skep_link_info_tracing {
	uint32_t attach_type;   /* enum skep_attach_type */
	uint32_t target_obj_id; /* since 5.13: the BTF or program that the target is in */
	uint32_t target_btf_id; /* since 5.13 */
	uint32_t pad;
	uint64_t cookie; /* since 6.17 */
};

/* A control group. */
struct skep_link_info_cgroup {
	uint64_t cgroup_id;
	uint32_t attach_type; /* enum skep_attach_type */
	uint32_t pad;
};

/* An iterator: over all of its kind, or over those of a map, a control group or a task. */
struct skep_link_info_iter {
	uint64_t target_name;     /* address */
	uint32_t target_name_len; /* bytes */
	struct {
		uint32_t map_id;
	} map;
	__extension__ union {
		struct {
			uint64_t cgroup_id;
			uint32_t order; /* enum bpf_cgroup_iter_order */
			uint32_t pad;
		} cgroup; /* since 6.1 */
		struct {
			uint32_t tid;
			uint32_t pid;
		} task; /* since 6.1 */
	};
};

/* A network namespace. */
struct skep_link_info_netns {
	uint32_t netns_ino;
	uint32_t attach_type; /* enum skep_attach_type */
};

/* A hook of netfilter. */
struct skep_link_info_netfilter {
	uint32_t pf;
	uint32_t hooknum;
	int32_t priority;
	uint32_t flags; /* enum skep_netfilter_flag */
};

/* Functions of the kernel. */
struct skep_link_info_kprobe_multi {
	uint64_t addrs; /* address of uint64_t[count] */
	uint32_t count;
	uint32_t flags;   /* enum skep_kprobe_multi_flag */
	uint64_t missed;  /* since 6.7 */
	uint64_t cookies; /* since 6.9: address of uint64_t[count] */
};

/* Places in a file that is executed. */
struct skep_link_info_uprobe_multi {
	uint64_t path;            /* address */
	uint64_t offsets;         /* address of uint64_t[count] */
	uint64_t ref_ctr_offsets; /* address of uint64_t[count] */
	uint64_t cookies;         /* address of uint64_t[count] */
	uint32_t path_size;       /* bytes */
	uint32_t count;
	uint32_t flags; /* enum skep_uprobe_multi_flag */
	uint32_t pid;
};

/* A perf event: a probe, a tracepoint or a counter. */
struct skep_link_info_perf_event {
	uint32_t type; /* enum skep_perf_event_type: which of those below */
	uint32_t pad;
	__extension__ union {
		struct {
			uint64_t file_name; /* address */
			uint32_t name_len;  /* bytes */
			uint32_t offset;
			uint64_t cookie;         /* since 6.9 */
			uint64_t ref_ctr_offset; /* since 6.16 */
		} uprobe;
		struct {
			uint64_t func_name; /* address */
			uint32_t name_len;  /* bytes */
			uint32_t offset;
			uint64_t addr;
			uint64_t missed; /* since 6.7 */
			uint64_t cookie; /* since 6.9 */
		} kprobe;
		struct {
			uint64_t tp_name;  /* address */
			uint32_t name_len; /* bytes */
			uint32_t pad;
			uint64_t cookie; /* since 6.9 */
		} tracepoint;
		struct {
			uint64_t config;
			uint32_t type; /* perf_event_attr.type */
			uint32_t pad;
			uint64_t cookie; /* since 6.9 */
		} event;
	};
};

/* A place at a network device: tcx, netkit. */
struct skep_link_info_device {
	uint32_t ifindex;
	uint32_t attach_type; /* enum skep_attach_type */
};

/* Functions of the kernel or of a program, by BTF. */
struct skep_link_info_tracing_multi {
	uint32_t attach_type; /* enum skep_attach_type */
	uint32_t count;
	uint32_t btf_obj_id;
	uint32_t pad;
	uint64_t ids;     /* address of uint32_t[count] */
	uint64_t addrs;   /* address of uint64_t[count] */
	uint64_t cookies; /* address of uint64_t[count] */
};

/* struct bpf_link_info. */
struct skep_link_info {
	uint32_t type; /* enum skep_link_type: which of those below */
	uint32_t id;
	uint32_t prog_id;
	uint32_t pad;
	__extension__ union {
		struct skep_link_info_raw_tracepoint raw_tracepoint; /* since 5.8 */
		struct skep_link_info_tracing tracing;               /* since 5.8 */
		struct skep_link_info_cgroup cgroup;                 /* since 5.8 */
		struct skep_link_info_iter iter;                     /* since 5.10 */
		struct skep_link_info_netns netns;                   /* since 5.8 */
		struct {
			uint32_t ifindex;
		} xdp; /* since 5.9 */
		struct {
			uint32_t map_id;
		} struct_ops;                                    /* since 6.4 */
		struct skep_link_info_netfilter netfilter;       /* since 6.4 */
		struct skep_link_info_kprobe_multi kprobe_multi; /* since 6.6 */
		struct skep_link_info_uprobe_multi uprobe_multi; /* since 6.8 */
		struct skep_link_info_perf_event perf_event;     /* since 6.6 */
		struct skep_link_info_device tcx;                /* since 6.6 */
		struct skep_link_info_device netkit;             /* since 6.7 */
		struct {
			uint32_t map_id;
			uint32_t attach_type;                      /* enum skep_attach_type */
		} sockmap;                                         /* since 6.10 */
		struct skep_link_info_tracing_multi tracing_multi; /* since 7.3 */
	};
};

#endif
