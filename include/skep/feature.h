/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_FEATURE_H
#define SKEP_FEATURE_H
/*
 * What the running kernel can do with BPF, found out by trying.
 *
 * A version number tells little: features are carried back, left out of a build, locked down, or forbidden to this
 * process. So each question is put to the kernel: a map is created, a program of a few instructions is loaded, an
 * attachment is asked for that cannot succeed, and the kernel's way of refusing is told apart. Nothing is ever attached,
 * and nothing is left behind.
 *
 * There are three answers: 1 yes; 0 no; a negative errno could not tell, and the error record says why. A lack of
 * permission is never a "no". Yes and no are kept in the handle and asked for once; "could not tell" is asked anew.
 *
 * Questions may be asked of one handle in several threads; open, close and inject may not run beside them. On kernels
 * before 5.11, a question that is refused for want of RLIMIT_MEMLOCK is put again with the limit raised, which is then
 * restored: that changes it for the whole process for a moment.
 */
#include <skep/base.h>
#include <skep/feature_list.h>

SKEP_BEGIN

struct skep_error;
struct skep_features;

/* What is asked about. */
enum skep_feature_section {
	SKEP_FEATURE_SECTION_MISC = 1,        /* enum skep_feature */
	SKEP_FEATURE_SECTION_PROG_TYPE = 2,   /* enum skep_prog_type */
	SKEP_FEATURE_SECTION_MAP_TYPE = 3,    /* enum skep_map_type */
	SKEP_FEATURE_SECTION_ATTACH_TYPE = 4, /* enum skep_attach_type, of a program type */
	SKEP_FEATURE_SECTION_LINK_TYPE = 5,   /* enum skep_link_type */
	SKEP_FEATURE_SECTION_HELPER = 6,      /* enum skep_helper, of a program type */
};

struct skep_features_opts {
	size_t sz; /* sizeof(struct skep_features_opts) */
	uint64_t
		token_fd; /* a BPF token to ask with; 0: none. Borrowed until skep_features_close() */
};

/**
 * skep_features_open() - begin to ask
 * @opts:         NULL for defaults
 * @ret_features: owned by the caller, skep_features_close()
 *
 * Asks nothing yet.
 *
 * Return: 0; -ENOMEM; -E2BIG newer @opts.
 * Source: bpf(2).
 */
int skep_features_open(const struct skep_features_opts *opts, struct skep_features **ret_features,
		       struct skep_error *err);

/** skep_features_close() - release a handle or NULL. Return: NULL. */
struct skep_features *skep_features_close(struct skep_features *features);

/**
 * skep_feature_has() - does the kernel have what stands in the list of features
 * @feature: enum skep_feature
 *
 * Return: 1 yes; 0 no; -EINVAL @feature is not in the list; -EPERM a capability is missing, or the system is locked down;
 *         -ENOSYS no bpf(2), or a filter of system calls hides it; else a negative errno: could not tell.
 * Source: each row of src/sys/feature.def.
 */
int skep_feature_has(struct skep_features *features, uint32_t feature, struct skep_error *err);

/**
 * skep_feature_map_type() - can maps of a type be created
 * @map_type: enum skep_map_type; any number
 *
 * Return: 1 yes; 0 no; a negative errno, as skep_feature_has(): could not tell.
 * Source: bpf(2) BPF_MAP_CREATE.
 */
int skep_feature_map_type(struct skep_features *features, uint32_t map_type,
			  struct skep_error *err);

/**
 * skep_feature_map_type_or_fallback() - a type of map, or what stands in for it
 * @map_type:     enum skep_map_type
 * @ret_map_type: @map_type if the kernel has it, else the type that has the same operations and is missing less: an
 *                LRU hash becomes a hash (which refuses new keys when it is full), per-CPU likewise; an LPM trie
 *                becomes a hash (which finds whole keys alone)
 *
 * The program has to be written for the same decision. A ring buffer is no map of another type: nothing stands in.
 *
 * Return: 1 the kernel has @map_type; 0 it has not, and has @ret_map_type; -EOPNOTSUPP it has neither, or there is none
 *         to stand in; a negative errno, as skep_feature_has(): could not tell.
 * Source: semantics of the types: kernel/bpf/{hashtab,lpm_trie}.c.
 */
int skep_feature_map_type_or_fallback(struct skep_features *features, uint32_t map_type,
				      uint32_t *ret_map_type, struct skep_error *err);

/**
 * skep_feature_prog_type() - can programs of a type be loaded
 * @prog_type: enum skep_prog_type; any number
 *
 * Of a type with several attach types, one that can be loaded suffices.
 *
 * Return: 1 yes; 0 no; a negative errno, as skep_feature_has(): could not tell.
 * Source: bpf(2) BPF_PROG_LOAD.
 */
int skep_feature_prog_type(struct skep_features *features, uint32_t prog_type,
			   struct skep_error *err);

