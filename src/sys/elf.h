/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_ELF_H
#define SYS_ELF_H
/*
 * The tables of an ELF of any class, byte order and machine: sections, segments and symbols, one at a time. Nothing in it is
 * believed: what is read lies inside of the bytes, or it is an error.
 */
#include <stddef.h>
#include <stdint.h>

struct skep_error;

/* Where bytes come from: an fd that can be read anywhere, or memory. */
struct sys_bytes {
	const unsigned char *data; /* NULL: the fd */
	int fd;
	uint64_t size;
};

/* Return: 0; -ENODATA that many bytes are not there; a negative errno of pread(2). */
int sys_bytes_read(const struct sys_bytes *bytes, uint64_t at, void *to, size_t size);

/* Does it begin like an ELF? */
int sys_bytes_are_elf(const struct sys_bytes *bytes);

struct sys_elf_section {
	uint64_t flags, at, size, address, entry_size;
	uint32_t name, type, link;
};

struct sys_elf_segment {
	uint64_t at, size, address;
	uint32_t type, flags;
};

struct sys_elf_symbol {
	uint64_t value, size;
	uint32_t name;
	uint16_t section;
	uint8_t info;
};

struct sys_elf {
	const struct sys_bytes *bytes; /* borrowed */
	struct skep_error *err;        /* where words go; borrowed */
	int is_64, swapped;
	uint16_t type, machine;
	uint64_t sections_at, segments_at;
	uint32_t section_count, segment_count, names_index;
	size_t section_bytes, segment_bytes; /* of a header */
	struct sys_elf_section names;        /* of sections */
};

/*
 * sys_elf_open() - read the header
 *
 * Return: 0; -EINVAL a broken ELF; else a negative errno of pread(2).
 * Source: elf(5).
 */
int sys_elf_open(struct sys_elf *elf, const struct sys_bytes *bytes, struct skep_error *err);

/* @index: less than the count. Return: 0; a negative errno, as sys_elf_open(). */
int sys_elf_section(const struct sys_elf *elf, uint32_t index, struct sys_elf_section *ret);
int sys_elf_segment(const struct sys_elf *elf, uint32_t index, struct sys_elf_segment *ret);

/* Return: 1 it is called so; 0 it is not; a negative errno. */
int sys_elf_is_called(const struct sys_elf *elf, const struct sys_elf_section *section,
		      const char *name);

/* Return: 1 it was found, the first of that name; 0 there is none; a negative errno. */
int sys_elf_find(const struct sys_elf *elf, const char *name, struct sys_elf_section *ret);

/*
 * sys_elf_load() - the content of a section in memory
 * @ret_data: section->size bytes and a NUL; owned by the caller, free(3)
 *
 * Return: 0; -EINVAL it lies outside of the file; -EOPNOTSUPP it is compressed; -ENOMEM; a negative errno of pread(2).
 */
int sys_elf_load(const struct sys_elf *elf, const struct sys_elf_section *section,
		 unsigned char **ret_data);

/* How many bytes a symbol takes, and one in memory that holds it. */
size_t sys_elf_symbol_bytes(const struct sys_elf *elf);
void sys_elf_symbol(const struct sys_elf *elf, const void *at, struct sys_elf_symbol *ret);

/* A number of 2, 4 or 8 bytes, in the byte order of the ELF. */
uint64_t sys_elf_number(const struct sys_elf *elf, const void *at, size_t size);

/*
 * sys_elf_loads() - what of the file is mapped where, when it is run
 * @ret_loads: owned by the caller, free(3); of a file without segments, such as an object file, its sections
 *
 * Return: how many; a negative errno.
 */
int sys_elf_loads(const struct sys_elf *elf, struct sys_elf_segment **ret_loads);

/* Where in the file an address is. Return: 1; 0 the file has nothing for it. */
int sys_elf_file_offset(const struct sys_elf_segment *loads, size_t count, uint64_t address,
			uint64_t *ret_offset);

/*
 * sys_elf_section_find() - where a section is: it alone is read of a file that may take a gigabyte
 * @elf:  of any class, byte order and machine
 * @name: of the section; the first of several counts
 *
 * What is returned lies inside of @elf.
 *
 * Return: 1; 0 there is none; -EINVAL a broken ELF; -EOPNOTSUPP the section is compressed; else a negative errno.
 * Source: elf(5).
 */
int sys_elf_section_find(const struct sys_bytes *elf, const char *name, uint64_t *ret_at,
			 uint64_t *ret_size, struct skep_error *err);

#endif
