/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef UNIT_VERIFIER_LOGS_H
#define UNIT_VERIFIER_LOGS_H
/*
 * What verifiers have written, as it was, but for the addresses of maps. The name ends in the kernel's version. The
 * program of LOG_MAP_BOUNDS was compiled with -g.
 */
/* clang-format off */
#define LOG_MAP_BOUNDS_5_10 \
	"; int count(struct xdp_md *ctx)\n" \
	"0: (bf) r6 = r1\n" \
	"; __u32 key = ctx->ingress_ifindex;\n" \
	"1: (61) r1 = *(u32 *)(r6 +12)\n" \
	"; __u32 key = ctx->ingress_ifindex;\n" \
	"2: (63) *(u32 *)(r10 -4) = r1\n" \
	"3: (bf) r2 = r10\n" \
	"; \n" \
	"4: (07) r2 += -4\n" \
	"; __u64 *value = bpf_map_lookup_elem(&flows, &key);\n" \
	"5: (18) r1 = 0xffff888000000000\n" \
	"7: (85) call bpf_map_lookup_elem#1\n" \
	"; if (value)\n" \
	"8: (15) if r0 == 0x0 goto pc+7\n" \
	" R0_w=map_value(id=0,off=0,ks=4,vs=32,imm=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0 fp-8=mmmm????\n" \
	"; __u32 at = ctx->rx_queue_index;\n" \
	"9: (61) r1 = *(u32 *)(r6 +16)\n" \
	"; value[at & 7] += 1;\n" \
	"10: (57) r1 &= 7\n" \
	"11: (67) r1 <<= 3\n" \
	"12: (0f) r0 += r1\n" \
	"last_idx 12 first_idx 0\n" \
	"regs=2 stack=0 before 11: (67) r1 <<= 3\n" \
	"regs=2 stack=0 before 10: (57) r1 &= 7\n" \
	"regs=2 stack=0 before 9: (61) r1 = *(u32 *)(r6 +16)\n" \
	"; value[at & 7] += 1;\n" \
	"13: (79) r1 = *(u64 *)(r0 +0)\n" \
	" R0_w=map_value(id=0,off=0,ks=4,vs=32,umax_value=56,var_off=(0x0; 0x38)) R1_w=inv(id=0,umax_value=56,var_off=(0x0; 0x38)) R6_w=ctx(id=0,off=0,imm=0) R10=fp0 fp-8=mmmm????\n" \
	"invalid access to map value, value_size=32 off=56 size=8\n" \
	"R0 max value is outside of the allowed memory range\n" \
	"processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

