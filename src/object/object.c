/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/object.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <skep/btf.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "object/normalise.h"
#include "sys/btf_check.h"
#include "sys/libbpf_print.h"
#include "text/utf8.h"

#define FILE_MAX_BYTES (1ull << 30)

/* U+0000 to U+001F, U+007F to U+009F: they would steer a terminal. */
static int is_control(const char *c, size_t len)
{
	return len == 1 ? (unsigned char)*c < ' ' || *c == 0x7f
			: len == 2 && (unsigned char)c[0] == 0xc2 && (unsigned char)c[1] < 0xa0;
}

int object_one_line(struct skep_error *err, int code)
{
	const char *end;
	size_t len;
	char *c;

	if (!err)
		return code;
	end = err->msg + strlen(err->msg);
	for (c = err->msg; c < end; c += len) {
		len = text_utf8_len(c, end);
		if (!len || is_control(c, len)) {
			memset(c, '?', len ? len : 1);
			len = len ? len : 1;
		}
	}
	return code;
}

#define EXT_CORE_AT 28u /* the bytes of CO-RE relocations, in the header of .BTF.ext */

/* What .BTF.ext says is about types in .BTF: without them it means nothing, and next to made ones something wrong. */
static int drop_ext(struct skep_object *o, struct skep_error *err)
{
	const uint32_t section = object_section_find(o->elf, ".BTF.ext");
	struct object_section *s = &o->elf->sections[section];
	uint32_t header = 0, core = 0;

	if (!section || !s->data)
		return 0;
	if (s->header.sh_size >= EXT_CORE_AT + sizeof(core)) {
		memcpy(&header, s->data + 4, sizeof(header));
		memcpy(&core, s->data + EXT_CORE_AT, sizeof(core));
	}
	if (header >= EXT_CORE_AT + sizeof(core) && core)
		return object_fail(
			err, "section .BTF.ext has CO-RE relocations, and there is no section "
			     ".BTF with their types (was it stripped?).");
	s->header.sh_type = SHT_STRTAB; /* libbpf passes over such sections */
	return 0;
}

static int read_btf(struct skep_object *o, struct skep_error *err)
{
	const struct object_section *s;
	struct sys_btf_extent extent;
	struct sys_libbpf_print print;
	int r;

	o->btf_section = object_section_find(o->elf, ".BTF");
	o->ext_section = object_section_find(o->elf, ".BTF.ext");
	if (!o->btf_section)
		return drop_ext(o, err);
	s = &o->elf->sections[o->btf_section];
	if (!s->data)
		return object_fail(err, "section .BTF has no bytes.");
	r = sys_btf_check(s->data, s->header.sh_size, NULL, &extent, err);
	if (r < 0) {
		if (err && r == -EINVAL) /* as all that is broken in the file */
			err->kind = SKEP_ERR_INVALID;
		return skep_wrap(err, r, "section .BTF: ");
	}
	sys_libbpf_print_begin(&print);
	o->btf = btf__new(s->data, (uint32_t)s->header.sh_size);
	r = o->btf ? 0 : -errno;
	sys_libbpf_print_end(&print);
	if (r == -ENOMEM)
		return object_no_memory(err);
	return r < 0 ? object_fail(err, "section .BTF: %s.", sys_libbpf_print_reason(&print)) : 0;
}

int object_change_btf(struct skep_object *o)
{
	/* adds nothing of its own, and lets go of what libbpf has written of the types before */
	if (btf__add_str(o->btf, "type") < 0)
		return -ENOMEM;
	o->btf_is_ahead = 1;
	return 0;
}

int object_put_btf(struct skep_object *o)
{
	const void *bytes;
	uint32_t size;
	int r;

	if (!o->btf_is_ahead)
		return 0;
	bytes = btf__raw_data(o->btf, &size);
	if (!bytes)
		return -ENOMEM;
	r = o->btf_section ? object_section_set(o->elf, o->btf_section, bytes, size)
			   : object_section_add(o->elf, ".BTF", SHT_PROGBITS, 0, bytes, size,
						&o->btf_section);
	if (r == 0)
		o->btf_is_ahead = 0;
	return r;
}

static int read_license(struct skep_object *o, struct skep_error *err)
{
	uint32_t section = object_section_find(o->elf, "license");
	const struct object_section *s = &o->elf->sections[section];
	size_t size = section && s->data ? s->header.sh_size : 0;

	o->license = strndup(size ? (const char *)s->data : "", size);
	return o->license ? 0 : object_no_memory(err);
}

