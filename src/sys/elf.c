/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/elf.h"

#include <byteswap.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"

#define NAME_SIZE 64 /* of sections that are looked for; longer ones are not them */

int sys_bytes_read(const struct sys_bytes *bytes, uint64_t at, void *to, size_t size)
{
	size_t done = 0;
	ssize_t n;

	if (at > bytes->size || size > bytes->size - at)
		return -ENODATA;
	if (bytes->data) {
		memcpy(to, bytes->data + at, size);
		return 0;
	}
	while (done < size) {
		n = pread(bytes->fd, (char *)to + done, size - done, (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ENODATA;
		done += (size_t)n;
	}
	return 0;
}

int sys_bytes_are_elf(const struct sys_bytes *bytes)
{
	char magic[SELFMAG];

	return sys_bytes_read(bytes, 0, magic, sizeof(magic)) == 0 &&
	       !memcmp(magic, ELFMAG, SELFMAG);
}

uint64_t sys_elf_number(const struct sys_elf *e, const void *at, size_t size)
{
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (size) {
	case sizeof(two):
		memcpy(&two, at, size);
		return e->swapped ? bswap_16(two) : two;
	case sizeof(four):
		memcpy(&four, at, size);
		return e->swapped ? bswap_32(four) : four;
	default:
		memcpy(&eight, at, sizeof(eight));
		return e->swapped ? bswap_64(eight) : eight;
	}
}

/* A member of a record of either class: both have it, in other places and sizes. */
#define MEMBER(e, record, member)                                                              \
	((e)->is_64 ? sys_elf_number(e, &(record).as_64.member, sizeof((record).as_64.member)) \
		    : sys_elf_number(e, &(record).as_32.member, sizeof((record).as_32.member)))

static int broken(const struct sys_elf *e, int code, const char *what)
{
	if (code == -ENODATA)
		return skep_fail(e->err, -EINVAL, SKEP_ERR_SYSCALL,
				 "a broken ELF: %s lies beyond its end.", what);
	return skep_fail(e->err, code, SKEP_ERR_SYSCALL, "read %s", what);
}

static int read_at(const struct sys_elf *e, uint64_t base, uint64_t offset, void *to, size_t size,
		   const char *what)
{
	int r = -ENODATA;

	if (offset <= UINT64_MAX - base)
		r = sys_bytes_read(e->bytes, base + offset, to, size);
	return r < 0 ? broken(e, r, what) : 0;
}

int sys_elf_section(const struct sys_elf *e, uint32_t index, struct sys_elf_section *ret)
{
	union {
		Elf32_Shdr as_32;
		Elf64_Shdr as_64;
	} header = { 0 };
	int r = read_at(e, e->sections_at, (uint64_t)index * e->section_bytes, &header,
			e->is_64 ? sizeof(header.as_64) : sizeof(header.as_32), "a section header");

	if (r < 0)
		return r;
	ret->name = (uint32_t)MEMBER(e, header, sh_name);
	ret->type = (uint32_t)MEMBER(e, header, sh_type);
	ret->link = (uint32_t)MEMBER(e, header, sh_link);
	ret->flags = MEMBER(e, header, sh_flags);
	ret->at = MEMBER(e, header, sh_offset);
	ret->size = MEMBER(e, header, sh_size);
	ret->address = MEMBER(e, header, sh_addr);
	ret->entry_size = MEMBER(e, header, sh_entsize);
	return 0;
}

int sys_elf_segment(const struct sys_elf *e, uint32_t index, struct sys_elf_segment *ret)
{
	union {
		Elf32_Phdr as_32;
		Elf64_Phdr as_64;
	} header = { 0 };
	int r = read_at(e, e->segments_at, (uint64_t)index * e->segment_bytes, &header,
			e->is_64 ? sizeof(header.as_64) : sizeof(header.as_32), "a segment header");

	if (r < 0)
		return r;
	ret->type = (uint32_t)MEMBER(e, header, p_type);
	ret->flags = (uint32_t)MEMBER(e, header, p_flags);
	ret->at = MEMBER(e, header, p_offset);
	ret->size = MEMBER(e, header, p_filesz);
	ret->address = MEMBER(e, header, p_vaddr);
	return 0;
}

/* Numbers that do not fit stand in the first section header. */
static int read_extended(struct sys_elf *e)
{
	struct sys_elf_section first = { 0 };
	int r;

	if (e->section_count && e->names_index != SHN_XINDEX)
		return 0;
	r = sys_elf_section(e, 0, &first);
	if (r < 0)
		return r;
	if (!e->section_count)
		e->section_count = first.size > UINT32_MAX ? UINT32_MAX : (uint32_t)first.size;
	if (e->names_index == SHN_XINDEX)
		e->names_index = first.link;
	return 0;
}

static int check_header_size(const struct sys_elf *e, size_t has, size_t needs, const char *what)
{
	if (has >= needs)
		return 0;
	return skep_fail(e->err, -EINVAL, SKEP_ERR_SYSCALL,
			 "a broken ELF: %s headers of %zu bytes.", what, has);
}

/* After it @e->section_count is 0 if there are none. */
static int open_sections(struct sys_elf *e)
{
	int r;

	if (!e->sections_at) {
		e->section_count = 0;
		return 0;
	}
	r = check_header_size(e, e->section_bytes,
			      e->is_64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), "section");
	if (r == 0)
		r = read_extended(e);
	if (r == 0 && e->section_count)
		r = sys_elf_section(e, e->names_index, &e->names);
	return r;
}

int sys_elf_open(struct sys_elf *e, const struct sys_bytes *bytes, struct skep_error *err)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr as_32;
		Elf64_Ehdr as_64;
	} header = { 0 };
	int r;

	*e = (struct sys_elf){ .bytes = bytes, .err = err };
	r = read_at(e, 0, 0, header.ident, sizeof(header.ident), "its header");
	if (r < 0)
		return r;
	e->is_64 = header.ident[EI_CLASS] == ELFCLASS64;
	e->swapped =
		header.ident[EI_DATA] != (BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB);
	r = read_at(e, 0, 0, &header, e->is_64 ? sizeof(header.as_64) : sizeof(header.as_32),
		    "its header");
	if (r < 0)
		return r;
	e->type = (uint16_t)MEMBER(e, header, e_type);
	e->machine = (uint16_t)MEMBER(e, header, e_machine);
	e->sections_at = MEMBER(e, header, e_shoff);
	e->section_bytes = MEMBER(e, header, e_shentsize);
	e->section_count = (uint32_t)MEMBER(e, header, e_shnum);
	e->names_index = (uint32_t)MEMBER(e, header, e_shstrndx);
	e->segments_at = MEMBER(e, header, e_phoff);
	e->segment_bytes = MEMBER(e, header, e_phentsize);
	e->segment_count = e->segments_at ? (uint32_t)MEMBER(e, header, e_phnum) : 0;
	if (e->segment_count)
		r = check_header_size(e, e->segment_bytes,
				      e->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr),
				      "segment");
	return r < 0 ? r : open_sections(e);
}

