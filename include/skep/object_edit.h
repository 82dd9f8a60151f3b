/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_OBJECT_EDIT_H
#define SKEP_OBJECT_EDIT_H
/*
 * Objects are edited before they are loaded. Whatever was loaded before an edit stays as it is.
 */
#include <skep/base.h>
#include <skep/map_spec.h>

SKEP_BEGIN

struct bpf_insn;
struct skep_error;
struct skep_object;

/**
 * skep_object_program_set_type() - say what a program is
 * @program:     its name
 * @type:        SKEP_PROG_TYPE_*
 * @attach_type: SKEP_ATTACH_TYPE_* it is loaded for; 0 also where none is needed
 *
 * Without this, libbpf may load a program of SEC("usdt"), and in later releases of others, for links to many places at once,
 * where the kernel has them: the attach type of struct skep_loaded_program tells. With it, it is loaded as is said here.
 *
 * Return: 0; -ENOENT no such program; -EINVAL no such type.
 * Source: bpf(2) BPF_PROG_LOAD.
 */
int skep_object_program_set_type(struct skep_object *object, const char *program, uint32_t type,
				 uint32_t attach_type, struct skep_error *err);

/**
 * skep_object_program_set_target() - say what function or hook a program is loaded for
 * @program: its name
 * @target:  of fentry, fexit, lsm, iter, tp_btf, freplace: a name of the kernel; of others it is only told to who
 *           attaches the program
 *
 * Return: 0; -ENOENT no such program; -ENOMEM.
 * Source: bpf(2) BPF_PROG_LOAD, attach_btf_id.
 */
int skep_object_program_set_target(struct skep_object *object, const char *program,
				   const char *target, struct skep_error *err);

/**
 * skep_object_program_set_target_program() - say what function of which program a program is loaded for
 * @program:   its name: of type ext (freplace), or of fentry and fexit
 * @target_fd: of the other program; borrowed until skep_object_load() or skep_object_close()
 * @function:  of that program; its BTF has it
 *
 * Return: 0; -ENOENT no such program; -ENOMEM.
 * Source: bpf(2) BPF_PROG_LOAD, attach_prog_fd, attach_btf_id.
 */
int skep_object_program_set_target_program(struct skep_object *object, const char *program,
					   int target_fd, const char *function,
					   struct skep_error *err);

/**
 * skep_object_program_set_flags() - set the flags that a program is loaded with
 * @program: its name
 * @flags:   SKEP_PROG_FLAG_*, in the place of all that were there
 *
 * Return: 0; -ENOENT no such program.
 * Source: bpf(2) BPF_PROG_LOAD, prog_flags.
 */
int skep_object_program_set_flags(struct skep_object *object, const char *program, uint32_t flags,
				  struct skep_error *err);

/**
 * skep_object_program_exclude() - leave a program out
 * @program:  its name
 * @excluded: 1; 0: load it all the same, also one that its author has left out (SEC("?..."))
 *
 * Return: 0; -ENOENT no such program.
 * Source: none; it is not loaded.
 */
int skep_object_program_exclude(struct skep_object *object, const char *program, int excluded,
				struct skep_error *err);

/**
 * skep_object_program_patch() - overwrite instructions of a program
 * @program: its name
 * @at:      the first one
 * @insns:   in the place of as many; may be NULL with @count 0
 * @count:   how many; 0 changes nothing, wherever @at is
 *
 * Instructions that refer to something by name cannot be overwritten: what they load is filled in later.
 *
 * Return: 0; -ENOENT no such program; -ERANGE beyond its end; -EBUSY one of them refers to something.
 * Source: Documentation/bpf/standardization/instruction-set.rst of the kernel.
 */
int skep_object_program_patch(struct skep_object *object, const char *program, uint64_t at,
			      const struct bpf_insn *insns, uint64_t count, struct skep_error *err);

/**
 * skep_object_program_insert() - put instructions before the first one of a program
 * @program: its name
 * @insns:   run before the program; fds of maps in them are taken as they are; may be NULL with @count 0
 * @count:   how many; 0 changes nothing
 *
 * What is said of the program elsewhere moves along: symbols, references, function and line information, CO-RE
 * relocations. The new instructions have the first line of the program in the line information.
 *
 * Return: 0; -ENOENT no such program; -ENOMEM.
 * Source: Documentation/bpf/btf.rst of the kernel, .BTF.ext.
 */
int skep_object_program_insert(struct skep_object *object, const char *program,
			       const struct bpf_insn *insns, uint64_t count,
			       struct skep_error *err);

/* A property of a map. */
enum skep_object_map_property {
	SKEP_OBJECT_MAP_TYPE = 1, /* SKEP_MAP_TYPE_* */
	SKEP_OBJECT_MAP_KEY_SIZE = 2,
	SKEP_OBJECT_MAP_VALUE_SIZE = 3,
	SKEP_OBJECT_MAP_MAX_ENTRIES = 4,
	SKEP_OBJECT_MAP_FLAGS = 5, /* SKEP_MAP_FLAG_*, in the place of all that were there */
	SKEP_OBJECT_MAP_MAP_EXTRA = 6,
	SKEP_OBJECT_MAP_NUMA_NODE = 7,
	SKEP_OBJECT_MAP_IFINDEX = 8,
	SKEP_OBJECT_MAP_PINNING = 9, /* enum skep_object_pinning */
};

