/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "allocation.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

/* What a failed asprintf(3) leaves is not to be looked at. */
#define POISON ((char *)16)

static _Atomic(struct inject_report *) current;
static atomic_uint made;
static unsigned failing;

void allocation_begin(unsigned number, struct inject_report *report)
{
	failing = number;
	made = 0;
	current = report;
}

void allocation_end(void)
{
	current = NULL;
}

static bool fails(const char *function, void *caller)
{
	struct inject_report *report = current;
	unsigned number;

	if (!report)
		return false;
	number = ++made;
	report->allocations = number;
	if (number <= INJECT_KEPT)
		report->allocation_kinds[number - 1] = (uint32_t)(uintptr_t)caller;
	if (number != failing)
		return false;
	report->caller = caller;
	snprintf(report->what, sizeof(report->what), "allocation %u: %s", number, function);
	report->failed = true;
	errno = ENOMEM;
	return true;
}

#define FAILS(function) fails(function, __builtin_return_address(0))

#define WRAP_POINTER(name, parameters, arguments)                     \
	void *__real_##name parameters;                               \
	void *__wrap_##name parameters;                               \
	void *__wrap_##name parameters                                \
	{                                                             \
		return FAILS(#name) ? NULL : __real_##name arguments; \
	}

WRAP_POINTER(malloc, (size_t size), (size))
WRAP_POINTER(calloc, (size_t count, size_t size), (count, size))
WRAP_POINTER(realloc, (void *old, size_t size), (old, size))
WRAP_POINTER(reallocarray, (void *old, size_t count, size_t size), (old, count, size))
WRAP_POINTER(aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WRAP_POINTER(strdup, (const char *text), (text))
WRAP_POINTER(strndup, (const char *text, size_t size), (text, size))
WRAP_POINTER(open_memstream, (char **text, size_t *size), (text, size))

int __wrap_posix_memalign(void **ret, size_t alignment, size_t size);
int __real_posix_memalign(void **ret, size_t alignment, size_t size);
int __wrap_vasprintf(char **ret, const char *format, va_list args);
int __real_vasprintf(char **ret, const char *format, va_list args);
int __wrap_asprintf(char **ret, const char *format, ...);
ssize_t __wrap_getline(char **line, size_t *size, FILE *file);
ssize_t __real_getline(char **line, size_t *size, FILE *file);

int __wrap_posix_memalign(void **ret, size_t alignment, size_t size)
{
	return FAILS("posix_memalign") ? ENOMEM : __real_posix_memalign(ret, alignment, size);
}

int __wrap_vasprintf(char **ret, const char *format, va_list args)
{
	if (FAILS("vasprintf")) {
		*ret = POISON;
		return -1;
	}
	return __real_vasprintf(ret, format, args);
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int len;

	if (FAILS("asprintf")) {
		*ret = POISON;
		return -1;
	}
	va_start(args, format);
	len = __real_vasprintf(ret, format, args);
	va_end(args);
	return len;
}

ssize_t __wrap_getline(char **line, size_t *size, FILE *file)
{
	return FAILS("getline") ? -1 : __real_getline(line, size, file);
}
