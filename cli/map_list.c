/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep map list, show, pressure: what maps there are. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map_counter.h>
#include <skep/map_list.h>

#include "map.h"
#include "out.h"

#define FILL_BYTES (1ull << 20) /* counted without being asked for */
#define KEEPERS_SHOWN 3
#define TYPE_COLUMN 16

/* Elements in a hundred of those that there is room for. Return: -1: nothing to tell. */
static double fill_of(const struct skep_map_list_entry *e)
{
	if (e->count < 0 || !e->info.max_entries || skep_map_type_is_indexed(e->info.type))
		return -1;
	return 100.0 * (double)e->count / e->info.max_entries;
}

static void json_holders(struct skep_json *j, const struct skep_map_list_entry *e)
{
	uint64_t i;

	skep_json_array(j, "holders");
	for (i = 0; i < e->holder_count; i++) {
		skep_json_object(j, NULL);
		skep_json_u64(j, "pid", e->holders[i].pid);
		skep_json_string(j, "name", e->holders[i].name);
		skep_json_u64(j, "fd", e->holders[i].fd);
		skep_json_u64(j, "fd_count", e->holders[i].fd_count);
		skep_json_object_end(j);
	}
	skep_json_array_end(j);
}

static void json_users(struct skep_json *j, const struct skep_map_list_entry *e)
{
	char type[SKEP_NAME_SIZE];
	uint64_t i;

	skep_json_array(j, "programs");
	for (i = 0; i < e->user_count; i++) {
		skep_json_object(j, NULL);
		skep_json_u64(j, "id", e->users[i].prog_id);
		skep_json_string(j, "name", e->users[i].name);
		skep_json_string(j, "type", skep_prog_type_name(e->users[i].prog_type, type));
		skep_json_object_end(j);
	}
	skep_json_array_end(j);
}

static void json_entry(struct skep_json *j, const char *key, const struct skep_map_list_entry *e)
{
	const struct skep_map_info *info = &e->info;
	char name[SKEP_NAME_SIZE];
	uint64_t i;
	int bit;

	skep_json_object(j, key);
	skep_json_u64(j, "id", info->id);
	skep_json_string(j, "name", info->name);
	skep_json_string(j, "type", skep_map_type_name(info->type, name));
	skep_json_u64(j, "key_size", info->key_size);
	skep_json_u64(j, "value_size", info->value_size);
	skep_json_u64(j, "max_entries", info->max_entries);
	skep_json_u64(j, "flags", info->map_flags);
	skep_json_array(j, "flag_names");
	for (bit = 0; bit < 32; bit++)
		if (info->map_flags >> bit & 1)
			skep_json_string(j, NULL,
					 skep_kabi_name(SKEP_KABI_MAP_FLAG, 1ull << bit, name));
	skep_json_array_end(j);
	skep_json_u64(j, "map_extra", info->map_extra);
	skep_json_u64(j, "ifindex", info->ifindex);
	skep_json_u64(j, "btf_id", info->btf_id);
	skep_json_bool(j, "frozen", e->frozen != 0);
	if (e->memory_bytes)
		skep_json_u64(j, "memory_bytes", e->memory_bytes);
	else
		skep_json_null(j, "memory_bytes");
	if (e->count >= 0)
		skep_json_u64(j, "count", (uint64_t)e->count);
	else
		skep_json_null(j, "count");
	json_holders(j, e);
	skep_json_array(j, "pins");
	for (i = 0; i < e->pin_count; i++)
		skep_json_string(j, NULL, e->pins[i].path);
	skep_json_array_end(j);
	json_users(j, e);
	skep_json_object_end(j);
}

