/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/sys_btf.h>

#include <errno.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/error.h"
#include "sys/fail.h"
#include "sys/verifier_log.h"

/* As with programs: without the log first, and with it if that fails. */
static int load(struct skep_attr_btf_load *attr, size_t attr_bytes)
{
	const uint64_t log_buf = attr->btf_log_buf;
	const uint32_t log_size = attr->btf_log_size;
	int r, second;

	if (!log_buf || !log_size || attr->btf_log_level)
		return skep_sys_bpf(SKEP_COMMAND_BTF_LOAD, attr, attr_bytes);
	attr->btf_log_buf = 0;
	attr->btf_log_size = 0;
	r = skep_sys_bpf(SKEP_COMMAND_BTF_LOAD, attr, attr_bytes);
	attr->btf_log_buf = log_buf;
	attr->btf_log_size = log_size;
	*(char *)(uintptr_t)log_buf = '\0';
	if (r >= 0 || r == -EPERM)
		return r;
	attr->btf_log_level = SKEP_VERIFIER_LOG_BASIC;
	second = skep_sys_bpf(SKEP_COMMAND_BTF_LOAD, attr, attr_bytes);
	attr->btf_log_level = 0;
	return second >= 0 ? second : r;
}

int skep_sys_btf_load(struct skep_attr_btf_load *attr, size_t attr_bytes, struct skep_error *err)
{
	const char *log = (const char *)(uintptr_t)attr->btf_log_buf;
	char reason[160];
	int r;

	if (attr_bytes < offsetof(struct skep_attr_btf_load, btf_log_true_size))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "load BTF: %zu bytes are no attribute.", attr_bytes);
	r = load(attr, attr_bytes);
	if (r >= 0)
		return r;
	if (r != -EPERM && r != -ENOSPC && log &&
	    *sys_verifier_log_reason(log, attr->btf_log_size, reason, sizeof(reason)))
		return skep_fail(err, r, SKEP_ERR_VERIFIER, "load BTF: %s.", reason);
	return sys_fail(err, r, skep_operation_capabilities(SKEP_OPERATION_BTF_LOAD), "load BTF");
}
