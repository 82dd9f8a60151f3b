/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Managers: opening, loading, starting, another selector, pausing, stopping; the first argument is the object. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/direction.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/object.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/probe_spec.h>
#include <skep/selector.h>

#include "base/cleanup.h"

#include "operation.h"

#define TRACEFS "/sys/kernel/tracing"
#define BELOW_DEBUGFS "/sys/kernel/debug/tracing"

struct subject {
	const char *path;
	struct skep_bpffs *bpffs;
	struct skep_object *object; /* before a manager has taken it */
	struct skep_manager *manager;
};

static struct subject subject;

static const struct skep_probe_spec probes[] = {
	{ .program = "on_getpgid", .pin = "dir/program" },
	{ .program = "on_getsid", .uid = "copy", .copy = 1 },
	{ .program = "on_tc", .interface = "l[o]", .direction = SKEP_DIRECTION_INGRESS },
	{ .program = "on_any",
	  .uid = "off",
	  .category = "syscalls",
	  .tracepoint = "sys_enter_getsid" },
	{ .program = "on_tc",
	  .uid = "name",
	  .interface = "lo",
	  .direction = SKEP_DIRECTION_EGRESS },
};

static const int one_errno[] = { EPERM };

static const struct skep_selector first =
	SKEP_ALL_OF(SKEP_PROBE("on_getpgid"), SKEP_PROBE_UID("on_getsid", "copy"),
		    SKEP_PROBE("on_tc"), SKEP_PROBE_UID("on_tc", "name"));
static const struct skep_selector second =
	SKEP_ALL_OF(SKEP_PROBE("on_tc"), SKEP_PROBE_UID("on_any", "off"));

static int exclude_others(const struct skep_object_program *program, void *userdata)
{
	size_t i;

	(void)userdata;
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strncmp(program->name, probes[i].program, strlen(probes[i].program)))
			return 0;
	return 1;
}

static int prepare(void *context)
{
	int fd = open(BELOW_DEBUGFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)context;
	if (fd >= 0)
		close(fd); /* the kernel has mounted it there now, which is not to be taken for a run's doing */
	return mount("tracefs", TRACEFS, "tracefs", 0, NULL) && errno != EBUSY ? -errno : 0;
}

static int open_manager(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_object_load_opts load = { .sz = sizeof(load), .bpffs = s->bpffs };
	const struct skep_manager_opts opts = {
		.sz = sizeof(opts),
		.flags = SKEP_MANAGER_KEEP_MEMLOCK, /* it is one for the process, and stays */
		SKEP_TABLE(probes),
		.selector = &first,
		.exclude_fn = exclude_others,
		.load_opts = &load,
	};

	int r = skep_manager_open_object(s->object, &opts, &s->manager, err);

	if (r == 0)
		s->object = NULL;
	return r;
}

static int set_up_object(void *context)
{
	struct subject *s = context;

	return skep_object_open_file(s->path, NULL, &s->object, NULL);
}

static void close_manager(void *context)
{
	struct subject *s = context;

	s->manager = skep_manager_close(s->manager);
}

static int set_up_open(void *context)
{
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = FAULT_BPFFS };
	struct subject *s = context;
	int r = skep_bpffs_open(&opts, &s->bpffs, NULL);

	if (r == 0)
		r = set_up_object(context);
	return r < 0 ? r : open_manager(context, NULL);
}

static const struct fault_operation opening = {
	.name = "open a manager",
	.context = &subject,
	.set_up = set_up_object,
	.run = open_manager,
	.undo = close_manager,
};

static int load(void *context, struct skep_error *err)
{
	return skep_manager_load(((struct subject *)context)->manager, err);
}

/* As it was before, or as far as it was to come. */
static int check_state(const struct subject *s, int result, uint32_t before, uint32_t after,
		       char *why, size_t size)
{
	const uint32_t state = skep_manager_state(s->manager);
	const struct skep_probe *p = skep_manager_probe_at(s->manager, 0);

	snprintf(why, size, "state %u, of the probe %u", state, skep_probe_state(p));
	return state != (result < 0 ? before : after) || skep_probe_state(p) != state;
}

