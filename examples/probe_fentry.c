/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Entry and exit of the function of a system call. Such programs are loaded for what they are attached to: the probe, not
 * the section, says what that is.
 *
 *	$ sudo ./probe_fentry probe_fentry.bpf.o
 *	on_entry: fentry at ...sys_getpgid
 *	on_exit: fexit at ...sys_getpgid
 *	entered 5 times, and returned -3 (ESRCH) the last time
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/map.h>
#include <skep/probe_spec.h>

static const struct skep_probe_spec probes[] = {
	{ .program = "on_entry", .syscall = "getpgid" },
	{ .program = "on_exit", .syscall = "getpgid" },
};

static void tell(const struct skep_manager *m)
{
	for (size_t i = 0; i < skep_manager_probe_count(m); i++) {
		const struct skep_probe *p = skep_manager_probe_at(m, i);

		printf("%s: %s at %s\n", skep_probe_spec(p)->program,
		       skep_attach_family_name(skep_probe_family(p)),
		       skep_probe_program(p)->attach_target);
	}
}

static int act(const struct skep_manager *m)
{
	struct {
		uint64_t entered;
		int64_t returned;
	} counts = { 0 };
	const struct skep_map *map = skep_loaded_map_find(skep_manager_loaded(m), ".bss")->map;
	const uint32_t key = 0;

	for (int i = 0; i < 5; i++)
		getpgid(INT_MAX);
	if (SKEP_MAP_LOOKUP(map, &key, &counts) < 0)
		return -1;
	printf("entered %llu times, and returned %lld (ESRCH) the last time\n",
	       (unsigned long long)counts.entered, (long long)counts.returned);
	return 0;
}

int main(int argc, char **argv)
{
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
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