/* Holders first, then pins, then programs: a few of them. */
static void print_keepers(const struct skep_map_list_entry *e)
{
	uint64_t all = e->holder_count + e->pin_count + e->user_count, shown = 0, i;

	for (i = 0; i < e->pin_count && shown < KEEPERS_SHOWN; i++, shown++) {
		printf("%s", shown ? ", " : "");
		out_name(e->pins[i].path);
	}
	for (i = 0; i < e->holder_count && shown < KEEPERS_SHOWN; i++, shown++) {
		printf("%s", shown ? ", " : "");
		out_name(e->holders[i].name);
		printf("(%" PRIu32 ")", e->holders[i].pid);
	}
	for (i = 0; i < e->user_count && shown < KEEPERS_SHOWN; i++, shown++) {
		printf("%sprog %" PRIu32 " ", shown ? ", " : "", e->users[i].prog_id);
		out_name(e->users[i].name);
	}
	if (all > shown)
		printf(", %" PRIu64 " more", all - shown);
}

static void print_row(const struct skep_map_list_entry *e)
{
	char type[SKEP_NAME_SIZE], memory[OUT_NUMBER_SIZE] = "?", fill[OUT_NUMBER_SIZE] = "-";
	const double percent = fill_of(e);
	int width;

	if (e->memory_bytes)
		out_bytes(e->memory_bytes, memory);
	if (percent >= 0)
		snprintf(fill, sizeof(fill), "%.0f%%", percent);
	printf("%6" PRIu32 "  %-*s  ", e->info.id, TYPE_COLUMN,
	       skep_map_type_name(e->info.type, type));
	width = 16 - out_name(*e->info.name ? e->info.name : "-");
	printf("%*s%4" PRIu32 " %6" PRIu32 " %9" PRIu32 " %5s %8s  ", width > 0 ? width : 0, "",
	       e->info.key_size, e->info.value_size, e->info.max_entries, fill, memory);
	print_keepers(e);
	putchar('\n');
}

/* What could not be looked at. */
static void tell_gaps(const char *verb, const struct skep_map_list *list)
{
	const struct skep_map_list_gaps *g = skep_map_list_gaps(list);

	if (g->processes)
		out_error("%s: the fds of %" PRIu64 " process%s may not be seen: %s", verb,
			  g->processes, g->processes == 1 ? "" : "es",
			  g->capabilities
				  ? "not permitted without CAP_SYS_PTRACE"
				  : "refused although CAP_SYS_PTRACE is held (a user namespace, "
				    "lockdown or a security module?)");
	if (g->pins || g->mounts)
		out_error("%s: %" PRIu64 " pin%s and %" PRIu64
			  " mount%s of bpffs could not be opened",
			  verb, g->pins, g->pins == 1 ? "" : "s", g->mounts,
			  g->mounts == 1 ? "" : "s");
}

static void json_gaps(struct skep_json *j, const struct skep_map_list *list)
{
	const struct skep_map_list_gaps *g = skep_map_list_gaps(list);

	skep_json_object(j, "unseen");
	skep_json_u64(j, "processes", g->processes);
	skep_json_u64(j, "pins", g->pins);
	skep_json_u64(j, "mounts", g->mounts);
	skep_json_object_end(j);
}

/* Return: 1 it is to be listed. */
static int is_wanted(const struct map_options *o, uint32_t type,
		     const struct skep_map_list_entry *e)
{
	return (!o->type || e->info.type == type) &&
	       (!o->name || !strncmp(e->info.name, o->name, strlen(o->name)));
}

