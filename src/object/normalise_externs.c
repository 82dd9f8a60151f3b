/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Symbols that are defined nowhere: constants, what the kernel is to provide, helpers called by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kabi.h>

#include "base/cleanup.h"
#include "object/normalise.h"
#include "object/object.h"

#define KERNEL_VERSION "LINUX_KERNEL_VERSION"
#define HELPER_PREFIX "bpf_"

static int is_undefined(const Elf64_Sym *s)
{
	return s->st_shndx == SHN_UNDEF && ELF64_ST_BIND(s->st_info) != STB_LOCAL &&
	       ELF64_ST_TYPE(s->st_info) == STT_NOTYPE;
}

/* libbpf passes over undefined symbols of objects. */
static void hide(Elf64_Sym *s)
{
	s->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
}

/* Is a type in one of the sections of the BTF? */
static int is_placed(const struct btf *btf, uint32_t type)
{
	const struct btf_type *t;
	uint32_t id, i;

	for (id = 1; id < btf__type_cnt(btf); id++) {
		t = btf__type_by_id(btf, id);
		for (i = 0; btf_is_datasec(t) && i < btf_vlen(t); i++)
			if (btf_var_secinfos(t)[i].type == type)
				return 1;
	}
	return 0;
}

/* A function that is declared in no section (.ksyms): neither the object nor the kernel provides it. Return: its type; 0. */
static uint32_t loose_function(const struct skep_object *o, const char *name)
{
	uint32_t id, count = o->btf ? btf__type_cnt(o->btf) : 1;
	const struct btf_type *t;

	for (id = 1; id < count; id++) {
		t = btf__type_by_id(o->btf, id);
		if (btf_is_func(t) && btf_vlen(t) == BTF_FUNC_EXTERN &&
		    !strcmp(btf__name_by_offset(o->btf, t->name_off), name) &&
		    !is_placed(o->btf, id))
			return id;
	}
	return 0;
}

/* Does the BTF say that the kernel provides it? */
static int is_declared(const struct skep_object *o, const char *name)
{
	uint32_t id, count = o->btf ? btf__type_cnt(o->btf) : 1;
	const struct btf_type *t;

	for (id = 1; id < count; id++) {
		t = btf__type_by_id(o->btf, id);
		if (!(btf_is_var(t) && btf_var(t)->linkage == BTF_VAR_GLOBAL_EXTERN) &&
		    !(btf_is_func(t) && btf_vlen(t) == BTF_FUNC_EXTERN))
			continue;
		if (!strcmp(btf__name_by_offset(o->btf, t->name_off), name))
			return !btf_is_func(t) || is_placed(o->btf, id);
	}
	return 0;
}

/* extern unsigned LINUX_KERNEL_VERSION __kconfig, for libbpf to fill in. */
static int declare_version(struct skep_object *o)
{
	int type, var;

	if (is_declared(o, KERNEL_VERSION))
		return 0;
	if (object_need_btf(o) < 0)
		return -ENOMEM;
	type = btf__add_int(o->btf, "unsigned int", 4, 0);
	var = type < 0 ? type : btf__add_var(o->btf, KERNEL_VERSION, BTF_VAR_GLOBAL_EXTERN, type);
	if (var < 0 || btf__add_datasec(o->btf, ".kconfig", 4) < 0 ||
	    btf__add_datasec_var_info(o->btf, var, 0, 4) < 0)
		return -ENOMEM;
	o->btf_is_ahead = 1;
	return object_changed(o, SKEP_OBJECT_CHANGE_KCONFIG, KERNEL_VERSION,
			      "it got the BTF of what the kernel's configuration provides");
}

static const struct object_function *enclosing(const struct skep_object *o, uint32_t section,
					       uint64_t at, struct object_function *f)
{
	const Elf64_Sym *s = object_symbols(o->elf);
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++)
		if (s[i].st_shndx == section && ELF64_ST_TYPE(s[i].st_info) == STT_FUNC &&
		    at >= s[i].st_value && at - s[i].st_value < s[i].st_size) {
			*f = (struct object_function){ .symbol = i, .at = s[i].st_value };
			return f;
		}
	return NULL;
}

