/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probing: the list of features that are no type and no helper. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi/command.h>
#include <skep/kabi/helper.h>
#include <skep/kabi/map_flag.h>
#include <skep/kabi/map_type.h>
#include <skep/kabi/prog_flag.h>
#include <skep/kabi/prog_type.h>
#include <skep/kabi/update_flag.h>
#include <skep/memlock.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "sys/feature.h"
#include "sys/feature_code.h"
#include "sys/insn.h"

#define NEEDED SKEP_CAPABILITY_BIT(BPF)
#define OLD_LIMIT 4096 /* instructions of a program, before 5.2 */

/* A probe: the kernel's answer to the row that it stands in. */
struct question {
	const struct skep_feature_row *row;
	uint32_t argument;
};

typedef int (*probe_fn)(struct skep_features *f, const struct question *q, struct skep_error *err);

static const char *describe(const struct question *q, char buf[64])
{
	snprintf(buf, 64, "feature %s", q->row->name);
	return buf;
}

static int told(struct skep_error *err, int r, const struct question *q)
{
	char what[64];

	return sys_feature_told(err, r, NEEDED, describe(q, what));
}

static int load_told(struct skep_error *err, int r, const struct question *q)
{
	char what[64];

	return sys_feature_load_told(err, r, describe(q, what));
}

/* No command has this number. */
static int probe_syscall(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	uint64_t attr = 0;
	int r = sys_feature_bpf(UINT32_MAX, &attr, sizeof(attr));

	(void)f;
	if (r == -ENOSYS)
		return 0;
	return r == -EPERM ? told(err, r, q) : 1;
}

/* Every one of these begins with an fd or has one, and gets none. */
static int probe_command(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	union {
		struct skep_attr_link_update link;
		struct skep_attr_iter_create iter;
		struct skep_attr_prog_bind_map bind;
		struct skep_attr_token_create token;
		struct skep_attr_prog_stream_read stream;
		struct skep_attr_prog_assoc_struct_ops assoc;
	} attr = { 0 };
	size_t attr_bytes = sizeof(attr.link);
	int r;

	(void)f;
	switch (q->argument) {
	case SKEP_COMMAND_ITER_CREATE:
		attr.iter.link_fd = UINT32_MAX;
		attr_bytes = sizeof(attr.iter);
		break;
	case SKEP_COMMAND_PROG_BIND_MAP:
		attr.bind.prog_fd = UINT32_MAX;
		attr_bytes = sizeof(attr.bind);
		break;
	case SKEP_COMMAND_TOKEN_CREATE:
		attr.token.bpffs_fd = UINT32_MAX;
		attr_bytes = sizeof(attr.token);
		break;
	case SKEP_COMMAND_PROG_STREAM_READ_BY_FD:
		attr.stream.prog_fd = UINT32_MAX;
		attr.stream.stream_id = 1;
		attr_bytes = sizeof(attr.stream);
		break;
	case SKEP_COMMAND_PROG_ASSOC_STRUCT_OPS:
		attr.assoc.map_fd = UINT32_MAX;
		attr.assoc.prog_fd = UINT32_MAX;
		attr_bytes = sizeof(attr.assoc);
		break;
	case SKEP_COMMAND_LINK_DETACH:
		attr.link.link_fd = UINT32_MAX;
		attr_bytes = sizeof(attr.link.link_fd);
		break;
	default:
		attr.link.link_fd = UINT32_MAX;
		break;
	}
	r = sys_feature_bpf(q->argument, &attr, attr_bytes);
	return r == -EBADF ? 1 : told(err, r, q);
}

static int load(struct skep_features *f, struct sys_feature_prog *p, uint32_t prog_type,
		const struct bpf_insn *insns, size_t count)
{
	p->attr.prog_type = prog_type;
	return sys_feature_prog_load(f, p, insns, count);
}

static int probe_code(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	struct sys_feature_prog p = { 0 };
	size_t count;
	const struct bpf_insn *insns = sys_feature_code(q->argument, &count);
	_cleanup_close_ int fd = -1;

	fd = load(f, &p, SKEP_PROG_TYPE_SOCKET_FILTER, insns, count);
	return load_told(err, fd, q);
}

