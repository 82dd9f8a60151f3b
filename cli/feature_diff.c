/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep feature diff: in what two documents of skep feature --json differ. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json.h>
#include <skep/json_read.h>

#include "feature.h"
#include "out.h"

#define DOCUMENT_MAX (16u << 20)
#define STATUS_SAME 0
#define STATUS_DIFFERENT 1
#define STATUS_TROUBLE 2

struct fact {
	char *path, *value;
};

struct facts {
	struct fact *rows;
	size_t count, room;
	int is_feature;  /* the schema was there */
	int is_foreign;  /* of a version of which nothing is known */
	int has_helpers; /* that section was asked for */
	char group[64];  /* of the element of "unknown" that is being read */
	int in_helpers;
};

static void facts_fini(struct facts *facts)
{
	size_t i;

	for (i = 0; i < facts->count; i++) {
		free(facts->rows[i].path);
		free(facts->rows[i].value);
	}
	free(facts->rows);
}

static int add(struct facts *facts, const char *path, const char *value)
{
	struct fact *rows;

	if (facts->count == facts->room) {
		facts->room = facts->room ? 2 * facts->room : 1024;
		rows = realloc(facts->rows, facts->room * sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		facts->rows = rows;
	}
	rows = &facts->rows[facts->count];
	rows->path = strdup(path);
	rows->value = strdup(value);
	if (!rows->path || !rows->value) {
		free(rows->path);
		free(rows->value);
		return -ENOMEM;
	}
	facts->count++;
	return 0;
}

/* Of helpers the list has those that are there: of one that could not be told, "unknown" has the name. */
static int add_unknown(struct facts *facts, const char *path, const char *value)
{
	const char *key = strrchr(path, '/') + 1;
	char name[512];

	if (!strcmp(key, "section")) {
		facts->in_helpers = !strcmp(value, "helpers");
	} else if (facts->in_helpers && !strcmp(key, "group")) {
		snprintf(facts->group, sizeof(facts->group), "%s", value);
	} else if (facts->in_helpers && !strcmp(key, "name")) {
		snprintf(name, sizeof(name), "helpers/%s/%s", facts->group, value);
		return add(facts, name, "?");
	}
	return 0;
}

/* Of a list of helpers a name is a fact, wherever it stands. */
static int add_leaf(const char *path, uint32_t kind, const char *value, void *userdata)
{
	struct facts *facts = userdata;
	char name[512];
	int len;

	if (!strcmp(path, "/schema")) {
		facts->is_feature = !strcmp(value, "skep.feature");
		return 0;
	}
	if (!strncmp(path, "/helpers/", 9))
		facts->has_helpers = 1;
	if (!strcmp(path, "/version")) {
		facts->is_foreign = strcmp(value, "1") != 0;
		return 0;
	}
	if (kind == SKEP_JSON_EMPTY)
		return 0;
	if (!strncmp(path, "/unknown/", 9))
		return add_unknown(facts, path, value);
	if (!strncmp(path, "/helpers/", 9) && kind == SKEP_JSON_STRING) {
		len = (int)(strrchr(path, '/') - path);
		if (snprintf(name, sizeof(name), "%.*s/%s", len, path, value) >= (int)sizeof(name))
			return -E2BIG;
		return add(facts, name + 1, "yes");
	}
	if (kind == SKEP_JSON_BOOL)
		value = *value == 't' ? "yes" : "no";
	else if (kind == SKEP_JSON_NULL)
		value = "?";
	return add(facts, path + (*path == '/'), value);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct fact *)a)->path, ((const struct fact *)b)->path);
}

static char *slurp(const char *path, size_t *ret_bytes)
{
	FILE *f = strcmp(path, "-") != 0 ? fopen(path, "re") : stdin;
	char *text = f ? malloc(DOCUMENT_MAX) : NULL, why[64];
	int code = f ? -ENOMEM : -errno;

	if (text)
		*ret_bytes = fread(text, 1, DOCUMENT_MAX, f);
	if (!text || ferror(f) || *ret_bytes == DOCUMENT_MAX) {
		if (text && ferror(f))
			code = -EIO;
		out_error("feature diff: '%s': %s", path,
			  text && !ferror(f) ? "too large"
					     : skep_errno_text(code, why, sizeof(why)));
		free(text);
		text = NULL;
	}
	if (f && f != stdin)
		fclose(f);
	return text;
}

