/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Attaching what was loaded for its hook by the types of the kernel: iterators, which are read, too; entry of functions, one and
 * many, decisions, tables of functions, functions of other programs; and tracepoints in files. What a kernel lacks is passed by.
 */
#include <bpf/btf.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <skep/attach_iter.h>
#include <skep/attach_struct_ops.h>
#include <skep/attach_tracing.h>
#include <skep/attach_uprobe.h>
#include <skep/binary.h>
#include <skep/btf.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/sys.h>

#include "base/cleanup.h"

#include "attached.h"
#include "operation.h"

#define TABLE "tcp_congestion_ops"

static const char *hooks_path, *probed_path;

struct subject {
	uint32_t type, attach_type; /* of the program */
	uint32_t family, method;
	const char *target; /* in the kernel's BTF: "vfs_fsync"; NULL: none */
	int (*attach)(struct subject *s, struct skep_error *err);
	int (*make)(struct subject *s); /* in the place of loading a program for @target */

	uint32_t btf_id;
	int prog, other; /* another program, a map */
	int functions[3];
	struct skep_binary *binary;
	unsigned char *value; /* of a table */
	size_t value_bytes;
	struct skep_attachment *attachment;
};

/* r0 = 0; exit */
static int load(uint32_t type, uint32_t attach_type, uint32_t btf_id)
{
	static const uint64_t insns[] = { 0x00000000000000b7, 0x0000000000000095 };
	struct skep_attr_prog_load attr = {
		.prog_type = type,
		.insn_cnt = 2,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.expected_attach_type = attach_type,
		.attach_btf_id = btf_id,
	};

	return skep_sys_prog_load(&attr, sizeof(attr), NULL);
}

static struct skep_btf *kernel_types; /* of attach_many() */

static int attach_many(struct subject *s, struct skep_error *err)
{
	static const char *const symbols[] = { "vfs_fsync", "vfs_fallocate" };
	const struct skep_tracing_multi_opts o = {
		.sz = sizeof(o), .symbols = symbols, .symbol_count = 2, .types = kernel_types
	};

	return skep_tracing_attach_multi(s->prog, s->family, &o, &s->attachment, err);
}

/* Once per point: to read the types takes long. */
static int prepare(void *context)
{
	struct subject *s = context;
	struct btf *btf;
	int id = 0;

	if (s->attach == attach_many && !kernel_types)
		return skep_btf_open_kernel(&kernel_types, NULL);
	if (!s->target)
		return 0;
	btf = btf__load_vmlinux_btf();
	if (btf)
		id = btf__find_by_name_kind(
			btf, s->target,
			strncmp(s->target, "btf_trace_", 10) ? BTF_KIND_FUNC : BTF_KIND_TYPEDEF);
	btf__free(btf);
	s->btf_id = (uint32_t)id;
	return id > 0 ? 0 : -ENOENT;
}

static int set_up(void *context)
{
	struct subject *s = context;

	if (s->make)
		return s->make(s);
	s->prog = load(s->type, s->attach_type, s->btf_id);
	return s->prog < 0 ? s->prog : 0;
}

static int run(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return s->attach(s, err);
}

static int check(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	return attached_check(s->attachment, s->method, result, why, size);
}

static void undo(void *context)
{
	struct subject *s = context;

	s->attachment = skep_attachment_close(s->attachment);
}

static int attach_typed(struct subject *s, struct skep_error *err)
{
	return skep_tracing_attach(s->prog, s->family, NULL, &s->attachment, err);
}

/* Attached, and read to its end: the program writes nothing. */
static int attach_iter(struct subject *s, struct skep_error *err)
{
	_cleanup_(skep_iter_closep) struct skep_iter *iter = NULL;
	struct skep_attachment *a = NULL;
	char byte;
	int r = skep_iter_attach(s->prog, NULL, &a, err);

	if (r >= 0)
		r = skep_iter_open(a, &iter, err);
	if (r >= 0)
		r = (int)skep_iter_read(iter, &byte, 1);
	if (r < 0 && iter) {
		err->code = r;
		err->kind = SKEP_ERR_SYSCALL;
		snprintf(err->msg, sizeof(err->msg), "read");
	}
	if (r < 0)
		skep_attachment_close(a);
	else
		s->attachment = a;
	return r;
}

static int attach_freplace(struct subject *s, struct skep_error *err)
{
	return skep_freplace_attach(s->prog, NULL, &s->attachment, err);
}

