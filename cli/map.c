/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep map: the maps of the host, and what is in them. */
#include "map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map_export.h>
#include <skep/map_find.h>
#include <skep/map_list.h>
#include <skep/map_pin.h>

#include "noun.h"
#include "out.h"
#include "pin_dirs.h"
#include "verbs.h"

#define LITERAL_SHOWN 72 /* columns of a literal above the caret */

static const struct opt table_of_options[] = {
#define NOUN_OPT(verbs, name, short_name, type, field, argument, fallback, help) \
	{ name,     short_name, type, offsetof(struct map_options, field),       \
	  argument, fallback,   help, verbs },
#include "map.def"
#undef NOUN_OPT
	{ 0 },
};

int map_parse(struct map_job *job, int argc, char **argv, const char *about, const char *examples)
{
	int r = opt_parse(job->verb, table_of_options, argc, argv, &job->o);

	if (r > 0)
		opt_help(job->verb, table_of_options, about, examples);
	return r < 0 ? EXIT_USAGE : r > 0 ? 0 : -1;
}

int map_set_error(struct skep_error *err, int code, uint32_t kind, const char *fmt, ...)
{
	va_list args;

	err->code = code;
	err->kind = kind;
	va_start(args, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);
	return code;
}

int map_open_bpffs(struct map_job *job)
{
	struct skep_bpffs_opts opts = { .sz = sizeof(opts),
					.flags = SKEP_BPFFS_DISCOVER | SKEP_BPFFS_UPPERMOST };

	if (job->bpffs)
		return 0;
	skep_bpffs_opts_from_env(environ, &opts);
	if (job->o.root)
		opts.root = job->o.root;
	return skep_bpffs_open(&opts, &job->bpffs, job->err);
}

int map_check_free(struct map_job *job)
{
	if (!*job->o.path)
		return map_set_error(job->err, -EINVAL, SKEP_ERR_INVALID, "'' is no path of a pin");
	if (skep_bpffs_exists(job->bpffs, job->o.path) > 0)
		return map_set_error(job->err, -EEXIST, SKEP_ERR_CONFLICT,
				     "there is '%.120s' already", job->o.path);
	return 0;
}

int map_pin(struct map_job *job)
{
	const char *slash = strrchr(job->o.path, '/');
	int r;

	snprintf(job->pin_dir, sizeof(job->pin_dir), "%.*s", slash ? (int)(slash - job->o.path) : 0,
		 job->o.path);
	job->pin_dir_there = pin_dirs_there(job->bpffs, job->pin_dir);
	r = skep_map_pin(job->map, job->bpffs, job->o.path, job->err);
	if (r < 0)
		pin_dirs_remove(job->bpffs, job->pin_dir, job->pin_dir_there);
	return r;
}

int map_pin_told(struct map_job *job)
{
	struct skep_error why = { 0 };

	if (!out_finish())
		return 0;
	if (skep_map_unpin(job->map, &why) < 0) {
		map_set_error(job->err, why.code, SKEP_ERR_PARTIAL, "'%.100s' remains: %.120s",
			      job->o.path, why.msg);
		return map_fail(job);
	}
	pin_dirs_remove(job->bpffs, job->pin_dir, job->pin_dir_there);
	return EXIT_FAILED; /* and is told */
}

static int note_candidate(const struct skep_map_info *info, const char *path, void *userdata)
{
	struct map_job *job = userdata;

	(void)path;
	if (job->candidate_count < MAP_CANDIDATES)
		job->candidates[job->candidate_count++] = info->id;
	return 0;
}

/* A line for each, with what tells them apart. */
static void tell_candidates(const struct map_job *job)
{
	_cleanup_(skep_map_list_freep) struct skep_map_list *list = NULL;
	const struct skep_map_list_entry *e;
	char type[SKEP_NAME_SIZE];
	size_t i;

	if (!job->candidate_count || skep_map_list_new(NULL, &list, NULL) < 0)
		return; /* their ids are in the message */
	for (i = 0; i < job->candidate_count; i++) {
		e = skep_map_list_find(list, job->candidates[i]);
		if (!e)
			continue;
		out_error("  map %u: %s, keys of %u and values of %u bytes%s%s%s%s", e->info.id,
			  skep_map_type_name(e->info.type, type), e->info.key_size,
			  e->info.value_size, e->pin_count ? ", pinned at " : "",
			  e->pin_count ? e->pins[0].path : "", e->holder_count ? ", held by " : "",
			  e->holder_count ? e->holders[0].name : "");
	}
}

int map_find(struct map_job *job, const char *word, uint64_t flags, struct skep_map **ret_map)
{
	struct skep_map_find_opts opts = {
		.sz = sizeof(opts), .flags = flags, .candidate_fn = note_candidate, .userdata = job
	};
	const int is_relative = (strchr(word, '/') && *word != '/') || !strncmp(word, "pin:", 4);
	int r = is_relative ? map_open_bpffs(job) : 0;

	if (r < 0)
		return r;
	opts.bpffs = job->bpffs;
	return skep_map_find(word, &opts, ret_map, job->err);
}

