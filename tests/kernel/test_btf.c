/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* BTF of the live kernel: its own, that of maps and programs, and the list of all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <skep/btf.h>
#include <skep/btf_dump.h>
#include <skep/btf_list.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

/* Gives the kernel an int, id 1, a struct "btf_test", id 2, and a function, id 4. Return: an fd. */
static int load(uint32_t *ret_bytes)
{
	struct skep_attr_btf_load attr = { 0 };
	struct btf *b = btf__new_empty();
	struct skep_error err = { 0 };
	int fd;

	assert_int_equal(btf__add_int(b, "int", 4, BTF_INT_SIGNED), 1);
	assert_int_equal(btf__add_struct(b, "btf_test", 8), 2);
	assert_int_equal(btf__add_field(b, "a", 1, 0, 0), 0);
	assert_int_equal(btf__add_field(b, "b", 1, 32, 0), 0);
	assert_int_equal(btf__add_func_proto(b, 1), 3);
	assert_int_equal(btf__add_func(b, "btf_test_prog", BTF_FUNC_GLOBAL, 3), 4);
	attr.btf = SKEP_ATTR_POINTER(btf__raw_data(b, ret_bytes));
	attr.btf_size = *ret_bytes;
	fd = assert_done(skep_sys_btf_load(&attr, sizeof(attr), &err), &err);
	btf__free(b);
	return fd;
}

static uint32_t id_of(int fd)
{
	struct skep_btf_info info = { 0 };

	assert_true(skep_sys_btf_info(fd, &info, sizeof(info)) > 0);
	return info.id;
}

static int map_with(int btf_fd)
{
	struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = 8,
		.max_entries = 1,
		.map_name = "btf_test_map",
		.btf_fd = (uint32_t)btf_fd,
		.btf_key_type_id = 1,
		.btf_value_type_id = 2,
	};
	struct skep_error err = { 0 };

	return assert_done(skep_sys_map_create(&attr, sizeof(attr), &err), &err);
}

static int prog_with(int btf_fd)
{
	static const struct insn insns[] = { INSN_MOV_IMM(0, 0), INSN_EXIT };
	static const struct skep_func_info func = { .type_id = 4 };
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_SOCKET_FILTER,
		.insns = SKEP_ATTR_POINTER(insns),
		.insn_cnt = 2,
		.license = SKEP_ATTR_POINTER("GPL"),
		.prog_btf_fd = (uint32_t)btf_fd,
		.func_info_rec_size = sizeof(func),
		.func_info = SKEP_ATTR_POINTER(&func),
		.func_info_cnt = 1,
	};
	struct skep_error err = { 0 };

	return assert_done(skep_sys_prog_load(&attr, sizeof(attr), &err), &err);
}

static int add_text(const char *bytes, size_t len, void *userdata)
{
	char *text = userdata;
	size_t at = strlen(text);

	if (at + len < 4096) {
		memcpy(text + at, bytes, len);
		text[at + len] = '\0';
	}
	return 0;
}

static void assert_is_ours(const struct skep_btf *b)
{
	struct skep_btf_dump_opts opts = { .sz = sizeof(opts), .flags = SKEP_BTF_DUMP_PLAIN };
	struct skep_error err = { 0 };
	char text[4096] = "";

	assert_int_equal(skep_btf_first_id(b), 1);
	assert_int_equal(skep_btf_type_count(b), 5);
	assert_done(skep_btf_dump_c(b, &opts, add_text, text, &err), &err);
	assert_string_equal(text, "struct btf_test {\n\tint a;\n\tint b;\n};\n\n");
}

static void btf__is_opened_by_id_and_by_what_uses_it(void **state)
{
	struct skep_error err = { 0 };
	struct skep_btf *b = NULL;
	uint32_t bytes, types[2] = { 0 };
	int fd = load(&bytes), map = map_with(fd), prog = prog_with(fd);

	(void)state;
	assert_done(skep_btf_open_id(id_of(fd), &b, &err), &err);
	assert_is_ours(b);
	b = skep_btf_close(b);
	assert_done(skep_btf_open_fd(fd, &b, &err), &err);
	assert_is_ours(b);
	b = skep_btf_close(b);
	assert_done(skep_btf_open_map(map, types, &b, &err), &err);
	assert_is_ours(b);
	assert_int_equal(types[0], 1);
	assert_int_equal(types[1], 2);
	b = skep_btf_close(b);
	assert_done(skep_btf_open_prog(prog, &b, &err), &err);
	assert_is_ours(b);
	b = skep_btf_close(b);
	close(prog);
	close(map);
	close(fd);
}

struct looked_for {
	uint32_t btf_id, map_id, prog_id, bytes;
	uint32_t before; /* the id before it: they ascend */
	int found, vmlinux;
};

static int has(const uint32_t *ids, uint64_t count, uint32_t id)
{
	uint64_t i;

	for (i = 0; i < count; i++)
		if (ids[i] == id)
			return 1;
	return 0;
}

static int look(const struct skep_btf_entry *e, void *userdata)
{
	struct looked_for *l = userdata;

	assert_true(e->id > l->before);
	l->before = e->id;
	if (!strcmp(e->name, "vmlinux")) {
		l->vmlinux = 1;
		assert_true(e->is_kernel && e->bytes > 100000);
	}
	if (e->id != l->btf_id)
		return 0;
	l->found++;
	assert_string_equal(e->name, "");
	assert_false(e->is_kernel);
	assert_int_equal(e->bytes, l->bytes);
	assert_int_equal(e->map_count, 1);
	assert_int_equal(e->prog_count, 1);
	assert_true(has(e->map_ids, e->map_count, l->map_id));
	assert_true(has(e->prog_ids, e->prog_count, l->prog_id));
	return 0;
}

