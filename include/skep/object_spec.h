/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_OBJECT_SPEC_H
#define SKEP_OBJECT_SPEC_H
/*
 * What an object consists of: programs, maps, variables, constants, tail calls.
 *
 * What is returned belongs to the object: it is borrowed until the next edit or skep_object_close(). Lists are read by
 * their place, from 0 to below their count, in the order of the file.
 */
#include <skep/base.h>
#include <skep/map_spec.h>

SKEP_BEGIN

struct bpf_insn;
struct skep_object;

/* A program: a function that is loaded by itself. */
struct skep_object_program {
	const char *name;
	const char *section; /* as in the file: "classifier/from-host" */
	const char *rule;    /* the entry of the section table that told the type; "": none did */
	const char *attach_target; /* what the section says of the hook: "sched/sched_switch"; "" */
	const struct bpf_insn *insns; /* without subprograms, references not resolved */
	uint64_t insn_count;
	uint32_t type;        /* SKEP_PROG_TYPE_*; 0: not known */
	uint32_t attach_type; /* SKEP_ATTACH_TYPE_* it is loaded for; 0 also where none is needed */
	uint32_t flags;       /* SKEP_PROG_FLAG_* */
	uint32_t excluded;    /* 1: it is not loaded */
};

/** skep_object_program_count() - Return: how many programs there are. */
size_t skep_object_program_count(const struct skep_object *object);

/**
 * skep_object_program_at() - one of them
 * @index: from 0, below the count
 *
 * Return: a program; NULL: there are not so many.
 * Source: the object.
 */
const struct skep_object_program *skep_object_program_at(const struct skep_object *object,
							 size_t index);

/**
 * skep_object_program_find() - one of them
 * @name: of it
 *
 * Return: the program of a name; NULL: there is none.
 * Source: the object.
 */
const struct skep_object_program *skep_object_program_find(const struct skep_object *object,
							   const char *name);

/* How the author of an object wants a map pinned. */
enum skep_object_pinning {
	SKEP_OBJECT_PINNING_NONE = 0,
	SKEP_OBJECT_PINNING_BY_NAME = 1,
	SKEP_OBJECT_PINNING_GLOBAL = 2,   /* iproute2: for all objects; here as by name */
	SKEP_OBJECT_PINNING_REPLACE = 16, /* a new map takes the name with skep_loaded_commit() */
};

/* What a map is there for. */
enum skep_object_map_kind {
	SKEP_OBJECT_MAP_DEFINED = 0, /* the author defined it */
	SKEP_OBJECT_MAP_DATA = 1,    /* .data and .data.*: variables */
	SKEP_OBJECT_MAP_BSS = 2,     /* .bss: variables that are zero at first */
	SKEP_OBJECT_MAP_RODATA =
		3, /* .rodata and .rodata.*: constants, frozen before programs are loaded */
	SKEP_OBJECT_MAP_KCONFIG =
		4, /* .kconfig: what libbpf fills from the configuration of the kernel */
	SKEP_OBJECT_MAP_STRUCT_OPS = 5,
};

struct skep_object_map {
	struct skep_map_spec spec; /* its name is that in the object, of any length */
	const char *section;       /* where it was defined: "maps/events", ".maps", ".rodata" */
	const char
		*pin_path; /* as edited, relative to the directory of pins; NULL: by its pinning */
	uint32_t kind;     /* enum skep_object_map_kind */
	uint32_t pinning;  /* enum skep_object_pinning */
	uint32_t id;       /* of iproute2; 0: none */
	uint32_t excluded; /* 1: it is not created */
	uint32_t frozen;   /* 1: it is frozen before programs are loaded */
	uint32_t
		guessed_inner; /* 1: a map of maps that does not say what its inner maps are like */
};

/** skep_object_map_count() - Return: how many maps there are. */
size_t skep_object_map_count(const struct skep_object *object);

/**
 * skep_object_map_at() - one of them
 * @index: from 0, below the count
 *
 * Return: a map; NULL: there are not so many.
 * Source: the object.
 */
const struct skep_object_map *skep_object_map_at(const struct skep_object *object, size_t index);

/**
 * skep_object_map_find() - one of them
 * @name: of it
 *
 * Return: the map of a name; maps of variables by that of their section. NULL: there is none.
 * Source: the object.
 */
const struct skep_object_map *skep_object_map_find(const struct skep_object *object,
						   const char *name);

