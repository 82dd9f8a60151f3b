/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "rejected.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/insn.h"

#define MOV INSN_MOV
#define ADD INSN_ADD
#define CALL INSN_CALL
#define CALL_LOCAL INSN_CALL_LOCAL
#define EXIT INSN_EXIT
#define JUMP(op, dst, imm, off) INSN_JUMP(BPF_##op, dst, imm, off)
#define JUMP_REG(op, dst, src, off) INSN(BPF_JMP | BPF_##op | BPF_X, dst, src, off, 0)
#define GOTO(off) INSN(BPF_JMP | BPF_JA, 0, 0, off, 0)
#define COPY(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ALU(op, dst, imm) INSN(BPF_ALU64 | BPF_##op | BPF_K, dst, 0, 0, imm)
#define ALU32(op, dst, imm) INSN(BPF_ALU | BPF_##op | BPF_K, dst, 0, 0, imm)
#define ALU_REG(op, dst, src) INSN(BPF_ALU64 | BPF_##op | BPF_X, dst, src, 0, 0)
#define LOAD(size, dst, src, off) INSN(BPF_LDX | BPF_MEM | BPF_##size, dst, src, off, 0)
#define STORE(size, dst, off, imm) INSN(BPF_ST | BPF_MEM | BPF_##size, dst, 0, off, imm)
#define STORE_REG(size, dst, src, off) INSN(BPF_STX | BPF_MEM | BPF_##size, dst, src, off, 0)
#define ATOMIC(op, dst, src, off) INSN(BPF_STX | BPF_XADD | BPF_DW, dst, src, off, op)
#define MAP(dst, map) INSN_LOAD_MAP(dst, BPF_PSEUDO_MAP_FD, map, 0)
#define MAP_VALUE(dst, map, off) INSN_LOAD_MAP(dst, BPF_PSEUDO_MAP_VALUE, map, off)

/* r0 = the value of key 0, or NULL. */
#define LOOKUP(map) \
	STORE(W, 10, -4, 0), MAP(1, map), COPY(2, 10), ADD(2, -4), CALL(BPF_FUNC_map_lookup_elem)
#define LOOKUP_NOT_NULL(map) LOOKUP(map), JUMP(JNE, 0, 0, 1), EXIT
/* r2 = packet, r3 = its end. */
#define PACKET                                           \
	LOAD(W, 2, 1, offsetof(struct __sk_buff, data)), \
		LOAD(W, 3, 1, offsetof(struct __sk_buff, data_end))
#define XDP_PACKET                                    \
	LOAD(W, 2, 1, offsetof(struct xdp_md, data)), \
		LOAD(W, 3, 1, offsetof(struct xdp_md, data_end))
#define RANDOM CALL(BPF_FUNC_get_prandom_u32)
#define RETURN(value) MOV(0, value), EXIT

#define CODE(...) .insns = { __VA_ARGS__ }

#define REJECTED(name_, type_, rule_, ...)                                                    \
	{                                                                                     \
		.name = name_, .prog_type = BPF_PROG_TYPE_##type_, .rule = rule_, __VA_ARGS__ \
	}

