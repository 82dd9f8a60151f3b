/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/verifier_log.h"

#include <string.h>

#define STATISTICS "processed "
#define ADVICE "Verification failed: "

/* The line that ends before @end: its beginning. */
static size_t line_start(const char *log, size_t end)
{
	while (end && log[end - 1] != '\n')
		end--;
	return end;
}

static int begins(const char *line, size_t len, const char *word)
{
	return len >= strlen(word) && !memcmp(line, word, strlen(word));
}

/* Where what the log says of the reason ends: before the statistics, and the advice of Linux 7.2. */
static size_t reason_end(const char *log, size_t end)
{
	size_t at = end, start;

	while (at) {
		start = line_start(log, at);
		if (begins(log + start, at - start, STATISTICS) ||
		    begins(log + start, at - start, ADVICE))
			end = start;
		at = start ? start - 1 : 0;
	}
	return end;
}

const char *sys_verifier_log_reason(const char *log, size_t log_bytes, char *buf, size_t size)
{
	size_t end = reason_end(log, strnlen(log, log_bytes)), start, len;

	while (end && strchr("\n \t", log[end - 1]))
		end--;
	start = line_start(log, end);
	if (size) {
		len = end - start < size ? end - start : size - 1;
		memcpy(buf, log + start, len);
		buf[len] = '\0';
	}
	return buf;
}