static int list(struct map_job *job)
{
	const struct skep_map_list_opts opts = { .sz = sizeof(opts),
						 .count_bytes =
							 job->o.fill ? UINT64_MAX : FILL_BYTES };
	_cleanup_(skep_map_list_freep) struct skep_map_list *all = NULL;
	const struct skep_map_list_entry *entries;
	struct skep_json json;
	uint32_t type = 0;
	size_t count, i;

	if (job->o.type && skep_kabi_from_name(SKEP_KABI_MAP_TYPE, job->o.type, &type) < 0) {
		out_error("%s: '%s' is no type of maps (see skep feature --section map_types)",
			  job->verb, job->o.type);
		return EXIT_USAGE;
	}
	if (skep_map_list_new(&opts, &all, job->err) < 0)
		return map_fail(job);
	entries = skep_map_list_entries(all, &count);
	if (job->o.json) {
		out_json_begin(&json, "skep.map.list", 1);
		skep_json_array(&json, "maps");
		for (i = 0; i < count; i++)
			if (is_wanted(&job->o, type, &entries[i]))
				json_entry(&json, NULL, &entries[i]);
		skep_json_array_end(&json);
		json_gaps(&json, all);
		out_json_end(&json);
		return 0;
	}
	printf("%6s  %-*s  %-16s%4s %6s %9s %5s %8s  %s\n", "ID", TYPE_COLUMN, "TYPE", "NAME",
	       "KEY", "VALUE", "MAX", "FILL", "MEMORY", "KEPT BY");
	for (i = 0; i < count; i++)
		if (is_wanted(&job->o, type, &entries[i]))
			print_row(&entries[i]);
	tell_gaps(job->verb, all);
	return 0;
}

int map_verb_list(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map list", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Lists the maps of the host: sizes in bytes, how full they are, the memory they "
		"take, and the pins, processes and programs that keep them. Needs CAP_SYS_ADMIN.",
		"  skep map list\n"
		"  skep map list --type hash --fill\n"
		"  skep map list --json | jq '.maps[] | select(.holders == [] and .pins == [])'\n");

	return r >= 0 ? r : map_close(&job, list(&job));
}

static void show_keepers(const struct skep_map_list_entry *e)
{
	char type[SKEP_NAME_SIZE];
	uint64_t i;

	for (i = 0; i < e->pin_count; i++) {
		printf("%s", i ? "              " : "  pinned at   ");
		out_name(e->pins[i].path);
		putchar('\n');
	}
	for (i = 0; i < e->holder_count; i++) {
		printf("%s", i ? "              " : "  held by     ");
		out_name(e->holders[i].name);
		printf(", process %" PRIu32 ", fd %" PRIu32, e->holders[i].pid, e->holders[i].fd);
		if (e->holders[i].fd_count > 1)
			printf(" and %" PRIu32 " more", e->holders[i].fd_count - 1);
		putchar('\n');
	}
	for (i = 0; i < e->user_count; i++) {
		printf("%s", i ? "              " : "  used by     ");
		printf("program %" PRIu32 " '", e->users[i].prog_id);
		out_name(e->users[i].name);
		printf("', %s\n", skep_prog_type_name(e->users[i].prog_type, type));
	}
	if (!e->pin_count && !e->user_count && !e->holder_count)
		printf("  kept by     nothing that can be seen\n");
}

static void show_entry(const struct skep_map_list_entry *e)
{
	char type[SKEP_NAME_SIZE], number[OUT_NUMBER_SIZE], flags[SKEP_KABI_FLAGS_SIZE] = "?",
							    why[64];

	printf("map %" PRIu32 " '", e->info.id);
	out_name(e->info.name);
	printf("'\n  type        %s\n", skep_map_type_name(e->info.type, type));
	printf("  key         %" PRIu32 " byte%s\n", e->info.key_size,
	       e->info.key_size == 1 ? "" : "s");
	printf("  value       %" PRIu32 " byte%s%s\n", e->info.value_size,
	       e->info.value_size == 1 ? "" : "s",
	       skep_map_type_is_percpu(e->info.type) ? " for each CPU" : "");
	printf("  max entries %" PRIu32 "\n", e->info.max_entries);
	if (fill_of(e) >= 0)
		printf("  elements    %s, %.0f%%\n", out_count((uint64_t)e->count, number),
		       fill_of(e));
	else if (e->count < 0 && e->count != -ENODATA)
		printf("  elements    unknown (%s)\n",
		       skep_errno_text((int)e->count, why, sizeof(why)));
	skep_kabi_flags_format(SKEP_KABI_MAP_FLAG, e->info.map_flags, flags, sizeof(flags));
	printf("  flags       %s\n", flags);
	if (e->info.map_extra)
		printf("  map extra   %" PRIu64 "\n", e->info.map_extra);
	if (e->info.ifindex)
		printf("  offloaded   to interface %" PRIu32 "\n", e->info.ifindex);
	printf("  memory      %s\n",
	       e->memory_bytes ? out_bytes(e->memory_bytes, number) : "unknown");
	printf("  frozen      %s\n", e->frozen ? "yes" : "no");
	if (e->info.btf_id)
		printf("  BTF         %" PRIu32 ", key type %" PRIu32 ", value type %" PRIu32 "\n",
		       e->info.btf_id, e->info.btf_key_type_id, e->info.btf_value_type_id);
	show_keepers(e);
}

