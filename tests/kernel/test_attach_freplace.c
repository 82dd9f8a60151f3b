/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A program that stands in for a function of another one. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach_tracing.h>
#include <skep/kabi.h>
#include <skep/manager.h>
#include <skep/object_spec.h>
#include <skep/probe.h>

#include "hook.h"

static const char *object_path;

/* What the target returns: 1 of its own function, 7 of the one that stands in for it. */
static uint32_t run_target(int prog_fd)
{
	char packet[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = packet, .data_size_in = sizeof(packet));

	assert_int_equal(bpf_prog_test_run_opts(prog_fd, &o), 0);
	return o.retval;
}

static struct bpf_object *open_with(const char *wanted)
{
	struct bpf_object *object = bpf_object__open_file(object_path, NULL);
	struct bpf_program *p;

	assert_non_null(object);
	bpf_object__for_each_program(p, object)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), wanted));
	return object;
}

static int fd_of(const struct bpf_object *object, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

static void nothing(void)
{
}

static void freplace__stands_in_until_it_is_detached_inside(void)
{
	struct bpf_object *target = open_with("target"), *other = open_with("target");
	struct bpf_object *stand_in = open_with("stand_in");
	struct skep_freplace_opts o = { .sz = sizeof(o), .function = "replaced" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	int r, fd;

	assert_int_equal(bpf_object__load(target), 0);
	assert_int_equal(bpf_object__load(other), 0);
	assert_int_equal(bpf_program__set_attach_target(
				 bpf_object__find_program_by_name(stand_in, "stand_in"),
				 fd_of(target, "target"), "replaced"),
			 0);
	r = bpf_object__load(stand_in);
	if (r < 0) {
		/* lockdown lets nobody load such a program */
		fprintf(stderr, "# freplace: not loaded: %s\n", strerror(-r));
		assert_int_equal(r, -EPERM);
	} else {
		fd = fd_of(stand_in, "stand_in");
		assert_int_equal(run_target(fd_of(target, "target")), 1);
		assert_done(skep_freplace_attach(fd, NULL, &a, &err), &err);
		assert_int_equal(skep_attachment_family(a), SKEP_ATTACH_FAMILY_FREPLACE);
		assert_int_equal(run_target(fd_of(target, "target")), 7);
		assert_done(skep_attachment_detach(a, &err), &err);
		assert_int_equal(run_target(fd_of(target, "target")), 1);
		a = skep_attachment_close(a);

		o.target_fd = (uint64_t)fd_of(other, "target");
		assert_done(skep_freplace_attach(fd, &o, &a, &err), &err);
		assert_int_equal(run_target(fd_of(other, "target")), 7);
		assert_int_equal(run_target(fd_of(target, "target")), 1);
		a = skep_attachment_close(a);
		assert_int_equal(run_target(fd_of(other, "target")), 1);
		{
			const struct skep_probe_spec spec = { .program = "stand_in",
							      .target_fd = o.target_fd,
							      .function = "replaced" };
			const struct skep_probe_program p = { .section = "freplace/replaced",
							      .type = SKEP_PROG_TYPE_EXT,
							      .fd = fd };

			assert_done(skep_probe_spec_attach(&spec, &p, NULL, &a, &err), &err);
			assert_int_equal(run_target(fd_of(other, "target")), 7);
			a = skep_attachment_close(a);
		}
		o.function = "none";
		assert_int_equal(skep_freplace_attach(fd, &o, &a, &err), -ENOENT);
		assert_told(&err, SKEP_ERR_NO_HOOK, "no function 'none'");
	}
	bpf_object__close(stand_in);
	bpf_object__close(other);
	bpf_object__close(target);
}
IN_PROCESS(freplace__stands_in_until_it_is_detached, nothing)

static int is_other(const struct skep_object_program *program, void *userdata)
{
	(void)userdata;
	return strcmp(program->name, "stand_in") != 0;
}

/* A manager loads it for the function that its probe names. */
static void freplace__is_kept_by_a_manager_inside(void)
{
	struct bpf_object *target = open_with("target");
	struct skep_probe_spec probes[] = { { .program = "stand_in", .function = "replaced" } };
	const struct skep_manager_opts o = { .sz = sizeof(o),
					     SKEP_TABLE(probes),
					     .exclude_fn = is_other };
	struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int r;

	assert_int_equal(bpf_object__load(target), 0);
	probes[0].target_fd = (uint64_t)fd_of(target, "target");
	assert_done(skep_manager_open_file(object_path, &o, &m, &err), &err);
	r = skep_manager_load(m, &err);
	if (r < 0) {
		assert_int_equal(r, -EPERM); /* lockdown */
	} else {
		assert_done(skep_manager_start(m, &err), &err);
		assert_int_equal(run_target(fd_of(target, "target")), 7);
		assert_done(skep_manager_stop(m, SKEP_STOP_WAIT, &err), &err);
		assert_int_equal(run_target(fd_of(target, "target")), 1);
	}
	skep_manager_close(m);
	bpf_object__close(target);
}
IN_PROCESS(freplace__is_kept_by_a_manager, nothing)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freplace__stands_in_until_it_is_detached),
		cmocka_unit_test(freplace__is_kept_by_a_manager),
	};

	if (argc < 2) {
		fprintf(stderr, "usage: %s OBJECT\n", argv[0]);
		return 2;
	}
	object_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
