/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep btf: the types of the kernel, of modules, programs, maps and files. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/btf_dump.h>
#include <skep/btf_list.h>
#include <skep/error.h>
#include <skep/json.h>
#include <skep/sys.h>

#include "btf.h"
#include "noun.h"
#include "opt.h"
#include "out.h"
#include "verbs.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define IDS_SHOWN 8
#define NAME_COLUMN 24

enum {
	FORMAT_C = 1,
	FORMAT_RAW,
	FORMAT_JSON,
};

struct btf_options {
	const char *what, *which, *part, *base;
	struct opt_list types;
	uint64_t format, sort, plain, json;
};

static const struct opt table_of_options[] = {
#define NOUN_OPT(verbs, name, short_name, type, field, argument, fallback, help) \
	{ name,     short_name, type, offsetof(struct btf_options, field),       \
	  argument, fallback,   help, verbs },
#include "btf.def"
#undef NOUN_OPT
	{ 0 },
};

/* Return: -1 to go on; else the exit status. */
static int parse(const char *verb, int argc, char **argv, const char *about, const char *examples,
		 struct btf_options *o)
{
	int r = opt_parse(verb, table_of_options, argc, argv, o);

	if (r > 0)
		opt_help(verb, table_of_options, about, examples);
	return r < 0 ? EXIT_USAGE : r > 0 ? 0 : -1;
}

static void json_ids(struct skep_json *j, const char *key, const uint32_t *ids, uint64_t count)
{
	uint64_t i;

	skep_json_array(j, key);
	for (i = 0; i < count; i++)
		skep_json_u64(j, NULL, ids[i]);
	skep_json_array_end(j);
}

static void print_ids(const char *what, const uint32_t *ids, uint64_t count)
{
	uint64_t i;

	if (!count)
		return;
	printf("  %s ", what);
	for (i = 0; i < count && i < IDS_SHOWN; i++)
		printf("%s%u", i ? "," : "", ids[i]);
	if (count > IDS_SHOWN)
		printf(" and %llu more", (unsigned long long)(count - IDS_SHOWN));
}

static const char *origin(const struct skep_btf_entry *e)
{
	if (!e->is_kernel)
		return "user";
	return strcmp(e->name, "vmlinux") != 0 ? "module" : "kernel";
}

struct listing {
	struct skep_json *json;
	int begun;
};

static void print_head(struct listing *l)
{
	if (!l->begun)
		printf("%6s  %-6s  %-*s  %8s  %s\n", "ID", "FROM", NAME_COLUMN, "NAME", "SIZE",
		       "USED BY");
	l->begun = 1;
}

static int list_entry(const struct skep_btf_entry *e, void *userdata)
{
	struct listing *l = userdata;
	struct skep_json *json = l->json;
	char size[OUT_NUMBER_SIZE];
	int width;

	if (json) {
		skep_json_object(json, NULL);
		skep_json_u64(json, "id", e->id);
		skep_json_string(json, "origin", origin(e));
		skep_json_string(json, "name", *e->name ? e->name : NULL);
		skep_json_u64(json, "bytes", e->bytes);
		json_ids(json, "prog_ids", e->prog_ids, e->prog_count);
		json_ids(json, "map_ids", e->map_ids, e->map_count);
		skep_json_object_end(json);
		return 0;
	}
	print_head(l);
	printf("%6u  %-6s  ", e->id, origin(e));
	width = NAME_COLUMN - out_name(*e->name ? e->name : "-");
	printf("%*s  %8s", width > 0 ? width : 0, "", out_bytes(e->bytes, size));
	print_ids("prog", e->prog_ids, e->prog_count);
	print_ids("map", e->map_ids, e->map_count);
	putchar('\n');
	return 0;
}

static int list(int argc, char **argv)
{
	struct btf_options o = { 0 };
	struct skep_error err = { 0 };
	struct listing l = { 0 };
	struct skep_json json;
	int r;

	r = parse(
		"btf list", argc, argv,
		"Lists the BTF that the kernel holds, its own, its modules' and that of user space, "
		"with the programs and maps that use it. Needs CAP_SYS_ADMIN.",
		"  skep btf list\n"
		"  skep btf list --json | jq '.btf[] | select(.origin == \"user\")'\n",
		&o);
	if (r >= 0)
		return r;
	if (o.json) {
		l.json = &json;
		out_json_begin(&json, "skep.btf.list", 1);
		skep_json_array(&json, "btf");
	}
	r = skep_btf_list(list_entry, &l, &err);
	if (o.json) {
		skep_json_array_end(&json);
		skep_json_bool(&json, "complete", r == 0);
		out_json_end(&json);
	} else if (r == 0) {
		print_head(&l);
	}
	return r < 0 ? out_fail("btf list", &err) : 0;
}

