/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_INSN_H
#define SYS_INSN_H
/* Instructions of BPF, written out. */
#include <linux/bpf.h>

#define INSN(code_, dst_, src_, off_, imm_)    \
	((struct bpf_insn){ .code = (code_),   \
			    .dst_reg = (dst_), \
			    .src_reg = (src_), \
			    .off = (off_),     \
			    .imm = (imm_) })

#define INSN_MOV(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define INSN_ADD(dst, imm) INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm)
#define INSN_STORE(dst, off, imm) INSN(BPF_ST | BPF_MEM | BPF_DW, dst, 0, off, imm)
#define INSN_JUMP(op, dst, imm, off) INSN(BPF_JMP | (op) | BPF_K, dst, 0, off, imm)
#define INSN_JUMP32(op, dst, imm, off) INSN(BPF_JMP32 | (op) | BPF_K, dst, 0, off, imm)
#define INSN_CALL(helper) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define INSN_CALL_LOCAL(off) INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, off)
#define INSN_CALL_KERNEL(btf_id) INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, btf_id)
#define INSN_EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Takes two places. @pseudo: BPF_PSEUDO_MAP_FD; BPF_PSEUDO_MAP_VALUE with an offset in the value. */
#define INSN_LOAD_MAP(dst, pseudo, fd, value_off) \
	INSN(BPF_LD | BPF_DW | BPF_IMM, dst, pseudo, 0, fd), INSN(0, 0, 0, 0, value_off)

#endif
