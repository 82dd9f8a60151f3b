/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/kernel_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <zlib.h>

#include "base/cleanup.h"

#define FIRST_ROOM (512ul * 1024) /* distributions' have 300 KiB */
#define MOST (8ul * 1024 * 1024)

static inline void cleanup_gzclose(gzFile *file)
{
	if (*file)
		gzclose_r(*file);
}

/* Return: bytes, fewer than @size only at the end; a negative errno. */
static int read_some(gzFile file, char *buf, size_t size)
{
	int n = gzread(file, buf, (unsigned)size), code;

	gzerror(file, &code);
	if (code == Z_ERRNO)
		return -errno;
	if (code == Z_MEM_ERROR)
		return -ENOMEM;
	return n < 0 || code != Z_OK ? -EBADMSG : n;
}

int sys_kernel_config_load(const char *path, char **ret_text, size_t *ret_size)
{
	_cleanup_(cleanup_gzclose) gzFile file = NULL;
	_cleanup_free_ char *text = NULL;
	size_t room = FIRST_ROOM, size = 0;
	int n;

	errno = ENOMEM; /* that is what it means if gzopen() does not set it */
	file = gzopen(path, "re");
	if (!file)
		return -errno;
	do {
		char *grown = realloc(text, room);

		if (!grown)
			return -ENOMEM;
		text = grown;
		n = read_some(file, text + size, room - size);
		if (n < 0)
			return n;
		size += (size_t)n;
		room *= 2;
		if (room > 2 * MOST)
			return -EFBIG;
	} while (size == room / 2);
	*ret_text = take_ptr(text);
	*ret_size = size;
	return 0;
}

int sys_kernel_config_read(char **ret_text, size_t *ret_size)
{
	char boot[128], modules[128];
	const char *const paths[] = { "/proc/config.gz", boot, modules };
	struct utsname host;
	size_t i;
	int r;

	uname(&host);
	snprintf(boot, sizeof(boot), "/boot/config-%s", host.release);
	snprintf(modules, sizeof(modules), "/lib/modules/%s/config", host.release);
	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		r = sys_kernel_config_load(paths[i], ret_text, ret_size);
		if (r == 0 || r == -ENOMEM)
			return r;
	}
	return -ENOENT;
}

int sys_kernel_config_find(const char *text, size_t size, const char *option, char *ret_value,
			   size_t value_size)
{
	const char *end = text + size, *line_end;
	size_t name_len = strlen(option), len;

	for (; text < end; text = line_end + 1) {
		line_end = memchr(text, '\n', (size_t)(end - text));
		if (!line_end)
			line_end = end;
		if ((size_t)(line_end - text) <= name_len || text[name_len] != '=' ||
		    memcmp(text, option, name_len) != 0)
			continue;
		text += name_len + 1;
		len = (size_t)(line_end - text);
		if (len >= value_size)
			return -ENOSPC;
		memcpy(ret_value, text, len);
		ret_value[len] = '\0';
		return 0;
	}
	return -ENOENT;
}
