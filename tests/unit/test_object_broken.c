/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Objects that are broken on purpose: each row changes a few bytes of a good object, and names words of the one line that
 * says what is wrong. The arguments: legacy (with BTF), edges.
 */
#include <skep/object.h>
#include <skep/object_spec.h>

#include "check.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "object/elf.h"

static struct {
	unsigned char *data;
	size_t size;
} objects[2];

enum {
	LEGACY,
	EDGES,
};

enum part {
	EHDR, /* field of the header */
	SHDR, /* field of the header of a section, by its name */
	SYM,  /* field of a symbol, by its name */
	REL,  /* field of the first relocation of a section */
	DATA, /* byte of a section */
	CUT,  /* the file ends at at */
};

#define EHDR_FIELD(m) "", offsetof(Elf64_Ehdr, m), sizeof(((Elf64_Ehdr *)0)->m)
#define SHDR_FIELD(s, m) s, offsetof(Elf64_Shdr, m), sizeof(((Elf64_Shdr *)0)->m)
#define SYM_FIELD(s, m) s, offsetof(Elf64_Sym, m), sizeof(((Elf64_Sym *)0)->m)
#define REL_FIELD(s, m) s, offsetof(Elf64_Rel, m), sizeof(((Elf64_Rel *)0)->m)
#define BYTE(s, at) s, at, 1
#define WORD(s, at) s, at, 4
#define HUGE_VALUE UINT64_MAX
#define FAR 0x7fffffffu

