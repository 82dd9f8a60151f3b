/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	const char *name;
	const char *sentence;
	int exit_code;
} kinds[] = {
#define SKEP_ERROR_KIND(id, number, code, text) [number] = { #id, text, code },
#include "base/errors.def"
#undef SKEP_ERROR_KIND
};

const char *skep_error_kind_name(uint32_t kind)
{
	return kind < ARRAY_SIZE(kinds) ? kinds[kind].name : "UNKNOWN";
}

const char *skep_error_kind_sentence(uint32_t kind)
{
	return kind < ARRAY_SIZE(kinds) ? kinds[kind].sentence : "unknown error";
}

int skep_error_exit_code(uint32_t kind)
{
	return kind < ARRAY_SIZE(kinds) ? kinds[kind].exit_code : 1;
}

static const struct errno_row {
	unsigned number;
	const char *name, *text;
} errno_rows[] = {
#define SKEP_ERRNO(id, number, text) { number, #id, text },
#include "base/errno.def"
#undef SKEP_ERRNO
};

static unsigned errno_number(int code)
{
	return code < 0 ? 0u - (unsigned)code : (unsigned)code;
}

static const struct errno_row *find_errno(int code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errno_rows); i++)
		if (errno_rows[i].number == errno_number(code))
			return &errno_rows[i];
	return NULL;
}

static const char *made(const char *what, int code, char *buf, size_t size)
{
	if (!size)
		return "";
	snprintf(buf, size, "%s %u", what, errno_number(code));
	return buf;
}

const char *skep_errno_text(int code, char *buf, size_t size)
{
	const struct errno_row *row = find_errno(code);

	return row ? row->text : made("error", code, buf, size);
}

const char *skep_errno_name(int code, char *buf, size_t size)
{
	const struct errno_row *row = find_errno(code);

	return row ? row->name : made("errno", code, buf, size);
}

static uint32_t refine_kind(uint32_t kind, int code)
{
	if (kind != SKEP_ERR_SYSCALL)
		return kind;
	if (code == -EPERM || code == -EACCES)
		return SKEP_ERR_PERMISSION;
	if (code == -ENOMEM)
		return SKEP_ERR_NO_MEMORY;
	return kind;
}

int skep_fail(struct skep_error *err, int code, uint32_t kind, const char *fmt, ...)
{
	char number[32];
	size_t len;
	va_list args;

	if (!err)
		return code;
	err->code = code;
	err->kind = refine_kind(kind, code);
	va_start(args, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);

	len = strlen(err->msg);
	if (len && err->msg[len - 1] == '.')
		err->msg[len - 1] = '\0';
	else
		snprintf(err->msg + len, sizeof(err->msg) - len, ": %s",
			 skep_errno_text(code, number, sizeof(number)));
	return code;
}

int skep_wrap(struct skep_error *err, int code, const char *fmt, ...)
{
	char msg[sizeof(err->msg)];
	size_t len;
	va_list args;

	if (!err)
		return code;
	va_start(args, fmt);
	vsnprintf(msg, sizeof(msg), fmt, args);
	va_end(args);
	len = strlen(msg);
	snprintf(msg + len, sizeof(msg) - len, "%s", err->msg);
	memcpy(err->msg, msg, sizeof(msg));
	return code;
}
