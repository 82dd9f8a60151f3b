/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/sys_prog.h>

#include <errno.h>
#include <stdlib.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/fail.h"
#include "sys/verifier_log.h"

#define OWN_LOG_BYTES 65536

/* Writing a log costs time, and one that does not fit fails a good program: it is wanted of a bad one alone. */
static int load_log_on_failure(struct skep_attr_prog_load *attr, size_t attr_bytes)
{
	const uint64_t log_buf = attr->log_buf;
	const uint32_t log_size = attr->log_size;
	int r, second;

	attr->log_buf = 0; /* the kernel takes no buffer without a level */
	attr->log_size = 0;
	r = skep_sys_bpf(SKEP_COMMAND_PROG_LOAD, attr, attr_bytes);
	attr->log_buf = log_buf;
	attr->log_size = log_size;
	*(char *)(uintptr_t)log_buf = '\0';
	if (r >= 0 || r == -EPERM)
		return r;
	attr->log_level = SKEP_VERIFIER_LOG_BASIC;
	second = skep_sys_bpf(SKEP_COMMAND_PROG_LOAD, attr, attr_bytes);
	attr->log_level = 0;
	return second >= 0 ? second : r;
}

static int fail_load(struct skep_error *err, int code, const struct skep_attr_prog_load *attr)
{
	const char *log = (const char *)(uintptr_t)attr->log_buf;
	char reason[160] = "";

	if (log && code != -EPERM)
		sys_verifier_log_reason(log, attr->log_size, reason, sizeof(reason));
	if (code == -E2BIG && !*reason) /* with a reason: too many ways through the program */
		return skep_fail(
			err, code, SKEP_ERR_INVALID,
			"load program '%.16s': %u instructions are none or too many, or this "
			"kernel does not know a member of the attribute that is set.",
			attr->prog_name, attr->insn_cnt);
	if (code == -ENOSPC && attr->log_level)
		return skep_fail(err, code, SKEP_ERR_NO_SPACE,
				 "load program '%.16s': the log does not fit %u bytes.",
				 attr->prog_name, attr->log_size);
	if (*reason)
		return skep_fail(err, code, SKEP_ERR_VERIFIER, "load program '%.16s': %s.",
				 attr->prog_name, reason);
	return sys_fail(err, code, skep_prog_type_capabilities(attr->prog_type),
			"load program '%.16s'", attr->prog_name);
}

/* Who has no buffer for a log, but wants words, shall be told the reason all the same. */
static int load_with_own_log(struct skep_attr_prog_load *attr, size_t attr_bytes,
			     struct skep_error *err)
{
	_cleanup_free_ char *log = malloc(OWN_LOG_BYTES);
	int r;

	attr->log_buf = SKEP_ATTR_POINTER(log);
	attr->log_size = log ? OWN_LOG_BYTES : 0;
	r = log ? load_log_on_failure(attr, attr_bytes)
		: skep_sys_bpf(SKEP_COMMAND_PROG_LOAD, attr, attr_bytes);
	if (r < 0)
		r = fail_load(err, r, attr);
	attr->log_buf = 0;
	attr->log_size = 0;
	return r;
}

int skep_sys_prog_load(struct skep_attr_prog_load *attr, size_t attr_bytes, struct skep_error *err)
{
	int r;

	if (attr_bytes < offsetof(struct skep_attr_prog_load, kern_version))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "load program: %zu bytes are no attribute.", attr_bytes);
	if (!attr->log_level && !attr->log_buf && err)
		return load_with_own_log(attr, attr_bytes, err);
	if (attr->log_buf && attr->log_size && !attr->log_level)
		r = load_log_on_failure(attr, attr_bytes);
	else
		r = skep_sys_bpf(SKEP_COMMAND_PROG_LOAD, attr, attr_bytes);
	return r < 0 ? fail_load(err, r, attr) : r;
}

int skep_sys_prog_bind_map(int prog_fd, int map_fd, struct skep_error *err)
{
	struct skep_attr_prog_bind_map attr = { .prog_fd = (uint32_t)prog_fd,
						.map_fd = (uint32_t)map_fd };
	int r = skep_sys_bpf(SKEP_COMMAND_PROG_BIND_MAP, &attr, sizeof(attr));

	return r < 0 ? sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_PROG_LOAD_PLAIN),
				"bind a map to a program")
		     : 0;
}

int skep_sys_prog_assoc_struct_ops(int prog_fd, int map_fd, struct skep_error *err)
{
	struct skep_attr_prog_assoc_struct_ops attr = { .prog_fd = (uint32_t)prog_fd,
							.map_fd = (uint32_t)map_fd };
	int r = skep_sys_bpf(SKEP_COMMAND_PROG_ASSOC_STRUCT_OPS, &attr, sizeof(attr));

	return r < 0 ? sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_PROG_LOAD_PLAIN),
				"tie a program to a struct_ops map")
		     : 0;
}

int skep_sys_prog_test_run(struct skep_attr_prog_test_run *attr, size_t attr_bytes,
			   struct skep_error *err)
{
	int r = skep_sys_bpf(SKEP_COMMAND_PROG_TEST_RUN, attr, attr_bytes);

	return r < 0 ? sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_PROG_TEST_RUN),
				"test-run a program")
		     : 0;
}

int skep_sys_prog_stream_read(int prog_fd, uint32_t stream_id, void *buf, size_t size)
{
	struct skep_attr_prog_stream_read attr = {
		.buf = SKEP_ATTR_POINTER(buf),
		.buf_len = (uint32_t)(size < INT32_MAX ? size : INT32_MAX),
		.stream_id = stream_id,
		.prog_fd = (uint32_t)prog_fd,
	};

	return skep_sys_bpf(SKEP_COMMAND_PROG_STREAM_READ_BY_FD, &attr, sizeof(attr));
}
