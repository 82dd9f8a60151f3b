/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep link: what is attached by links, and to what. */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/link.h>
#include <skep/link_target.h>
#include <skep/sys_object.h>

#include "noun.h"
#include "opt.h"
#include "out.h"
#include "verbs.h"

#define EXIT_USAGE 2

struct link_options {
	struct opt_list links, types;
	const char *link, *path, *root;
	uint64_t json;
};

static const struct opt table_of_options[] = {
#define NOUN_OPT(verbs, name, short_name, type, field, argument, fallback, help) \
	{ name,     short_name, type, offsetof(struct link_options, field),      \
	  argument, fallback,   help, verbs },
#include "link.def"
#undef NOUN_OPT
	{ 0 },
};

/* Return: -1 to go on; else the exit status. */
static int parse(const char *verb, int argc, char **argv, const char *about, const char *examples,
		 struct link_options *o)
{
	int r = opt_parse(verb, table_of_options, argc, argv, o);

	if (r > 0)
		opt_help(verb, table_of_options, about, examples);
	return r < 0 ? EXIT_USAGE : r > 0 ? 0 : -1;
}

static int open_root(const struct link_options *o, struct skep_bpffs **ret_ctx,
		     struct skep_error *err)
{
	struct skep_bpffs_opts opts = { .sz = sizeof(opts), .flags = SKEP_BPFFS_DISCOVER };

	skep_bpffs_opts_from_env(environ, &opts);
	if (o->root)
		opts.root = o->root;
	return skep_bpffs_open(&opts, ret_ctx, err);
}

/* A word of digits is an id, any other a path. */
static int is_id(const char *word, uint32_t *ret_id)
{
	char *end = NULL;
	unsigned long long id;

	if (!*word || strspn(word, "0123456789") != strlen(word))
		return 0;
	errno = 0;
	id = strtoull(word, &end, 10);
	*ret_id = errno || id > UINT32_MAX ? UINT32_MAX : (uint32_t)id;
	return 1;
}

/* @ctx: opened when the first path is met */
static int open_link(const struct link_options *o, const char *word, struct skep_bpffs **ctx,
		     struct skep_link **ret_link, struct skep_error *err)
{
	uint32_t id;
	int r = 0;

	if (is_id(word, &id))
		return skep_link_open_id(id, ret_link, err);
	if (!*ctx)
		r = open_root(o, ctx, err);
	return r < 0 ? r : skep_link_open_pinned(*ctx, word, ret_link, err);
}

/* The name of the program; "" if that cannot be seen. */
static void prog_name(uint32_t id, char name[SKEP_OBJ_NAME_LEN])
{
	struct skep_prog_info info = { 0 };
	int fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, id, 0);

	name[0] = '\0';
	if (fd < 0)
		return;
	if (skep_sys_prog_info(fd, &info, sizeof(info)) > 0)
		snprintf(name, SKEP_OBJ_NAME_LEN, "%s", info.name);
	close(fd);
}

static struct skep_link_targets *targets; /* what has been read to name functions */

/* "trace_fentry vfs_read", "freplace classify of program 12". Return: 1 it has a name, in @ret; 0. */
static int describe(const struct skep_link *link, char *buf, size_t size,
		    struct skep_link_target *ret)
{
	char type[SKEP_NAME_SIZE], owner[32] = "";

	if (!skep_link_target_find(targets, link, ret)) {
		skep_link_describe(link, buf, size);
		return 0;
	}
	if (ret->prog_id)
		snprintf(owner, sizeof(owner), " of program %u", ret->prog_id);
	snprintf(buf, size, "%s %s%s",
		 ret->is_replaced
			 ? "freplace"
			 : skep_attach_type_name(skep_link_info(link)->tracing.attach_type, type),
		 ret->name, owner);
	return 1;
}

