/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Two tracepoints: the section of one program names its own; the other has a section with any name, and a probe with fields.
 *
 *	$ sudo ./probe_tracepoint probe_tracepoint.bpf.o
 *	by_section: tracepoint at syscalls/sys_enter_getpgid
 *	by_fields: tracepoint at syscalls/sys_exit_getpgid
 *	5 entered, 5 left
 */
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
	{ .program = "by_section" },
	{ .program = "by_fields", .category = "syscalls", .tracepoint = "sys_exit_getpgid" },
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

static int act(const struct skep_manager *m)
{
	uint64_t counts[2] = { 0 };
	const struct skep_map *map = skep_loaded_map_find(skep_manager_loaded(m), ".bss")->map;
	const uint32_t key = 0;

	for (int i = 0; i < 5; i++)
		getpgid(0);
	if (SKEP_MAP_LOOKUP(map, &key, &counts) < 0)
		return -1;
	printf("%llu entered, %llu left\n", (unsigned long long)counts[0],
	       (unsigned long long)counts[1]);
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
