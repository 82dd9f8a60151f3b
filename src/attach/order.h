/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_ORDER_H
#define ATTACH_ORDER_H
#include <skep/attach_order.h>
#include <skep/kabi_attr.h>

struct skep_error;

/* What the options of a family say. */
struct attach_order {
	uint64_t position, anchor_kind, anchor, revision;
};

/* Return: 0; -EINVAL an anchor that is missing or too much, or numbers that are none. */
int attach_order_check(const struct attach_order *order, struct skep_error *err);

/* Is it any other than the default, which kernels without an order know, too? */
int attach_order_is_special(const struct attach_order *order);

/* Puts a checked order into what asks for a link, which never replaces. */
void attach_order_link(const struct attach_order *order, struct skep_attr_link_create *attr);

/* Puts a checked order into what attaches without a link. */
void attach_order_prog(const struct attach_order *order, struct skep_attr_prog_attach *attr);

#endif
