/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BASE_LOG_H
#define BASE_LOG_H
/* The sender's side of skep/log.h. */
#include <skep/log.h>

/*
 * log_event() - tell the object's owner
 * @log:   the copy that the object keeps; without a function nothing happens
 * @level: enum skep_log_level
 */
void log_event(const struct skep_log *log, uint64_t level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
