/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/gate.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/kabi_attr.h>
#include <skep/sys_map.h>
#include <skep/sys_object.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/insn.h"
#include "sys/process.h"

#define GATE_NAME "skep_gate"
#define MOST_MAPS 64 /* of a program (kernel: MAX_USED_MAPS) */

static size_t round_up_to_page(size_t bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* How a gate begins. The layout is for other versions of skep, too. */
struct head {
	uint32_t all; /* GATE_ALL */
	uint32_t magic;
	uint32_t turn; /* odd: the owner is being written */
	uint32_t pad;
	struct sys_process owner; /* pid 0: nobody's */
	uint64_t code;
};

#define MAGIC 0x74676b73u /* "skgt" */

_Static_assert(sizeof(struct head) <= GATE_FIRST * sizeof(uint32_t),
	       "words of programs are behind it");

static struct head *head_of(const struct gate *gate)
{
	return (struct head *)(void *)gate->words;
}

/* Without /proc we cannot tell when we started: then nobody can be certain that we are gone. */
static struct sys_process self(void)
{
	struct sys_process p;

	return sys_process_self(&p) == 0 ? p : (struct sys_process){ .pid = (uint64_t)getpid() };
}

int gate_open(struct gate *gate, size_t count, uint64_t code, struct skep_error *err)
{
	/* whole pages are mapped in any case: all of them are words */
	const size_t bytes = round_up_to_page((GATE_FIRST + count) * sizeof(uint32_t));
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = (uint32_t)bytes,
		.max_entries = 1,
		.map_flags = SKEP_MAP_FLAG_MMAPABLE,
		.map_name = GATE_NAME,
	};
	_cleanup_close_ int fd = -EBADF;
	void *words;

	fd = skep_sys_map_create(&attr, sizeof(attr), err);
	if (fd < 0)
		return skep_wrap(err, fd, "gate: ");
	words = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "gate: mmap");
	*gate = (struct gate){ .fd = take_fd(&fd), .words = words, .bytes = bytes };
	*head_of(gate) = (struct head){ .magic = MAGIC, .owner = self(), .code = code };
	return 0;
}

void gate_leave(struct gate *gate)
{
	if (gate->words)
		munmap(gate->words, gate->bytes);
	if (gate->fd >= 0)
		close(gate->fd);
	*gate = (struct gate){ .fd = -EBADF };
}

void gate_close(struct gate *gate)
{
	if (gate->words)
		__atomic_store_n(&head_of(gate)->owner.pid, 0, __ATOMIC_SEQ_CST);
	gate_leave(gate);
}

void gate_shut(struct gate *gate, uint32_t word, int shut)
{
	if (gate->words)
		__atomic_store_n(&gate->words[word], (uint32_t) !!shut, __ATOMIC_SEQ_CST);
}

int gate_is_shut(const struct gate *gate, uint32_t word)
{
	return gate->words && __atomic_load_n(&gate->words[word], __ATOMIC_SEQ_CST);
}

/* Return: 1 it is a gate, with its memory; 0 it is none; a negative errno. */
static int map_words(uint32_t map_id, struct gate *ret_gate)
{
	_cleanup_close_ int fd = -EBADF;
	struct skep_map_info info = { 0 };
	void *words;
	int r;

	fd = skep_sys_fd_by_id(SKEP_OBJECT_MAP, map_id, 0);
	r = fd < 0 ? fd : skep_sys_map_info(fd, &info, sizeof(info));
	if (r < 0)
		return r;
	if (strcmp(info.name, GATE_NAME) != 0 || !(info.map_flags & SKEP_MAP_FLAG_MMAPABLE) ||
	    info.value_size <= GATE_FIRST * sizeof(uint32_t))
		return 0;
	words = mmap(NULL, info.value_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED)
		return -errno;
	*ret_gate = (struct gate){ .fd = take_fd(&fd), .words = words, .bytes = info.value_size };
	return 1;
}

/* Opens the gate of a program, as it is. Return: 1; 0 it has none; a negative errno. */
static int find(int prog_fd, struct gate *ret_gate)
{
	uint32_t ids[MOST_MAPS], i;
	struct skep_prog_info info = { .nr_map_ids = MOST_MAPS,
				       .map_ids = (uint64_t)(uintptr_t)ids };
	int r = skep_sys_prog_info(prog_fd, &info, sizeof(info));

	for (i = 0; r >= 0 && i < info.nr_map_ids && i < MOST_MAPS; i++) {
		r = map_words(ids[i], ret_gate);
		if (r > 0 && head_of(ret_gate)->magic == MAGIC)
			return 1;
		gate_leave(ret_gate);
	}
	return r < 0 ? r : 0;
}

/* Two that come at the same moment take turns: only one finds the turn as it was. Return: 0; -EBUSY. */
static int become_owner(struct head *h, uint64_t *ret_pid)
{
	uint32_t turn = __atomic_load_n(&h->turn, __ATOMIC_SEQ_CST);
	const struct sys_process owner = h->owner;

	*ret_pid = turn & 1 ? 0 : owner.pid;
	if (turn & 1 || (owner.pid && sys_process_gone(&owner) != 1))
		return -EBUSY;
	if (!__atomic_compare_exchange_n(&h->turn, &turn, turn + 1, 0, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		*ret_pid = 0;
		return -EBUSY;
	}
	h->owner = self();
	__atomic_store_n(&h->turn, turn + 2, __ATOMIC_SEQ_CST);
	return 0;
}

int gate_take(int prog_fd, struct gate *ret_gate, uint64_t *ret_code, uint64_t *ret_pid)
{
	struct gate gate = { .fd = -EBADF };
	size_t i;
	int r = find(prog_fd, &gate);

	if (r <= 0)
		return r;
	r = become_owner(head_of(&gate), ret_pid);
	if (r < 0) {
		gate_leave(&gate);
		return r;
	}
	gate_shut(&gate, GATE_ALL, 0);
	for (i = GATE_FIRST; i < gate.bytes / sizeof(uint32_t); i++)
		gate_shut(&gate, (uint32_t)i, 0);
	*ret_code = head_of(&gate)->code;
	if (!*ret_code) {
		gate_close(&gate);
		return 0;
	}
	*ret_gate = gate;
	return 1;
}

void gate_prologue(struct bpf_insn insns[GATE_INSNS], int fd, uint32_t word, int64_t neutral)
{
	const struct bpf_insn prologue[GATE_INSNS] = {
		INSN_LOAD_MAP(BPF_REG_2, BPF_PSEUDO_MAP_VALUE, fd, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_0, BPF_REG_2, 0, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_3, BPF_REG_2,
		     (int16_t)(word * sizeof(uint32_t)), 0),
		INSN(BPF_ALU64 | BPF_OR | BPF_X, BPF_REG_0, BPF_REG_3, 0, 0),
		INSN_JUMP(BPF_JEQ, BPF_REG_0, 0, 2),
		INSN_MOV(BPF_REG_0, (int32_t)neutral),
		INSN_EXIT,
	};

	memcpy(insns, prologue, sizeof(prologue));
}

void gate_no_prologue(struct bpf_insn insns[GATE_INSNS])
{
	size_t i;

	for (i = 0; i < GATE_INSNS; i++)
		insns[i] = INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0);
}
