/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep object: what objects are opened and edited by; and modernise. */
#include "object.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <skep/btf.h>
#include <skep/btf_path.h>
#include <skep/format.h>
#include <skep/kabi.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>

#include "noun.h"
#include "out.h"
#include "out_file.h"
#include "verbs.h"

#define NAME_BYTES 256

static const struct opt table_of_options[] = {
#define NOUN_OPT(verbs, name, short_name, type, field, argument, fallback, help) \
	{ name,     short_name, type, offsetof(struct object_options, field),    \
	  argument, fallback,   help, verbs },
#include "object.def"
#undef NOUN_OPT
	{ 0 },
};

int object_parse(struct object_job *job, int argc, char **argv, const char *about,
		 const char *examples)
{
	int r = opt_parse(job->verb, table_of_options, argc, argv, &job->o);

	if (r > 0)
		opt_help(job->verb, table_of_options, about, examples);
	return r < 0 ? EXIT_USAGE : r > 0 ? 0 : -1;
}

int object_fail(struct object_job *job, int code, uint32_t kind, const char *fmt, ...)
{
	va_list args;

	job->err.code = code;
	job->err.kind = kind;
	va_start(args, fmt);
	vsnprintf(job->err.msg, sizeof(job->err.msg), fmt, args);
	va_end(args);
	return code;
}

/* An error of the library gets the name of what the user said. Return: @code. */
static int fail_to_set(struct object_job *job, int code, const char *name)
{
	const struct skep_error why = job->err;

	return object_fail(job, code, why.kind, "--set %.64s: %s", name, why.msg);
}

int object_worse_status(int a, int b)
{
	static const int order[] = { 5, 7, 6, 8, 3, 1, 2 };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return 0;
}

const char *object_split(struct object_job *job, const char *option, const char *form,
			 const char *text, char *name, size_t size)
{
	const char *equals = strchr(text, '=');
	const size_t len = equals ? (size_t)(equals - text) : 0;

	if (!len || len >= size) {
		object_fail(job, -EINVAL, SKEP_ERR_INVALID, "%s: '%s' is not %s", option, text,
			    form);
		return NULL;
	}
	memcpy(name, text, len);
	name[len] = '\0';
	return equals + 1;
}

static int set_type(struct object_job *job, const char *text)
{
	char name[NAME_BYTES];
	const char *word = object_split(job, "--type", "PROG=TYPE", text, name, sizeof(name));
	uint32_t type;

	if (!word)
		return job->err.code;
	if (skep_prog_type_from_name(word, &type) < 0)
		return object_fail(job, -EINVAL, SKEP_ERR_INVALID,
				   "--type %s: '%s' is no type of programs (skep feature "
				   "--section program_types lists them)",
				   text, word);
	return skep_object_program_set_type(job->object, name, type,
					    skep_prog_type_attach_type(type), &job->err);
}

static int exclude(struct object_job *job, const char *name)
{
	if (skep_object_program_find(job->object, name))
		return skep_object_program_exclude(job->object, name, 1, &job->err);
	if (skep_object_map_find(job->object, name))
		return skep_object_map_exclude(job->object, name, 1, &job->err);
	return object_fail(job, -ENOENT, SKEP_ERR_NOT_FOUND,
			   "the object has no program and no map '%s'", name);
}

/* A variable of which the object does not tell the type: a number in the order of the machine. */
static int set_untyped(struct object_job *job, const struct skep_object_variable *v,
		       const char *value)
{
	_cleanup_(skep_format_freep) struct skep_format *format = NULL;
	char word[8];
	uint64_t number = 0;
	int r;

	if (v->size != 1 && v->size != 2 && v->size != 4 && v->size != 8)
		return object_fail(job, -EINVAL, SKEP_ERR_INVALID,
				   "'%s' has %llu bytes of no known type (compile with -g)",
				   v->name, (unsigned long long)v->size);
	snprintf(word, sizeof(word), "u%u", (unsigned)v->size * 8);
	r = skep_format_new_words(word, &format, &job->err);
	r = r < 0 ? r : skep_format_parse(format, value, &number, v->size, &job->err);
	return r < 0 ? fail_to_set(job, r, v->name)
		     : skep_object_variable_set(job->object, v->name, &number, v->size, &job->err);
}

