/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probing: helpers and functions of the kernel that programs may call. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi/helper.h>
#include <skep/kabi/prog_type.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "sys/feature.h"
#include "sys/insn.h"
#include "sys/lockdown.h"

/* What the verifier says of a helper that is not there. Its words are older than any interface it has. */
static int says_no(const char *log, int *ret_absent)
{
	static const struct {
		const char *words;
		int absent; /* for all programs: the number is beyond the kernel's last */
	} sayings[] = {
		{ "invalid func ", 1 },
		{ "unknown func ", 0 },
		{ "program of this type cannot use helper ", 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sayings); i++)
		if (strstr(log, sayings[i].words)) {
			*ret_absent = sayings[i].absent;
			return 1;
		}
	return 0;
}

static int is_tracing(uint32_t prog_type)
{
	switch (prog_type) {
	case SKEP_PROG_TYPE_KPROBE:
	case SKEP_PROG_TYPE_TRACEPOINT:
	case SKEP_PROG_TYPE_PERF_EVENT:
	case SKEP_PROG_TYPE_RAW_TRACEPOINT:
	case SKEP_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case SKEP_PROG_TYPE_TRACING:
		return 1;
	default:
		return 0;
	}
}

/* The mode in which the kernel withholds a helper from programs of a type. */
static int withheld_from(uint32_t prog_type, uint32_t helper)
{
	switch (helper) {
	case SKEP_HELPER_PROBE_WRITE_USER:
		return is_tracing(prog_type) ? SYS_LOCKDOWN_INTEGRITY : 0;
	case SKEP_HELPER_PROBE_READ:
	case SKEP_HELPER_PROBE_READ_STR:
		return is_tracing(prog_type) ? SYS_LOCKDOWN_CONFIDENTIALITY : 0;
	case SKEP_HELPER_PROBE_READ_KERNEL:
	case SKEP_HELPER_PROBE_READ_KERNEL_STR:
		return SYS_LOCKDOWN_CONFIDENTIALITY;
	default:
		return 0;
	}
}

/* The kernel has the helper, and says that this program cannot use it: is that so for any process, at any time? */
static int withheld(uint32_t prog_type, uint32_t helper, const char *what, struct skep_error *err)
{
	uint64_t needed = SKEP_CAPABILITY_BIT(BPF) | SKEP_CAPABILITY_BIT(PERFMON);
	int from = withheld_from(prog_type, helper), mode;

	if (helper == SKEP_HELPER_PROBE_WRITE_USER)
		needed |= SKEP_CAPABILITY_BIT(SYS_ADMIN);
	if (sys_capabilities_missing(needed))
		return sys_fail_permission(err, -EPERM, needed, what);
	if (!from)
		return 0;
	mode = sys_lockdown_mode();
	if (mode >= from)
		return skep_fail(err, -EPERM, SKEP_ERR_PERMISSION,
				 "%s: this system is locked down (%s).", what,
				 sys_lockdown_name(mode));
	if (mode < 0)
		return skep_fail(
			err, -EPERM, SKEP_ERR_PERMISSION,
			"%s: refused, perhaps because this system is locked down (securityfs "
			"is not mounted, which would tell).",
			what);
	return 0;
}

/* In a type that cannot be loaded nothing can be called. */
static int prepare(struct skep_features *f, struct sys_feature_prog *p, uint32_t prog_type,
		   struct skep_error *err)
{
	int r = skep_feature_prog_type(f, prog_type, err);

	if (r <= 0)
		return r;
	if (prog_type == SKEP_PROG_TYPE_EXT)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "an extension calls what the program that it extends may call.");
	return sys_feature_prog_prepare_any(f, p, prog_type, err);
}

int sys_feature_ask_helper(struct skep_features *f, uint32_t prog_type, uint32_t helper,
			   struct skep_error *err)
{
	const struct bpf_insn insns[] = { INSN_CALL((int32_t)helper), INSN_EXIT };
	char what[96], name[SKEP_NAME_SIZE], prog_name[SKEP_NAME_SIZE];
	_cleanup_close_ int fd = -1;
	struct sys_feature_prog p;
	uint32_t no_helper = atomic_load(&f->no_helper);
	int absent = 0, r = prepare(f, &p, prog_type, err);

