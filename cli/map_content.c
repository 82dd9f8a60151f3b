/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep map dump, count, diff, export, import: all elements of a map. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map_counter.h>
#include <skep/map_dump.h>
#include <skep/map_export.h>
#include <skep/map_pin.h>
#include <skep/map_snapshot.h>

#include "map.h"
#include "out.h"

#define LIMIT_REACHED 1 /* of a callback: enough */

struct dump {
	struct map_job *job;
	const struct skep_format *key, *value;
	size_t key_size, value_bytes;
	struct skep_json *json;
	uint64_t count;
};

static int dump_entry(const void *key, const void *value, void *userdata)
{
	struct dump *d = userdata;
	int r;

	if (d->job->o.limit && d->count == d->job->o.limit)
		return LIMIT_REACHED;
	d->count++;
	if (d->json) {
		skep_json_object(d->json, NULL);
		skep_format_json(d->key, key, d->key_size, d->json, "key");
		skep_format_json(d->value, value, d->value_bytes, d->json, "value");
		skep_json_object_end(d->json);
		return ferror(stdout) ? -EIO : 0;
	}
	r = map_print(d->key, key, d->key_size);
	fputs(" => ", stdout);
	if (r == 0)
		r = map_print(d->value, value, d->value_bytes);
	putchar('\n');
	return r < 0 ? r : ferror(stdout) ? -EIO : 0;
}

static int stop_at_first(const void *key, const void *value, void *userdata)
{
	(void)key;
	(void)value;
	(void)userdata;
	return LIMIT_REACHED;
}

/* A walk that could not begin prints nothing: no empty map where there is none to see. */
static int check_dumpable(struct map_job *job)
{
	return skep_map_dump(job->map, NULL, stop_at_first, NULL, NULL, job->err);
}

static int dump(struct map_job *job)
{
	struct dump d = { .job = job };
	struct skep_json json;
	char count[OUT_NUMBER_SIZE];
	int r;

	if (map_open(job, SKEP_MAP_FLAG_RDONLY) < 0 || check_dumpable(job) < 0)
		return map_fail(job);
	d.key = skep_map_formats_key(job->shown);
	d.value = skep_map_formats_value(job->shown);
	d.key_size = skep_map_key_size(job->map);
	d.value_bytes = skep_map_value_bytes(job->map);
	if (job->o.json) {
		d.json = &json;
		map_json_begin(&json, job);
		skep_json_array(&json, "entries");
	}
	r = skep_map_dump(job->map, NULL, dump_entry, &d, NULL, job->err);
	if (job->o.json) {
		skep_json_array_end(&json);
		skep_json_bool(&json, "complete", r == 0);
		out_json_end(&json);
	} else if (r >= 0) {
		printf("%s element%s%s\n", out_count(d.count, count), d.count == 1 ? "" : "s",
		       r == LIMIT_REACHED ? ", and there are more" : "");
	}
	if (r < 0 && ferror(stdout))
		return 0; /* main() tells of standard output */
	return r < 0 ? map_fail(job) : 0;
}

int map_verb_dump(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map dump", .err = &err };
	int r = map_parse(
		&job, argc, argv, "Prints all elements of a map, by its BTF, or as words or bytes.",
		"  skep map dump flows\n"
		"  skep map dump 12 --json | jq '.entries[].value.packets'\n"
		"  skep map dump tc/globals/routes --value-format 'nexthop=ipv4 ifindex=u32'\n"
		"  skep map dump 1234:5 --hex --limit 10\n");

	return r >= 0 ? r : map_close(&job, dump(&job));
}

static int count(struct map_job *job)
{
	_cleanup_(skep_map_counter_closep) struct skep_map_counter *counter = NULL;
	struct skep_json json;
	uint64_t n = 0;
	char text[OUT_NUMBER_SIZE];

	if (map_find(job, job->o.map, SKEP_MAP_FLAG_RDONLY, &job->map) < 0 ||
	    skep_map_counter_open(job->map, SKEP_MAP_COUNT_BEST, &counter, job->err) < 0 ||
	    skep_map_counter_read(counter, &n, job->err) < 0)
		return map_fail(job);
	if (!job->o.json) {
		printf("%s of %" PRIu32 "\n", out_count(n, text), skep_map_max_entries(job->map));
		return 0;
	}
	map_json_begin(&json, job);
	skep_json_u64(&json, "count", n);
	out_json_end(&json);
	return 0;
}

