/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep load: an object in the kernel, under names in a bpffs. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_pin.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/verifier.h>

#include "object.h"
#include "out.h"
#include "pin_dirs.h"
#include "verbs.h"

#define PATH_BYTES 4096
#define MAPS_DIR "maps"
#define TEXT_BYTES 16384

struct load {
	struct object_job job;
	struct skep_bpffs *bpffs;
	struct skep_loaded *loaded;
	struct skep_map *given[OPT_LIST_MAX];
	struct skep_object_replacement replacements[OPT_LIST_MAX];
	char names[OPT_LIST_MAX][64];
	char maps_dir[PATH_BYTES];
	char **pinned; /* paths, to be taken back if a later one fails */
	size_t pinned_count;
	size_t there_bytes; /* of maps_dir: directories that were there before */
	sigset_t signals;   /* that wait until all or nothing is done */
};

/* Signals that would end the command between two pins. One that is ignored stays ignored. */
static void hold_signals(struct load *l)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction now;
	size_t i;

	sigemptyset(&l->signals);
	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (sigaction(ending[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(&l->signals, ending[i]);
	sigprocmask(SIG_BLOCK, &l->signals, NULL);
}

/* Has one come meanwhile? Return: its number; 0. */
static int held_signal(const struct load *l)
{
	sigset_t pending;
	int i;

	if (sigpending(&pending) < 0)
		return 0;
	for (i = 1; i < NSIG; i++)
		if (sigismember(&l->signals, i) == 1 && sigismember(&pending, i) == 1)
			return i;
	return 0;
}

static int open_bpffs(struct load *l)
{
	struct skep_bpffs_opts opts = { .sz = sizeof(opts),
					.flags = SKEP_BPFFS_DISCOVER | SKEP_BPFFS_UPPERMOST };

	if (!l->job.o.pin && !l->job.o.map.count)
		return 0;
	skep_bpffs_opts_from_env(environ, &opts);
	if (l->job.o.root)
		opts.root = l->job.o.root;
	return skep_bpffs_open(&opts, &l->bpffs, &l->job.err);
}

/* --map NAME=PIN */
static int open_given(struct load *l)
{
	const char *path;
	uint64_t i;
	int r;

	for (i = 0; i < l->job.o.map.count; i++) {
		path = object_split(&l->job, "--map", "NAME=PIN", l->job.o.map.items[i],
				    l->names[i], sizeof(l->names[i]));
		if (!path)
			return l->job.err.code;
		r = skep_map_open_pinned(l->bpffs, path, 0, &l->given[i], &l->job.err);
		if (r < 0)
			return r;
		l->replacements[i] = (struct skep_object_replacement){
			.map = l->names[i],
			.fd = (uint64_t)skep_map_fd(l->given[i]),
		};
	}
	return 0;
}

/* Beside the pins of programs is the directory of maps. */
static int check_names(struct load *l)
{
	const struct skep_object_program *p = skep_object_program_find(l->job.object, MAPS_DIR);

	if (!l->job.o.pin || !p || p->excluded)
		return 0;
	return object_fail(
		&l->job, -EEXIST, SKEP_ERR_CONFLICT,
		"program '%s': '%.100s' is the directory of maps, and the program cannot "
		"be pinned there: give it another name, or --exclude it",
		MAPS_DIR, l->maps_dir);
}

static int do_load(struct load *l)
{
	const int pins = l->job.o.pin && !l->job.o.dry_run;
	const struct skep_object_load_opts opts = {
		.sz = sizeof(opts),
		.flags = pins ? 0 : SKEP_OBJECT_IGNORE_PINNING,
		.replacements = l->replacements,
		.replacement_count = l->job.o.map.count,
		.bpffs = pins ? l->bpffs : NULL,
		.pin_dir = pins ? l->maps_dir : NULL,
		.btf_path = *l->job.btf_path ? l->job.btf_path : NULL,
	};

	return skep_object_load(l->job.object, &opts, &l->loaded, &l->job.err);
}

/* Pins what has no name there yet, and remembers it. */
static int pin(struct load *l, int fd, const char *dir, const char *name)
{
	char path[PATH_BYTES];
	int r = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (r >= (int)sizeof(path))
		return object_fail(&l->job, -ENAMETOOLONG, SKEP_ERR_INVALID, "'%s' is too long",
				   dir);
	l->pinned[l->pinned_count] = strdup(path);
	if (!l->pinned[l->pinned_count])
		return object_fail(&l->job, -ENOMEM, SKEP_ERR_NO_MEMORY, "out of memory");
	r = skep_bpffs_pin(l->bpffs, fd, path, &l->job.err);
	if (r < 0) {
		free(l->pinned[l->pinned_count]);
		return r;
	}
	l->pinned_count++;
	return 0;
}

static int pin_all(struct load *l)
{
	const struct skep_loaded_program *p;
	const struct skep_loaded_map *m;
	size_t i;
	int r;

	l->pinned =
		calloc(skep_loaded_program_count(l->loaded) + skep_loaded_map_count(l->loaded) + 1,
		       sizeof(*l->pinned));
	if (!l->pinned)
		return object_fail(&l->job, -ENOMEM, SKEP_ERR_NO_MEMORY, "out of memory");
	r = skep_bpffs_mkdir(l->bpffs, l->maps_dir, &l->job.err);
	for (i = 0; (m = skep_loaded_map_at(l->loaded, i)) && r >= 0; i++)
		if (m->kind == SKEP_OBJECT_MAP_DEFINED && m->created && !*skep_map_path(m->map))
			r = pin(l, skep_map_fd(m->map), l->maps_dir, m->name);
	for (i = 0; (p = skep_loaded_program_at(l->loaded, i)) && r >= 0; i++)
		r = pin(l, p->fd, l->job.o.pin, p->name);
	return r < 0 ? r : skep_loaded_commit(l->loaded, &l->job.err);
}

/* Could they be pinned? What the object pins itself is opened where it is there. Return: as pin_all(). */
static int check_pins(struct load *l)
{
	const struct skep_loaded_program *p;
	const struct skep_object_map *spec;
	const struct skep_loaded_map *m;
	char path[PATH_BYTES + 256];
	size_t i;
	int r = skep_bpffs_check_mkdir(l->bpffs, l->maps_dir, &l->job.err);

	for (i = 0; (m = skep_loaded_map_at(l->loaded, i)) && r >= 0; i++) {
		spec = skep_object_map_find(l->job.object, m->name);
		if (m->kind != SKEP_OBJECT_MAP_DEFINED || !m->created ||
		    (spec && (spec->pinning != SKEP_OBJECT_PINNING_NONE || spec->pin_path)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", l->maps_dir, m->name);
		r = skep_bpffs_check_pin(l->bpffs, path, &l->job.err);
	}
	for (i = 0; (p = skep_loaded_program_at(l->loaded, i)) && r >= 0; i++) {
		snprintf(path, sizeof(path), "%s/%s", l->job.o.pin, p->name);
		r = skep_bpffs_check_pin(l->bpffs, path, &l->job.err);
	}
	return r;
}

/* A name that cannot be taken back is told, with why it was to be. */
static void remains(struct load *l, const char *path, const struct skep_error *why)
{
	const struct skep_error cause = l->job.err;

	object_fail(&l->job, why->code, SKEP_ERR_PARTIAL, "'%.100s' remains (%.60s), after: %s",
		    path, why->msg, cause.msg);
}

/* Takes back what has been pinned here, and by the library. */
static void unpin_all(struct load *l)
{
	struct skep_error err = { 0 };
	const struct skep_loaded_map *m;
	char *path;
	size_t i;
	int r;

	for (; l->pinned_count; free(path)) {
		path = l->pinned[--l->pinned_count];
		if (skep_bpffs_unpin(l->bpffs, path, &err) < 0)
			remains(l, path, &err);
	}
	for (i = 0; (m = skep_loaded_map_at(l->loaded, i)); i++) {
		if (!m->created || !*skep_map_path(m->map))
			continue;
		r = skep_map_restore(m->map, &err);
		r = r ? r : skep_map_unpin(m->map, &err);
		if (r < 0 && r != -ESTALE) /* else the name is another's by now */
			remains(l, skep_map_path(m->map), &err);
	}
}

static void print_json(const struct load *l)
{
	const struct skep_loaded_program *p;
	const struct skep_loaded_map *m;
	char type[SKEP_NAME_SIZE];
	struct skep_json json;
	size_t i;

	out_json_begin(&json, "skep.load", 1);
	skep_json_string(&json, "pin", l->job.o.dry_run ? NULL : l->job.o.pin);
	skep_json_array(&json, "programs");
	for (i = 0; (p = skep_loaded_program_at(l->loaded, i)); i++) {
		skep_json_object(&json, NULL);
		skep_json_string(&json, "name", p->name);
		skep_json_string(&json, "section", p->section);
		skep_json_string(&json, "type", skep_prog_type_name(p->type, type));
		skep_json_u64(&json, "id", p->id);
		skep_json_object_end(&json);
	}
	skep_json_array_end(&json);
	skep_json_array(&json, "maps");
	for (i = 0; (m = skep_loaded_map_at(l->loaded, i)); i++) {
		skep_json_object(&json, NULL);
		skep_json_string(&json, "name", m->name);
		skep_json_u64(&json, "id", skep_map_id(m->map));
		skep_json_bool(&json, "created", (int)m->created);
		skep_json_object_end(&json);
	}
	skep_json_array_end(&json);
	object_changes_json(&l->job, &json);
	out_json_end(&json);
}

static void print_text(const struct load *l)
{
	const struct skep_loaded_program *p;
	const struct skep_loaded_map *m;
	char type[SKEP_NAME_SIZE];
	size_t i;

	for (i = 0; (p = skep_loaded_program_at(l->loaded, i)); i++) {
		printf("prog %u %s '", p->id, skep_prog_type_name(p->type, type));
		out_name(p->name);
		printf("'\n");
	}
	for (i = 0; (m = skep_loaded_map_at(l->loaded, i)); i++) {
		printf("map %u '", skep_map_id(m->map));
		out_name(m->name);
		printf("'%s\n", m->created ? "" : " (was there)");
	}
	object_changes_print(&l->job);
}

/* The verifier's answer, if that is what failed. */
static void explain(const struct load *l)
{
	static char text[TEXT_BYTES];
	struct skep_verifier_report_opts opts = { .sz = sizeof(opts), .code = l->job.err.code };
	struct skep_verifier_report *report = NULL;
	const char *log;
	size_t size = 0;

	if (!l->job.object || l->job.err.kind != SKEP_ERR_VERIFIER)
		return;
	log = skep_object_verifier_log(l->job.object, NULL, &size);
	if (!size || skep_verifier_report_new(log, size + 1, &opts, &report, NULL) < 0)
		return;
	skep_verifier_report_text(report, text, sizeof(text));
	out_text(stderr, text);
	skep_verifier_report_free(report);
}

static int interrupted(struct load *l)
{
	return object_fail(&l->job, -EINTR, SKEP_ERR_SYSCALL, "interrupted: %s",
			   strsignal(held_signal(l)));
}

static int run(struct load *l)
{
	int r = open_bpffs(l);

	r = r < 0 ? r : object_open(&l->job);
	r = r < 0 ? r : check_names(l);
	r = r < 0 ? r : open_given(l);
	if (r < 0)
		return r;
	if (!l->job.o.dry_run) {
		l->there_bytes = pin_dirs_there(l->bpffs, l->maps_dir);
		hold_signals(l);
	}
	r = do_load(l);
	if (r < 0 || l->job.o.dry_run)
		return r < 0 || !l->job.o.pin ? r : check_pins(l);
	return held_signal(l) ? interrupted(l) : pin_all(l);
}

static void print(const struct load *l)
{
	if (l->job.o.json)
		print_json(l);
	else
		print_text(l);
}

/* All of it, with its output, or nothing. Return: the exit status. */
static int finish(struct load *l, int r)
{
	const int pins = !l->job.o.dry_run;
	int unwritten = 0;

	if (r >= 0) {
		print(l);
		unwritten = pins ? out_finish() : 0;
		r = pins && held_signal(l) ? interrupted(l) : r;
	} else {
		explain(l);
	}
	if ((r < 0 || unwritten) && pins && l->bpffs) {
		l->job.err.kind = r < 0 ? l->job.err.kind : SKEP_ERR_SYSCALL;
		if (l->loaded)
			unpin_all(l);
		pin_dirs_remove(l->bpffs, l->maps_dir, l->there_bytes);
	}
	if (unwritten && l->job.err.kind != SKEP_ERR_PARTIAL)
		return unwritten; /* and is told */
	return r < 0 || unwritten ? out_fail("load", &l->job.err) : 0;
}

static void release(struct load *l)
{
	uint64_t i;

	skep_loaded_close(l->loaded);
	skep_object_close(l->job.object);
	for (i = 0; i < l->job.o.map.count; i++)
		skep_map_close(l->given[i]);
	while (l->pinned_count)
		free(l->pinned[--l->pinned_count]);
	free(l->pinned);
	skep_bpffs_close(l->bpffs);
}

int cli_load(int argc, char **argv)
{
	static struct load l = { .job.verb = "load" };
	int r = object_parse(
		&l.job, argc, argv,
		"Loads an object, all of it or nothing, and pins its programs and maps.",
		"  skep load agent.bpf.o --pin agent\n"
		"  skep load agent.bpf.o --pin agent --set sample_rate=100 --map flows=shared/flows\n"
		"  skep load agent.bpf.o --dry-run\n");

	if (r >= 0)
		return r;
	if (!l.job.o.pin && !l.job.o.dry_run) {
		out_error("load: --pin is missing: without a pin all is gone when the command ends "
			  "(or --dry-run)");
		return EXIT_USAGE;
	}
	if (l.job.o.pin)
		snprintf(l.maps_dir, sizeof(l.maps_dir), "%s/" MAPS_DIR, l.job.o.pin);
	l.there_bytes = strlen(l.maps_dir); /* nothing is made yet */
	r = finish(&l, run(&l));
	release(&l);
	if (r) /* one that has come ends the command here; when all is done it comes too late */
		sigprocmask(SIG_UNBLOCK, &l.signals, NULL);
	return r;
}
