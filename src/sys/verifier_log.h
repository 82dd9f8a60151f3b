/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_VERIFIER_LOG_H
#define SYS_VERIFIER_LOG_H
#include <stddef.h>

/*
 * sys_verifier_log_reason() - the line of a log that says why
 * @log:  NUL-terminated within @log_bytes, or cut off there
 * @buf:  caller memory; the line is cut to fit
 *
 * The last line before the verifier's statistics ("processed N insns ...") and, from Linux 7.2 on, its advice
 * ("Verification failed: ..." and paragraphs).
 *
 * Return: @buf; "" if the log has no line.
 */
const char *sys_verifier_log_reason(const char *log, size_t log_bytes, char *buf, size_t size);

#endif