/**
 * skep_object_map_program_at() - one of the programs that a map of type struct_ops names as functions
 * @map:   its name: that of the variable
 * @index: from 0; in the order of the relocations
 *
 * A program that is named twice is told twice.
 *
 * Return: its name, borrowed as the program's is; NULL: no such map, or it does not name so many.
 * Source: the relocations of the object.
 */
const char *skep_object_map_program_at(const struct skep_object *object, const char *map,
				       size_t index);

/* A global variable. */
struct skep_object_variable {
	const char *name;
	const char *map; /* ".rodata", ".data", ".bss", ".kconfig": of the map that it is in */
	const void *
		data; /* its value, @size bytes; NULL: the kernel's configuration decides (.kconfig) */
	uint64_t size;
	uint32_t offset;    /* in the value of the map */
	uint32_t type_id;   /* in skep_object_btf(); 0: not known */
	uint32_t is_static; /* 1: of one source file: others may have the name, too */
	uint32_t pad;
};

/** skep_object_variable_count() - Return: how many variables there are. */
size_t skep_object_variable_count(const struct skep_object *object);

/**
 * skep_object_variable_at() - one of them
 * @index: from 0, below the count
 *
 * Return: a variable; NULL: there are not so many.
 * Source: the object.
 */
const struct skep_object_variable *skep_object_variable_at(const struct skep_object *object,
							   size_t index);

/**
 * skep_object_variable_find() - one of them
 * @name: of it
 *
 * Return: the variable of a name; NULL: there is none.
 * Source: the object.
 */
const struct skep_object_variable *skep_object_variable_find(const struct skep_object *object,
							     const char *name);

/* An asm constant: a 64-bit immediate that stands for a symbol which is nowhere defined. 0 until it is set. */
struct skep_object_constant {
	const char *name;
	const char *function; /* the program or subprogram that loads it */
	uint64_t insn;        /* which instruction of that function */
	uint64_t value;
};

/** skep_object_constant_count() - Return: in how many places constants are loaded. */
size_t skep_object_constant_count(const struct skep_object *object);

/**
 * skep_object_constant_at() - one of them
 * @index: from 0, below the count
 *
 * Return: a place; NULL: there are not so many.
 * Source: the object.
 */
const struct skep_object_constant *skep_object_constant_at(const struct skep_object *object,
							   size_t index);

/* A program that belongs into a slot of an array of programs. */
struct skep_object_tail_call {
	const char *map;
	const char *program;
	uint32_t slot;
	uint32_t pruned; /* 1: no longer: see skep_object_prune() */
};

/** skep_object_tail_call_count() - Return: how many tail calls there are. */
size_t skep_object_tail_call_count(const struct skep_object *object);

/**
 * skep_object_tail_call_at() - one of them
 * @index: from 0, below the count
 *
 * Return: a tail call; NULL: there are not so many.
 * Source: the object.
 */
const struct skep_object_tail_call *skep_object_tail_call_at(const struct skep_object *object,
							     size_t index);

enum skep_object_reference_kind {
	SKEP_OBJECT_REFERENCE_MAP = 1,
	SKEP_OBJECT_REFERENCE_VARIABLE = 2, /* of the map of its section */
	SKEP_OBJECT_REFERENCE_FUNCTION = 3, /* a call of a subprogram, or its address */
	SKEP_OBJECT_REFERENCE_EXTERN = 4,   /* something of the kernel */
};

/* What an instruction refers to. */
struct skep_object_reference {
	const char *name;     /* of the map (of variables: of their section), function or symbol */
	const char *function; /* that refers to it */
	uint64_t insn;        /* which instruction of that function */
	uint32_t kind;        /* enum skep_object_reference_kind */
	uint32_t pad;
};

/** typedef skep_object_reference_fn - Return: 0; anything else ends the walk and is returned by it. */
typedef int (*skep_object_reference_fn)(const struct skep_object_reference *reference,
					void *userdata);

/**
 * skep_object_program_references() - what a program refers to, with all the subprograms that it calls
 * @program:       its name
 * @fn, @userdata: called for each reference, those of a function together
 *
 * Return: 0; -ENOENT no such program; what @fn returned; -ENOMEM.
 * Source: the relocations of the object.
 */
int skep_object_program_references(const struct skep_object *object, const char *program,
				   skep_object_reference_fn fn, void *userdata);

SKEP_END
#endif
