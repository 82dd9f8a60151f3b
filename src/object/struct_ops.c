/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Tables of functions of the kernel: what an author wrote down as a variable, in the form that the kernel registers. The
 * struct of the author may have fewer members than the kernel's, in another order; functions become the fds of programs.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/load.h"
#include "object/loaded.h"

static void free_btf(struct btf **btf)
{
	btf__free(*btf);
}

/* The author's variable, and the kernel's value. */
struct table {
	struct load *l;
	const struct skep_loaded *loaded;
	const struct object_map *m;
	uint32_t section;
	uint64_t at; /* of the variable, in the section */
	const struct btf *own, *kernel;
	const struct btf_type *own_struct, *kernel_struct;
	unsigned char *value;    /* of the map */
	size_t value_size, data; /* of it; where in it the struct is */
};

static int fail_table(const struct table *t, const char *member, const char *why)
{
	return skep_fail(t->l->err, -EINVAL, SKEP_ERR_INVALID, "map '%.64s': %s%s%.64s%s.",
			 t->m->name, why, member ? " '" : "", member ? member : "",
			 member ? "'" : "");
}

static const struct btf_type *struct_of(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_struct(t) ? t : NULL;
}

static const struct btf_member *member_of(const struct btf *btf, const struct btf_type *t,
					  const char *name)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), name))
			return &btf_members(t)[i];
	return NULL;
}

/* The symbol of the variable. Return: NULL: there is none. */
static const Elf64_Sym *symbol_of(const struct object_elf *elf, uint32_t section, const char *name)
{
	const Elf64_Sym *s = object_symbols(elf);
	uint32_t i;

	for (i = 0; i < elf->symbol_count; i++)
		if (s[i].st_shndx == section && !strcmp(object_symbol_name(elf, i), name))
			return &s[i];
	return NULL;
}

/* Where the variable is, and its type. */
static int find_variable(struct table *t)
{
	const struct object_elf *elf = t->l->o->elf;
	const Elf64_Sym *s;
	int id = btf__find_by_name_kind(t->own, t->m->name, BTF_KIND_VAR);

	t->section = object_section_find(elf, t->m->section);
	if (id < 0 || !t->section)
		return fail_table(t, NULL, "there is no such variable");
	t->own_struct = struct_of(t->own, btf__type_by_id(t->own, (uint32_t)id)->type);
	if (!t->own_struct)
		return fail_table(t, NULL, "it is no struct");
	s = symbol_of(elf, t->section, t->m->name);
	if (!s || s->st_value + t->own_struct->size > elf->sections[t->section].header.sh_size)
		return fail_table(t, NULL, "there is no such variable");
	t->at = s->st_value;
	return 0;
}

/* The kernel's struct inside of the value of the map. Return: 0 the kernel itself does not have it: a module may. */
static int find_kernel_struct(struct table *t, uint32_t value_type_id)
{
	const struct btf_type *value = struct_of(t->kernel, value_type_id);
	const struct btf_member *data = value ? member_of(t->kernel, value, "data") : NULL;

	t->kernel_struct = data ? struct_of(t->kernel, data->type) : NULL;
	if (!t->kernel_struct)
		return 0;
	t->data = btf_member_bit_offset(value, (uint32_t)(data - btf_members(value))) / 8;
	return t->data + t->kernel_struct->size <= t->value_size;
}

/* What a relocation of the section of a table refers to. Return: NULL: no function. */
static const struct object_function *function_of(const struct skep_object *o, uint32_t section,
						 const Elf64_Rel *rel)
{
	const Elf64_Sym *s = &object_symbols(o->elf)[ELF64_R_SYM(rel->r_info)];
	uint64_t addend = 0;

	if (ELF64_ST_TYPE(s->st_info) == STT_SECTION)
		memcpy(&addend, o->elf->sections[section].data + rel->r_offset, sizeof(addend));
	return object_function_at(o, s->st_shndx, s->st_value + addend);
}

