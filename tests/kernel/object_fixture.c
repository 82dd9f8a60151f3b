/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object_fixture.h"

#include <skep/bpffs.h>
#include <skep/loaded.h>
#include <skep/object.h>
#include <skep/object_load.h>
#include <skep/sys.h>

struct skep_object *fixture_object(const char *path)
{
	struct skep_object *object = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_object_open_file(path, NULL, &object, &err), &err);
	return object;
}

struct skep_loaded *fixture_load(struct skep_object *object,
				 const struct skep_object_load_opts *opts)
{
	struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_object_load(object, opts, &loaded, &err), &err);
	return loaded;
}

uint32_t fixture_run(int fd)
{
	unsigned char packet[FIXTURE_PACKET_BYTES] = { 0 };
	struct skep_attr_prog_test_run attr = { .prog_fd = (uint32_t)fd,
						.data_in = SKEP_ATTR_POINTER(packet),
						.data_size_in = sizeof(packet),
						.repeat = 1 };
	struct skep_error err = { 0 };

	assert_done(skep_sys_prog_test_run(&attr, sizeof(attr), &err), &err);
	return attr.retval;
}

uint32_t fixture_run_program(const struct skep_loaded *loaded, const char *name)
{
	const struct skep_loaded_program *p = skep_loaded_program_find(loaded, name);

	assert_non_null(p);
	return fixture_run(p->fd);
}

struct skep_bpffs *fixture_bpffs_open(void)
{
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = fixture_bpffs() };
	struct skep_bpffs *bpffs = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&opts, &bpffs, &err), &err);
	return bpffs;
}
