/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Our tables and structs against the BTF of the running kernel, both ways: what it has we have, and what ours say that
 * its release has it has, and no more.
 *
 * SKEP_TEST_BTF=FILE SKEP_TEST_KERNEL=6.1: that of another kernel.
 */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/btf.h>

#include <skep/kabi.h>

#define NEWEST_MAJOR 7
#define NEWEST_MINOR 3

static struct btf *btf;
static unsigned release_major, release_minor;

/* Enums of the kernel, by name, or by an enumerator of one that has none. */
static const struct {
	uint32_t table;
	const char *name, *enumerator;
} enums[] = {
	{ SKEP_KABI_COMMAND, "bpf_cmd", NULL },
	{ SKEP_KABI_MAP_TYPE, "bpf_map_type", NULL },
	{ SKEP_KABI_PROG_TYPE, "bpf_prog_type", NULL },
	{ SKEP_KABI_ATTACH_TYPE, "bpf_attach_type", NULL },
	{ SKEP_KABI_LINK_TYPE, "bpf_link_type", NULL },
	{ SKEP_KABI_TASK_FD_TYPE, "bpf_task_fd_type", NULL },
	{ SKEP_KABI_PERF_EVENT_TYPE, "bpf_perf_event_type", NULL },
	{ SKEP_KABI_STATS_TYPE, "bpf_stats_type", NULL },
	{ SKEP_KABI_PROG_STREAM, "bpf_stream_id", NULL },
	{ SKEP_KABI_CGROUP_ORDER, "bpf_cgroup_iter_order", NULL },
	{ SKEP_KABI_HELPER, "bpf_func_id", NULL },
	{ SKEP_KABI_MAP_FLAG, NULL, "BPF_F_NO_PREALLOC" },
	{ SKEP_KABI_UPDATE_FLAG, NULL, "BPF_ANY" },
	{ SKEP_KABI_KPROBE_MULTI_FLAG, NULL, "BPF_F_KPROBE_MULTI_RETURN" },
	{ SKEP_KABI_UPROBE_MULTI_FLAG, NULL, "BPF_F_UPROBE_MULTI_RETURN" },
};

/* What a kernel has or lacks against its release, and why. */
static const struct {
	const char *macro;
	unsigned major, minor;
	const char *why;
} excused[] = {
	{ "BPF_F_KPROBE_MULTI_RETURN", 6, 1, "only code of CONFIG_FPROBE uses this enum" },
};

static int is_excused(const char *macro)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(excused); i++)
		if (!strcmp(excused[i].macro, macro) && excused[i].major == release_major &&
		    excused[i].minor == release_minor) {
			print_message("# %s: %s\n", macro, excused[i].why);
			return 1;
		}
	return 0;
}

static int is_since(unsigned major, unsigned minor)
{
	return release_major > major || (release_major == major && release_minor >= minor);
}

static int is_newer_than_our_tables(void)
{
	return is_since(NEWEST_MAJOR, NEWEST_MINOR + 1);
}

/* An enumerator of a type, from 0 on; NULL: no more. */
static const char *enumerator(const struct btf_type *t, uint32_t i, uint64_t *ret_number)
{
	if (i >= btf_vlen(t))
		return NULL;
	if (btf_is_enum64(t)) {
		*ret_number = btf_enum64_value(&btf_enum64(t)[i]);
		return btf__name_by_offset(btf, btf_enum64(t)[i].name_off);
	}
	*ret_number = (uint32_t)btf_enum(t)[i].val;
	return btf__name_by_offset(btf, btf_enum(t)[i].name_off);
}

static int has_enumerator(const struct btf_type *t, const char *macro, uint64_t *ret_number)
{
	const char *name;
	uint32_t i;

	for (i = 0; t && (name = enumerator(t, i, ret_number)); i++)
		if (!strcmp(name, macro))
			return 1;
	return 0;
}