/* clang-format off */
const struct rejected rejected[] = {
	/* Registers. */
	REJECTED("a register nobody set", SOCKET_FILTER, "UNINITIALISED_REGISTER", CODE(COPY(0, 2), EXIT)),
	REJECTED("no return value", SOCKET_FILTER, "UNINITIALISED_REGISTER", CODE(EXIT)),
	REJECTED("a register that a call has spent", SOCKET_FILTER, "UNINITIALISED_REGISTER",
		 CODE(CALL(BPF_FUNC_ktime_get_ns), COPY(0, 1), EXIT)),
	REJECTED("set on one way only", SOCKET_FILTER, "UNINITIALISED_REGISTER",
		 CODE(LOAD(W, 2, 1, 0), JUMP(JEQ, 2, 0, 1), MOV(3, 1), COPY(0, 3), EXIT)),
	REJECTED("an argument nobody set", SOCKET_FILTER, "UNINITIALISED_REGISTER",
		 CODE(MAP(1, MAP_ARRAY), CALL(BPF_FUNC_map_lookup_elem), RETURN(0))),
	REJECTED("stores what nobody set", SOCKET_FILTER, "UNINITIALISED_REGISTER",
		 CODE(STORE_REG(DW, 10, 5, -8), RETURN(0))),
	REJECTED("moves the frame pointer", SOCKET_FILTER, "FRAME_POINTER_WRITE", CODE(ADD(10, -8), RETURN(0))),
	REJECTED("sets the frame pointer", SOCKET_FILTER, "FRAME_POINTER_WRITE", CODE(MOV(10, 0), RETURN(0))),
	REJECTED("loads into the frame pointer", SOCKET_FILTER, "FRAME_POINTER_WRITE",
		 CODE(LOAD(W, 10, 1, 0), RETURN(0))),
	REJECTED("register 11", SOCKET_FILTER, "BAD_INSTRUCTION", CODE(MOV(11, 0), RETURN(0))),

	/* Instructions. */
	REJECTED("an opcode that is none", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(INSN(0xff, 0, 0, 0, 0), RETURN(0))),
	REJECTED("a move with both sources", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(INSN(BPF_ALU64 | BPF_MOV | BPF_X, 0, 1, 0, 1), EXIT)),
	REJECTED("an exit with a value", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(MOV(0, 0), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 7))),
	REJECTED("a goto with a value", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(MOV(0, 0), INSN(BPF_JMP | BPF_JA, 0, 0, 0, 3), EXIT)),
	REJECTED("a call with an offset", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(INSN(BPF_JMP | BPF_CALL, 0, 0, 8, 5), EXIT)),
	REJECTED("bytes of 24 bits swapped", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(MOV(0, 0), INSN(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 24), EXIT)),
	REJECTED("half a 64-bit constant", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(INSN(BPF_LD | BPF_DW | BPF_IMM, 0, 0, 0, 0), EXIT)),
	REJECTED("a 64-bit constant of no kind", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(INSN_LOAD_MAP(0, 15, 0, 0), EXIT)),
	REJECTED("a store with a source", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 3, -8, 0), RETURN(0))),
	REJECTED("an atomic operation that is none", SOCKET_FILTER, "BAD_INSTRUCTION",
		 CODE(STORE(DW, 10, -8, 0), MOV(1, 1), ATOMIC(0x77, 10, 1, -8), RETURN(0))),
	REJECTED("a shift by 64", SOCKET_FILTER, "INVALID_SHIFT", CODE(MOV(0, 1), ALU(LSH, 0, 64), EXIT)),
	REJECTED("a 32-bit shift by 32", SOCKET_FILTER, "INVALID_SHIFT", CODE(MOV(0, 1), ALU32(RSH, 0, 32), EXIT)),
	REJECTED("a division by zero", SOCKET_FILTER, "DIVISION_BY_ZERO", CODE(MOV(0, 1), ALU(DIV, 0, 0), EXIT)),
	REJECTED("a remainder by zero", SOCKET_FILTER, "DIVISION_BY_ZERO", CODE(MOV(0, 1), ALU(MOD, 0, 0), EXIT)),

	/* Ways through the program. */
	REJECTED("no end", SOCKET_FILTER, "FALLS_OFF_THE_END", CODE(MOV(0, 0))),
	REJECTED("a function with no end", SOCKET_FILTER, "FALLS_OFF_THE_END",
		 CODE(CALL_LOCAL(2), MOV(0, 0), EXIT, MOV(0, 0))),
	REJECTED("one that runs into the next function", SOCKET_FILTER, "FALLS_OFF_THE_END",
		 CODE(CALL_LOCAL(1), MOV(0, 0), RETURN(0))),
	REJECTED("a jump behind the end", SOCKET_FILTER, "JUMP_OUT_OF_RANGE", CODE(MOV(0, 0), GOTO(5), EXIT)),
	REJECTED("a jump before the beginning", SOCKET_FILTER, "JUMP_OUT_OF_RANGE",
		 CODE(MOV(0, 0), GOTO(-5), EXIT)),
	REJECTED("a jump into another function", SOCKET_FILTER, "JUMP_OUT_OF_RANGE",
		 CODE(CALL_LOCAL(2), GOTO(2), EXIT, MOV(0, 0), EXIT)),
	REJECTED("a jump into a 64-bit constant", SOCKET_FILTER, "JUMP_OUT_OF_RANGE BAD_INSTRUCTION",
		 CODE(MOV(0, 0), JUMP(JEQ, 0, 0, 1), INSN_LOAD_MAP(0, 0, 1, 0), EXIT)),
	REJECTED("a call behind the end", SOCKET_FILTER, "JUMP_OUT_OF_RANGE BAD_INSTRUCTION", CODE(CALL_LOCAL(9), RETURN(0))),
	REJECTED("code nobody reaches", SOCKET_FILTER, "UNREACHABLE", CODE(RETURN(0), RETURN(1))),
	REJECTED("for ever, and what is behind", SOCKET_FILTER, "UNREACHABLE", CODE(MOV(0, 0), GOTO(-1), EXIT)),
	REJECTED("a loop that does not get on", SOCKET_FILTER, "LOOP",
		 CODE(MOV(0, 0), JUMP(JEQ, 0, 0, -1), EXIT)),
	REJECTED("a loop until chance ends it", SOCKET_FILTER, "LOOP",
		 CODE(RANDOM, JUMP(JNE, 0, 7, -2), EXIT)),
	REJECTED("a loop of ten million", SOCKET_FILTER, "TOO_COMPLEX", .is_slow = 1,
		 CODE(MOV(0, 0), ADD(0, 1), JUMP(JLT, 0, 10000000, -2), EXIT)),
	REJECTED("calls itself", SOCKET_FILTER, "LOOP CALL_DEPTH",
		 CODE(MOV(0, 0), CALL_LOCAL(1), EXIT, CALL_LOCAL(-1), EXIT)),
	REJECTED("calls nine deep", SOCKET_FILTER, "CALL_DEPTH", .may_pass = 1,
		 CODE(CALL_LOCAL(1), EXIT, CALL_LOCAL(1), EXIT, CALL_LOCAL(1), EXIT, CALL_LOCAL(1), EXIT,
		      CALL_LOCAL(1), EXIT, CALL_LOCAL(1), EXIT, CALL_LOCAL(1), EXIT, CALL_LOCAL(1), EXIT,
		      RETURN(0))),

	/* The stack. */
	REJECTED("a store below the stack", SOCKET_FILTER, "STACK_BOUNDS", CODE(STORE(DW, 10, -520, 0), RETURN(0))),
	REJECTED("a store above the stack", SOCKET_FILTER, "STACK_BOUNDS", CODE(STORE(DW, 10, 0, 0), RETURN(0))),
	REJECTED("a load below the stack", SOCKET_FILTER, "STACK_BOUNDS", CODE(LOAD(DW, 0, 10, -520), EXIT)),
	REJECTED("a load of stack nobody wrote", SOCKET_FILTER, "UNINITIALISED_STACK", .as = AS_CAP_BPF,
		 CODE(LOAD(DW, 0, 10, -8), EXIT)),
	REJECTED("a load of stack half written", SOCKET_FILTER, "UNINITIALISED_STACK", .as = AS_CAP_BPF,
		 CODE(STORE(W, 10, -8, 0), LOAD(DW, 0, 10, -8), EXIT)),
	REJECTED("a key nobody wrote", SOCKET_FILTER, "UNINITIALISED_STACK", .as = AS_CAP_BPF,
		 CODE(MAP(1, MAP_ARRAY), COPY(2, 10), ADD(2, -4), CALL(BPF_FUNC_map_lookup_elem), RETURN(0))),
	REJECTED("a key that ends above the stack", SOCKET_FILTER, "STACK_BOUNDS",
		 CODE(STORE(DW, 10, -8, 0), MAP(1, MAP_HASH), COPY(2, 10), ADD(2, -2),
		      CALL(BPF_FUNC_map_lookup_elem), RETURN(0))),
	REJECTED("a store across two slots", SOCKET_FILTER, "MISALIGNED", CODE(STORE(DW, 10, -12, 0), RETURN(0))),
	REJECTED("half of a pointer is read", SOCKET_FILTER, "SPILLED_POINTER", .as = AS_CAP_BPF,
		 CODE(STORE_REG(DW, 10, 1, -8), LOAD(W, 0, 10, -8), EXIT)),
	REJECTED("half of a pointer is overwritten", SOCKET_FILTER, "SPILLED_POINTER", .as = AS_CAP_BPF,
		 CODE(STORE_REG(DW, 10, 1, -8), STORE(B, 10, -5, 0), RETURN(0))),
	REJECTED("a store anywhere on the stack", SOCKET_FILTER, "POINTER_ARITHMETIC",
		 CODE(RANDOM, COPY(2, 10), ALU_REG(ADD, 2, 0), STORE(B, 2, -8, 0), RETURN(0))),
	REJECTED("640 bytes of stack in two calls", SOCKET_FILTER, "STACK_SIZE",
		 CODE(STORE(DW, 10, -320, 0), CALL_LOCAL(1), EXIT, STORE(DW, 10, -320, 0), RETURN(0))),

	/* The context. */
	REJECTED("context before its beginning", SCHED_CLS, "CONTEXT_ACCESS", CODE(LOAD(W, 0, 1, -4), EXIT)),
	REJECTED("context behind its end", SCHED_CLS, "CONTEXT_ACCESS", CODE(LOAD(W, 0, 1, 4096), EXIT)),
	REJECTED("context between its fields", SCHED_CLS, "CONTEXT_ACCESS", CODE(LOAD(W, 0, 1, 2), EXIT)),
	REJECTED("a field of the context is not to be written", SCHED_CLS, "CONTEXT_ACCESS",
		 CODE(STORE_REG(W, 1, 10, 0), RETURN(0))),
	REJECTED("more than a field of the context", XDP, "CONTEXT_ACCESS", CODE(LOAD(DW, 0, 1, 0), EXIT)),
	REJECTED("no packet for a socket filter", SOCKET_FILTER, "CONTEXT_ACCESS",
		 CODE(LOAD(W, 0, 1, offsetof(struct __sk_buff, data)), EXIT)),
	REJECTED("context behind a tracepoint's", TRACEPOINT, "CONTEXT_ACCESS", CODE(LOAD(DW, 0, 1, 8192), EXIT)),
	REJECTED("context written by a tracepoint", TRACEPOINT, "CONTEXT_ACCESS",
		 CODE(MOV(2, 0), STORE_REG(DW, 1, 2, 0), RETURN(0))),
	REJECTED("context somewhere", SCHED_CLS, "CONTEXT_ACCESS POINTER_ARITHMETIC",
		 CODE(LOAD(W, 2, 1, 0), ALU(AND, 2, 4), ALU_REG(ADD, 1, 2), LOAD(W, 0, 1, 0), EXIT)),
	REJECTED("a helper gets half a context", SCHED_CLS, "CONTEXT_ACCESS ARGUMENT_TYPE",
		 CODE(ADD(1, 8), MOV(2, 0), CALL(BPF_FUNC_skb_pull_data), RETURN(0))),
	REJECTED("an atomic add to the context", SCHED_CLS, "ATOMIC_TARGET",
		 CODE(MOV(0, 1), ATOMIC(BPF_ADD, 1, 0, 0), RETURN(0))),

	/* Packets. */
	REJECTED("a packet nobody measured", SCHED_CLS, "PACKET_BOUNDS", CODE(PACKET, LOAD(DW, 0, 2, 0), EXIT)),
	REJECTED("a packet measured too short", SCHED_CLS, "PACKET_BOUNDS",
		 CODE(PACKET, COPY(4, 2), ADD(4, 8), JUMP_REG(JGT, 4, 3, 1), LOAD(DW, 0, 2, 8), RETURN(0))),
	REJECTED("a packet measured the wrong way", XDP, "PACKET_BOUNDS",
		 CODE(XDP_PACKET, COPY(4, 2), ADD(4, 8), JUMP_REG(JLE, 4, 3, 1), LOAD(DW, 0, 2, 0), RETURN(0))),
	REJECTED("a packet before its beginning", XDP, "PACKET_BOUNDS",
		 CODE(XDP_PACKET, COPY(4, 2), ADD(4, 8), JUMP_REG(JGT, 4, 3, 1), LOAD(B, 0, 2, -1), RETURN(0))),
	REJECTED("a packet not to be written", CGROUP_SKB, "READ_ONLY",
		 CODE(PACKET, COPY(4, 2), ADD(4, 8), JUMP_REG(JGT, 4, 3, 1), STORE(B, 2, 0, 1), RETURN(0))),
	REJECTED("a packet that has moved", SCHED_CLS, "NOT_A_POINTER",
		 CODE(COPY(6, 1), PACKET, COPY(7, 2), COPY(4, 2), ADD(4, 8), JUMP_REG(JGT, 4, 3, 4), COPY(1, 6),
		      MOV(2, 0), CALL(BPF_FUNC_skb_pull_data), LOAD(B, 0, 7, 0), RETURN(0))),
	REJECTED("beyond the end of a packet", XDP, "POINTER_ARITHMETIC",
		 CODE(XDP_PACKET, ADD(3, 8), RETURN(0))),
	REJECTED("far into a packet", XDP, "POINTER_ARITHMETIC PACKET_BOUNDS",
		 CODE(XDP_PACKET, LOAD(W, 4, 1, 12), ALU(LSH, 4, 32), ALU_REG(ADD, 2, 4), COPY(5, 2), ADD(5, 1),
		      JUMP_REG(JGT, 5, 3, 1), LOAD(B, 0, 2, 0), RETURN(0))),
	REJECTED("an atomic add to a packet", SCHED_CLS, "ATOMIC_TARGET",
		 CODE(PACKET, COPY(4, 2), ADD(4, 8), JUMP_REG(JGT, 4, 3, 2), MOV(0, 1), ATOMIC(BPF_ADD, 2, 0, 0), RETURN(0))),

	/* Values of maps. */
	REJECTED("a value that may be NULL is read", SOCKET_FILTER, "NULL_POINTER",
		 CODE(LOOKUP(MAP_HASH), LOAD(DW, 0, 0, 0), EXIT)),
	REJECTED("a value that may be NULL is written", SOCKET_FILTER, "NULL_POINTER",
		 CODE(LOOKUP(MAP_HASH), STORE(DW, 0, 0, 1), RETURN(0))),
	REJECTED("a value that is NULL", SOCKET_FILTER, "NOT_A_POINTER",
		 CODE(LOOKUP(MAP_HASH), JUMP(JEQ, 0, 0, 1), EXIT, LOAD(DW, 0, 0, 0), EXIT)),
	REJECTED("adds to a value that may be NULL", SOCKET_FILTER, "NULL_POINTER",
		 CODE(LOOKUP(MAP_HASH), ADD(0, 8), RETURN(0))),
	REJECTED("a helper gets what may be NULL", SOCKET_FILTER, "NULL_POINTER ARGUMENT_TYPE",
		 CODE(LOOKUP(MAP_HASH), COPY(2, 0), MAP(1, MAP_ARRAY), CALL(BPF_FUNC_map_lookup_elem), RETURN(0))),
	REJECTED("behind a value", SOCKET_FILTER, "MAP_BOUNDS",
		 CODE(LOOKUP_NOT_NULL(MAP_ARRAY), LOAD(DW, 0, 0, 16), EXIT)),
	REJECTED("across the end of a value", SOCKET_FILTER, "MAP_BOUNDS",
		 CODE(LOOKUP_NOT_NULL(MAP_ARRAY), STORE(DW, 0, 12, 0), RETURN(0))),
	REJECTED("before a value", SOCKET_FILTER, "MAP_BOUNDS",
		 CODE(LOOKUP_NOT_NULL(MAP_ARRAY), LOAD(DW, 0, 0, -8), EXIT)),
	REJECTED("an index without bounds", SOCKET_FILTER, "UNBOUNDED",
		 CODE(COPY(6, 1), LOOKUP_NOT_NULL(MAP_ARRAY), LOAD(W, 1, 6, 0), ALU_REG(ADD, 0, 1), LOAD(B, 0, 0, 0),
		      EXIT)),
	REJECTED("an index with bounds too wide", SOCKET_FILTER, "MAP_BOUNDS",
		 CODE(COPY(6, 1), LOOKUP_NOT_NULL(MAP_ARRAY), LOAD(W, 1, 6, 0), ALU(AND, 1, 0xff), ALU_REG(ADD, 0, 1),
		      LOAD(B, 0, 0, 0), EXIT)),
	REJECTED("an index that may be negative", SOCKET_FILTER, "NEGATIVE UNBOUNDED POINTER_ARITHMETIC",
		 CODE(LOOKUP_NOT_NULL(MAP_ARRAY), LOAD(DW, 1, 0, 0), JUMP(JSGT, 1, 8, 2), ALU_REG(ADD, 0, 1), LOAD(B, 0, 0, 0),
		      RETURN(0))),
	REJECTED("a global behind its section", SOCKET_FILTER, "MAP_BOUNDS",
		 CODE(MAP_VALUE(1, MAP_ARRAY, 64), RETURN(0))),
	REJECTED("writes a map of constants", SOCKET_FILTER, "READ_ONLY",
		 CODE(LOOKUP_NOT_NULL(MAP_RDONLY), STORE(DW, 0, 0, 1), RETURN(0))),
	REJECTED("updates a map of constants", SOCKET_FILTER, "READ_ONLY",
		 CODE(STORE(DW, 10, -16, 0), STORE(DW, 10, -8, 0), MAP(1, MAP_RDONLY), COPY(2, 10), ADD(2, -16), COPY(3, 2),
		      MOV(4, 0), CALL(BPF_FUNC_map_update_elem), RETURN(0))),
	REJECTED("reads a map for writing", SOCKET_FILTER, "WRITE_ONLY",
		 CODE(MAP_VALUE(1, MAP_WRONLY, 0), LOAD(DW, 0, 1, 0), EXIT)),
	REJECTED("an fd that is no map", SOCKET_FILTER, "NO_MAP",
		 CODE(INSN_LOAD_MAP(1, BPF_PSEUDO_MAP_FD, 19999, 0), RETURN(0))),
	REJECTED("writes the map itself", SOCKET_FILTER, "NOT_A_POINTER READ_ONLY",
		 CODE(MAP(1, MAP_ARRAY), STORE(DW, 1, 0, 0), RETURN(0))),

	/* Helpers. */
	REJECTED("a lookup in a ring", SOCKET_FILTER, "MAP_TYPE",
		 CODE(LOOKUP(MAP_RINGBUF), RETURN(0))),
	REJECTED("an element of a ring that is deleted", SOCKET_FILTER, "MAP_TYPE",
		 CODE(STORE(W, 10, -4, 0), MAP(1, MAP_RINGBUF), COPY(2, 10), ADD(2, -4), CALL(BPF_FUNC_map_delete_elem), RETURN(0))),
	REJECTED("an element of a ring that is set", SOCKET_FILTER, "MAP_TYPE",
		 CODE(STORE(DW, 10, -8, 0), MAP(1, MAP_RINGBUF), COPY(2, 10), ADD(2, -8), COPY(3, 2), MOV(4, 0),
		      CALL(BPF_FUNC_map_update_elem), RETURN(0))),
	REJECTED("a tail call through a hash", SOCKET_FILTER, "MAP_TYPE",
		 CODE(MAP(2, MAP_HASH), MOV(3, 0), CALL(BPF_FUNC_tail_call), RETURN(0))),
	REJECTED("a perf event through an array", XDP, "MAP_TYPE",
		 CODE(STORE(DW, 10, -8, 0), MAP(2, MAP_ARRAY), MOV(3, 0), COPY(4, 10), ADD(4, -8), MOV(5, 8),
		      CALL(BPF_FUNC_perf_event_output), RETURN(0))),
	REJECTED("a ring record from a hash", XDP, "MAP_TYPE",
		 CODE(MAP(1, MAP_HASH), MOV(2, 8), MOV(3, 0), CALL(BPF_FUNC_ringbuf_reserve), RETURN(0))),
	REJECTED("a helper of other programs", XDP, "HELPER_NOT_ALLOWED",
		 CODE(MOV(2, 0), COPY(3, 10), ADD(3, -8), MOV(4, 8), CALL(BPF_FUNC_skb_load_bytes), RETURN(0))),
	REJECTED("a helper of tracing", CGROUP_SOCK, "HELPER_NOT_ALLOWED",
		 CODE(CALL(BPF_FUNC_skb_get_tunnel_key), RETURN(0))),
	REJECTED("a helper that is none", XDP, "UNKNOWN_HELPER", CODE(CALL(9999), RETURN(0))),
	REJECTED("a helper for free software", SOCKET_FILTER, "LICENCE", .licence = "Proprietary",
		 CODE(STORE(DW, 10, -8, 0), COPY(1, 10), ADD(1, -8), MOV(2, 8), CALL(BPF_FUNC_trace_printk), RETURN(0))),
	REJECTED("a number for a map", SOCKET_FILTER, "ARGUMENT_TYPE",
		 CODE(STORE(W, 10, -4, 0), MOV(1, 3), COPY(2, 10), ADD(2, -4), CALL(BPF_FUNC_map_lookup_elem), RETURN(0))),
	REJECTED("a number for a key", SOCKET_FILTER, "ARGUMENT_TYPE",
		 CODE(MAP(1, MAP_ARRAY), MOV(2, 3), CALL(BPF_FUNC_map_lookup_elem), RETURN(0))),
	REJECTED("the context for a key", SOCKET_FILTER, "ARGUMENT_TYPE",
		 CODE(COPY(2, 1), MAP(1, MAP_ARRAY), CALL(BPF_FUNC_map_lookup_elem), RETURN(0))),
	REJECTED("the stack for the context", SCHED_CLS, "ARGUMENT_TYPE",
		 CODE(COPY(1, 10), MOV(2, 0), CALL(BPF_FUNC_skb_pull_data), RETURN(0))),
	REJECTED("a size that may be negative", SCHED_CLS, "NEGATIVE",
		 CODE(STORE(DW, 10, -8, 0), LOAD(W, 4, 1, 0), ALU(LSH, 4, 32), ALU(ARSH, 4, 32), JUMP(JSGT, 4, 8, 4), MOV(2, 0),
		      COPY(3, 10), ADD(3, -8), CALL(BPF_FUNC_skb_load_bytes), RETURN(0))),
	REJECTED("a size of zero", SCHED_CLS, "ZERO_SIZE STACK_BOUNDS",
		 CODE(MOV(2, 0), COPY(3, 10), ADD(3, -8), MOV(4, 0), CALL(BPF_FUNC_skb_load_bytes), RETURN(0))),
	REJECTED("a size without bounds", SCHED_CLS, "UNBOUNDED",
		 CODE(LOAD(W, 4, 1, 0), MOV(2, 0), COPY(3, 10), ADD(3, -8), ALU(LSH, 4, 3), ADD(4, 1), CALL(BPF_FUNC_skb_load_bytes),
		      RETURN(0))),
	REJECTED("a size larger than the stack", SCHED_CLS, "STACK_BOUNDS",
		 CODE(MOV(2, 0), COPY(3, 10), ADD(3, -8), MOV(4, 16), CALL(BPF_FUNC_skb_load_bytes), RETURN(0))),
	REJECTED("a size that is not a constant", XDP, "NOT_CONSTANT UNBOUNDED",
		 CODE(LOAD(W, 2, 1, 12), ALU(AND, 2, 8), MAP(1, MAP_RINGBUF), MOV(3, 0), CALL(BPF_FUNC_ringbuf_reserve), RETURN(0))),
	REJECTED("a record that is never sent", XDP, "REFERENCE_LEAK",
		 CODE(MAP(1, MAP_RINGBUF), MOV(2, 8), MOV(3, 0), CALL(BPF_FUNC_ringbuf_reserve), RETURN(0))),
	REJECTED("a record sent on one way only", XDP, "REFERENCE_LEAK",
		 CODE(COPY(6, 1), MAP(1, MAP_RINGBUF), MOV(2, 8), MOV(3, 0), CALL(BPF_FUNC_ringbuf_reserve), JUMP(JEQ, 0, 0, 5),
		      LOAD(W, 6, 6, 12), JUMP(JEQ, 6, 0, 3), COPY(1, 0), MOV(2, 0), CALL(BPF_FUNC_ringbuf_submit), RETURN(0))),
	REJECTED("a record sent twice", XDP, "ARGUMENT_TYPE UNINITIALISED_REGISTER",
		 CODE(MAP(1, MAP_RINGBUF), MOV(2, 8), MOV(3, 0), CALL(BPF_FUNC_ringbuf_reserve), JUMP(JEQ, 0, 0, 7), COPY(6, 0),
		      COPY(1, 6), MOV(2, 0), CALL(BPF_FUNC_ringbuf_submit), COPY(1, 6), MOV(2, 0), CALL(BPF_FUNC_ringbuf_submit),
		      RETURN(0))),
	REJECTED("behind a record", XDP, "MEMORY_BOUNDS",
		 CODE(MAP(1, MAP_RINGBUF), MOV(2, 8), MOV(3, 0), CALL(BPF_FUNC_ringbuf_reserve), JUMP(JEQ, 0, 0, 4),
		      STORE(DW, 0, 8, 0), COPY(1, 0), MOV(2, 0), CALL(BPF_FUNC_ringbuf_submit), RETURN(0))),
	REJECTED("a record that may be NULL", XDP, "NULL_POINTER",
		 CODE(MAP(1, MAP_RINGBUF), MOV(2, 8), MOV(3, 0), CALL(BPF_FUNC_ringbuf_reserve), STORE(DW, 0, 0, 0), COPY(1, 0),
		      MOV(2, 0), CALL(BPF_FUNC_ringbuf_submit), RETURN(0))),
	REJECTED("a record that was sent is used", XDP, "NOT_A_POINTER UNINITIALISED_REGISTER",
		 CODE(MAP(1, MAP_RINGBUF), MOV(2, 8), MOV(3, 0), CALL(BPF_FUNC_ringbuf_reserve), JUMP(JEQ, 0, 0, 5), COPY(6, 0),
		      COPY(1, 6), MOV(2, 0), CALL(BPF_FUNC_ringbuf_submit), STORE(DW, 6, 0, 1), RETURN(0))),

	/* What is returned. */
	REJECTED("returns 2 where 0 or 1 is asked", CGROUP_SOCK, "RETURN_VALUE", CODE(RETURN(2))),
	REJECTED("returns anything", CGROUP_SOCK, "RETURN_VALUE", CODE(RANDOM, EXIT)),
	REJECTED("returns a pointer", CGROUP_SOCK, "RETURN_VALUE POINTER_LEAK", CODE(COPY(0, 1), EXIT)),
	REJECTED("returns an address", SOCKET_FILTER, "POINTER_LEAK", .as = AS_CAP_BPF, CODE(COPY(0, 10), EXIT)),
	REJECTED("a sysctl is neither allowed nor denied", CGROUP_SYSCTL, "RETURN_VALUE",
		 .attach_type = BPF_CGROUP_SYSCTL, CODE(RETURN(7))),
	REJECTED("chooses a socket in three ways", SK_LOOKUP, "RETURN_VALUE", .attach_type = BPF_SK_LOOKUP, CODE(RETURN(3))),

	/* Pointers. */
	REJECTED("a pointer and a pointer", SOCKET_FILTER, "POINTER_ARITHMETIC",
		 CODE(ALU_REG(ADD, 1, 10), RETURN(0))),
	REJECTED("a pointer twice", SOCKET_FILTER, "POINTER_ARITHMETIC", CODE(ALU(MUL, 1, 2), RETURN(0))),
	REJECTED("a pointer's bits", SOCKET_FILTER, "POINTER_ARITHMETIC", CODE(ALU(AND, 1, -8), RETURN(0))),
	REJECTED("half a pointer", SOCKET_FILTER, "POINTER_ARITHMETIC", CODE(ALU32(ADD, 1, 4), RETURN(0))),
	REJECTED("a number less a pointer", SOCKET_FILTER, "POINTER_ARITHMETIC",
		 CODE(MOV(0, 8), ALU_REG(SUB, 0, 1), RETURN(0))),
	REJECTED("a pointer negated", SOCKET_FILTER, "POINTER_ARITHMETIC", .as = AS_CAP_BPF,
		 CODE(INSN(BPF_ALU64 | BPF_NEG, 1, 0, 0, 0), RETURN(0))),
	REJECTED("a map plus eight", SOCKET_FILTER, "POINTER_ARITHMETIC ARGUMENT_TYPE",
		 CODE(STORE(W, 10, -4, 0), MAP(1, MAP_ARRAY), ADD(1, 8), COPY(2, 10), ADD(2, -4),
		      CALL(BPF_FUNC_map_lookup_elem), RETURN(0))),
	REJECTED("two gigabytes from the stack", SOCKET_FILTER, "POINTER_ARITHMETIC",
		 CODE(COPY(2, 10), ADD(2, 0x7fffffff), RETURN(0))),
	REJECTED("reads a number as a pointer", SOCKET_FILTER, "NOT_A_POINTER",
		 CODE(MOV(1, 4096), LOAD(DW, 0, 1, 0), EXIT)),
	REJECTED("writes where a field of the context points", SCHED_CLS, "NOT_A_POINTER",
		 CODE(LOAD(W, 2, 1, 0), STORE(DW, 2, 0, 0), RETURN(0))),
	REJECTED("reads memory of the kernel directly", KPROBE, "NOT_A_POINTER",
		 CODE(LOAD(DW, 1, 1, 112), LOAD(DW, 0, 1, 0), EXIT)),
	REJECTED("an address into the context", SCHED_CLS, "POINTER_LEAK", .as = AS_CAP_BPF,
		 CODE(STORE_REG(DW, 1, 1, offsetof(struct __sk_buff, cb)), RETURN(0))),
	REJECTED("an address into a map", SOCKET_FILTER, "POINTER_LEAK", .as = AS_CAP_BPF,
		 CODE(LOOKUP_NOT_NULL(MAP_ARRAY), STORE_REG(DW, 0, 10, 0), RETURN(0))),
	REJECTED("an address is compared", SOCKET_FILTER, "POINTER_LEAK", .as = AS_CAP_BPF,
		 CODE(MOV(0, 0), JUMP(JEQ, 1, 7, 0), EXIT)),

	/* What a type of program, or this kernel, does not do. */
	REJECTED("a function of the kernel that is none", XDP, "UNKNOWN_KFUNC BAD_INSTRUCTION",
		 CODE(INSN_CALL_KERNEL(1 << 30), RETURN(0))),
	REJECTED("a function of the kernel that is a type", XDP, "UNKNOWN_KFUNC BAD_INSTRUCTION",
		 CODE(INSN_CALL_KERNEL(1), RETURN(0))),
	REJECTED("sleeps in a socket filter", SOCKET_FILTER, "SLEEPABLE", .flags = BPF_F_SLEEPABLE, CODE(RETURN(0))),
	REJECTED("traces no function", TRACING, "ATTACH_TARGET", .attach_type = BPF_TRACE_RAW_TP, CODE(RETURN(0))),
	REJECTED("guards no hook", LSM, "ATTACH_TARGET PRIVILEGE", .attach_type = BPF_LSM_MAC, CODE(RETURN(0))),
	REJECTED("replaces no function", EXT, "ATTACH_TARGET PRIVILEGE", CODE(RETURN(0))),
	REJECTED("packets of old in a kprobe", KPROBE, "PROGRAM_TYPE",
		 CODE(INSN(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 0), EXIT)),
	REJECTED("packets of old without a context", SOCKET_FILTER, "UNINITIALISED_REGISTER ARGUMENT_TYPE",
		 CODE(MOV(6, 0), INSN(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 0), EXIT)),
};
/* clang-format on */

