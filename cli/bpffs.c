/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep bpffs: where pins are, and what they are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map_migrate.h>

#include "noun.h"
#include "opt.h"
#include "out.h"
#include "verbs.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define EXIT_PARTLY 3
#define EXIT_CONFLICT 8
#define NAME_COLUMN 32

struct bpffs_options {
	const char *step, *path;
	struct opt_list paths;
	const char *root;
	uint64_t recursive, dry_run, json;
	uint64_t mode, uid, gid;
	const char *delegate_cmds, *delegate_maps, *delegate_progs, *delegate_attachs;
};

static const struct opt table_of_options[] = {
#define NOUN_OPT(verbs, name, short_name, type, field, argument, fallback, help) \
	{ name,     short_name, type, offsetof(struct bpffs_options, field),     \
	  argument, fallback,   help, verbs },
#include "bpffs.def"
#undef NOUN_OPT
	{ 0 },
};

/* Return: -1 to go on; else the exit status. */
static int parse(const char *verb, int argc, char **argv, const char *about, const char *examples,
		 struct bpffs_options *o)
{
	int r = opt_parse(verb, table_of_options, argc, argv, o);

	if (r > 0)
		opt_help(verb, table_of_options, about, examples);
	return r < 0 ? EXIT_USAGE : r > 0 ? 0 : -1;
}

static int open_root(const struct bpffs_options *o, uint64_t flags, struct skep_bpffs **ret_ctx,
		     struct skep_error *err)
{
	struct skep_bpffs_opts opts = { .sz = sizeof(opts), .flags = SKEP_BPFFS_DISCOVER | flags };

	skep_bpffs_opts_from_env(environ, &opts);
	if (o->root)
		opts.root = o->root;
	return skep_bpffs_open(&opts, ret_ctx, err);
}

struct show {
	const char *root; /* NULL: none */
	struct skep_json *json;
	unsigned count;
};

/* The values of delegate_*, which are the part of the options that is hard to find. */
static void print_delegation(const char *super_options)
{
	const char *at = super_options;

	while ((at = strstr(at, "delegate_"))) {
		int len = (int)strcspn(at, ",");

		printf("      %.*s\n", len, at);
		at += len;
	}
}

static int show_mount(const struct skep_bpffs_mount_info *m, void *userdata)
{
	struct show *show = userdata;
	int used = show->root && !strcmp(show->root, m->point);

	show->count++;
	if (show->json) {
		skep_json_object(show->json, NULL);
		skep_json_string(show->json, "path", m->point);
		skep_json_string(show->json, "directory", m->root);
		skep_json_string(show->json, "source", m->source);
		skep_json_string(show->json, "options", m->options);
		skep_json_string(show->json, "super_options", m->super_options);
		skep_json_bool(show->json, "used", used);
		skep_json_object_end(show->json);
		return 0;
	}
	printf("%s ", used ? "*" : " ");
	out_name(m->point);
	if (strcmp(m->root, "/") != 0) {
		printf(" (its directory ");
		out_name(m->root);
		printf(")");
	}
	printf("\n      %s; %s\n", m->options, m->super_options);
	print_delegation(m->super_options);
	return 0;
}

static void show_used(const struct skep_bpffs *ctx, const struct skep_error *err)
{
	char path[4096];

	printf("in use: ");
	if (!ctx) {
		printf(err->kind == SKEP_ERR_SYSCALL ? "unknown\n\n" : "none\n\n");
		return;
	}
	out_name(skep_bpffs_root(ctx));
	printf(" (%s)\n", skep_bpffs_reason(ctx));
	if (skep_bpffs_prefix_path(ctx, path, sizeof(path)) > 0) {
		printf("  maps of tc: ");
		out_name(path);
	}
	if (skep_bpffs_owner_path(ctx, path, sizeof(path)) > 0) {
		printf("\n  skep's own: ");
		out_name(path);
	}
	printf("\n\n");
}