/**
 * skep_feature_attach_type() - can programs of a type be attached in a way
 * @prog_type:   enum skep_prog_type; 0: the one that usually goes with @attach_type
 * @attach_type: enum skep_attach_type
 *
 * A program is loaded for it, and the kernel asked to attach it where nothing is: to no fd, no interface, no function.
 * For fentry and its like, where only an attachment would tell, the load has to do.
 *
 * Return: 1 yes; 0 no; -EINVAL @prog_type is 0 and @attach_type unknown; a negative errno, as skep_feature_has(): could
 *         not tell.
 * Source: bpf(2) BPF_LINK_CREATE, BPF_PROG_ATTACH.
 */
int skep_feature_attach_type(struct skep_features *features, uint32_t prog_type,
			     uint32_t attach_type, struct skep_error *err);

/**
 * skep_feature_attach_prog_type() - the program type that goes with an attach type
 * @attach_type: enum skep_attach_type
 *
 * Return: enum skep_prog_type; 0 for one that is unknown.
 * Context: any thread.
 * Source: bpf_prog_load_check_attach(), kernel/bpf/syscall.c.
 */
uint32_t skep_feature_attach_prog_type(uint32_t attach_type);

/**
 * skep_feature_link_type() - does the kernel have links of a type
 * @link_type: enum skep_link_type
 *
 * Return: 1 yes; 0 no; -EINVAL a type that is unknown here; a negative errno, as skep_feature_has(): could not tell.
 * Source: bpf(2) BPF_LINK_CREATE.
 */
int skep_feature_link_type(struct skep_features *features, uint32_t link_type,
			   struct skep_error *err);

/**
 * skep_feature_helper() - may programs of a type call a helper
 * @prog_type: enum skep_prog_type
 * @helper:    enum skep_helper; any number
 *
 * Asked with the attach type that takes least: a helper for some attach types only may be missed. An extension has the
 * helpers of what it extends: -EINVAL.
 *
 * Return: 1 yes; 0 no, also where the kernel lacks the program type; -EPERM: a capability is missing, or the system is
 *         locked down, and the helper might be there without that; a negative errno: could not tell.
 * Source: bpf(2) BPF_PROG_LOAD, the verifier's log; bpf-helpers(7).
 */
int skep_feature_helper(struct skep_features *features, uint32_t prog_type, uint32_t helper,
			struct skep_error *err);

/**
 * skep_feature_kfunc() - may programs of a type call a function of the kernel
 * @prog_type: enum skep_prog_type
 * @name:      "bpf_cpumask_create"; of the kernel itself, not of a module
 *
 * Return: 1 yes; 0 no: no such function, or not for this type; a negative errno, as skep_feature_has(): could not tell.
 * Source: bpf(2) BPF_PROG_LOAD, the verifier's log; Documentation/bpf/kfuncs.rst of the kernel.
 */
int skep_feature_kfunc(struct skep_features *features, uint32_t prog_type, const char *name,
		       struct skep_error *err);

/**
 * skep_feature_test_dummy_program() - load two instructions, and for cgroup attach types have them attached to no cgroup
 * @prog_type:   enum skep_prog_type
 * @attach_type: enum skep_attach_type, expected at load
 *
 * The program is "r0 = 1; exit". It is attached to nothing, not for a moment.
 *
 * Return: 0 supported; -EOPNOTSUPP not supported; another negative errno: could not tell.
 * Source: bpf(2) BPF_PROG_LOAD, BPF_PROG_ATTACH.
 */
int skep_feature_test_dummy_program(uint32_t prog_type, uint32_t attach_type,
				    struct skep_error *err);

/**
 * skep_feature_inject() - decide an answer beforehand, for tests
 * @section:   enum skep_feature_section
 * @prog_type: of an attach type or a helper; 0 else
 * @number:    what the section counts
 * @answer:    1, 0, or a negative errno, which is then the answer until another one is injected
 *
 * Return: 0; -EINVAL no such section, or a number that is too large to be kept.
 * Context: not beside questions in other threads.
 * Source: none; the kernel is not asked.
 */
int skep_feature_inject(struct skep_features *features, uint32_t section, uint32_t prog_type,
			uint32_t number, int answer);

/* One row of the list of features. Static, as its strings are. */
struct skep_feature_row {
	const char *name;     /* in small letters: "bounded_loops" */
	const char *since;    /* the first Linux release that has it, for information: "5.3" */
	const char *sentence; /* for people: what it is */
	uint64_t number;      /* enum skep_feature */
};

/**
 * skep_feature_rows() - the list of features
 * @ret_count: rows in it
 *
 * Return: the rows.
 * Context: any thread.
 * Source: src/sys/feature.def.
 */
const struct skep_feature_row *skep_feature_rows(size_t *ret_count);

SKEP_DEFINE_CLEANUP(struct skep_features, skep_features_close) /* skep_features_closep() */
SKEP_END
#endif