static void remove_directory(void *context)
{
	(void)context;
	unlink(FAULT_BPFFS "/dir/program");
	rmdir(FAULT_BPFFS "/dir");
}

static int set_up_loaded(void *context)
{
	int r = set_up_open(context);

	return r < 0 ? r : load(context, NULL);
}

static int start(void *context, struct skep_error *err)
{
	return skep_manager_start(((struct subject *)context)->manager, err);
}

static int check_started(void *context, int result, char *why, size_t size)
{
	return check_state(context, result, SKEP_MANAGER_LOADED, SKEP_MANAGER_RUNNING, why, size);
}

/* Back to loaded, by probes. */
static void detach_all(void *context)
{
	const struct subject *s = context;
	size_t i;

	for (i = 0; i < skep_manager_probe_count(s->manager); i++)
		skep_probe_detach(skep_manager_probe_at(s->manager, i), NULL);
}

static const struct fault_operation starting = {
	.name = "start a manager",
	.context = &subject,
	.prepare = prepare,
	.set_up = set_up_loaded,
	.run = start,
	.check = check_started,
	.undo = detach_all,
	.clean = remove_directory,
	.errnos = one_errno,
	.errno_count = 1,
	.flags = FAULT_MAY_SURVIVE,
};

/* Starts with one set, pauses, resumes, and goes on with another set. */
static int start_and_select(void *context, struct skep_error *err)
{
	const struct subject *s = context;
	int r = skep_manager_start(s->manager, err);

	if (r == 0)
		r = skep_manager_pause(s->manager, err);
	if (r == 0)
		r = skep_manager_resume(s->manager, err);
	return r < 0 ? r : skep_manager_update_selector(s->manager, &second, err);
}

/* One set or the other, or none, and never a part of it. */
static int check_set(void *context, int result, char *why, size_t size)
{
	static const uint32_t sets[3][ARRAY_SIZE(probes)] = { { 2, 2, 2, 2, 2 },
							      { 4, 4, 4, 2, 4 },
							      { 2, 2, 4, 4, 2 } };
	const struct subject *s = context;
	const int set = result == 0 ? 2 : skep_manager_state(s->manager) == SKEP_MANAGER_RUNNING;
	uint32_t state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		state = skep_probe_state(skep_manager_probe_at(s->manager, i));
		snprintf(why, size, "probe %zu is in state %u", i, state);
		if (state != sets[set][i])
			return 1;
	}
	return 0;
}

static const struct fault_operation selecting = {
	.name = "start, and another selector",
	.context = &subject,
	.prepare = prepare,
	.set_up = set_up_loaded,
	.run = start_and_select,
	.check = check_set,
	.undo = detach_all,
	.clean = remove_directory,
	.errnos = one_errno,
	.errno_count = 1,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS,
};

/* Whatever fails, it ends. */
static int load_start_and_stop(void *context, struct skep_error *err)
{
	const struct subject *s = context;
	struct skep_error later;
	int r = skep_manager_load(s->manager, err), stopped;

	if (r == 0)
		r = skep_manager_start(s->manager, err);
	stopped = skep_manager_stop(s->manager, SKEP_STOP_WAIT, r < 0 ? &later : err);
	return r < 0 ? r : stopped;
}

static int check_stopped(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "%d, state %u", result, skep_manager_state(s->manager));
	return skep_manager_state(s->manager) != SKEP_MANAGER_OPENED;
}

static const struct fault_operation stopping = {
	.name = "load, start and stop",
	.context = &subject,
	.prepare = prepare,
	.set_up = set_up_open,
	.run = load_start_and_stop,
	.check = check_stopped,
	.undo = remove_directory,
	.clean = remove_directory,
	.errnos = one_errno,
	.errno_count = 1,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS,
};

int main(int argc, char **argv)
{
	static const struct fault_operation *const operations[] = {
		&opening,
		&starting,
		&selecting,
		&stopping,
	};

	if (argc < 2)
		return 1;
	subject.path = argv[1];
	return fault_main(argc - 1, argv + 1, operations, ARRAY_SIZE(operations));
}
