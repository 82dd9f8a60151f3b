/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ERROR_H
#define SKEP_ERROR_H
/*
 * Errors: a negative errno to branch on, and an optional record with the words.
 *
 * The record belongs to the caller, owns nothing, needs no initialisation and no release. Whoever detects the error
 * writes it; it is untouched on success. Branch on the returned code where a function documents it, on the kind
 * otherwise.
 */
#include <skep/base.h>
#include <skep/error_kinds.h>

SKEP_BEGIN

struct skep_error {
	int32_t code;  /* what was returned: a negative errno */
	uint32_t kind; /* enum skep_error_kind */
	char msg[248]; /* one line, NUL-terminated: attach tcx ingress of 'eth0': no such device */
};

/**
 * skep_error_kind_name() - the name of a kind: "NOT_FOUND" for SKEP_ERR_NOT_FOUND
 * @kind: enum skep_error_kind
 *
 * Return: a static string; "UNKNOWN" for a number that is no kind.
 * Context: any thread.
 * Source: src/base/errors.def.
 */
const char *skep_error_kind_name(uint32_t kind);

/**
 * skep_error_kind_sentence() - what a kind means, in a few words
 * @kind: enum skep_error_kind
 *
 * Return: a static string; "unknown error" for a number that is no kind.
 * Context: any thread.
 * Source: src/base/errors.def.
 */
const char *skep_error_kind_sentence(uint32_t kind);

/**
 * skep_error_exit_code() - the exit status that the skep command gives to a kind
 * @kind: enum skep_error_kind
 *
 * Return: 0 for SKEP_ERR_NONE, else 1 to 8; 1 for a number that is no kind.
 * Context: any thread.
 * Source: skep(1), EXIT STATUS.
 */
int skep_error_exit_code(uint32_t kind);

/**
 * skep_errno_text() - what an errno means, in words of our own
 * @code: an errno, of either sign; the kernel's internal 524 (ENOTSUPP) included
 * @buf:  caller memory; for a number without a name the text is made in it
 * @size: bytes of @buf; at least 32 to hold any number
 *
 * Unlike strerror(3) it depends on no locale.
 *
 * Return: a static string or @buf.
 * Context: any thread.
 * Source: errno(3); include/linux/errno.h of the kernel for 512 to 531.
 */
const char *skep_errno_text(int code, char *buf, size_t size);

/**
 * skep_errno_name() - the name of an errno: "EAGAIN"
 * @code: an errno, of either sign; the kernel's internal 524 (ENOTSUPP) included
 * @buf:  caller memory; for a number without a name "errno 9999" is made in it
 * @size: bytes of @buf; at least 32 to hold any number
 *
 * Return: a static string or @buf.
 * Context: any thread.
 * Source: errno(3); include/linux/errno.h of the kernel for 512 to 531.
 */
const char *skep_errno_name(int code, char *buf, size_t size);

SKEP_END
#endif