static void print_json(struct skep_json *j, const struct skep_link *link, const char *path)
{
	const struct skep_link_info *info = skep_link_info(link);
	struct skep_link_target found;
	int has_name;
	char type[SKEP_NAME_SIZE], prog[SKEP_OBJ_NAME_LEN], target[4200];

	prog_name(info->prog_id, prog);
	has_name = describe(link, target, sizeof(target), &found);
	skep_json_object(j, NULL);
	skep_json_u64(j, "id", info->id);
	skep_json_string(j, "type", skep_link_type_name(info->type, type));
	skep_json_string(j, "target", target);
	skep_json_bool(j, "defunct", skep_link_is_defunct(link));
	skep_json_u64(j, "program_id", info->prog_id);
	skep_json_string(j, "program", prog);
	if (path)
		skep_json_string(j, "path", path);
	link_json_info(j, info);
	if (has_name)
		skep_json_string(j, "function", found.name);
	if (has_name && found.prog_id)
		skep_json_u64(j, "target_program_id", found.prog_id);
	skep_json_object_end(j);
}

static void print_text(const struct skep_link *link)
{
	const struct skep_link_info *info = skep_link_info(link);
	char type[SKEP_NAME_SIZE], prog[SKEP_OBJ_NAME_LEN], target[4200];
	struct skep_link_target found;

	prog_name(info->prog_id, prog);
	describe(link, target, sizeof(target), &found);
	printf("%6u  %-14s  %6u  ", info->id, skep_link_type_name(info->type, type), info->prog_id);
	printf("%*s", 16 - out_name(prog), "");
	out_name(target);
	printf("\n");
}

static void print_header(void)
{
	printf("%6s  %-14s  %6s  %-16s%s\n", "id", "type", "prog", "name", "attached to");
}

struct listing {
	struct skep_json *json; /* NULL: text */
	uint64_t types;         /* a bit a type; 0: all */
	uint64_t count;
};

static int list_link(struct skep_link *link, void *userdata)
{
	uint32_t type = skep_link_info(link)->type;
	struct listing *l = userdata;

	if (l->types && (type >= 64 || !(l->types >> type & 1)))
		return 0;
	if (l->json)
		print_json(l->json, link, NULL);
	else if (!l->count)
		print_header();
	if (!l->json)
		print_text(link);
	l->count++;
	return 0;
}

static int list(int argc, char **argv)
{
	struct link_options o = { 0 };
	struct listing l = { 0 };
	struct skep_error err = { 0 };
	struct skep_json json;
	uint32_t type;
	uint64_t i;
	int r;

	r = parse("link list", argc, argv,
		  "Lists the links of the kernel: which program is attached, and to what. Needs "
		  "CAP_SYS_ADMIN.",
		  "  skep link list\n  skep link list --type xdp --type tcx --json\n", &o);
	if (r >= 0)
		return r;
	for (i = 0; i < o.types.count; i++) {
		if (skep_link_type_from_name(o.types.items[i], &type) < 0 || type >= 64) {
			out_error("link list: --type: '%s' is no type of links", o.types.items[i]);
			return EXIT_USAGE;
		}
		l.types |= 1ull << type;
	}
	if (o.json) {
		l.json = &json;
		out_json_begin(&json, "skep.link.list", 1);
		skep_json_array(&json, "links");
	}
	r = skep_link_list(list_link, &l, &err);
	if (o.json) {
		skep_json_array_end(&json);
		skep_json_bool(&json, "complete", r == 0);
		out_json_end(&json);
	}
	return r < 0 ? out_fail("link list", &err) : 0;
}

/* Is it there? If not, it is from now on. */
static int seen(uint32_t *ids, size_t *count, uint32_t id)
{
	size_t i;

	for (i = 0; i < *count; i++)
		if (ids[i] == id)
			return 1;
	ids[(*count)++] = id;
	return 0;
}

/* Does something with each link that is named, once. Return: the exit status, of the first that failed. */
static int each(const char *verb, const struct link_options *o, struct skep_json *j,
		int (*fn)(struct skep_link *link, const char *word, int is_first,
			  struct skep_json *j, struct skep_error *err))
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	uint32_t ids[OPT_LIST_MAX];
	size_t count = 0;
	int status = 0, r;
	uint64_t i;

	for (i = 0; i < o->links.count; i++) {
		_cleanup_(skep_link_closep) struct skep_link *link = NULL;
		struct skep_error err = { 0 };

		r = open_link(o, o->links.items[i], &ctx, &link, &err);
		if (r >= 0 && !seen(ids, &count, skep_link_info(link)->id))
			r = fn(link, o->links.items[i], count == 1, j, &err);
		if (r < 0) {
			r = out_fail(verb, &err);
			status = status ? status : r;
		}
	}
	return status;
}

