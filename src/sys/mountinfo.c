/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static int octal(const char *s)
{
	int i, value = 0;

	for (i = 0; i < 3; i++) {
		if (s[i] < '0' || s[i] > '7')
			return 0;
		value = value * 8 + (s[i] - '0');
	}
	return value <= 0xff ? value : 0;
}

/* Puts the bytes in the place of their escapes: \040 is a space. What is no escape stays. */
static void decode(char *s)
{
	unsigned char *to = (unsigned char *)s;
	int byte;

	while (*s) {
		byte = *s == '\\' ? octal(s + 1) : 0;
		*to++ = (unsigned char)(byte ? byte : *s);
		s += byte ? 4 : 1;
	}
	*to = '\0';
}

/* The next field, ended by one space: a field may be empty. Return: NULL: there is none. */
static char *next_field(char **rest)
{
	return *rest ? strsep(rest, " ") : NULL;
}

static int parse_id(const char *field, uint32_t *ret)
{
	char *end;
	unsigned long value;

	if (field[0] < '0' || field[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(field, &end, 10);
	if (*end || errno || value > UINT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)value;
	return 0;
}

/*
 * 36 35 98:0 /root /point options optional... - type source super_options
 *
 * Spaces inside of fields are escaped, so a field "-" can only be the one that ends the optional ones.
 */
static int parse_line(char *line, struct sys_mount *m)
{
	enum {
		ID,
		PARENT,
		DEVICE,
		ROOT,
		POINT,
		OPTIONS,
		COUNT
	};
	char *left[COUNT], *field, *rest = line, *type, *source;
	int i;

	for (i = 0; i < COUNT; i++) {
		left[i] = next_field(&rest);
		if (!left[i])
			return -EINVAL;
	}
	do {
		field = next_field(&rest);
		if (!field)
			return -EINVAL;
	} while (strcmp(field, "-") != 0);
	type = next_field(&rest);
	source = next_field(&rest);
	if (!type || !*type || !source || !rest)
		return -EINVAL;
	if (parse_id(left[ID], &m->id) < 0 || parse_id(left[PARENT], &m->parent_id) < 0 ||
	    !*left[ROOT] || !*left[POINT])
		return -EINVAL;
	decode(left[ROOT]);
	decode(left[POINT]);
	decode(type);
	decode(source);
	m->root = left[ROOT];
	m->point = left[POINT];
	m->options = left[OPTIONS];
	m->type = type;
	m->source = source;
	m->super_options = rest;
	return 0;
}

int sys_mountinfo_parse(char *text, size_t size, sys_mount_fn fn, void *userdata,
			uint64_t *ret_malformed)
{
	char *line = text, *end = text + size, *stop;
	uint64_t malformed = 0;
	int r = 0;

	for (; line < end && r == 0; line = stop + 1) {
		struct sys_mount m;

		stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop) { /* without an end it is not known to be whole */
			malformed++;
			break;
		}
		*stop = '\0';
		if (strlen(line) != (size_t)(stop - line) || parse_line(line, &m) < 0)
			malformed++;
		else
			r = fn(&m, userdata);
	}
	if (ret_malformed)
		*ret_malformed = malformed;
	return r;
}

int sys_mountinfo_read(sys_mount_fn fn, void *userdata)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t size = 0, room = 0;
	ssize_t n;

	/* a thread may have a mount namespace of its own */
	fd = open(SYS_MOUNTINFO, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		if (room - size < 4096) {
			char *more = realloc(text, room ? 2 * room : 16384);

			if (!more)
				return -ENOMEM;
			text = more;
			room = room ? 2 * room : 16384;
		}
		n = read(fd, text + size, room - size);
		if (n < 0 && errno != EINTR)
			return -errno;
		size += n > 0 ? (size_t)n : 0;
	} while (n);
	return sys_mountinfo_parse(text, size, fn, userdata, NULL);
}

int sys_mount_option(const char *options, const char *name, char *buf, size_t size)
{
	size_t name_len = strlen(name), len, value_len;
	const char *at = options;

	for (;; at += len + 1) {
		len = strcspn(at, ",");
		if (len >= name_len && !strncmp(at, name, name_len) &&
		    (len == name_len || at[name_len] == '='))
			break;
		if (!at[len])
			return 0;
	}
	value_len = len > name_len ? len - name_len - 1 : 0;
	if (!size)
		return 1;
	if (value_len > size - 1)
		value_len = size - 1;
	memcpy(buf, at + len - (len > name_len ? len - name_len - 1 : 0), value_len);
	buf[value_len] = '\0';
	decode(buf);
	return 1;
}
