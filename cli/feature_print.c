/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep feature: tells, as text, JSON or C macros. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/json.h>

#include "feature.h"
#include "out.h"

#define COLUMNS 100
#define NAME_WIDTH 34

static const char *word(int answer)
{
	return answer > 0 ? "yes" : answer == 0 ? "no" : "?";
}

/* The rows of a section, or of one group in it, from the first; @end is behind the last. */
static size_t group_end(const struct feature_list *list, size_t first)
{
	const struct feature_row *a = &list->rows[first], *b;
	size_t end = first + 1;

	for (; end < list->count; end++) {
		b = &list->rows[end];
		if (b->section != a->section || b->group != a->group)
			break;
	}
	return end;
}

/* --- text ------------------------------------------------------------------------------------------------------- */

static void print_heading(const char *title)
{
	static int printed;

	printf("%s%s\n", printed++ ? "\n" : "", title);
}

static void print_system(const struct skep_system *system)
{
	size_t count, i;
	const struct skep_system_row *rows = skep_system_rows(system, &count);
	char buf[32];

	for (i = 0; i < count; i++)
		printf("  %-*s %s%s%s\n", NAME_WIDTH, rows[i].name,
		       rows[i].code == -ENOENT ? "-"
		       : rows[i].code          ? "?"
					       : rows[i].value,
		       rows[i].code && rows[i].code != -ENOENT ? "    " : "",
		       rows[i].code && rows[i].code != -ENOENT
			       ? skep_errno_text((int)rows[i].code, buf, sizeof(buf))
			       : "");
}

static void print_row(const struct feature_row *row)
{
	const char *note = row->answer < 0 ? row->reason : row->note;

	printf("  %-*s %s%*s%s\n", NAME_WIDTH, row->name, word(row->answer),
	       note ? (int)(5 - strlen(word(row->answer))) : 0, "", note ? note : "");
}

/* Names in lines. */
static void print_names(const struct feature_row *rows, size_t count)
{
	size_t i, column = 0, len;

	for (i = 0; i < count; i++) {
		if (rows[i].answer <= 0 || !rows[i].name)
			continue;
		len = strlen(rows[i].name) + 1;
		if (column + len > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		printf("%s%s", column ? " " : "      ", rows[i].name);
		column += column ? len : len + 5;
	}
	if (column)
		putchar('\n');
}

/* Return: 0 this kernel has no function of that name; 1 it has, or it cannot be told. */
static int is_function(const char *name)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	char text[256];
	uint32_t id;

	snprintf(text, sizeof(text), "func %s", name);
	return skep_btf_open_kernel(&btf, NULL) < 0 || skep_btf_find(btf, text, 0, &id) != 0;
}

static void print_group(const struct feature_row *rows, size_t count, int names)
{
	size_t i, yes = 0;

	if (!rows[0].name) {
		printf("  %-*s ?    %s\n", NAME_WIDTH, rows[0].group, rows[0].reason);
		return;
	}
	for (i = 0; i < count; i++)
		yes += rows[i].answer > 0;
	printf("  %-*s %zu of %zu%s\n", NAME_WIDTH, rows[0].group, yes, count,
	       rows[0].section == FEATURE_KFUNCS && !yes && !is_function(rows[0].group)
		       ? "    there is no such function"
		       : "");
	if (names)
		print_names(rows, count);
	for (i = 0; i < count; i++)
		if (rows[i].answer < 0)
			printf("      ? %s\n", rows[i].reason);
}

void feature_print_text(const struct feature_list *list, int names_of_helpers)
{
	enum feature_section section = FEATURE_SYSTEM;
	size_t i, end;

	if (list->system) {
		print_heading(feature_sections[FEATURE_SYSTEM].title);
		print_system(list->system);
	}
	for (i = 0; i < list->count; i = end) {
		const struct feature_row *row = &list->rows[i];

		if (row->section != section) {
			section = row->section;
			print_heading(feature_sections[section].title);
		}
		end = row->group ? group_end(list, i) : i + 1;
		if (row->group)
			print_group(row, end - i, names_of_helpers || section != FEATURE_HELPERS);
		else
			print_row(row);
	}
}

/* --- JSON ------------------------------------------------------------------------------------------------------- */

static int write_out(const char *bytes, size_t len, void *userdata)
{
	(void)userdata;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -EIO;
}

static void json_system(struct skep_json *j, const struct skep_system *system)
{
	size_t count, i;
	const struct skep_system_row *rows = skep_system_rows(system, &count);
	uint64_t section = 0;

	skep_json_object(j, feature_sections[FEATURE_SYSTEM].name);
	for (i = 0; i < count; i++) {
		const char *value = rows[i].value;

		if (rows[i].section != section) {
			if (section)
				skep_json_object_end(j);
			section = rows[i].section;
			skep_json_object(j, skep_system_section_name(section));
		}
		if (value && *value && strlen(value) < 19 && !value[strspn(value, "0123456789")])
			skep_json_u64(j, rows[i].name, strtoull(value, NULL, 10));
		else
			skep_json_string(j, rows[i].name, value);
	}
	if (section)
		skep_json_object_end(j);
	skep_json_object_end(j);
}

static void json_answer(struct skep_json *j, const struct feature_row *row)
{
	if (row->answer < 0)
		skep_json_null(j, row->name);
	else
		skep_json_bool(j, row->name, row->answer);
}

