/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What it costs to open, load and release an object through this library, against libbpf alone: a small one, and one
 * of 2 MB with 70 maps and 34 programs; libbpf opens both as they are.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/object.h>
#include <skep/object_load.h>

#include "harness.h"

struct subject {
	const char *path;
};

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static int with_libbpf(void *userdata, double *ret_value)
{
	const struct subject *s = userdata;
	const uint64_t began = bench_cpu_ns();
	struct bpf_object *object = bpf_object__open_file(s->path, NULL);
	int r = object ? bpf_object__load(object) : -errno;

	bpf_object__close(object);
	*ret_value = (double)(bench_cpu_ns() - began);
	return r;
}

static int with_skep(void *userdata, double *ret_value)
{
	const struct subject *s = userdata;
	const uint64_t began = bench_cpu_ns();
	struct skep_object *object = NULL;
	struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };
	int r = skep_object_open_file(s->path, NULL, &object, &err);

	if (r == 0)
		r = skep_object_load(object, NULL, &loaded, &err);
	skep_loaded_close(loaded);
	skep_object_close(object);
	*ret_value = (double)(bench_cpu_ns() - began);
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r;
}

#define BUDGET 1.1

static int measure(struct bench *b, const char *group, struct subject *s)
{
	const struct bench_candidate candidates[] = {
		{ "libbpf", with_libbpf, s },
		{ "skep", with_skep, s, "libbpf", BUDGET },
	};

	return bench_group(b, group, "ns", candidates, 2);
}

/* The objects lie beside the program. */
static int find_object(const char *program, const char *name, char *path, size_t size)
{
	const char *slash = strrchr(program, '/');

	return snprintf(path, size, "%.*s%s", slash ? (int)(slash + 1 - program) : 0, program,
			name) < (int)size
		       ? 0
		       : -ENAMETOOLONG;
}

int main(int argc, char **argv)
{
	char small_path[4096], large_path[4096];
	struct subject small = { small_path }, large = { large_path };
	struct bench b;
	int r = bench_init(&b, "object", argc, argv);

	libbpf_set_print(quiet);
	r = r < 0 ? r : find_object(argv[0], "small.bpf.o", small_path, sizeof(small_path));
	r = r < 0 ? r : find_object(argv[0], "large.bpf.o", large_path, sizeof(large_path));
	r = r < 0 ? r : measure(&b, "small", &small);
	r = r < 0 ? r : measure(&b, "large", &large);
	return bench_finish(&b, r);
}