const char *skep_object_map_program_at(const struct skep_object *o, const char *map, size_t index)
{
	const struct object_map *m = object_map_of(o, map);
	const struct object_function *f;
	const Elf64_Rel *rel;
	const Elf64_Sym *s;
	uint32_t section;
	size_t count = 0;

	if (!m || m->spec.kind != SKEP_OBJECT_MAP_STRUCT_OPS)
		return NULL;
	section = object_section_find(o->elf, m->section);
	s = section ? symbol_of(o->elf, section, m->name) : NULL;
	rel = s ? object_relocations(o->elf, section, &count, NULL) : NULL;
	for (; count; count--, rel++) {
		if (rel->r_offset < s->st_value || rel->r_offset - s->st_value >= s->st_size)
			continue;
		f = function_of(o, section, rel);
		if (f && f->is_program && !index--)
			return f->name;
	}
	return NULL;
}

/* The program whose address stands in the variable. Return: its fd; -1: none. */
static int function_at(const struct table *t, uint64_t at)
{
	const struct skep_object *o = t->l->o;
	size_t count = 0;
	const Elf64_Rel *rel = object_relocations(o->elf, t->section, &count, NULL);
	const struct skep_loaded_program *loaded;
	const struct object_function *f;

	for (; count && rel->r_offset != at; count--)
		rel++;
	if (!count)
		return -1;
	f = function_of(o, t->section, rel);
	loaded = f ? skep_loaded_program_find(t->loaded, f->name) : NULL;
	return loaded ? loaded->fd : -1;
}

static int is_zero(const unsigned char *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	return size == 0;
}

static int is_function(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	t = t && btf_is_ptr(t) ? btf__type_by_id(btf, t->type) : NULL;
	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_func_proto(t);
}

static int put_member(const struct table *t, uint32_t index)
{
	const struct btf_member *own = &btf_members(t->own_struct)[index], *kernel;
	const char *name = btf__name_by_offset(t->own, own->name_off);
	const uint64_t from = t->at + btf_member_bit_offset(t->own_struct, index) / 8;
	const unsigned char *bytes = t->l->o->elf->sections[t->section].data;
	int64_t size = btf__resolve_size(t->own, own->type);
	uint64_t fd;
	size_t to;
	int found;

	if (size < 0 || btf_member_bitfield_size(t->own_struct, index) || !bytes)
		return fail_table(t, name, "it cannot have the member");
	kernel = member_of(t->kernel, t->kernel_struct, name);
	found = is_function(t->own, own->type) ? function_at(t, from) : -1;
	if (!kernel)
		return found < 0 && is_zero(bytes + from, (size_t)size)
			       ? 0
			       : fail_table(t, name, "this kernel has no member");
	to = t->data + btf_member_bit_offset(t->kernel_struct,
					     (uint32_t)(kernel - btf_members(t->kernel_struct))) /
			       8;
	if (btf__resolve_size(t->kernel, kernel->type) != size || to + (size_t)size > t->value_size)
		return fail_table(t, name, "this kernel has another type of the member");
	if (found >= 0) {
		fd = (uint64_t)found;
		memcpy(t->value + to, &fd, sizeof(fd));
	} else if (!is_function(t->own, own->type)) {
		memcpy(t->value + to, bytes + from, (size_t)size);
	}
	return 0;
}

int load_struct_ops(struct load *l, const struct object_map *m, int map_fd,
		    struct skep_loaded *loaded)
{
	_cleanup_(free_btf) struct btf *kernel = btf__load_vmlinux_btf();
	struct table t = { .l = l, .loaded = loaded, .m = m, .own = l->o->btf, .kernel = kernel };
	_cleanup_free_ unsigned char *value = NULL;
	struct skep_map_info info = { 0 };
	int r = skep_sys_map_info(map_fd, &info, sizeof(info));

	if (r < 0)
		return skep_fail(l->err, r, SKEP_ERR_SYSCALL, "look at map '%.64s'", m->name);
	t.value_size = info.value_size;
	if (!kernel || !find_kernel_struct(&t, info.btf_vmlinux_value_type_id))
		return 0;
	r = find_variable(&t);
	if (r < 0)
		return r;
	t.value = value = calloc(1, t.value_size);
	if (!value)
		return object_no_memory(l->err);
	for (uint32_t i = 0; i < btf_vlen(t.own_struct) && r == 0; i++)
		r = put_member(&t, i);
	if (r < 0)
		return r;
	loaded->maps[loaded->map_count - 1].value = take_ptr(value);
	loaded->maps[loaded->map_count - 1].value_size = t.value_size;
	return 0;
}
