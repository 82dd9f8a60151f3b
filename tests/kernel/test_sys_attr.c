/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Our attributes of bpf(2) against union bpf_attr in the BTF of the running kernel: every member of ours that it has is
 * in the same place and of the same size, and it has no member that ours lack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <bpf/btf.h>

#include <skep/kabi.h>
#include <skep/kabi_attr.h>

static struct btf *btf;

/* A member of ours: path is "first member of its struct/member", or "name of its struct/member". */
struct member {
	const char *scope, *name;
	size_t offset, size;
};

#define MEMBER(scope, type, ours, theirs)                                                    \
	{                                                                                    \
		scope, theirs, offsetof(struct type, ours), sizeof(((struct type *)0)->ours) \
	}
#define SAME(scope, type, name) MEMBER(scope, type, name, #name)

static const struct member members[] = {
	SAME("map_type", skep_attr_map_create, map_type),
	SAME("map_type", skep_attr_map_create, key_size),
	SAME("map_type", skep_attr_map_create, value_size),
	SAME("map_type", skep_attr_map_create, max_entries),
	SAME("map_type", skep_attr_map_create, map_flags),
	SAME("map_type", skep_attr_map_create, inner_map_fd),
	SAME("map_type", skep_attr_map_create, numa_node),
	SAME("map_type", skep_attr_map_create, map_name),
	SAME("map_type", skep_attr_map_create, map_ifindex),
	SAME("map_type", skep_attr_map_create, btf_fd),
	SAME("map_type", skep_attr_map_create, btf_key_type_id),
	SAME("map_type", skep_attr_map_create, btf_value_type_id),
	SAME("map_type", skep_attr_map_create, btf_vmlinux_value_type_id),
	SAME("map_type", skep_attr_map_create, map_extra),
	SAME("map_type", skep_attr_map_create, value_type_btf_obj_fd),
	SAME("map_type", skep_attr_map_create, map_token_fd),
	SAME("map_type", skep_attr_map_create, excl_prog_hash),
	SAME("map_type", skep_attr_map_create, excl_prog_hash_size),
	SAME("map_fd", skep_attr_map_element, map_fd),
	SAME("map_fd", skep_attr_map_element, key),
	SAME("map_fd", skep_attr_map_element, value),
	MEMBER("map_fd", skep_attr_map_element, value, "next_key"),
	SAME("map_fd", skep_attr_map_element, flags),
	SAME("batch", skep_attr_map_batch, in_batch),
	SAME("batch", skep_attr_map_batch, out_batch),
	SAME("batch", skep_attr_map_batch, keys),
	SAME("batch", skep_attr_map_batch, values),
	SAME("batch", skep_attr_map_batch, count),
	SAME("batch", skep_attr_map_batch, map_fd),
	SAME("batch", skep_attr_map_batch, elem_flags),
	SAME("batch", skep_attr_map_batch, flags),
	SAME("prog_type", skep_attr_prog_load, prog_type),
	SAME("prog_type", skep_attr_prog_load, insn_cnt),
	SAME("prog_type", skep_attr_prog_load, insns),
	SAME("prog_type", skep_attr_prog_load, license),
	SAME("prog_type", skep_attr_prog_load, log_level),
	SAME("prog_type", skep_attr_prog_load, log_size),
	SAME("prog_type", skep_attr_prog_load, log_buf),
	SAME("prog_type", skep_attr_prog_load, kern_version),
	SAME("prog_type", skep_attr_prog_load, prog_flags),
	SAME("prog_type", skep_attr_prog_load, prog_name),
	SAME("prog_type", skep_attr_prog_load, prog_ifindex),
	SAME("prog_type", skep_attr_prog_load, expected_attach_type),
	SAME("prog_type", skep_attr_prog_load, prog_btf_fd),
	SAME("prog_type", skep_attr_prog_load, func_info_rec_size),
	SAME("prog_type", skep_attr_prog_load, func_info),
	SAME("prog_type", skep_attr_prog_load, func_info_cnt),
	SAME("prog_type", skep_attr_prog_load, line_info_rec_size),
	SAME("prog_type", skep_attr_prog_load, line_info),
	SAME("prog_type", skep_attr_prog_load, line_info_cnt),
	SAME("prog_type", skep_attr_prog_load, attach_btf_id),
	MEMBER("prog_type", skep_attr_prog_load, attach_fd, "attach_prog_fd"),
	MEMBER("prog_type", skep_attr_prog_load, attach_fd, "attach_btf_obj_fd"),
	SAME("prog_type", skep_attr_prog_load, core_relo_cnt),
	SAME("prog_type", skep_attr_prog_load, fd_array),
	SAME("prog_type", skep_attr_prog_load, core_relos),
	SAME("prog_type", skep_attr_prog_load, core_relo_rec_size),
	SAME("prog_type", skep_attr_prog_load, log_true_size),
	SAME("prog_type", skep_attr_prog_load, prog_token_fd),
	SAME("prog_type", skep_attr_prog_load, fd_array_cnt),
	SAME("prog_type", skep_attr_prog_load, signature),
	SAME("prog_type", skep_attr_prog_load, signature_size),
	SAME("prog_type", skep_attr_prog_load, keyring_id),
	SAME("pathname", skep_attr_object, pathname),
	SAME("pathname", skep_attr_object, bpf_fd),
	SAME("pathname", skep_attr_object, file_flags),
	SAME("pathname", skep_attr_object, path_fd),
	MEMBER("attach_bpf_fd", skep_attr_prog_attach, target, "target_fd"),
	MEMBER("attach_bpf_fd", skep_attr_prog_attach, target, "target_ifindex"),
	SAME("attach_bpf_fd", skep_attr_prog_attach, attach_bpf_fd),
	SAME("attach_bpf_fd", skep_attr_prog_attach, attach_type),
	SAME("attach_bpf_fd", skep_attr_prog_attach, attach_flags),
	SAME("attach_bpf_fd", skep_attr_prog_attach, replace_bpf_fd),
	MEMBER("attach_bpf_fd", skep_attr_prog_attach, relative, "relative_fd"),
	MEMBER("attach_bpf_fd", skep_attr_prog_attach, relative, "relative_id"),
	SAME("attach_bpf_fd", skep_attr_prog_attach, expected_revision),
	SAME("test", skep_attr_prog_test_run, prog_fd),
	SAME("test", skep_attr_prog_test_run, retval),
	SAME("test", skep_attr_prog_test_run, data_size_in),
	SAME("test", skep_attr_prog_test_run, data_size_out),
	SAME("test", skep_attr_prog_test_run, data_in),
	SAME("test", skep_attr_prog_test_run, data_out),
	SAME("test", skep_attr_prog_test_run, repeat),
	SAME("test", skep_attr_prog_test_run, duration),
	SAME("test", skep_attr_prog_test_run, ctx_size_in),
	SAME("test", skep_attr_prog_test_run, ctx_size_out),
	SAME("test", skep_attr_prog_test_run, ctx_in),
	SAME("test", skep_attr_prog_test_run, ctx_out),
	SAME("test", skep_attr_prog_test_run, flags),
	SAME("test", skep_attr_prog_test_run, cpu),
	SAME("test", skep_attr_prog_test_run, batch_size),
	MEMBER("next_id", skep_attr_id, id, "start_id"),
	MEMBER("next_id", skep_attr_id, id, "prog_id"),
	MEMBER("next_id", skep_attr_id, id, "map_id"),
	MEMBER("next_id", skep_attr_id, id, "btf_id"),
	MEMBER("next_id", skep_attr_id, id, "link_id"),
	SAME("next_id", skep_attr_id, next_id),
	SAME("next_id", skep_attr_id, open_flags),
	MEMBER("next_id", skep_attr_id, token_fd, "fd_by_id_token_fd"),
	SAME("info", skep_attr_info, bpf_fd),
	SAME("info", skep_attr_info, info_len),
	SAME("info", skep_attr_info, info),
	MEMBER("query", skep_attr_prog_query, target, "target_fd"),
	MEMBER("query", skep_attr_prog_query, target, "target_ifindex"),
	SAME("query", skep_attr_prog_query, attach_type),
	SAME("query", skep_attr_prog_query, query_flags),
	SAME("query", skep_attr_prog_query, attach_flags),
	SAME("query", skep_attr_prog_query, prog_ids),
	MEMBER("query", skep_attr_prog_query, count, "prog_cnt"),
	SAME("query", skep_attr_prog_query, count),
	SAME("query", skep_attr_prog_query, prog_attach_flags),
	SAME("query", skep_attr_prog_query, link_ids),
	SAME("query", skep_attr_prog_query, link_attach_flags),
	SAME("query", skep_attr_prog_query, revision),
	SAME("raw_tracepoint", skep_attr_raw_tracepoint, name),
	SAME("raw_tracepoint", skep_attr_raw_tracepoint, prog_fd),
	SAME("raw_tracepoint", skep_attr_raw_tracepoint, cookie),
	SAME("btf", skep_attr_btf_load, btf),
	SAME("btf", skep_attr_btf_load, btf_log_buf),
	SAME("btf", skep_attr_btf_load, btf_size),
	SAME("btf", skep_attr_btf_load, btf_log_size),
	SAME("btf", skep_attr_btf_load, btf_log_level),
	SAME("btf", skep_attr_btf_load, btf_log_true_size),
	SAME("btf", skep_attr_btf_load, btf_flags),
	SAME("btf", skep_attr_btf_load, btf_token_fd),
	SAME("task_fd_query", skep_attr_task_fd_query, pid),
	SAME("task_fd_query", skep_attr_task_fd_query, fd),
	SAME("task_fd_query", skep_attr_task_fd_query, flags),
	SAME("task_fd_query", skep_attr_task_fd_query, buf_len),
	SAME("task_fd_query", skep_attr_task_fd_query, buf),
	SAME("task_fd_query", skep_attr_task_fd_query, prog_id),
	SAME("task_fd_query", skep_attr_task_fd_query, fd_type),
	SAME("task_fd_query", skep_attr_task_fd_query, probe_offset),
	SAME("task_fd_query", skep_attr_task_fd_query, probe_addr),
	MEMBER("link_create", skep_attr_link_create, fd, "prog_fd"),
	MEMBER("link_create", skep_attr_link_create, fd, "map_fd"),
	MEMBER("link_create", skep_attr_link_create, target, "target_fd"),
	MEMBER("link_create", skep_attr_link_create, target, "target_ifindex"),
	SAME("link_create", skep_attr_link_create, attach_type),
	SAME("link_create", skep_attr_link_create, flags),
	SAME("link_create", skep_attr_link_create, target_btf_id),
	MEMBER("link_create", skep_attr_link_create, iter.info, "iter_info"),
	MEMBER("link_create", skep_attr_link_create, iter.info_len, "iter_info_len"),
	MEMBER("link_create.perf_event", skep_attr_link_create, perf_event.cookie, "bpf_cookie"),
	MEMBER("link_create.kprobe_multi", skep_attr_link_create, kprobe_multi.flags, "flags"),
	MEMBER("link_create.kprobe_multi", skep_attr_link_create, kprobe_multi.cnt, "cnt"),
	MEMBER("link_create.kprobe_multi", skep_attr_link_create, kprobe_multi.syms, "syms"),
	MEMBER("link_create.kprobe_multi", skep_attr_link_create, kprobe_multi.addrs, "addrs"),
	MEMBER("link_create.kprobe_multi", skep_attr_link_create, kprobe_multi.cookies, "cookies"),
	MEMBER("link_create.tracing", skep_attr_link_create, tracing.target_btf_id,
	       "target_btf_id"),
	MEMBER("link_create.tracing", skep_attr_link_create, tracing.cookie, "cookie"),
	MEMBER("link_create.netfilter", skep_attr_link_create, netfilter.pf, "pf"),
	MEMBER("link_create.netfilter", skep_attr_link_create, netfilter.hooknum, "hooknum"),
	MEMBER("link_create.netfilter", skep_attr_link_create, netfilter.priority, "priority"),
	MEMBER("link_create.netfilter", skep_attr_link_create, netfilter.flags, "flags"),
	MEMBER("link_create.tcx", skep_attr_link_create, order.relative, "relative_fd"),
	MEMBER("link_create.tcx", skep_attr_link_create, order.relative, "relative_id"),
	MEMBER("link_create.tcx", skep_attr_link_create, order.expected_revision,
	       "expected_revision"),
	MEMBER("link_create.netkit", skep_attr_link_create, order.relative, "relative_fd"),
	MEMBER("link_create.netkit", skep_attr_link_create, order.relative, "relative_id"),
	MEMBER("link_create.netkit", skep_attr_link_create, order.expected_revision,
	       "expected_revision"),
	MEMBER("link_create.cgroup", skep_attr_link_create, order.relative, "relative_fd"),
	MEMBER("link_create.cgroup", skep_attr_link_create, order.relative, "relative_id"),
	MEMBER("link_create.cgroup", skep_attr_link_create, order.expected_revision,
	       "expected_revision"),
	MEMBER("link_create.uprobe_multi", skep_attr_link_create, uprobe_multi.path, "path"),
	MEMBER("link_create.uprobe_multi", skep_attr_link_create, uprobe_multi.offsets, "offsets"),
	MEMBER("link_create.uprobe_multi", skep_attr_link_create, uprobe_multi.ref_ctr_offsets,
	       "ref_ctr_offsets"),
	MEMBER("link_create.uprobe_multi", skep_attr_link_create, uprobe_multi.cookies, "cookies"),
	MEMBER("link_create.uprobe_multi", skep_attr_link_create, uprobe_multi.cnt, "cnt"),
	MEMBER("link_create.uprobe_multi", skep_attr_link_create, uprobe_multi.flags, "flags"),
	MEMBER("link_create.uprobe_multi", skep_attr_link_create, uprobe_multi.pid, "pid"),
	MEMBER("link_create.uprobe_multi", skep_attr_link_create, uprobe_multi.path_fd, "path_fd"),
	MEMBER("link_create.tracing_multi", skep_attr_link_create, tracing_multi.ids, "ids"),
	MEMBER("link_create.tracing_multi", skep_attr_link_create, tracing_multi.cookies,
	       "cookies"),
	MEMBER("link_create.tracing_multi", skep_attr_link_create, tracing_multi.cnt, "cnt"),
	SAME("link_update", skep_attr_link_update, link_fd),
	MEMBER("link_update", skep_attr_link_update, new_fd, "new_prog_fd"),
	MEMBER("link_update", skep_attr_link_update, new_fd, "new_map_fd"),
	SAME("link_update", skep_attr_link_update, flags),
	MEMBER("link_update", skep_attr_link_update, old_fd, "old_prog_fd"),
	MEMBER("link_update", skep_attr_link_update, old_fd, "old_map_fd"),
	{ "link_detach", "link_fd", 0, sizeof(uint32_t) },
	{ "enable_stats", "type", 0, sizeof(uint32_t) },
	SAME("iter_create", skep_attr_iter_create, link_fd),
	SAME("iter_create", skep_attr_iter_create, flags),
	SAME("prog_bind_map", skep_attr_prog_bind_map, prog_fd),
	SAME("prog_bind_map", skep_attr_prog_bind_map, map_fd),
	SAME("prog_bind_map", skep_attr_prog_bind_map, flags),
	SAME("token_create", skep_attr_token_create, flags),
	SAME("token_create", skep_attr_token_create, bpffs_fd),
	MEMBER("prog_stream_read", skep_attr_prog_stream_read, buf, "stream_buf"),
	MEMBER("prog_stream_read", skep_attr_prog_stream_read, buf_len, "stream_buf_len"),
	SAME("prog_stream_read", skep_attr_prog_stream_read, stream_id),
	SAME("prog_stream_read", skep_attr_prog_stream_read, prog_fd),
	SAME("prog_assoc_struct_ops", skep_attr_prog_assoc_struct_ops, map_fd),
	SAME("prog_assoc_struct_ops", skep_attr_prog_assoc_struct_ops, prog_fd),
	SAME("prog_assoc_struct_ops", skep_attr_prog_assoc_struct_ops, flags),
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

static char seen[MEMBERS];

static size_t find(const char *scope, const char *name)
{
	size_t i;

	for (i = 0; i < MEMBERS; i++)
		if (!strcmp(members[i].scope, scope) && !strcmp(members[i].name, name))
			break;
	return i;
}

/* The name of a part of the union without a name: that of one of its members which no other part has. */
static const char *scope_of(const struct btf_type *t)
{
	static const char *const scopes[] = { "map_type", "prog_type", "pathname", "attach_bpf_fd",
					      "next_id",  "btf",       "map_fd" };
	const struct btf_member *m = btf_members(t);
	size_t i;
	int j;

	for (i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		for (j = 0; j < btf_vlen(t); j++)
			if (!strcmp(btf__name_by_offset(btf, m[j].name_off), scopes[i]))
				return scopes[i];
	return "?";
}

static int compare(const char *scope, const char *name, size_t offset, uint32_t type)
{
	size_t size = (size_t)btf__resolve_size(btf, type), i = find(scope, name);

	if (i == MEMBERS) {
		print_message("# the kernel has %s.%s at %zu, we have not\n", scope, name, offset);
		return 1;
	}
	seen[i] = 1;
	if (members[i].offset == offset && members[i].size == size)
		return 0;
	print_message("# %s.%s: the kernel has it at %zu, %zu bytes; we at %zu, %zu bytes\n", scope,
		      name, offset, size, members[i].offset, members[i].size);
	return 1;
}

/* Walks a struct or union of the kernel. Return: differences. */
static int walk(const char *scope, uint32_t type, size_t base)
{
	const struct btf_type *t = btf__type_by_id(btf, type), *inner;
	const struct btf_member *m = btf_members(t);
	char below[64];
	int i, differences = 0;

	for (i = 0; i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(btf, m[i].name_off);
		size_t offset = base + btf_member_bit_offset(t, (uint32_t)i) / 8;

		inner = btf__type_by_id(btf, m[i].type);
		if (!btf_is_composite(inner)) {
			differences += compare(scope, name, offset, m[i].type);
			continue;
		}
		if (*name)
			snprintf(below, sizeof(below), "%s%s%s", scope, *scope ? "." : "", name);
		else
			snprintf(below, sizeof(below), "%s", *scope ? scope : scope_of(inner));
		differences += walk(below, m[i].type, offset);
	}
	return differences;
}

static void attributes__are_laid_out_as_the_kernel_has_them(void **state)
{
	int id, missing = 0;
	size_t i;

	(void)state;
	btf = btf__load_vmlinux_btf();
	assert_non_null(btf);
	id = btf__find_by_name_kind(btf, "bpf_attr", BTF_KIND_UNION);
	assert_true(id > 0);
	assert_int_equal(walk("", (uint32_t)id, 0), 0);
	for (i = 0; i < MEMBERS; i++)
		if (!seen[i]) {
			print_message("# this kernel lacks %s.%s\n", members[i].scope,
				      members[i].name);
			missing++;
		}
	assert_true(missing < (int)MEMBERS / 2);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes__are_laid_out_as_the_kernel_has_them),
	};

	return cmocka_run_group_tests_name("sys_attr", tests, NULL, NULL);
}