static const struct {
	int object;
	enum part part;
	const char *name;
	size_t at, size;
	uint64_t value;
	const char *words;
} rows[] = {
	{ LEGACY, CUT, "", 0, 0, 0, "not an ELF" },
	{ LEGACY, CUT, "", 3, 0, 0, "not an ELF" },
	{ LEGACY, CUT, "", 4, 0, 0, "cut off in its header" },
	{ LEGACY, CUT, "", 15, 0, 0, "cut off in its header" },
	{ LEGACY, CUT, "", 16, 0, 0, "cut off in its header" },
	{ LEGACY, CUT, "", 63, 0, 0, "cut off in its header" },
	{ LEGACY, CUT, "", 64, 0, 0, "section headers lie beyond its end" },
	{ LEGACY, CUT, "", 1000, 0, 0, "section headers lie beyond its end" },
	{ LEGACY, EHDR, BYTE("", 0), 0, "not an ELF" },
	{ LEGACY, EHDR, BYTE("", 3), 'G', "not an ELF" },
	{ LEGACY, EHDR, BYTE("", EI_CLASS), ELFCLASS32, "32 bits" },
	{ LEGACY, EHDR, BYTE("", EI_CLASS), 7, "32 bits" },
	{ LEGACY, EHDR, BYTE("", EI_DATA), 0, "neither little nor big endian" },
	{ LEGACY, EHDR, BYTE("", EI_DATA), 3, "neither little nor big endian" },
	{ LEGACY, EHDR, BYTE("", EI_DATA), BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2MSB : ELFDATA2LSB,
	  "-endian machines" },
	{ LEGACY, EHDR, EHDR_FIELD(e_machine), EM_X86_64, "an ELF for machine 62" },
	{ LEGACY, EHDR, EHDR_FIELD(e_machine), EM_AARCH64, "an ELF for machine 183" },
	{ LEGACY, EHDR, EHDR_FIELD(e_type), ET_EXEC, "a linked program" },
	{ LEGACY, EHDR, EHDR_FIELD(e_type), ET_DYN, "a linked program" },
	{ LEGACY, EHDR, EHDR_FIELD(e_type), ET_CORE, "not a relocatable ELF" },
	{ LEGACY, EHDR, EHDR_FIELD(e_type), ET_NONE, "not a relocatable ELF" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shoff), 0, "no section headers" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shoff), FAR, "beyond its end" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shoff), HUGE_VALUE, "beyond its end" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shoff), HUGE_VALUE - 63, "beyond its end" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shentsize), 0, "do not have 64 bytes" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shentsize), 40, "do not have 64 bytes" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shnum), 0, "no section headers" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shnum), 0xfeff, "beyond its end" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shstrndx), 0, "names of sections" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shstrndx), 0xffff, "names of sections" },
	{ LEGACY, EHDR, EHDR_FIELD(e_shstrndx), 2, "no table of strings" },
	{ LEGACY, SHDR, SHDR_FIELD(".strtab", sh_offset), FAR, "beyond its end" },
	{ LEGACY, SHDR, SHDR_FIELD(".strtab", sh_size), 0, "does not end with a NUL" },
	{ LEGACY, SHDR, SHDR_FIELD(".strtab", sh_size), HUGE_VALUE, "beyond its end" },
	{ LEGACY, SHDR, SHDR_FIELD(".strtab", sh_type), SHT_PROGBITS, "no table of strings" },
	{ LEGACY, SHDR, SHDR_FIELD(".strtab", sh_type), SHT_NOBITS, "no table of strings" },
	{ LEGACY, SHDR, SHDR_FIELD("maps", sh_offset), FAR, "beyond its end" },
	{ LEGACY, SHDR, SHDR_FIELD("maps", sh_offset), HUGE_VALUE, "beyond its end" },
	{ LEGACY, SHDR, SHDR_FIELD("maps", sh_size), HUGE_VALUE, "beyond its end" },
	{ LEGACY, SHDR, SHDR_FIELD("maps", sh_size), 8, "symbol '" },
	{ LEGACY, SHDR, SHDR_FIELD("maps", sh_name), FAR, "beyond the names" },
	{ LEGACY, SHDR, SHDR_FIELD("maps", sh_flags), SHF_ALLOC | SHF_COMPRESSED, "is compressed" },
	{ LEGACY, SHDR, SHDR_FIELD("license", sh_offset), FAR, "beyond its end" },
	{ LEGACY, SHDR, SHDR_FIELD("license", sh_size), FAR, "beyond its end" },
	{ LEGACY, SHDR, SHDR_FIELD("license", sh_name), FAR, "beyond the names" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_type), SHT_PROGBITS, "no symbols" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_type), SHT_NOBITS, "no symbols" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_entsize), 0, "whole symbols" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_entsize), 16, "whole symbols" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_size), 25, "whole symbols" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_size), 0, "whole symbols" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_size), 24, "names no symbol" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_link), 0, "has no names" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_link), 0xffffff, "has no names" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_link), 2, "no table of strings" },
	{ LEGACY, SHDR, SHDR_FIELD(".symtab", sh_offset), HUGE_VALUE, "beyond its end" },
	{ LEGACY, SHDR, SHDR_FIELD("license", sh_type), SHT_SYMTAB, "a second table of symbols" },
	{ LEGACY, SHDR, SHDR_FIELD("license", sh_type), SHT_SYMTAB_SHNDX, "too many" },
	{ LEGACY, SHDR, SHDR_FIELD("license", sh_type), SHT_REL, "relocates no section" },
	{ LEGACY, SHDR, SHDR_FIELD("classifier/first", sh_size), 9,
	  "lies beyond section 'classifier/first'" },
	{ LEGACY, SHDR, SHDR_FIELD("classifier/first", sh_offset), FAR, "beyond its end" },
	{ LEGACY, SHDR, SHDR_FIELD("classifier/first", sh_type), SHT_NOBITS, "" },
	{ LEGACY, SHDR, SHDR_FIELD("7/2", sh_size), 1, "symbol 'second' lies beyond" },
	{ LEGACY, SHDR, SHDR_FIELD(".relclassifier/first", sh_info), 0, "relocates no section" },
	{ LEGACY, SHDR, SHDR_FIELD(".relclassifier/first", sh_info), FAR, "relocates no section" },
	{ LEGACY, SHDR, SHDR_FIELD(".relclassifier/first", sh_link), 0, "another table" },
	{ LEGACY, SHDR, SHDR_FIELD(".relclassifier/first", sh_link), 1, "another table" },
	{ LEGACY, SHDR, SHDR_FIELD(".relclassifier/first", sh_entsize), 24, "whole relocations" },
	{ LEGACY, SHDR, SHDR_FIELD(".relclassifier/first", sh_size), 17, "whole relocations" },
	{ LEGACY, SHDR, SHDR_FIELD(".relclassifier/first", sh_type), SHT_RELA, "RELA" },
	{ LEGACY, SHDR, SHDR_FIELD(".relclassifier/first", sh_offset), FAR, "beyond its end" },
	{ LEGACY, REL, REL_FIELD(".relclassifier/first", r_info), HUGE_VALUE, "names no symbol" },
	{ LEGACY, REL, REL_FIELD(".relclassifier/first", r_info), 0xffffffull << 32 | 1,
	  "names no symbol" },
	{ LEGACY, REL, REL_FIELD(".relclassifier/first", r_offset), FAR,
	  "beyond what it relocates" },
	{ LEGACY, REL, REL_FIELD(".relclassifier/first", r_offset), HUGE_VALUE,
	  "beyond what it relocates" },
	{ LEGACY, REL, REL_FIELD(".relclassifier/first", r_offset), 4, "inside of an instruction" },
	{ LEGACY, REL, REL_FIELD(".reltext", r_offset), 4, "" },
	{ LEGACY, SYM, SYM_FIELD("counts", st_name), FAR, "lies beyond the names" },
	{ LEGACY, SYM, SYM_FIELD("counts", st_shndx), 0xfe00, "is in section" },
	{ LEGACY, SYM, SYM_FIELD("counts", st_value), FAR, "lies beyond section 'maps'" },
	{ LEGACY, SYM, SYM_FIELD("counts", st_value), HUGE_VALUE, "lies beyond section 'maps'" },
	{ LEGACY, SYM, SYM_FIELD("counts", st_size), FAR, "lies beyond section 'maps'" },
	{ LEGACY, SYM, SYM_FIELD("counts", st_size), HUGE_VALUE, "lies beyond section 'maps'" },
	{ LEGACY, SYM, SYM_FIELD("counts", st_size), 8, "its definition has 8 bytes" },
	{ LEGACY, SYM, SYM_FIELD("counts", st_size), 15, "its definition has 15 bytes" },
	{ LEGACY, SYM, SYM_FIELD("first", st_value), FAR, "lies beyond section" },
	{ LEGACY, SYM, SYM_FIELD("first", st_size), FAR, "lies beyond section" },
	{ LEGACY, SYM, SYM_FIELD("first", st_size), 12, "between instructions" },
	{ LEGACY, SYM, SYM_FIELD("first", st_value), 4, "beyond section" },
	{ LEGACY, SYM, SYM_FIELD("first", st_name), 0, "has no name" },
	{ LEGACY, SYM, SYM_FIELD("second", st_size), 4, "between instructions" },
	{ LEGACY, SYM, SYM_FIELD("second", st_shndx), 0xfe00, "is in section" },
	{ LEGACY, SYM, SYM_FIELD("second", st_name), FAR, "lies beyond the names" },
	{ LEGACY, DATA, WORD("maps", 0), 0, "its type is 0" },
	{ LEGACY, DATA, WORD("maps", 20), 0, "its type is 0" },
	{ LEGACY, DATA, WORD("maps/calls", 0), 0, "its type is 0" },
	{ LEGACY, DATA, WORD("maps/calls", 0), 1, "which holds no programs" },
	{ LEGACY, DATA, WORD("maps/calls", 12), 1, "names slot 2 of map 'calls', which has 1" },
	{ LEGACY, DATA, WORD("maps/calls", 12), 0, "which has 0" },
	{ LEGACY, DATA, WORD("maps/calls", 20), 0, "no map has the id 7" },
	{ LEGACY, DATA, WORD("maps/calls", 20), 6, "no map has the id 7" },
	{ LEGACY, DATA, WORD("maps/calls", 24), UINT32_MAX, "" },
	{ LEGACY, DATA, WORD("maps/outer", 28), 77, "no map has the id 77" },
	{ LEGACY, DATA, WORD("maps/inner", 0), 12, "are maps of maps" },
	{ LEGACY, DATA, BYTE(".BTF", 0), 0, "section .BTF: not BTF" },
	{ LEGACY, DATA, BYTE(".BTF", 2), 9, "section .BTF: BTF version 9" },
	{ LEGACY, DATA, BYTE(".BTF", 3), 1, "section .BTF: BTF version" },
	{ LEGACY, DATA, WORD(".BTF", 4), 0, "section .BTF" },
	{ LEGACY, DATA, WORD(".BTF", 4), FAR, "section .BTF" },
	{ LEGACY, DATA, WORD(".BTF", 8), 3, "section .BTF" },
	{ LEGACY, DATA, WORD(".BTF", 12), FAR, "section .BTF: cut off" },
	{ LEGACY, DATA, WORD(".BTF", 16), FAR, "section .BTF: cut off" },
	{ LEGACY, DATA, WORD(".BTF", 20), FAR, "section .BTF: cut off" },
	{ LEGACY, DATA, WORD(".BTF", 24), FAR, "section .BTF" },
	{ LEGACY, DATA, WORD(".BTF", 28), FAR, "section .BTF" },
	{ LEGACY, DATA, WORD(".BTF", 32), FAR, "section .BTF" },
	{ LEGACY, SHDR, SHDR_FIELD(".BTF", sh_size), 0, "BTF" },
	{ LEGACY, SHDR, SHDR_FIELD(".BTF", sh_size), 20, "BTF" },
	{ LEGACY, SHDR, SHDR_FIELD(".BTF", sh_type), SHT_NOBITS, "section .BTF has no bytes" },
	{ EDGES, SHDR, SHDR_FIELD(".BTF", sh_type), SHT_NULL, "compiled without -g" },
	{ EDGES, SHDR, SHDR_FIELD(".BTF", sh_size), 30, "BTF" },
	{ EDGES, SHDR, SHDR_FIELD(".bss", sh_size), HUGE_VALUE / 2, "1 GiB of zeros" },
	{ EDGES, SHDR, SHDR_FIELD(".maps", sh_size), FAR, "beyond its end" },
	{ EDGES, SHDR, SHDR_FIELD(".maps", sh_size), 8, "lies beyond section '.maps'" },
	{ EDGES, SYM, SYM_FIELD("ring", st_name), 0, "no symbol does" },
	{ EDGES, SYM, SYM_FIELD("ring", st_shndx), 0, "no symbol does" },
	{ EDGES, SYM, SYM_FIELD("hidden", st_value), 24, "where no map begins" },
	{ EDGES, SYM, SYM_FIELD("limit", st_size), FAR, "lies beyond section '.data'" },
	{ EDGES, SYM, SYM_FIELD("seen", st_value), FAR, "lies beyond section '.bss'" },
	{ EDGES, SYM, SYM_FIELD("rings", st_size), 0, "" },
};

