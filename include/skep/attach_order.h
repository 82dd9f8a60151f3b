/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_ORDER_H
#define SKEP_ATTACH_ORDER_H
/*
 * Where a program stands among others at the same hook: at an interface by TCX, at a netkit pair, at a control group (Linux
 * 6.17). The options of these families have four members for it:
 *
 *	uint64_t position;     SKEP_ATTACH_POSITION_*
 *	uint64_t anchor_kind;  SKEP_ATTACH_ANCHOR_*: what anchor is
 *	uint64_t anchor;       the other program or link: for BEFORE, AFTER and REPLACE
 *	uint64_t revision;     fail with -ESTALE if the list has changed since it had this one; 0: whatever
 */
#include <skep/base.h>

/* Where among the others. */
enum skep_attach_position {
	SKEP_ATTACH_POSITION_LAST = 0, /* behind all others */
	SKEP_ATTACH_POSITION_FIRST = 1,
	SKEP_ATTACH_POSITION_BEFORE = 2,  /* directly before the anchor */
	SKEP_ATTACH_POSITION_AFTER = 3,   /* directly behind it */
	SKEP_ATTACH_POSITION_REPLACE = 4, /* in its place: by SKEP_ATTACH_METHOD_PROG_ATTACH, and of
					     a program that was attached so */
};

/* How the other program or link is named. */
enum skep_attach_anchor {
	SKEP_ATTACH_ANCHOR_NONE = 0,
	SKEP_ATTACH_ANCHOR_PROG_FD = 1,
	SKEP_ATTACH_ANCHOR_PROG_ID = 2,
	SKEP_ATTACH_ANCHOR_LINK_FD = 3,
	SKEP_ATTACH_ANCHOR_LINK_ID = 4,
};

#endif
