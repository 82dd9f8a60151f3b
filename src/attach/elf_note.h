/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_ELF_NOTE_H
#define ATTACH_ELF_NOTE_H
/* Notes of an ELF: its build id, and its own tracepoints. */
#include <skep/binary.h>

#include "sys/elf.h"

/*
 * elf_usdt_walk() - visit the tracepoints that have a place in the file
 * @loads: of sys_elf_loads()
 *
 * Addresses are as the linker knew them; a later one (prelink) has moved them if .stapsdt.base is elsewhere than they say.
 *
 * Return: 0; what @fn returned; -EINVAL a broken ELF; another negative errno.
 * Source: SystemTap, "UserSpaceProbeImplementation": notes of the type 3 and the name "stapsdt".
 */
int elf_usdt_walk(const struct sys_elf *elf, const struct sys_elf_segment *loads, size_t load_count,
		  skep_binary_usdt_fn fn, void *userdata);

/*
 * elf_build_id() - the bytes of the note of the linker
 * @ret_id: of @size bytes
 *
 * Return: how many bytes; 0 there is none, or not as many; a negative errno.
 * Source: note NT_GNU_BUILD_ID of the name "GNU".
 */
int elf_build_id(const struct sys_elf *elf, unsigned char *ret_id, size_t size);

#endif
