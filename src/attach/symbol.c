/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/symbol.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/tracefs.h>

#include "attach/symbol_line.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "sys/symbol_stem.h"
#include "text/pattern.h"

#define LIST "available_filter_functions"
#define FLAGS (SKEP_SYMBOL_FIRST | SKEP_SYMBOL_VARIANTS | SKEP_SYMBOL_PARTS)

/* A pattern, and with SKEP_SYMBOL_FIRST what was found for it. */
struct wanted {
	struct text_pattern *pattern;
	char *name, *module; /* owned */
	int exact;           /* it is of exactly that name */
};

struct walk {
	struct skep_symbol_opts opts;
	struct wanted *wanted;
	size_t count;
	skep_symbol_fn fn;
	void *userdata;
	struct skep_error *err;
};

static void walk_fini(struct walk *w)
{
	size_t i;

	for (i = 0; i < w->count; i++) {
		text_pattern_free(w->wanted[i].pattern);
		free(w->wanted[i].name);
		free(w->wanted[i].module);
	}
	free(w->wanted);
}

static int out_of_memory(struct skep_error *err)
{
	return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "functions of the kernel");
}

static int walk_init(struct walk *w, const char *const *patterns, size_t count,
		     const struct skep_symbol_opts *opts)
{
	int r = opts_copy(&w->opts, sizeof(w->opts), opts);

	if (r < 0)
		return skep_fail(w->err, r, SKEP_ERR_INVALID, "options of symbols");
	if (w->opts.flags & ~(uint64_t)FLAGS)
		return skep_fail(w->err, -EINVAL, SKEP_ERR_INVALID, "flags of symbols");
	if (!count)
		return 0;
	w->wanted = calloc(count, sizeof(*w->wanted));
	if (!w->wanted)
		return out_of_memory(w->err);
	for (; w->count < count; w->count++) {
		r = text_pattern_new(patterns[w->count], &w->wanted[w->count].pattern, w->err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Return: 2 it is called so; 1 it is a variant, or matches a wildcard; 0 neither. */
static int matches(const struct walk *w, const struct text_pattern *pattern, const char *name)
{
	const char *text = text_pattern_text(pattern);
	size_t len = strlen(name), stem = len;

	if (!strcmp(text, name))
		return 2;
	if (!text_pattern_exact(pattern))
		return text_pattern_match(pattern, name);
	if (w->opts.flags & SKEP_SYMBOL_PARTS)
		stem = sys_symbol_part_stem(name, len);
	else if (w->opts.flags & SKEP_SYMBOL_VARIANTS)
		stem = sys_symbol_stem(name, len);
	if (stem == len || strlen(text) != stem || strncmp(text, name, stem) != 0)
		return 0;
	/* with PARTS alone variants are none */
	return w->opts.flags & SKEP_SYMBOL_VARIANTS || sys_symbol_stem(name, len) != stem;
}

static int keep_first(struct walk *w, struct wanted *wanted, const struct symbol_line *line,
		      int exact)
{
	char *name, *module;

	if (wanted->name && (wanted->exact || !exact))
		return 0;
	name = strdup(line->name);
	module = strdup(line->module);
	if (!name || !module) {
		free(name);
		free(module);
		return out_of_memory(w->err);
	}
	free(wanted->name);
	free(wanted->module);
	wanted->name = name;
	wanted->module = module;
	wanted->exact = exact;
	return 0;
}

static int tell(struct walk *w, const char *name, const char *module, size_t pattern)
{
	const struct skep_symbol symbol = { name, module, pattern };

	return w->fn(&symbol, w->userdata);
}

static int visit(struct walk *w, const struct symbol_line *line)
{
	size_t i;
	int r, how;

	if (w->opts.module && strcmp(w->opts.module, line->module) != 0)
		return 0;
	if (!w->count)
		return tell(w, line->name, line->module, 0);
	for (i = 0; i < w->count; i++) {
		how = matches(w, w->wanted[i].pattern, line->name);
		if (!how)
			continue;
		if (!(w->opts.flags & SKEP_SYMBOL_FIRST))
			return tell(w, line->name, line->module, i);
		r = keep_first(w, &w->wanted[i], line, how == 2);
		if (r < 0)
			return r;
	}
	return 0;
}

static int tell_first(struct walk *w)
{
	size_t i;
	int r = 0;

	for (i = 0; !r && i < w->count; i++)
		if (w->wanted[i].name)
			r = tell(w, w->wanted[i].name, w->wanted[i].module, i);
	return r;
}

/* The file is open: line by line. */
static int stream(struct walk *w, FILE *f, const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct symbol_line line;
	size_t room = 0;
	ssize_t len;
	int r;

	while (errno = 0, (len = getline(&text, &room, f)) >= 0) {
		if (symbol_line_parse(text, (size_t)len, &line) < 0)
			continue;
		r = visit(w, &line);
		if (r)
			return r;
	}
	if (errno)
		return skep_fail(w->err, -errno, SKEP_ERR_SYSCALL, "read '%s'", path);
	return w->opts.flags & SKEP_SYMBOL_FIRST ? tell_first(w) : 0;
}

static int open_list(const struct walk *w, int *ret_fd)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *tracefs = NULL;
	int fd, r;

	if (w->opts.path) {
		fd = open(w->opts.path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return skep_fail(w->err, -errno,
					 errno == ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
					 "open '%s'", w->opts.path);
		*ret_fd = fd;
		return 0;
	}
	r = skep_tracefs_open(0, &tracefs, w->err);
	if (r < 0)
		return r;
	fd = openat(skep_tracefs_fd(tracefs), LIST, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return skep_fail(w->err, -ENOENT, SKEP_ERR_UNSUPPORTED,
				 "this kernel cannot trace functions: there is no '%s/" LIST "' "
				 "(CONFIG_DYNAMIC_FTRACE).",
				 skep_tracefs_path(tracefs));
	if (fd < 0)
		return skep_fail(w->err, -errno, SKEP_ERR_SYSCALL, "open '%s/" LIST "'",
				 skep_tracefs_path(tracefs));
	*ret_fd = fd;
	return 0;
}

static int run(struct walk *w)
{
	const char *path = w->opts.path ? w->opts.path : LIST;
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_close_ int fd = -1;
	int r = open_list(w, &fd);

	if (r < 0)
		return r;
	f = fdopen(fd, "r");
	if (!f)
		return skep_fail(w->err, -errno, SKEP_ERR_SYSCALL, "read '%s'", path);
	take_fd(&fd); /* the stream's now */
	return stream(w, f, path);
}

int skep_symbol_walk(const char *const *patterns, size_t count, const struct skep_symbol_opts *opts,
		     skep_symbol_fn fn, void *userdata, struct skep_error *err)
{
	struct walk w = { .fn = fn, .userdata = userdata, .err = err };
	int r = walk_init(&w, patterns, count, opts);

	if (r == 0)
		r = run(&w);
	walk_fini(&w);
	return r;
}

struct found {
	char *buf;
	size_t size;
	int result;
};

static int copy_name(const struct skep_symbol *symbol, void *userdata)
{
	struct found *f = userdata;
	size_t len = strlen(symbol->name);

	if (len >= f->size) {
		f->result = -ENOSPC;
		return 1;
	}
	memcpy(f->buf, symbol->name, len + 1);
	f->result = (int)len;
	return 1;
}

int skep_symbol_find(const char *pattern, const struct skep_symbol_opts *opts, char *buf,
		     size_t size, struct skep_error *err)
{
	struct skep_symbol_opts o;
	struct found found = { buf, size, 0 };
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of symbols");
	o.sz = sizeof(o);
	o.flags |= SKEP_SYMBOL_FIRST;
	r = skep_symbol_walk(&pattern, 1, &o, copy_name, &found, err);
	if (r < 0)
		return r;
	if (found.result < 0)
		return skep_fail(err, found.result, SKEP_ERR_NO_SPACE,
				 "name of the function for '%s'", pattern);
	return found.result;
}

size_t skep_symbol_stem(const char *name)
{
	return sys_symbol_part_stem(name, strlen(name));
}
