/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Tables of functions: a congestion control of three programs, registered by a link and without one. */
#include <bpf/btf.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach_struct_ops.h>
#include <skep/kabi.h>
#include <skep/sys.h>
#include <skep/sys_map.h>

#include "attach/attachment.h"
#include "base/cleanup.h"
#include "hook.h"
#include "lab/netns.h"

#define TABLE "tcp_congestion_ops"
#define NAME "skep_test"

static const char *const functions[] = { "ssthresh", "undo_cwnd", "cong_avoid" };

/* A table, and its programs: ssthresh() and undo_cwnd() return 2. */
struct table {
	int map_fd, progs[ARRAY_SIZE(functions)];
	unsigned char *value;
	size_t value_bytes;
};

static const struct btf_type *find_struct(const struct btf *btf, const char *name, uint32_t *ret_id)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	assert_true(id > 0);
	*ret_id = (uint32_t)id;
	return btf__type_by_id(btf, (uint32_t)id);
}

/* Return: the member's place, in bytes, and its number. */
static size_t member_of(const struct btf *btf, const struct btf_type *t, const char *name,
			uint32_t *ret_index)
{
	uint32_t i;

	for (i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), name)) {
			*ret_index = i;
			return btf_member_bit_offset(t, i) / 8;
		}
	fail_msg("no member '%s'", name);
	return 0;
}

static int load_function(uint32_t struct_id, uint32_t index)
{
	static const struct insn insns[] = { INSN_MOV_IMM(0, 2), INSN_EXIT };
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_STRUCT_OPS,
		.insn_cnt = ARRAY_SIZE(insns),
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.expected_attach_type = index,
		.attach_btf_id = struct_id,
	};
	struct skep_error err = { 0 };

	return assert_done(skep_sys_prog_load(&attr, sizeof(attr), &err), &err);
}

/* Such a map is made with types of its own, though it uses none of them. */
static struct btf *load_types(void)
{
	struct btf *btf = btf__new_empty();

	assert_non_null(btf);
	assert_true(btf__add_int(btf, "int", 4, BTF_INT_SIGNED) > 0);
	assert_int_equal(btf__load_into_kernel(btf), 0);
	return btf;
}

/* Return: 0; -EOPNOTSUPP this kernel has no tables with links. */
static int table_make(int with_link, struct table *t)
{
	struct btf *btf = btf__load_vmlinux_btf(), *types = load_types();
	const struct btf_type *value, *ops;
	uint32_t value_id, ops_id, index;
	struct skep_attr_map_create attr = { .map_type = SKEP_MAP_TYPE_STRUCT_OPS,
					     .key_size = 4,
					     .max_entries = 1,
					     .map_flags = with_link ? SKEP_MAP_FLAG_LINK : 0,
					     .map_name = NAME };
	struct skep_error err = { 0 };
	size_t data, at, i;

	assert_non_null(btf);
	value = find_struct(btf, "bpf_struct_ops_" TABLE, &value_id);
	ops = find_struct(btf, TABLE, &ops_id);
	attr.value_size = value->size;
	attr.btf_vmlinux_value_type_id = value_id;
	attr.btf_fd = (uint32_t)btf__fd(types);
	t->value_bytes = value->size;
	t->map_fd = skep_sys_map_create(&attr, sizeof(attr), &err);
	btf__free(types);
	if (t->map_fd < 0) {
		fprintf(stderr, "# %s\n", err.msg);
		btf__free(btf);
		assert_true(with_link);
		return -EOPNOTSUPP;
	}
	t->value = calloc(1, t->value_bytes);
	assert_non_null(t->value);
	data = member_of(btf, value, "data", &index);
	at = data + member_of(btf, ops, "name", &index);
	memcpy(t->value + at, NAME, sizeof(NAME));
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		uint64_t fd;

		at = data + member_of(btf, ops, functions[i], &index);
		t->progs[i] = load_function(ops_id, index);
		fd = (uint64_t)t->progs[i];
		memcpy(t->value + at, &fd, sizeof(fd));
	}
	btf__free(btf);
	return 0;
}

static void table_close(struct table *t)
{
	size_t i;

	close(t->map_fd);
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		close(t->progs[i]);
	free(t->value);
}

/* Return: 0 a connection can have it; a negative errno. */
static int use_it(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), r;

	assert_true(s >= 0);
	r = setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, NAME, strlen(NAME)) ? -errno : 0;
	close(s);
	return r;
}

static void nothing(void)
{
}

static void struct_ops__are_registered_by_every_method_inside(void)
{
	static const uint32_t methods[] = { SKEP_ATTACH_METHOD_LINK, SKEP_ATTACH_METHOD_MAP };
	size_t i, made = 0;

	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		const uint32_t zero = 0;
		int with_link = methods[i] == SKEP_ATTACH_METHOD_LINK, r;
		struct skep_struct_ops_opts o = { .sz = sizeof(o) };
		struct skep_attachment *a = NULL;
		struct skep_error err = { 0 };
		struct table t;

		if (table_make(with_link, &t) < 0) {
			assert_int_equal(skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_STRUCT_OPS,
							       SKEP_ATTACH_METHOD_LINK, NULL),
					 0);
			continue;
		}
		made++;
		o.value = t.value;
		o.value_bytes = t.value_bytes;
		assert_int_equal(use_it(), -ENOENT);
		r = skep_struct_ops_attach(t.map_fd, &o, &a, &err);
		assert_true(assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_STRUCT_OPS, methods[i]));
		assert_int_equal(use_it(), 0);
		assert_int_equal(attachment_is_active(a, &err), 1);
		if (!with_link) /* whoever has the map can end it */
			assert_int_equal(skep_sys_map_delete(t.map_fd, &zero), 0);
		assert_int_equal(attachment_is_active(a, &err), with_link);
		assert_done(skep_attachment_detach(a, &err), &err);
		assert_int_equal(attachment_is_active(a, &err), 0);
		assert_int_equal(use_it(), -ENOENT);
		skep_attachment_close(a);
		o.method = with_link ? SKEP_ATTACH_METHOD_MAP : SKEP_ATTACH_METHOD_LINK;
		r = skep_struct_ops_attach(t.map_fd, &o, &a, &err);
		assert_int_equal(r, -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "links (SKEP_MAP_FLAG_LINK)");
		o.value_bytes--;
		assert_int_equal(skep_struct_ops_attach(t.map_fd, &o, &a, &err), -EINVAL);
		table_close(&t);
	}
	if (made < ARRAY_SIZE(methods))
		lab_skip();
}
IN_PROCESS(struct_ops__are_registered_by_every_method, nothing)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(struct_ops__are_registered_by_every_method),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
