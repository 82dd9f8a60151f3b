/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/binary.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/error.h>

#include "attach/elf_note.h"
#include "attach/elf_symbol.h"
#include "attach/locate.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "sys/elf.h"
#include "text/pattern.h"

#define ID_MOST 64 /* bytes of a build id */

/* Of the files that a name may mean, those of this processor. */
#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__riscv)
#define MACHINE EM_RISCV
#elif defined(__s390x__)
#define MACHINE EM_S390
#elif defined(__powerpc64__)
#define MACHINE EM_PPC64
#else
#define MACHINE EM_NONE /* any */
#endif

struct skep_binary {
	int fd;
	char *path, *kernel_path; /* owned */
	char fd_path[32];
	struct sys_bytes bytes;
	struct sys_elf elf; /* copied for each use, as it says where words go */
	struct sys_elf_segment *loads;
	size_t load_count;
};

struct skep_binary *skep_binary_close(struct skep_binary *b)
{
	int saved = errno;

	if (b) {
		cleanup_close(&b->fd);
		free(b->path);
		free(b->kernel_path);
		free(b->loads);
		free(b);
	}
	errno = saved;
	return NULL;
}

static int leads_to(const char *path, const struct stat *file)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

/*
 * A path that leads to the file and says so to whoever reads of the probe: the one it was opened by; without the links that
 * are on the way in a container; else that of the fd. Return: to be freed; NULL: out of memory.
 */
static char *find_kernel_path(const struct skep_binary *b, const struct stat *file)
{
	const char *root = strncmp(b->path, "/proc/", 6) ? NULL : strstr(b->path, "/root/");
	char real[PATH_MAX], *inside = NULL;
	ssize_t len;

	if (leads_to(b->path, file))
		return strdup(b->path);
	len = readlink(b->fd_path, real, sizeof(real) - 1);
	real[len < 0 ? 0 : len] = '\0';
	if (*real == '/' && leads_to(real, file))
		return strdup(real);
	if (root && *real == '/' &&
	    asprintf(&inside, "%.*s%s", (int)(root + 5 - b->path), b->path, real) >= 0 &&
	    leads_to(inside, file))
		return inside;
	free(inside);
	return strdup(b->fd_path);
}

/* @fd is taken when it succeeds. */
static int binary_new(int fd, const char *path, struct skep_binary **ret, struct skep_error *err)
{
	_cleanup_(skep_binary_closep) struct skep_binary *b = calloc(1, sizeof(*b));
	struct stat st;
	int r;

	if (!b)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "open '%s'", path);
	b->fd = -EBADF;
	if (fstat(fd, &st) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open '%s'", path);
	b->bytes = (struct sys_bytes){ .fd = fd, .size = (uint64_t)st.st_size };
	if (!sys_bytes_are_elf(&b->bytes))
		return skep_fail(err, -ENOEXEC, SKEP_ERR_INVALID, "'%s' is no ELF.", path);
	r = sys_elf_open(&b->elf, &b->bytes, err);
	if (r == 0)
		r = sys_elf_loads(&b->elf, &b->loads);
	if (r < 0)
		return skep_wrap(err, r, "'%s': ", path);
	b->load_count = (size_t)r;
	b->path = strdup(path);
	snprintf(b->fd_path, sizeof(b->fd_path), "/proc/self/fd/%d", fd);
	b->kernel_path = b->path ? find_kernel_path(b, &st) : NULL;
	if (!b->kernel_path)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "open '%s'", path);
	b->fd = fd;
	*ret = take_ptr(b);
	return 0;
}

static struct sys_elf elf_of(const struct skep_binary *b, struct skep_error *err)
{
	struct sys_elf elf = b->elf;

	elf.bytes = &b->bytes;
	elf.err = err;
	return elf;
}

int skep_binary_build_id(const struct skep_binary *binary, char *buf, size_t size,
			 struct skep_error *err)
{
	const struct sys_elf elf = elf_of(binary, err);
	unsigned char id[ID_MOST];
	int i, len = elf_build_id(&elf, id, sizeof(id));

	if (len <= 0)
		return len;
	if ((size_t)len * 2 >= size)
		return skep_fail(err, -ENOSPC, SKEP_ERR_NO_SPACE, "build id of '%s'", binary->path);
	for (i = 0; i < len; i++)
		snprintf(buf + 2 * (size_t)i, 3, "%02x", id[i]);
	return 2 * len;
}