static const struct btf_type *find_enum(const char *name, const char *member)
{
	uint64_t number;
	uint32_t id;

	for (id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_any_enum(t) &&
		    (name ? !strcmp(btf__name_by_offset(btf, t->name_off), name)
			  : has_enumerator(t, member, &number)))
			return t;
	}
	return NULL;
}

static int has_macro(uint32_t table, const char *macro, uint64_t number)
{
	size_t i, count;
	const struct skep_kabi_row *rows = skep_kabi_rows(table, &count);

	for (i = 0; i < count; i++)
		if (!strcmp(rows[i].macro, macro) && rows[i].number == number)
			return 1;
	return 0;
}

/* __MAX_BPF_CMD, MAX_BPF_LINK_TYPE, __BPF_FUNC_MAX_ID: no number, but how many there are. */
static int is_end(const char *name)
{
	return !strncmp(name, "__", 2) || !strncmp(name, "MAX_", 4);
}

static void enumerators__of_the_kernel_are_in_our_tables(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(enums); i++) {
		const struct btf_type *t = find_enum(enums[i].name, enums[i].enumerator);
		const char *name;
		uint64_t number;
		uint32_t j;

		for (j = 0; t && (name = enumerator(t, j, &number)); j++) {
			if (is_end(name) || has_macro(enums[i].table, name, number))
				continue;
			if (is_newer_than_our_tables())
				print_message("# Linux %u.%u has a new %s\n", release_major,
					      release_minor, name);
			else
				fail_msg("%s, %" PRIu64 ", is not in our table", name, number);
		}
	}
}

static void enumerators__of_our_tables_came_with_the_release_they_name(void **state)
{
	size_t i, j, count;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(enums); i++) {
		const struct skep_kabi_row *rows = skep_kabi_rows(enums[i].table, &count);
		const struct btf_type *t = find_enum(enums[i].name, enums[i].enumerator);

		for (j = 0; j < count; j++) {
			int since = is_since(rows[j].since_major, rows[j].since_minor);
			uint64_t number = 0;
			int has = has_enumerator(t, rows[j].macro, &number);

			if (has == since ? 0 : is_excused(rows[j].macro))
				continue;
			check_int(has, since, "%s, since %u.%u, is in the BTF of Linux %u.%u",
				  rows[j].macro, rows[j].since_major, rows[j].since_minor,
				  release_major, release_minor);
			if (has)
				check_u64(number, rows[j].number, "%s", rows[j].macro);
		}
	}
}

struct member {
	const char *path; /* through named members; those without a name are transparent */
	uint32_t offset, size;
	unsigned major, minor; /* the release that first has it */
};

#define MEMBER(type, path, major, minor)                                                           \
	{                                                                                          \
#path, offsetof(struct type, path), sizeof(((struct type *)0)->path), major, minor \
	}
#define MAP(path, major, minor) MEMBER(skep_map_info, path, major, minor)
#define PROG(path, major, minor) MEMBER(skep_prog_info, path, major, minor)
#define LINK(path, major, minor) MEMBER(skep_link_info, path, major, minor)
#define BTF(path, major, minor) MEMBER(skep_btf_info, path, major, minor)
#define TOKEN(path, major, minor) MEMBER(skep_token_info, path, major, minor)

