/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/memlock.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"

enum counted {
	COUNTED_UNKNOWN,
	COUNTED_BY_RLIMIT,
	COUNTED_BY_CGROUP,
};

/*
 * How to tell: a program that calls a helper of the same release. Lowering the limit and trying to create a map would
 * ask the question itself, but it would fail what other threads do meanwhile, and a fork is not ours to make in a
 * program with threads. The version number lies where features are carried back.
 *
 * A kernel without the helper says EINVAL. EPERM says nothing, least of all on a kernel that counts: that is its
 * answer when the limit is used up.
 */
static int probe(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = SKEP_HELPER_KTIME_GET_COARSE_NS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_SOCKET_FILTER,
		.insns = SKEP_ATTR_POINTER(insns),
		.insn_cnt = ARRAY_SIZE(insns),
		.license = SKEP_ATTR_POINTER("Dual BSD/GPL"),
		.prog_name = "skep_memlock",
	};
	_cleanup_close_ int fd = -1;

	/* not by libbpf: its loader raises RLIMIT_MEMLOCK for the whole process, unasked */
	fd = skep_sys_prog_load(&attr, sizeof(attr), NULL);
	if (fd >= 0)
		return COUNTED_BY_CGROUP;
	return fd == -EINVAL ? COUNTED_BY_RLIMIT : fd;
}

int skep_memlock_counted(struct skep_error *err)
{
	static atomic_int known; /* enum counted */
	int counted = atomic_load(&known);

	if (counted == COUNTED_UNKNOWN) {
		counted = probe();
		if (counted < 0)
			return skep_fail(err, counted, SKEP_ERR_SYSCALL,
					 "find out what the kernel counts BPF memory against");
		atomic_store(&known, counted);
	}
	return counted == COUNTED_BY_RLIMIT;
}

int sys_memlock_is_finite(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

int sys_memlock_raise(struct skep_memlock_saved *ret_saved, struct skep_error *err)
{
	const struct rlimit infinite = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit before, hard;
	int outcome = SKEP_MEMLOCK_RAISED;

	if (getrlimit(RLIMIT_MEMLOCK, &before) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "read RLIMIT_MEMLOCK");
	hard = (struct rlimit){ before.rlim_max, before.rlim_max };
	if (before.rlim_cur != RLIM_INFINITY && setrlimit(RLIMIT_MEMLOCK, &infinite) < 0) {
		setrlimit(RLIMIT_MEMLOCK, &hard); /* permitted to everybody */
		outcome = SKEP_MEMLOCK_LIMITED;
	}
	if (ret_saved)
		*ret_saved = (struct skep_memlock_saved){
			.soft_bytes = before.rlim_cur,
			.hard_bytes = before.rlim_max,
			.touched = before.rlim_cur != RLIM_INFINITY,
		};
	return outcome;
}

int skep_memlock_raise(struct skep_memlock_saved *ret_saved, struct skep_error *err)
{
	if (skep_memlock_counted(NULL) != 0)
		return sys_memlock_raise(ret_saved, err);
	if (ret_saved)
		*ret_saved = (struct skep_memlock_saved){ 0 };
	return SKEP_MEMLOCK_NOT_NEEDED;
}

int skep_memlock_restore(const struct skep_memlock_saved *saved, struct skep_error *err)
{
	const struct rlimit limit = { saved->soft_bytes, saved->hard_bytes };

	if (saved->touched && setrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "restore RLIMIT_MEMLOCK");
	return 0;
}

const char *skep_memlock_hint(int outcome)
{
	if (outcome != SKEP_MEMLOCK_LIMITED)
		return "";
	return "RLIMIT_MEMLOCK is raised as far as permitted: if BPF runs out of memory, raise the "
	       "hard limit (LimitMEMLOCK=infinity in a systemd unit) or grant CAP_SYS_RESOURCE";
}
