/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_MAP_H
#define CLI_MAP_H
/*
 * What the verbs of skep map have in common: options, the map that is meant, keys and values.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/map.h>
#include <skep/map_format.h>

#include "opt.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define EXIT_PARTLY 3
#define EXIT_UNSUPPORTED 6

struct skep_bpffs;
struct skep_error;
struct skep_format;
struct skep_json;

struct map_options {
	const char *map, *other, *key, *value, *path, *file;
	struct opt_list words;
	const char *root, *type, *name, *flags, *inner, *like, *key_format, *value_format;
	uint64_t key_size, value_size, max_entries, map_extra, numa_node;
	uint64_t fill, force, all, hex, json;
	uint64_t above, limit, flag, interval_ns, duration_ns;
};

#define MAP_CANDIDATES 32

/* A verb at work. */
struct map_job {
	const char *verb; /* "map dump" */
	struct map_options o;
	struct skep_bpffs *bpffs; /* NULL: not needed yet */
	struct skep_map *map;
	struct skep_map_formats *formats; /* by which literals are read */
	struct skep_map_formats
		*shown;    /* by which keys and values are printed: the same, or bytes */
	void *key, *value; /* key size, value bytes; zero */
	struct skep_error *err;
	uint32_t candidates[MAP_CANDIDATES]; /* maps of an ambiguous name */
	size_t candidate_count;
	char pin_dir[4096];   /* of the path of the options; "": the root */
	size_t pin_dir_there; /* bytes of it that were there before */
};

/*
 * map_parse() - the command line
 *
 * Return: -1 to go on; else the exit status.
 */
int map_parse(struct map_job *job, int argc, char **argv, const char *about, const char *examples);

/* Opens the bpffs that paths are relative to. Return: 0; a negative errno. */
int map_open_bpffs(struct map_job *job);

/* Whether a map can be pinned at the path of the options. Return: 0; a negative errno. */
int map_check_free(struct map_job *job);

/* Pins job->map at the path of the options. Return: 0; a negative errno, and nothing has been made. */
int map_pin(struct map_job *job);

/* After all is told: what was pinned is taken back where the output is lost. Return: the exit status. */
int map_pin_told(struct map_job *job);

/*
 * map_find() - the map of a word; of a name that several have, all are noted
 * @flags: SKEP_MAP_FLAG_RDONLY, SKEP_MAP_FLAG_WRONLY; 0
 *
 * Return: 0; a negative errno.
 */
int map_find(struct map_job *job, const char *word, uint64_t flags, struct skep_map **ret_map);

/* Opens job->map, its formats, and memory for an element. Return: 0; a negative errno. */
int map_open(struct map_job *job, uint64_t flags);

/* Makes the formats of job->map, as the options have them. Return: 0; a negative errno. */
int map_open_formats(struct map_job *job);

/* Releases all of it. Return: @status. */
int map_close(struct map_job *job, int status);

/* Says why the verb failed, and which maps were meant perhaps. Return: the exit status. */
int map_fail(struct map_job *job);

/*
 * map_parse_key(), map_parse_value() - a literal of the command line into job->key, job->value
 *
 * Return: 0; a negative errno: a message has been printed, with a caret under what is wrong.
 */
int map_parse_key(struct map_job *job, const char *text);
int map_parse_value(struct map_job *job, const char *text);

/* Says what is wrong with a literal. Return: the exit status. */
int map_fail_literal(struct map_job *job, const char *what, const char *text);

/* Writes an error of the command itself. Return: @code. */
int map_set_error(struct skep_error *err, int code, uint32_t kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The bytes of a key or value for people, to standard output. Return: 0; a negative errno. */
int map_print(const struct skep_format *format, const void *bytes, size_t size);

/* "map 12 'flows'", to standard output. */
void map_print_name(const struct skep_map *map);

/* Begins the document of a verb, with its member "map". */
void map_json_begin(struct skep_json *j, const struct map_job *job);

int map_verb_list(int argc, char **argv);
int map_verb_show(int argc, char **argv);
int map_verb_pressure(int argc, char **argv);
int map_verb_create(int argc, char **argv);
int map_verb_pin(int argc, char **argv);
int map_verb_unpin(int argc, char **argv);
int map_verb_freeze(int argc, char **argv);
int map_verb_dump(int argc, char **argv);
int map_verb_count(int argc, char **argv);
int map_verb_diff(int argc, char **argv);
int map_verb_export(int argc, char **argv);
int map_verb_import(int argc, char **argv);
int map_verb_lookup(int argc, char **argv);
int map_verb_update(int argc, char **argv);
int map_verb_delete(int argc, char **argv);
int map_verb_push(int argc, char **argv);
int map_verb_pop(int argc, char **argv);
int map_verb_peek(int argc, char **argv);
int map_verb_watch(int argc, char **argv);

#endif