#define LOG_MAP_BOUNDS_7_3 \
	"0: R1=ctx() R10=fp0\n" \
	"; int count(struct xdp_md *ctx) @ bad1.bpf.c:5\n" \
	"0: (bf) r6 = r1                       ; R1=ctx() R6=ctx()\n" \
	"; __u32 key = ctx->ingress_ifindex; @ bad1.bpf.c:7\n" \
	"1: (61) r1 = *(u32 *)(r6 +12)         ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R6=ctx()\n" \
	"2: (63) *(u32 *)(r10 -4) = r1         ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=mmmm????\n" \
	"3: (bf) r2 = r10                      ; R2=fp0 R10=fp0\n" \
	";  @ bad1.bpf.c:0\n" \
	"4: (07) r2 += -4                      ; R2=fp-4\n" \
	"; __u64 *value = bpf_map_lookup_elem(&flows, &key); @ bad1.bpf.c:8\n" \
	"5: (18) r1 = 0xffff888000000000       ; R1=map_ptr(map=flows,ks=4,vs=32)\n" \
	"7: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=flows,ks=4,vs=32)\n" \
	"; if (value) @ bad1.bpf.c:11\n" \
	"8: (15) if r0 == 0x0 goto pc+7        ; R0=map_value(id=1,map=flows,ks=4,vs=32)\n" \
	"; __u32 at = ctx->rx_queue_index; @ bad1.bpf.c:9\n" \
	"9: (61) r1 = *(u32 *)(r6 +16)         ; R1=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R6=ctx()\n" \
	"; value[at & 7] += 1; @ bad1.bpf.c:12\n" \
	"10: (57) r1 &= 7                      ; R1=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))\n" \
	"11: (67) r1 <<= 3                     ; R1=scalar(smin=smin32=0,smax=umax=smax32=umax32=56,var_off=(0x0; 0x38))\n" \
	"12: (0f) r0 += r1                     ; R0=map_value(id=1,map=flows,ks=4,vs=32,smin=smin32=0,smax=umax=smax32=umax32=56,var_off=(0x0; 0x38)) R1=scalar(smin=smin32=0,smax=umax=smax32=umax32=56,var_off=(0x0; 0x38))\n" \
	"13: (79) r1 = *(u64 *)(r0 +0)\n" \
	"invalid access to map value, value_size=32 off=56 size=8\n" \
	"R0 max value is outside of the allowed memory range\n" \
	"\n" \
	"Verification failed: Memory Safety: Access outside bounds\n" \
	"\n" \
	"Reason:\n" \
	"  The verifier cannot prove offset + access_size <= object_size. Here, the maximal bound for a\n" \
	"  memory access is 64: start 56 + access_size 8, beyond object_size 32. R0 is map_value; offset is\n" \
	"  variable: known bits 0x0, unknown mask 0x38; signed range [0, 56], unsigned range [0, 56];\n" \
	"  access_size is 8; object_size is 32.\n" \
	"\n" \
	"At:\n" \
	"  count @ bad1.bpf.c:12:17\n" \
	"  Source context:\n" \
	"      10 | ...\n" \
	"      11 |         if (value)\n" \
	"  >>> 12 |                 value[at & 7] += 1;\n" \
	"         |                 ^-- error: access may be outside object bounds\n" \
	"      13 |         return XDP_PASS;\n" \
	"      14 | ...\n" \
	"  Instruction context:\n" \
	"      11 | (67) r1 <<= 3\n" \
	"      12 | (0f) r0 += r1\n" \
	"  >>> 13 | (79) r1 = *(u64 *)(r0 +0)\n" \
	"      14 | (07) r1 += 1\n" \
	"      15 | (7b) *(u64 *)(r0 +0) = r1\n" \
	"\n" \
	"Causal path:\n" \
	"  count @ bad1.bpf.c:8:17\n" \
	"  Source context:\n" \
	"       6 | ...\n" \
	"       7 |         __u32 key = ctx->ingress_ifindex;\n" \
	"  >>>  8 |         __u64 *value = bpf_map_lookup_elem(&flows, &key);\n" \
	"         |         ^-- update: R0 changed from uninitialized value to nullable map value from flows\n" \
	"         |             at offset 0\n" \
	"       9 |         __u32 at = ctx->rx_queue_index;\n" \
	"      10 | ...\n" \
	"  Instruction context:\n" \
	"       5 | (18) r1 = 0xffff888000000000\n" \
	"  >>>  7 | (85) call bpf_map_lookup_elem#1\n" \
	"       8 | (15) if r0 == 0x0 goto pc+7\n" \
	"       9 | (61) r1 = *(u32 *)(r6 +16)\n" \
	"\n" \
	"  count @ bad1.bpf.c:11:6\n" \
	"  Source context:\n" \
	"       9 |         __u32 at = ctx->rx_queue_index;\n" \
	"      10 | ...\n" \
	"  >>> 11 |         if (value)\n" \
	"         |         ^-- branch: took the false branch of this conditional, goto not followed\n" \
	"      12 |                 value[at & 7] += 1;\n" \
	"      13 |         return XDP_PASS;\n" \
	"  Instruction context:\n" \
	"       7 | (85) call bpf_map_lookup_elem#1\n" \
	"  >>>  8 | (15) if r0 == 0x0 goto pc+7\n" \
	"       9 | (61) r1 = *(u32 *)(r6 +16)\n" \
	"      10 | (57) r1 &= 7\n" \
	"\n" \
	"  count @ bad1.bpf.c:12:3\n" \
	"  Source context:\n" \
	"      10 | ...\n" \
	"      11 |         if (value)\n" \
	"  >>> 12 |                 value[at & 7] += 1;\n" \
	"         |                 ^-- update: R0 changed from map value from flows at offset 0 to map value\n" \
	"         |                     from flows with variable offset: known bits 0x0, unknown mask 0x38,\n" \
	"         |                     signed range [0, 56], unsigned range [0, 56]\n" \
	"      13 |         return XDP_PASS;\n" \
	"      14 | ...\n" \
	"  Instruction context:\n" \
	"      10 | (57) r1 &= 7\n" \
	"      11 | (67) r1 <<= 3\n" \
	"  >>> 12 | (0f) r0 += r1\n" \
	"      13 | (79) r1 = *(u64 *)(r0 +0)\n" \
	"      14 | (07) r1 += 1\n" \
	"\n" \
	"Suggestion:\n" \
	"  Add or adjust a bounds check that proves offset + access_size stays within the object.\n" \
	"\n" \
	"processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

