/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_LIST_H
#define SKEP_MAP_LIST_H
/*
 * The maps of the host: what they are, and what keeps them: processes with an fd, pins, programs.
 *
 * A list is made in one pass over the maps, one over the processes, one over every bpffs and one over the programs, so it
 * is of a moment only as far as nothing changes meanwhile. No more than a few fds are open at a time, however many maps
 * there are; of prog arrays up to 64, for some milliseconds, as Linux (6.18) keeps for good a prog array that somebody
 * opens and closes at the moment at which its owner lets go of it.
 */
#include <skep/base.h>
#include <skep/kabi_info.h>

SKEP_BEGIN

struct skep_error;
struct skep_map_list;

/* What to leave out. */
#define SKEP_MAP_LIST_NO_MEMORY (1u << 0)  /* memory_bytes and frozen */
#define SKEP_MAP_LIST_NO_HOLDERS (1u << 1) /* processes */
#define SKEP_MAP_LIST_NO_PINS (1u << 2)
#define SKEP_MAP_LIST_NO_PROGS (1u << 3)

struct skep_map_list_opts {
	size_t sz;      /* sizeof(struct skep_map_list_opts) */
	uint64_t flags; /* SKEP_MAP_LIST_* */
	uint64_t id;    /* of the only map that is wanted; 0: all */
	uint64_t
		count_bytes; /* count the elements of maps with room for at most so many bytes of them; 0: of none */
};

/* A process that holds a map: by the fd with the smallest number, if it has several. */
struct skep_map_holder {
	uint32_t map_id;
	uint32_t pid; /* in the pid namespace of /proc */
	uint32_t fd;
	uint32_t fd_count; /* fds of this process on this map */
	char name[16];     /* of the process: /proc/PID/comm */
};

/* A name of a map. */
struct skep_map_pinned {
	uint32_t map_id;
	uint32_t pad;
	const char *path; /* absolute */
};

/* A program that uses a map. */
struct skep_map_user {
	uint32_t map_id;
	uint32_t prog_id;
	uint32_t prog_type; /* SKEP_PROG_TYPE_* */
	char name[SKEP_OBJ_NAME_LEN];
};

/* A map. What it points to is the list's. */
struct skep_map_list_entry {
	struct skep_map_info info;
	uint64_t memory_bytes; /* as the kernel counts them; 0: it does not tell */
	uint64_t frozen;       /* 1: user space writes no more */
	int64_t count;         /* elements; -ENODATA not counted; another negative errno: why not */
	uint64_t count_source; /* enum skep_map_count_source, where it comes from; 0: not counted */
	const struct skep_map_holder *holders;
	uint64_t holder_count;
	const struct skep_map_pinned *pins;
	uint64_t pin_count;
	const struct skep_map_user *users;
	uint64_t user_count;
};

/* What could not be looked at: holders and pins may be missing that are there. */
struct skep_map_list_gaps {
	uint64_t processes; /* whose fds may not be seen */
	uint64_t pins;      /* that could not be opened */
	uint64_t mounts;    /* of a bpffs, that could not be read */
	uint64_t
		capabilities; /* that would show those processes; 0: they are held, and something else is in the way */
};

/**
 * skep_map_list_new() - the maps of the host
 * @opts:     NULL for defaults: all of them and all about them, but nothing is counted
 * @ret_list: owned by the caller, skep_map_list_free()
 *
 * Return: 0; -EPERM needs CAP_SYS_ADMIN; -ENOENT there is no map of that id; -ENODEV /proc is not procfs; -ENOMEM;
 *         -EINVAL unknown flags; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_MAP_GET_NEXT_ID, BPF_PROG_GET_NEXT_ID; proc_pid_fdinfo(5).
 */
int skep_map_list_new(const struct skep_map_list_opts *opts, struct skep_map_list **ret_list,
		      struct skep_error *err);

/** skep_map_list_free() - release a list, or NULL. Return: NULL. */
struct skep_map_list *skep_map_list_free(struct skep_map_list *list);

/**
 * skep_map_list_entries() - all of them
 * @ret_count: how many
 *
 * Return: maps in the order of their ids; borrowed until skep_map_list_free().
 * Source: skep_map_list_new().
 */
const struct skep_map_list_entry *skep_map_list_entries(const struct skep_map_list *list,
							size_t *ret_count);

/**
 * skep_map_list_find() - one of them
 * @id: of the map
 *
 * Return: borrowed until skep_map_list_free(); NULL: it is not in the list.
 * Source: skep_map_list_new().
 */
const struct skep_map_list_entry *skep_map_list_find(const struct skep_map_list *list, uint32_t id);

/** skep_map_list_gaps() - Return: what could not be looked at; borrowed until skep_map_list_free(). */
const struct skep_map_list_gaps *skep_map_list_gaps(const struct skep_map_list *list);

SKEP_DEFINE_CLEANUP(struct skep_map_list, skep_map_list_free) /* skep_map_list_freep() */
SKEP_END
#endif
