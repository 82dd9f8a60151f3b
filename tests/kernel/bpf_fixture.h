/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KERNEL_BPF_FIXTURE_H
#define KERNEL_BPF_FIXTURE_H
/*
 * Small maps and programs for tests of bpf(2), and whether this kernel knows a thing: asked of the kernel's BTF, not of
 * the code under test.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <skep/error.h>

#include "lab/leak.h"

/* One instruction, as the kernel has it. */
struct insn {
	uint8_t code;
	uint8_t registers; /* destination, and source in the upper half */
	int16_t offset;
	int32_t immediate;
};

#define INSN_MOV_IMM(dst, imm)    \
	{                         \
		0xb7, dst, 0, imm \
	} /* dst = imm */
#define INSN_MOV_REG(dst, src)                 \
	{                                      \
		0xbf, (dst) | (src) << 4, 0, 0 \
	} /* dst = src */
#define INSN_ADD_IMM(dst, imm)    \
	{                         \
		0x07, dst, 0, imm \
	} /* dst += imm */
#define INSN_LOAD_U64(dst, src, off)             \
	{                                        \
		0x79, (dst) | (src) << 4, off, 0 \
	}
#define INSN_STORE_IMM_U64(dst, off, imm) \
	{                                 \
		0x7a, dst, off, imm       \
	}
#define INSN_CALL(helper)          \
	{                          \
		0x85, 0, 0, helper \
	}
#define INSN_EXIT             \
	{                     \
		0x95, 0, 0, 0 \
	}

/* Return: an fd; the test fails without one. */
int fixture_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
		uint32_t flags);
int fixture_prog(uint32_t type, uint32_t expected_attach_type, const struct insn *insns,
		 size_t count);

/* A program that returns 1, which lets pass whatever it is asked about. */
int fixture_prog_pass(uint32_t type, uint32_t expected_attach_type);

/* Whether the running kernel's enum has a value of this name: "BPF_MAP_TYPE_ARENA". */
bool fixture_kernel_has(const char *enumerator);

/* A new cgroup below the cgroup2 mount. Return: an fd; fixture_cgroup_remove() closes it and removes the group. */
int fixture_cgroup(void);
void fixture_cgroup_remove(int fd);

/* Runs a test, NAME_inside(), in a process of its own that begins with @enter: nothing outlives it, whatever happens. */
#define IN_PROCESS(fn, enter)               \
	static int fn##_run(void *userdata) \
	{                                   \
		(void)userdata;             \
		enter();                    \
		fn##_inside();              \
		return lab_leaks();         \
	}                                   \
	static void fn(void **state)        \
	{                                   \
		(void)state;                \
		bpf_fixture_run(fn##_run);  \
	}

/* With a mount namespace of its own, and an empty bpffs at fixture_bpffs(). */
#define IN_BPFFS(fn) IN_PROCESS(fn, fixture_mount_bpffs)

void bpf_fixture_run(int (*fn)(void *userdata));
void fixture_mount_bpffs(void);
const char *fixture_bpffs(void);

/* Fails the test unless @r >= 0, with the words of @err. */
#define assert_done(r, err) fixture_assert_done(r, err, #r, __FILE__, __LINE__)
int fixture_assert_done(int r, const struct skep_error *err, const char *what, const char *file,
			int line);

/* Fails the test unless @err has this kind and its message contains @words. */
#define assert_told(err, kind, words) fixture_assert_told(err, kind, words, __FILE__, __LINE__)
void fixture_assert_told(const struct skep_error *err, uint32_t kind, const char *words,
			 const char *file, int line);

#endif