static int probe_large_program(struct skep_features *f, const struct question *q,
			       struct skep_error *err)
{
	_cleanup_free_ struct bpf_insn *insns = calloc(OLD_LIMIT + 1, sizeof(*insns));
	_cleanup_close_ int fd = -1;
	struct sys_feature_prog p = { 0 };
	int i;

	if (!insns)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "feature probes");
	for (i = 0; i < OLD_LIMIT; i++)
		insns[i] = INSN_MOV(0, 1);
	insns[i] = INSN_EXIT;
	fd = load(f, &p, SKEP_PROG_TYPE_SCHED_CLS, insns, OLD_LIMIT + 1);
	if (fd == -ENOSPC) /* it is the log that does not fit */
		return 1;
	return load_told(err, fd, q);
}

static int make_map(const struct skep_features *f, uint32_t type, uint32_t flags)
{
	struct skep_attr_map_create attr = { .map_type = type,
					     .key_size = 4,
					     .value_size = 8,
					     .max_entries = 1,
					     .map_flags = flags };

	if (type == SKEP_MAP_TYPE_LPM_TRIE)
		attr.key_size = 8;
	return sys_feature_map_create(f, &attr);
}

/* Where both are allowed, the verifier wants to see from BTF that the functions return a number. */
static int probe_tail_call(struct skep_features *f, const struct question *q,
			   struct skep_error *err)
{
	static const uint32_t functions[] = { 0, 3, 2, 4 }; /* first instruction, BTF id */
	struct skep_attr_map_create attr = { .map_type = SKEP_MAP_TYPE_PROG_ARRAY,
					     .key_size = 4,
					     .value_size = 4,
					     .max_entries = 1 };
	_cleanup_close_ int map = -1, btf = -1, fd = -1;
	struct sys_feature_prog p = { 0 };
	size_t bytes;
	const uint32_t *words = sys_feature_btf_words(TYPES_TWO_FUNCS, &bytes);

	map = sys_feature_map_create(f, &attr);
	if (map < 0)
		return told(err, map, q);
	btf = sys_feature_btf_load(f, words, bytes, SYS_FEATURE_BTF_STRINGS,
				   sizeof(SYS_FEATURE_BTF_STRINGS));
	if (btf < 0)
		return told(err, btf, q);
	const struct bpf_insn insns[] = {
		INSN_CALL_LOCAL(1), /* of the third one, with the context in r1 */
		INSN_EXIT,          INSN_LOAD_MAP(2, BPF_PSEUDO_MAP_FD, map, 0),
		INSN_MOV(3, 0),     INSN_CALL(SKEP_HELPER_TAIL_CALL),
		INSN_MOV(0, 0),     INSN_EXIT,
	};

	p.attr.prog_btf_fd = (uint32_t)btf;
	p.attr.func_info = SKEP_ATTR_POINTER(functions);
	p.attr.func_info_rec_size = 2 * sizeof(functions[0]);
	p.attr.func_info_cnt = 2;
	fd = load(f, &p, SKEP_PROG_TYPE_SOCKET_FILTER, insns, ARRAY_SIZE(insns));
	return load_told(err, fd, q);
}

