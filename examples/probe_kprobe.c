/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A function of the kernel by the system call that it is of, and the return of another by a regular expression. The return
 * may be under way 100 times at once. What fails is tried twice more, a second later each.
 *
 *	$ sudo ./probe_kprobe probe_kprobe.bpf.o
 *	on_mkdirat: kprobe at ...sys_mkdirat
 *	after_utimes: kretprobe at ..._utimes
 *	a directory made, a time set
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/map.h>
#include <skep/probe_spec.h>

static const struct skep_probe_spec probes[] = {
	{ .program = "on_mkdirat", .syscall = "mkdirat" },
	{ .program = "after_utimes", .symbol_regex = "^(do|vfs)_utimes$", .max_active = 100 },
};

static void tell(const struct skep_manager *m)
{
	for (size_t i = 0; i < skep_manager_probe_count(m); i++) {
		const struct skep_probe *p = skep_manager_probe_at(m, i);
		const struct skep_attachment *a = skep_probe_attachment_at(p, 0);

		printf("%s: %s at %s\n", skep_probe_spec(p)->program,
		       skep_attach_family_name(skep_attachment_family(a)),
		       skep_attachment_target(a));
	}
}

/* Makes a directory and sets its time. */
static int act(const struct skep_manager *m)
{
	uint64_t counts[2] = { 0 };
	const struct skep_map *map = skep_loaded_map_find(skep_manager_loaded(m), ".bss")->map;
	const uint32_t key = 0;
	char path[64];

	snprintf(path, sizeof(path), "/tmp/skep-example-%d", getpid());
	if (mkdirat(AT_FDCWD, path, 0700) < 0 || utimensat(AT_FDCWD, path, NULL, 0) < 0)
		perror(path);
	rmdir(path);
	if (SKEP_MAP_LOOKUP(map, &key, &counts) < 0)
		return -1;
	printf("%s%s\n", counts[0] ? "a directory made, " : "", counts[1] ? "a time set" : "");
	return 0;
}

int main(int argc, char **argv)
{
	const struct skep_manager_opts o = {
		.sz = sizeof(o), SKEP_TABLE(probes), .retry_count = 2, .retry_delay_ns = 1000000000
	};
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int r = skep_manager_open_file(argc > 1 ? argv[1] : "", &o, &m, &err);

	if (r == 0)
		r = skep_manager_load(m, &err);
	if (r == 0)
		r = skep_manager_start(m, &err);
	if (r == 0) {
		tell(m);
		r = act(m);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r < 0 ? skep_error_exit_code(err.kind) : 0;
}