static int show(struct map_job *job)
{
	struct skep_map_list_opts opts = { .sz = sizeof(opts), .count_bytes = UINT64_MAX };
	_cleanup_(skep_map_list_freep) struct skep_map_list *one = NULL;
	const struct skep_map_list_entry *e;
	struct skep_json json;
	size_t count;

	if (map_find(job, job->o.map, SKEP_MAP_FLAG_RDONLY, &job->map) < 0)
		return map_fail(job);
	opts.id = skep_map_id(job->map);
	job->map = skep_map_close(job->map); /* lest this process be told as its holder */
	if (skep_map_list_new(&opts, &one, job->err) < 0)
		return map_fail(job);
	e = skep_map_list_entries(one, &count);
	if (job->o.json) {
		out_json_begin(&json, "skep.map.show", 1);
		json_entry(&json, "map", e);
		json_gaps(&json, one);
		out_json_end(&json);
		return 0;
	}
	show_entry(e);
	tell_gaps(job->verb, one);
	return 0;
}

int map_verb_show(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map show", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Tells all about a map: what it is, how full, how large, and what keeps it.",
		"  skep map show 12\n  skep map show tc/globals/flows --json\n");

	return r >= 0 ? r : map_close(&job, show(&job));
}

struct pressure_row {
	const struct skep_map_list_entry *map;
	double fill;
};

/* The fullest first. */
static int compare_fill(const void *a, const void *b)
{
	const struct pressure_row *x = a, *y = b;

	if (x->fill > y->fill || x->fill < y->fill)
		return x->fill > y->fill ? -1 : 1;
	return x->map->info.id < y->map->info.id ? -1 : 1;
}

static void print_pressure(const struct skep_map_list_entry *e)
{
	char type[SKEP_NAME_SIZE], count[OUT_NUMBER_SIZE], room[OUT_NUMBER_SIZE];
	int width;

	printf("%6.1f%%  %9s of %-11s %6" PRIu32 "  ", fill_of(e),
	       out_count((uint64_t)e->count, count), out_count(e->info.max_entries, room),
	       e->info.id);
	width = 16 - out_name(*e->info.name ? e->info.name : "-");
	printf("%*s%s\n", width > 0 ? width : 0, "", skep_map_type_name(e->info.type, type));
}

static void json_pressure(struct skep_json *j, const struct skep_map_list_entry *e)
{
	char type[SKEP_NAME_SIZE];

	skep_json_object(j, NULL);
	skep_json_u64(j, "id", e->info.id);
	skep_json_string(j, "name", e->info.name);
	skep_json_string(j, "type", skep_map_type_name(e->info.type, type));
	skep_json_u64(j, "count", (uint64_t)e->count);
	skep_json_u64(j, "max_entries", e->info.max_entries);
	skep_json_double(j, "pressure", fill_of(e) / 100);
	skep_json_string(j, "source", e->count_source == SKEP_MAP_COUNT_KERNEL ? "kernel" : "walk");
	skep_json_object_end(j);
}

