/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_ELF_SYMBOL_H
#define ATTACH_ELF_SYMBOL_H
/* The functions of an ELF: those of .dynsym, with their versions, then those that only .symtab has. */
#include <skep/binary.h>

#include "sys/elf.h"

/*
 * elf_symbol_walk() - visit the functions that have a place in the file
 * @loads: of sys_elf_loads()
 *
 * Return: 0; what @fn returned; -ENODATA there is no table of symbols; -EINVAL a broken ELF; another negative errno.
 * Source: elf(5); the LSB, "Symbol Versioning".
 */
int elf_symbol_walk(const struct sys_elf *elf, const struct sys_elf_segment *loads,
		    size_t load_count, skep_binary_symbol_fn fn, void *userdata);

#endif