static int show(int argc, char **argv)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	struct bpffs_options o = { 0 };
	struct skep_error err = { 0 };
	struct show s = { 0 };
	struct skep_json json;
	int r, opened;
	char text[64];

	r = parse("bpffs show", argc, argv,
		  "Shows every bpffs that is mounted, and which one is used, and why.",
		  "  skep bpffs show\n  skep bpffs show --json\n", &o);
	if (r >= 0)
		return r;
	opened = open_root(&o, 0, &ctx, &err);
	if (ctx)
		s.root = skep_bpffs_root(ctx);
	if (o.json) {
		s.json = &json;
		out_json_begin(&json, "skep.bpffs.show", 1);
		skep_json_string(&json, "root", s.root);
		skep_json_string(&json, "reason", ctx ? skep_bpffs_reason(ctx) : err.msg);
		skep_json_array(&json, "mounts");
	} else {
		show_used(ctx, &err);
	}
	r = skep_bpffs_mounts(show_mount, &s);
	if (o.json) {
		skep_json_array_end(&json);
		skep_json_bool(&json, "complete", r == 0);
		out_json_end(&json);
	} else if (!s.count && r == 0) {
		printf("no bpffs is mounted\n");
	}
	if (r < 0)
		out_error("bpffs show: read '/proc/thread-self/mountinfo': %s",
			  skep_errno_text(r, text, sizeof(text)));
	if (opened < 0)
		return out_fail("bpffs show", &err);
	return r < 0;
}

static int mount_one(int argc, char **argv)
{
	struct skep_bpffs_opts env = { .sz = sizeof(env) };
	struct skep_bpffs_mount_opts m = { .sz = sizeof(m) };
	struct bpffs_options o = { 0 };
	struct skep_error err = { 0 };
	struct skep_json json;
	const char *root;
	int r;

	r = parse(
		"bpffs mount", argc, argv,
		"Mounts a bpffs on /sys/fs/bpf, or on another directory, which is made if it is not "
		"there. Needs CAP_SYS_ADMIN.",
		"  skep bpffs mount --mode 0700\n"
		"  skep bpffs mount --root /run/bpf_delegation --delegate-cmds any --delegate-maps any\n",
		&o);
	if (r >= 0)
		return r;
	skep_bpffs_opts_from_env(environ, &env);
	root = o.root ? o.root : env.root ? env.root : SKEP_BPFFS_DEFAULT_ROOT;
	m.mode = o.mode;
	m.uid = o.uid;
	m.gid = o.gid;
	m.delegate_cmds = o.delegate_cmds;
	m.delegate_maps = o.delegate_maps;
	m.delegate_progs = o.delegate_progs;
	m.delegate_attachs = o.delegate_attachs;
	r = skep_bpffs_mount(root, &m, &err);
	if (r < 0)
		return out_fail("bpffs mount", &err);
	if (r > 0 && (o.mode || o.uid || o.gid || o.delegate_cmds || o.delegate_maps ||
		      o.delegate_progs || o.delegate_attachs)) {
		out_error(
			"bpffs mount: '%s' is a bpffs already: its options stay as they are; unmount "
			"it first, or name another directory",
			root);
		return EXIT_CONFLICT;
	}
	if (o.json) {
		out_json_begin(&json, "skep.bpffs.mount", 1);
		skep_json_string(&json, "root", root);
		skep_json_bool(&json, "mounted", r == 0);
		out_json_end(&json);
		return 0;
	}
	out_name(root);
	printf(r ? " is a bpffs already\n" : ": mounted\n");
	return 0;
}

struct listing {
	struct skep_json *json;
	unsigned refused; /* pins that could not be opened */
	const char *verb; /* what happens to entries: "" they are listed */
};

static const char *type_name(const struct skep_bpffs_entry *e, char buf[SKEP_NAME_SIZE])
{
	uint32_t type = (uint32_t)e->type;

	switch (e->kind) {
	case SKEP_BPFFS_ENTRY_MAP:
		return skep_map_type_name(type, buf);
	case SKEP_BPFFS_ENTRY_PROG:
		return skep_prog_type_name(type, buf);
	case SKEP_BPFFS_ENTRY_LINK:
		return skep_link_type_name(type, buf);
	default:
		return NULL;
	}
}