static int add_constant(struct skep_object *o, uint32_t section, uint64_t at, const char *name)
{
	struct object_constant *c = OBJECT_ADD(o->constants, o->constant_count);
	struct object_function f = { .at = 0 };
	struct bpf_insn *insn = (struct bpf_insn *)(void *)(o->elf->sections[section].data + at);

	if (!c)
		return -ENOMEM;
	c->name = strdup(name);
	c->function =
		strdup(enclosing(o, section, at, &f) ? object_symbol_name(o->elf, f.symbol) : "");
	if (!c->name || !c->function)
		return -ENOMEM;
	c->section = section;
	c->at = at;
	c->spec = (struct skep_object_constant){
		.name = c->name,
		.function = c->function,
		.insn = *c->function ? (at - f.at) / OBJECT_INSN_BYTES : at / OBJECT_INSN_BYTES,
	};
	insn[0].imm = 0;
	insn[1].imm = 0;
	return object_changed(o, SKEP_OBJECT_CHANGE_CONSTANT, name,
			      "it is a constant, 0 until it is set, at instruction %llu of '%s'",
			      (unsigned long long)c->spec.insn, c->function);
}

static int resolve_helper(struct skep_object *o, struct bpf_insn *insn, const char *name,
			  uint32_t number)
{
	insn->src_reg = 0;
	insn->imm = (int32_t)number;
	return object_changed(o, SKEP_OBJECT_CHANGE_HELPER_CALL, name,
			      "it is called by its number, %u", number);
}

/* Who reaches the call is refused when it is loaded: see object_undefined_called(). */
static int note_undefined(struct skep_object *o, struct bpf_insn *insn, const char *name)
{
	struct object_undefined *u;
	size_t i;

	for (i = 0; i < o->undefined_count; i++)
		if (!strcmp(o->undefined[i].name, name))
			break;
	if (i == o->undefined_count) {
		u = OBJECT_ADD(o->undefined, o->undefined_count);
		if (!u)
			return -ENOMEM;
		u->name = strdup(name);
		if (!u->name) {
			o->undefined_count--;
			return -ENOMEM;
		}
	}
	insn->src_reg = 0;
	insn->imm = (int32_t)(OBJECT_UNDEFINED_CALL + (int64_t)i);
	return 1;
}

/* Return: 1 the relocation goes; 0 it stays; an error. */
static int resolve(struct skep_object *o, uint32_t section, const Elf64_Rel *rel,
		   struct skep_error *err)
{
	struct object_section *s = &o->elf->sections[section];
	const uint32_t symbol = (uint32_t)ELF64_R_SYM(rel->r_info);
	const char *name = object_symbol_name(o->elf, symbol);
	struct bpf_insn *insn = (struct bpf_insn *)(void *)(s->data + rel->r_offset);
	uint32_t helper;
	int r;

	if (!is_undefined(&object_symbols(o->elf)[symbol]) || is_declared(o, name))
		return 0;
	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && !insn->src_reg &&
	    !loose_function(o, name) &&
	    rel->r_offset + 2 * OBJECT_INSN_BYTES <= s->header.sh_size) {
		if (!strcmp(name, KERNEL_VERSION)) {
			r = declare_version(o);
			return r < 0 ? object_no_memory(err) : 0;
		}
		r = add_constant(o, section, rel->r_offset, name);
		return r < 0 ? object_no_memory(err) : 1;
	}
	if (insn->code != (BPF_JMP | BPF_CALL))
		return object_fail(
			err, "section '%.64s': what refers to '%.64s' is no load and no call.",
			object_section_name(o->elf, section), name);
	if (!strncmp(name, HELPER_PREFIX, strlen(HELPER_PREFIX)) &&
	    skep_kabi_from_name(SKEP_KABI_HELPER, name + strlen(HELPER_PREFIX), &helper) == 0) {
		r = resolve_helper(o, insn, name, helper);
		return r < 0 ? object_no_memory(err) : 1;
	}
	if (loose_function(o, name))
		return note_undefined(o, insn, name) < 0 ? object_no_memory(err) : 1;
	return object_fail(
		err,
		"section '%.64s' calls '%.64s', which is defined nowhere: no function of the "
		"object, no helper, and not declared as a function of the kernel (__ksym).",
		object_section_name(o->elf, section), name);
}

