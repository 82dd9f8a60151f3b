/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_TC_H
#define LAB_TC_H
/*
 * Queueing disciplines, filters and TCX links of an interface, as the kernel lists them: what is there, in which
 * order, and taking it away. Functions return 0 (or what they say) or a negative errno.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/pkt_cls.h> /* TC_ACT_* */

enum lab_direction {
	LAB_INGRESS,
	LAB_EGRESS,
};

struct lab_qdisc {
	char kind[16]; /* "clsact", "ingress", "noqueue" ... */
	uint32_t handle;
	uint32_t parent;
};

struct lab_filter {
	char kind[16]; /* "bpf" */
	char name[64];
	uint32_t handle;
	uint16_t priority;
	uint16_t protocol; /* ETH_P_*, host order */
	uint32_t program_id;
	bool direct_action;
};

/* Adds or deletes "clsact", or the older "ingress", which sits in the same place. -EEXIST, -ENOENT (or -EINVAL). */
int lab_qdisc_add(const char *interface, const char *kind);
int lab_qdisc_delete(const char *interface, const char *kind);

/* Adds a cls_bpf filter in direct-action mode for all protocols. 0: the kernel chooses. -EEXIST: taken. */
int lab_filter_add(const char *interface, enum lab_direction direction, int prog_fd,
		   uint16_t priority, uint32_t handle, const char *name);
int lab_filter_delete(const char *interface, enum lab_direction direction, uint16_t priority,
		      uint32_t handle);

/* Lists up to @max in the order of the kernel. Return: how many there are, also beyond @max. */
int lab_qdisc_list(const char *interface, struct lab_qdisc *ret_qdiscs, size_t max);
int lab_filter_list(const char *interface, enum lab_direction direction,
		    struct lab_filter *ret_filters, size_t max);

/* Return: is there a qdisc of that kind; the filter of that name in @ret_filter (NULL: do not care). */
bool lab_qdisc_has(const char *interface, const char *kind);
bool lab_filter_find(const char *interface, enum lab_direction direction, const char *name,
		     struct lab_filter *ret_filter);

/* Does this kernel have TCX (6.6). */
bool lab_has_tcx(void);

/* Ids of the programs on the TCX hook, first to run first. Return: how many there are; -EINVAL: no TCX. */
int lab_tcx_list(const char *interface, enum lab_direction direction, uint32_t *ret_program_ids,
		 size_t max);

/* BPF_TCX_INGRESS or _EGRESS, which older UAPI headers do not have. */
int lab_tcx_attach_type(enum lab_direction direction);

#endif
