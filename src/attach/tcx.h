/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_TCX_H
#define ATTACH_TCX_H
/*
 * TCX: a program at an interface by a bpf_link, one of a list that runs before the filters of clsact. Closing the
 * link's fd detaches it; so does the end of the process, however it ends.
 *
 * Source: kernel/bpf/tcx.c, kernel/bpf/mprog.c of Linux 6.6.
 */
#include <stdint.h>

#include <skep/flow_record.h>

struct skep_error;

/*
 * attach_tcx_supported() - does this kernel have TCX
 *
 * Asked of the loopback interface of the caller's network namespace.
 *
 * Return: 1, 0; a negative errno: could not tell (-EPERM without CAP_NET_ADMIN).
 */
int attach_tcx_supported(void);

/*
 * attach_tcx() - attach a program of type sched_cls
 * @direction: SKEP_DIRECTION_INGRESS or _EGRESS
 * @tail:      behind all others; else before them
 *
 * Return: the link's fd, the caller's; -EOPNOTSUPP no TCX here; -ENODEV; -ERANGE the interface has 63 programs; else
 *         a negative errno of bpf(2).
 */
int attach_tcx(int prog_fd, uint32_t ifindex, uint32_t direction, int tail, struct skep_error *err);

#endif
