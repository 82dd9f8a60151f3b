/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_FEATURE_H
#define SYS_FEATURE_H
/* How features are probed: what the files feature*.c share. */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <skep/feature.h>
#include <skep/kabi_attr.h>

struct bpf_insn;
struct btf;
struct skep_error;

#define SYS_FEATURE_LOG_BYTES 8192

/* Numbers below these are kept; there is no need for more in the next years. */
#define SYS_FEATURE_TYPES 64
#define SYS_FEATURE_ATTACH_TYPES 128
#define SYS_FEATURE_HELPERS 512
#define SYS_FEATURE_ROWS 128

/* What programs that are made for one thing in the kernel are made for. */
enum sys_feature_target {
	SYS_FEATURE_TARGET_NONE,
	SYS_FEATURE_TARGET_TRACEPOINT,
	SYS_FEATURE_TARGET_FUNCTION,
	SYS_FEATURE_TARGET_MODIFY_RETURN,
	SYS_FEATURE_TARGET_ITERATOR,
	SYS_FEATURE_TARGET_LSM,
	SYS_FEATURE_TARGET_STRUCT_OPS,
	SYS_FEATURE_TARGETS,
};

/* 0 not asked yet; 1 + the answer of a question, or the negative errno that was injected. */
typedef atomic_short sys_feature_kept;

struct skep_features {
	uint32_t token_fd;    /* 0: none */
	pthread_mutex_t lock; /* for what follows */
	struct btf *btf;      /* of the kernel; NULL: not read yet */
	struct sys_feature_kfunc *kfuncs;
	/* from here on without the lock */
	atomic_uint target_ids[SYS_FEATURE_TARGETS]; /* 0: not looked up yet */
	atomic_uint tracing_type; /* the attach type by which tracing programs can be loaded */
	atomic_uint no_helper; /* a number that no helper has, nor any larger one; 0: not met yet */
	sys_feature_kept misc[SYS_FEATURE_ROWS];
	sys_feature_kept prog_types[SYS_FEATURE_TYPES];
	sys_feature_kept map_types[SYS_FEATURE_TYPES];
	sys_feature_kept link_types[SYS_FEATURE_TYPES];
	sys_feature_kept attach_types[SYS_FEATURE_TYPES][SYS_FEATURE_ATTACH_TYPES];
	sys_feature_kept helpers[SYS_FEATURE_TYPES][SYS_FEATURE_HELPERS];
};

/* A program that is loaded to see what the kernel says. */
struct sys_feature_prog {
	struct skep_attr_prog_load attr;
	char log[SYS_FEATURE_LOG_BYTES];
};

/* The system call, once more with RLIMIT_MEMLOCK raised where that may be why it was refused. */
int sys_feature_bpf(uint32_t command, void *attr, size_t attr_bytes);

/* With the token. Return: an fd; a negative errno. */
int sys_feature_map_create(const struct skep_features *f, struct skep_attr_map_create *attr);
int sys_feature_btf_load(const struct skep_features *f, const uint32_t *words, size_t words_bytes,
			 const char *strings, size_t strings_bytes);
int sys_feature_prog_load(const struct skep_features *f, struct sys_feature_prog *p,
			  const struct bpf_insn *insns, size_t count);

/*
 * sys_feature_told() - what a bpf(2) that may fail tells
 * @r:      what it returned
 * @needed: capabilities that it takes
 * @what:   what was asked: "map type hash"
 *
 * Return: 1; 0 the kernel does not know it; a negative errno, which is recorded, for all else.
 */
int sys_feature_told(struct skep_error *err, int r, uint64_t needed, const char *what);

/* Likewise of a program that the verifier may refuse because a capability is missing. */
int sys_feature_load_told(struct skep_error *err, int r, const char *what);

/*
 * sys_feature_prog_prepare() - all that a program of a type has to come with
 * @attach_type: the expected one
 *
 * Return: 1; 0 the kernel lacks what such a program is for; a negative errno.
 */
int sys_feature_prog_prepare(struct skep_features *f, struct sys_feature_prog *p,
			     uint32_t prog_type, uint32_t attach_type, struct skep_error *err);

/* The same with the attach type that takes least, after the type was found to be there. */
int sys_feature_prog_prepare_any(struct skep_features *f, struct sys_feature_prog *p,
				 uint32_t prog_type, struct skep_error *err);

/* A program that does nothing, of the type and for the attach type that @p is prepared for. Return: an fd; an errno. */
int sys_feature_prog_nothing(const struct skep_features *f, struct sys_feature_prog *p);

/* The words of the log; "" if the verifier had none. */
const char *sys_feature_log_reason(const struct sys_feature_prog *p, char *buf, size_t size);

/*
 * The BTF id of a type of the kernel.
 *
 * Return: 1; 0 there is none, or the kernel has no BTF; a negative errno: could not tell.
 */
int sys_feature_btf_id(struct skep_features *f, const char *name, uint32_t kind, uint32_t *ret_id,
		       struct skep_error *err);
int sys_feature_target_id(struct skep_features *f, enum sys_feature_target target, uint32_t *ret_id,
			  struct skep_error *err);

/* Releases what f->kfuncs holds. */
void sys_feature_kfuncs_free(struct skep_features *f);

/* The questions themselves: 1, 0, or a negative errno; nothing is kept. */
int sys_feature_ask_misc(struct skep_features *f, uint32_t feature, struct skep_error *err);
int sys_feature_ask_prog_type(struct skep_features *f, uint32_t type, struct skep_error *err);
int sys_feature_ask_map_type(struct skep_features *f, uint32_t type, struct skep_error *err);
int sys_feature_ask_attach_type(struct skep_features *f, uint32_t prog_type, uint32_t attach_type,
				struct skep_error *err);
int sys_feature_ask_link_type(struct skep_features *f, uint32_t type, struct skep_error *err);
int sys_feature_ask_helper(struct skep_features *f, uint32_t prog_type, uint32_t helper,
			   struct skep_error *err);

#endif