static int set_variable(struct object_job *job, const struct skep_object_variable *v,
			const char *path, const char *value)
{
	const struct skep_btf *btf = skep_object_btf(job->object);
	char whole[NAME_BYTES];
	struct skep_btf_path p;
	void *data;
	int r;

	if (!v->data)
		return object_fail(job, -EINVAL, SKEP_ERR_INVALID,
				   "'%s' is what the kernel's configuration makes it", v->name);
	if (!btf || !v->type_id)
		return *path ? object_fail(job, -EINVAL, SKEP_ERR_INVALID,
					   "the type of '%s' is not known (compile with -g)",
					   v->name)
			     : set_untyped(job, v, value);
	snprintf(whole, sizeof(whole), "%s%s", v->name, path);
	r = skep_btf_path_find(btf, v->type_id, *path == '.' ? path + 1 : path, &p, &job->err);
	if (r < 0)
		return fail_to_set(job, r, whole);
	data = malloc(v->size);
	if (!data)
		return object_fail(job, -ENOMEM, SKEP_ERR_NO_MEMORY, "out of memory");
	memcpy(data, v->data, v->size);
	r = skep_btf_path_parse(btf, &p, value, data, v->size, &job->err);
	r = r < 0 ? fail_to_set(job, r, whole)
		  : skep_object_variable_set(job->object, v->name, data, v->size, &job->err);
	free(data);
	return r;
}

/* NAME, for all programs, or PROG:NAME. */
static int set_constant(struct object_job *job, const char *name, const char *value)
{
	_cleanup_(skep_format_freep) struct skep_format *format = NULL;
	const char *colon = strchr(name, ':');
	char program[NAME_BYTES];
	uint64_t number = 0;
	int r = skep_format_new_words("u64", &format, &job->err);

	r = r < 0 ? r : skep_format_parse(format, value, &number, sizeof(number), &job->err);
	if (r < 0)
		return fail_to_set(job, r, name);
	snprintf(program, sizeof(program), "%.*s", colon ? (int)(colon - name) : 0, name);
	r = skep_object_constant_set(job->object, colon ? program : NULL, colon ? colon + 1 : name,
				     number, &job->err);
	if (r == -ENOKEY && colon)
		return object_fail(job, -ENOENT, SKEP_ERR_NOT_FOUND,
				   "program '%s' loads no constant '%s'", program, colon + 1);
	if (r == -ENOKEY)
		return object_fail(job, -ENOENT, SKEP_ERR_NOT_FOUND,
				   "the object has no variable and no constant '%s'", name);
	return r < 0 ? r : 0;
}

static int set(struct object_job *job, const char *text)
{
	char path[NAME_BYTES], name[NAME_BYTES];
	const char *value = object_split(job, "--set", "NAME=VALUE", text, path, sizeof(path));
	const struct skep_object_variable *v;

	if (!value)
		return job->err.code;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(path, ".["), path);
	v = skep_object_variable_find(job->object, name);
	return v ? set_variable(job, v, path + strlen(name), value)
		 : set_constant(job, path, value);
}

/* Is it BTF at all? libbpf says of what it cannot read no more than a number, and looks only if it needs types. */
static int check_btf(struct object_job *job)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	struct skep_error why = { 0 };
	int r = skep_btf_open_file(job->btf_path, NULL, &btf, &why);

	if (r < 0)
		return object_fail(job, r, why.kind, "--btf: %s", why.msg);
	return 0;
}

/* --btf FILE; DIR: the file for the running kernel. */
static int find_btf(struct object_job *job)
{
	struct utsname host;
	struct stat st;

	if (!job->o.btf)
		return 0;
	snprintf(job->btf_path, sizeof(job->btf_path), "%s", job->o.btf);
	if (stat(job->o.btf, &st) < 0)
		return object_fail(job, -errno, SKEP_ERR_NOT_FOUND, "there is no '%s'", job->o.btf);
	if (S_ISREG(st.st_mode))
		return check_btf(job);
	if (!S_ISDIR(st.st_mode)) /* a pipe is read once */
		return 0;
	uname(&host);
	snprintf(job->btf_path, sizeof(job->btf_path), "%s/%s.btf", job->o.btf, host.release);
	return access(job->btf_path, R_OK) == 0 ? check_btf(job)
						: object_fail(job, -ENOENT, SKEP_ERR_NOT_FOUND,
							      "there is no '%s'", job->btf_path);
}

/* Of two values for one name the last would hide the first. Return: 0; -EINVAL, in job->err. */
static int check_twice(struct object_job *job, const char *option, const struct opt_list *list)
{
	const char *a, *b;
	uint64_t i, k;
	size_t len;

	for (i = 0; i < list->count; i++)
		for (k = 0; k < i; k++) {
			a = list->items[k];
			b = list->items[i];
			len = strcspn(a, "=");
			if (a[len] && !strncmp(a, b, len + 1) && strcmp(a, b) != 0)
				return object_fail(job, -EINVAL, SKEP_ERR_INVALID,
						   "--%s %.*s is given twice: '%.60s' and '%.60s'",
						   option, (int)(len < 64 ? len : 64), a,
						   a + len + 1, b + len + 1);
		}
	return 0;
}