#define LOG_LEAK_5_10 \
	"0: (bf) r6 = r1\n" \
	"1: (18) r1 = 0xffff888000000000\n" \
	"3: (b7) r2 = 8\n" \
	"4: (b7) r3 = 0\n" \
	"5: (85) call bpf_ringbuf_reserve#131\n" \
	"6: (15) if r0 == 0x0 goto pc+5\n" \
	" R0_w=mem(id=0,ref_obj_id=2,off=0,imm=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0 refs=2\n" \
	"7: (61) r6 = *(u32 *)(r6 +12)\n" \
	"8: (15) if r6 == 0x0 goto pc+3\n" \
	"\n" \
	"from 8 to 12: R0=mem(id=0,ref_obj_id=2,off=0,imm=0) R6=inv0 R10=fp0 refs=2\n" \
	"12: (b7) r0 = 0\n" \
	"13: (95) exit\n" \
	"Unreleased reference id=2 alloc_insn=5\n" \
	"processed 15 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1\n"

#define LOG_LEAK_7_3 \
	"0: R1=ctx() R10=fp0\n" \
	"0: (18) r1 = 0xffff888000000000       ; R1=map_ptr(ks=0,vs=0)\n" \
	"2: (b7) r2 = 8                        ; R2=8\n" \
	"3: (b7) r3 = 0                        ; R3=0\n" \
	"4: (85) call bpf_ringbuf_reserve#131          ; refs=2\n" \
	"5: (b7) r0 = 0                        ; R0=0 refs=2\n" \
	"6: (95) exit\n" \
	"Unreleased reference id=2 alloc_insn=4\n" \
	"\n" \
	"Verification failed: Resource Lifetime Safety: Unreleased resource\n" \
	"\n" \
	"Reason:\n" \
	"  Owned resource (id=2) was acquired at instruction 4 and still needs to be released before this\n" \
	"  exit path.\n" \
	"\n" \
	"At:\n" \
	"  insn 6\n" \
	"       | ^-- error: owned resource (id=2) still needs release\n" \
	"  Instruction context:\n" \
	"      4 | (85) call bpf_ringbuf_reserve#131\n" \
	"      5 | (b7) r0 = 0\n" \
	"  >>> 6 | (95) exit\n" \
	"\n" \
	"Causal path:\n" \
	"  insn 4\n" \
	"       | ^-- acquired: owned resource (id=2)\n" \
	"  Instruction context:\n" \
	"      2 | (b7) r2 = 8\n" \
	"      3 | (b7) r3 = 0\n" \
	"  >>> 4 | (85) call bpf_ringbuf_reserve#131\n" \
	"      5 | (b7) r0 = 0\n" \
	"      6 | (95) exit\n" \
	"\n" \
	"Suggestion:\n" \
	"  Release or transfer ownership of the acquired resource on every path before the program exits.\n" \
	"\n" \
	"BPF_EXIT instruction in main prog would lead to reference leak\n" \
	"processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

#define LOG_NEGATIVE_6_18 \
	"0: R1=ctx() R10=fp0\n" \
	"0: (7a) *(u64 *)(r10 -8) = 0          ; R10=fp0 fp-8=0\n" \
	"1: (61) r4 = *(u32 *)(r1 +0)          ; R1=ctx() R4=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))\n" \
	"2: (67) r4 <<= 32                     ; R4=scalar(smax=0x7fffffff00000000,umax=0xffff888000000000,smin32=0,smax32=umax32=0,var_off=(0x0; 0xffff888000000000))\n" \
	"3: (c7) r4 s>>= 32                    ; R4=scalar(smin=0xffff888000000000,smax=0x7fffffff)\n" \
	"4: (65) if r4 s> 0x8 goto pc+4        ; R4=scalar(smin=0xffff888000000000,smax=smax32=8)\n" \
	"5: (b7) r2 = 0                        ; R2=0\n" \
	"6: (bf) r3 = r10                      ; R3=fp0 R10=fp0\n" \
	"7: (07) r3 += -8                      ; R3=fp-8\n" \
	"8: (85) call bpf_skb_load_bytes#26\n" \
	"R4 min value is negative, either use unsigned or 'var &= const'\n" \
	"processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

