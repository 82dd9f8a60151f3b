/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/jiffies.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"

#define PACKET_SIZE 64 /* a run needs a packet of 14 bytes at least */

struct skep_jiffies {
	uint64_t source; /* enum skep_jiffies_source */
	int prog_fd;     /* SKEP_JIFFIES_PROGRAM */
};

/*
 * A socket filter can be run by hand on every kernel that has the helper. A run returns 32 bits: the 64 of jiffies come
 * back through the control block of the packet.
 */
static int load_program(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 },
		{ .code = BPF_JMP | BPF_CALL, .imm = SKEP_HELPER_JIFFIES64 },
		{ .code = BPF_STX | BPF_MEM | BPF_W,
		  .dst_reg = 6,
		  .off = offsetof(struct __sk_buff, cb[0]) },
		{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .imm = 32 },
		{ .code = BPF_STX | BPF_MEM | BPF_W,
		  .dst_reg = 6,
		  .off = offsetof(struct __sk_buff, cb[1]) },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_SOCKET_FILTER,
		.insns = SKEP_ATTR_POINTER(insns),
		.insn_cnt = ARRAY_SIZE(insns),
		.license = SKEP_ATTR_POINTER("Dual BSD/GPL"),
		.prog_name = "skep_jiffies",
	};

	return skep_sys_prog_load(&attr, sizeof(attr), NULL);
}

static int run_program(int prog_fd, uint64_t *ret_count)
{
	static const char packet[PACKET_SIZE];
	struct __sk_buff skb = { 0 };
	struct skep_attr_prog_test_run attr = {
		.prog_fd = (uint32_t)prog_fd,
		.data_in = SKEP_ATTR_POINTER(packet),
		.data_size_in = sizeof(packet),
		.ctx_out = SKEP_ATTR_POINTER(&skb),
		.ctx_size_out = sizeof(skb),
	};
	int r = skep_sys_prog_test_run(&attr, sizeof(attr), NULL);

	if (r < 0)
		return r;
	*ret_count = (uint64_t)skb.cb[1] << 32 | skb.cb[0];
	return 0;
}

int sys_jiffies_parse(const char *line, const char *name, uint64_t *ret_count)
{
	size_t len = strlen(name);
	uint64_t count = 0;

	if (strncmp(line, name, len) != 0)
		return -ENODATA;
	line += len;
	if (*line++ != ' ' || *line < '0' || *line > '9')
		return -ENODATA;
	for (; *line >= '0' && *line <= '9'; line++)
		if (__builtin_mul_overflow(count, 10, &count) ||
		    __builtin_add_overflow(count, (uint64_t)(*line - '0'), &count))
			return -ENODATA;
	if (*line && *line != '\n')
		return -ENODATA;
	*ret_count = count;
	return 0;
}

static int read_file(const char *path, const char *name, uint64_t *ret_count)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char line[1024]; /* longer than a line with the name of a symbol */

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (sys_jiffies_parse(line, name, ret_count) == 0)
			return 0;
	return -ENODATA;
}

static int read_source(const struct skep_jiffies *j, uint64_t *ret_count)
{
	if (j->source == SKEP_JIFFIES_PROGRAM)
		return run_program(j->prog_fd, ret_count);
	if (j->source == SKEP_JIFFIES_SCHEDSTAT)
		return read_file("/proc/schedstat", "timestamp", ret_count);
	return read_file("/proc/timer_list", "jiffies:", ret_count);
}

static const char *const source_names[] = {
	[SKEP_JIFFIES_PROGRAM] = "a program",
	[SKEP_JIFFIES_SCHEDSTAT] = "/proc/schedstat",
	[SKEP_JIFFIES_TIMER_LIST] = "/proc/timer_list",
};

/* Return: 0: it works; -EOPNOTSUPP this kernel does not have it; another negative errno. */
static int open_source(struct skep_jiffies *j, uint64_t source)
{
	uint64_t count;
	int r;

	j->source = source;
	if (source == SKEP_JIFFIES_PROGRAM) {
		j->prog_fd = load_program();
		if (j->prog_fd == -EINVAL) /* no such helper: for this caller, or for all */
			return sys_capabilities_missing(SKEP_CAPABILITY_BIT(BPF)) ? -EPERM
										  : -EOPNOTSUPP;
		if (j->prog_fd < 0)
			return j->prog_fd;
	}
	r = read_source(j, &count);
	return r == -ENOENT || r == -ENODATA ? -EOPNOTSUPP : r;
}

static int fail_source(struct skep_error *err, int code, const char *source)
{
	return skep_fail(err, code, code == -EOPNOTSUPP ? SKEP_ERR_UNSUPPORTED : SKEP_ERR_SYSCALL,
			 "jiffies by %s", source);
}

int skep_jiffies_open(uint64_t source, struct skep_jiffies **ret_jiffies, struct skep_error *err)
{
	_cleanup_(skep_jiffies_closep) struct skep_jiffies *j = NULL;
	uint64_t i, last = source ? source : SKEP_JIFFIES_TIMER_LIST;
	int r, why = -EOPNOTSUPP; /* the first thing that is not that */

	if (source > SKEP_JIFFIES_TIMER_LIST)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "source of jiffies");
	j = malloc(sizeof(*j));
	if (!j)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "jiffies");
	j->prog_fd = -EBADF;
	for (i = source ? source : SKEP_JIFFIES_PROGRAM; i <= last; i++) {
		r = open_source(j, i);
		if (r == 0) {
			*ret_jiffies = take_ptr(j);
			return 0;
		}
		cleanup_close(&j->prog_fd);
		j->prog_fd = -EBADF;
		why = why == -EOPNOTSUPP ? r : why;
	}
	return fail_source(err, why,
			   source ? source_names[source]
				  : "a program (Linux 5.6, CAP_BPF), /proc/schedstat or "
				    "/proc/timer_list");
}

struct skep_jiffies *skep_jiffies_close(struct skep_jiffies *jiffies)
{
	if (jiffies) {
		cleanup_close(&jiffies->prog_fd);
		free(jiffies);
	}
	return NULL;
}

uint64_t skep_jiffies_source(const struct skep_jiffies *jiffies)
{
	return jiffies->source;
}

int skep_jiffies_read(struct skep_jiffies *jiffies, uint64_t *ret_count, struct skep_error *err)
{
	int r = read_source(jiffies, ret_count);

	if (r < 0)
		return fail_source(err, r, source_names[jiffies->source]);
	return 0;
}

uint64_t skep_jiffies_shifted(uint64_t count)
{
	return count >> 8;
}