/* What is looked for, and the first that is it. */
struct search {
	const char *build_id;
	int any_machine; /* it was named by its path */
	int strict;      /* a file that is not it is an error */
	struct skep_binary *found;
	struct skep_error *err;
};

/* Return: 1 it is; 0 it is not; a negative errno. */
static int has_build_id(const struct skep_binary *b, const char *wanted, struct skep_error *err)
{
	char id[2 * ID_MOST + 1];
	int r = skep_binary_build_id(b, id, sizeof(id), err);

	return r < 0 ? r : r > 0 && !strcasecmp(id, wanted);
}

static int consider(int fd, const char *path, void *userdata)
{
	struct search *s = userdata;
	_cleanup_(skep_binary_closep) struct skep_binary *b = NULL;
	int r = binary_new(fd, path, &b, s->strict ? s->err : NULL);

	if (!b)
		return s->strict || r == -ENOMEM ? r : 0;
	r = 1;
	if (!s->any_machine && MACHINE != EM_NONE && b->elf.machine != MACHINE)
		r = 0;
	if (r > 0 && s->build_id)
		r = has_build_id(b, s->build_id, s->strict ? s->err : NULL);
	if (r == 0 && s->strict)
		r = skep_fail(s->err, -ESTALE, SKEP_ERR_NOT_FOUND,
			      "'%s' has another build id than %s.", path, s->build_id);
	if (r > 0) {
		s->found = take_ptr(b);
		return 1;
	}
	b->fd = -EBADF; /* who offered it closes it */
	return r == -ENOMEM || s->strict ? r : 0;
}

static int check_build_id(const char *id, struct skep_error *err)
{
	size_t len = id ? strlen(id) : 2;

	if (len && len % 2 == 0 && len <= 2 * (size_t)ID_MOST &&
	    (!id || strspn(id, "0123456789abcdefABCDEF") == len))
		return 0;
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'%.140s' is no build id.", id);
}

static int search_for(const struct locate *l, const char *name, struct search *s)
{
	if (name && strchr(name, '/')) {
		s->any_machine = s->strict = 1;
		return locate_path(l, name, consider, s, s->err);
	}
	if (name)
		return *name ? locate_name(l, name, consider, s, s->err) : 0;
	if (s->build_id) {
		s->any_machine = 1;
		return locate_mapped(l, consider, s, s->err);
	}
	s->any_machine = s->strict = 1;
	return locate_executable(l, consider, s, s->err);
}

int skep_binary_open(const char *name, const struct skep_binary_opts *opts,
		     struct skep_binary **ret_binary, struct skep_error *err)
{
	struct search s = { .err = err };
	struct skep_binary_opts o;
	struct locate l;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0 || o.flags)
		return skep_fail(err, r < 0 ? r : -EINVAL, SKEP_ERR_INVALID, "options of a file");
	if (!name && !o.pid && !o.build_id)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "which file: it takes a name, a process or a build id.");
	r = check_build_id(o.build_id, err);
	if (r < 0)
		return r;
	s.build_id = o.build_id;
	/* a relative path begins where the caller is, not where the process is */
	r = locate_init(&l, name && *name != '/' && strchr(name, '/') ? 0 : o.pid, err);
	if (r < 0)
		return r;
	r = search_for(&l, name, &s);
	locate_fini(&l);
	if (r == 0)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
				 "there is no program or library '%s'%s%s.", name ? name : "",
				 o.build_id ? " of build id " : "", o.build_id ? o.build_id : "");
	if (r < 0)
		return r;
	*ret_binary = s.found;
	return 0;
}

const char *skep_binary_path(const struct skep_binary *binary)
{
	return binary->path;
}

const char *binary_kernel_path(const struct skep_binary *binary)
{
	return binary->kernel_path;
}

const char *binary_line_path(const struct skep_binary *binary)
{
	return strpbrk(binary->kernel_path, " \t\n") ? binary->fd_path : binary->kernel_path;
}

int skep_binary_fd(const struct skep_binary *binary)
{
	return binary->fd;
}

struct matching {
	struct text_pattern *pattern; /* NULL: all */
	char *version;                /* behind the '@' of an exact name; NULL: any */
	uint64_t flags;
	skep_binary_symbol_fn fn;
	void *userdata;
	int ended; /* the first was told */
};

static int visit_symbol(const struct skep_binary_symbol *symbol, void *userdata)
{
	struct matching *m = userdata;
	int r;

	if (m->version && strcmp(m->version, symbol->version) != 0)
		return 0;
	if (m->pattern && !text_pattern_match(m->pattern, symbol->name))
		return 0;
	r = m->fn(symbol, m->userdata);
	if (r || !(m->flags & SKEP_BINARY_FIRST))
		return r;
	m->ended = 1;
	return 1;
}

