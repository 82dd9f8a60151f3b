/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef UNIT_ELF_MADE_H
#define UNIT_ELF_MADE_H
/*
 * A small ELF made by hand: two segments, functions with versions and without, tracepoints and a build id.
 *
 *	0x400 of the file, 0x100 bytes: code, at @base + 0x1400
 *	0x500 of the file,  0x40 bytes: data, at @base + 0x3500
 */
#include <elf.h>

#define MADE_CODE 0x400
#define MADE_CODE_AT 0x1400 /* above the base */
#define MADE_DATA 0x500
#define MADE_DATA_AT 0x3500

struct elf_made {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	char pad[MADE_CODE - sizeof(Elf64_Ehdr) - 2 * sizeof(Elf64_Phdr)];
	char code[0x100], data[0x40];
	Elf64_Sym dynamic[5], symbols[5];
	uint16_t versions[5];
	char pad_versions[6];
	struct {
		Elf64_Verdef def;
		Elf64_Verdaux aux;
	} definitions[3];
	char strings[128], names[160];
	struct __attribute__((packed)) {
		Elf64_Nhdr header;
		char owner[8];
		uint64_t address, base, semaphore;
		char text[24]; /* provider, name, arguments */
	} probes[2];
	struct {
		Elf64_Nhdr header;
		char owner[4];
		unsigned char id[4];
	} build_id;
	Elf64_Shdr sections[10];
};

enum {
	MADE_SECTION_NAMES = 1,
	MADE_SECTION_DYNSYM,
	MADE_SECTION_STRINGS,
	MADE_SECTION_VERSION,
	MADE_SECTION_VERSION_D,
	MADE_SECTION_SYMTAB,
	MADE_SECTION_PROBES,
	MADE_SECTION_BASE,
	MADE_SECTION_BUILD_ID,
};

/* @type: ET_DYN, at base 0, or ET_EXEC. */
void elf_make(struct elf_made *ret, uint16_t type, uint64_t base);

#endif