/* Of helpers the names that are there; else an answer for each method or program type. */
static void json_group(struct skep_json *j, const struct feature_row *rows, size_t count)
{
	size_t i;

	if (!rows[0].name) {
		skep_json_null(j, rows[0].group);
		return;
	}
	if (rows[0].section != FEATURE_HELPERS) {
		skep_json_object(j, rows[0].group);
		for (i = 0; i < count; i++)
			json_answer(j, &rows[i]);
		skep_json_object_end(j);
		return;
	}
	skep_json_array(j, rows[0].group);
	for (i = 0; i < count; i++)
		if (rows[i].answer > 0)
			skep_json_string(j, NULL, rows[i].name);
	skep_json_array_end(j);
}

static void json_section(struct skep_json *j, const struct feature_list *list,
			 enum feature_section section)
{
	size_t i, end;

	skep_json_object(j, feature_sections[section].name);
	for (i = 0; i < list->count; i = end) {
		end = list->rows[i].group ? group_end(list, i) : i + 1;
		if (list->rows[i].section != section)
			continue;
		if (list->rows[i].group)
			json_group(j, &list->rows[i], end - i);
		else
			json_answer(j, &list->rows[i]);
	}
	skep_json_object_end(j);
}

static void json_unknown_system(struct skep_json *j, const struct skep_system *system)
{
	size_t count, i;
	const struct skep_system_row *rows = skep_system_rows(system, &count);
	char buf[32];

	for (i = 0; i < count; i++) {
		if (!rows[i].code || rows[i].code == -ENOENT)
			continue;
		skep_json_object(j, NULL);
		skep_json_string(j, "section", feature_sections[FEATURE_SYSTEM].name);
		skep_json_string(j, "name", rows[i].name);
		skep_json_i64(j, "errno", -rows[i].code);
		skep_json_string(j, "reason", skep_errno_text((int)rows[i].code, buf, sizeof(buf)));
		skep_json_object_end(j);
	}
}

static void json_unknown_row(struct skep_json *j, const struct feature_row *row)
{
	skep_json_object(j, NULL);
	skep_json_string(j, "section", feature_sections[row->section].name);
	if (row->group)
		skep_json_string(j, "group", row->group);
	if (row->name)
		skep_json_string(j, "name", row->name);
	skep_json_i64(j, "errno", -(int64_t)row->answer);
	skep_json_string(j, "reason", row->reason);
	skep_json_object_end(j);
}

/* What could not be told, and why. */
static void json_unknown(struct skep_json *j, const struct feature_list *list)
{
	size_t i;

	skep_json_array(j, "unknown");
	if (list->system)
		json_unknown_system(j, list->system);
	for (i = 0; i < list->count; i++)
		if (list->rows[i].answer < 0)
			json_unknown_row(j, &list->rows[i]);
	skep_json_array_end(j);
}

int feature_print_json(const struct feature_list *list)
{
	struct skep_json j;
	char buf[8192];
	int r, section;

	skep_json_init(&j, buf, sizeof(buf));
	skep_json_stream(&j, write_out, NULL);
	skep_json_object(&j, NULL);
	skep_json_string(&j, "schema", "skep.feature");
	skep_json_u64(&j, "version", 1);
	if (list->system)
		json_system(&j, list->system);
	for (section = FEATURE_MISC; section < FEATURE_KFUNCS; section++)
		if (list->wanted >> section & 1)
			json_section(&j, list, (enum feature_section)section);
	if (list->count && list->rows[list->count - 1].section == FEATURE_KFUNCS)
		json_section(&j, list, FEATURE_KFUNCS);
	json_unknown(&j, list);
	skep_json_object_end(&j);
	r = skep_json_finish(&j);
	putchar('\n');
	return r;
}

/* --- macros ----------------------------------------------------------------------------------------------------- */

static void print_upper(const char *text)
{
	for (; *text; text++)
		putchar(toupper((unsigned char)*text));
}

static void macro_row(const struct feature_row *row)
{
	if (row->answer < 0) {
		fputs("/* HAVE_", stdout);
	} else {
		fputs(row->answer ? "#define HAVE_" : "#define NO_HAVE_", stdout);
	}
	if (row->group) {
		fputs("ATTACH_", stdout);
		print_upper(row->group);
		fputs("_BY_", stdout);
	}
	print_upper(row->name);
	fputs(feature_sections[row->section].macro, stdout);
	if (row->answer < 0)
		printf(": could not tell: %s */", row->reason);
	putchar('\n');
}

static void macro_helper(const struct feature_row *row)
{
	if (!row->name)
		printf("/* helpers of %s: could not tell: %s */\n", row->group, row->reason);
	else if (row->answer < 0)
		printf("/* %s, bpf_%s: could not tell: %s */\n", row->group, row->name,
		       row->reason);
	else
		printf("#define BPF__PROG_TYPE_%s__HELPER_bpf_%s %d\n", row->group, row->name,
		       row->answer);
}

void feature_print_macros(const struct feature_list *list)
{
	const struct skep_system_row *hz;
	enum feature_section section = FEATURE_SYSTEM;
	size_t i;

	hz = list->system ? skep_system_find(list->system, "hz") : NULL;
	if (hz && hz->value)
		printf("#define CONFIG_HZ %s\n", hz->value);
	for (i = 0; i < list->count; i++) {
		const struct feature_row *row = &list->rows[i];

		if (row->section != section) {
			section = row->section;
			printf("\n/* %s */\n", feature_sections[section].title);
			if (section == FEATURE_HELPERS)
				puts("#define HAVE_PROG_TYPE_HELPER(prog_type, helper) \\\n"
				     "\tBPF__PROG_TYPE_ ## prog_type ## __HELPER_ ## helper");
		}
		if (section == FEATURE_HELPERS)
			macro_helper(row);
		else if (section != FEATURE_KFUNCS)
			macro_row(row);
	}
}