int sys_elf_is_called(const struct sys_elf *e, const struct sys_elf_section *s, const char *name)
{
	char found[NAME_SIZE];
	size_t size = strlen(name) + 1;
	int r;

	if (size > sizeof(found) || s->name > e->names.size || size > e->names.size - s->name)
		return 0;
	r = read_at(e, e->names.at, s->name, found, size, "the table of section names");
	return r < 0 ? r : !memcmp(found, name, size);
}

int sys_elf_find(const struct sys_elf *e, const char *name, struct sys_elf_section *ret)
{
	struct sys_elf_section s;
	uint32_t i;
	int r = 0;

	for (i = 1; r == 0 && i < e->section_count; i++) {
		r = sys_elf_section(e, i, &s);
		if (r == 0 && s.type != SHT_NOBITS)
			r = sys_elf_is_called(e, &s, name);
	}
	if (r > 0)
		*ret = s;
	return r;
}

static int check_content(const struct sys_elf *e, const struct sys_elf_section *s, const char *name)
{
	if (s->at > e->bytes->size || s->size > e->bytes->size - s->at)
		return broken(e, -ENODATA, name);
	if (s->flags & SHF_COMPRESSED)
		return skep_fail(e->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "its section %s is compressed: decompress it first (objcopy "
				 "--decompress-debug-sections).",
				 name);
	return 0;
}

