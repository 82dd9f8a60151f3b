/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probing: the system call, and what its answers tell. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi/command.h>
#include <skep/kabi/map_flag.h>
#include <skep/kabi/prog_flag.h>
#include <skep/kabi/verifier_log.h>
#include <skep/memlock.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "sys/fail.h"
#include "sys/feature.h"
#include "sys/verifier_log.h"

#define LICENSE "Dual BSD/GPL"
#define LOG_LEVEL SKEP_VERIFIER_LOG_BASIC
#define BTF_FLAG_TOKEN_FD SKEP_MAP_FLAG_TOKEN_FD /* the same bit */

int sys_feature_bpf(uint32_t command, void *attr, size_t attr_bytes)
{
	struct skep_memlock_saved saved;
	int r = skep_sys_bpf(command, attr, attr_bytes), outcome;

	if (r != -EPERM)
		return r;
	outcome = skep_memlock_raise(&saved, NULL);
	if (outcome < 0 || outcome == SKEP_MEMLOCK_NOT_NEEDED || !saved.touched)
		return r;
	r = skep_sys_bpf(command, attr, attr_bytes);
	skep_memlock_restore(&saved, NULL);
	return r;
}

int sys_feature_map_create(const struct skep_features *f, struct skep_attr_map_create *attr)
{
	if (f->token_fd) {
		attr->map_flags |= SKEP_MAP_FLAG_TOKEN_FD;
		attr->map_token_fd = (int32_t)f->token_fd;
	}
	return sys_feature_bpf(SKEP_COMMAND_MAP_CREATE, attr, sizeof(*attr));
}

int sys_feature_btf_load(const struct skep_features *f, const uint32_t *words, size_t words_bytes,
			 const char *strings, size_t strings_bytes)
{
	struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t header_bytes, type_off, type_bytes, string_off, string_bytes;
		uint8_t data[256];
	} btf = {
		.magic = 0xeb9f,
		.version = 1,
		.header_bytes = offsetof(__typeof__(btf), data),
		.type_bytes = (uint32_t)words_bytes,
		.string_off = (uint32_t)words_bytes,
		.string_bytes = (uint32_t)strings_bytes,
	};
	struct skep_attr_btf_load attr = {
		.btf = SKEP_ATTR_POINTER(&btf),
		.btf_size = (uint32_t)(btf.header_bytes + words_bytes + strings_bytes),
	};

	if (words_bytes + strings_bytes > sizeof(btf.data))
		return -E2BIG;
	memcpy(btf.data, words, words_bytes);
	memcpy(btf.data + words_bytes, strings, strings_bytes);
	if (f->token_fd) {
		attr.btf_flags = BTF_FLAG_TOKEN_FD;
		attr.btf_token_fd = (int32_t)f->token_fd;
	}
	return sys_feature_bpf(SKEP_COMMAND_BTF_LOAD, &attr, sizeof(attr));
}

int sys_feature_prog_load(const struct skep_features *f, struct sys_feature_prog *p,
			  const struct bpf_insn *insns, size_t count)
{
	p->attr.insns = SKEP_ATTR_POINTER(insns);
	p->attr.insn_cnt = (uint32_t)count;
	p->attr.license = SKEP_ATTR_POINTER(LICENSE);
	p->attr.log_level = LOG_LEVEL;
	p->attr.log_buf = SKEP_ATTR_POINTER(p->log);
	p->attr.log_size = sizeof(p->log);
	p->log[0] = '\0';
	if (f->token_fd) {
		p->attr.prog_flags |= SKEP_PROG_FLAG_TOKEN_FD;
		p->attr.prog_token_fd = (int32_t)f->token_fd;
	}
	return sys_feature_bpf(SKEP_COMMAND_PROG_LOAD, &p->attr, sizeof(p->attr));
}

const char *sys_feature_log_reason(const struct sys_feature_prog *p, char *buf, size_t size)
{
	return sys_verifier_log_reason(p->log, sizeof(p->log), buf, size);
}

/*
 * EINVAL: a number or a flag is unknown. E2BIG: a field is. EOPNOTSUPP: known, and not built in, or not for this
 * machine. None of them comes from want of permission.
 */
int sys_feature_told(struct skep_error *err, int r, uint64_t needed, const char *what)
{
	if (r >= 0)
		return 1;
	if (r == -EINVAL || r == -E2BIG || r == -EOPNOTSUPP)
		return 0;
	if (r == -ENOSYS)
		return skep_fail(err, r, SKEP_ERR_UNSUPPORTED,
				 "%s: no bpf(2), or a filter of system calls hides it.", what);
	return sys_fail(err, r, needed, "%s", what);
}

/* Without these the verifier refuses, as unknown, what it knows. */
int sys_feature_load_told(struct skep_error *err, int r, const char *what)
{
	const uint64_t needed = SKEP_CAPABILITY_BIT(BPF) | SKEP_CAPABILITY_BIT(PERFMON);
	int told = sys_feature_told(err, r == -EACCES ? -EINVAL : r, needed, what);

	if (told == 0 && sys_capabilities_missing(needed))
		return sys_fail_permission(err, -EPERM, needed, what);
	return told;
}