static void json_entry(struct skep_json *j, const struct skep_bpffs_entry *e, const char *type)
{
	char text[64];

	skep_json_object(j, NULL);
	skep_json_string(j, "path", e->path);
	skep_json_string(j, "kind", skep_bpffs_entry_kind_name(e->kind));
	if (type) {
		skep_json_u64(j, "id", e->id);
		skep_json_string(j, "type", type);
	}
	if (*e->object)
		skep_json_string(j, "name", e->object);
	if (e->kind == SKEP_BPFFS_ENTRY_SYMLINK)
		skep_json_string(j, "target", e->target);
	if (e->kind != SKEP_BPFFS_ENTRY_MOUNT) {
		skep_json_u64(j, "mode", e->mode & 07777);
		skep_json_u64(j, "uid", e->uid);
		skep_json_u64(j, "gid", e->gid);
	}
	if (e->code)
		skep_json_string(j, "error", skep_errno_text((int)e->code, text, sizeof(text)));
	skep_json_object_end(j);
}

/* It is there, and the kernel knows of no object behind it: no failure. */
static int is_no_pin(const struct skep_bpffs_entry *e)
{
	return e->code == -ENOENT;
}

static void print_what(const struct skep_bpffs_entry *e, const char *type)
{
	char text[64];

	if (type)
		printf("%s %llu %s", skep_bpffs_entry_kind_name(e->kind), (unsigned long long)e->id,
		       type);
	if (*e->object) {
		printf(" '");
		out_name(e->object);
		printf("'");
	}
	if (e->kind == SKEP_BPFFS_ENTRY_SYMLINK) {
		printf("symlink to ");
		out_name(e->target);
	} else if (e->kind == SKEP_BPFFS_ENTRY_MOUNT) {
		printf("something is mounted here");
	} else if (e->kind == SKEP_BPFFS_ENTRY_UNKNOWN && is_no_pin(e)) {
		printf("no pin");
	} else if (e->kind == SKEP_BPFFS_ENTRY_UNKNOWN) {
		printf("unknown (%s)", skep_errno_text((int)e->code, text, sizeof(text)));
	}
	putchar('\n');
}

static int list_entry(const struct skep_bpffs_entry *e, void *userdata)
{
	struct listing *l = userdata;
	char buf[SKEP_NAME_SIZE];
	const char *type = type_name(e, buf);
	int indent = *l->verb ? 0 : (int)e->depth * 2, width;

	l->refused += e->code && !is_no_pin(e);
	if (l->json) {
		json_entry(l->json, e, type);
		return 0;
	}
	printf("%s%*s", l->verb, indent, "");
	width = out_name(*l->verb ? e->path : e->name);
	if (e->kind == SKEP_BPFFS_ENTRY_DIRECTORY) {
		printf("/\n");
		return 0;
	}
	width = NAME_COLUMN - indent - width;
	printf("%*s ", width > 0 ? width : 0, "");
	print_what(e, type);
	return 0;
}

static int ls(int argc, char **argv)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	struct listing l = { .verb = "" };
	struct bpffs_options o = { 0 };
	struct skep_error err = { 0 };
	struct skep_json json;
	int r;

	r = parse("bpffs ls", argc, argv, "Lists what is pinned, and tells what each pin is.",
		  "  skep bpffs ls -r\n  skep bpffs ls tc/globals --json\n", &o);
	if (r >= 0)
		return r;
	r = open_root(&o, SKEP_BPFFS_UPPERMOST, &ctx, &err);
	if (r < 0)
		return out_fail("bpffs ls", &err);
	if (o.json) {
		l.json = &json;
		out_json_begin(&json, "skep.bpffs.ls", 1);
		skep_json_string(&json, "root", skep_bpffs_root(ctx));
		skep_json_array(&json, "entries");
	}
	r = skep_bpffs_walk(ctx, o.path ? o.path : "", o.recursive ? SKEP_BPFFS_RECURSE : 0,
			    list_entry, &l, &err);
	if (o.json) {
		skep_json_array_end(&json);
		skep_json_bool(&json, "complete", r == 0);
		out_json_end(&json);
	}
	if (r < 0)
		return out_fail("bpffs ls", &err);
	if (!l.refused)
		return 0;
	out_error(
		"bpffs ls: %u could not be opened: that takes permission for the pin, and CAP_BPF",
		l.refused);
	return EXIT_PARTLY;
}

