/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probing: types of programs. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <skep/error.h>
#include <skep/kabi/attach_type.h>
#include <skep/kabi/prog_flag.h>
#include <skep/kabi/prog_type.h>
#include <skep/kabi_facts.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/feature.h"
#include "sys/insn.h"

/* KERNEL_VERSION() of the running kernel: kernels before 5.0 want it of kprobe programs. */
static uint32_t kernel_version(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0, patch = 0;

	uname(&name);
	sscanf(name.release, "%u.%u.%u", &major, &minor, &patch);
	return major << 16 | minor << 8 | (patch < 255 ? patch : 255);
}

static enum sys_feature_target target_of(uint32_t prog_type, uint32_t attach_type)
{
	if (prog_type == SKEP_PROG_TYPE_LSM)
		return SYS_FEATURE_TARGET_LSM;
	if (prog_type == SKEP_PROG_TYPE_STRUCT_OPS)
		return SYS_FEATURE_TARGET_STRUCT_OPS;
	if (prog_type != SKEP_PROG_TYPE_TRACING)
		return SYS_FEATURE_TARGET_NONE;
	switch (attach_type) {
	case SKEP_ATTACH_TYPE_TRACE_RAW_TP:
		return SYS_FEATURE_TARGET_TRACEPOINT;
	case SKEP_ATTACH_TYPE_TRACE_ITER:
		return SYS_FEATURE_TARGET_ITERATOR;
	case SKEP_ATTACH_TYPE_MODIFY_RETURN:
		return SYS_FEATURE_TARGET_MODIFY_RETURN;
	case SKEP_ATTACH_TYPE_TRACE_FENTRY_MULTI: /* the link names the functions */
	case SKEP_ATTACH_TYPE_TRACE_FEXIT_MULTI:
	case SKEP_ATTACH_TYPE_TRACE_FSESSION_MULTI:
		return SYS_FEATURE_TARGET_NONE;
	default:
		return SYS_FEATURE_TARGET_FUNCTION;
	}
}

/* A function of struct tcp_congestion_ops that returns a number, by its place in the struct. */
static int struct_ops_member(struct skep_features *f, uint32_t id, uint32_t *ret_member)
{
	const struct btf_type *t;
	uint16_t i;
	int found = 0;

	pthread_mutex_lock(&f->lock);
	t = btf__type_by_id(f->btf, id);
	for (i = 0; i < btf_vlen(t) && !found; i++)
		if (!strcmp(btf__name_by_offset(f->btf, btf_members(t)[i].name_off), "ssthresh")) {
			*ret_member = i;
			found = 1;
		}
	pthread_mutex_unlock(&f->lock);
	return found;
}

int sys_feature_prog_prepare(struct skep_features *f, struct sys_feature_prog *p,
			     uint32_t prog_type, uint32_t attach_type, struct skep_error *err)
{
	enum sys_feature_target target = target_of(prog_type, attach_type);
	int r;

	p->attr = (struct skep_attr_prog_load){ .prog_type = prog_type,
						.expected_attach_type = attach_type };
	if (prog_type == SKEP_PROG_TYPE_KPROBE)
		p->attr.kern_version = kernel_version();
	if (prog_type == SKEP_PROG_TYPE_SYSCALL)
		p->attr.prog_flags = SKEP_PROG_FLAG_SLEEPABLE;
	if (target == SYS_FEATURE_TARGET_NONE)
		return 1;
	r = sys_feature_target_id(f, target, &p->attr.attach_btf_id, err);
	if (r > 0 && target == SYS_FEATURE_TARGET_STRUCT_OPS)
		return struct_ops_member(f, p->attr.attach_btf_id, &p->attr.expected_attach_type);
	return r;
}

int sys_feature_prog_nothing(const struct skep_features *f, struct sys_feature_prog *p)
{
	const uint32_t type = p->attr.prog_type;
	/* these have to return 0; cgroup hooks for names of sockets have to return 1 */
	int value = type != SKEP_PROG_TYPE_TRACING && type != SKEP_PROG_TYPE_LSM;
	const struct bpf_insn insns[] = { INSN_MOV(0, value), INSN_EXIT };

	return sys_feature_prog_load(f, p, insns, ARRAY_SIZE(insns));
}

/* An unknown type is refused before the verifier has begun its log. */
static int type_told(struct skep_error *err, const struct sys_feature_prog *p, int r)
{
	char what[64], name[SKEP_NAME_SIZE];

	if ((r == -EINVAL || r == -EACCES) && p->log[0])
		return 1;
	snprintf(what, sizeof(what), "program type %s",
		 skep_prog_type_name(p->attr.prog_type, name));
	return sys_feature_told(err, r, skep_prog_type_capabilities(p->attr.prog_type), what);
}

static int try_type(struct skep_features *f, struct sys_feature_prog *p, uint32_t type,
		    uint32_t attach_type, struct skep_error *err)
{
	_cleanup_close_ int fd = -1;
	int r = sys_feature_prog_prepare(f, p, type, attach_type, err);

	if (r <= 0)
		return r;
	fd = sys_feature_prog_nothing(f, p);
	return type_told(err, p, fd);
}

/* An extension needs a program to extend; without one, the verifier says that this takes one, if it knows of such. */
static int try_extension(struct skep_features *f, struct sys_feature_prog *p,
			 struct skep_error *err)
{
	_cleanup_close_ int fd = -1;

	p->attr =
		(struct skep_attr_prog_load){ .prog_type = SKEP_PROG_TYPE_EXT, .attach_btf_id = 1 };
	fd = sys_feature_prog_nothing(f, p);
	return type_told(err, p, fd);
}

/* Attach types of tracing programs, by what a system that is locked down lets pass. */
static const uint32_t tracing_types[] = { SKEP_ATTACH_TYPE_TRACE_RAW_TP,
					  SKEP_ATTACH_TYPE_TRACE_FENTRY,
					  SKEP_ATTACH_TYPE_TRACE_ITER };

static int try_tracing(struct skep_features *f, struct sys_feature_prog *p, struct skep_error *err)
{
	size_t i;
	int r = 0, one;

	for (i = 0; i < ARRAY_SIZE(tracing_types); i++) {
		one = try_type(f, p, SKEP_PROG_TYPE_TRACING, tracing_types[i], r < 0 ? NULL : err);
		if (one > 0) {
			atomic_store(&f->tracing_type, tracing_types[i]);
			return 1;
		}
		if (one < 0 && r == 0)
			r = one;
	}
	return r;
}

int sys_feature_ask_prog_type(struct skep_features *f, uint32_t type, struct skep_error *err)
{
	struct sys_feature_prog p;

	if (type == SKEP_PROG_TYPE_EXT)
		return try_extension(f, &p, err);
	if (type == SKEP_PROG_TYPE_TRACING)
		return try_tracing(f, &p, err);
	return try_type(f, &p, type, skep_prog_type_attach_type(type), err);
}

int sys_feature_prog_prepare_any(struct skep_features *f, struct sys_feature_prog *p,
				 uint32_t prog_type, struct skep_error *err)
{
	uint32_t attach_type = skep_prog_type_attach_type(prog_type);

	if (prog_type == SKEP_PROG_TYPE_TRACING) {
		attach_type = atomic_load(&f->tracing_type);
		if (!attach_type) /* the answer was injected */
			attach_type = tracing_types[0];
	}
	return sys_feature_prog_prepare(f, p, prog_type, attach_type, err);
}
