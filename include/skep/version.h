/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_VERSION_H
#define SKEP_VERSION_H
/* Version: of the headers a program was built with, and of the library it runs with. */
#include <skep/base.h>

SKEP_BEGIN

#define SKEP_VERSION_MAJOR 0
#define SKEP_VERSION_MINOR 1
#define SKEP_VERSION_PATCH 0
#define SKEP_VERSION "0.1.0"

/**
 * skep_version() - the version of the library that is running
 *
 * Return: a static string, "MAJOR.MINOR.PATCH".
 * Context: any thread.
 * Source: https://semver.org, version 2.0.0.
 */
const char *skep_version(void);

/**
 * skep_libbpf_version() - the version of the libbpf that is running below it
 *
 * Return: a static string, "MAJOR.MINOR".
 * Context: any thread.
 * Source: bpf/libbpf.h, libbpf_version_string().
 */
const char *skep_libbpf_version(void);

SKEP_END
#endif
