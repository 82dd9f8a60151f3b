/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probing: types of maps, and what stands in for one that is missing. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi/map_flag.h>
#include <skep/kabi/map_type.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "sys/feature.h"

enum special {
	PLAIN,
	PAGE,       /* as many bytes as a page has */
	INNER,      /* a map within */
	TYPED,      /* key and value have a type */
	STRUCT_OPS, /* a type of the kernel */
};

/* The smallest map of each type. Types without a row: key and value of 4 bytes, one element. */
static const struct recipe {
	uint32_t key_size, value_size, max_entries, flags;
	enum special special;
} recipes[] = {
	[SKEP_MAP_TYPE_HASH] = { 4, 4, 1, 0, PLAIN },
	[SKEP_MAP_TYPE_STACK_TRACE] = { 4, 8, 1, 0, PLAIN },
	[SKEP_MAP_TYPE_LPM_TRIE] = { 8, 4, 1, SKEP_MAP_FLAG_NO_PREALLOC, PLAIN },
	[SKEP_MAP_TYPE_ARRAY_OF_MAPS] = { 4, 4, 1, 0, INNER },
	[SKEP_MAP_TYPE_HASH_OF_MAPS] = { 4, 4, 1, 0, INNER },
	[SKEP_MAP_TYPE_CGROUP_STORAGE] = { 16, 8, 0, 0, PLAIN },
	[SKEP_MAP_TYPE_PERCPU_CGROUP_STORAGE] = { 16, 8, 0, 0, PLAIN },
	[SKEP_MAP_TYPE_QUEUE] = { 0, 4, 1, 0, PLAIN },
	[SKEP_MAP_TYPE_STACK] = { 0, 4, 1, 0, PLAIN },
	[SKEP_MAP_TYPE_SK_STORAGE] = { 4, 4, 0, SKEP_MAP_FLAG_NO_PREALLOC, TYPED },
	[SKEP_MAP_TYPE_STRUCT_OPS] = { 4, 4, 1, 0, STRUCT_OPS },
	[SKEP_MAP_TYPE_RINGBUF] = { 0, 0, 0, 0, PAGE },
	[SKEP_MAP_TYPE_INODE_STORAGE] = { 4, 4, 0, SKEP_MAP_FLAG_NO_PREALLOC, TYPED },
	[SKEP_MAP_TYPE_TASK_STORAGE] = { 4, 4, 0, SKEP_MAP_FLAG_NO_PREALLOC, TYPED },
	[SKEP_MAP_TYPE_BLOOM_FILTER] = { 0, 4, 1, 0, PLAIN },
	[SKEP_MAP_TYPE_USER_RINGBUF] = { 0, 0, 0, 0, PAGE },
	[SKEP_MAP_TYPE_CGRP_STORAGE] = { 4, 4, 0, SKEP_MAP_FLAG_NO_PREALLOC, TYPED },
	[SKEP_MAP_TYPE_ARENA] = { 0, 0, 1, SKEP_MAP_FLAG_MMAPABLE, PLAIN },
	[SKEP_MAP_TYPE_INSN_ARRAY] = { 4, 16, 1, 0, PLAIN },
	[SKEP_MAP_TYPE_RHASH] = { 4, 4, 1, SKEP_MAP_FLAG_NO_PREALLOC, PLAIN },
};

/* "int", four bytes. */
static int load_int_type(const struct skep_features *f)
{
	static const uint32_t words[] = { 1, 1u << 24, 4, 1u << 24 | 32 };
	static const char strings[] = "\0int";

	return sys_feature_btf_load(f, words, sizeof(words), strings, sizeof(strings));
}

static int create(const struct skep_features *f, uint32_t type, const struct recipe *recipe)
{
	_cleanup_close_ int inner_fd = -1, btf_fd = -1;
	struct skep_attr_map_create inner = {
		.map_type = SKEP_MAP_TYPE_HASH, .key_size = 4, .value_size = 4, .max_entries = 1
	};
	struct skep_attr_map_create attr = { .map_type = type,
					     .key_size = recipe->key_size,
					     .value_size = recipe->value_size,
					     .max_entries = recipe->max_entries,
					     .map_flags = recipe->flags };

	switch (recipe->special) {
	case PAGE:
		attr.max_entries = (uint32_t)sysconf(_SC_PAGESIZE);
		break;
	case INNER:
		inner_fd = sys_feature_map_create(f, &inner);
		if (inner_fd < 0)
			return inner_fd;
		attr.inner_map_fd = (uint32_t)inner_fd;
		break;
	case TYPED:
		btf_fd = load_int_type(f);
		if (btf_fd < 0)
			return btf_fd;
		attr.btf_fd = (uint32_t)btf_fd;
		attr.btf_key_type_id = 1;
		attr.btf_value_type_id = 1;
		break;
	case STRUCT_OPS:
		attr.btf_vmlinux_value_type_id = 1; /* which is no such struct */
		break;
	default:
		break;
	}
	return sys_feature_map_create(f, &attr);
}

int sys_feature_ask_map_type(struct skep_features *f, uint32_t type, struct skep_error *err)
{
	static const struct recipe plain = { 4, 4, 1, 0, PLAIN };
	const struct recipe *recipe = &plain;
	_cleanup_close_ int fd = -1;
	char what[64], name[SKEP_NAME_SIZE];

	if (type < ARRAY_SIZE(recipes) &&
	    (recipes[type].value_size || recipes[type].special || recipes[type].max_entries))
		recipe = &recipes[type];
	fd = create(f, type, recipe);
	/* a kernel with struct_ops looks for the struct, and says that this is none */
	if (recipe->special == STRUCT_OPS && fd == -EOPNOTSUPP)
		return 1;
	snprintf(what, sizeof(what), "map type %s", skep_map_type_name(type, name));
	return sys_feature_told(err, fd, SKEP_CAPABILITY_BIT(BPF), what);
}

/* The operations are the same, the semantics are the next best. */
static const struct {
	uint32_t type, instead;
} fallbacks[] = {
	{ SKEP_MAP_TYPE_LRU_HASH, SKEP_MAP_TYPE_HASH },
	{ SKEP_MAP_TYPE_LRU_PERCPU_HASH, SKEP_MAP_TYPE_PERCPU_HASH },
	{ SKEP_MAP_TYPE_LPM_TRIE, SKEP_MAP_TYPE_HASH },
};

/* For the words alone: what a program would have to be rewritten for. */
static const char *alternative(uint32_t type)
{
	return type == SKEP_MAP_TYPE_RINGBUF ? " (a perf event array does a similar job)" : "";
}

int skep_feature_map_type_or_fallback(struct skep_features *f, uint32_t map_type,
				      uint32_t *ret_map_type, struct skep_error *err)
{
	char name[SKEP_NAME_SIZE], instead[SKEP_NAME_SIZE];
	size_t i;
	int r = skep_feature_map_type(f, map_type, err);

	if (r < 0)
		return r;
	if (r > 0) {
		*ret_map_type = map_type;
		return 1;
	}
	for (i = 0; i < ARRAY_SIZE(fallbacks); i++) {
		if (fallbacks[i].type != map_type)
			continue;
		r = skep_feature_map_type(f, fallbacks[i].instead, err);
		if (r < 0)
			return r;
		if (r > 0) {
			*ret_map_type = fallbacks[i].instead;
			return 0;
		}
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has neither maps of type %s nor %s.",
				 skep_map_type_name(map_type, name),
				 skep_map_type_name(fallbacks[i].instead, instead));
	}
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 "this kernel has no maps of type %s, and nothing stands in for them%s.",
			 skep_map_type_name(map_type, name), alternative(map_type));
}
