/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "elf_made.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FUNCTION ELF64_ST_INFO(STB_GLOBAL, STT_FUNC)
#define OBJECT ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT)
#define RESOLVER ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC)
#define TEXT 1 /* a section that is not SHN_UNDEF */

static uint32_t put(char *table, size_t *at, const char *text)
{
	uint32_t offset = (uint32_t)*at;

	memcpy(table + *at, text, strlen(text) + 1);
	*at += strlen(text) + 1;
	return offset;
}

static Elf64_Shdr section(uint32_t name, uint32_t type, size_t at, size_t size, uint32_t link)
{
	return (Elf64_Shdr){
		.sh_name = name, .sh_type = type, .sh_offset = at, .sh_size = size, .sh_link = link
	};
}

#define SECTION(e, at, name, type, member, link)                                    \
	section(put((e)->names, at, name), type, offsetof(struct elf_made, member), \
		sizeof((e)->member), link)

static void make_sections(struct elf_made *e)
{
	size_t at = 1;

	e->sections[1] = SECTION(e, &at, ".shstrtab", SHT_STRTAB, names, 0);
	e->sections[2] = SECTION(e, &at, ".dynsym", SHT_DYNSYM, dynamic, 3);
	e->sections[3] = SECTION(e, &at, ".dynstr", SHT_STRTAB, strings, 0);
	e->sections[4] = SECTION(e, &at, ".gnu.version", SHT_GNU_versym, versions, 2);
	e->sections[5] = SECTION(e, &at, ".gnu.version_d", SHT_GNU_verdef, definitions, 3);
	e->sections[6] = SECTION(e, &at, ".symtab", SHT_SYMTAB, symbols, 3);
	e->sections[7] = SECTION(e, &at, ".note.stapsdt", SHT_NOTE, probes, 0);
	e->sections[8] = SECTION(e, &at, ".stapsdt.base", SHT_PROGBITS, data[0x30], 0);
	e->sections[9] = SECTION(e, &at, ".note.gnu.build-id", SHT_NOTE, build_id, 0);
}

static void make_symbols(struct elf_made *e, uint64_t base)
{
	uint64_t code = base + MADE_CODE_AT;
	size_t at = 1;
	uint32_t copy = put(e->strings, &at, "copy"), old = put(e->strings, &at, "V_1");
	uint32_t new = put(e->strings, &at, "V_2"), file = put(e->strings, &at, "libmade.so");
	uint32_t lent = put(e->strings, &at, "lent"), hidden = put(e->strings, &at, "hidden");
	uint32_t whole = put(e->strings, &at, "copy@@V_2"), word = put(e->strings, &at, "word");
	uint32_t choice = put(e->strings, &at, "choice");
	const uint32_t names[] = { file, old, new };
	size_t i;

	e->dynamic[1] = (Elf64_Sym){ copy, FUNCTION, 0, TEXT, code, 8 };
	e->dynamic[2] = (Elf64_Sym){ copy, FUNCTION, 0, TEXT, code + 8, 8 };
	e->dynamic[3] = (Elf64_Sym){ lent, FUNCTION, 0, SHN_UNDEF, 0, 0 };
	e->dynamic[4] = (Elf64_Sym){ word, OBJECT, 0, TEXT, base + MADE_DATA_AT, 8 };
	e->versions[1] = 2 | 0x8000; /* an old version */
	e->versions[2] = 3;
	e->versions[3] = 1;
	e->versions[4] = 3;
	e->symbols[1] = (Elf64_Sym){ whole, FUNCTION, 0, TEXT, code + 8, 8 };
	e->symbols[2] = (Elf64_Sym){ hidden, FUNCTION, 0, TEXT, code + 0x20, 16 };
	e->symbols[3] = (Elf64_Sym){ choice, RESOLVER, 0, TEXT, code + 0x40, 16 };
	e->symbols[4] = (Elf64_Sym){ lent, FUNCTION, 0, TEXT, code + 0x900, 16 }; /* nowhere */
	for (i = 0; i < 3; i++) {
		e->definitions[i].def.vd_ndx = (uint16_t)(i + 1);
		e->definitions[i].def.vd_aux = sizeof(Elf64_Verdef);
		e->definitions[i].def.vd_next = i < 2 ? sizeof(e->definitions[i]) : 0;
		e->definitions[i].aux.vda_name = names[i];
	}
}

static void make_notes(struct elf_made *e, uint64_t base)
{
	static const char text[][24] = { "app\0begin\0008@%rdi", "app\0end\0" };
	size_t i;

	for (i = 0; i < 2; i++) {
		e->probes[i].header = (Elf64_Nhdr){ 8, 24 + sizeof(e->probes[i].text), 3 };
		memcpy(e->probes[i].owner, "stapsdt", 8);
		/* the linker knew .stapsdt.base 16 bytes lower */
		e->probes[i].address = base + MADE_CODE_AT + 0x10 * i + 4 - 16;
		e->probes[i].base = base + MADE_DATA_AT + 0x30 - 16;
		e->probes[i].semaphore = i ? base + MADE_DATA_AT + 2 - 16 : 0;
		memcpy(e->probes[i].text, text[i], sizeof(text[i]));
	}
	e->sections[8].sh_addr = base + MADE_DATA_AT + 0x30;
	e->build_id.header = (Elf64_Nhdr){ 4, 4, NT_GNU_BUILD_ID };
	memcpy(e->build_id.owner, "GNU", 4);
	memcpy(e->build_id.id, "\xde\xad\x0e\xef", 4);
}

void elf_make(struct elf_made *e, uint16_t type, uint64_t base)
{
	memset(e, 0, sizeof(*e));
	memcpy(e->header.e_ident, ELFMAG, SELFMAG);
	e->header.e_ident[EI_CLASS] = ELFCLASS64;
	e->header.e_ident[EI_DATA] =
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	e->header.e_type = type;
	e->header.e_machine = EM_X86_64;
	e->header.e_phoff = offsetof(struct elf_made, segments);
	e->header.e_phentsize = sizeof(Elf64_Phdr);
	e->header.e_phnum = 2;
	e->header.e_shoff = offsetof(struct elf_made, sections);
	e->header.e_shentsize = sizeof(Elf64_Shdr);
	e->header.e_shnum = 10;
	e->header.e_shstrndx = MADE_SECTION_NAMES;
	e->segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
				       .p_flags = PF_R | PF_X,
				       .p_offset = MADE_CODE,
				       .p_vaddr = base + MADE_CODE_AT,
				       .p_filesz = 0x100 };
	e->segments[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
				       .p_flags = PF_R | PF_W,
				       .p_offset = MADE_DATA,
				       .p_vaddr = base + MADE_DATA_AT,
				       .p_filesz = 0x40 };
	make_sections(e);
	make_symbols(e, base);
	make_notes(e, base);
}
