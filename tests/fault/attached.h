/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FAULT_ATTACHED_H
#define FAULT_ATTACHED_H
/* What is asked of an operation that attaches. */
#include <stdio.h>

#include <skep/attach.h>

/* After a failure there is no attachment; after a success it is attached by that method. For check() of an operation. */
static inline int attached_check(const struct skep_attachment *a, uint32_t method, int result,
				 char *why, size_t size)
{
	if (result < 0) {
		snprintf(why, size, "an attachment was returned");
		return a != NULL;
	}
	snprintf(why, size, "it is attached by %s",
		 skep_attach_method_name(skep_attachment_method(a)));
	return !skep_attachment_is_attached(a) || skep_attachment_method(a) != method;
}

#endif
