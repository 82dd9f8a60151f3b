/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/function_copy.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/ext.h"
#include "object/object.h"

#define NAME_MAX_BYTES 127u /* of a function in the kernel's BTF, before 6.1 */

/* A section as it was. */
struct saved {
	uint32_t section;
	unsigned char *data;
	uint64_t size;
};

/* All that copies change, and that has to be as it was if one cannot be made. Types in the BTF that nobody uses may stay. */
struct backup {
	struct saved saved[5];
	size_t saved_count;
	size_t function_count, constant_count;
	uint32_t symbol_count;
};

static int save(struct backup *b, const struct object_elf *elf, uint32_t section)
{
	const struct object_section *s = &elf->sections[section];
	struct saved *saved = &b->saved[b->saved_count];

	if (!section)
		return 0;
	*saved = (struct saved){ .section = section, .size = s->header.sh_size };
	saved->data = malloc(saved->size ? saved->size : 1);
	if (!saved->data)
		return -ENOMEM;
	memcpy(saved->data, s->data, saved->size);
	b->saved_count++;
	return 0;
}

static int save_all(struct backup *b, const struct skep_object *o, uint32_t section)
{
	const uint32_t ext = object_section_find(o->elf, ".BTF.ext");
	uint32_t rel = 0;
	size_t count;

	object_relocations(o->elf, section, &count, &rel);
	b->function_count = o->function_count;
	b->constant_count = o->constant_count;
	b->symbol_count = o->elf->symbol_count;
	return save(b, o->elf, section) < 0 || save(b, o->elf, rel) < 0 ||
			       save(b, o->elf, o->elf->symtab) < 0 ||
			       save(b, o->elf, o->elf->strtab) < 0 ||
			       (o->elf->sections[ext].data && save(b, o->elf, ext) < 0)
		       ? -ENOMEM
		       : 0;
}

static void put_back(struct backup *b, struct skep_object *o)
{
	struct object_section *s;
	size_t i;

	for (i = 0; i < b->saved_count; i++) {
		s = &o->elf->sections[b->saved[i].section];
		free(s->data);
		s->data = take_ptr(b->saved[i].data);
		s->header.sh_size = b->saved[i].size;
	}
	o->elf->symbol_count = b->symbol_count;
	while (o->function_count > b->function_count)
		free(o->functions[--o->function_count].name);
	while (o->constant_count > b->constant_count) {
		free(o->constants[--o->constant_count].name);
		free(o->constants[o->constant_count].function);
	}
}

static void backup_fini(struct backup *b)
{
	while (b->saved_count)
		free(b->saved[--b->saved_count].data);
}

/* Room at the end of a section. Return: 0; -ENOMEM. */
static int grow(struct object_section *s, size_t size)
{
	unsigned char *grown = realloc(s->data, s->header.sh_size + size);

	if (!grown)
		return -ENOMEM;
	s->data = grown;
	s->header.sh_size += size;
	return 0;
}

static int is_in(const struct object_function *f, uint64_t at)
{
	return at >= f->at && at - f->at < f->size;
}

static int copy_code(struct skep_object *o, const struct object_function *from, uint64_t to)
{
	struct object_section *s = &o->elf->sections[from->section];

	if (grow(s, from->size) < 0)
		return -ENOMEM;
	memcpy(s->data + to, s->data + from->at, from->size);
	return 0;
}

static int copy_relocations(struct skep_object *o, const struct object_function *from, uint64_t to)
{
	uint32_t section = 0;
	size_t count, k, n = 0;
	Elf64_Rel *rel = object_relocations(o->elf, from->section, &count, &section);

	for (k = 0; k < count; k++)
		n += (size_t)is_in(from, rel[k].r_offset);
	if (!n)
		return 0;
	if (grow(&o->elf->sections[section], n * sizeof(*rel)) < 0)
		return -ENOMEM;
	rel = (Elf64_Rel *)(void *)o->elf->sections[section].data;
	for (k = 0, n = count; k < count; k++)
		if (is_in(from, rel[k].r_offset)) {
			rel[n] = rel[k];
			rel[n++].r_offset += to - from->at;
		}
	return 0;
}