const size_t rejected_count = sizeof(rejected) / sizeof(rejected[0]);

static int bpf(int command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

static int map(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = key,
		.value_size = value,
		.max_entries = entries,
		.map_flags = flags,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

void rejected_maps(int maps[MAP_COUNT])
{
	maps[MAP_NONE] = -1;
	maps[MAP_ARRAY] = map(BPF_MAP_TYPE_ARRAY, 4, 16, 4, 0);
	maps[MAP_HASH] = map(BPF_MAP_TYPE_HASH, 4, 16, 4, 0);
	maps[MAP_PROG_ARRAY] = map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0);
	maps[MAP_PERF_ARRAY] = map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0);
	maps[MAP_RINGBUF] = map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	maps[MAP_RDONLY] = map(BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG);
	maps[MAP_WRONLY] = map(BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_WRONLY_PROG);
}

static int keep_capabilities(uint32_t low, uint32_t high)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = low, .permitted = low },
		{ .effective = high, .permitted = high },
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* No program ends in the second half of a constant, which alone has no code. */
static size_t insn_count(const struct rejected *program)
{
	size_t count = REJECTED_INSNS;

	while (count && !program->insns[count - 1].code)
		count--;
	return count;
}

static int load(const struct rejected *program, const int maps[MAP_COUNT], char *log, uint32_t size)
{
	struct bpf_insn insns[REJECTED_INSNS];
	const size_t count = insn_count(program);
	union bpf_attr attr = {
		.prog_type = program->prog_type,
		.expected_attach_type = program->attach_type,
		.prog_flags = program->flags,
		.insns = (uintptr_t)insns,
		.insn_cnt = (uint32_t)count,
		.license = (uintptr_t)(program->licence ? program->licence : "GPL"),
		.prog_name = "rejected",
	};
	int r, second;
	size_t i;

	log[0] = '\0';
	for (i = 0; i < count; i++) {
		insns[i] = program->insns[i];
		if (insns[i].code == (BPF_LD | BPF_DW | BPF_IMM) &&
		    (insns[i].src_reg == BPF_PSEUDO_MAP_FD ||
		     insns[i].src_reg == BPF_PSEUDO_MAP_VALUE) &&
		    insns[i].imm < MAP_COUNT)
			insns[i].imm = maps[insns[i].imm];
	}
	r = bpf(BPF_PROG_LOAD, &attr);
	if (r >= 0)
		return r;
	/* A log that is too small has the kernel return another code: what counts is the one without. */
	attr.log_buf = (uintptr_t)log;
	attr.log_size = size;
	attr.log_level = 1;
	second = bpf(BPF_PROG_LOAD, &attr);
	if (second >= 0)
		close(second);
	return r;
}

/* In a process that may do no more, with the log in memory that both see. */
static int load_with_less(const struct rejected *program, const int maps[MAP_COUNT], char *log,
			  uint32_t size)
{
	char *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, r;
	uint32_t i;
	pid_t pid;

	if (shared == MAP_FAILED)
		return -errno;
	pid = fork();
	if (!pid) {
		r = keep_capabilities(1u << CAP_NET_ADMIN, 1u << (CAP_BPF - 32));
		r = r ? r : load(program, maps, shared, size);
		_exit(r < 0 ? -r : 0);
	}
	r = pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ? -ECHILD
									     : -WEXITSTATUS(status);
	for (i = 0; i < size; i++)
		log[i] = shared[i];
	munmap(shared, size);
	return r;
}

int rejected_load(const struct rejected *program, const int maps[MAP_COUNT], char *log,
		  uint32_t size)
{
	return program->as == AS_CAP_BPF ? load_with_less(program, maps, log, size)
					 : load(program, maps, log, size);
}
