/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A decision of the security module: nobody is told the process group of this process. Which one it is stands in a variable
 * of the object, set before it is loaded. The kernel has to run with "bpf" among its security modules.
 *
 *	$ sudo ./probe_lsm probe_lsm.bpf.o
 *	hide: lsm at task_getpgid
 *	getpgid: Operation not permitted
 *	denied 1 time
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/map.h>
#include <skep/object_edit.h>
#include <skep/probe_spec.h>

static const struct skep_probe_spec probes[] = { { .program = "hide" } };

static int act(const struct skep_manager *m)
{
	const struct skep_probe *p = skep_manager_probe_at(m, 0);
	const struct skep_map *map = skep_loaded_map_find(skep_manager_loaded(m), ".bss")->map;
	const uint32_t key = 0;
	uint64_t denied = 0;

	printf("%s: %s at %s\n", skep_probe_spec(p)->program,
	       skep_attach_family_name(skep_probe_family(p)), skep_probe_program(p)->attach_target);
	printf("getpgid: %s\n", getpgid(getpid()) < 0 ? strerror(errno) : "it is told");
	if (SKEP_MAP_LOOKUP(map, &key, &denied) < 0)
		return -1;
	printf("denied %llu time\n", (unsigned long long)denied);
	return 0;
}

int main(int argc, char **argv)
{
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	const int32_t pid = getpid();
	int r = skep_manager_open_file(argc > 1 ? argv[1] : "", &o, &m, &err);

	if (r == 0)
		r = skep_object_variable_set(skep_manager_object(m), "hidden", &pid, sizeof(pid),
					     &err);
	if (r == 0)
		r = skep_manager_load(m, &err);
	if (r == 0)
		r = skep_manager_start(m, &err);
	if (r == 0)
		r = act(m);
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r < 0 ? skep_error_exit_code(err.kind) : 0;
}