int map_verb_count(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map count", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Counts the elements of a map; of an array, all of its places are elements.",
		"  skep map count flows\n");

	return r >= 0 ? r : map_close(&job, count(&job));
}

struct diff {
	struct map_job *job;
	struct skep_json *json;
	uint64_t counts[4]; /* by kind */
};

static int diff_entry(const struct skep_map_change *c, void *userdata)
{
	static const char *const names[] = { "", "added", "removed", "changed" };
	static const char signs[] = " +-~";
	struct diff *d = userdata;
	const struct skep_format *key = skep_map_formats_key(d->job->shown),
				 *value = skep_map_formats_value(d->job->shown);
	const size_t key_size = skep_map_key_size(d->job->map),
		     value_bytes = skep_map_value_bytes(d->job->map);

	d->counts[c->kind]++;
	if (d->json) {
		skep_json_object(d->json, NULL);
		skep_json_string(d->json, "change", names[c->kind]);
		skep_format_json(key, c->key, key_size, d->json, "key");
		if (c->old_value)
			skep_format_json(value, c->old_value, value_bytes, d->json, "old_value");
		if (c->new_value)
			skep_format_json(value, c->new_value, value_bytes, d->json, "value");
		skep_json_object_end(d->json);
		return 0;
	}
	printf("%c ", signs[c->kind]);
	map_print(key, c->key, key_size);
	fputs(" => ", stdout);
	if (c->old_value)
		map_print(value, c->old_value, value_bytes);
	if (c->old_value && c->new_value)
		fputs(" -> ", stdout);
	if (c->new_value)
		map_print(value, c->new_value, value_bytes);
	putchar('\n');
	return 0;
}

/* Return: the exit status, 1 being "they differ", and whatever is in the way 2. */
static int fail_diff(struct map_job *job)
{
	map_fail(job);
	return EXIT_USAGE;
}

static int ignore_change(const struct skep_map_change *c, void *userdata)
{
	(void)c;
	(void)userdata;
	return 1;
}

static int diff(struct map_job *job)
{
	_cleanup_(skep_map_snapshot_freep) struct skep_map_snapshot *from = NULL, *to = NULL;
	_cleanup_(skep_map_closep) struct skep_map *other = NULL;
	struct diff d = { .job = job };
	struct skep_json json;
	int r = map_open(job, SKEP_MAP_FLAG_RDONLY);

	if (r == 0)
		r = map_find(job, job->o.other, SKEP_MAP_FLAG_RDONLY, &other);
	if (r == 0)
		r = skep_map_snapshot_new(job->map, &from, job->err);
	if (r == 0)
		r = skep_map_snapshot_new(other, &to, job->err);
	if (r == 0) /* before anything is told: do they compare at all? */
		r = skep_map_snapshot_compare(from, to, ignore_change, NULL, job->err);
	if (r < 0)
		return fail_diff(job);
	if (job->o.json) {
		d.json = &json;
		map_json_begin(&json, job);
		skep_map_json(other, &json, "other");
		skep_json_array(&json, "changes");
	}
	r = skep_map_snapshot_compare(from, to, diff_entry, &d, job->err);
	if (job->o.json) {
		skep_json_array_end(&json);
		out_json_end(&json);
	}
	if (r < 0)
		return fail_diff(job);
	if (out_finish())
		return EXIT_USAGE; /* who reads it cannot tell */
	return d.counts[1] || d.counts[2] || d.counts[3] ? EXIT_FAILED : 0;
}

int map_verb_diff(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map diff", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Tells in what the elements of two maps differ: + only in the second, - only in "
		"the first, ~ in both, with another value. Exit 0: in nothing, 1: in something, "
		"2: cannot tell.",
		"  skep map diff tc/globals/old tc/globals/new\n"
		"  skep map diff 12 15 --json\n");

	return r >= 0 ? r : map_close(&job, diff(&job));
}

static int export(struct map_job *job)
{
	struct skep_json json;
	int r;

	job->o.hex = 1; /* exactly, with what stands in padding */
	if (map_open(job, SKEP_MAP_FLAG_RDONLY) < 0 || check_dumpable(job) < 0)
		return map_fail(job);
	map_json_begin(&json, job);
	r = skep_map_entries_json(job->map, job->shown, &json, "entries", NULL, job->err);
	skep_json_bool(&json, "complete", r == 0);
	out_json_end(&json);
	if (r < 0 && ferror(stdout))
		return 0; /* main() tells of standard output */
	return r < 0 ? map_fail(job) : 0;
}

