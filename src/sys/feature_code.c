/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/feature_code.h"

#include "base/cleanup.h"
#include "sys/insn.h"

#define ATOMIC 0xc0     /* BPF_ATOMIC, in the place of BPF_XADD */
#define FETCH_ADD 0x01  /* BPF_ADD | BPF_FETCH */
#define LOAD_ACQ 0x100  /* BPF_LOAD_ACQ */
#define JUMP_COND 0xe0  /* BPF_JCOND; with 0 as register it is may_goto */
#define SIGN_EXTEND_8 8 /* offset of a move between registers: the bits that are moved */

static const struct bpf_insn loop[] = {
	INSN_MOV(0, 10),
	INSN_ADD(0, -1),
	INSN_JUMP(BPF_JNE, 0, 0, -2),
	INSN_EXIT,
};

static const struct bpf_insn v2[] = {
	INSN_MOV(0, 2),
	INSN_JUMP(BPF_JLT, 0, 1, 1),
	INSN_MOV(0, 1),
	INSN_EXIT,
};

static const struct bpf_insn v3[] = {
	INSN_MOV(0, 2),
	INSN_JUMP32(BPF_JLT, 0, 1, 1),
	INSN_MOV(0, 1),
	INSN_EXIT,
};

static const struct bpf_insn v4[] = {
	INSN_MOV(0, 0),
	INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 0, SIGN_EXTEND_8, 0),
	INSN_EXIT,
};

static const struct bpf_insn atomic_fetch[] = {
	INSN_STORE(10, -8, 0),
	INSN_MOV(0, 1),
	INSN(BPF_STX | ATOMIC | BPF_DW, 10, 0, -8, FETCH_ADD),
	INSN_EXIT,
};

static const struct bpf_insn load_acquire[] = {
	INSN_STORE(10, -8, 0),
	INSN(BPF_STX | ATOMIC | BPF_DW, 0, 10, -8, LOAD_ACQ),
	INSN_EXIT,
};

static const struct bpf_insn may_goto[] = {
	INSN_MOV(0, 0),
	INSN(BPF_JMP | JUMP_COND, 0, 0, 1, 0),
	INSN(BPF_JMP | BPF_JA, 0, 0, -2, 0),
	INSN_EXIT,
};

static const struct bpf_insn subprogram[] = {
	INSN_CALL_LOCAL(1),
	INSN_EXIT,
	INSN_MOV(0, 0),
	INSN_EXIT,
};

static const struct {
	const struct bpf_insn *insns;
	size_t count;
} codes[] = {
#define CODE(id, insns) [id] = { insns, ARRAY_SIZE(insns) }
	CODE(CODE_LOOP, loop),
	CODE(CODE_V2, v2),
	CODE(CODE_V3, v3),
	CODE(CODE_V4, v4),
	CODE(CODE_ATOMIC_FETCH, atomic_fetch),
	CODE(CODE_LOAD_ACQUIRE, load_acquire),
	CODE(CODE_MAY_GOTO, may_goto),
	CODE(CODE_SUBPROGRAM, subprogram),
#undef CODE
};

const struct bpf_insn *sys_feature_code(uint32_t code, size_t *ret_count)
{
	*ret_count = codes[code].count;
	return codes[code].insns;
}

#define NAME_INT 1
#define NAME_A 5
#define NAME_DATA 7

#define TYPE(name, kind, count, size_or_type) \
	(name), (uint32_t)(kind) << 24 | (count), (size_or_type)
#define INT TYPE(NAME_INT, 1, 0, 4), 1u << 24 | 32 /* the first type: signed, 32 bits */
#define PROTOTYPE TYPE(0, 13, 0, 1)                /* int (void) */
#define VARIABLE TYPE(NAME_A, 14, 0, 1), 0         /* static int a */

static const uint32_t btf_int[] = { INT };
static const uint32_t btf_func[] = { INT, PROTOTYPE, TYPE(NAME_A, 12, 0, 2) };
static const uint32_t btf_two_funcs[] = { INT, PROTOTYPE, TYPE(NAME_A, 12, 0, 2),
					  TYPE(NAME_A, 12, 0, 2) };
static const uint32_t btf_func_global[] = { INT, PROTOTYPE, TYPE(NAME_A, 12, 1, 2) };
static const uint32_t btf_datasec[] = { INT, VARIABLE, TYPE(NAME_DATA, 15, 1, 4), 2, 0, 4 };
static const uint32_t btf_float[] = { TYPE(NAME_A, 16, 0, 4) };
static const uint32_t btf_decl_tag[] = { INT, VARIABLE, TYPE(NAME_A, 17, 0, 2), UINT32_MAX };
static const uint32_t btf_type_tag[] = { INT, TYPE(NAME_A, 18, 0, 1), TYPE(0, 2, 0, 2) };
static const uint32_t btf_enum64[] = { TYPE(NAME_A, 19, 1, 8), NAME_INT, 0, 0 };

static const struct {
	const uint32_t *words;
	size_t bytes;
} btfs[] = {
#define BTF(id, words) [id] = { words, sizeof(words) }
	BTF(TYPES_INT, btf_int),
	BTF(TYPES_FUNC, btf_func),
	BTF(TYPES_DATASEC, btf_datasec),
	BTF(TYPES_FUNC_GLOBAL, btf_func_global),
	BTF(TYPES_FLOAT, btf_float),
	BTF(TYPES_DECL_TAG, btf_decl_tag),
	BTF(TYPES_TYPE_TAG, btf_type_tag),
	BTF(TYPES_ENUM64, btf_enum64),
	BTF(TYPES_TWO_FUNCS, btf_two_funcs),
#undef BTF
};

const uint32_t *sys_feature_btf_words(uint32_t btf, size_t *ret_bytes)
{
	*ret_bytes = btfs[btf].bytes;
	return btfs[btf].words;
}