static void list__tells_a_btf_and_what_uses_it(void **state)
{
	struct looked_for l = { 0 };
	struct skep_map_info map_info = { 0 };
	struct skep_prog_info prog_info = { 0 };
	struct skep_btf_info btf_info = { 0 };
	struct skep_error err = { 0 };
	int fd = load(&l.bytes), map = map_with(fd), prog = prog_with(fd), known;

	(void)state;
	assert_true(skep_sys_map_info(map, &map_info, sizeof(map_info)) > 0);
	assert_true(skep_sys_prog_info(prog, &prog_info, sizeof(prog_info)) > 0);
	known = skep_sys_btf_info(fd, &btf_info, sizeof(btf_info));
	l.btf_id = btf_info.id;
	l.map_id = map_info.id;
	l.prog_id = prog_info.id;
	assert_done(skep_btf_list(look, &l, &err), &err);
	assert_int_equal(l.found, 1);
	/* a kernel that tells of its own BTF tells its name, too */
	assert_int_equal(l.vmlinux, SKEP_INFO_HAS(struct skep_btf_info, kernel_btf, known));
	close(prog);
	close(map);
	close(fd);
}

static void what__is_not_there_is_told(void **state)
{
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	int prog = fixture_prog_pass(SKEP_PROG_TYPE_SOCKET_FILTER, 0);
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct skep_error err = { 0 };
	struct skep_btf *b = NULL;

	(void)state;
	assert_int_equal(skep_btf_open_map(map, NULL, &b, &err), -ENODATA);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "without BTF");
	assert_int_equal(skep_btf_open_prog(prog, &b, &err), -ENODATA);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "without BTF");
	assert_int_equal(skep_btf_open_prog(map, &b, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "is a map, not a prog");
	assert_int_equal(skep_btf_open_map(prog, NULL, &b, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "is a prog, not a map");
	assert_int_equal(skep_btf_open_fd(map, &b, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "is a map, not a btf");
	assert_int_equal(skep_btf_open_fd(file, &b, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "is not a btf");
	assert_int_equal(skep_btf_open_id(0x7ffffff0, &b, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "2147483632");
	assert_int_equal(skep_btf_open_module("no_such_module", &b, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "not loaded");
	assert_int_equal(skep_btf_open_module("../vmlinux", &b, &err), -EINVAL);
	assert_int_equal(skep_btf_open_module("", &b, &err), -EINVAL);
	assert_null(b);
	close(file);
	close(prog);
	close(map);
}

static void kernel__has_its_types(void **state)
{
	struct skep_error err = { 0 };
	struct skep_btf *b = NULL;
	struct skep_btf_type t;
	uint32_t id = 0;

	(void)state;
	assert_done(skep_btf_open_kernel(&b, &err), &err);
	assert_true(skep_btf_type_count(b) > 10000);
	assert_int_equal(skep_btf_find(b, "struct list_head", 0, &id), 1);
	assert_int_equal(skep_btf_type_at(b, id, &t), 0);
	assert_int_equal(t.vlen, 2);
	assert_int_equal(t.size, 2 * skep_btf_pointer_size(b));
	skep_btf_close(b);
	b = NULL;
	assert_done(skep_btf_open_module("vmlinux", &b, &err), &err);
	skep_btf_close(b);
}

static int count_text(const char *bytes, size_t len, void *userdata)
{
	(void)bytes;
	*(size_t *)userdata += len;
	return 0;
}

static int dump_module(const struct skep_btf_entry *e, void *userdata)
{
	struct skep_btf *by_name = NULL, *by_id = NULL;
	struct skep_error err = { 0 };
	size_t len = 0;

	if (!e->is_kernel || !strcmp(e->name, "vmlinux"))
		return 0;
	(*(unsigned *)userdata)++;
	assert_done(skep_btf_open_module(e->name, &by_name, &err), &err);
	assert_done(skep_btf_open_id(e->id, &by_id, &err), &err);
	assert_true(skep_btf_first_id(by_name) > 10000);
	assert_int_equal(skep_btf_first_id(by_id), skep_btf_first_id(by_name));
	assert_int_equal(skep_btf_type_count(by_id), skep_btf_type_count(by_name));
	assert_done(skep_btf_dump_c(by_id, NULL, count_text, &len, &err), &err);
	assert_true(len > 0);
	skep_btf_close(by_id);
	skep_btf_close(by_name);
	return 0;
}

/* As many as are loaded: none on a kernel without modules, or before 5.11. */
static void modules__stand_on_the_kernel(void **state)
{
	struct skep_error err = { 0 };
	unsigned count = 0;

	(void)state;
	assert_done(skep_btf_list(dump_module, &count, &err), &err);
	print_message("# %u modules with BTF\n", count);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(btf__is_opened_by_id_and_by_what_uses_it),
		cmocka_unit_test(list__tells_a_btf_and_what_uses_it),
		cmocka_unit_test(what__is_not_there_is_told),
		cmocka_unit_test(kernel__has_its_types),
		cmocka_unit_test(modules__stand_on_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