static size_t section_at(const unsigned char *data, const char *name)
{
	const Elf64_Ehdr *h = (const void *)data;
	const Elf64_Shdr *s = (const void *)(data + h->e_shoff);
	size_t i;

	for (i = 1; i < h->e_shnum; i++)
		if (!strcmp((const char *)data + s[h->e_shstrndx].sh_offset + s[i].sh_name, name))
			return (size_t)((const unsigned char *)&s[i] - data);
	return 0;
}

static size_t symbol_at(const unsigned char *data, const char *name)
{
	const Elf64_Ehdr *h = (const void *)data;
	const Elf64_Shdr *s = (const void *)(data + h->e_shoff);
	const Elf64_Shdr *t = (const void *)(data + section_at(data, ".symtab"));
	const Elf64_Sym *symbol = (const void *)(data + t->sh_offset);
	size_t i;

	for (i = 1; i < t->sh_size / sizeof(*symbol); i++)
		if (!strcmp((const char *)data + s[t->sh_link].sh_offset + symbol[i].st_name, name))
			return (size_t)((const unsigned char *)&symbol[i] - data);
	return 0;
}

/* Where a row changes bytes. Return: 0: the object has no such part. */
static size_t place(const unsigned char *data, size_t row)
{
	const Elf64_Shdr *s;
	size_t at;

	switch (rows[row].part) {
	case SHDR:
		at = section_at(data, rows[row].name);
		return at ? at + rows[row].at : 0;
	case SYM:
		at = symbol_at(data, rows[row].name);
		return at ? at + rows[row].at : 0;
	case REL:
	case DATA:
		at = section_at(data, rows[row].name);
		s = (const void *)(data + at);
		return at ? s->sh_offset + rows[row].at : 0;
	default:
		return rows[row].at;
	}
}

