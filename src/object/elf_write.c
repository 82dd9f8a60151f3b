/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "object/elf.h"

#define ALIGNMENT 8u /* of whatever is written: no section of BPF needs more */

const char *object_section_name(const struct object_elf *elf, uint32_t section)
{
	return (const char *)elf->sections[elf->shstrtab].data +
	       elf->sections[section].header.sh_name;
}

const char *object_symbol_name(const struct object_elf *elf, uint32_t symbol)
{
	return (const char *)elf->sections[elf->strtab].data + object_symbols(elf)[symbol].st_name;
}

uint32_t object_section_find(const struct object_elf *elf, const char *name)
{
	uint32_t i;

	for (i = 1; i < elf->section_count; i++)
		if (elf->sections[i].header.sh_type != SHT_NULL &&
		    !strcmp(object_section_name(elf, i), name))
			return i;
	return 0;
}

Elf64_Rel *object_relocations(const struct object_elf *elf, uint32_t section, size_t *ret_count,
			      uint32_t *ret_rel_section)
{
	const struct object_section *s;
	uint32_t i;

	for (i = 1; i < elf->section_count; i++) {
		s = &elf->sections[i];
		if (s->header.sh_type != SHT_REL || s->header.sh_info != section)
			continue;
		*ret_count = s->header.sh_size / sizeof(Elf64_Rel);
		if (ret_rel_section)
			*ret_rel_section = i;
		return (Elf64_Rel *)(void *)s->data;
	}
	*ret_count = 0;
	return NULL;
}

int object_section_set(struct object_elf *elf, uint32_t section, const void *data, size_t size)
{
	struct object_section *s = &elf->sections[section];
	unsigned char *copy = calloc(1, size ? size : 1);

	if (!copy)
		return -ENOMEM;
	if (data)
		memcpy(copy, data, size);
	free(s->data);
	s->data = copy;
	s->header.sh_size = size;
	return 0;
}

/* Bytes at the end of a section. Return: 0; -ENOMEM. */
static int append(struct object_section *s, const void *data, size_t size)
{
	unsigned char *grown = realloc(s->data, s->header.sh_size + size);

	if (!grown)
		return -ENOMEM;
	memcpy(grown + s->header.sh_size, data, size);
	s->data = grown;
	s->header.sh_size += size;
	return 0;
}

int object_name_add(struct object_elf *elf, uint32_t table, const char *name, uint32_t *ret_at)
{
	const uint64_t at = elf->sections[table].header.sh_size;

	if (append(&elf->sections[table], name, strlen(name) + 1) < 0)
		return -ENOMEM;
	*ret_at = (uint32_t)at;
	return 0;
}

int object_section_add(struct object_elf *elf, const char *name, uint32_t type, uint64_t flags,
		       const void *data, size_t size, uint32_t *ret_section)
{
	struct object_section *sections;
	const uint32_t index = elf->section_count;

	if (index >= SHN_LORESERVE - 1)
		return -ENOMEM;
	sections = realloc(elf->sections, (index + 1) * sizeof(*sections));
	if (!sections)
		return -ENOMEM;
	elf->sections = sections;
	sections[index] = (struct object_section){
		.header = { .sh_type = type, .sh_flags = flags, .sh_addralign = ALIGNMENT },
	};
	elf->section_count++;
	if (object_name_add(elf, elf->shstrtab, name, &sections[index].header.sh_name) < 0 ||
	    object_section_set(elf, index, data, size) < 0)
		return -ENOMEM;
	*ret_section = index;
	return 0;
}

int object_symbol_add(struct object_elf *elf, const char *name, const Elf64_Sym *symbol,
		      uint32_t *ret_symbol)
{
	Elf64_Sym added = *symbol;

	if (object_name_add(elf, elf->strtab, name, &added.st_name) < 0 ||
	    append(&elf->sections[elf->symtab], &added, sizeof(added)) < 0)
		return -ENOMEM;
	if (ret_symbol)
		*ret_symbol = elf->symbol_count;
	elf->symbol_count++;
	return 0;
}

int object_relocation_set(struct object_elf *elf, uint32_t section, uint64_t at, uint64_t info)
{
	const Elf64_Rel added = { .r_offset = at, .r_info = info };
	_cleanup_free_ char *name = NULL;
	struct object_section *s;
	uint32_t rel_section;
	size_t count, k;
	Elf64_Rel *rel = object_relocations(elf, section, &count, &rel_section);

	for (k = 0; k < count; k++)
		if (rel[k].r_offset == at) {
			rel[k].r_info = info;
			return 0;
		}
	if (rel)
		return append(&elf->sections[rel_section], &added, sizeof(added));
	if (asprintf(&name, ".rel%s", object_section_name(elf, section)) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	if (object_section_add(elf, name, SHT_REL, SHF_INFO_LINK, &added, sizeof(added),
			       &rel_section) < 0)
		return -ENOMEM;
	s = &elf->sections[rel_section];
	s->header.sh_link = elf->symtab;
	s->header.sh_info = section;
	s->header.sh_entsize = sizeof(added);
	return 0;
}

static size_t bytes_in_file(const struct object_section *s)
{
	return s->data && s->header.sh_type != SHT_NOBITS ? s->header.sh_size : 0;
}

static size_t aligned(size_t at)
{
	return (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

unsigned char *object_elf_write(const struct object_elf *elf, size_t *ret_size)
{
	const struct object_section *s;
	Elf64_Ehdr header = elf->header;
	Elf64_Shdr section;
	unsigned char *image;
	size_t at = sizeof(header);
	uint32_t i;

	for (i = 0; i < elf->section_count; i++)
		at = aligned(at) + bytes_in_file(&elf->sections[i]);
	header.e_shoff = aligned(at);
	header.e_shnum = (uint16_t)elf->section_count;
	*ret_size = header.e_shoff + elf->section_count * sizeof(section);
	image = calloc(1, *ret_size);
	if (!image)
		return NULL;
	memcpy(image, &header, sizeof(header));
	for (i = 0, at = sizeof(header); i < elf->section_count; i++) {
		s = &elf->sections[i];
		section = s->header;
		at = aligned(at);
		section.sh_offset = section.sh_type == SHT_NULL ? 0 : at;
		if (bytes_in_file(s))
			memcpy(image + at, s->data, bytes_in_file(s));
		at += bytes_in_file(s);
		memcpy(image + header.e_shoff + i * sizeof(section), &section, sizeof(section));
	}
	return image;
}
