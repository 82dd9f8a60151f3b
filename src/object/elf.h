/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_ELF_H
#define OBJECT_ELF_H
/*
 * An ELF of BPF as a model that can be changed: sections with their bytes, symbols, relocations. It is read with every
 * bound checked, and written anew.
 *
 * Indices of sections and symbols never change: sections and symbols are only added, at the end.
 *
 * sys/elf.h is for another job: single entries of an ELF of any class and byte order, of which little is read and nothing
 * kept, since it may take a gigabyte. Here headers are kept as they are, to be written again, and all of the file is checked.
 */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/base.h>

struct skep_error;

struct object_section {
	Elf64_Shdr header;   /* sh_size is that of data; sh_offset is of no meaning */
	unsigned char *data; /* aligned for any type; NULL for SHT_NOBITS and SHT_NULL */
};

struct object_elf {
	Elf64_Ehdr header;
	struct object_section *sections;
	uint32_t section_count;
	uint32_t symtab;   /* section; 0: there are no symbols */
	uint32_t strtab;   /* of their names */
	uint32_t shstrtab; /* of the names of sections; may be the same section */
	uint32_t symbol_count;
};

/*
 * object_elf_read() - check an ELF and take it apart
 * @data: @size bytes of any alignment; copied
 *
 * Afterwards: sections lie inside of the file and do not overlap in sum; names end inside of their tables; symbols lie
 * inside of their sections; relocations name symbols and places that there are; code is made of whole instructions.
 *
 * Return: 0; -EINVAL with the place and the reason; -EOPNOTSUPP another class, byte order or machine; -ENOMEM.
 */
int object_elf_read(const void *data, size_t size, struct object_elf **ret_elf,
		    struct skep_error *err);
struct object_elf *object_elf_free(struct object_elf *elf);

/* The bytes of the model. Return: owned by the caller, free(); NULL: out of memory. */
unsigned char *object_elf_write(const struct object_elf *elf, size_t *ret_size);

/* Names: borrowed until one is added. */
const char *object_section_name(const struct object_elf *elf, uint32_t section);
const char *object_symbol_name(const struct object_elf *elf, uint32_t symbol);

/* Return: the first section of a name; 0: there is none. */
uint32_t object_section_find(const struct object_elf *elf, const char *name);

static inline Elf64_Sym *object_symbols(const struct object_elf *elf)
{
	return elf->symtab ? (Elf64_Sym *)(void *)elf->sections[elf->symtab].data : NULL;
}

static inline int object_section_is_code(const struct object_elf *elf, uint32_t section)
{
	const Elf64_Shdr *h = &elf->sections[section].header;

	return h->sh_type == SHT_PROGBITS && h->sh_flags & SHF_EXECINSTR;
}

/* Relocations of a section: those of the first SHT_REL section for it. Return: NULL: there are none. */
Elf64_Rel *object_relocations(const struct object_elf *elf, uint32_t section, size_t *ret_count,
			      uint32_t *ret_rel_section);

/* What grows: 0; -ENOMEM. @data is copied, NULL: zeros. */
int object_name_add(struct object_elf *elf, uint32_t table, const char *name, uint32_t *ret_at);
int object_section_set(struct object_elf *elf, uint32_t section, const void *data, size_t size);
int object_section_add(struct object_elf *elf, const char *name, uint32_t type, uint64_t flags,
		       const void *data, size_t size, uint32_t *ret_section);
int object_symbol_add(struct object_elf *elf, const char *name, const Elf64_Sym *symbol,
		      uint32_t *ret_symbol);

/* What a place in a section refers to, in the place of what it did. Return: 0; -ENOMEM. */
int object_relocation_set(struct object_elf *elf, uint32_t section, uint64_t at, uint64_t info);

SKEP_DEFINE_CLEANUP(struct object_elf, object_elf_free)

#endif