/**
 * skep_object_map_set() - set a property of a map
 * @map:      its name
 * @property: enum skep_object_map_property
 * @value:    of it
 *
 * The types of key and value are dropped where a size no longer goes with them.
 *
 * Return: 0; -ENOENT no such map; -EINVAL no such property, a value beyond 32 bits, or the size of a map of variables.
 * Source: bpf(2) BPF_MAP_CREATE.
 */
int skep_object_map_set(struct skep_object *object, const char *map, uint32_t property,
			uint64_t value, struct skep_error *err);

/**
 * skep_object_map_set_inner() - say what the inner maps of a map of maps are like
 * @map:   its name
 * @inner: copied; without inner, BTF and token
 *
 * Return: 0; -ENOENT no such map; -EINVAL it is no map of maps, or @inner; -ENOMEM.
 * Source: bpf(2) BPF_MAP_CREATE, inner_map_fd.
 */
int skep_object_map_set_inner(struct skep_object *object, const char *map,
			      const struct skep_map_spec *inner, struct skep_error *err);

/**
 * skep_object_map_set_pin() - say where a map is pinned
 * @map:  its name
 * @path: relative to the directory of pins; NULL: nowhere
 *
 * Return: 0; -ENOENT no such map; -ENOMEM.
 * Source: bpf(2) BPF_OBJ_PIN.
 */
int skep_object_map_set_pin(struct skep_object *object, const char *map, const char *path,
			    struct skep_error *err);

/**
 * skep_object_map_exclude() - leave a map out
 * @map:      its name
 * @excluded: 1; 0: create it all the same
 *
 * A program that uses it fails to load, unless that code is never reached.
 *
 * Return: 0; -ENOENT no such map.
 * Source: none; it is not created.
 */
int skep_object_map_exclude(struct skep_object *object, const char *map, int excluded,
			    struct skep_error *err);

/**
 * skep_object_map_put() - an element that a map has from the beginning
 * @map:         its name
 * @key:         copied
 * @key_bytes:   of @key
 * @value:       copied; of a per-CPU map the values of all possible CPUs
 * @value_bytes: of @value
 *
 * It is put before the load has succeeded; into a frozen map before programs are loaded, so that the verifier sees it. A
 * map that was there already (pinned, replaced) is left as it is.
 *
 * Return: 0; -ENOENT no such map; -EINVAL a size is not the map's; -ENOMEM.
 * Source: bpf(2) BPF_MAP_UPDATE_ELEM.
 */
int skep_object_map_put(struct skep_object *object, const char *map, const void *key,
			size_t key_bytes, const void *value, size_t value_bytes,
			struct skep_error *err);

/**
 * skep_object_map_freeze() - nobody but programs shall write to a map once it has its elements
 * @map:    its name
 * @frozen: 1; 0
 *
 * Return: 0; -ENOENT no such map; -EINVAL a map of variables, whose section decides.
 * Source: bpf(2) BPF_MAP_FREEZE, 5.2.
 */
int skep_object_map_freeze(struct skep_object *object, const char *map, int frozen,
			   struct skep_error *err);

/**
 * skep_object_variable_set() - set a variable
 * @variable: its name
 * @data:     its value
 * @size:     bytes: those of the variable
 *
 * Return: 0; -ENOENT no such variable; -EINVAL it has another size, or the kernel's configuration decides.
 * Source: Documentation/bpf/btf.rst of the kernel, BTF_KIND_DATASEC.
 */
int skep_object_variable_set(struct skep_object *object, const char *variable, const void *data,
			     size_t size, struct skep_error *err);

/**
 * skep_object_constant_set() - set an asm constant
 * @program: for whom: itself and the subprograms that it calls; NULL: for all programs
 * @name:    of the constant
 * @value:   that is loaded
 *
 * A subprogram that loads it and that other programs call, too, is copied, with what leads to it: "count" of the program
 * "first" is "count__first" from then on, and the others keep theirs.
 *
 * Return: in how many places; -ENOENT no such program; -ENOKEY that program (NULL: no program) loads no such constant;
 *         -EOPNOTSUPP another program calls the program itself: set it for all; -EINVAL the line information of the
 *         object is broken; -ENOMEM.
 * Source: Documentation/bpf/standardization/instruction-set.rst of the kernel, 64-bit immediates.
 */
int skep_object_constant_set(struct skep_object *object, const char *program, const char *name,
			     uint64_t value, struct skep_error *err);

/**
 * skep_object_prune() - exclude what nothing uses
 * @keep:       names of maps and programs that stay; NULL with @keep_count 0
 * @keep_count: of @keep
 *
 * Used are the programs that are not excluded, unless they are reached by tail calls alone and no program in use has the
 * array that they are in; and the maps that those programs refer to, their inner maps, and pinned ones.
 *
 * Return: how many maps and programs were excluded; -ENOMEM.
 * Source: the relocations of the object.
 */
int skep_object_prune(struct skep_object *object, const char *const *keep, size_t keep_count,
		      struct skep_error *err);

SKEP_END
#endif