/* libbpf shall see what the compiler made, to the byte. @owned: the data, to be taken over; NULL: they are copied. */
static int keep_image(struct skep_object *o, const void *data, size_t size, unsigned char **owned)
{
	o->image = owned ? take_ptr(*owned) : malloc(size);
	if (!o->image)
		return -ENOMEM;
	if (!owned)
		memcpy(o->image, data, size);
	o->image_size = size;
	return 0;
}

static int read_all(struct skep_object *o, const void *data, size_t size, unsigned char **owned,
		    struct skep_error *err)
{
	int r = object_elf_read(data, size, &o->elf, err);

	if (r == 0)
		r = read_btf(o, err);
	if (r == 0)
		r = read_license(o, err);
	if (r == 0)
		r = object_normalise(o, err);
	if (r == 0)
		r = object_read_functions(o, err);
	if (r == 0)
		r = object_read_programs(o, err);
	if (r == 0)
		r = object_read_maps(o, err);
	if (r == 0)
		r = object_read_variables(o, err);
	if (r == 0)
		r = object_read_tail_calls(o, err);
	if (r == 0 && object_put_btf(o) < 0)
		r = object_no_memory(err);
	if (r == 0 && data && !o->change_count && keep_image(o, data, size, owned) < 0)
		r = object_no_memory(err);
	return r;
}

/* Arrays are there from the beginning: a walk over none of an array begins somewhere. */
static int make_arrays(struct skep_object *o)
{
	o->changes = calloc(1, sizeof(*o->changes));
	o->functions = calloc(1, sizeof(*o->functions));
	o->programs = calloc(1, sizeof(*o->programs));
	o->maps = calloc(1, sizeof(*o->maps));
	o->variables = calloc(1, sizeof(*o->variables));
	o->constants = calloc(1, sizeof(*o->constants));
	o->tail_calls = calloc(1, sizeof(*o->tail_calls));
	o->undefined = calloc(1, sizeof(*o->undefined));
	return o->changes && o->functions && o->programs && o->maps && o->variables &&
			       o->constants && o->tail_calls && o->undefined
		       ? 0
		       : -ENOMEM;
}

static int open_data(const void *data, size_t size, unsigned char **owned,
		     const struct skep_object_opts *opts, struct skep_object **ret_object,
		     struct skep_error *err)
{
	_cleanup_(skep_object_closep) struct skep_object *o = NULL;
	struct skep_object_opts given = { .sz = sizeof(given) };
	int r = opts_copy(&given, sizeof(given), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "open an object: options");
	o = calloc(1, sizeof(*o));
	if (!o)
		return object_no_memory(err);
	o->default_prog_type = given.prog_type;
	o->name = strdup(given.name ? given.name : "object");
	if (!o->name || make_arrays(o) < 0)
		return object_no_memory(err);
	r = read_all(o, data, size, owned, err);
	if (r < 0)
		return object_one_line(err, skep_wrap(err, r, "%s: ", o->name));
	*ret_object = take_ptr(o);
	return 0;
}

int skep_object_open_bytes(const void *data, size_t size, const struct skep_object_opts *opts,
			   struct skep_object **ret_object, struct skep_error *err)
{
	return open_data(data, size, NULL, opts, ret_object, err);
}

/* A file, or a pipe that is open already, such as /dev/stdin: it is going to end. */
static int check_kind(int fd, const char *path, struct skep_error *err)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "look at '%s'", path);
	if (S_ISDIR(st.st_mode))
		return skep_fail(err, -EISDIR, SKEP_ERR_INVALID, "open '%s'", path);
	if (!S_ISREG(st.st_mode) && !(S_ISFIFO(st.st_mode) && fs.f_type == PIPEFS_MAGIC))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%s' is no file, but a FIFO, a device or a socket.", path);
	return fcntl(fd, F_SETFL, 0) < 0
		       ? skep_fail(err, -errno, SKEP_ERR_SYSCALL, "look at '%s'", path)
		       : 0;
}

