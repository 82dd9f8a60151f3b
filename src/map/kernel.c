/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/kernel.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/insn.h"

#define PACKET_SIZE 64 /* a run needs a packet of 14 bytes at least */
#define COUNTER "func bpf_map_sum_elem_count"

enum {
	INNER_MAP_META,
	MAP_TYPE,
	KEY_SIZE,
	VALUE_SIZE,
	MAX_ENTRIES,
	MAP_FLAGS,
	FIELDS
};

/* Members of the kernel's struct bpf_map. */
static const char *const field_names[FIELDS] = {
	[INNER_MAP_META] = "inner_map_meta",
	[MAP_TYPE] = "map_type",
	[KEY_SIZE] = "key_size",
	[VALUE_SIZE] = "value_size",
	[MAX_ENTRIES] = "max_entries",
	[MAP_FLAGS] = "map_flags",
};

/* Where this kernel has them: computed once, it does not change. */
static struct {
	atomic_int known;           /* 1: what follows is */
	_Atomic uint32_t counter;   /* type of the function; 0: there is none */
	_Atomic int32_t at[FIELDS]; /* bytes */
	atomic_int has_fields;
} layout;

/* Return: are all fields there, in 16 bits as instructions have it? */
static int find_fields(const struct skep_btf *btf)
{
	struct skep_btf_type type;
	struct skep_btf_member member;
	uint32_t id = 0, i, found = 0;
	size_t k;

	if (skep_btf_find(btf, "struct bpf_map", 0, &id) <= 0 ||
	    skep_btf_type_at(btf, id, &type) < 0)
		return 0;
	for (i = 0; i < type.vlen && skep_btf_member_at(btf, id, i, &member) == 0; i++)
		for (k = 0; k < FIELDS; k++)
			if (!strcmp(member.name, field_names[k]) && !member.bitfield_size &&
			    member.bit_offset / 8 <= INT16_MAX) {
				atomic_store(&layout.at[k], (int32_t)(member.bit_offset / 8));
				found |= 1u << k;
			}
	return found == (1u << FIELDS) - 1;
}

static int learn_layout(struct skep_error *err)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	uint32_t id = 0;
	int r;

	if (atomic_load(&layout.known))
		return 0;
	r = skep_btf_open_kernel(&btf, err);
	if (r < 0)
		return r;
	if (skep_btf_find(btf, COUNTER, 0, &id) > 0)
		atomic_store(&layout.counter, id);
	atomic_store(&layout.has_fields, find_fields(btf));
	atomic_store(&layout.known, 1);
	return 0;
}

static int load(const struct bpf_insn *insns, size_t count, const char *name,
		struct skep_error *err)
{
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_SOCKET_FILTER,
		.insns = SKEP_ATTR_POINTER(insns),
		.insn_cnt = (uint32_t)count,
		.license = SKEP_ATTR_POINTER("Dual BSD/GPL"),
	};

	strncpy(attr.prog_name, name, sizeof(attr.prog_name) - 1);
	return skep_sys_prog_load(&attr, sizeof(attr), err);
}

/* @ret_skb: what the program left in the control block of the packet. */
static int run(int prog_fd, struct __sk_buff *ret_skb, uint32_t *ret_value, struct skep_error *err)
{
	static const char packet[PACKET_SIZE];
	struct skep_attr_prog_test_run attr = {
		.prog_fd = (uint32_t)prog_fd,
		.data_in = SKEP_ATTR_POINTER(packet),
		.data_size_in = sizeof(packet),
		.ctx_out = SKEP_ATTR_POINTER(ret_skb),
		.ctx_size_out = ret_skb ? sizeof(*ret_skb) : 0,
	};
	int r = skep_sys_prog_test_run(&attr, sizeof(attr), err);

	if (r < 0)
		return r;
	*ret_value = attr.retval;
	return 0;
}

#define LOAD(size, dst, src, off) INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define CONTROL(i) ((int16_t)offsetof(struct __sk_buff, cb[i]))
#define COPY(field, i)                                              \
	LOAD(BPF_W, 3, 2, (int16_t)atomic_load(&layout.at[field])), \
		INSN(BPF_STX | BPF_MEM | BPF_W, 6, 3, CONTROL(i), 0)

int map_kernel_inner(int fd, struct map_kernel_inner *ret_inner, struct skep_error *err)
{
	_cleanup_close_ int prog = -1;
	struct __sk_buff skb = { 0 };
	uint32_t unused;
	int r = learn_layout(err);

	if (r < 0)
		return r;
	if (!atomic_load(&layout.has_fields))
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "the template of inner maps: this kernel does not show it.");
	{
		const struct bpf_insn insns[] = {
			INSN(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0),
			INSN_LOAD_MAP(2, BPF_PSEUDO_MAP_FD, fd, 0),
			LOAD(BPF_DW, 2, 2, (int16_t)atomic_load(&layout.at[INNER_MAP_META])),
			COPY(MAP_TYPE, 0),
			COPY(KEY_SIZE, 1),
			COPY(VALUE_SIZE, 2),
			COPY(MAX_ENTRIES, 3),
			COPY(MAP_FLAGS, 4),
			INSN_MOV(0, 0),
			INSN_EXIT,
		};

		prog = load(insns, ARRAY_SIZE(insns), "skep_inner", err);
	}
	if (prog < 0)
		return prog;
	r = run(prog, &skb, &unused, err);
	if (r < 0)
		return r;
	*ret_inner = (struct map_kernel_inner){ .type = skb.cb[0],
						.key_size = skb.cb[1],
						.value_size = skb.cb[2],
						.max_entries = skb.cb[3],
						.flags = skb.cb[4] };
	return 0;
}

int map_kernel_counter(int fd, struct skep_error *err)
{
	int r = learn_layout(err);

	if (r < 0)
		return r;
	if (!atomic_load(&layout.counter))
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "count elements: this kernel does not show its count.");
	{
		const struct bpf_insn insns[] = {
			INSN_LOAD_MAP(1, BPF_PSEUDO_MAP_FD, fd, 0),
			INSN_CALL_KERNEL((int32_t)atomic_load(&layout.counter)),
			INSN_EXIT,
		};

		return load(insns, ARRAY_SIZE(insns), "skep_count", err);
	}
}

int map_kernel_count(int prog_fd, uint64_t *ret_count, struct skep_error *err)
{
	uint32_t count;
	int r = run(prog_fd, NULL, &count, err);

	if (r < 0)
		return r;
	/* the sums of CPUs that are busy meanwhile may come out below zero */
	*ret_count = (int32_t)count < 0 ? 0 : count;
	return 0;
}