int sys_elf_load(const struct sys_elf *e, const struct sys_elf_section *s, unsigned char **ret_data)
{
	_cleanup_free_ unsigned char *data = NULL;
	int r = check_content(e, s, "content of a section");

	if (r < 0)
		return r;
	data = malloc(s->size + 1);
	if (!data)
		return skep_fail(e->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "a section of an ELF");
	r = read_at(e, s->at, 0, data, s->size, "content of a section");
	if (r < 0)
		return r;
	data[s->size] = '\0';
	*ret_data = take_ptr(data);
	return 0;
}

size_t sys_elf_symbol_bytes(const struct sys_elf *e)
{
	return e->is_64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

void sys_elf_symbol(const struct sys_elf *e, const void *at, struct sys_elf_symbol *ret)
{
	union {
		Elf32_Sym as_32;
		Elf64_Sym as_64;
	} symbol;

	memcpy(&symbol, at, sys_elf_symbol_bytes(e));
	ret->name = (uint32_t)MEMBER(e, symbol, st_name);
	ret->value = MEMBER(e, symbol, st_value);
	ret->size = MEMBER(e, symbol, st_size);
	ret->section = (uint16_t)MEMBER(e, symbol, st_shndx);
	ret->info = e->is_64 ? symbol.as_64.st_info : symbol.as_32.st_info;
}

static int add_load(struct sys_elf_segment **loads, uint32_t *count, uint32_t room,
		    const struct sys_elf_segment *load, struct skep_error *err)
{
	if (!*loads)
		*loads = calloc(room, sizeof(**loads));
	if (!*loads)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "segments of an ELF");
	(*loads)[(*count)++] = *load;
	return 0;
}

#define MOST_SECTIONS 0xffffu /* of an ELF without segments whose addresses matter */

int sys_elf_loads(const struct sys_elf *e, struct sys_elf_segment **ret_loads)
{
	_cleanup_free_ struct sys_elf_segment *loads = NULL;
	struct sys_elf_segment segment = { 0 };
	struct sys_elf_section s;
	uint32_t i, count = 0, sections = e->segment_count ? 0 : e->section_count;
	int r = 0;

	for (i = 0; r == 0 && i < e->segment_count; i++) {
		r = sys_elf_segment(e, i, &segment);
		if (r == 0 && segment.type == PT_LOAD)
			r = add_load(&loads, &count, e->segment_count, &segment, e->err);
	}
	if (sections > MOST_SECTIONS)
		sections = MOST_SECTIONS;
	for (i = 1; r == 0 && i < sections; i++) {
		r = sys_elf_section(e, i, &s);
		segment = (struct sys_elf_segment){ s.at, s.size, s.address, PT_LOAD, 0 };
		if (r == 0 && s.flags & SHF_ALLOC && s.type != SHT_NOBITS)
			r = add_load(&loads, &count, sections, &segment, e->err);
	}
	if (r < 0)
		return r;
	*ret_loads = take_ptr(loads);
	return (int)count;
}

int sys_elf_file_offset(const struct sys_elf_segment *loads, size_t count, uint64_t address,
			uint64_t *ret_offset)
{
	size_t i;

	for (i = 0; i < count; i++) {
		uint64_t ahead = address - loads[i].address;

		if (address < loads[i].address || ahead >= loads[i].size ||
		    loads[i].at > UINT64_MAX - ahead)
			continue;
		*ret_offset = loads[i].at + ahead;
		return 1;
	}
	return 0;
}

int sys_elf_section_find(const struct sys_bytes *bytes, const char *name, uint64_t *ret_at,
			 uint64_t *ret_size, struct skep_error *err)
{
	struct sys_elf_section s;
	struct sys_elf e;
	int r = sys_elf_open(&e, bytes, err);

	r = r < 0 ? r : sys_elf_find(&e, name, &s);
	if (r <= 0)
		return r;
	r = check_content(&e, &s, name);
	if (r < 0)
		return r;
	*ret_at = s.at;
	*ret_size = s.size;
	return 1;
}
