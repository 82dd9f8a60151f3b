/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

const char *skep_log_level_name(uint64_t level)
{
	switch (level) {
	case SKEP_LOG_ERROR:
		return "error";
	case SKEP_LOG_WARNING:
		return "warning";
	case SKEP_LOG_NOTICE:
		return "notice";
	case SKEP_LOG_DEBUG:
		return "debug";
	default:
		return "unknown";
	}
}

void log_event(const struct skep_log *log, uint64_t level, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (!log->fn || level > (log->level ? log->level : (uint64_t)SKEP_LOG_NOTICE))
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log->fn(level, text, log->userdata);
}