static int read_file(const char *path, unsigned char **ret_data, size_t *ret_size,
		     struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ unsigned char *data = NULL;
	unsigned char *grown;
	size_t size = 0, room = 0;
	ssize_t n = 1;
	int r;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO has no writer, perhaps */
	if (fd < 0)
		return skep_fail(err, -errno,
				 errno == ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "open '%s'", path);
	r = check_kind(fd, path, err);
	if (r < 0)
		return r;
	while (n > 0) { /* a pipe does not tell its size */
		if (size == room) {
			room = room ? room * 2 : 1u << 16;
			grown = room <= FILE_MAX_BYTES ? realloc(data, room) : NULL;
			if (!grown)
				return skep_fail(err, room <= FILE_MAX_BYTES ? -ENOMEM : -EFBIG,
						 SKEP_ERR_NO_MEMORY, "read '%s'", path);
			data = grown;
		}
		do
			n = read(fd, data + size, room - size);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "read '%s'", path);
		size += (size_t)n;
	}
	*ret_data = take_ptr(data);
	*ret_size = size;
	return 0;
}

int skep_object_open_file(const char *path, const struct skep_object_opts *opts,
			  struct skep_object **ret_object, struct skep_error *err)
{
	_cleanup_free_ unsigned char *data = NULL;
	struct skep_object_opts named = { .sz = sizeof(named) };
	const char *slash = strrchr(path, '/');
	size_t size = 0;
	int r = opts_copy(&named, sizeof(named), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "open an object: options");
	r = read_file(path, &data, &size, err);
	if (r < 0)
		return r;
	named.sz = sizeof(named);
	if (!named.name)
		named.name = slash ? slash + 1 : path;
	return open_data(data, size, &data, &named, ret_object, err);
}

static void free_maps(struct skep_object *o)
{
	struct object_element *e, *next;
	struct object_map *m;

	for (m = o->maps; m && m < o->maps + o->map_count; m++) {
		for (e = m->elements; e; e = next) {
			next = e->next;
			free(e->key);
			free(e->value);
			free(e);
		}
		free(m->name);
		free(m->section);
		free(m->pin_path);
	}
	free(o->maps);
}

static void free_programs(struct skep_object *o)
{
	struct object_function *f;
	struct object_program *p;

	for (p = o->programs; p && p < o->programs + o->program_count; p++) {
		free(p->name);
		free(p->section);
		free(p->target);
		free(p->log);
	}
	for (f = o->functions; f && f < o->functions + o->function_count; f++)
		free(f->name);
	free(o->programs);
	free(o->program_slots);
	free(o->functions);
}

struct skep_object *skep_object_close(struct skep_object *o)
{
	int saved = errno;
	size_t i;

	if (!o)
		return NULL;
	for (i = 0; i < o->change_count; i++) {
		free(o->changes[i].where);
		free(o->changes[i].what);
	}
	for (i = 0; i < o->variable_count; i++)
		free(o->variables[i].name);
	for (i = 0; i < o->constant_count; i++) {
		free(o->constants[i].name);
		free(o->constants[i].function);
	}
	for (i = 0; i < o->tail_call_count; i++) {
		free(o->tail_calls[i].map);
		free(o->tail_calls[i].program);
	}
	free_maps(o);
	free_programs(o);
	free(o->changes);
	free(o->variables);
	free(o->constants);
	free(o->tail_calls);
	for (i = 0; i < o->undefined_count; i++)
		free(o->undefined[i].name);
	free(o->undefined);
	skep_btf_close(o->public_btf);
	btf__free(o->btf);
	object_elf_free(o->elf);
	free(o->image);
	free(o->name);
	free(o->license);
	free(o);
	errno = saved;
	return NULL;
}

const char *skep_object_name(const struct skep_object *o)
{
	return o->name;
}

const char *skep_object_license(const struct skep_object *o)
{
	return o->license;
}

const struct skep_btf *skep_object_btf(const struct skep_object *o)
{
	struct skep_object *mutable = (struct skep_object *)o; /* made once, and kept */
	const struct object_section *s = &o->elf->sections[o->btf_section];

	if (!o->public_btf && o->btf_section)
		skep_btf_open_bytes(s->data, s->header.sh_size, NULL, &mutable->public_btf, NULL);
	return o->public_btf;
}

const void *skep_object_image(struct skep_object *o, size_t *ret_size)
{
	if (!o->image && object_put_btf(o) == 0)
		o->image = object_elf_write(o->elf, &o->image_size);
	*ret_size = o->image ? o->image_size : 0;
	return o->image;
}

void object_is_edited(struct skep_object *o)
{
	free(o->image);
	o->image = NULL;
}
