/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KERNEL_OBJECT_FIXTURE_H
#define KERNEL_OBJECT_FIXTURE_H
/* Objects of tests/objects: opened, loaded and run, or the test fails with the words of the error. */
#include "bpf_fixture.h"

#define FIXTURE_PACKET_BYTES 64 /* of a run */

struct skep_bpffs;
struct skep_loaded;
struct skep_object;
struct skep_object_load_opts;

struct skep_object *fixture_object(const char *path);
struct skep_loaded *fixture_load(struct skep_object *object,
				 const struct skep_object_load_opts *opts);

/* What a program returns for a packet of zeros. */
uint32_t fixture_run(int fd);
uint32_t fixture_run_program(const struct skep_loaded *loaded, const char *name);

/* The empty bpffs of IN_BPFFS(). */
struct skep_bpffs *fixture_bpffs_open(void);

#endif
