/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_FEATURE_CODE_H
#define SYS_FEATURE_CODE_H
/* Probing: instructions and types that a kernel takes if it has a feature. */
#include <stddef.h>
#include <stdint.h>

struct bpf_insn;

enum sys_feature_code {
	CODE_LOOP,
	CODE_V2,
	CODE_V3,
	CODE_V4,
	CODE_ATOMIC_FETCH,
	CODE_LOAD_ACQUIRE,
	CODE_MAY_GOTO,
	CODE_SUBPROGRAM,
};

/* Return: the instructions of enum sys_feature_code. */
const struct bpf_insn *sys_feature_code(uint32_t code, size_t *ret_count);

enum sys_feature_btf {
	TYPES_INT,
	TYPES_FUNC,
	TYPES_DATASEC,
	TYPES_FUNC_GLOBAL,
	TYPES_FLOAT,
	TYPES_DECL_TAG,
	TYPES_TYPE_TAG,
	TYPES_ENUM64,
	TYPES_TWO_FUNCS, /* with the ids 3 and 4 */
};

/* The names that the types have, by their places: 1 "int", 5 "a", 7 ".data". */
#define SYS_FEATURE_BTF_STRINGS "\0int\0a\0.data"

/* Return: the types of enum sys_feature_btf, as they stand in BTF. */
const uint32_t *sys_feature_btf_words(uint32_t btf, size_t *ret_bytes);

#endif