int map_open_formats(struct map_job *job)
{
	struct skep_map_formats_opts opts = {
		.sz = sizeof(opts),
		.key = job->o.key_format,
		.value = job->o.value_format,
	};
	char text[64];
	int r = skep_map_formats_new(job->map, &opts, &job->formats, job->err);

	if (r < 0)
		return r;
	if (skep_map_formats_btf(job->formats) < 0)
		out_error("%s: the BTF of map %u cannot be read (%s): keys and values are bytes",
			  job->verb, skep_map_id(job->map),
			  skep_errno_text(skep_map_formats_btf(job->formats), text, sizeof(text)));
	job->shown = job->formats;
	if (!job->o.hex)
		return 0;
	opts = (struct skep_map_formats_opts){ .sz = sizeof(opts),
					       .flags = SKEP_MAP_FORMATS_BYTES };
	job->shown = NULL;
	return skep_map_formats_new(job->map, &opts, &job->shown, job->err);
}

int map_open(struct map_job *job, uint64_t flags)
{
	int r = map_find(job, job->o.map, flags, &job->map);

	if (r == 0)
		r = map_open_formats(job);
	if (r < 0)
		return r;
	job->key = calloc(1, skep_map_key_size(job->map) + 1);
	job->value = calloc(1, skep_map_value_bytes(job->map) + 1);
	if (job->key && job->value)
		return 0;
	return map_set_error(job->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "out of memory");
}

int map_close(struct map_job *job, int status)
{
	if (job->shown != job->formats)
		skep_map_formats_free(job->shown);
	skep_map_formats_free(job->formats);
	skep_map_close(job->map);
	skep_bpffs_close(job->bpffs);
	free(job->key);
	free(job->value);
	return status;
}

int map_fail(struct map_job *job)
{
	int status = out_fail(job->verb, job->err);

	tell_candidates(job);
	return status;
}

/* The literal, and a caret under the column of the message. */
static void print_caret(const char *text, const char *message)
{
	const char *at = strstr(message, "column ");
	unsigned column;

	if (!at || sscanf(at, "column %u", &column) != 1 || !column || column > LITERAL_SHOWN ||
	    strlen(text) > LITERAL_SHOWN || strpbrk(text, "\n\r\t\x1b"))
		return;
	fprintf(stderr, "  %s\n  %*s^\n", text, (int)column - 1, "");
}

int map_fail_literal(struct map_job *job, const char *what, const char *text)
{
	out_error("%s: %s: %s", job->verb, what, job->err->msg);
	print_caret(text, job->err->msg);
	tell_candidates(job);
	return skep_error_exit_code(job->err->kind);
}

int map_print(const struct skep_format *format, const void *bytes, size_t size)
{
	static char *text;
	static size_t room;
	int len = skep_format_text(format, bytes, size, text, room);

	if (len >= 0 && (size_t)len >= room) {
		char *grown = realloc(text, (size_t)len + 1024);

		if (!grown)
			return -ENOMEM;
		text = grown;
		room = (size_t)len + 1024;
		len = skep_format_text(format, bytes, size, text, room);
	}
	if (len < 0)
		return len;
	fwrite(text, 1, (size_t)len, stdout);
	return 0;
}

void map_print_name(const struct skep_map *map)
{
	printf("map %u", skep_map_id(map));
	if (*skep_map_name(map)) {
		printf(" '");
		out_name(skep_map_name(map));
		putchar('\'');
	}
}

void map_json_begin(struct skep_json *j, const struct map_job *job)
{
	char schema[32];

	snprintf(schema, sizeof(schema), "skep.map.%s", strchr(job->verb, ' ') + 1);
	out_json_begin(j, schema, 1);
	if (job->map)
		skep_map_json(job->map, j, "map");
}

int cli_map(int argc, char **argv)
{
	static const struct noun_verb verbs[] = {
		{ "list", map_verb_list, "list all maps, and what keeps them" },
		{ "show", map_verb_show, "tell all about a map" },
		{ "create", map_verb_create, "make a map, and pin it" },
		{ "dump", map_verb_dump, "print all elements" },
		{ "lookup", map_verb_lookup, "print the value of a key" },
		{ "update", map_verb_update, "set the value of a key" },
		{ "delete", map_verb_delete, "remove keys, or all of them" },
		{ "push", map_verb_push, "put an element into a queue, a stack or a bloom filter" },
		{ "pop", map_verb_pop, "take the next element out of a queue or a stack" },
		{ "peek", map_verb_peek,
		  "print the next element of a queue or a stack; ask a bloom filter" },
		{ "count", map_verb_count, "count the elements" },
		{ "freeze", map_verb_freeze, "no more changes from user space, for ever" },
		{ "pin", map_verb_pin, "give a map a name in a bpffs" },
		{ "unpin", map_verb_unpin, "remove pins of maps" },
		{ "export", map_verb_export, "write a map as JSON, exactly" },
		{ "import", map_verb_import, "fill a map with what was exported, or make one" },
		{ "watch", map_verb_watch, "show changes as they come" },
		{ "pressure", map_verb_pressure, "tell how full maps are" },
		{ "diff", map_verb_diff, "tell in what two maps differ" },
		{ 0 },
	};

	return noun_run("map", verbs, argc, argv);
}
