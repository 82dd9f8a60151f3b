/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/sys_map.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <skep/kabi/command.h>
#include <skep/sys.h>

#include "base/cleanup.h"

/* The kernel writes to none of these attributes. */
int skep_sys_map_element_attr(uint32_t command, const struct skep_attr_map_element *attr)
{
	return skep_sys_bpf(command, (void *)attr, sizeof(*attr));
}

static int element(uint32_t command, int fd, const void *key, const void *value, uint64_t flags)
{
	const struct skep_attr_map_element attr = {
		.map_fd = (uint32_t)fd,
		.key = SKEP_ATTR_POINTER(key),
		.value = SKEP_ATTR_POINTER(value),
		.flags = flags,
	};

	return skep_sys_map_element_attr(command, &attr);
}

int skep_sys_map_lookup(int fd, const void *key, void *ret_value, uint64_t flags)
{
	return element(SKEP_COMMAND_MAP_LOOKUP_ELEM, fd, key, ret_value, flags);
}

int skep_sys_map_update(int fd, const void *key, const void *value, uint64_t flags)
{
	return element(SKEP_COMMAND_MAP_UPDATE_ELEM, fd, key, value, flags);
}

int skep_sys_map_delete(int fd, const void *key)
{
	return element(SKEP_COMMAND_MAP_DELETE_ELEM, fd, key, NULL, 0);
}

int skep_sys_map_next_key(int fd, const void *key, void *ret_next_key)
{
	return element(SKEP_COMMAND_MAP_GET_NEXT_KEY, fd, key, ret_next_key, 0);
}

int skep_sys_map_lookup_and_delete(int fd, const void *key, void *ret_value, uint64_t flags)
{
	return element(SKEP_COMMAND_MAP_LOOKUP_AND_DELETE_ELEM, fd, key, ret_value, flags);
}

/* A look-up without room for the value: the kernel fails to write it (EFAULT) only where the key is there. */
static int key_is_absent(int fd, const void *key)
{
	int r = element(SKEP_COMMAND_MAP_LOOKUP_ELEM, fd, key, NULL, 0);

	if (r == -ENOENT)
		return 1;
	return r == -EFAULT ? 0 : r;
}

static int first_key_without_null(int fd, size_t key_size, void *ret_next_key)
{
	static const unsigned char patterns[] = { 0x00, 0xff, 0x55 };
	_cleanup_free_ void *key = malloc(key_size);
	size_t i;
	int r;

	if (!key)
		return -ENOMEM;
	for (i = 0; i <= ARRAY_SIZE(patterns); i++) {
		if (i < ARRAY_SIZE(patterns))
			memset(key, patterns[i], key_size);
		else if (getrandom(key, key_size, 0) < 0)
			return -errno;
		r = key_is_absent(fd, key);
		if (r > 0)
			return skep_sys_map_next_key(fd, key, ret_next_key);
		if (r < 0)
			return r;
	}
	return -EFAULT;
}

int skep_sys_map_first_key(int fd, size_t key_size, void *ret_next_key)
{
	int r = skep_sys_map_next_key(fd, NULL, ret_next_key);

	if (r != -EFAULT || !key_size)
		return r;
	return first_key_without_null(fd, key_size, ret_next_key);
}