int map_verb_export(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map export", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Writes what a map is and all of its elements as one JSON document, byte by "
		"byte, for skep map import.",
		"  skep map export flows > flows.json\n");

	return r >= 0 ? r : map_close(&job, export(&job));
}

/* A file with all that is in it. Return: 0; a negative errno. */
static int read_file(const char *path, char **ret_text, size_t *ret_len, struct skep_error *err)
{
	FILE *f = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
	size_t len = 0, room = 0;
	char *text = NULL, *grown, why[64];
	int r;

	if (!f) {
		r = -errno;
		return map_set_error(err, r, SKEP_ERR_NOT_FOUND, "'%.120s': %s", path,
				     skep_errno_text(r, why, sizeof(why)));
	}
	for (;;) {
		if (len == room) {
			room = room ? 2 * room : 65536;
			grown = realloc(text, room);
			if (!grown)
				break;
			text = grown;
		}
		len += fread(text + len, 1, room - len, f);
		if (feof(f) || ferror(f))
			break;
	}
	if (feof(f) && !ferror(f)) {
		*ret_text = text;
		*ret_len = len;
		if (f != stdin)
			fclose(f);
		return 0;
	}
	map_set_error(err, ferror(f) ? -EIO : -ENOMEM,
		      ferror(f) ? SKEP_ERR_SYSCALL : SKEP_ERR_NO_MEMORY, "'%.120s': %s", path,
		      ferror(f) ? "cannot be read" : "out of memory");
	if (f != stdin)
		fclose(f);
	free(text);
	return err->code;
}

/* Makes the map of a document, or opens the one that is to be filled. Return: 0; a negative errno. */
static int open_target(struct map_job *job, const struct skep_map_import *import)
{
	int r;

	if (job->o.map)
		return map_find(job, job->o.map, 0, &job->map);
	r = map_open_bpffs(job);
	if (r == 0)
		r = map_check_free(job);
	return r < 0 ? r : skep_map_create(skep_map_import_spec(import), &job->map, job->err);
}

static int fill_target(struct map_job *job, const struct skep_map_import *import,
		       struct skep_map_bulk_result *result)
{
	static const uint64_t flags[] = { 0, 0, SKEP_UPDATE_FLAG_NOEXIST, SKEP_UPDATE_FLAG_EXIST };
	int r = map_open_formats(job);

	if (r == 0)
		r = skep_map_import_fill(import, job->map, job->formats, flags[job->o.flag], result,
					 job->err);
	if (r == 0 && job->o.path) /* it gets its name when all is in it */
		r = map_pin(job);
	return r;
}

static int import(struct map_job *job)
{
	_cleanup_(skep_map_import_freep) struct skep_map_import *import = NULL;
	struct skep_map_bulk_result result = { 0 };
	struct skep_json json;
	char *text = NULL;
	size_t len = 0;
	int r, status, is_told;

	if (!job->o.map == !job->o.path) {
		out_error("%s: name a map, or --create PATH (see skep %s --help)", job->verb,
			  job->verb);
		return EXIT_USAGE;
	}
	r = read_file(job->o.file, &text, &len, job->err);
	if (r == 0)
		r = skep_map_import_new(text, len, &import, job->err);
	if (r == 0)
		r = open_target(job, import);
	if (r == 0)
		r = fill_target(job, import, &result);
	free(text);
	is_told = r == 0 || (result.done && !job->o.path); /* in part, too */
	if (is_told && job->o.json) {
		map_json_begin(&json, job);
		skep_json_u64(&json, "updated", result.done);
		out_json_end(&json);
	}
	if (r == 0)
		return job->o.path ? map_pin_told(job) : 0;
	status = map_fail(job);
	if (!is_told)
		return status;
	out_error("%s: %" PRIu64 " %s been set, %" PRIu64 " %s not", job->verb, result.done,
		  result.done == 1 ? "element has" : "elements have", result.failed,
		  result.failed == 1 ? "has" : "have");
	return EXIT_PARTLY;
}

int map_verb_import(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map import", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Puts the elements of a document of skep map export, or of skep map dump --json, "
		"into a map; or makes such a map, fills it and pins it. All of the document is "
		"read before anything is changed.",
		"  skep map import flows.json flows\n"
		"  skep map import flows.json --create tc/globals/flows\n"
		"  skep map export 12 | skep map import - 15 --flag noexist\n");

	return r >= 0 ? r : map_close(&job, import(&job));
}