static const struct member map_members[] = {
	MAP(type, 4, 13),
	MAP(id, 4, 13),
	MAP(key_size, 4, 13),
	MAP(value_size, 4, 13),
	MAP(max_entries, 4, 13),
	MAP(map_flags, 4, 13),
	MAP(name, 4, 15),
	MAP(ifindex, 4, 16),
	MAP(btf_vmlinux_value_type_id, 5, 6),
	MAP(netns_dev, 4, 16),
	MAP(netns_ino, 4, 16),
	MAP(btf_id, 4, 18),
	MAP(btf_key_type_id, 4, 18),
	MAP(btf_value_type_id, 4, 18),
	MAP(btf_vmlinux_id, 6, 9),
	MAP(map_extra, 5, 16),
	MAP(hash, 6, 18),
	MAP(hash_size, 6, 18),
	{ 0 },
};
static const struct member prog_members[] = {
	PROG(type, 4, 13),
	PROG(id, 4, 13),
	PROG(tag, 4, 13),
	PROG(jited_prog_len, 4, 13),
	PROG(xlated_prog_len, 4, 13),
	PROG(jited_prog_insns, 4, 13),
	PROG(xlated_prog_insns, 4, 13),
	PROG(load_time, 4, 15),
	PROG(created_by_uid, 4, 15),
	PROG(nr_map_ids, 4, 15),
	PROG(map_ids, 4, 15),
	PROG(name, 4, 15),
	PROG(ifindex, 4, 16),
	PROG(netns_dev, 4, 16),
	PROG(netns_ino, 4, 16),
	PROG(nr_jited_ksyms, 4, 18),
	PROG(nr_jited_func_lens, 4, 18),
	PROG(jited_ksyms, 4, 18),
	PROG(jited_func_lens, 4, 18),
	PROG(btf_id, 5, 0),
	PROG(func_info_rec_size, 5, 0),
	PROG(func_info, 5, 0),
	PROG(nr_func_info, 5, 0),
	PROG(nr_line_info, 5, 0),
	PROG(line_info, 5, 0),
	PROG(jited_line_info, 5, 0),
	PROG(nr_jited_line_info, 5, 0),
	PROG(line_info_rec_size, 5, 0),
	PROG(jited_line_info_rec_size, 5, 0),
	PROG(nr_prog_tags, 5, 0),
	PROG(prog_tags, 5, 0),
	PROG(run_time_ns, 5, 1),
	PROG(run_cnt, 5, 1),
	PROG(recursion_misses, 5, 12),
	PROG(verified_insns, 5, 16),
	PROG(attach_btf_obj_id, 6, 0),
	PROG(attach_btf_id, 6, 0),
	{ 0 },
};
static const struct member link_members[] = {
	LINK(type, 5, 8),
	LINK(id, 5, 8),
	LINK(prog_id, 5, 8),
	LINK(raw_tracepoint.tp_name, 5, 8),
	LINK(raw_tracepoint.tp_name_len, 5, 8),
	LINK(raw_tracepoint.cookie, 6, 17),
	LINK(tracing.attach_type, 5, 8),
	LINK(tracing.target_obj_id, 5, 13),
	LINK(tracing.target_btf_id, 5, 13),
	LINK(tracing.cookie, 6, 17),
	LINK(cgroup.cgroup_id, 5, 8),
	LINK(cgroup.attach_type, 5, 8),
	LINK(iter.target_name, 5, 10),
	LINK(iter.target_name_len, 5, 10),
	LINK(iter.map.map_id, 5, 10),
	LINK(iter.cgroup.cgroup_id, 6, 1),
	LINK(iter.cgroup.order, 6, 1),
	LINK(iter.task.tid, 6, 1),
	LINK(iter.task.pid, 6, 1),
	LINK(netns.netns_ino, 5, 8),
	LINK(netns.attach_type, 5, 8),
	LINK(xdp.ifindex, 5, 9),
	LINK(struct_ops.map_id, 6, 4),
	LINK(netfilter.pf, 6, 4),
	LINK(netfilter.hooknum, 6, 4),
	LINK(netfilter.priority, 6, 4),
	LINK(netfilter.flags, 6, 4),
	LINK(kprobe_multi.addrs, 6, 6),
	LINK(kprobe_multi.count, 6, 6),
	LINK(kprobe_multi.flags, 6, 6),
	LINK(kprobe_multi.missed, 6, 7),
	LINK(kprobe_multi.cookies, 6, 9),
	LINK(uprobe_multi.path, 6, 8),
	LINK(uprobe_multi.offsets, 6, 8),
	LINK(uprobe_multi.ref_ctr_offsets, 6, 8),
	LINK(uprobe_multi.cookies, 6, 8),
	LINK(uprobe_multi.path_size, 6, 8),
	LINK(uprobe_multi.count, 6, 8),
	LINK(uprobe_multi.flags, 6, 8),
	LINK(uprobe_multi.pid, 6, 8),
	LINK(perf_event.type, 6, 6),
	LINK(perf_event.uprobe.file_name, 6, 6),
	LINK(perf_event.uprobe.name_len, 6, 6),
	LINK(perf_event.uprobe.offset, 6, 6),
	LINK(perf_event.uprobe.cookie, 6, 9),
	LINK(perf_event.uprobe.ref_ctr_offset, 6, 16),
	LINK(perf_event.kprobe.func_name, 6, 6),
	LINK(perf_event.kprobe.name_len, 6, 6),
	LINK(perf_event.kprobe.offset, 6, 6),
	LINK(perf_event.kprobe.addr, 6, 6),
	LINK(perf_event.kprobe.missed, 6, 7),
	LINK(perf_event.kprobe.cookie, 6, 9),
	LINK(perf_event.tracepoint.tp_name, 6, 6),
	LINK(perf_event.tracepoint.name_len, 6, 6),
	LINK(perf_event.tracepoint.cookie, 6, 9),
	LINK(perf_event.event.config, 6, 6),
	LINK(perf_event.event.type, 6, 6),
	LINK(perf_event.event.cookie, 6, 9),
	LINK(tcx.ifindex, 6, 6),
	LINK(tcx.attach_type, 6, 6),
	LINK(netkit.ifindex, 6, 7),
	LINK(netkit.attach_type, 6, 7),
	LINK(sockmap.map_id, 6, 10),
	LINK(sockmap.attach_type, 6, 10),
	LINK(tracing_multi.attach_type, 7, 3),
	LINK(tracing_multi.count, 7, 3),
	LINK(tracing_multi.btf_obj_id, 7, 3),
	LINK(tracing_multi.ids, 7, 3),
	LINK(tracing_multi.addrs, 7, 3),
	LINK(tracing_multi.cookies, 7, 3),
	{ 0 },
};
static const struct member btf_info_members[] = {
	BTF(btf, 4, 18),      BTF(btf_size, 4, 18),   BTF(id, 4, 18), BTF(name, 5, 11),
	BTF(name_len, 5, 11), BTF(kernel_btf, 5, 11), { 0 },
};
static const struct member token_members[] = {
	TOKEN(allowed_cmds, 6, 17),
	TOKEN(allowed_maps, 6, 17),
	TOKEN(allowed_progs, 6, 17),
	TOKEN(allowed_attachs, 6, 17),
	{ 0 },
};
static const struct member func_members[] = {
	MEMBER(skep_func_info, insn_off, 5, 0),
	MEMBER(skep_func_info, type_id, 5, 0),
	{ 0 },
};
static const struct member line_members[] = {
	MEMBER(skep_line_info, insn_off, 5, 0),
	MEMBER(skep_line_info, file_name_off, 5, 0),
	MEMBER(skep_line_info, line_off, 5, 0),
	MEMBER(skep_line_info, line_col, 5, 0),
	{ 0 },
};

