/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_FDINFO_H
#define SKEP_FDINFO_H
/*
 * What the kernel says of a BPF object through /proc/PID/fdinfo/FD: of this process's fds and of other processes',
 * without taking hold of the object.
 *
 * It has a few things that bpf(2) does not tell (memlock, frozen, the type that owns a program array), and costs
 * several system calls where BPF_OBJ_GET_INFO_BY_FD costs one: for own fds prefer that.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;

/* What an fd is. */
enum skep_fdinfo_kind {
	SKEP_FDINFO_MAP = 1,
	SKEP_FDINFO_PROG = 2,
	SKEP_FDINFO_LINK = 3,
	SKEP_FDINFO_BTF = 4,
};

/* Bits of skep_fdinfo.present. */
#define SKEP_FDINFO_HAS_MAP_TYPE (1ull << 0)
#define SKEP_FDINFO_HAS_KEY_SIZE (1ull << 1)
#define SKEP_FDINFO_HAS_VALUE_SIZE (1ull << 2)
#define SKEP_FDINFO_HAS_MAX_ENTRIES (1ull << 3)
#define SKEP_FDINFO_HAS_MAP_FLAGS (1ull << 4)
#define SKEP_FDINFO_HAS_MAP_EXTRA (1ull << 5)
#define SKEP_FDINFO_HAS_MEMLOCK (1ull << 6)
#define SKEP_FDINFO_HAS_MAP_ID (1ull << 7)
#define SKEP_FDINFO_HAS_FROZEN (1ull << 8)
#define SKEP_FDINFO_HAS_OWNER_PROG_TYPE (1ull << 9)
#define SKEP_FDINFO_HAS_OWNER_JITED (1ull << 10)
#define SKEP_FDINFO_HAS_PROG_TYPE (1ull << 11)
#define SKEP_FDINFO_HAS_PROG_JITED (1ull << 12)
#define SKEP_FDINFO_HAS_PROG_TAG (1ull << 13)
#define SKEP_FDINFO_HAS_PROG_ID (1ull << 14)
#define SKEP_FDINFO_HAS_RUN_TIME_NS (1ull << 15)
#define SKEP_FDINFO_HAS_RUN_CNT (1ull << 16)
#define SKEP_FDINFO_HAS_RECURSION_MISSES (1ull << 17)
#define SKEP_FDINFO_HAS_VERIFIED_INSNS (1ull << 18)
#define SKEP_FDINFO_HAS_LINK_TYPE (1ull << 19)
#define SKEP_FDINFO_HAS_LINK_ID (1ull << 20)
#define SKEP_FDINFO_HAS_ATTACH_TYPE (1ull << 21)
#define SKEP_FDINFO_HAS_IFINDEX (1ull << 22)
#define SKEP_FDINFO_HAS_CGROUP_ID (1ull << 23)
#define SKEP_FDINFO_HAS_NETNS_INO (1ull << 24)
#define SKEP_FDINFO_HAS_TARGET_OBJ_ID (1ull << 25)
#define SKEP_FDINFO_HAS_TARGET_BTF_ID (1ull << 26)
#define SKEP_FDINFO_HAS_BTF_ID (1ull << 27)

/* A plain record: owns nothing. What is absent is 0, and has no bit in present. */
struct skep_fdinfo {
	uint64_t kind;    /* enum skep_fdinfo_kind */
	uint64_t present; /* SKEP_FDINFO_HAS_* */
	/* maps */
	uint64_t map_type; /* enum bpf_map_type */
	uint64_t key_size;
	uint64_t value_size;
	uint64_t max_entries;
	uint64_t map_flags;
	uint64_t map_extra;
	uint64_t memlock_bytes; /* maps and programs */
	uint64_t map_id;
	uint64_t frozen;          /* 1: user space writes no more */
	uint64_t owner_prog_type; /* of a program array that has programs: enum bpf_prog_type */
	uint64_t owner_jited;
	/* programs */
	uint64_t prog_type; /* enum bpf_prog_type */
	uint64_t prog_jited;
	uint64_t prog_id; /* programs and links */
	uint64_t run_time_ns;
	uint64_t run_count;
	uint64_t recursion_misses;
	uint64_t verified_insns;
	/* links; from attach_type on as the type of link has it */
	uint64_t link_id;
	uint64_t attach_type; /* enum bpf_attach_type */
	uint64_t ifindex;
	uint64_t cgroup_id;
	uint64_t netns_ino;
	uint64_t target_obj_id; /* program or BTF that a tracing program is attached to */
	uint64_t target_btf_id;
	/* BTF */
	uint64_t btf_id;
	uint8_t prog_tag[8]; /* programs and links */
	char link_type[32];  /* the kernel's word: "tcx", "perf" */
};

/**
 * skep_fdinfo_read() - what a process's fd is
 * @pid:        a process, in the caller's pid namespace; 0: the calling thread
 * @fd:         of that process
 * @ret_fdinfo: filled in
 *
 * Return: 0; -EINVAL the fd is not a BPF map, program, link or BTF; -EBADF the process has no such fd; -ESRCH no such
 *         process; -EACCES, -EPERM not permitted (of another user's process: CAP_SYS_PTRACE); -ENODEV /proc is not
 *         procfs; -EXDEV /proc is another pid namespace's.
 * Context: any thread; reads /proc. A process that ends meanwhile has no such fd.
 * Source: proc_pid_fdinfo(5); kernel/bpf/syscall.c, bpf_map_show_fdinfo() and its like.
 */
int skep_fdinfo_read(int32_t pid, int fd, struct skep_fdinfo *ret_fdinfo, struct skep_error *err);

/**
 * skep_fdinfo_parse() - read the text of such a file
 * @text:       need not end with NUL; lines of name, colon, blanks, value; unknown names are ignored
 * @size:       bytes of @text
 * @ret_fdinfo: filled in
 *
 * The first line with a name counts, and the first that names a kind decides it: what follows the kernel's own lines
 * may be text that somebody chose.
 *
 * Return: 0; -EINVAL that is of no BPF object.
 * Context: any thread.
 * Source: kernel/bpf/syscall.c, kernel/bpf/btf.c: *_show_fdinfo().
 */
int skep_fdinfo_parse(const char *text, size_t size, struct skep_fdinfo *ret_fdinfo,
		      struct skep_error *err);

SKEP_END
#endif
