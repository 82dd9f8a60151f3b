/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_LOADED_H
#define SKEP_LOADED_H
/*
 * What has been loaded: names, and the fds of programs and maps.
 *
 * The table owns its fds: programs and maps live as long as it does, or longer if a pin, an attachment or another fd
 * holds them. It comes from skep_object_load(), or from an object that libbpf has loaded.
 *
 * Threads: looking up in several threads at once is fine; taking, committing and closing are not.
 */
#include <skep/base.h>

SKEP_BEGIN

struct bpf_object;
struct skep_error;
struct skep_loaded;
struct skep_map;

/* A program. Strings are borrowed until skep_loaded_close(). */
struct skep_loaded_program {
	const char *name;
	const char *section;
	const char *attach_target; /* what the section says of the hook; "" */
	int32_t fd;                /* borrowed; -1: it was taken */
	uint32_t id;               /* the kernel's number */
	uint32_t type;             /* SKEP_PROG_TYPE_* */
	uint32_t attach_type;      /* SKEP_ATTACH_TYPE_* */
};

/* A map. Strings are borrowed until skep_loaded_close(). */
struct skep_loaded_map {
	const char *name;     /* in the object */
	struct skep_map *map; /* borrowed; skep_map_ref() for more; NULL: it was taken */
	uint32_t kind;        /* enum skep_object_map_kind */
	uint32_t created;     /* 1: by this load; 0: it was there, pinned or given */
};

/**
 * skep_loaded_adopt() - the table of an object that libbpf has loaded
 * @object:     of libbpf, also that of a skeleton; its owner keeps it
 * @ret_loaded: owned by the caller, skep_loaded_close(): it has duplicates of the fds
 *
 * An object that is open and not loaded yet is loaded by this.
 *
 * Return: 0; -ENOENT there is no program in the kernel; with kind SKEP_ERR_VERIFIER the errno of the verifier; else a
 *         negative errno.
 * Source: libbpf, bpf_object__load().
 */
int skep_loaded_adopt(struct bpf_object *object, struct skep_loaded **ret_loaded,
		      struct skep_error *err);

/** skep_loaded_close() - release a table or NULL, with its fds. Return: NULL. */
struct skep_loaded *skep_loaded_close(struct skep_loaded *loaded);

/** skep_loaded_program_count() - Return: how many programs there are. */
size_t skep_loaded_program_count(const struct skep_loaded *loaded);

/**
 * skep_loaded_program_at() - one of the programs
 * @index: from 0, below the count
 *
 * Return: NULL: there are not so many.
 * Source: the table.
 */
const struct skep_loaded_program *skep_loaded_program_at(const struct skep_loaded *loaded,
							 size_t index);

/**
 * skep_loaded_program_find() - the program of a name
 * @name: of it
 *
 * Return: NULL: there is none.
 * Source: the table.
 */
const struct skep_loaded_program *skep_loaded_program_find(const struct skep_loaded *loaded,
							   const char *name);

/** skep_loaded_map_count() - Return: how many maps there are. */
size_t skep_loaded_map_count(const struct skep_loaded *loaded);

/**
 * skep_loaded_map_at() - one of the maps
 * @index: from 0, below the count
 *
 * Return: NULL: there are not so many.
 * Source: the table.
 */
const struct skep_loaded_map *skep_loaded_map_at(const struct skep_loaded *loaded, size_t index);

/**
 * skep_loaded_map_find() - the map of a name
 * @name: of it; of a map of variables that of their section
 *
 * Return: NULL: there is none.
 * Source: the table.
 */
const struct skep_loaded_map *skep_loaded_map_find(const struct skep_loaded *loaded,
						   const char *name);

/**
 * skep_loaded_struct_ops() - what a map of type struct_ops registers
 * @name:      of the map: that of the variable
 * @ret_bytes: of the value: the value size of the map; 0 with NULL
 *
 * The kernel's struct with what the author wrote, and the fds of the programs in the places of functions: the value for
 * skep_struct_ops_attach(). It holds no reference to the programs: they must not have been taken and closed.
 *
 * Return: borrowed until skep_loaded_close(); NULL: no such map, or what it registers is not known: libbpf has loaded it, or
 *         its type is that of a module.
 * Source: the object, and the BTF of the kernel.
 */
const void *skep_loaded_struct_ops(const struct skep_loaded *loaded, const char *name,
				   size_t *ret_bytes);

/**
 * skep_loaded_take_program() - take a program out of the table
 * @name: of the program
 *
 * Return: an fd, owned by the caller; -ENOENT no such program, or it was taken.
 * Source: the table.
 */
int skep_loaded_take_program(struct skep_loaded *loaded, const char *name, struct skep_error *err);

/**
 * skep_loaded_take_map() - take a map out of the table
 * @name:    of the map
 * @ret_map: owned by the caller, skep_map_close()
 *
 * A map that waits for skep_loaded_commit() still gets its name by that.
 *
 * Return: 0; -ENOENT no such map, or it was taken.
 * Source: the table.
 */
int skep_loaded_take_map(struct skep_loaded *loaded, const char *name, struct skep_map **ret_map,
			 struct skep_error *err);

enum skep_loaded_kind {
	SKEP_LOADED_PROGRAM = 1, /* @to is an int *: an fd of its own */
	SKEP_LOADED_MAP = 2,     /* @to is a struct skep_map **: a reference */
	SKEP_LOADED_MAP_FD = 3,  /* @to is an int *: an fd of its own */
};

/* Where a program or map goes in a user's struct. */
struct skep_loaded_member {
	const char *name;
	uint64_t kind; /* enum skep_loaded_kind */
	void *to;
};

/**
 * skep_loaded_assign() - put programs and maps into the members of a user's struct
 * @members: what goes where
 * @count:   of @members
 *
 * What is assigned belongs to the caller: close(2), skep_map_close(). All or none.
 *
 * Return: 0; -ENOENT one of them is not in the table; -EINVAL @members; else a negative errno: then no member is changed.
 * Source: fcntl(2) F_DUPFD_CLOEXEC.
 */
int skep_loaded_assign(const struct skep_loaded *loaded, const struct skep_loaded_member *members,
		       size_t count, struct skep_error *err);

/**
 * skep_loaded_commit() - let maps that replace pinned ones take their names
 *
 * To be called when all programs are attached. Each name changes hands in one step; after a failure those that have
 * changed hands get their old maps back.
 *
 * Return: how many; 0 none waits; -ESTALE; else a negative errno; kind SKEP_ERR_PARTIAL: some could not be given back.
 * Source: renameat2(2).
 */
int skep_loaded_commit(struct skep_loaded *loaded, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_loaded, skep_loaded_close) /* skep_loaded_closep() */
SKEP_END
#endif
