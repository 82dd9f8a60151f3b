/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KEYWORD_H
#define SKEP_KEYWORD_H
/* A flow's class. */
struct skep_keyword {
	int class; /* lint-expect: headers */
};
#endif
