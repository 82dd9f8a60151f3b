/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Pins of maps moved aside and back: each is under one of its two names, whatever fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/kabi.h>
#include <skep/map_migrate.h>
#include <skep/sys.h>

#include "base/cleanup.h"

#include "operation.h"

#define DIR FAULT_BPFFS "/d"

static const char *const names[] = { "a", "b" };

struct subject {
	struct skep_bpffs *ctx;
	int old[2], new[2]; /* maps */
	int is_started; /* set_up() leaves NAME:pending with the old ones, and NAME with the new */
	int is_killed;  /* and no NAME */
	uint32_t kind;  /* of the error */
};

static struct subject start_subject = { .old = { -1, -1 }, .new = { -1, -1 } };
static struct subject end_subject = { .old = { -1, -1 }, .new = { -1, -1 }, .is_started = 1 };
static struct subject dead_subject = { .old = { -1, -1 }, .new = { -1, -1 }, .is_killed = 1 };

static void path_of(size_t i, const char *suffix, char path[64])
{
	snprintf(path, 64, DIR "/%s%s", names[i], suffix);
}

static void remove_pins(void *context)
{
	char path[64];
	size_t i;

	(void)context;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		path_of(i, "", path);
		unlink(path);
		path_of(i, SKEP_MAP_PENDING_SUFFIX, path);
		unlink(path);
	}
}

static int make_map(int *fd)
{
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	if (*fd < 0)
		*fd = skep_sys_map_create(&attr, sizeof(attr), NULL);
	return *fd;
}

/* The pins as they are before a run. */
static int make_pins(struct subject *s)
{
	const int is_pending = s->is_started || s->is_killed;
	char path[64];
	size_t i;
	int r = 0;

	remove_pins(s);
	for (i = 0; i < ARRAY_SIZE(names) && r >= 0; i++) {
		path_of(i, is_pending ? SKEP_MAP_PENDING_SUFFIX : "", path);
		r = skep_sys_obj_pin(s->old[i], -1, path, NULL);
		path_of(i, "", path);
		if (r >= 0 && s->is_started)
			r = skep_sys_obj_pin(s->new[i], -1, path, NULL);
	}
	return r;
}

static int set_up(void *context)
{
	struct subject *s = context;
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = FAULT_BPFFS };
	size_t i;
	int r = s->ctx ? 0 : skep_bpffs_open(&opts, &s->ctx, NULL);

	for (i = 0; i < ARRAY_SIZE(names) && r >= 0; i++) {
		r = make_map(&s->old[i]);
		r = r < 0 ? r : make_map(&s->new[i]);
	}
	if (r >= 0 && mkdir(DIR, 0700) < 0 && errno != EEXIST)
		r = -errno;
	return r < 0 ? r : make_pins(s);
}

static void undo(void *context)
{
	make_pins(context);
}

static int start(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_map_migration maps[] = { { sizeof(maps[0]), names[0], NULL, 0 },
						   { sizeof(maps[0]), names[1], NULL, 0 } };
	int r = skep_map_migrate_start(s->ctx, "d", maps, ARRAY_SIZE(maps), NULL, NULL, err);

	s->kind = r < 0 ? err->kind : SKEP_ERR_NONE;
	return r;
}

static int finalize(void *context, struct skep_error *err)
{
	return skep_map_migrate_finalize(((struct subject *)context)->ctx, "d", names, 2, NULL,
					 NULL, err);
}

static int revert(void *context, struct skep_error *err)
{
	return skep_map_migrate_revert(((struct subject *)context)->ctx, "d", NULL, 0, NULL, NULL,
				       err);
}

static int recover(void *context, struct skep_error *err)
{
	return skep_map_migrate_recover(((struct subject *)context)->ctx, "d", NULL, NULL, err);
}

static int is_there(size_t i, const char *suffix)
{
	char path[64];

	path_of(i, suffix, path);
	return access(path, F_OK) == 0;
}

/* All moved, or none; what could not be moved back is told. */
static int check_start(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	size_t i, pending = 0, named = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		pending += (size_t)is_there(i, SKEP_MAP_PENDING_SUFFIX);
		named += (size_t)is_there(i, "");
	}
	snprintf(why, size, "%zu have their names, %zu are pending", named, pending);
	if (named + pending != ARRAY_SIZE(names))
		return 1;
	return result >= 0 ? pending != ARRAY_SIZE(names) : pending && s->kind != SKEP_ERR_PARTIAL;
}

/* No map has lost both names. */
static int check_end(void *context, int result, char *why, size_t size)
{
	size_t i;

	(void)context;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(why, size, "'%s' is nowhere, or still pending after a success", names[i]);
		if (!is_there(i, "") && !is_there(i, SKEP_MAP_PENDING_SUFFIX))
			return 1;
		if (result >= 0 && is_there(i, SKEP_MAP_PENDING_SUFFIX))
			return 1;
	}
	return 0;
}

static const struct fault_operation migrate_start = {
	.name = "migrate: start",
	.context = &start_subject,
	.set_up = set_up,
	.run = start,
	.check = check_start,
	.undo = undo,
	.clean = remove_pins,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS,
};

static const struct fault_operation migrate_finalize = {
	.name = "migrate: finalize",
	.context = &end_subject,
	.set_up = set_up,
	.run = finalize,
	.check = check_end,
	.undo = undo,
	.clean = remove_pins,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS, /* to look is tried again by opening */
};

static const struct fault_operation migrate_revert = {
	.name = "migrate: revert",
	.context = &end_subject,
	.set_up = set_up,
	.run = revert,
	.check = check_end,
	.undo = undo,
	.clean = remove_pins,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS, /* to look is tried again by opening */
};

static const struct fault_operation migrate_recover = {
	.name = "migrate: recover",
	.context = &dead_subject,
	.set_up = set_up,
	.run = recover,
	.check = check_end,
	.undo = undo,
	.clean = remove_pins,
	.flags = FAULT_MAY_SURVIVE | FAULT_UNDO_ALWAYS, /* to look is tried again by opening */
};

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = { &migrate_start, &migrate_finalize,
							     &migrate_revert, &migrate_recover };

	return fault_main(argc, argv, operations, ARRAY_SIZE(operations));
}