int object_open(struct object_job *job)
{
	uint64_t i;
	int r = check_twice(job, "set", &job->o.set);

	r = r < 0 ? r : check_twice(job, "type", &job->o.type);
	r = r < 0 ? r : check_twice(job, "map", &job->o.map);
	r = r < 0 ? r : find_btf(job);
	r = r < 0 ? r : skep_object_open_file(job->o.path, NULL, &job->object, &job->err);
	for (i = 0; i < job->o.type.count && r >= 0; i++)
		r = set_type(job, job->o.type.items[i]);
	for (i = 0; i < job->o.exclude.count && r >= 0; i++)
		r = exclude(job, job->o.exclude.items[i]);
	for (i = 0; i < job->o.set.count && r >= 0; i++)
		r = set(job, job->o.set.items[i]);
	return r;
}

void object_changes_json(const struct object_job *job, struct skep_json *json)
{
	const struct skep_object_change *c;
	size_t i;

	skep_json_array(json, "normalised");
	for (i = 0; (c = skep_object_change_at(job->object, i)); i++) {
		skep_json_object(json, NULL);
		skep_json_string(json, "kind", skep_object_change_name(c->kind));
		skep_json_string(json, "what", c->what);
		skep_json_string(json, "where", c->where);
		skep_json_string(json, "why", skep_object_change_reason(c->kind));
		skep_json_object_end(json);
	}
	skep_json_array_end(json);
}

void object_changes_print(const struct object_job *job)
{
	const struct skep_object_change *c;
	size_t i;

	for (i = 0; (c = skep_object_change_at(job->object, i)); i++) {
		printf("%s", i ? "" : "\nnormalised:\n");
		printf("  ");
		out_name(c->where);
		printf(": ");
		out_name(c->what);
		printf(" (%s: %s)\n", skep_object_change_name(c->kind),
		       skep_object_change_reason(c->kind));
	}
}

static void told_modern(struct object_job *job, size_t size)
{
	const size_t count = skep_object_change_count(job->object);
	struct skep_json json;

	if (!job->o.json) {
		printf("%s: %zu bytes, %zu change%s\n", job->o.output, size, count,
		       count == 1 ? "" : "s");
		object_changes_print(job);
		return;
	}
	out_json_begin(&json, "skep.object.modernise", 1);
	skep_json_string(&json, "object", job->o.path);
	skep_json_string(&json, "output", job->o.output);
	skep_json_u64(&json, "bytes", size);
	object_changes_json(job, &json);
	out_json_end(&json);
}

struct written {
	struct object_job *job;
	size_t size;
};

static int tell_written(void *userdata)
{
	const struct written *w = userdata;

	told_modern(w->job, w->size);
	return out_finish();
}

/* Return: 0; 1 what is told is lost, and nothing is written; a negative errno. */
static int write_file(struct object_job *job, const void *data, size_t size)
{
	struct written w = { job, size };
	char reason[64];
	int r = out_file_write(job->o.output, data, size, tell_written, &w);

	return r < 0 ? object_fail(job, r, SKEP_ERR_SYSCALL, "cannot write '%.160s': %s",
				   job->o.output, skep_errno_text(-r, reason, sizeof(reason)))
		     : r;
}

static int modernise(int argc, char **argv)
{
	struct object_job job = { .verb = "object modernise" };
	const void *image;
	size_t size = 0;
	int r = object_parse(&job, argc, argv,
			     "Writes an object in the form that plain libbpf opens.",
			     "  skep object modernise old.o -o new.o\n");

	if (r >= 0)
		return r;
	if (!job.o.output) {
		out_error("object modernise: --output is missing: where shall it be written?");
		return EXIT_USAGE;
	}
	if (job.o.json && out_file_is_stdout(job.o.output)) {
		out_error("object modernise: --json and the object both on standard output");
		return EXIT_USAGE;
	}
	r = object_open(&job);
	r = r < 0 ? r : skep_object_modernise(job.object, &job.err);
	image = r < 0 ? NULL : skep_object_image(job.object, &size);
	if (r >= 0 && !image)
		r = object_fail(&job, -ENOMEM, SKEP_ERR_NO_MEMORY, "out of memory");
	r = r < 0 ? r : write_file(&job, image, size);
	job.object = skep_object_close(job.object);
	return r < 0 ? out_fail(job.verb, &job.err) : r;
}

int cli_object(int argc, char **argv)
{
	static const struct noun_verb verbs[] = {
		{ "modernise", modernise, "write an object in the form that plain libbpf opens" },
		{ 0 },
	};

	return noun_run("object", verbs, argc, argv);
}
