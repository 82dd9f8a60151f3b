/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_LOAD_H
#define OBJECT_LOAD_H
/* One attempt to load an object: what the files load*.c share. */
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "object/object.h"
#include "sys/libbpf_print.h"

struct skep_map;

/* What becomes of a map of the object. */
struct load_map {
	struct bpf_map *map; /* of libbpf; resolved at once: reusing an fd renames it */
	struct skep_map
		*given; /* it is there already, or was made before programs: not by libbpf */
	int created;    /* by this load */
	int pin, stage; /* it gets a name: at the end of the load; with the commit */
	char *path;     /* that name, relative to the bpffs */
	int inner_fd;   /* of a map to go by; -1: none */
};

struct load {
	struct skep_object *o;
	const struct skep_object_load_opts *opts;
	struct skep_error *err;
	struct bpf_object *opened;
	struct bpf_program **programs; /* of libbpf, as those of the object */
	struct load_map *maps;         /* as those of the object */
	struct sys_libbpf_print print;
	char *log; /* of the verifier: programs are verified one after the other, one at most is refused */
	size_t log_bytes; /* of it */
	char **logs;      /* of each program, if all are wanted; NULL */
	int quiet;        /* 1: no log, for the errno alone */
	uint64_t started_ns;
};

/* Maps that are there, or have to be there before programs: replaced, pinned, filled, frozen. Return: 0; an error. */
int load_prepare_maps(struct load *l);

/* The maps of libbpf's object become what the specs say. Return: 0; an error. */
int load_apply_maps(struct load *l);

/* What is done with maps once programs are loaded: names, elements of arrays of programs and of maps of maps. */
int load_finish_maps(struct load *l, struct skep_loaded *loaded);
void load_free_maps(struct load *l);

/*
 * load_struct_ops() - what a table of functions is to register, once its programs are loaded
 * @map_fd: of the map
 * @loaded: has the programs; its last map gets it
 *
 * Return: 0, without it if the kernel itself does not know the table; -EINVAL this kernel's table is another one; else a
 * negative errno.
 */
int load_struct_ops(struct load *l, const struct object_map *m, int map_fd,
		    struct skep_loaded *loaded);

/* Says why libbpf failed to load; @log is the verifier's, or "". Return: @code, or the errno that fits better. */
int load_fail(struct load *l, int code, const char *log);

#endif