static int show_one(struct skep_link *link, const char *word, int is_first, struct skep_json *j,
		    struct skep_error *err)
{
	uint32_t id;

	(void)err;
	if (j) {
		print_json(j, link, is_id(word, &id) ? NULL : word);
		return 0;
	}
	if (is_first)
		print_header();
	print_text(link);
	return 0;
}

static int show(int argc, char **argv)
{
	struct link_options o = { 0 };
	struct skep_json json;
	int r;

	r = parse("link show", argc, argv, "Shows links: which program is attached, and to what.",
		  "  skep link show 12\n  skep link show skep/links/eth0 --json\n", &o);
	if (r >= 0)
		return r;
	if (!o.json)
		return each("link show", &o, NULL, show_one);
	out_json_begin(&json, "skep.link.show", 1);
	skep_json_array(&json, "links");
	r = each("link show", &o, &json, show_one);
	skep_json_array_end(&json);
	skep_json_bool(&json, "complete", r == 0);
	out_json_end(&json);
	return r;
}

static int pin(int argc, char **argv)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	_cleanup_(skep_link_closep) struct skep_link *link = NULL;
	struct link_options o = { 0 };
	struct skep_error err = { 0 };
	struct skep_json json;
	int r;

	r = parse("link pin", argc, argv,
		  "Gives a link a name: what is attached stays when the process that did it ends.",
		  "  skep link pin 12 skep/links/eth0\n", &o);
	if (r >= 0)
		return r;
	r = open_root(&o, &ctx, &err);
	if (r >= 0)
		r = open_link(&o, o.link, &ctx, &link, &err);
	if (r >= 0)
		r = skep_link_pin(link, ctx, o.path, &err);
	if (r < 0)
		return out_fail("link pin", &err);
	if (o.json) {
		out_json_begin(&json, "skep.link.pin", 1);
		skep_json_u64(&json, "id", skep_link_info(link)->id);
		skep_json_string(&json, "path", o.path);
		out_json_end(&json);
	}
	return 0;
}

static int detach_one(struct skep_link *link, const char *word, int is_first, struct skep_json *j,
		      struct skep_error *err)
{
	int r = skep_link_detach(link, err);

	(void)is_first;
	if (r > 0 && !j)
		out_error("link detach: '%s': what it was attached to had gone before", word);
	if (r >= 0 && j) {
		skep_json_object(j, NULL);
		skep_json_u64(j, "id", skep_link_info(link)->id);
		skep_json_bool(j, "was_defunct", r);
		skep_json_object_end(j);
	}
	return r;
}

static int detach(int argc, char **argv)
{
	struct link_options o = { 0 };
	struct skep_json json;
	int r;

	r = parse("link detach", argc, argv,
		  "Detaches links at once, whoever holds them. Their pins stay, as links that are "
		  "defunct: skep bpffs rm removes them.",
		  "  skep link detach 12\n  skep link detach skep/links/eth0\n", &o);
	if (r >= 0)
		return r;
	if (!o.json)
		return each("link detach", &o, NULL, detach_one);
	out_json_begin(&json, "skep.link.detach", 1);
	skep_json_array(&json, "links");
	r = each("link detach", &o, &json, detach_one);
	skep_json_array_end(&json);
	skep_json_bool(&json, "complete", r == 0);
	out_json_end(&json);
	return r;
}

int cli_link(int argc, char **argv)
{
	static const struct noun_verb verbs[] = {
		{ "list", list, "list the links of the kernel" },
		{ "show", show, "show links by id or pin" },
		{ "pin", pin, "give a link a name" },
		{ "detach", detach, "detach links, whoever holds them" },
		{ 0 },
	};
	struct skep_error err = { 0 };
	int r = skep_link_targets_new(&targets, &err);

	r = r < 0 ? out_fail("link", &err) : noun_run("link", verbs, argc, argv);
	skep_link_targets_free(targets);
	return r;
}
