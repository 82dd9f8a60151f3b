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
	int convert;    /* what is pinned is converted */
	char *path;     /* that name, relative to the bpffs */
	int inner_fd;   /* of a map to go by; -1: none */
};

struct load {
	struct skep_object *o;
	const struct skep_object_load_opts *opts;
	struct skep_error *err;
	struct bpf_object *opened;
	struct bpf_object *early; /* NULL; of maps alone, that have to be there before programs */
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

/*
 * load_early_maps() - maps that have to be there before programs, with their types
 *
 * Those are the frozen ones, with their elements, because the verifier looks into them; and those that pinned ones are
 * converted into. Types take BTF in the kernel, and libbpf knows what of it a kernel takes: an object of libbpf of which
 * nothing but these maps is wanted makes them.
 *
 * Return: 0; an error.
 */
int load_early_maps(struct load *l);

/* The elements that a map has from the beginning. Return: 0; an error. */
int load_put_elements(struct load *l, const struct object_map *m, struct skep_map *map);

/* What is pinned at the path of a map, or what becomes of it. Return: 0; an error. */
int load_open_pinned(struct load *l, const struct object_map *m, struct load_map *lm,
		     const struct skep_map_spec *spec);

/* A map of an object of libbpf gets what was edited. Return: 0; a negative errno, for load_fail_to_set(). */
int load_apply_map(struct load *l, struct bpf_object *opened, const struct object_map *m,
		   const struct load_map *lm, struct bpf_map **ret_map);
int load_fail_to_set(struct load *l, const struct object_map *m, int code);

/* The image as libbpf has it; @maps_alone: no program is going to be loaded. Return: 0; an error. */
int load_open_image(struct load *l, int maps_alone, struct bpf_object **ret_opened);

/* Says why libbpf failed to load; @log is the verifier's, or "". Return: @code, or the errno that fits better. */
int load_fail(struct load *l, int code, const char *log);

#endif
