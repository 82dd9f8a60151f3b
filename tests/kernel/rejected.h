/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KERNEL_REJECTED_H
#define KERNEL_REJECTED_H
/*
 * Programs that every kernel's verifier rejects, and the rule of skep/verifier.h that each of them breaks.
 */
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#define REJECTED_INSNS 32

/* Who loads a program. */
enum rejected_as {
	AS_ROOT,
	AS_CAP_BPF, /* CAP_BPF and CAP_NET_ADMIN: the kernel keeps addresses of its own from such */
};

/* Maps of 4-byte keys, 16-byte values and 4 entries, but where the type has it otherwise. */
enum rejected_map {
	MAP_NONE,
	MAP_ARRAY,
	MAP_HASH,
	MAP_PROG_ARRAY,
	MAP_PERF_ARRAY,
	MAP_RINGBUF,
	MAP_RDONLY, /* BPF_F_RDONLY_PROG */
	MAP_WRONLY, /* BPF_F_WRONLY_PROG */
	MAP_COUNT,
};

struct rejected {
	const char *name;
	uint32_t prog_type;
	uint32_t attach_type;
	uint32_t as; /* enum rejected_as */
	uint32_t flags;
	const char *licence; /* NULL: GPL */
	const char *
		rule; /* its name; where kernels differ in what they find first, several, between spaces */
	struct bpf_insn insns[REJECTED_INSNS];
	uint32_t
		is_slow; /* a million instructions are walked: not in guests without hardware acceleration */
	uint32_t may_pass; /* kernels newer than the oldest take it */
};

extern const struct rejected rejected[];
extern const size_t rejected_count;

/*
 * rejected_load() - have the kernel reject a program
 * @maps: fds, by enum rejected_map
 * @log:  where the verifier's log goes, NUL-terminated
 *
 * Return: an fd if the kernel took it after all; a negative errno.
 */
int rejected_load(const struct rejected *program, const int maps[MAP_COUNT], char *log,
		  uint32_t size);

/* Fills @maps; what this kernel cannot make stays -1. */
void rejected_maps(int maps[MAP_COUNT]);

#endif
