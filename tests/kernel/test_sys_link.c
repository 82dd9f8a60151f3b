/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* bpf(2) on links, iterators, BTF and tokens, as the running kernel does it. */
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

static int cgroup_prog(void)
{
	return fixture_prog_pass(SKEP_PROG_TYPE_CGROUP_SKB, SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS);
}

static int cgroup_link(int cgroup, int prog)
{
	const struct skep_attr_link_create attr = {
		.fd = (uint32_t)prog,
		.target = (uint32_t)cgroup,
		.attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS,
	};
	struct skep_error err = { 0 };

	return assert_done(skep_sys_link_create(&attr, sizeof(attr), &err), &err);
}

static uint32_t prog_id_of(int link)
{
	struct skep_link_info info = { 0 };

	assert_true(skep_sys_link_info(link, &info, sizeof(info)) > 0);
	assert_int_equal(info.type, SKEP_LINK_TYPE_CGROUP);
	return info.prog_id;
}

static uint32_t id_of(int prog)
{
	struct skep_prog_info info = { 0 };

	assert_true(skep_sys_prog_info(prog, &info, sizeof(info)) > 0);
	return info.id;
}

static void link__attaches_and_swaps_programs(void **state)
{
	int cgroup = fixture_cgroup(), first = cgroup_prog(), second = cgroup_prog();
	int link = cgroup_link(cgroup, first);
	const struct skep_attr_link_update update = {
		.link_fd = (uint32_t)link,
		.new_fd = (uint32_t)second,
		.flags = SKEP_ATTACH_FLAG_REPLACE,
		.old_fd = (uint32_t)first,
	};
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(prog_id_of(link), id_of(first));
	assert_done(skep_sys_link_update(&update, sizeof(update), &err), &err);
	assert_int_equal(prog_id_of(link), id_of(second));
	assert_int_equal(skep_sys_link_update(&update, sizeof(update), &err), -EPERM);
	assert_told(&err, SKEP_ERR_CONFLICT, "another program is attached");
	assert_done(skep_sys_link_detach(link, &err), &err);
	close(link);
	close(first);
	close(second);
	fixture_cgroup_remove(cgroup);
}

static void link__says_in_words_what_was_refused(void **state)
{
	int prog = cgroup_prog();
	const struct skep_attr_link_create attr = {
		.fd = (uint32_t)prog,
		.target = (uint32_t)prog,
		.attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_INGRESS,
	};
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_sys_link_create(&attr, sizeof(attr), &err), -EBADF);
	assert_true(strstr(err.msg, "attach by a link (cgroup_inet_ingress)") != NULL);
	close(prog);
}

/* Writes one line for each map: seq = ctx->meta->seq; bpf_seq_write(seq, "kep\n", 4) */
static const struct insn iterator[] = {
	INSN_LOAD_U64(6, 1, 0),
	INSN_LOAD_U64(1, 6, 0),
	INSN_STORE_IMM_U64(10, -8, 0x0a70656b),
	INSN_MOV_REG(2, 10),
	INSN_ADD_IMM(2, -8),
	INSN_MOV_IMM(3, 4),
	INSN_CALL(SKEP_HELPER_SEQ_WRITE),
	INSN_MOV_IMM(0, 0),
	INSN_EXIT,
};

static int load_iterator(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	char log[8192];
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_TRACING,
		.insn_cnt = sizeof(iterator) / sizeof(iterator[0]),
		.insns = SKEP_ATTR_POINTER(iterator),
		.license = SKEP_ATTR_POINTER("GPL"),
		.log_buf = SKEP_ATTR_POINTER(log),
		.log_size = sizeof(log),
		.expected_attach_type = SKEP_ATTACH_TYPE_TRACE_ITER,
		.prog_name = "iterator",
	};
	struct skep_error err = { 0 };

	assert_non_null(btf);
	attr.attach_btf_id =
		(uint32_t)btf__find_by_name_kind(btf, "bpf_iter_bpf_map", BTF_KIND_FUNC);
	btf__free(btf);
	return assert_done(skep_sys_prog_load(&attr, sizeof(attr), &err), &err);
}

static void iterator__is_read_to_its_end(void **state)
{
	int map = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0), prog = load_iterator(), link;
	const struct skep_attr_link_create attr = {
		.fd = (uint32_t)prog,
		.attach_type = SKEP_ATTACH_TYPE_TRACE_ITER,
	};
	struct skep_error err = { 0 };
	size_t bytes = 0;
	char *text = NULL;

	(void)state;
	link = assert_done(skep_sys_link_create(&attr, sizeof(attr), &err), &err);
	assert_done(skep_sys_iter_read(link, &text, &bytes, &err), &err);
	assert_true(bytes >= 4); /* our map at least */
	assert_int_equal(bytes % 4, 0);
	assert_int_equal(strlen(text), bytes);
	assert_memory_equal(text, "kep\n", 4);
	free(text);
	close(link);
	close(prog);
	close(map);
}

static void iterator__of_what_is_none_is_refused_in_words(void **state)
{
	struct skep_error err = { 0 };
	char *text = NULL;

	(void)state;
	assert_true(skep_sys_iter_read(-1, &text, NULL, &err) < 0);
	assert_true(strstr(err.msg, "make an iterator") != NULL);
	assert_null(text);
}

static void btf__is_loaded_and_told(void **state)
{
	struct btf *btf = btf__new_empty();
	struct skep_attr_btf_load attr = { 0 };
	struct skep_btf_info info = { 0 };
	struct skep_error err = { 0 };
	uint32_t size;
	int fd;

	(void)state;
	assert_true(btf__add_int(btf, "int", 4, BTF_INT_SIGNED) > 0);
	attr.btf = SKEP_ATTR_POINTER(btf__raw_data(btf, &size));
	attr.btf_size = size;
	fd = assert_done(skep_sys_btf_load(&attr, sizeof(attr), &err), &err);
	assert_true(skep_sys_btf_info(fd, &info, sizeof(info)) > 0);
	assert_int_equal(info.btf_size, size);
	assert_true(info.id > 0);
	close(fd);
	btf__free(btf);
}

static void btf__that_is_none_is_refused_with_the_reason(void **state)
{
	char log[1024] = "", nonsense[64] = "this is no BTF";
	struct skep_attr_btf_load attr = {
		.btf = SKEP_ATTR_POINTER(nonsense),
		.btf_size = sizeof(nonsense),
		.btf_log_buf = SKEP_ATTR_POINTER(log),
		.btf_log_size = sizeof(log),
	};
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_sys_btf_load(&attr, sizeof(attr), &err), -EINVAL);
	assert_told(&err, SKEP_ERR_VERIFIER, "load BTF: ");
	assert_true(log[0] != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link__attaches_and_swaps_programs),
		cmocka_unit_test(link__says_in_words_what_was_refused),
		cmocka_unit_test(iterator__is_read_to_its_end),
		cmocka_unit_test(iterator__of_what_is_none_is_refused_in_words),
		cmocka_unit_test(btf__is_loaded_and_told),
		cmocka_unit_test(btf__that_is_none_is_refused_with_the_reason),
	};

	return cmocka_run_group_tests_name("sys_link", tests, NULL, NULL);
}
