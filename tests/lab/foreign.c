/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "foreign.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf.h>

#include "base/cleanup.h"

#include "link.h"

#define LICENSE "Dual BSD/GPL"
#define INSNS_MAX 64

/* The program, instruction by instruction. */
struct code {
	struct bpf_insn insns[INSNS_MAX];
	size_t count;
};

static void emit(struct code *c, uint8_t opcode, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	c->insns[c->count++] = (struct bpf_insn){
		.code = opcode, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

static void emit_move(struct code *c, uint8_t dst, uint8_t src)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static void emit_constant(struct code *c, uint8_t dst, int32_t value)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value);
}

/* @dst = the word at @off of the context, which stands in r6. */
static void emit_load(struct code *c, uint8_t dst, size_t off)
{
	emit(c, BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_6, (int16_t)off, 0);
}

/* @src goes into, or is added to, the counter at @off of the map's value, which r0 points to. */
static void emit_store(struct code *c, uint8_t src, size_t off)
{
	emit(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_0, src, (int16_t)off, 0);
}

static void emit_add(struct code *c, uint8_t src, size_t off)
{
	emit(c, BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, src, (int16_t)off, BPF_ADD);
}

static void emit_push_vlan(struct code *c, uint16_t tci)
{
	emit_move(c, BPF_REG_1, BPF_REG_6);
	emit_constant(c, BPF_REG_2, htons(ETH_P_8021Q));
	emit_constant(c, BPF_REG_3, tci);
	emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skb_vlan_push);
}

static void assemble(struct code *c, int map_fd, const struct lab_foreign_opts *opts)
{
	static const struct {
		size_t from;
		size_t to;
	} copied[] = {
		{ offsetof(struct __sk_buff, gso_segs),
		  offsetof(struct lab_foreign_seen, gso_segs) },
		{ offsetof(struct __sk_buff, gso_size),
		  offsetof(struct lab_foreign_seen, gso_size) },
		{ offsetof(struct __sk_buff, protocol),
		  offsetof(struct lab_foreign_seen, protocol) },
		{ offsetof(struct __sk_buff, vlan_present),
		  offsetof(struct lab_foreign_seen, vlan_present) },
		{ offsetof(struct __sk_buff, vlan_tci),
		  offsetof(struct lab_foreign_seen, vlan_tci) },
	};

	emit_move(c, BPF_REG_6, BPF_REG_1);
	if (opts->push_vlan)
		emit_push_vlan(c, opts->push_vlan);
	/* r0 = the value of the map's one element; a constant of two instructions */
	emit(c, BPF_LD | BPF_IMM | BPF_DW, BPF_REG_0, BPF_PSEUDO_MAP_VALUE, 0, map_fd);
	emit(c, 0, 0, 0, 0, 0);
	emit_constant(c, BPF_REG_1, 1);
	emit_add(c, BPF_REG_1, offsetof(struct lab_foreign_seen, packets));
	emit_load(c, BPF_REG_1, offsetof(struct __sk_buff, len));
	emit_store(c, BPF_REG_1, offsetof(struct lab_foreign_seen, len));
	emit_add(c, BPF_REG_1, offsetof(struct lab_foreign_seen, bytes));
	emit_load(c, BPF_REG_2, offsetof(struct __sk_buff, data_end));
	emit_load(c, BPF_REG_1, offsetof(struct __sk_buff, data));
	emit(c, BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0);
	emit_store(c, BPF_REG_2, offsetof(struct lab_foreign_seen, linear_len));
	for (size_t i = 0; i < ARRAY_SIZE(copied); i++) {
		emit_load(c, BPF_REG_1, copied[i].from);
		emit_store(c, BPF_REG_1, copied[i].to);
	}
	emit_constant(c, BPF_REG_0, opts->action);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static int read_prog_id(struct lab_foreign *foreign)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int r = bpf_obj_get_info_by_fd(foreign->prog_fd, &info, &size);

	foreign->prog_id = info.id;
	return r;
}

int lab_foreign_load(const struct lab_foreign_opts *opts, struct lab_foreign *ret_foreign)
{
	struct lab_foreign foreign = { .prog_fd = -EBADF, .map_fd = -EBADF, .link_fd = -EBADF };
	struct code code = { .count = 0 };
	int r;

	foreign.map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, opts->name, sizeof(uint32_t),
					sizeof(struct lab_foreign_seen), 1, NULL);
	if (foreign.map_fd < 0)
		return foreign.map_fd;
	assemble(&code, foreign.map_fd, opts);
	foreign.prog_fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, opts->name, LICENSE, code.insns,
					code.count, NULL);
	r = foreign.prog_fd < 0 ? foreign.prog_fd : read_prog_id(&foreign);
	if (r < 0) {
		lab_foreign_close(&foreign);
		return r;
	}
	*ret_foreign = foreign;
	return 0;
}

int lab_foreign_attach_clsact(const struct lab_foreign *foreign, const char *interface,
			      enum lab_direction direction, uint16_t priority, uint32_t handle,
			      const char *name)
{
	int r = lab_qdisc_add(interface, "clsact");

	if (r < 0 && r != -EEXIST)
		return r;
	return lab_filter_add(interface, direction, foreign->prog_fd, priority, handle, name);
}

int lab_foreign_attach_tcx(struct lab_foreign *foreign, const char *interface,
			   enum lab_direction direction, uint32_t flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);
	enum bpf_attach_type type = (enum bpf_attach_type)lab_tcx_attach_type(direction);
	int index = lab_link_index(interface), fd;

	if (index < 0)
		return index;
	if (foreign->link_fd >= 0)
		return -EALREADY;
	fd = bpf_link_create(foreign->prog_fd, index, type, &opts);
	if (fd < 0)
		return fd;
	foreign->link_fd = fd;
	return 0;
}

int lab_foreign_read(const struct lab_foreign *foreign, struct lab_foreign_seen *ret_seen)
{
	const uint32_t key = 0;

	return bpf_map_lookup_elem(foreign->map_fd, &key, ret_seen);
}

uint64_t lab_foreign_packets(const struct lab_foreign *foreign)
{
	struct lab_foreign_seen seen;

	return lab_foreign_read(foreign, &seen) < 0 ? UINT64_MAX : seen.packets;
}

int lab_foreign_reset(const struct lab_foreign *foreign)
{
	static const struct lab_foreign_seen nothing;
	const uint32_t key = 0;

	return bpf_map_update_elem(foreign->map_fd, &key, &nothing, BPF_ANY);
}

void lab_foreign_close(struct lab_foreign *foreign)
{
	int *fds[] = { &foreign->link_fd, &foreign->prog_fd, &foreign->map_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		cleanup_close(fds[i]);
		*fds[i] = -EBADF;
	}
}
