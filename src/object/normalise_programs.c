/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Symbols of functions: typed, sized, global where a program begins. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "object/normalise.h"
#include "object/object.h"

#define TEXT ".text"
#define NAME_SIZE 64

static int is_function(const Elf64_Sym *s, uint32_t section)
{
	return s->st_shndx == section && ELF64_ST_TYPE(s->st_info) == STT_FUNC;
}

/* A label inside of a function has no type either, but is local. */
static int is_untyped_function(const struct skep_object *o, uint32_t symbol, uint32_t section)
{
	const Elf64_Sym *s = &object_symbols(o->elf)[symbol];

	return s->st_shndx == section && ELF64_ST_TYPE(s->st_info) == STT_NOTYPE &&
	       ELF64_ST_BIND(s->st_info) != STB_LOCAL && *object_symbol_name(o->elf, symbol);
}

static void set_info(Elf64_Sym *s, unsigned char bind)
{
	s->st_info = ELF64_ST_INFO(bind, STT_FUNC);
}

static int type_functions(struct skep_object *o, uint32_t section)
{
	Elf64_Sym *symbols = object_symbols(o->elf);
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++) {
		if (!is_untyped_function(o, i, section))
			continue;
		set_info(&symbols[i], ELF64_ST_BIND(symbols[i].st_info));
		if (object_changed(o, SKEP_OBJECT_CHANGE_UNTYPED_PROGRAM,
				   object_symbol_name(o->elf, i),
				   "the symbol in section %s became that of a function",
				   object_section_name(o->elf, section)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* "classifier/from-host" becomes from_host. */
static void name_of_section(const char *section, char name[NAME_SIZE])
{
	const char *slash = strrchr(section, '/');
	char *c;

	snprintf(name, NAME_SIZE, "%s", slash && slash[1] ? slash + 1 : section);
	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	if (!*name || isdigit((unsigned char)*name))
		snprintf(name, NAME_SIZE, "program");
}

/* A section in which no symbol is a function: what begins at its start is one. */
static int name_program(struct skep_object *o, uint32_t section)
{
	Elf64_Sym *symbols = object_symbols(o->elf), added = { 0 };
	char name[NAME_SIZE];
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++)
		if (is_function(&symbols[i], section))
			return 0;
	for (i = 1; i < o->elf->symbol_count; i++)
		if (symbols[i].st_shndx == section && !symbols[i].st_value &&
		    ELF64_ST_TYPE(symbols[i].st_info) == STT_NOTYPE &&
		    *object_symbol_name(o->elf, i)) {
			set_info(&symbols[i], STB_GLOBAL);
			return object_changed(o, SKEP_OBJECT_CHANGE_UNTYPED_PROGRAM,
					      object_symbol_name(o->elf, i),
					      "the local symbol at the start of section %s became "
					      "that of a global function",
					      object_section_name(o->elf, section));
		}
	name_of_section(object_section_name(o->elf, section), name);
	set_info(&added, STB_GLOBAL);
	added.st_shndx = (uint16_t)section;
	added.st_size = o->elf->sections[section].header.sh_size;
	if (object_symbol_add(o->elf, name, &added, NULL) < 0)
		return -ENOMEM;
	return object_changed(o, SKEP_OBJECT_CHANGE_UNNAMED_PROGRAM, name,
			      "a symbol for all of section %s was added",
			      object_section_name(o->elf, section));
}

/* Where the next function begins, or the section ends. */
static uint64_t function_end(const struct skep_object *o, uint32_t section, uint64_t start)
{
	const Elf64_Sym *symbols = object_symbols(o->elf);
	uint64_t end = o->elf->sections[section].header.sh_size;
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++)
		if (is_function(&symbols[i], section) && symbols[i].st_value > start &&
		    symbols[i].st_value < end)
			end = symbols[i].st_value;
	return end;
}

static int size_functions(struct skep_object *o, uint32_t section)
{
	Elf64_Sym *symbols = object_symbols(o->elf);
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++) {
		if (!is_function(&symbols[i], section) || symbols[i].st_size)
			continue;
		symbols[i].st_size =
			function_end(o, section, symbols[i].st_value) - symbols[i].st_value;
		if (object_changed(o, SKEP_OBJECT_CHANGE_UNTYPED_PROGRAM,
				   object_symbol_name(o->elf, i),
				   "its symbol got the size %llu, up to what follows in section %s",
				   (unsigned long long)symbols[i].st_size,
				   object_section_name(o->elf, section)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int make_global(struct skep_object *o, uint32_t section)
{
	Elf64_Sym *symbols = object_symbols(o->elf);
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++) {
		if (!is_function(&symbols[i], section) ||
		    ELF64_ST_BIND(symbols[i].st_info) != STB_LOCAL)
			continue;
		set_info(&symbols[i], STB_GLOBAL);
		if (object_changed(o, SKEP_OBJECT_CHANGE_STATIC_PROGRAM,
				   object_symbol_name(o->elf, i),
				   "the static function in section %s became global",
				   object_section_name(o->elf, section)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int check_functions(const struct skep_object *o, uint32_t section, struct skep_error *err)
{
	const Elf64_Sym *symbols = object_symbols(o->elf);
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++) {
		if (!is_function(&symbols[i], section))
			continue;
		if (symbols[i].st_value % OBJECT_INSN_BYTES ||
		    symbols[i].st_size % OBJECT_INSN_BYTES)
			return object_fail(
				err, "function '%.64s' does not begin or end between instructions.",
				object_symbol_name(o->elf, i));
		if (!symbols[i].st_size)
			return object_fail(err, "function '%.64s' has no instructions.",
					   object_symbol_name(o->elf, i));
		if (!*object_symbol_name(o->elf, i))
			return object_fail(err, "a function in section '%.64s' has no name.",
					   object_section_name(o->elf, section));
	}
	return 0;
}

int object_normalise_programs(struct skep_object *o, struct skep_error *err)
{
	int r = 0, is_text;
	uint32_t i;

	for (i = 1; i < o->elf->section_count && r == 0; i++) {
		if (!object_section_is_code(o->elf, i) || !o->elf->sections[i].header.sh_size)
			continue;
		is_text = !strcmp(object_section_name(o->elf, i), TEXT);
		r = type_functions(o, i);
		if (r == 0 && !is_text)
			r = name_program(o, i);
		if (r == 0)
			r = size_functions(o, i);
		if (r == 0 && !is_text)
			r = make_global(o, i);
		if (r < 0)
			return object_no_memory(err);
		r = check_functions(o, i, err);
	}
	return r;
}