/* One program of the object, for a function of another one or by itself. Return: an fd; a negative errno. */
static int load_of(const char *name, int target_fd)
{
	_cleanup_(skep_object_closep) struct skep_object *object = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	const struct skep_object_program *p;
	size_t i;
	int r = skep_object_open_file(hooks_path, NULL, &object, NULL);

	for (i = 0; r >= 0 && (p = skep_object_program_at(object, i)); i++)
		r = skep_object_program_exclude(object, p->name, strcmp(p->name, name) != 0, NULL);
	if (r >= 0 && target_fd >= 0)
		r = skep_object_program_set_target_program(object, name, target_fd, "replaced",
							   NULL);
	if (r >= 0)
		r = skep_object_load(object, NULL, &loaded, NULL);
	return r < 0 ? r : skep_loaded_take_program(loaded, name, NULL);
}

static int make_stand_in(struct subject *s)
{
	s->other = load_of("target", -1);
	s->prog = s->other < 0 ? s->other : load_of("stand_in", s->other);
	return s->prog < 0 ? s->prog : 0;
}

static int attach_usdt(struct subject *s, struct skep_error *err)
{
	const struct skep_usdt_opts o = {
		.sz = sizeof(o), .method = s->method, .binary = s->binary, .name = "counted"
	};

	return skep_usdt_attach(s->prog, &o, &s->attachment, err);
}

static int make_usdt(struct subject *s)
{
	int r = skep_binary_open(probed_path, NULL, &s->binary, NULL);

	s->prog = r < 0 ? r : load(s->type, s->attach_type, 0);
	return s->prog < 0 ? s->prog : 0;
}

static int attach_table(struct subject *s, struct skep_error *err)
{
	const struct skep_struct_ops_opts o = { .sz = sizeof(o),
						.value = s->value,
						.value_bytes = s->value_bytes };

	return skep_struct_ops_attach(s->other, &o, &s->attachment, err);
}

/* Where a member is, in bytes; its number is an attach type. */
static size_t member_of(const struct btf *btf, const struct btf_type *t, const char *name,
			uint32_t *ret_index)
{
	for (*ret_index = 0; *ret_index < btf_vlen(t); ++*ret_index)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[*ret_index].name_off), name))
			return btf_member_bit_offset(t, *ret_index) / 8;
	return 0;
}

/* A congestion control of three functions, with a name that no other process has. */
static int fill_table(struct subject *s, const struct btf *btf, uint32_t value_id, uint32_t ops_id)
{
	static const char *const names[] = { "ssthresh", "undo_cwnd", "cong_avoid" };
	const struct btf_type *ops = btf__type_by_id(btf, ops_id);
	uint32_t index;
	size_t data = member_of(btf, btf__type_by_id(btf, value_id), "data", &index), i;

	s->value_bytes = btf__type_by_id(btf, value_id)->size;
	s->value = calloc(1, s->value_bytes);
	if (!s->value)
		return -ENOMEM;
	snprintf((char *)s->value + data + member_of(btf, ops, "name", &index), 16, "skep%d",
		 getpid());
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		size_t at = data + member_of(btf, ops, names[i], &index);

		s->functions[i] = load(SKEP_PROG_TYPE_STRUCT_OPS, index, ops_id);
		if (s->functions[i] < 0)
			return s->functions[i];
		memcpy(s->value + at, &s->functions[i], sizeof(int));
	}
	return 0;
}

static int make_table(struct subject *s)
{
	struct btf *btf = btf__load_vmlinux_btf(), *types = btf__new_empty();
	int value_id = btf__find_by_name_kind(btf, "bpf_struct_ops_" TABLE, BTF_KIND_STRUCT);
	int ops_id = btf__find_by_name_kind(btf, TABLE, BTF_KIND_STRUCT), r = -ENOENT;
	struct skep_attr_map_create attr = { .map_type = SKEP_MAP_TYPE_STRUCT_OPS,
					     .key_size = 4,
					     .max_entries = 1,
					     .map_flags = SKEP_MAP_FLAG_LINK,
					     .map_name = "fault",
					     .btf_vmlinux_value_type_id = (uint32_t)value_id };

	if (value_id > 0 && ops_id > 0 && btf__add_int(types, "int", 4, BTF_INT_SIGNED) > 0)
		r = btf__load_into_kernel(types);
	if (r == 0)
		r = fill_table(s, btf, (uint32_t)value_id, (uint32_t)ops_id);
	attr.value_size = (uint32_t)s->value_bytes;
	attr.btf_fd = (uint32_t)btf__fd(types);
	if (r == 0)
		r = s->other = skep_sys_map_create(&attr, sizeof(attr), NULL);
	btf__free(types);
	btf__free(btf);
	return r < 0 ? r : 0;
}