static int resolve_section(struct skep_object *o, uint32_t section, struct skep_error *err)
{
	size_t count, k, kept = 0;
	uint32_t rel_section;
	Elf64_Rel *rel = object_relocations(o->elf, section, &count, &rel_section);
	int r = 0;

	for (k = 0; k < count; k++) {
		r = resolve(o, section, &rel[k], err);
		if (r < 0)
			return r;
		if (r == 0)
			rel[kept++] = rel[k];
	}
	if (count)
		o->elf->sections[rel_section].header.sh_size = kept * sizeof(*rel);
	return 0;
}

/* After that every undefined symbol is declared, or is hidden. */
static int hide_unused(struct skep_object *o)
{
	Elf64_Sym *s = object_symbols(o->elf);
	const char *name;
	uint32_t i;
	size_t k;

	for (i = 1; i < o->elf->symbol_count; i++) {
		name = object_symbol_name(o->elf, i);
		if (!is_undefined(&s[i]) || is_declared(o, name))
			continue;
		hide(&s[i]);
		for (k = 0; k < o->constant_count; k++)
			if (!strcmp(o->constants[k].name, name))
				break;
		if (k < o->constant_count)
			continue;
		if (object_changed(o, SKEP_OBJECT_CHANGE_UNUSED_EXTERN, name,
				   loose_function(o, name)
					   ? "what calls it is refused, and it no longer counts "
					     "as one of the kernel"
					   : "the symbol no longer counts as one of the kernel") <
		    0)
			return -ENOMEM;
	}
	return 0;
}

static int is_undefined_call(const struct skep_object *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->undefined_count; i++)
		if (!strcmp(o->undefined[i].name, name))
			return 1;
	return 0;
}

/* The types that are in sections of the BTF. */
static void mark_placed(const struct btf *btf, unsigned char *placed)
{
	const uint32_t count = btf__type_cnt(btf);
	const struct btf_type *t;
	uint32_t id, i;

	for (id = 1; id < count; id++) {
		t = btf__type_by_id(btf, id);
		for (i = 0; btf_is_datasec(t) && i < btf_vlen(t); i++)
			if (btf_var_secinfos(t)[i].type < count)
				placed[btf_var_secinfos(t)[i].type] = 1;
	}
}

/* The kernel refuses BTF with functions of others: what is declared and nowhere defined is a name and nothing more. */
static int retire_undefined(struct skep_object *o)
{
	_cleanup_free_ unsigned char *placed = NULL;
	struct btf_type *t;
	uint32_t id;

	if (!o->undefined_count)
		return 0;
	placed = calloc(btf__type_cnt(o->btf), 1);
	if (!placed || object_change_btf(o) < 0)
		return -ENOMEM;
	mark_placed(o->btf, placed);
	for (id = 1; id < btf__type_cnt(o->btf); id++) {
		t = (struct btf_type *)btf__type_by_id(o->btf, id);
		if (!btf_is_func(t) || btf_vlen(t) != BTF_FUNC_EXTERN || placed[id] ||
		    !is_undefined_call(o, btf__name_by_offset(o->btf, t->name_off)))
			continue;
		t->info = (uint32_t)BTF_KIND_FWD << 24;
		t->type = 0;
	}
	return 0;
}

int object_normalise_externs(struct skep_object *o, struct skep_error *err)
{
	uint32_t i;
	int r;

	for (i = 1; i < o->elf->section_count; i++) {
		if (!object_section_is_code(o->elf, i))
			continue;
		r = resolve_section(o, i, err);
		if (r < 0)
			return r;
	}
	r = hide_unused(o);
	if (r == 0)
		r = retire_undefined(o);
	return r < 0 ? object_no_memory(err) : 0;
}