/* Calls inside of the section that need no relocation count from where they stand. */
static void keep_calls(const struct skep_object *o, const struct object_function *from, uint64_t to)
{
	struct bpf_insn *insn = (struct bpf_insn *)(void *)o->elf->sections[from->section].data;
	const int64_t first = (int64_t)(from->at / OBJECT_INSN_BYTES),
		      count = (int64_t)(from->size / OBJECT_INSN_BYTES),
		      by = (int64_t)(to / OBJECT_INSN_BYTES) - first;
	int64_t i, target;

	for (i = first; i < first + count; i++) {
		if (!object_is_call(&insn[i]) ||
		    object_relocated(o, from->section, (uint64_t)i * OBJECT_INSN_BYTES))
			continue;
		target = i + insn[i].imm + 1;
		if (target < first || target >= first + count)
			insn[i + by].imm = (int32_t)(insn[i].imm - by);
	}
}

/* A function is visible to others of the object only, unless its original is to all. */
static int copy_symbol(struct skep_object *o, const struct object_function *from, uint64_t to,
		       const char *name, uint32_t *ret_symbol)
{
	Elf64_Sym s = object_symbols(o->elf)[from->symbol];

	/* local symbols have to come first, where there is no room */
	if (ELF64_ST_BIND(s.st_info) == STB_LOCAL)
		s.st_other = STV_HIDDEN;
	s.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
	s.st_value = to;
	return object_symbol_add(o->elf, name, &s, ret_symbol);
}

static int copy_constants(struct skep_object *o, const struct object_function *from, uint64_t to,
			  const char *name)
{
	const size_t count = o->constant_count;
	struct object_constant *c;
	size_t k;

	for (k = 0; k < count; k++) {
		if (o->constants[k].section != from->section || !is_in(from, o->constants[k].at))
			continue;
		c = OBJECT_ADD(o->constants, o->constant_count);
		if (!c)
			return -ENOMEM;
		c->section = from->section;
		c->at = o->constants[k].at - from->at + to;
		c->name = strdup(o->constants[k].name);
		c->function = strdup(name);
		if (!c->name || !c->function)
			return -ENOMEM;
		c->spec = o->constants[k].spec;
		c->spec.name = c->name;
		c->spec.function = c->function;
	}
	return 0;
}

