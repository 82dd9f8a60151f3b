/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KERNEL_MANAGED_H
#define KERNEL_MANAGED_H
/* Managers of the programs of tests/objects/probes.bpf.c, of which only those that probes name are loaded. */
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/probe_spec.h>

#include "bpf_fixture.h"
#include "objects/probes.h"

/* The object, as an argument of the test; to be set first. */
extern const char *managed_path;

/* @opts: NULL; its probes are those that are given, its excluded programs all others. The test fails without a manager. */
struct skep_manager *managed_open_with(const struct skep_probe_spec *probes, size_t count,
				       const struct skep_manager_opts *opts);
struct skep_manager *managed_open(const struct skep_probe_spec *probes, size_t count);

/* Loads and starts, or fails the test with the manager's words. */
void managed_run(struct skep_manager *m);

/* How often the program of a slot has run. */
uint64_t managed_count(const struct skep_manager *m, enum probes_slot slot);

/* How often it runs while @fn does. */
uint64_t managed_runs(const struct skep_manager *m, enum probes_slot slot, void (*fn)(void));

/* What getpgid(2) and getsid(2) make run. */
#define MANAGED_CALLS 5
void managed_call(void);

#endif
