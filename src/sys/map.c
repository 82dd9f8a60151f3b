/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/sys_map.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/fdinfo.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/error.h"
#include "sys/capability.h"
#include "sys/fail.h"
#include "sys/map_value.h"
#include "sys/memlock.h"

#define FLAGS_SHOWN 40 /* characters of a list of flags in a message */

static int is_name(const char *name, size_t size)
{
	size_t i;

	for (i = 0; i < size && name[i]; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.",
			    name[i]))
			return 0;
	return 1;
}

/* What no kernel takes. Return: words; NULL: it is something else. */
static const char *find_invalid(const struct skep_attr_map_create *attr)
{
	const uint32_t type = attr->map_type, facts = skep_map_type_facts(type);

	if (!is_name(attr->map_name, sizeof(attr->map_name)))
		return "a name has letters, digits, '_' and '.'";
	if (facts & SKEP_MAP_FACT_STORAGE && type != SKEP_MAP_TYPE_CGROUP_STORAGE &&
	    type != SKEP_MAP_TYPE_PERCPU_CGROUP_STORAGE && !attr->btf_key_type_id)
		return "it takes the BTF of keys and values";
	if (facts & SKEP_MAP_FACT_KEYLESS && attr->key_size)
		return "it has no keys";
	if (skep_map_type_is_indexed(type) && attr->key_size != 4)
		return "its keys have 4 bytes";
	if (type == SKEP_MAP_TYPE_HASH || type == SKEP_MAP_TYPE_LRU_HASH ||
	    type == SKEP_MAP_TYPE_PERCPU_HASH || type == SKEP_MAP_TYPE_LRU_PERCPU_HASH ||
	    type == SKEP_MAP_TYPE_LPM_TRIE || type == SKEP_MAP_TYPE_ARRAY) {
		if (!attr->key_size || !attr->value_size)
			return "keys and values have at least 1 byte";
	}
	if (!attr->max_entries && type != SKEP_MAP_TYPE_UNSPEC &&
	    !(facts & SKEP_MAP_FACT_STORAGE) && type != SKEP_MAP_TYPE_CGROUP_STORAGE &&
	    type != SKEP_MAP_TYPE_PERCPU_CGROUP_STORAGE)
		return "it has room for nothing";
	return NULL;
}

/* The kernel does not say which of them it does not like; some it can be said of. */
static int fail_invalid(struct skep_error *err, int code, const struct skep_attr_map_create *attr,
			const char *type)
{
	const char *why = find_invalid(attr);
	char flags[SKEP_KABI_FLAGS_SIZE] = "";
	int len;

	if (!skep_kabi_find(SKEP_KABI_MAP_TYPE, attr->map_type) || !attr->map_type)
		return skep_fail(err, code, SKEP_ERR_INVALID, "create map '%.16s': %s is no type.",
				 attr->map_name, type);
	len = skep_map_flags_format(attr->map_flags, flags, sizeof(flags));
	if (len < 0 || len > FLAGS_SHOWN) /* the reason counts, and the record has its end */
		snprintf(flags, sizeof(flags), "%#x", attr->map_flags);
	return skep_fail(
		err, code, SKEP_ERR_INVALID,
		"create map '%.16s': %s (%s, keys of %u bytes, values of %u, max_entries %u, "
		"flags %s).",
		attr->map_name,
		why ? why
		    : "a number or a flag is not valid for the type, or this kernel does not know "
		      "the type",
		type, attr->key_size, attr->value_size, attr->max_entries, flags);
}

static int fail_create(struct skep_error *err, int code, const struct skep_attr_map_create *attr)
{
	const uint64_t needed = skep_map_type_capabilities(attr->map_type);
	char buf[SKEP_NAME_SIZE];
	const char *type = skep_map_type_name(attr->map_type, buf);

	/* before 5.11 a map counts against the limit, and what goes beyond is "not permitted" */
	if (code == -EPERM && !sys_capabilities_missing(needed) && sys_memlock_is_finite())
		return skep_fail(err, code, SKEP_ERR_PERMISSION,
				 "create map '%.16s' (%s): refused. Before Linux 5.11 maps count "
				 "against RLIMIT_MEMLOCK: raise it (later: a user namespace, "
				 "lockdown or a security module).",
				 attr->map_name, type);
	if (code == -ENOMEM)
		return skep_fail(err, code, SKEP_ERR_NO_MEMORY,
				 "create map '%.16s' (%s, max_entries %u)", attr->map_name, type,
				 attr->max_entries);
	if (code == -E2BIG)
		return skep_fail(
			err, code, SKEP_ERR_INVALID,
			"create map '%.16s' (%s, keys of %u bytes, values of %u, max_entries %u): "
			"larger than the kernel makes maps, or it does not know a member of the "
			"attribute that is set.",
			attr->map_name, type, attr->key_size, attr->value_size, attr->max_entries);
	if (code == -EINVAL)
		return fail_invalid(err, code, attr, type);
	return sys_fail(err, code, needed,
			"create map '%.16s' (%s, keys of %u bytes, values of %u, max_entries %u)",
			attr->map_name, type, attr->key_size, attr->value_size, attr->max_entries);
}