/* Tags say what parameters are; that of a slot says where the original belongs. */
static int copy_tags(struct skep_object *o, uint32_t from, uint32_t to)
{
	const uint32_t count = btf__type_cnt(o->btf);
	_cleanup_free_ char *tag = NULL;
	const struct btf_type *t;
	const char *text;
	uint32_t id;

	for (id = 1; id < count; id++) {
		t = btf__type_by_id(o->btf, id);
		if (btf_kind(t) != BTF_KIND_DECL_TAG || t->type != from)
			continue;
		text = btf__name_by_offset(o->btf, t->name_off);
		if (!strncmp(text, OBJECT_TAIL_TAG, strlen(OBJECT_TAIL_TAG)))
			continue;
		free(tag);
		tag = strdup(text); /* the strings move when one is added */
		if (!tag ||
		    btf__add_decl_tag(o->btf, tag, (int)to, btf_decl_tag(t)->component_idx) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The type of a function with another name. Return: 0; -ENOMEM. */
static int copy_type(struct skep_object *o, uint32_t *type, const char *name)
{
	const struct btf_type *t = *type ? btf__type_by_id(o->btf, *type) : NULL;
	int id;

	if (!t || !btf_is_func(t))
		return 0;
	id = btf__add_func(o->btf, name, (enum btf_func_linkage)btf_vlen(t), (int)t->type);
	if (id < 0)
		return -ENOMEM;
	o->btf_is_ahead = 1;
	if (copy_tags(o, *type, (uint32_t)id) < 0)
		return -ENOMEM;
	*type = (uint32_t)id;
	return 0;
}

static int copy_function(struct skep_object *o, struct object_copy *copy, struct skep_error *err)
{
	const struct object_function from = o->functions[copy->from];
	const uint64_t to = o->elf->sections[from.section].header.sh_size;
	struct object_function *f;
	uint32_t type = 0;
	int r = object_ext_function_type(o, from.section, from.at, &type, err);

	if (r < 0)
		return r;
	if (copy_code(o, &from, to) < 0 || copy_relocations(o, &from, to) < 0 ||
	    copy_constants(o, &from, to, copy->name) < 0 || copy_type(o, &type, copy->name) < 0)
		return object_no_memory(err);
	r = object_ext_copy(o, from.section, from.at, from.size, to, type, err);
	if (r < 0)
		return r;
	keep_calls(o, &from, to);
	copy->to = o->function_count;
	f = OBJECT_ADD(o->functions, o->function_count);
	if (!f)
		return object_no_memory(err);
	f->section = from.section;
	f->at = to;
	f->size = from.size;
	f->is_program = from.is_program;
	f->name = strdup(copy->name);
	return f->name && copy_symbol(o, &from, to, copy->name, &f->symbol) == 0
		       ? 0
		       : object_no_memory(err);
}

int object_copy_functions(struct skep_object *o, struct object_copy *copies, size_t count,
			  struct skep_error *err)
{
	_cleanup_(backup_fini) struct backup backup = { .saved_count = 0 };
	size_t i;
	int r = 0;

	if (save_all(&backup, o, o->functions[copies->from].section) < 0)
		return object_no_memory(err);
	for (i = 0; i < count && r == 0; i++)
		r = copy_function(o, &copies[i], err);
	if (r == 0 && object_put_btf(o) < 0)
		r = object_no_memory(err);
	if (r < 0)
		put_back(&backup, o);
	o->public_btf = skep_btf_close(o->public_btf);
	object_point_again(o);
	object_is_edited(o);
	return r;
}

static const struct object_copy *copy_of(const struct skep_object *o,
					 const struct object_function *f,
					 const struct object_copy *copies, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (f == &o->functions[copies[i].from])
			return &copies[i];
	return NULL;
}

/* A reference by name: it names the copy, or the place of the copy in the section. */
static void redirect_by_name(const struct skep_object *o, struct bpf_insn *insn, Elf64_Rel *rel,
			     const struct object_function *to)
{
	const Elf64_Sym *s = &object_symbols(o->elf)[ELF64_R_SYM(rel->r_info)];
	const uint64_t at = to->at - s->st_value;

	if (ELF64_ST_TYPE(s->st_info) != STT_SECTION)
		rel->r_info = ELF64_R_INFO(to->symbol, ELF64_R_TYPE(rel->r_info));
	else
		insn->imm =
			object_is_call(insn) ? (int32_t)(at / OBJECT_INSN_BYTES) - 1 : (int32_t)at;
}

void object_redirect(struct skep_object *o, size_t function, const struct object_copy *copies,
		     size_t count)
{
	const struct object_function *f = &o->functions[function], *called;
	unsigned char *code = o->elf->sections[f->section].data;
	const struct object_copy *copy;
	struct bpf_insn *insn;
	size_t rel_count, k;
	uint64_t at;
	Elf64_Rel *rel = object_relocations(o->elf, f->section, &rel_count, NULL);

	for (k = 0; k < rel_count; k++) {
		if (!is_in(f, rel[k].r_offset))
			continue;
		called = object_called(o, f->section, rel[k].r_offset,
				       &object_symbols(o->elf)[ELF64_R_SYM(rel[k].r_info)]);
		copy = called ? copy_of(o, called, copies, count) : NULL;
		if (copy)
			redirect_by_name(o, (void *)(code + rel[k].r_offset), &rel[k],
					 &o->functions[copy->to]);
	}
	for (at = f->at; at < f->at + f->size; at += OBJECT_INSN_BYTES) {
		insn = (struct bpf_insn *)(void *)(code + at);
		if (!object_is_call(insn) || object_relocated(o, f->section, at))
			continue;
		called = object_called(o, f->section, at, NULL);
		copy = called ? copy_of(o, called, copies, count) : NULL;
		if (copy)
			insn->imm = (int32_t)(((int64_t)o->functions[copy->to].at - (int64_t)at) /
					      (int64_t)OBJECT_INSN_BYTES) -
				    1;
	}
	object_is_edited(o);
}

int object_has_symbol(const struct skep_object *o, const char *name)
{
	const Elf64_Sym *s = object_symbols(o->elf);
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++)
		if (ELF64_ST_TYPE(s[i].st_info) != STT_SECTION &&
		    !strcmp(object_symbol_name(o->elf, i), name))
			return 1;
	return 0;
}

int object_check_name(const struct skep_object *o, const char *name, struct skep_error *err)
{
	const char *c = name;

	while (isalnum((unsigned char)*c) || *c == '_')
		c++;
	if (!*name || *c || isdigit((unsigned char)*name))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%.64s' cannot be the name of a function: letters, digits and "
				 "'_' can, and no digit first.",
				 name);
	if (c - name > (ptrdiff_t)NAME_MAX_BYTES)
		return skep_fail(err, -ENAMETOOLONG, SKEP_ERR_INVALID,
				 "'%.32s...' cannot be the name of a function: it has %zu bytes, "
				 "and the kernel knows %u.",
				 name, (size_t)(c - name), NAME_MAX_BYTES);
	if (object_has_symbol(o, name))
		return skep_fail(err, -EEXIST, SKEP_ERR_INVALID, "%s: there is a '%s' already.",
				 o->name, name);
	return 0;
}
