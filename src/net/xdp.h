/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef NET_XDP_H
#define NET_XDP_H
/*
 * The XDP program of an interface, as rtnetlink has it.
 *
 * Source: rtnetlink(7), IFLA_XDP; net/core/dev.c, dev_xdp_attach().
 */
#include <stdint.h>

#include "net/rtnl.h"

/*
 * net_xdp_set() - attach, exchange or detach a program
 * @prog_fd:     -1: none
 * @expected_fd: that has to be there; -1: none may be there
 * @mode:        XDP_FLAGS_SKB_MODE, _DRV_MODE, _HW_MODE; 0: as the driver can
 *
 * Return: 0; -EEXIST another program is there; -EBUSY there is one, or one in another mode, or a link; -ENODEV; a negative errno
 *         of rtnetlink(7).
 */
int net_xdp_set(struct net_rtnl *rtnl, uint32_t ifindex, int prog_fd, int expected_fd,
		uint32_t mode);

/*
 * net_xdp_get() - the program of an interface
 * @mode:       0: whichever there is
 * @ret_prog_id: 0: none
 *
 * Return: 0; -ENODEV; a negative errno of rtnetlink(7).
 */
int net_xdp_get(struct net_rtnl *rtnl, uint32_t ifindex, uint32_t mode, uint32_t *ret_prog_id);

#endif