/* A function that is there and may not be called: the kernel that says so could call others. */
static int probe_kfuncs(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	struct bpf_insn insns[] = { INSN_CALL_KERNEL(0), INSN_MOV(0, 0), INSN_EXIT };
	_cleanup_close_ int fd = -1;
	struct sys_feature_prog p = { 0 };
	uint32_t id;
	int r = sys_feature_btf_id(f, "bpf_prog_put", BTF_KIND_FUNC, &id, err);

	if (r <= 0)
		return r;
	insns[0].imm = (int32_t)id;
	fd = load(f, &p, SKEP_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
	if (fd < 0 && fd != -EPERM && strstr(p.log, "calling kernel function") &&
	    !strstr(p.log, "is required for"))
		return 1;
	return load_told(err, fd, q);
}

static int probe_global_data(struct skep_features *f, const struct question *q,
			     struct skep_error *err)
{
	_cleanup_close_ int map = -1, fd = -1;
	struct sys_feature_prog p = { 0 };

	map = make_map(f, SKEP_MAP_TYPE_ARRAY, 0);
	if (map < 0)
		return told(err, map, q);
	const struct bpf_insn insns[] = {
		INSN_LOAD_MAP(1, BPF_PSEUDO_MAP_VALUE, map, 0),
		INSN_STORE(1, 0, 1),
		INSN_MOV(0, 0),
		INSN_EXIT,
	};

	fd = load(f, &p, SKEP_PROG_TYPE_SOCKET_FILTER, insns, ARRAY_SIZE(insns));
	return load_told(err, fd, q);
}

static int probe_xdp_frags(struct skep_features *f, const struct question *q,
			   struct skep_error *err)
{
	const struct bpf_insn insns[] = { INSN_MOV(0, 2), INSN_EXIT };
	struct sys_feature_prog p = { .attr.prog_flags = SKEP_PROG_FLAG_XDP_HAS_FRAGS };
	_cleanup_close_ int fd = -1;
	char what[64];

	fd = load(f, &p, SKEP_PROG_TYPE_XDP, insns, ARRAY_SIZE(insns));
	return sys_feature_told(err, fd, NEEDED | SKEP_CAPABILITY_BIT(NET_ADMIN),
				describe(q, what));
}

enum {
	MAP_NAMED,
	MAP_MMAPABLE,
	MAP_INNER,
	MAP_RING_OVERWRITE,
	MAP_EXCLUSIVE,
};

static int probe_map(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	static const uint8_t no_hash[32];
	struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};
	_cleanup_close_ int fd = -1;

	switch (q->argument) {
	case MAP_NAMED:
		attr.map_name[0] = 's';
		break;
	case MAP_MMAPABLE:
		attr.map_flags = SKEP_MAP_FLAG_MMAPABLE;
		break;
	case MAP_INNER:
		attr.map_flags = SKEP_MAP_FLAG_INNER_MAP;
		break;
	case MAP_RING_OVERWRITE:
		attr = (struct skep_attr_map_create){
			.map_type = SKEP_MAP_TYPE_RINGBUF,
			.max_entries = (uint32_t)sysconf(_SC_PAGESIZE),
			.map_flags = SKEP_MAP_FLAG_RB_OVERWRITE,
		};
		break;
	default:
		attr.excl_prog_hash = SKEP_ATTR_POINTER(no_hash);
		attr.excl_prog_hash_size = sizeof(no_hash);
		break;
	}
	fd = sys_feature_map_create(f, &attr);
	return told(err, fd, q);
}

/* A lookup of no elements at all. */
static int probe_batch(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	uint32_t flags = q->argument == SKEP_MAP_TYPE_LPM_TRIE ? SKEP_MAP_FLAG_NO_PREALLOC : 0;
	struct skep_attr_map_batch attr = { 0 };
	_cleanup_close_ int map = -1;

	map = make_map(f, q->argument, flags);
	if (map < 0)
		return told(err, map, q);
	attr.map_fd = (uint32_t)map;
	return told(err, sys_feature_bpf(SKEP_COMMAND_MAP_LOOKUP_BATCH, &attr, sizeof(attr)), q);
}

static int element(uint32_t command, int map, uint64_t flags)
{
	uint32_t key = 0;
	uint64_t value;
	struct skep_attr_map_element attr = { .map_fd = (uint32_t)map,
					      .key = SKEP_ATTR_POINTER(&key),
					      .value = SKEP_ATTR_POINTER(&value),
					      .flags = flags };

	return sys_feature_bpf(command, &attr, sizeof(attr));
}

static int probe_take(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	_cleanup_close_ int map = -1;
	int r;

	map = make_map(f, SKEP_MAP_TYPE_HASH, 0);
	if (map < 0)
		return told(err, map, q);
	r = element(SKEP_COMMAND_MAP_LOOKUP_AND_DELETE_ELEM, map, 0);
	return r == -ENOENT ? 1 : told(err, r, q);
}

