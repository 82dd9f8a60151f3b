/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_OUT_FILE_H
#define CLI_OUT_FILE_H
/*
 * Files that the command writes as a whole.
 */
#include <stddef.h>

/* Is a path standard output: "-", or another name of it? Return: 1; 0. */
int out_file_is_stdout(const char *path);

/* Tells what is written. Return: 0; else the output is lost, and the file shall not be. */
typedef int (*out_file_tell_fn)(void *userdata);

/*
 * out_file_write() - write a file
 * @path: "-": standard output
 * @tell: called when all is written, and before a file takes its name; NULL: nothing is told
 *
 * A file is written beside its name and then takes it, with the mode and the owner of what it replaces: whoever reads it
 * sees the old one or the new one. Behind a symbolic link that is the file to which it leads. What is there and no file, such
 * as a device or a FIFO, is written to.
 *
 * Return: 0; a negative errno; what @tell returned.
 */
int out_file_write(const char *path, const void *data, size_t size, out_file_tell_fn tell,
		   void *userdata);

#endif
