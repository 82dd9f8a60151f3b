/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A program and its map are pinned. The process that did it is killed; the next one finds both, with what was counted. In
 * the end nothing is left.
 *
 *	$ sudo ./object_pinning
 *	the map is new, runs: 1
 *	the map was there, runs: 2
 *	removed: prog count
 *	removed: map runs
 *	removed: directory example-...
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/manager_run.h>
#include <skep/map.h>
#include <skep/object_load.h>
#include <skep/probe_spec.h>

/* Loads, or finds what is pinned, and runs the program once. */
static int run(const struct skep_bpffs *fs, const char *dir, int killed, struct skep_error *err)
{
	static const struct skep_probe_spec probes[] = {
		{ .program = "count", .pin = "count", .disabled = 1 }
	};
	const struct skep_object_load_opts l = { .sz = sizeof(l), .bpffs = fs, .pin_dir = dir };
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes), .load_opts = &l };
	const struct skep_probe_run_opts frame = { .sz = sizeof(frame),
						   .data = dir,
						   .data_bytes = 14 };
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_probe_run_result result;
	const struct skep_loaded_map *map;
	uint64_t runs = 0;
	int r = skep_manager_open_file("object_pinning.bpf.o", &o, &m, err);

	r = r < 0 ? r : skep_manager_load(m, err);
	r = r < 0 ? r : skep_probe_run(skep_manager_probe_at(m, 0), &frame, &result, err);
	if (r < 0)
		return r;
	map = skep_loaded_map_find(skep_manager_loaded(m), "runs");
	skep_map_lookup(map->map, &(uint32_t){ 0 }, &runs, 0);
	printf("the map %s, runs: %u\n", map->created ? "is new" : "was there", (unsigned)runs);
	fflush(stdout);
	return killed ? raise(SIGKILL) : 0;
}

static int tell_removed(const struct skep_bpffs_entry *e, void *to)
{
	return fprintf(to, "removed: %s %s\n", skep_bpffs_entry_kind_name(e->kind), e->name) < 0;
}

int main(void)
{
	const struct skep_bpffs_opts o = { .sz = sizeof(o), .flags = SKEP_BPFFS_MOUNT_IF_MISSING };
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *fs = NULL;
	struct skep_error err = { 0 };
	char dir[32];
	int r = skep_bpffs_open(&o, &fs, &err);

	snprintf(dir, sizeof(dir), "example-%d", (int)getpid());
	if (r == 0 && fork() == 0)
		return run(fs, dir, 1, &err);
	wait(NULL);
	r = r < 0 ? r : run(fs, dir, 0, &err);
	r = r < 0 ? r : skep_bpffs_remove(fs, dir, SKEP_BPFFS_RECURSE, tell_removed, stdout, &err);
	if (r < 0)
		fprintf(stderr, "object_pinning: %s\n", err.msg);
	return r < 0;
}
