/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_PRIVILEGE_H
#define SKEP_KABI_PRIVILEGE_H
/*
 * Which capabilities what takes: for least privilege, and to say what was missing.
 *
 * A set of capabilities is a uint64_t with the bit 1 << enum skep_capability for each.
 */
#include <skep/base.h>
#include <skep/kabi/capability.h>
#include <skep/kabi/operation.h>

SKEP_BEGIN

#define SKEP_CAPABILITY_BIT(name) (1ull << SKEP_CAPABILITY_##name)

/**
 * skep_operation_name() - the name of an operation: "map_create"
 * @operation: enum skep_operation
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: src/kabi/operation.def.
 */
const char *skep_operation_name(uint32_t operation);

/**
 * skep_operation_sentence() - what an operation is, in a few words: "create a map"
 * @operation: enum skep_operation
 *
 * Return: a static string; "unknown operation" for a number that is none.
 * Context: any thread.
 * Source: src/kabi/operation.def.
 */
const char *skep_operation_sentence(uint32_t operation);

/**
 * skep_operation_capabilities() - what an operation needs today
 * @operation: enum skep_operation
 *
 * CAP_SYS_ADMIN, where it is held, stands in for CAP_BPF and CAP_PERFMON.
 *
 * Return: a set of capabilities; 0 if it needs none, or for a number that is none.
 * Context: any thread.
 * Source: src/kabi/operation.def.
 */
uint64_t skep_operation_capabilities(uint32_t operation);

/**
 * skep_operation_capabilities_on() - what an operation needs on a certain kernel
 * @operation: enum skep_operation
 * @major:     of the kernel's release
 * @minor:     of the kernel's release
 *
 * Before 5.8 there was CAP_SYS_ADMIN in the place of CAP_BPF and CAP_PERFMON.
 *
 * Return: a set of capabilities; 0 if it needs none, or for a number that is none.
 * Context: any thread.
 * Source: src/kabi/operation.def; src/kabi/capability.def.
 */
uint64_t skep_operation_capabilities_on(uint32_t operation, uint32_t major, uint32_t minor);

SKEP_END
#endif
