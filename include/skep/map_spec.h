/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_SPEC_H
#define SKEP_MAP_SPEC_H
/*
 * What a map shall be, and whether a map that exists is that.
 *
 * A spec says what a program wants. The kernel does not always give exactly that: it rounds sizes and adds flags. So both
 * sides are brought to what the kernel makes of them before they are compared; what differs then is a difference indeed.
 */
#include <skep/base.h>
#include <skep/kabi/map_flag.h>
#include <skep/kabi_info.h>

SKEP_BEGIN

struct skep_error;

/* Flags of the fd, or of the call, that makes a map: the kernel keeps them with no map. */
#define SKEP_MAP_FLAGS_NOT_KEPT \
	((uint64_t)(SKEP_MAP_FLAG_RDONLY | SKEP_MAP_FLAG_WRONLY | SKEP_MAP_FLAG_TOKEN_FD))

/* Zero is the default of every member. */
struct skep_map_spec {
	size_t sz;            /* sizeof(struct skep_map_spec) */
	const char *name;     /* in the kernel, which keeps 15 characters; NULL: none */
	uint64_t type;        /* SKEP_MAP_TYPE_* */
	uint64_t key_size;    /* bytes; 0 where the type leaves no choice */
	uint64_t value_size;  /* bytes; likewise */
	uint64_t max_entries; /* of a perf event array 0: the possible CPUs */
	uint64_t flags;       /* SKEP_MAP_FLAG_* */
	uint64_t map_extra;   /* bloom filter: hash functions; arena: user address */
	uint64_t numa_node;   /* with SKEP_MAP_FLAG_NUMA_NODE */
	uint64_t ifindex;     /* of the device that a map is offloaded to */
	uint64_t btf_fd;      /* borrowed; 0: none */
	uint64_t btf_key_type_id;
	uint64_t btf_value_type_id;
	uint64_t btf_vmlinux_value_type_id;
	uint64_t token_fd; /* borrowed; 0: none */
	const struct skep_map_spec
		*inner; /* of a map of maps: what its values are like; borrowed */
};

/**
 * skep_map_spec_normalise() - what the kernel would make of a spec
 * @spec:     a spec
 * @ret_spec: the same with the sizes that its type forces, max_entries as the kernel rounds it, and the flags that the
 *            kernel adds; strings and inner are those of @spec
 *
 * Return: 0; -EINVAL @spec is none, or a size is beyond 32 bits; -E2BIG a newer @spec.
 * Source: kernel/bpf/{hashtab,devmap,ringbuf,arraymap}.c, the functions that allocate.
 */
int skep_map_spec_normalise(const struct skep_map_spec *spec, struct skep_map_spec *ret_spec,
			    struct skep_error *err);

/* A property that differs. */
struct skep_map_difference {
	const char *
		property; /* "type", "key_size", "value_size", "max_entries", "flags", "map_extra"; "inner_type" ... */
	uint64_t wanted;
	uint64_t found;
};

#define SKEP_MAP_DIFFERENCES 16 /* there are never more */

/**
 * skep_map_spec_compare() - in what a map differs from a spec
 * @spec:            what is wanted
 * @info:            what there is, of skep_sys_map_info()
 * @info_bytes:      what that returned
 * @ignored_flags:   SKEP_MAP_FLAG_* that do not count
 * @ret_differences: room for SKEP_MAP_DIFFERENCES; NULL: not wanted
 *
 * The name does not count, nor does what an older kernel does not tell. Of inner maps @info says nothing:
 * skep_map_compare().
 *
 * Return: how many differences there are; 0 none; -EINVAL, -E2BIG as skep_map_spec_normalise().
 * Source: skep_map_spec_normalise().
 */
int skep_map_spec_compare(const struct skep_map_spec *spec, const struct skep_map_info *info,
			  size_t info_bytes, uint64_t ignored_flags,
			  struct skep_map_difference *ret_differences, struct skep_error *err);

/**
 * skep_map_spec_of() - the spec of a map that exists
 * @info:     of skep_sys_map_info()
 * @ret_spec: what would make such a map again; its name is that in @info; without BTF, token and inner
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD.
 */
void skep_map_spec_of(const struct skep_map_info *info, struct skep_map_spec *ret_spec);

SKEP_END
#endif