/* Splits "memcpy@@GLIBC_2.14"; a '@' in a glob or an expression is of that. */
static int prepare_pattern(struct matching *m, const char *text, struct skep_error *err)
{
	_cleanup_free_ char *copy = NULL;
	char *at;

	if (!text)
		return 0;
	copy = strdup(text);
	if (!copy)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "pattern '%s'", text);
	at = strchr(copy, '@');
	if (at && at != copy && *copy != '/' && !strpbrk(copy, "*?[")) {
		*at = '\0';
		m->version = strdup(at + 1 + strspn(at + 1, "@"));
		if (!m->version)
			return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "pattern '%s'", text);
	}
	return text_pattern_new(copy, &m->pattern, err);
}

int skep_binary_symbols(const struct skep_binary *binary, const char *pattern, uint64_t flags,
			skep_binary_symbol_fn fn, void *userdata, struct skep_error *err)
{
	struct matching m = { .flags = flags, .fn = fn, .userdata = userdata };
	const struct sys_elf elf = elf_of(binary, err);
	int r;

	if (flags & ~(uint64_t)SKEP_BINARY_FIRST)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "flags of symbols");
	r = prepare_pattern(&m, pattern, err);
	if (r == 0)
		r = elf_symbol_walk(&elf, binary->loads, binary->load_count, visit_symbol, &m);
	text_pattern_free(m.pattern);
	free(m.version);
	return m.ended ? 0 : r;
}

struct place {
	uint64_t offset;
	int found;
};

/* The first; but a default version is better than an old one. */
static int take_place(const struct skep_binary_symbol *symbol, void *userdata)
{
	struct place *p = userdata;

	if (!p->found || symbol->is_default)
		p->offset = symbol->offset;
	p->found = 1;
	return symbol->is_default != 0;
}

/* "malloc+0x10": cuts the offset off. Return: 1 there was one; 0 there was none, or it is part of an expression. */
static int split_offset(char *name, uint64_t *ret_offset)
{
	char *plus = *name == '/' ? NULL : strrchr(name, '+'), *end;

	if (!plus || plus == name || plus[1] < '0' || plus[1] > '9')
		return 0;
	errno = 0;
	*ret_offset = strtoull(plus + 1, &end, 0);
	if (errno || *end)
		return 0;
	*plus = '\0';
	return 1;
}

int skep_binary_find(const struct skep_binary *binary, const char *name, uint64_t *ret_offset,
		     struct skep_error *err)
{
	_cleanup_free_ char *text = strdup(name);
	struct place p = { 0 };
	uint64_t ahead = 0;
	int r;

	if (!text)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "find '%.80s'", name);
	split_offset(text, &ahead);
	r = skep_binary_symbols(binary, text, 0, take_place, &p, err);
	if (r < 0)
		return skep_wrap(err, r, "'%s': ", binary->path);
	if (!p.found)
		return skep_fail(err, -ENOENT, SKEP_ERR_NO_SYMBOL, "'%s' has no function '%.80s'.",
				 binary->path, text);
	*ret_offset = p.offset + ahead;
	return 0;
}

int skep_binary_offset(const struct skep_binary *binary, uint64_t address, uint64_t *ret_offset,
		       struct skep_error *err)
{
	if (sys_elf_file_offset(binary->loads, binary->load_count, address, ret_offset))
		return 0;
	return skep_fail(err, -ENOENT, SKEP_ERR_NO_SYMBOL, "'%s' has nothing at address 0x%llx.",
			 binary->path, (unsigned long long)address);
}

struct usdt_match {
	const char *provider, *name;
	skep_binary_usdt_fn fn;
	void *userdata;
};

static int visit_usdt(const struct skep_binary_usdt *usdt, void *userdata)
{
	const struct usdt_match *m = userdata;

	if ((m->provider && strcmp(m->provider, usdt->provider) != 0) ||
	    (m->name && strcmp(m->name, usdt->name) != 0))
		return 0;
	return m->fn(usdt, m->userdata);
}

int skep_binary_usdts(const struct skep_binary *binary, const char *provider, const char *name,
		      skep_binary_usdt_fn fn, void *userdata, struct skep_error *err)
{
	struct usdt_match m = { provider, name, fn, userdata };
	const struct sys_elf elf = elf_of(binary, err);

	return elf_usdt_walk(&elf, binary->loads, binary->load_count, visit_usdt, &m);
}