int skep_sys_map_create(const struct skep_attr_map_create *attr, size_t attr_bytes,
			struct skep_error *err)
{
	struct skep_attr_map_create given = { 0 };
	int r;

	if (attr_bytes < offsetof(struct skep_attr_map_create, map_ifindex))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "create map: %zu bytes are no attribute.", attr_bytes);
	r = skep_sys_bpf(SKEP_COMMAND_MAP_CREATE, (void *)attr, attr_bytes);
	if (r >= 0)
		return r;
	memcpy(&given, attr, attr_bytes < sizeof(given) ? attr_bytes : sizeof(given));
	return fail_create(err, r, &given);
}

int skep_sys_map_is_full(uint32_t map_type, int code)
{
	switch (map_type) {
	case SKEP_MAP_TYPE_LPM_TRIE:
		return code == -ENOSPC || code == -ENOMEM;
	case SKEP_MAP_TYPE_SOCKMAP:
	case SKEP_MAP_TYPE_SOCKHASH:
	case SKEP_MAP_TYPE_DEVMAP:
	case SKEP_MAP_TYPE_DEVMAP_HASH:
		return code == -E2BIG || code == -ENOSPC;
	default:
		return code == -E2BIG || code == -ENOMEM;
	}
}

/* What an element operation could not do, with the map's name and size. */
static int fail_full(struct skep_error *err, const struct skep_map_info *map, const char *what,
		     int code)
{
	if (skep_map_type_is_indexed(map->type))
		return skep_fail(err, code, SKEP_ERR_INVALID,
				 "%s map '%s': the key is out of range (max_entries %u).", what,
				 map->name, map->max_entries);
	if (code == -ENOMEM)
		return skep_fail(err, code, SKEP_ERR_NO_MEMORY, "%s map '%s' (max_entries %u)",
				 what, map->name, map->max_entries);
	return skep_fail(err, code, SKEP_ERR_NO_SPACE,
			 "%s map '%s': the map is full (max_entries %u).", what, map->name,
			 map->max_entries);
}

/* EPERM says nothing of what is missing: a frozen map takes no change from anybody. */
static int is_frozen(int fd)
{
	struct skep_fdinfo info;

	return skep_fdinfo_read(0, fd, &info, NULL) == 0 && info.frozen;
}

int skep_sys_map_fail(struct skep_error *err, int fd, const char *what, int code)
{
	const uint64_t needed = skep_operation_capabilities(SKEP_OPERATION_MAP_ACCESS);
	struct skep_map_info map = { 0 };

	if (skep_sys_map_info(fd, &map, sizeof(map)) < 0)
		return sys_fail(err, code, needed, "%s map", what);
	if (code == -ENOSPC && sys_map_hides_sockets(&map))
		return sys_map_fail_hidden(err, code, &map, what);
	if (skep_sys_map_is_full(map.type, code))
		return fail_full(err, &map, what, code);
	switch (code) {
	case -ENOENT:
		return skep_fail(err, code, SKEP_ERR_NOT_FOUND, "%s map '%s': %s.", what, map.name,
				 skep_map_type_is_keyless(map.type) ? "it is empty"
								    : "no such key");
	case -EPERM:
		if (is_frozen(fd))
			return skep_fail(err, code, SKEP_ERR_CONFLICT, "%s map '%s': it is frozen.",
					 what, map.name);
		return sys_fail(err, code, needed, "%s map '%s'", what, map.name);
	case -EEXIST:
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "%s map '%s': the key is there already.", what, map.name);
	default:
		return sys_fail(err, code, needed, "%s map '%s'", what, map.name);
	}
}

/* Frozen maps, maps that are written, and fds for reading only have one word of the kernel, or two. */
static int fail_freeze(struct skep_error *err, int fd, int code)
{
	struct skep_map_info map = { 0 };

	skep_sys_map_info(fd, &map, sizeof(map));
	if (is_frozen(fd))
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "freeze map '%s': it is frozen already.", map.name);
	if (code == -EBUSY)
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "freeze map '%s': somebody has it mapped for writing, or writes "
				 "to it now.",
				 map.name);
	if (code == -EPERM && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return skep_fail(err, code, SKEP_ERR_CONFLICT,
				 "freeze map '%s': its fd is for reading only.", map.name);
	return skep_sys_map_fail(err, fd, "freeze", code);
}

int skep_sys_map_freeze(int fd, struct skep_error *err)
{
	uint32_t attr = (uint32_t)fd;
	int r = skep_sys_bpf(SKEP_COMMAND_MAP_FREEZE, &attr, sizeof(attr));

	return r < 0 ? fail_freeze(err, fd, r) : 0;
}