/* Return: 0; -1 with a message. */
static int read_facts(const char *path, struct facts *facts)
{
	struct skep_error err = { .msg = "out of memory" };
	size_t bytes = 0;
	char *text = slurp(path, &bytes);
	int r;

	if (!text)
		return -1;
	r = skep_json_read(text, bytes, add_leaf, facts, &err);
	free(text);
	if (r == 0 && facts->is_feature && !facts->is_foreign) {
		if (facts->count)
			qsort(facts->rows, facts->count, sizeof(*facts->rows), by_path);
		return 0;
	}
	out_error("feature diff: '%s': %s", path,
		  r                   ? err.msg
		  : facts->is_feature ? "of this version nothing is known here: it is not 1"
				      : "not a document of skep feature --json");
	return -1;
}

/* What a document says of a path that it does not have. Return: NULL: what it says stands at another one. */
static const char *missing(const struct facts *facts, const char *path)
{
	const char *end = strrchr(path, '/');
	struct fact type = { .path = (char[128]){ 0 } };

	if (!facts->has_helpers || strncmp(path, "helpers/", 8) != 0)
		return "-"; /* not asked for */
	if (end == path + 7)
		return "told"; /* of a program type: there is a list */
	snprintf(type.path, 128, "%.*s", (int)(end - path), path);
	if (facts->count && bsearch(&type, facts->rows, facts->count, sizeof(type), by_path))
		return NULL; /* that of the program type could not be told */
	return "no";
}

/* As the documents have it: true, false, null; "-" and "told" are words of their own. */
static void json_value(struct skep_json *j, const char *key, const char *value)
{
	if (!strcmp(value, "yes") || !strcmp(value, "no"))
		skep_json_bool(j, key, *value == 'y');
	else if (!strcmp(value, "?"))
		skep_json_null(j, key);
	else
		skep_json_string(j, key, value);
}

static void tell(struct skep_json *j, const char *path, const char *from, const char *to)
{
	if (!j) {
		printf("%-48s %s -> %s\n", path, from, to);
		return;
	}
	skep_json_object(j, NULL);
	skep_json_string(j, "path", path);
	json_value(j, "from", from);
	json_value(j, "to", to);
	skep_json_object_end(j);
}

/* Both are in order: side by side. Return: how many differ. */
static size_t compare(const struct facts *a, const struct facts *b, struct skep_json *j)
{
	size_t i = 0, k = 0, differences = 0;

	while (i < a->count || k < b->count) {
		const struct fact *x = i < a->count ? &a->rows[i] : NULL;
		const struct fact *y = k < b->count ? &b->rows[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->path, y->path);

		const char *from = order <= 0 ? x->value : missing(a, y->path);
		const char *to = order >= 0 ? y->value : missing(b, x->path);

		i += order <= 0;
		k += order >= 0;
		if (!from || !to || !strcmp(from, to))
			continue;
		differences++;
		tell(j, order <= 0 ? x->path : y->path, from, to);
	}
	return differences;
}

static int write_out(const char *bytes, size_t len, void *userdata)
{
	(void)userdata;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -EIO;
}

static size_t compare_json(const struct facts *a, const struct facts *b)
{
	struct skep_json j;
	char buf[4096];
	size_t differences;

	skep_json_init(&j, buf, sizeof(buf));
	skep_json_stream(&j, write_out, NULL);
	skep_json_object(&j, NULL);
	skep_json_string(&j, "schema", "skep.feature.diff");
	skep_json_u64(&j, "version", 1);
	skep_json_array(&j, "differences");
	differences = compare(a, b, &j);
	skep_json_array_end(&j);
	skep_json_object_end(&j);
	skep_json_finish(&j);
	putchar('\n');
	return differences;
}

int feature_diff(const char *from, const char *to, int json)
{
	struct facts a = { 0 }, b = { 0 };
	int status = STATUS_TROUBLE;

	if (read_facts(from, &a) == 0 && read_facts(to, &b) == 0)
		status = (json ? compare_json(&a, &b) : compare(&a, &b, NULL)) ? STATUS_DIFFERENT
									       : STATUS_SAME;
	facts_fini(&a);
	facts_fini(&b);
	return status;
}