static void broken__is_told_in_one_clear_line(void **state)
{
	size_t row, at, size, refused = 0;

	(void)state;
	for (row = 0; row < ARRAY_SIZE(rows); row++) {
		_cleanup_(skep_object_closep) struct skep_object *object = NULL;
		_cleanup_free_ unsigned char *data = malloc(objects[rows[row].object].size);
		struct skep_error err = { 0 };
		int r;

		assert_non_null(data);
		memcpy(data, objects[rows[row].object].data, objects[rows[row].object].size);
		at = place(data, row);
		if (!at && rows[row].part != EHDR && rows[row].part != CUT && !*rows[row].words)
			continue;
		assert_true(at || rows[row].part == EHDR || rows[row].part == CUT);
		size = rows[row].part == CUT ? rows[row].at : objects[rows[row].object].size;
		memcpy(data + at, &rows[row].value, rows[row].size); /* little endian */
		r = skep_object_open_bytes(data, size, NULL, &object, &err);
		check_int(r != -ENOMEM, 1, "row %zu: '%s'", row, err.msg);
		if (!*rows[row].words) /* set right, or refused in words: never a crash */
			continue;
		check_int(!!strstr(err.msg, rows[row].words), 1, "row %zu: %d '%s', not '%s'", row,
			  r, err.msg, rows[row].words);
		check_int(r == -EINVAL || r == -EOPNOTSUPP, 1, "row %zu: %d", row, r);
		check_int(err.code, r, "row %zu", row);
		check_int(err.kind, r == -EINVAL ? SKEP_ERR_INVALID : SKEP_ERR_UNSUPPORTED,
			  "row %zu", row);
		check_int(!strchr(err.msg, '\n'), 1, "row %zu: one line", row);
		check_int(!strncmp(err.msg, "object: ", 8), 1,
			  "row %zu: '%s' begins with the object", row, err.msg);
		refused++;
	}
	assert_true(refused >= 100);
}

