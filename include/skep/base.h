/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_BASE_H
#define SKEP_BASE_H
/*
 * What every public header stands on: linkage, visibility, and cleanup of owning locals.
 *
 * Conventions of the whole API: a function that can fail returns an int, >= 0 for success and a negative errno else;
 * the optional last parameter @err (struct skep_error) has the words. ret_* is untouched on failure, @err on success.
 * Strings are borrowed for the call unless the parameter says otherwise. An object is single-threaded unless its
 * header says otherwise. Times are nanoseconds of CLOCK_MONOTONIC unless said otherwise; UINT64_MAX means for ever.
 */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define SKEP_EXTERN_C_BEGIN extern "C" {
#define SKEP_EXTERN_C_END }
#else
#define SKEP_EXTERN_C_BEGIN
#define SKEP_EXTERN_C_END
#endif

/* What is declared between SKEP_BEGIN and SKEP_END is exported, nothing else is. */
#define SKEP_BEGIN SKEP_EXTERN_C_BEGIN _Pragma("GCC visibility push(default)")
#define SKEP_END _Pragma("GCC visibility pop") SKEP_EXTERN_C_END

/* _cleanup_(skep_error_logp) struct x *local = NULL: released when the local goes out of scope. */
#ifndef _cleanup_
#define _cleanup_(fn) __attribute__((__cleanup__(fn)))
#endif

/* Defines fn##p(), the form of a destructor that _cleanup_() takes. */
#define SKEP_DEFINE_CLEANUP(type, fn)            \
	static inline void fn##p(type **pointer) \
	{                                        \
		if (*pointer)                    \
			*pointer = fn(*pointer); \
	}

#endif