static const struct {
	const char *name;
	const struct member *members;
	size_t size;
} structs[] = {
	{ "bpf_map_info", map_members, sizeof(struct skep_map_info) },
	{ "bpf_prog_info", prog_members, sizeof(struct skep_prog_info) },
	{ "bpf_link_info", link_members, sizeof(struct skep_link_info) },
	{ "bpf_btf_info", btf_info_members, sizeof(struct skep_btf_info) },
	{ "bpf_token_info", token_members, sizeof(struct skep_token_info) },
	{ "bpf_func_info", func_members, sizeof(struct skep_func_info) },
	{ "bpf_line_info", line_members, sizeof(struct skep_line_info) },
};

static const struct member *find_member(const struct member *m, const char *path)
{
	for (; m->path; m++)
		if (!strcmp(m->path, path))
			return m;
	return NULL;
}

/* The kernel's members, one after the other, with their paths. */
typedef void (*member_fn)(const char *path, uint32_t bit_offset, uint32_t size, void *userdata);

static void walk(uint32_t type_id, const char *path, uint32_t bit_offset, member_fn fn,
		 void *userdata)
{
	const struct btf_type *t = btf__type_by_id(btf, (uint32_t)btf__resolve_type(btf, type_id));
	uint32_t i;

	if (!btf_is_composite(t)) {
		fn(path, bit_offset, (uint32_t)btf__resolve_size(btf, type_id), userdata);
		return;
	}
	for (i = 0; i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(btf, btf_members(t)[i].name_off);
		char below[128];

		snprintf(below, sizeof(below), "%s%s%s", path, *path && *name ? "." : "", name);
		walk(btf_members(t)[i].type, below, bit_offset + btf_member_bit_offset(t, i), fn,
		     userdata);
	}
}