struct removing {
	const struct skep_bpffs *ctx;
	const struct bpffs_options *o;
	struct skep_json *json;
};

static int remove_one(const struct removing *rm, const char *path, struct skep_error *err)
{
	struct listing l = { .json = rm->json, .verb = "would remove " };
	uint64_t dry_run = rm->o->dry_run ? SKEP_BPFFS_DRY_RUN : 0;
	int r;

	r = skep_bpffs_remove(rm->ctx, path, dry_run | (rm->o->recursive ? SKEP_BPFFS_RECURSE : 0),
			      dry_run ? list_entry : NULL, &l, err);
	if (rm->json && (r < 0 || !dry_run)) {
		skep_json_object(rm->json, NULL);
		skep_json_string(rm->json, "path", path);
		if (r < 0)
			skep_json_string(rm->json, "error", err->msg);
		else
			skep_json_u64(rm->json, "removed", (uint64_t)r);
		skep_json_object_end(rm->json);
	}
	if (!r && !rm->json)
		out_error("bpffs rm: there is no '%s'", path);
	return r;
}

static int rm(int argc, char **argv)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	struct bpffs_options o = { 0 };
	struct removing removing = { .o = &o };
	struct skep_error err = { 0 };
	struct skep_json json;
	int r, status = 0;
	uint64_t i;

	r = parse("bpffs rm", argc, argv,
		  "Removes pins and directories. What a pin held goes when nothing else holds it.",
		  "  skep bpffs rm tc/globals/flows\n  skep bpffs rm -r --dry-run skep\n", &o);
	if (r >= 0)
		return r;
	r = open_root(&o, 0, &ctx, &err);
	if (r < 0)
		return out_fail("bpffs rm", &err);
	removing.ctx = ctx;
	if (o.json) {
		removing.json = &json;
		out_json_begin(&json, "skep.bpffs.rm", 1);
		skep_json_string(&json, "root", skep_bpffs_root(ctx));
		skep_json_bool(&json, "dry_run", o.dry_run != 0);
		skep_json_array(&json, "entries");
	}
	for (i = 0; i < o.paths.count; i++)
		if (remove_one(&removing, o.paths.items[i], &err) < 0) {
			r = out_fail("bpffs rm", &err);
			status = status ? status : r;
		}
	if (o.json) {
		skep_json_array_end(&json);
		skep_json_bool(&json, "complete", !status);
		out_json_end(&json);
	}
	return status;
}

struct migrating {
	const struct bpffs_options *o;
	struct skep_json *json;
	unsigned undecided;
	unsigned char seen[OPT_LIST_MAX]; /* of the names that were given */
};

/* The first name of which there was nothing to tell; NULL: none. */
static const char *unseen(const struct migrating *told)
{
	uint64_t i;

	for (i = 0; i < told->o->paths.count; i++)
		if (!told->seen[i])
			return told->o->paths.items[i];
	return NULL;
}

static int tell_step(const struct skep_map_migrate_event *e, void *userdata)
{
	struct migrating *told = userdata;
	const char *step = skep_map_migrate_step_name(e->step);
	uint64_t i;

	for (i = 0; i < told->o->paths.count; i++)
		told->seen[i] |= !strcmp(told->o->paths.items[i], e->name);
	told->undecided += e->step == SKEP_MAP_MIGRATE_UNDECIDED;
	if (told->json) {
		skep_json_object(told->json, NULL);
		skep_json_string(told->json, "name", e->name);
		skep_json_string(told->json, "step", step);
		skep_json_object_end(told->json);
		return 0;
	}
	printf("%-10s ", step);
	out_name(e->name);
	putchar('\n');
	return 0;
}

static int migrate_start(const struct skep_bpffs *ctx, const struct bpffs_options *o,
			 struct migrating *told, struct skep_error *err)
{
	struct skep_map_migration maps[OPT_LIST_MAX] = { { .sz = sizeof(maps[0]) } };
	uint64_t i;