static int probe_one_cpu(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	_cleanup_close_ int map = -1;

	map = make_map(f, SKEP_MAP_TYPE_PERCPU_ARRAY, 0);
	if (map < 0)
		return told(err, map, q);
	return told(err, element(SKEP_COMMAND_MAP_LOOKUP_ELEM, map, SKEP_UPDATE_FLAG_CPU), q);
}

static int probe_freeze(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	struct skep_attr_map_element attr = { 0 };
	_cleanup_close_ int map = -1;

	map = make_map(f, SKEP_MAP_TYPE_ARRAY, 0);
	if (map < 0)
		return told(err, map, q);
	attr.map_fd = (uint32_t)map;
	return told(err, sys_feature_bpf(SKEP_COMMAND_MAP_FREEZE, &attr, sizeof(attr.map_fd)), q);
}

static int probe_memcg(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	int counted = skep_memlock_counted(err);

	(void)f;
	(void)q;
	return counted < 0 ? counted : !counted;
}

static int probe_attach_cookies(struct skep_features *f, const struct question *q,
				struct skep_error *err)
{
	(void)q;
	return skep_feature_helper(f, SKEP_PROG_TYPE_KPROBE, SKEP_HELPER_GET_ATTACH_COOKIE, err);
}

enum {
	FILE_KPROBE_PMU,
	FILE_UPROBE_PMU,
	FILE_VMLINUX_BTF,
};

static int probe_file(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	static const struct {
		const char *path;
		const char *parent; /* which is there if sysfs is mounted */
	} files[] = {
		[FILE_KPROBE_PMU] = { "/sys/bus/event_source/devices/kprobe/type",
				      "/sys/bus/event_source/devices" },
		[FILE_UPROBE_PMU] = { "/sys/bus/event_source/devices/uprobe/type",
				      "/sys/bus/event_source/devices" },
		[FILE_VMLINUX_BTF] = { "/sys/kernel/btf/vmlinux", "/sys/kernel" },
	};
	const char *path = files[q->argument].path, *parent = files[q->argument].parent;

	(void)f;
	if (access(path, F_OK) == 0)
		return 1;
	if (errno == ENOENT && access(parent, F_OK) == 0)
		return 0;
	return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "feature %s: %s", q->row->name, path);
}

enum {
	TYPE_BTF_MODULE,
};

/* A struct that the kernel has if it was built with the feature. */
static int probe_kernel_type(struct skep_features *f, const struct question *q,
			     struct skep_error *err)
{
	static const char *const names[] = { [TYPE_BTF_MODULE] = "btf_module" };
	uint32_t id;

	return sys_feature_btf_id(f, names[q->argument], BTF_KIND_STRUCT, &id, err);
}

static int probe_btf(struct skep_features *f, const struct question *q, struct skep_error *err)
{
	size_t words_bytes;
	const uint32_t *words = sys_feature_btf_words(q->argument, &words_bytes);
	_cleanup_close_ int fd = -1;

	fd = sys_feature_btf_load(f, words, words_bytes, SYS_FEATURE_BTF_STRINGS,
				  sizeof(SYS_FEATURE_BTF_STRINGS));
	return told(err, fd, q);
}

static const struct skep_feature_row list[] = {
#define SKEP_FEATURE(name, upper, number, since, sentence, probe, argument) \
	{ #name, since, sentence, number },
#include "sys/feature.def"
#undef SKEP_FEATURE
};

static const struct {
	probe_fn probe;
	uint32_t argument;
} probes[] = {
#define SKEP_FEATURE(name, upper, number, since, sentence, probe, argument) \
	{ probe_##probe, argument },
#include "sys/feature.def"
#undef SKEP_FEATURE
};

const struct skep_feature_row *skep_feature_rows(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(list);
	return list;
}

int sys_feature_ask_misc(struct skep_features *f, uint32_t feature, struct skep_error *err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(list); i++)
		if (list[i].number == feature) {
			const struct question q = { &list[i], probes[i].argument };

			return probes[i].probe(f, &q, err);
		}
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "feature %u is not in the list.", feature);
}