/* A whole number that an id can be. Return: 1 it is. */
static int is_id(const char *text, uint32_t *ret_id)
{
	char *end;
	unsigned long long value;

	if (text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end || errno || value > UINT32_MAX)
		return 0;
	*ret_id = (uint32_t)value;
	return 1;
}

struct source {
	struct skep_btf *btf, *base;
	uint32_t roots[2]; /* of a map: its key and value, or 0 */
};

static int fail(struct skep_error *err, int code, uint32_t kind, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static int fail(struct skep_error *err, int code, uint32_t kind, const char *fmt, ...)
{
	va_list args;

	err->code = code;
	err->kind = kind;
	va_start(args, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, args);
	va_end(args);
	return code;
}

/* A map or program by its pin. Return: an fd; an error. */
static int open_pin(uint32_t wanted, const char *path, struct skep_error *err)
{
	int fd = skep_sys_obj_get(-1, path, 0, err), kind;

	if (fd < 0)
		return fd;
	kind = skep_sys_obj_kind(fd);
	if (kind < 0 || kind == (int)wanted)
		return fd;
	skep_sys_close(&fd);
	return fail(err, -EINVAL, SKEP_ERR_INVALID, "pin '%s' is of a %s, not of a %s", path,
		    skep_object_kind_name((uint32_t)kind), skep_object_kind_name(wanted));
}

/* A map or program by id or by its pin. Return: an fd; an error. */
static int open_object(uint32_t kind, const char *which, struct skep_error *err)
{
	char text[32];
	uint32_t id;
	int fd;

	if (!is_id(which, &id))
		return open_pin(kind, which, err);
	fd = skep_sys_fd_by_id(kind, id, 0);
	if (fd == -EPERM)
		return fail(err, fd, SKEP_ERR_PERMISSION,
			    "open %s %u: not permitted without CAP_SYS_ADMIN",
			    skep_object_kind_name(kind), id);
	if (fd == -ENOENT)
		return fail(err, fd, SKEP_ERR_NOT_FOUND, "there is no %s with id %u",
			    skep_object_kind_name(kind), id);
	if (fd < 0)
		return fail(err, fd, SKEP_ERR_SYSCALL, "open %s %u: %s",
			    skep_object_kind_name(kind), id,
			    skep_errno_text(fd, text, sizeof(text)));
	return fd;
}

static int open_vmlinux(const struct btf_options *o, struct source *s, struct skep_error *err)
{
	(void)o;
	return skep_btf_open_kernel(&s->btf, err);
}

static int open_module(const struct btf_options *o, struct source *s, struct skep_error *err)
{
	return skep_btf_open_module(o->which, &s->btf, err);
}

static int open_id(const struct btf_options *o, struct source *s, struct skep_error *err)
{
	uint32_t id = 0;

	if (is_id(o->which, &id))
		return skep_btf_open_id(id, &s->btf, err);
	return fail(err, -EINVAL, SKEP_ERR_INVALID, "'%s' is not an id", o->which);
}

static int open_file(const struct btf_options *o, struct source *s, struct skep_error *err)
{
	int r = 0;

	if (o->base)
		r = skep_btf_open_file(o->base, NULL, &s->base, err);
	return r < 0 ? r : skep_btf_open_file(o->which, s->base, &s->btf, err);
}

static int open_prog(const struct btf_options *o, struct source *s, struct skep_error *err)
{
	int fd = open_object(SKEP_OBJECT_PROG, o->which, err), r;

	if (fd < 0)
		return fd;
	r = skep_btf_open_prog(fd, &s->btf, err);
	skep_sys_close(&fd);
	return r;
}

/* The part of a map. Return: 0; -1 it is none. */
static int choose_part(const char *part, uint32_t roots[2])
{
	if (!part || !strcmp(part, "kv"))
		return 0;
	if (strcmp(part, "key") != 0)
		roots[0] = 0;
	if (strcmp(part, "value") != 0)
		roots[1] = 0;
	return strcmp(part, "key") != 0 && strcmp(part, "value") != 0 && strcmp(part, "all") != 0
		       ? -1
		       : 0;
}

static int open_map(const struct btf_options *o, struct source *s, struct skep_error *err)
{
	int fd = open_object(SKEP_OBJECT_MAP, o->which, err), r;

	if (fd < 0)
		return fd;
	r = skep_btf_open_map(fd, s->roots, &s->btf, err);
	skep_sys_close(&fd);
	if (r == 0)
		choose_part(o->part, s->roots);
	return r;
}

static const struct {
	const char *name;
	const char *which; /* what the second word has to be; NULL: there is none */
	int (*open)(const struct btf_options *o, struct source *s, struct skep_error *err);
} sources[] = {
	{ "vmlinux", NULL, open_vmlinux }, { "module", "NAME", open_module },
	{ "id", "ID", open_id },           { "file", "PATH", open_file },
	{ "map", "ID or PATH", open_map }, { "prog", "ID or PATH", open_prog },
};

#define SOURCE_COUNT (sizeof(sources) / sizeof(sources[0]))

/* Do the words make sense? Return: the source; -1 a message has been printed. */
static int check_words(const struct btf_options *o)
{
	uint32_t ignored[2];
	size_t i;

	for (i = 0; i < SOURCE_COUNT && strcmp(o->what, sources[i].name) != 0; i++)
		;
	if (i == SOURCE_COUNT)
		out_error("btf dump: '%s' is not one of vmlinux, module, id, file, map, prog",
			  o->what);
	else if (!sources[i].which && o->which)
		out_error("btf dump: '%s' is one word too many", o->which);
	else if (sources[i].which && !o->which)
		out_error("btf dump: %s is missing behind '%s'", sources[i].which, o->what);
	else if (o->part && sources[i].open != open_map)
		out_error("btf dump: '%s' is one word too many", o->part);
	else if (choose_part(o->part, ignored) < 0)
		out_error("btf dump: '%s' is not one of key, value, kv, all", o->part);
	else if (o->base && sources[i].open != open_file)
		out_error("btf dump: --base is for files only");
	else if (o->json && o->format == FORMAT_RAW)
		out_error("btf dump: --json and --format raw exclude each other");
	else if ((o->json || o->format != FORMAT_C) && (o->sort || o->plain))
		out_error("btf dump: --sort and --plain are for C only");
	else
		return (int)i;
	return -1;
}

struct chosen {
	uint32_t *ids; /* to be freed */
	uint64_t count, room;
};

static int choose(struct chosen *c, uint32_t id)
{
	uint64_t room = c->room ? 2 * c->room : 64;
	uint32_t *ids;

	if (c->count == c->room) {
		ids = realloc(c->ids, room * sizeof(*ids));
		if (!ids)
			return -ENOMEM;
		c->ids = ids;
		c->room = room;
	}
	c->ids[c->count++] = id;
	return 0;
}

/* Base types have the spelling of the compiler that wrote the BTF: gcc's, clang's; and people's. */
static const char *const spellings[][3] = {
	{ "long unsigned int", "unsigned long", "unsigned long int" },
	{ "long int", "long", "signed long" },
	{ "long long unsigned int", "unsigned long long", "unsigned long long int" },
	{ "long long int", "long long", "signed long long" },
	{ "short unsigned int", "unsigned short", "unsigned short int" },
	{ "short int", "short", "signed short" },
	{ "unsigned int", "unsigned", "unsigned int" },
	{ "int", "signed", "signed int" },
	{ "__int128 unsigned", "unsigned __int128", "__int128 unsigned" },
};

#define SPELLING_COUNT (sizeof(spellings) / sizeof(spellings[0]))

/* Every type of a name as it stands. Return: 0; a negative errno. */
static int choose_spelling(struct chosen *c, const struct skep_btf *btf, const char *name)
{
	uint32_t id = 0;
	int r = 0;

	while (r == 0 && skep_btf_find(btf, name, id, &id))
		r = choose(c, id);
	return r;
}

/* Every base type of a name that C has other spellings of. Return: 0; a negative errno. */
static int choose_base_type(struct chosen *c, const struct skep_btf *btf, const char *name)
{
	uint64_t before = c->count;
	size_t i, j;
	int r = 0;

	for (i = 0; i < SPELLING_COUNT; i++) {
		for (j = 0; j < 3 && strcmp(spellings[i][j], name) != 0; j++)
			;
		if (j == 3)
			continue;
		for (j = 0; j < 3 && r == 0 && c->count == before; j++)
			r = choose_spelling(c, btf, spellings[i][j]);
	}
	return r;
}

/* Every type of a name. Return: 0; an exit status, and a message has been printed. */
static int choose_name(struct chosen *c, const struct skep_btf *btf, const char *name)
{
	uint64_t before = c->count;
	uint32_t id = 0;
	int r = 0;

	if (is_id(name, &id)) {
		if (id && id < skep_btf_type_count(btf))
			r = choose(c, id);
	} else {
		r = choose_spelling(c, btf, name);
		if (r == 0 && c->count == before)
			r = choose_base_type(c, btf, name);
	}
	if (r < 0)
		out_error("btf dump: out of memory");
	else if (c->count == before)
		out_error("btf dump: there is no type '%s'", name);
	return r < 0 || c->count == before ? EXIT_FAILED : 0;
}

static int choose_all(struct chosen *c, const struct source *s, const struct opt_list *names)
{
	uint64_t i;
	int r = 0;

	for (i = 0; i < names->count && r == 0; i++)
		r = choose_name(c, s->btf, names->items[i]);
	for (i = 0; i < 2 && r == 0 && !names->count; i++)
		if (s->roots[i] && choose(c, s->roots[i]) < 0)
			r = EXIT_FAILED;
	return r;
}

static int write_text(const char *bytes, size_t len, void *userdata)
{
	(void)userdata;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -EIO; /* main() says so */
}

struct json_dump {
	struct skep_json json;
	const struct skep_btf *btf;
};

static int json_type(uint32_t id, void *userdata)
{
	struct json_dump *d = userdata;

	btf_json_type(&d->json, d->btf, id);
	return d->json.result;
}

static int dump_json(const struct skep_btf *btf, const struct skep_btf_dump_opts *opts,
		     struct skep_error *err)
{
	struct json_dump d = { .btf = btf };
	int r;

	out_json_begin(&d.json, "skep.btf.dump", 1);
	skep_json_u64(&d.json, "first_id", skep_btf_first_id(btf));
	skep_json_u64(&d.json, "type_count", skep_btf_type_count(btf));
	skep_json_array(&d.json, "types");
	r = skep_btf_needed(btf, opts, json_type, &d, err);
	skep_json_array_end(&d.json);
	out_json_end(&d.json);
	return r;
}

static int dump_source(const struct source *s, const struct btf_options *o)
{
	struct skep_btf_dump_opts opts = { .sz = sizeof(opts) };
	struct skep_error err = { 0 };
	struct chosen c = { 0 };
	int r;

	r = choose_all(&c, s, &o->types);
	if (r)
		goto out;
	opts.types = c.ids;
	opts.type_count = c.count;
	if (o->json || o->format == FORMAT_JSON) {
		r = dump_json(s->btf, &opts, &err);
	} else if (o->format == FORMAT_RAW) {
		r = skep_btf_dump_raw(s->btf, &opts, write_text, NULL, &err);
	} else {
		opts.flags =
			(o->sort ? SKEP_BTF_DUMP_SORTED : 0) | (o->plain ? SKEP_BTF_DUMP_PLAIN : 0);
		r = skep_btf_dump_c(s->btf, &opts, write_text, NULL, &err);
	}
	if (ferror(stdout)) /* main() says so */
		r = 0;
	else if (r < 0)
		r = out_fail("btf dump", &err);
out:
	free(c.ids);
	return r;
}

static int dump(int argc, char **argv)
{
	struct btf_options o = { 0 };
	struct skep_error err = { 0 };
	struct source s = { 0 };
	int r, i;

	r = parse(
		"btf dump", argc, argv,
		"Prints types: as C that compiles (vmlinux.h), as lines with ids, or as JSON. The "
		"kernel's, a module's and a file's take no privilege; what has an id takes "
		"CAP_SYS_ADMIN.",
		"  skep btf dump vmlinux > vmlinux.h\n"
		"  skep btf dump vmlinux --type 'struct sock' --type tcp_sendmsg\n"
		"  skep btf dump module nf_conntrack --format raw\n"
		"  skep btf dump file agent.bpf.o --json | jq '.types[] | select(.kind == \"VAR\")'\n"
		"  skep btf dump map 12 value\n"
		"  skep btf dump file a/vmlinux --sort > a.h\n",
		&o);
	if (r >= 0)
		return r;
	i = check_words(&o);
	if (i < 0)
		return EXIT_USAGE;
	r = sources[i].open(&o, &s, &err);
	r = r < 0 ? out_fail("btf dump", &err) : dump_source(&s, &o);
	skep_btf_close(s.btf);
	skep_btf_close(s.base);
	return r;
}

int cli_btf(int argc, char **argv)
{
	static const struct noun_verb verbs[] = {
		{ "list", list, "list the BTF that the kernel holds, and what uses it" },
		{ "dump", dump, "print types as C, as lines or as JSON" },
		{ 0 },
	};

	return noun_run("btf", verbs, argc, argv);
}
