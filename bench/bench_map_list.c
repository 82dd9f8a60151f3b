/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What it costs to list all maps of a host: CPU time of the library, and of bpftool, which tells the same: what maps are,
 * their memory, their pins and who holds them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_list.h>
#include <skep/sys.h>

#include "harness.h"

#define MAPS 10000u
#define SMOKE_MAPS 100u

struct subject {
	int *fds;
	uint32_t count;
};

/* Return: 0; a negative errno: it did not run, or failed. */
static int run_bpftool(void *userdata, double *ret_value)
{
	char *const words[] = { "bpftool", "--json", "--bpffs", "map", "list", NULL };
	struct rusage usage;
	int status, null;
	pid_t pid = fork();

	(void)userdata;
	if (!pid) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(null, STDOUT_FILENO);
		execvp(words[0], words);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return -errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "bench_map_list: bpftool: exit %d\n", WEXITSTATUS(status));
		return -EIO;
	}
	*ret_value = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
		     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
	return 0;
}

static int list(const struct subject *s, uint64_t flags, uint64_t count_bytes, double *ret_value)
{
	const struct skep_map_list_opts opts = { .sz = sizeof(opts),
						 .flags = flags,
						 .count_bytes = count_bytes };
	struct skep_map_list *maps = NULL;
	struct skep_error err = { 0 };
	uint64_t began = bench_cpu_ns();
	size_t count = 0;
	int r = skep_map_list_new(&opts, &maps, &err);

	if (r == 0)
		skep_map_list_entries(maps, &count);
	skep_map_list_free(maps);
	*ret_value = (double)(bench_cpu_ns() - began) / 1e6;
	if (r == 0 && count < s->count)
		r = -ENOENT;
	if (r < 0)
		fprintf(stderr, "bench_map_list: %zu maps: %s\n", count, err.msg);
	return r;
}

static int list_all(void *userdata, double *ret_value)
{
	return list(userdata, 0, 0, ret_value);
}

static int list_counted(void *userdata, double *ret_value)
{
	return list(userdata, 0, 1 << 20, ret_value);
}

static int list_plain(void *userdata, double *ret_value)
{
	return list(userdata,
		    SKEP_MAP_LIST_NO_HOLDERS | SKEP_MAP_LIST_NO_PINS | SKEP_MAP_LIST_NO_PROGS, 0,
		    ret_value);
}

static int make_maps(struct subject *s, struct skep_error *err)
{
	const struct skep_attr_map_create attr = { .map_type = SKEP_MAP_TYPE_HASH,
						   .key_size = 4,
						   .value_size = 8,
						   .max_entries = 16,
						   .map_flags = SKEP_MAP_FLAG_NO_PREALLOC,
						   .map_name = "bench_list" };
	struct rlimit limit;
	uint32_t i;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	s->fds = calloc(s->count, sizeof(*s->fds));
	if (!s->fds)
		return -ENOMEM;
	for (i = 0; i < s->count; i++) {
		s->fds[i] = skep_sys_map_create(&attr, sizeof(attr), err);
		if (s->fds[i] < 0)
			return s->fds[i];
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct subject s = { 0 };
	const struct bench_candidate candidates[] = {
		{ "bpftool", run_bpftool, &s },
		{ "list", list_all, &s, "bpftool", 1.0 },
		{ "list_and_count", list_counted, &s, "bpftool" },
		{ "list_without_keepers", list_plain, &s, "bpftool" },
	};
	struct skep_error err = { 0 };
	struct bench b;
	int r = bench_init(&b, "map_list", argc, argv);

	s.count = b.smoke ? SMOKE_MAPS : MAPS;
	if (r >= 0) {
		r = make_maps(&s, &err);
		if (r < 0)
			fprintf(stderr, "bench_map_list: %s\n", err.msg);
	}
	if (r >= 0)
		r = bench_group(&b, b.smoke ? "100_maps" : "10k_maps", "ms", candidates, 4);
	free(s.fds);
	return bench_finish(&b, r);
}
