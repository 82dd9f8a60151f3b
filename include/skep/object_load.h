/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_OBJECT_LOAD_H
#define SKEP_OBJECT_LOAD_H
/*
 * Loading an object: its maps are created or opened, its programs verified and loaded, all or none.
 *
 * Success means that every program which was not excluded is in the kernel, and that there is at least one. After a
 * failure nothing of it is left, and the object keeps what is known of each program: how far it came, why it was
 * refused, and the verifier's log.
 */
#include <skep/base.h>
#include <skep/loaded.h>

SKEP_BEGIN

struct skep_bpffs;
struct skep_error;
struct skep_features;
struct skep_map_pin_opts;
struct skep_object;

/* A map that is there already, in the place of one of the object. */
struct skep_object_replacement {
	const char *map; /* its name in the object */
	uint64_t fd;     /* borrowed: it is duplicated */
};

#define SKEP_OBJECT_MAPS_ONLY (1u << 0)  /* success also if all programs are excluded */
#define SKEP_OBJECT_STATISTICS (1u << 1) /* the verifier's statistics of each program, in its log */
#define SKEP_OBJECT_IGNORE_PINNING (1u << 2) /* no map is pinned, and none opened by a pin */

struct skep_object_load_opts {
	size_t sz;      /* sizeof(struct skep_object_load_opts) */
	uint64_t flags; /* SKEP_OBJECT_* */
	const struct skep_object_replacement *replacements; /* borrowed */
	uint64_t replacement_count;
	/* Where maps are pinned, borrowed until skep_loaded_close(); NULL: an object that wants pins is refused. */
	const struct skep_bpffs *bpffs;
	const char *pin_dir; /* relative to it; NULL: its root */
	/* What to do with pins that are not what the object has; NULL: fail. */
	const struct skep_map_pin_opts *pin_opts;
	const char *btf_path; /* types of the kernel for CO-RE, in the place of the running one's */
	const char *token_path; /* a bpffs that hands out a BPF token; NULL: none is asked for */
	uint64_t log_level;     /* SKEP_VERIFIER_LOG_*: of good programs, too; 0: of refused ones */
	uint64_t log_max_bytes; /* of a log; 0: as far as the kernel allows (1 GiB) */
	/* Asked why something is refused; borrowed; NULL: one of its own. */
	struct skep_features *features;
};

/**
 * skep_object_load() - have an object in the kernel
 * @opts:       NULL for defaults
 * @ret_loaded: owned by the caller, skep_loaded_close(); it does not need the object any longer
 *
 * Order: maps that are frozen, with their elements, and pinned ones that are converted; all others; programs in the order of
 * the file; arrays of programs, elements. Pinned maps are opened or created as skep_map_open_or_create() does; ones that are
 * to replace others wait for skep_loaded_commit().
 *
 * Return: 0; -EINVAL nothing is left to load, a program without a type, a replacement that is not what the object has;
 *         -EOPNOTSUPP this kernel lacks what @err names; -EPERM; -EMEDIUMTYPE a pinned map is not what the object has;
 *         with kind SKEP_ERR_VERIFIER the errno of the verifier; else a negative errno.
 * Context: sleeps in bpf(2); verification may take seconds.
 * Source: bpf(2) BPF_MAP_CREATE, BPF_PROG_LOAD, BPF_BTF_LOAD.
 */
int skep_object_load(struct skep_object *object, const struct skep_object_load_opts *opts,
		     struct skep_loaded **ret_loaded, struct skep_error *err);

/* How the last load of a program went. */
struct skep_object_result {
	const char *program;
	const char *log;         /* of the verifier, NUL-terminated; "" none */
	uint64_t log_bytes;      /* of it, without the NUL */
	uint64_t verified_insns; /* 5.16; 0: not known */
	uint64_t load_ns;        /* how long the kernel took for it; 0: not loaded */
	int32_t code; /* 0 loaded; -ENODATA not tried; else why it was refused, without a log */
	uint32_t log_truncated; /* 1: the log is longer than it may be */
	uint32_t kind;          /* enum skep_error_kind: why it was refused */
	char reason[252];       /* one line; "" it was not refused */
};

/**
 * skep_object_result() - how the last skep_object_load() went for a program
 * @program: its name
 *
 * Return: borrowed until the next load or skep_object_close(); NULL: no such program, or nothing was loaded yet.
 * Source: bpf(2) BPF_PROG_LOAD.
 */
const struct skep_object_result *skep_object_result(const struct skep_object *object,
						    const char *program);

/**
 * skep_object_verifier_log() - the verifier's log of a program
 * @program:  its name; NULL: the one that was refused
 * @ret_size: bytes, without the NUL
 *
 * Return: NUL-terminated, borrowed until the next load or skep_object_close(); "" there is none.
 * Source: bpf(2) BPF_PROG_LOAD, log_buf.
 */
const char *skep_object_verifier_log(const struct skep_object *object, const char *program,
				     size_t *ret_size);

SKEP_END
#endif