#define OPERATION(id, text, type_, attach_type_, family_, method_, target_, fn, make_, flags_)    \
	static struct subject id##_subject = { .type = SKEP_PROG_TYPE_##type_,                    \
					       .attach_type = attach_type_,                       \
					       .family = SKEP_ATTACH_FAMILY_##family_,            \
					       .method = SKEP_ATTACH_METHOD_##method_,            \
					       .target = target_,                                 \
					       .attach = fn,                                      \
					       .make = make_,                                     \
					       .prog = -1,                                        \
					       .other = -1,                                       \
					       .functions = { -1, -1, -1 } };                     \
	static const struct fault_operation id = {                                                \
		.name = text,                                                                     \
		.context = &id##_subject,                                                         \
		.prepare = prepare,                                                               \
		.set_up = set_up,                                                                 \
		.run = run,                                                                       \
		.check = check,                                                                   \
		.undo = undo,                                                                     \
		.timeout_ms = 120000, /* to read the types of the kernel takes long in a guest */ \
		.flags = flags_,                                                                  \
	}

OPERATION(iter, "read an iterator", TRACING, SKEP_ATTACH_TYPE_TRACE_ITER, ITER, LINK,
	  "bpf_iter_task", attach_iter, NULL, 0);
/* of what type a program is need not be known */
OPERATION(tp_btf, "attach to a tracepoint with types", TRACING, SKEP_ATTACH_TYPE_TRACE_RAW_TP,
	  TP_BTF, LINK, "btf_trace_sched_switch", attach_typed, NULL, FAULT_MAY_SURVIVE);
OPERATION(usdt, "attach to a tracepoint in a file", KPROBE, 0, USDT, LINK, NULL, attach_usdt,
	  make_usdt, 0);
OPERATION(table, "register a table of functions", UNSPEC, 0, STRUCT_OPS, LINK, NULL, attach_table,
	  make_table, FAULT_MAY_SURVIVE);
OPERATION(fentry, "guarded: attach to the entry of a function", TRACING,
	  SKEP_ATTACH_TYPE_TRACE_FENTRY, FENTRY, LINK, "vfs_fsync", attach_typed, NULL,
	  FAULT_MAY_SURVIVE);
OPERATION(fentries, "guarded: attach to the entries of functions", TRACING,
	  SKEP_ATTACH_TYPE_TRACE_FENTRY_MULTI, FENTRY, MULTI, NULL, attach_many, NULL, 0);
OPERATION(lsm, "guarded: attach to a decision", LSM, SKEP_ATTACH_TYPE_LSM_MAC, LSM, LINK,
	  "bpf_lsm_task_getpgid", attach_typed, NULL, FAULT_MAY_SURVIVE);
OPERATION(freplace, "guarded: stand in for a function", EXT, 0, FREPLACE, LINK, NULL,
	  attach_freplace, make_stand_in, FAULT_MAY_SURVIVE);

/* What this kernel lacks, or lets nobody load, is tried in a guest that has it, where this runs, too. */
static int can_be_loaded(const struct fault_operation *o)
{
	struct subject s = *(struct subject *)o->context;
	int r = prepare(&s);
	size_t i;

	r = r < 0 ? r : set_up(&s);
	skep_sys_close(&s.prog);
	skep_sys_close(&s.other);
	for (i = 0; i < ARRAY_SIZE(s.functions); i++)
		skep_sys_close(&s.functions[i]);
	skep_binary_close(s.binary);
	free(s.value);
	return r >= 0;
}

int main(int argc, char **argv)
{
	const struct fault_operation *const all[] = { &iter,   &tp_btf,   &usdt, &table,
						      &fentry, &fentries, &lsm,  &freplace };
	const struct fault_operation *here[ARRAY_SIZE(all)];
	size_t i, count = 0;

	if (argc < 3)
		return 1;
	hooks_path = argv[1];
	probed_path = argv[2];
	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (can_be_loaded(all[i]))
			here[count++] = all[i];
	return fault_main(argc - 2, argv + 2, here, count);
}