struct pressure {
	struct pressure_row *rows;
	size_t count;
	double above;
};

static void add_pressure(struct pressure *p, const struct skep_map_list_entry *e)
{
	if (fill_of(e) > p->above)
		p->rows[p->count++] = (struct pressure_row){ e, fill_of(e) };
}

/* The maps of the words, or all of them, that can be full and are full enough. Return: 0; a negative errno. */
static int choose_pressure(struct map_job *job, const struct skep_map_list *list,
			   struct pressure *p)
{
	const struct skep_map_list_entry *entries, *e;
	struct skep_map *map = NULL;
	char type[SKEP_NAME_SIZE];
	size_t count, i;
	int r;

	entries = skep_map_list_entries(list, &count);
	for (i = 0; i < count && !job->o.words.count; i++)
		add_pressure(p, &entries[i]);
	for (i = 0; i < job->o.words.count; i++) {
		r = map_find(job, job->o.words.items[i], SKEP_MAP_FLAG_RDONLY, &map);
		if (r < 0)
			return r;
		e = skep_map_list_find(list, skep_map_id(map));
		if (e && fill_of(e) < 0)
			r = map_set_error(
				job->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				"map %u is of type %s: it has no pressure, or cannot be counted",
				skep_map_id(map), skep_map_type_name(e->info.type, type));
		map = skep_map_close(map);
		if (r < 0)
			return r;
		if (e)
			add_pressure(p, e);
	}
	return 0;
}

static int tell_pressure(struct map_job *job, const struct pressure *p)
{
	struct skep_json json;
	size_t i;

	if (job->o.json) {
		out_json_begin(&json, "skep.map.pressure", 1);
		skep_json_array(&json, "maps");
	} else {
		printf("%7s  %9s    %-11s %6s  %-16s%s\n", "FILL", "ELEMENTS", "MAX", "ID", "NAME",
		       "TYPE");
	}
	for (i = 0; i < p->count; i++)
		if (job->o.json)
			json_pressure(&json, p->rows[i].map);
		else
			print_pressure(p->rows[i].map);
	if (job->o.json) {
		skep_json_array_end(&json);
		out_json_end(&json);
	}
	return 0;
}

static int pressure(struct map_job *job)
{
	const struct skep_map_list_opts opts = {
		.sz = sizeof(opts),
		.flags = SKEP_MAP_LIST_NO_HOLDERS | SKEP_MAP_LIST_NO_PINS | SKEP_MAP_LIST_NO_PROGS |
			 SKEP_MAP_LIST_NO_MEMORY,
		.count_bytes = UINT64_MAX,
	};
	_cleanup_(skep_map_list_freep) struct skep_map_list *list = NULL;
	struct pressure p = { .above = job->o.above == UINT64_MAX ? -0.5 : (double)job->o.above };
	size_t count;
	int r;

	if (skep_map_list_new(&opts, &list, job->err) < 0)
		return map_fail(job);
	skep_map_list_entries(list, &count);
	p.rows = calloc(count + job->o.words.count + 1, sizeof(*p.rows));
	if (!p.rows) {
		map_set_error(job->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "out of memory");
		return map_fail(job);
	}
	r = choose_pressure(job, list, &p);
	if (r == 0 && p.count)
		qsort(p.rows, p.count, sizeof(*p.rows), compare_fill);
	r = r < 0 ? map_fail(job) : tell_pressure(job, &p);
	free(p.rows);
	return r;
}

int map_verb_pressure(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map pressure", .o.above = UINT64_MAX, .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Counts the elements of maps, and tells how full they are, the fullest first. "
		"Arrays are left out: they are always full. An LRU hash that is full replaces "
		"what was not used for long. Needs CAP_SYS_ADMIN.",
		"  skep map pressure\n  skep map pressure --above 80 --json\n"
		"  skep map pressure flows tc/globals/routes\n");

	return r >= 0 ? r : map_close(&job, pressure(&job));
}
