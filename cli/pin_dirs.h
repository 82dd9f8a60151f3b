/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_PIN_DIRS_H
#define CLI_PIN_DIRS_H
/*
 * Directories that are made for a pin, and go again if what was pinned is taken back.
 */
#include <stddef.h>

struct skep_bpffs;

/* How much of the path of a directory is there, before anything is made, be it a directory or not. Return: bytes of @dir. */
size_t pin_dirs_there(const struct skep_bpffs *bpffs, const char *dir);

/* Removes the directories beyond the first @there_bytes of @dir that are empty: one in which somebody else pins stays. */
void pin_dirs_remove(const struct skep_bpffs *bpffs, const char *dir, size_t there_bytes);

#endif
