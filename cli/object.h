/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_OBJECT_H
#define CLI_OBJECT_H
/* What skep inspect, check, load and object modernise have in common: their options, and an object opened as these say. */
#include <skep/error.h>
#include <skep/json.h>
#include <skep/object.h>

#include "opt.h"

#define EXIT_USAGE 2

struct object_options {
	const char *path, *pin, *btf, *root, *output;
	struct opt_list set, type, map, exclude;
	uint64_t dry_run, json;
};

struct object_job {
	const char *verb; /* as in messages: "object modernise" */
	struct object_options o;
	struct skep_object *object; /* skep_object_close() */
	char btf_path[4096];        /* what --btf has led to; "": nothing */
	struct skep_error err;
};

/* Parses. Return: -1 to go on; else the exit status. */
int object_parse(struct object_job *job, int argc, char **argv, const char *about,
		 const char *examples);

/* Opens the object, and edits it as --type, --exclude and --set say. Return: 0; a negative errno, in job->err. */
int object_open(struct object_job *job);

/* What was normalised: as a member "normalised" of a document, or as lines. */
void object_changes_json(const struct object_job *job, struct skep_json *json);
void object_changes_print(const struct object_job *job);

/* Splits NAME=VALUE, which @option calls @form. Return: the value; NULL, with job->err: no "=", no name, or one too long. */
const char *object_split(struct object_job *job, const char *option, const char *form,
			 const char *text, char *name, size_t size);

/* Writes job->err. Return: @code. */
int object_fail(struct object_job *job, int code, uint32_t kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Of several exit statuses the one that says most: 5, 7, 6, 8, 3, 1. */
int object_worse_status(int a, int b);

#endif
