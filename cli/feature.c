/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep feature: what this kernel can do with BPF, found out by trying. */
#include "feature.h"

#include <string.h>

#include <skep/error.h>

#include "out.h"
#include "verbs.h"

#define EXIT_USAGE 2

enum {
	FORMAT_TEXT = 1,
	FORMAT_JSON,
	FORMAT_MACROS
};

struct feature_options {
	struct opt_list sections, kfuncs;
	uint64_t format, json;
	const char *from, *to;
};

static const struct opt table_of_options[] = {
#define NOUN_OPT(verbs, name, short_name, type, field, argument, fallback, help) \
	{ name,     short_name, type, offsetof(struct feature_options, field),   \
	  argument, fallback,   help, verbs },
#include "feature.def"
#undef NOUN_OPT
	{ 0 },
};

/* One of the words of --section. Return: 0; -1 with a message. */
static int want(const char *word, size_t len, uint64_t *wanted)
{
	int i;

	for (i = 0; i < FEATURE_KFUNCS; i++)
		if (strlen(feature_sections[i].name) == len &&
		    !strncmp(word, feature_sections[i].name, len)) {
			*wanted |= 1ull << i;
			return 0;
		}
	out_error("feature: --section: '%.*s' is none (see skep feature --help)", (int)len, word);
	return -1;
}

static int choose_sections(const struct feature_options *o, uint64_t *wanted)
{
	const uint64_t all = (1ull << FEATURE_KFUNCS) - 1;
	const char *at;
	size_t i, len;

	*wanted = o->sections.count || o->kfuncs.count ? 0 : all;
	for (i = 0; i < o->kfuncs.count; i++)
		if (!*o->kfuncs.items[i]) {
			out_error("feature: --kfunc: '' is no name of a function");
			return -1;
		}
	for (i = 0; i < o->sections.count; i++)
		for (at = o->sections.items[i];; at += len + 1) {
			len = strcspn(at, ",");
			if (want(at, len, wanted) < 0)
				return -1;
			if (!at[len])
				break;
		}
	return 0;
}

/* Where nothing could be told, the first reason decides. */
static int end(const struct feature_list *list)
{
	const struct feature_row *row;

	if (!list->unknown)
		return 0;
	for (row = list->rows; row->answer >= 0;)
		row++;
	out_error("feature: %zu of %zu questions could not be answered; the first: %s",
		  list->unknown, list->unknown + list->told, row->reason);
	return list->told ? 0 : skep_error_exit_code(list->kind);
}

static int show(int argc, char **argv)
{
	struct feature_options o = { 0 };
	struct feature_list list = { 0 };
	struct skep_error err;
	int r = opt_parse("feature", table_of_options, argc, argv, &o);

	if (r > 0) {
		opt_help(
			"feature", table_of_options,
			"tell what this kernel can do with BPF, by trying",
			"  skep feature\n"
			"  skep feature --section map_types,link_types\n"
			"  skep feature --kfunc bpf_cpumask_create\n"
			"  skep feature --json > here.json; skep feature diff there.json here.json\n");
		return 0;
	}
	if (r < 0 || choose_sections(&o, &list.wanted) < 0)
		return EXIT_USAGE;
	r = feature_list_ask(&list, &o.kfuncs, &err);
	if (r < 0) {
		feature_list_fini(&list);
		return out_fail("feature", &err);
	}
	if (o.json || o.format == FORMAT_JSON)
		r = feature_print_json(&list);
	else if (o.format == FORMAT_MACROS)
		feature_print_macros(&list);
	else
		feature_print_text(&list, o.sections.count > 0);
	r = r < 0 && !ferror(stdout) ? 1 : end(&list); /* main() tells of standard output */
	feature_list_fini(&list);
	return r;
}

static int diff(int argc, char **argv)
{
	struct feature_options o = { 0 };
	int r = opt_parse("feature diff", table_of_options, argc, argv, &o);

	if (r > 0) {
		opt_help(
			"feature diff", table_of_options,
			"tell in what two systems differ; exit 0: in nothing, 1: in something, 2: cannot tell",
			"  skep feature diff old.json new.json\n"
			"  skep feature --json | skep feature diff old.json -\n");
		return 0;
	}
	return r < 0 ? EXIT_USAGE : feature_diff(o.from, o.to, o.json != 0);
}

int cli_feature(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "diff"))
		return diff(argc - 1, argv + 1);
	return show(argc, argv);
}