#define LOG_PACKET_6_1 \
	"0: R1=ctx(off=0,imm=0) R10=fp0\n" \
	"0: (61) r2 = *(u32 *)(r1 +76)         ; R1=ctx(off=0,imm=0) R2_w=pkt(off=0,r=0,imm=0)\n" \
	"1: (61) r3 = *(u32 *)(r1 +80)         ; R1=ctx(off=0,imm=0) R3_w=pkt_end(off=0,imm=0)\n" \
	"2: (bf) r4 = r2                       ; R2_w=pkt(off=0,r=0,imm=0) R4_w=pkt(off=0,r=0,imm=0)\n" \
	"3: (07) r4 += 8                       ; R4_w=pkt(off=8,r=0,imm=0)\n" \
	"4: (2d) if r4 > r3 goto pc+1          ; R3_w=pkt_end(off=0,imm=0) R4_w=pkt(off=8,r=8,imm=0)\n" \
	"5: (79) r0 = *(u64 *)(r2 +8)\n" \
	"invalid access to packet, off=8 size=8, R2(id=0,off=8,r=8)\n" \
	"R2 offset is outside of the packet\n" \
	"processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

#define LOG_MOVED_6_18 \
	"0: R1=ctx() R10=fp0\n" \
	"0: (bf) r6 = r1                       ; R1=ctx() R6=ctx()\n" \
	"1: (61) r2 = *(u32 *)(r1 +76)         ; R1=ctx() R2=pkt(r=0)\n" \
	"2: (61) r3 = *(u32 *)(r1 +80)         ; R1=ctx() R3=pkt_end()\n" \
	"3: (bf) r7 = r2                       ; R2=pkt(r=0) R7=pkt(r=0)\n" \
	"4: (bf) r4 = r2                       ; R2=pkt(r=0) R4=pkt(r=0)\n" \
	"5: (07) r4 += 8                       ; R4=pkt(off=8,r=0)\n" \
	"6: (2d) if r4 > r3 goto pc+4          ; R3=pkt_end() R4=pkt(off=8,r=8)\n" \
	"7: (bf) r1 = r6                       ; R1=ctx() R6=ctx()\n" \
	"8: (b7) r2 = 0                        ; R2=0\n" \
	"9: (85) call bpf_skb_pull_data#39     ; R0=scalar()\n" \
	"10: (71) r0 = *(u8 *)(r7 +0)\n" \
	"R7 invalid mem access 'scalar'\n" \
	"processed 11 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0\n"

#define LOG_STACK_6_18 \
	"0: R1=ctx() R10=fp0\n" \
	"0: (18) r1 = 0x0                      ; R1=map_ptr(ks=4,vs=16)\n" \
	"2: (bf) r2 = r10                      ; R2=fp0 R10=fp0\n" \
	"3: (07) r2 += -4                      ; R2=fp-4\n" \
	"4: (85) call bpf_map_lookup_elem#1\n" \
	"invalid read from stack R2 off=-4 size=4\n" \
	"processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

#define LOG_SPILL_6_18 \
	"0: R1=ctx() R10=fp0\n" \
	"0: (7b) *(u64 *)(r10 -8) = r1         ; R1=ctx() R10=fp0 fp-8=ctx()\n" \
	"1: (61) r0 = *(u32 *)(r10 -8)\n" \
	"invalid size of register fill\n" \
	"processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

#define LOG_JUMP_7_3 \
	"jump out of range from insn 1 to 7\n" \
	"\n" \
	"Verification failed: Program Structure: Jump out of range\n" \
	"\n" \
	"Reason:\n" \
	"  Instruction 1 jumps to instruction 7, but subprogram 0 only contains instructions 0 through 2. A\n" \
	"  branch target must stay inside the same subprogram.\n" \
	"\n" \
	"At:\n" \
	"  insn 1\n" \
	"       | ^-- error: jump out of range\n" \
	"  Instruction context:\n" \
	"      0 | (b7) r0 = 0\n" \
	"  >>> 1 | (05) goto pc+5\n" \
	"      2 | (95) exit\n" \
	"\n" \
	"Suggestion:\n" \
	"  Keep branch targets within the same subprogram, or use an explicit subprogram call.\n" \
	"\n" \
	"processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

#define LOG_HELPER_5_10 \
	"0: (b7) r2 = 0\n" \
	"1: (bf) r3 = r10\n" \
	"2: (07) r3 += -8\n" \
	"3: (b7) r4 = 8\n" \
	"4: (85) call bpf_skb_load_bytes#26\n" \
	"unknown func bpf_skb_load_bytes#26\n" \
	"processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"

/* clang-format on */
#endif