	if (r <= 0)
		return r;
	if (no_helper && helper >= no_helper)
		return 0;
	fd = sys_feature_prog_load(f, &p, insns, ARRAY_SIZE(insns));
	snprintf(what, sizeof(what), "helper %s in program type %s", skep_helper_name(helper, name),
		 skep_prog_type_name(prog_type, prog_name));
	if (fd >= 0)
		return 1;
	if ((fd == -EINVAL || fd == -EACCES || fd == -ENOSPC) && p.log[0]) {
		if (!says_no(p.log, &absent))
			return 1; /* it misses arguments */
		if (!absent)
			return withheld(prog_type, helper, what, err);
		if (!no_helper || helper < no_helper)
			atomic_store(&f->no_helper, helper);
		return 0;
	}
	return sys_feature_load_told(err, fd, what);
}

/* Answers about functions, by name. */
struct sys_feature_kfunc {
	struct sys_feature_kfunc *next;
	uint32_t prog_type;
	int answer;
	char name[];
};

void sys_feature_kfuncs_free(struct skep_features *f)
{
	struct sys_feature_kfunc *k, *next;

	for (k = f->kfuncs; k; k = next) {
		next = k->next;
		free(k);
	}
}

static int recall(struct skep_features *f, uint32_t prog_type, const char *name, int *ret_answer)
{
	const struct sys_feature_kfunc *k;
	int found = 0;

	pthread_mutex_lock(&f->lock);
	for (k = f->kfuncs; k && !found; k = k->next)
		if (k->prog_type == prog_type && !strcmp(k->name, name)) {
			*ret_answer = k->answer;
			found = 1;
		}
	pthread_mutex_unlock(&f->lock);
	return found;
}

/* Without memory it is asked again, that is all. */
static void keep(struct skep_features *f, uint32_t prog_type, const char *name, int answer)
{
	size_t size = strlen(name) + 1;
	struct sys_feature_kfunc *k = malloc(sizeof(*k) + size);

	if (!k)
		return;
	*k = (struct sys_feature_kfunc){ .prog_type = prog_type, .answer = answer };
	memcpy(k->name, name, size);
	pthread_mutex_lock(&f->lock);
	k->next = f->kfuncs;
	f->kfuncs = k;
	pthread_mutex_unlock(&f->lock);
}

static int kfunc_told(struct skep_error *err, int r, const struct sys_feature_prog *p,
		      const char *what)
{
	static const char *const refusals[] = { "is not allowed", "uses reserved fields",
						"is required for calling kernel function",
						"unknown opcode", "invalid func " };
	size_t i;

	if (r >= 0)
		return 1;
	for (i = 0; i < ARRAY_SIZE(refusals); i++)
		if (strstr(p->log, refusals[i]))
			return sys_feature_load_told(err, -EINVAL, what);
	if ((r == -EINVAL || r == -EACCES || r == -ENOSPC) && p->log[0])
		return 1; /* it misses arguments */
	return sys_feature_load_told(err, r, what);
}

static int ask_kfunc(struct skep_features *f, uint32_t prog_type, const char *name,
		     struct skep_error *err)
{
	struct bpf_insn insns[] = { INSN_CALL_KERNEL(0), INSN_MOV(0, 0), INSN_EXIT };
	char what[128], prog_name[SKEP_NAME_SIZE];
	_cleanup_close_ int fd = -1;
	struct sys_feature_prog p;
	uint32_t id;
	int r = sys_feature_btf_id(f, name, BTF_KIND_FUNC, &id, err);

	if (r > 0)
		r = prepare(f, &p, prog_type, err);
	if (r <= 0)
		return r;
	insns[0].imm = (int32_t)id;
	fd = sys_feature_prog_load(f, &p, insns, ARRAY_SIZE(insns));
	snprintf(what, sizeof(what), "function %.64s in program type %s", name,
		 skep_prog_type_name(prog_type, prog_name));
	return kfunc_told(err, fd, &p, what);
}

int skep_feature_kfunc(struct skep_features *f, uint32_t prog_type, const char *name,
		       struct skep_error *err)
{
	int r;

	if (recall(f, prog_type, name, &r))
		return r;
	r = ask_kfunc(f, prog_type, name, err);
	if (r >= 0)
		keep(f, prog_type, name, r);
	return r;
}
