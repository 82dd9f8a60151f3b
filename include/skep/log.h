/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_LOG_H
#define SKEP_LOG_H
/*
 * Log events: how an object that runs on its own tells what is nobody's return value.
 *
 * The library never prints. An object that logs takes a struct skep_log in its options, copies it, and calls the
 * function from the thread that called the object. Without one it is silent. What is logged is also counted.
 */
#include <skep/base.h>

SKEP_BEGIN

enum skep_log_level {
	SKEP_LOG_ERROR = 1,   /* something is wrong and stays wrong */
	SKEP_LOG_WARNING = 2, /* it goes on, with less than was asked for */
	SKEP_LOG_NOTICE = 3,  /* what an operator wants to know: attached, waiting, gone */
	SKEP_LOG_DEBUG = 4,
};

/*
 * @level: enum skep_log_level
 * @text:  one line without a line feed; borrowed for the call
 */
typedef void (*skep_log_fn)(uint64_t level, const char *text, void *userdata);

/* Where events go. A plain record: copied by the object that takes it. */
struct skep_log {
	skep_log_fn fn;
	void *userdata;
	uint64_t level; /* up to this enum skep_log_level; 0: SKEP_LOG_NOTICE */
};

/**
 * skep_log_level_name() - the name of a level: "error", "warning", "notice", "debug"
 * @level: enum skep_log_level
 *
 * Return: a static string; "unknown" for a number that is no level.
 * Context: any thread.
 * Source: the names are those of syslog(3).
 */
const char *skep_log_level_name(uint64_t level);

SKEP_END
#endif