	for (i = 0; i < o->paths.count; i++)
		maps[i] = (struct skep_map_migration){ .sz = sizeof(maps[0]),
						       .name = o->paths.items[i] };
	return skep_map_migrate_start(ctx, o->path, maps, o->paths.count, tell_step, told, err);
}

/* Return: as the functions of skep/map_migrate.h. */
static int migrate_step(const struct skep_bpffs *ctx, const struct bpffs_options *o,
			struct migrating *told, struct skep_error *err)
{
	const char *const *names = o->paths.count ? o->paths.items : NULL;

	if (!strcmp(o->step, "start"))
		return migrate_start(ctx, o, told, err);
	if (!strcmp(o->step, "finalize"))
		return skep_map_migrate_finalize(ctx, o->path, names, o->paths.count, tell_step,
						 told, err);
	if (!strcmp(o->step, "revert"))
		return skep_map_migrate_revert(ctx, o->path, names, o->paths.count, tell_step, told,
					       err);
	return skep_map_migrate_recover(ctx, o->path, tell_step, told, err);
}

static int is_step(const char *word)
{
	return !strcmp(word, "start") || !strcmp(word, "finalize") || !strcmp(word, "revert") ||
	       !strcmp(word, "recover");
}

/* Return: -1 to go on; else the exit status. */
static int parse_migrate(int argc, char **argv, struct bpffs_options *o)
{
	int r = parse("bpffs migrate", argc, argv,
		      "Moves the pins of maps aside for a new version, and back.",
		      "  skep bpffs migrate start tc/globals flows\n"
		      "  skep bpffs migrate finalize tc/globals\n"
		      "  skep bpffs migrate recover tc/globals\n",
		      o);

	if (r >= 0)
		return r;
	if (!is_step(o->step)) {
		out_error("bpffs migrate: '%s' is none of start, finalize, revert and recover",
			  o->step);
		return EXIT_USAGE;
	}
	if (!strcmp(o->step, "start") && !o->paths.count) {
		out_error("bpffs migrate: start: NAME is missing: which pins shall be moved?");
		return EXIT_USAGE;
	}
	if (!strcmp(o->step, "recover") && o->paths.count) {
		out_error("bpffs migrate: recover looks at all of a directory: '%s' is one word "
			  "too many",
			  o->paths.items[0]);
		return EXIT_USAGE;
	}
	return -1;
}

static int migrate(int argc, char **argv)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	struct bpffs_options o = { 0 };
	struct skep_error err = { 0 };
	struct migrating told = { .o = &o };
	struct skep_json json;
	int r = parse_migrate(argc, argv, &o);

	if (r >= 0)
		return r;
	r = open_root(&o, 0, &ctx, &err);
	if (r < 0)
		return out_fail("bpffs migrate", &err);
	if (o.json) {
		told.json = &json;
		out_json_begin(&json, "skep.bpffs.migrate", 1);
		skep_json_string(&json, "root", skep_bpffs_root(ctx));
		skep_json_array(&json, "steps");
	}
	r = migrate_step(ctx, &o, &told, &err);
	if (o.json) {
		skep_json_array_end(&json);
		skep_json_bool(&json, "complete", r >= 0 && !told.undecided && !unseen(&told));
		out_json_end(&json);
	}
	if (r < 0)
		return out_fail("bpffs migrate", &err);
	if (unseen(&told)) {
		out_error("bpffs migrate: '%s' has no old map in '%s'", unseen(&told), o.path);
		return EXIT_FAILED;
	}
	if (!told.undecided)
		return 0;
	out_error(
		"bpffs migrate: of %u map%s the new and the old one are pinned: finalize or revert them",
		told.undecided, told.undecided == 1 ? "" : "s");
	return EXIT_PARTLY;
}

int cli_bpffs(int argc, char **argv)
{
	static const struct noun_verb verbs[] = {
		{ "show", show, "show every bpffs, which one is used, and why" },
		{ "mount", mount_one, "mount a bpffs" },
		{ "ls", ls, "list pins, and what each one is" },
		{ "rm", rm, "remove pins and directories" },
		{ "migrate", migrate, "move pins of maps aside for a new version, and back" },
		{ 0 },
	};

	return noun_run("bpffs", verbs, argc, argv);
}
