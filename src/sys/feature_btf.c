/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probing: the kernel's own types. */
#include <bpf/btf.h>
#include <errno.h>
#include <unistd.h>

#include <skep/error.h>

#include "base/error.h"
#include "sys/feature.h"
#include "sys/libbpf_print.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"
#define NO_ID UINT32_MAX

/* With the lock held. Return: 1; 0 the kernel has no BTF; a negative errno. */
static int read_btf(struct skep_features *f, struct skep_error *err)
{
	struct sys_libbpf_print print;
	int code;

	if (f->btf)
		return 1;
	sys_libbpf_print_begin(&print);
	f->btf = btf__parse_raw(KERNEL_BTF);
	code = -errno;
	sys_libbpf_print_end(&print);
	if (f->btf)
		return 1;
	if (code == -ENOENT && access("/sys/kernel", F_OK) == 0)
		return 0;
	return skep_fail(err, code, SKEP_ERR_SYSCALL, "read the kernel's types, %s", KERNEL_BTF);
}

int sys_feature_btf_id(struct skep_features *f, const char *name, uint32_t kind, uint32_t *ret_id,
		       struct skep_error *err)
{
	int r, id = 0;

	pthread_mutex_lock(&f->lock);
	r = read_btf(f, err);
	if (r > 0)
		id = btf__find_by_name_kind(f->btf, name, kind);
	pthread_mutex_unlock(&f->lock);
	if (r <= 0)
		return r;
	if (id <= 0)
		return 0;
	*ret_id = (uint32_t)id;
	return 1;
}

/*
 * Things that every kernel has which has the feature. What is loaded for them is not attached.
 */
static const struct {
	const char *name;
	uint32_t kind;
} targets[SYS_FEATURE_TARGETS] = {
	[SYS_FEATURE_TARGET_TRACEPOINT] = { "btf_trace_sched_switch", BTF_KIND_TYPEDEF },
	[SYS_FEATURE_TARGET_FUNCTION] = { "bpf_fentry_test1", BTF_KIND_FUNC },
	[SYS_FEATURE_TARGET_MODIFY_RETURN] = { "security_task_getpgid", BTF_KIND_FUNC },
	[SYS_FEATURE_TARGET_ITERATOR] = { "bpf_iter_task", BTF_KIND_FUNC },
	[SYS_FEATURE_TARGET_LSM] = { "bpf_lsm_socket_create", BTF_KIND_FUNC },
	[SYS_FEATURE_TARGET_STRUCT_OPS] = { "tcp_congestion_ops", BTF_KIND_STRUCT },
};

int sys_feature_target_id(struct skep_features *f, enum sys_feature_target target, uint32_t *ret_id,
			  struct skep_error *err)
{
	uint32_t id = atomic_load(&f->target_ids[target]);
	int r;

	if (!id) {
		r = sys_feature_btf_id(f, targets[target].name, targets[target].kind, &id, err);
		if (r < 0)
			return r;
		if (r == 0)
			id = NO_ID;
		atomic_store(&f->target_ids[target], id);
	}
	if (id == NO_ID)
		return 0;
	*ret_id = id;
	return 1;
}