struct comparison {
	const char *name;
	const struct member *members;
	uint32_t seen; /* members of the kernel */
};

static void compare_member(const char *path, uint32_t bit_offset, uint32_t size, void *userdata)
{
	struct comparison *c = userdata;
	const struct member *ours = find_member(c->members, path);

	c->seen++;
	if (!strcmp(path, "gpl_compatible")) {
		struct skep_prog_info info = { .gpl_compatible = 1 };
		uint32_t word;

		memcpy(&word, (char *)&info + bit_offset / 32 * 4, 4);
		check_u64(word != 0, 1, "gpl_compatible is at bit %u", bit_offset);
		return;
	}
	if (!ours && is_newer_than_our_tables()) {
		print_message("# Linux %u.%u has a new %s.%s\n", release_major, release_minor,
			      c->name, path);
		return;
	}
	if (!ours)
		fail_msg("%s.%s is not in our struct", c->name, path);
	check_int(is_since(ours->major, ours->minor), 1, "%s.%s: since %u.%u, but in Linux %u.%u",
		  c->name, path, ours->major, ours->minor, release_major, release_minor);
	check_u64(ours->offset * 8ull, bit_offset, "%s.%s: bits before it", c->name, path);
	check_u64(ours->size, size, "%s.%s: bytes", c->name, path);
}

static void structs__are_laid_out_like_the_kernels(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(structs); i++) {
		struct comparison c = { structs[i].name, structs[i].members, 0 };
		int id = btf__find_by_name_kind(btf, c.name, BTF_KIND_STRUCT);
		const struct member *m;
		uint32_t want = 0;

		for (m = c.members; m->path; m++)
			want += (uint32_t)is_since(m->major, m->minor);
		want += c.members == prog_members; /* gpl_compatible */
		if (id < 0) {
			check_u64(want, 0, "no %s in the BTF of Linux %u.%u", c.name, release_major,
				  release_minor);
			continue;
		}
		walk((uint32_t)id, "", 0, compare_member, &c);
		if (!is_newer_than_our_tables())
			check_u64(c.seen, want, "%s: members of Linux %u.%u", c.name, release_major,
				  release_minor);
		check_int(btf__resolve_size(btf, (uint32_t)id) <= (int64_t)structs[i].size ||
				  is_newer_than_our_tables(),
			  1, "%s: %lld bytes, ours %zu", c.name,
			  (long long)btf__resolve_size(btf, (uint32_t)id), structs[i].size);
	}
}

static int load_btf(void **state)
{
	const char *path = getenv("SKEP_TEST_BTF"), *release = getenv("SKEP_TEST_KERNEL");
	struct utsname u;

	(void)state;
	btf = path ? btf__parse(path, NULL) : btf__load_vmlinux_btf();
	if (!btf || (!release && uname(&u) < 0))
		return -1;
	return sscanf(release ? release : u.release, "%u.%u", &release_major, &release_minor) - 2;
}

static int free_btf(void **state)
{
	(void)state;
	btf__free(btf);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(enumerators__of_the_kernel_are_in_our_tables),
		cmocka_unit_test(enumerators__of_our_tables_came_with_the_release_they_name),
		cmocka_unit_test(structs__are_laid_out_like_the_kernels),
	};

	return cmocka_run_group_tests(tests, load_btf, free_btf);
}
