/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KABI_BPF_H
#define KABI_BPF_H
/*
 * Kernel numbers that older UAPI headers lack.
 *
 * Source: include/uapi/linux/bpf.h of Linux 6.6.
 */
enum kabi_attach_type {
	KABI_ATTACH_TCX_INGRESS = 46, /* 6.6 */
	KABI_ATTACH_TCX_EGRESS = 47,
};

#define KABI_BPF_F_BEFORE (1u << 3) /* 6.6; without a relative object: before all */
#define KABI_BPF_F_AFTER (1u << 4)  /* 6.6; likewise: behind all */

#endif
