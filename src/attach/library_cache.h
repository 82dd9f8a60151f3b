/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_LIBRARY_CACHE_H
#define ATTACH_LIBRARY_CACHE_H
/* /etc/ld.so.cache: where the loader finds libraries. */
#include <stddef.h>

/* @name: "libc.so.6"; @path: its file. Non-zero ends the walk and is returned. */
typedef int (*library_fn)(const char *name, const char *path, void *userdata);

/*
 * library_cache_walk() - visit the libraries of a cache, of any kind of processor
 * @data: of @size bytes, the last of which is NUL
 *
 * Return: 0; what @fn returned; -EINVAL it is no such cache, or one of another byte order.
 * Source: glibc, sysdeps/generic/dl-cache.h: the format "glibc-ld.so.cache1.1", alone or behind the older "ld.so-1.7.0".
 */
int library_cache_walk(const unsigned char *data, size_t size, library_fn fn, void *userdata);

#endif
