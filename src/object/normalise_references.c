/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* References to static maps: compilers write them as section and offset. */
#include <errno.h>
#include <string.h>

#include "object/normalise.h"
#include "object/object.h"

static int is_map_section(const char *name)
{
	return !strcmp(name, ".maps") || !strcmp(name, "maps") || !strncmp(name, "maps/", 5);
}

/* The symbol of a map that begins somewhere. Return: 0: there is none. */
static uint32_t symbol_at(const struct object_elf *elf, uint32_t section, uint64_t at)
{
	const Elf64_Sym *symbols = object_symbols(elf);
	uint32_t i;

	for (i = 1; i < elf->symbol_count; i++)
		if (symbols[i].st_shndx == section && symbols[i].st_value == at &&
		    ELF64_ST_TYPE(symbols[i].st_info) != STT_SECTION)
			return i;
	return 0;
}

static int retarget(struct skep_object *o, uint32_t section, Elf64_Rel *rel, struct skep_error *err)
{
	struct object_elf *elf = o->elf;
	const Elf64_Sym *s = &object_symbols(elf)[ELF64_R_SYM(rel->r_info)];
	struct bpf_insn *insn;
	uint32_t symbol;

	if (ELF64_ST_TYPE(s->st_info) != STT_SECTION || !s->st_shndx ||
	    s->st_shndx >= elf->section_count ||
	    !is_map_section(object_section_name(elf, s->st_shndx)))
		return 0;
	insn = (struct bpf_insn *)(void *)(elf->sections[section].data + rel->r_offset);
	symbol = symbol_at(elf, s->st_shndx, s->st_value + (uint32_t)insn->imm);
	if (!symbol)
		return object_fail(err,
				   "section '%.64s': an instruction refers to byte %u of section "
				   "'%.64s', where no map begins.",
				   object_section_name(elf, section), insn->imm,
				   object_section_name(elf, s->st_shndx));
	insn->imm = 0;
	rel->r_info = ELF64_R_INFO(symbol, ELF64_R_TYPE(rel->r_info));
	return object_changed(o, SKEP_OBJECT_CHANGE_STATIC_REFERENCE,
			      object_symbol_name(elf, symbol),
			      "a reference in section %s names it now",
			      object_section_name(elf, section)) < 0
		       ? object_no_memory(err)
		       : 0;
}

int object_normalise_references(struct skep_object *o, struct skep_error *err)
{
	Elf64_Rel *rel;
	size_t count, k;
	uint32_t i;
	int r = 0;

	for (i = 1; i < o->elf->section_count; i++) {
		if (!object_section_is_code(o->elf, i))
			continue;
		rel = object_relocations(o->elf, i, &count, NULL);
		for (k = 0; k < count && r == 0; k++)
			r = retarget(o, i, &rel[k], err);
		if (r < 0)
			return r;
	}
	return 0;
}
