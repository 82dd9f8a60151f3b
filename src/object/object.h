/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_OBJECT_H
#define OBJECT_OBJECT_H
/* What an object is made of. */
#include <stddef.h>
#include <stdint.h>

#include <bpf/btf.h>
#include <linux/bpf.h>

#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>

#include "object/elf.h"

#define OBJECT_INSN_BYTES sizeof(struct bpf_insn)
#define OBJECT_TAIL_TAG "tail:" /* of BTF: "tail:<map>/<slot>", on a function */

/* A function: a program, or a subprogram in section .text. */
struct object_function {
	char *name;
	uint32_t symbol, section;
	uint64_t at, size; /* bytes, in the section */
	int is_program;
};

struct object_program {
	struct skep_object_program spec; /* strings are owned by those that follow */
	char *name, *section, *target;
	uint32_t function; /* index */
	int type_is_edited, target_is_edited;
	int has_target_fd, target_fd;     /* of the program that the target is in; borrowed */
	struct skep_object_result result; /* of the last load */
	char *log;                        /* of result */
};

struct object_element {
	struct object_element *next;
	void *key, *value;
	size_t value_size;
};

struct object_map {
	struct skep_object_map spec;
	char *name, *section, *pin_path;
	struct skep_map_spec inner; /* what spec.spec.inner points to */
	uint32_t inner_id;          /* of iproute2: what map its inner ones are like; 0 */
	uint32_t
		inner_slot; /* of iproute2: where it stands in maps of its kind; UINT32_MAX: nowhere */
	uint32_t symbol;    /* 0: a map of variables */
	uint32_t section_index; /* where it is defined now */
	uint32_t var_id;        /* of BTF; 0: a map of variables */
	uint32_t edited;        /* 1 << enum skep_object_map_property */
	int inner_is_edited, data_is_edited;
	struct object_element *elements;
};

struct object_variable {
	struct skep_object_variable spec;
	char *name;
	uint32_t section;
};

struct object_constant {
	struct skep_object_constant spec;
	char *name, *function;
	uint32_t section;
	uint64_t at; /* bytes, in the section */
};

struct object_tail_call {
	struct skep_object_tail_call spec;
	char *map, *program;
	int is_in_image; /* libbpf fills it in: a relocation of section .maps, for byte at */
	uint64_t at;
};

/*
 * A function that is declared and defined nowhere. What calls it is a call of no helper, whose number leads here: the
 * program that reaches it is not loaded, and the others are.
 */
#define OBJECT_UNDEFINED_CALL INT32_MIN

struct object_undefined {
	char *name;
};

struct object_change {
	struct skep_object_change spec;
	char *where, *what;
};

/* Arrays grow by OBJECT_ADD(). */
struct skep_object {
	char *name, *license;
	uint64_t default_prog_type;
	struct object_elf *elf;
	uint32_t btf_section; /* 0: none */
	uint32_t ext_section; /* .BTF.ext; 0: none */
	struct btf *btf;      /* NULL: none; may be ahead of the section */
	int btf_is_ahead;
	struct skep_btf *public_btf; /* of skep_object_btf(), made when asked for */
	unsigned char *image;        /* of skep_object_image(); NULL: to be made */
	size_t image_size;

	struct object_change *changes;
	size_t change_count;
	struct object_function *functions;
	size_t function_count;
	struct object_program *programs;
	size_t program_count;
	uint32_t *program_slots;   /* index + 1, by the hash of the name; 0: free */
	size_t program_slot_count; /* a power of two, at least twice as many as programs */
	uint64_t program_seed;
	struct object_map *maps;
	size_t map_count;
	struct object_variable *variables;
	size_t variable_count;
	struct object_constant *constants;
	size_t constant_count;
	struct object_tail_call *tail_calls;
	size_t tail_call_count;
	struct object_undefined *undefined;
	size_t undefined_count;
	int was_loaded;
	size_t refused; /* the program that the last load failed for, its index + 1; 0: none */
};

/*
 * OBJECT_ADD() - one more element of an array, zero
 *
 * Grows when the count is a power of two: the count is all that needs to be kept.
 *
 * Value: the element; NULL: out of memory.
 */
#define OBJECT_ADD(array, count) \
	((__typeof__(array))object_add((void **)&(array), &(count), sizeof(*(array))))
void *object_add(void **array, size_t *count, size_t size);

/* skep_fail() of one kind, for what the author of an object did. Return: -EINVAL. */
int object_fail(struct skep_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int object_no_memory(struct skep_error *err);

/* Names come from the file: whatever is in them, a message is one line of text. Return: @code. */
int object_one_line(struct skep_error *err, int code);

/* Records a change. Return: 0; -ENOMEM. */
int object_changed(struct skep_object *o, uint32_t kind, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* What was made of the object is no longer what it is. */
void object_is_edited(struct skep_object *o);

/* Specs point into code, which has moved. */
void object_point_again(struct skep_object *o);

/* Programs are found by a table: room for so many (0; -ENOMEM), and what to do once they stand elsewhere. */
int object_reserve_slots(struct skep_object *o, size_t count);
void object_index_programs(struct skep_object *o);

/* Lookups. Return: NULL: there is none. */
struct object_program *object_program_of(const struct skep_object *o, const char *name);
struct object_map *object_map_of(const struct skep_object *o, const char *name);
struct object_variable *object_variable_of(const struct skep_object *o, const char *name);
const struct object_function *object_function_at(const struct skep_object *o, uint32_t section,
						 uint64_t at);

/* The map of the object that a symbol or a place in a section stands for. Return: NULL: none. */
struct object_map *object_map_at(const struct skep_object *o, uint32_t section, uint64_t at);

/* The same with -ENOENT in words. */
int object_need_program(const struct skep_object *o, const char *name,
			struct object_program **ret_program, struct skep_error *err);
int object_need_map(const struct skep_object *o, const char *name, struct object_map **ret_map,
		    struct skep_error *err);

/* How the specs are made, after normalisation. Each 0, or an error. */
int object_read_functions(struct skep_object *o, struct skep_error *err);
int object_read_programs(struct skep_object *o, struct skep_error *err);
int object_read_maps(struct skep_object *o, struct skep_error *err);
int object_read_variables(struct skep_object *o, struct skep_error *err);
int object_read_tail_calls(struct skep_object *o, struct skep_error *err);

/* Walks what a function itself refers to. Return: 0; what @fn returned. */
int object_references(const struct skep_object *o, const struct object_function *f,
		      skep_object_reference_fn fn, void *userdata);

/* The function that an instruction calls, or takes the address of; @s: of its relocation, or NULL. NULL: it does not. */
const struct object_function *object_called(const struct skep_object *o, uint32_t section,
					    uint64_t at, const Elf64_Sym *s);

static inline int object_is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

/* The function that is defined nowhere and that an instruction calls. Return: NULL: it does not. */
const char *object_undefined_called(const struct skep_object *o, const struct bpf_insn *insn);

/* Does an instruction stand for something by name? */
int object_relocated(const struct skep_object *o, uint32_t section, uint64_t at);

/* Is a tail call of the image one that libbpf must not fill in: is its program, or its map, left out? */
int object_tail_call_is_void(const struct skep_object *o, const struct object_tail_call *t);

/* Before types are changed in place: from here on the BTF is ahead of its section. Return: 0; -ENOMEM. */
int object_change_btf(struct skep_object *o);

/* BTF that is ahead of its section is put there. Return: 0; -ENOMEM. */
int object_put_btf(struct skep_object *o);

#endif