/* Whatever single byte is wrong: an answer, with words if it is no. */
static void any_byte__may_be_wrong(void **state)
{
	struct check_random random = { .state = 0x5eed };
	size_t i, at;

	(void)state;
	for (i = 0; i < 4000; i++) {
		_cleanup_(skep_object_closep) struct skep_object *object = NULL;
		const int which = (int)(i & 1);
		_cleanup_free_ unsigned char *data = malloc(objects[which].size);
		struct skep_error err = { 0 };
		int r;

		assert_non_null(data);
		memcpy(data, objects[which].data, objects[which].size);
		at = check_random_below(&random, objects[which].size);
		data[at] = (unsigned char)check_random_next(&random);
		r = skep_object_open_bytes(data, objects[which].size, NULL, &object, &err);
		if (r < 0)
			check_int(*err.msg && err.code == r, 1, "byte %zu: %d '%s'", at, r,
				  err.msg);
	}
}

static int read_object(const char *path, int which)
{
	FILE *f = fopen(path, "re");
	long size;
	int done;

	if (!f)
		return -errno;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	objects[which].data = malloc((size_t)size);
	objects[which].size = (size_t)size;
	done = objects[which].data && fread(objects[which].data, (size_t)size, 1, f) == 1;
	fclose(f);
	return done ? 0 : -EIO;
}

/* A name that is no text, and would steer a terminal. */
static void names__are_told_as_text(void **state)
{
	static const char second[] = "\0second", other[] = "\0\xff\xc2\x9b\x1b\xc3\xbc";
	_cleanup_(skep_object_closep) struct skep_object *object = NULL;
	const size_t size = objects[LEGACY].size;
	_cleanup_free_ unsigned char *data = malloc(size);
	struct skep_error err = { 0 };
	unsigned char *at;

	(void)state;
	assert_non_null(data);
	memcpy(data, objects[LEGACY].data, size);
	while ((at = memmem(data, size, second, sizeof(second)))) /* of symbols, and of types */
		memmove(at, other, sizeof(other) - 1);
	while ((at = memmem(data, size, "7/2", 4)))
		*at = '6'; /* no map has that id */
	check_int(skep_object_open_bytes(data, size, NULL, &object, &err), -EINVAL, "opened");
	at = (unsigned char *)strstr(err.msg, "program '");
	assert_non_null(at);
	at += strlen("program '");
	check_int(strspn((char *)at, "?"), 4, "'%s'", err.msg);
	check_int(!strncmp((char *)at + 4, "\xc3\xbc'", 3), 1, "'%s'", err.msg);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken__is_told_in_one_clear_line),
		cmocka_unit_test(any_byte__may_be_wrong),
		cmocka_unit_test(names__are_told_as_text),
	};
	int r;

	if (argc != 3 || read_object(argv[1], LEGACY) < 0 || read_object(argv[2], EDGES) < 0)
		return 2;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	free(objects[LEGACY].data);
	free(objects[EDGES].data);
	return r;
}
