/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/elf.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"

#define INSN_BYTES 8u
#define BSS_MAX (1ull << 30) /* libbpf maps it into memory when it opens the object */

struct reader {
	const unsigned char *data;
	size_t size;
	struct object_elf *elf;
	struct skep_error *err;
};

static int broken(const struct reader *r, const char *what)
{
	return skep_fail(r->err, -EINVAL, SKEP_ERR_INVALID, "a broken ELF: %s.", what);
}

static int broken_section(const struct reader *r, uint32_t section, const char *what)
{
	return skep_fail(r->err, -EINVAL, SKEP_ERR_INVALID, "a broken ELF: section %u '%.64s' %s.",
			 section, r->elf->shstrtab ? object_section_name(r->elf, section) : "",
			 what);
}

static int foreign(const struct reader *r, const char *what)
{
	return skep_fail(r->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED, "%s.", what);
}

static int read_ident(const struct reader *r)
{
	const unsigned char *ident = r->data;

	if (r->size < SELFMAG || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return skep_fail(
			r->err, -EINVAL, SKEP_ERR_INVALID,
			"not an ELF: it does not begin with the magic number 7f 45 4c 46.");
	if (r->size < EI_NIDENT)
		return broken(r, "it is cut off in its header");
	if (ident[EI_CLASS] != ELFCLASS64)
		return foreign(r, "an ELF of 32 bits: objects of BPF have 64");
	if (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB)
		return broken(r, "its byte order is neither little nor big endian");
	if (ident[EI_DATA] != (BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB))
		return foreign(
			r, ident[EI_DATA] == ELFDATA2MSB
				   ? "an object for big-endian machines (bpfeb); this one is "
				     "little-endian: compile it with -target bpf or bpfel"
				   : "an object for little-endian machines (bpfel); this one is "
				     "big-endian: compile it with -target bpf or bpfeb");
	if (r->size < sizeof(Elf64_Ehdr))
		return broken(r, "it is cut off in its header");
	return 0;
}

static int read_header(const struct reader *r)
{
	Elf64_Ehdr *h = &r->elf->header;
	int code = read_ident(r);

	if (code < 0)
		return code;
	memcpy(h, r->data, sizeof(*h));
	if (h->e_machine != EM_BPF && h->e_machine != EM_NONE)
		return skep_fail(r->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "an ELF for machine %u: that of BPF is %u.", h->e_machine, EM_BPF);
	if (h->e_type != ET_REL)
		return foreign(r, h->e_type == ET_EXEC || h->e_type == ET_DYN
					  ? "a linked program: objects of BPF are relocatable"
					  : "not a relocatable ELF");
	if (!h->e_shoff || !h->e_shnum)
		return broken(r, "it has no section headers");
	if (h->e_shentsize != sizeof(Elf64_Shdr))
		return broken(r, "its section headers do not have 64 bytes");
	if (h->e_shoff > r->size || (r->size - h->e_shoff) / sizeof(Elf64_Shdr) < h->e_shnum)
		return broken(r, "the section headers lie beyond its end");
	if (!h->e_shstrndx || h->e_shstrndx >= h->e_shnum)
		return broken(r, "no section has the names of sections");
	return 0;
}

/* The bytes of a section. Sections that overlap would let a small file take much memory. */
static int read_bytes(const struct reader *r, uint32_t index, uint64_t *left)
{
	struct object_section *s = &r->elf->sections[index];
	const Elf64_Shdr *h = &s->header;

	if (h->sh_type == SHT_NULL)
		return 0;
	if (h->sh_type == SHT_NOBITS)
		return h->sh_size > BSS_MAX
			       ? broken_section(r, index, "has more than 1 GiB of zeros")
			       : 0;
	if (h->sh_offset > r->size || h->sh_size > r->size - h->sh_offset)
		return broken_section(r, index, "lies beyond its end");
	if (h->sh_size > *left)
		return broken_section(r, index, "overlaps others");
	*left -= h->sh_size;
	if (h->sh_flags & SHF_COMPRESSED && h->sh_flags & SHF_ALLOC)
		return broken_section(r, index, "is compressed");
	s->data = malloc(h->sh_size ? h->sh_size : 1);
	if (!s->data)
		return skep_fail(r->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read an object");
	memcpy(s->data, r->data + h->sh_offset, h->sh_size);
	return 0;
}

static int check_strings(const struct reader *r, uint32_t index)
{
	const struct object_section *s = &r->elf->sections[index];

	if (s->header.sh_type != SHT_STRTAB || !s->data)
		return broken_section(r, index, "is no table of strings");
	if (!s->header.sh_size || s->data[s->header.sh_size - 1] != '\0')
		return broken_section(r, index, "does not end with a NUL");
	return 0;
}

static int read_sections(const struct reader *r)
{
	struct object_elf *elf = r->elf;
	uint64_t left = r->size;
	uint32_t i;
	int code = 0;

	elf->sections = calloc(elf->header.e_shnum, sizeof(*elf->sections));
	if (!elf->sections)
		return skep_fail(r->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read an object");
	elf->section_count = elf->header.e_shnum;
	for (i = 0; i < elf->section_count; i++)
		memcpy(&elf->sections[i].header,
		       r->data + elf->header.e_shoff + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
	for (i = 1; i < elf->section_count && code == 0; i++)
		code = read_bytes(r, i, &left);
	if (code == 0)
		code = check_strings(r, elf->header.e_shstrndx);
	if (code < 0)
		return code;
	elf->shstrtab = elf->header.e_shstrndx;
	for (i = 0; i < elf->section_count; i++)
		if (elf->sections[i].header.sh_name >=
		    elf->sections[elf->shstrtab].header.sh_size) {
			elf->sections[i].header.sh_name = 0;
			return skep_fail(r->err, -EINVAL, SKEP_ERR_INVALID,
					 "a broken ELF: the name of section %u lies beyond the "
					 "names.",
					 i);
		}
	return 0;
}

static int check_symbol(const struct reader *r, uint32_t index, const Elf64_Sym *s)
{
	const struct object_elf *elf = r->elf;
	uint64_t size;

	if (s->st_name >= elf->sections[elf->strtab].header.sh_size)
		return skep_fail(r->err, -EINVAL, SKEP_ERR_INVALID,
				 "a broken ELF: the name of symbol %u lies beyond the names.",
				 index);
	if (s->st_shndx == SHN_UNDEF || s->st_shndx >= SHN_LORESERVE)
		return 0;
	if (s->st_shndx >= elf->section_count)
		return skep_fail(r->err, -EINVAL, SKEP_ERR_INVALID,
				 "a broken ELF: symbol '%.64s' is in section %u, and there are %u.",
				 object_symbol_name(elf, index), s->st_shndx, elf->section_count);
	size = elf->sections[s->st_shndx].header.sh_size;
	if (s->st_value > size || s->st_size > size - s->st_value)
		return skep_fail(r->err, -EINVAL, SKEP_ERR_INVALID,
				 "a broken ELF: symbol '%.64s' lies beyond section '%.64s'.",
				 object_symbol_name(elf, index),
				 object_section_name(elf, s->st_shndx));
	return 0;
}

static int read_symbols(const struct reader *r)
{
	struct object_elf *elf = r->elf;
	const Elf64_Shdr *h;
	const Elf64_Sym *symbols;
	uint32_t i;
	int code;

	for (i = 1; i < elf->section_count; i++) {
		h = &elf->sections[i].header;
		if (h->sh_type == SHT_SYMTAB_SHNDX)
			return broken_section(r, i,
					      "extends indices of sections: there are too many");
		if (h->sh_type != SHT_SYMTAB)
			continue;
		if (elf->symtab)
			return broken_section(r, i, "is a second table of symbols");
		elf->symtab = i;
	}
	if (!elf->symtab)
		return broken(r, "it has no symbols (was it stripped? strip -g keeps them)");
	h = &elf->sections[elf->symtab].header;
	if (h->sh_entsize != sizeof(Elf64_Sym) || h->sh_size % sizeof(Elf64_Sym) ||
	    h->sh_size < sizeof(Elf64_Sym) || h->sh_size / sizeof(Elf64_Sym) > UINT32_MAX / 2)
		return broken_section(r, elf->symtab, "is not made of whole symbols");
	if (!h->sh_link || h->sh_link >= elf->section_count)
		return broken_section(r, elf->symtab, "has no names");
	code = check_strings(r, h->sh_link);
	if (code < 0)
		return code;
	elf->strtab = h->sh_link;
	elf->symbol_count = (uint32_t)(h->sh_size / sizeof(Elf64_Sym));
	symbols = object_symbols(elf);
	for (i = 1; i < elf->symbol_count && code == 0; i++)
		code = check_symbol(r, i, &symbols[i]);
	return code;
}

static int check_relocation(const struct reader *r, uint32_t section, const Elf64_Rel *rel,
			    const Elf64_Shdr *target, int code_section)
{
	const char *what = NULL;

	if (ELF64_R_SYM(rel->r_info) >= r->elf->symbol_count)
		what = "has a relocation that names no symbol";
	else if (rel->r_offset >= target->sh_size)
		what = "has a relocation beyond what it relocates";
	else if (code_section && rel->r_offset % INSN_BYTES)
		what = "has a relocation inside of an instruction";
	return what ? broken_section(r, section, what) : 0;
}

static int check_relocations(const struct reader *r, uint32_t section)
{
	const struct object_elf *elf = r->elf;
	const struct object_section *s = &elf->sections[section];
	const Elf64_Rel *rel = (const Elf64_Rel *)(const void *)s->data;
	const Elf64_Shdr *target;
	size_t i;
	int code = 0, is_code;

	if (!s->header.sh_info || s->header.sh_info >= elf->section_count)
		return broken_section(r, section, "relocates no section");
	target = &elf->sections[s->header.sh_info].header;
	is_code = object_section_is_code(elf, s->header.sh_info);
	if (s->header.sh_type == SHT_RELA)
		return is_code ? broken_section(r, section,
						"has relocations of the wrong form (RELA)")
			       : 0;
	if (s->header.sh_entsize != sizeof(Elf64_Rel) || s->header.sh_size % sizeof(Elf64_Rel))
		return broken_section(r, section, "is not made of whole relocations");
	if (s->header.sh_link != elf->symtab)
		return broken_section(r, section, "has relocations to symbols of another table");
	for (i = 0; i < s->header.sh_size / sizeof(*rel) && code == 0; i++)
		code = check_relocation(r, section, &rel[i], target, is_code);
	return code;
}

static int check_sections(const struct reader *r)
{
	const struct object_elf *elf = r->elf;
	const Elf64_Shdr *h;
	uint32_t i;
	int code = 0;

	for (i = 1; i < elf->section_count && code == 0; i++) {
		h = &elf->sections[i].header;
		if (h->sh_type == SHT_REL || h->sh_type == SHT_RELA)
			code = check_relocations(r, i);
		else if (object_section_is_code(elf, i) && h->sh_size % INSN_BYTES)
			code = broken_section(r, i, "is code, and not made of whole instructions");
	}
	return code;
}

int object_elf_read(const void *data, size_t size, struct object_elf **ret_elf,
		    struct skep_error *err)
{
	_cleanup_(object_elf_freep) struct object_elf *elf = calloc(1, sizeof(*elf));
	const struct reader r = { .data = data, .size = size, .elf = elf, .err = err };
	int code;

	if (!elf)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read an object");
	code = read_header(&r);
	if (code == 0)
		code = read_sections(&r);
	if (code == 0)
		code = read_symbols(&r);
	if (code == 0)
		code = check_sections(&r);
	if (code == 0)
		*ret_elf = take_ptr(elf);
	return code;
}

struct object_elf *object_elf_free(struct object_elf *elf)
{
	uint32_t i;

	if (!elf)
		return NULL;
	for (i = 0; i < elf->section_count; i++)
		free(elf->sections[i].data);
	free(elf->sections);
	free(elf);
	return NULL;
}
