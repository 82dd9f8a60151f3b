/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "btf_made.h"

static void type__is_told_with_what_its_kind_has(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();
	struct skep_btf_type t;

	(void)state;
	btf_made_list(made);
	btf__add_array(made, 1, 3, 7); /* 4 */
	btf__add_func_proto(made, 1);  /* 5 */
	btf__add_func_param(made, "l", 3);
	btf__add_func(made, "f", BTF_FUNC_GLOBAL, 5); /* 6 */
	btf__add_var(made, "v", BTF_VAR_STATIC, 4);   /* 7 */
	btf__add_datasec(made, ".bss", 56);           /* 8 */
	btf__add_datasec_var_info(made, 7, 8, 56);
	btf__add_decl_tag(made, "tag", 2, 1);   /* 9 */
	btf__add_fwd(made, "u", BTF_FWD_UNION); /* 10 */
	btf__add_float(made, "double", 8);      /* 11 */
	b = btf_made_open(made, NULL);
	check_u64(skep_btf_type_count(b), 12, "count");
	check_u64(skep_btf_first_id(b), 1, "first");
	assert_int_equal(skep_btf_type_at(b, 1, &t), 0);
	check_u64(t.kind, SKEP_BTF_KIND_INT, "int");
	check_u64(t.bit_count, 32, "int");
	check_u64(t.encoding, 1, "int");
	assert_int_equal(skep_btf_type_at(b, 2, &t), 0);
	check_text(t.name, "list", "struct");
	check_u64(t.size, 16, "struct");
	check_u64(t.vlen, 2, "struct");
	assert_int_equal(skep_btf_type_at(b, 4, &t), 0);
	check_u64(t.type, 3, "array");
	check_u64(t.index_type, 1, "array");
	check_u64(t.element_count, 7, "array");
	assert_int_equal(skep_btf_type_at(b, 6, &t), 0);
	check_u64(t.linkage, 1, "func");
	check_u64(t.vlen, 0, "func");
	check_u64(t.type, 5, "func");
	assert_int_equal(skep_btf_type_at(b, 7, &t), 0);
	check_u64(t.linkage, 0, "var");
	assert_int_equal(skep_btf_type_at(b, 9, &t), 0);
	check_int(t.component, 1, "tag");
	assert_int_equal(skep_btf_type_at(b, 10, &t), 0);
	check_u64(t.kind_flag, 1, "fwd");
	assert_int_equal(skep_btf_type_at(b, 11, &t), 0);
	check_u64(t.size, 8, "float");
	check_int(skep_btf_type_at(b, 0, &t), -ENOENT, "void");
	check_int(skep_btf_type_at(b, 12, &t), -ENOENT, "behind the end");
	check_int(skep_btf_type_at(b, UINT32_MAX, &t), -ENOENT, "far behind the end");
}

static void member__is_told_by_its_place(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();
	struct skep_btf_member m;

	(void)state;
	btf_made_list(made);
	btf__add_struct(made, "bits", 4); /* 4 */
	btf__add_field(made, "low", 1, 0, 3);
	btf__add_field(made, "high", 1, 3, 29);
	btf__add_enum(made, "e", 4); /* 5 */
	btf__add_enum_value(made, "MINUS", -2);
	btf__add_enum64(made, "e64", 8, false); /* 6 */
	btf__add_enum64_value(made, "LARGE", 1ull << 40);
	b = btf_made_open(made, NULL);
	assert_int_equal(skep_btf_member_at(b, 2, 1, &m), 0);
	check_text(m.name, "value", "member");
	check_u64(m.bit_offset, 64, "member");
	check_u64(m.bitfield_size, 0, "member");
	assert_int_equal(skep_btf_member_at(b, 4, 1, &m), 0);
	check_u64(m.bit_offset, 3, "bit-field");
	check_u64(m.bitfield_size, 29, "bit-field");
	assert_int_equal(skep_btf_member_at(b, 5, 0, &m), 0);
	check_int((int64_t)m.value, -2, "enumerator");
	assert_int_equal(skep_btf_member_at(b, 6, 0, &m), 0);
	check_u64(m.value, 1ull << 40, "enumerator");
	check_int(skep_btf_member_at(b, 2, 2, &m), -ENOENT, "behind the last");
	check_int(skep_btf_member_at(b, 1, 0, &m), -ENOENT, "an int has none");
	check_int(skep_btf_member_at(b, 0, 0, &m), -ENOENT, "void has none");
}

static void find__goes_on_behind_the_last_one(void **state)
{
	static const struct {
		const char *name;
		uint32_t ids[3];
	} cases[] = {
		{ "list", { 2, 4, 5 } },
		{ "struct list", { 2, 5 } },
		{ "typedef list", { 4 } },
		{ "union list", { 0 } },
		{ "enum e", { 6, 7 } },
		{ "long unsigned int", { 8 } },
		{ "int", { 1 } },
		{ "struct", { 0 } },
		{ "", { 0 } },
		{ "struct ", { 0 } },
		{ "lis", { 0 } },
		{ "list ", { 0 } },
		{ " list", { 0 } },
	};
	_cleanup_(skep_btf_closep) struct skep_btf *b = NULL;
	struct btf *made = btf__new_empty();
	size_t i, j;

	(void)state;
	btf_made_list(made);
	btf__add_typedef(made, "list", 2);
	btf__add_struct(made, "list", 0);
	btf__add_enum(made, "e", 4);
	btf__add_enum64(made, "e", 8, false);
	btf__add_int(made, "long unsigned int", 8, 0);
	b = btf_made_open(made, NULL);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t id = 0;

		for (j = 0; j < 3 && cases[i].ids[j]; j++) {
			check_int(skep_btf_find(b, cases[i].name, id, &id), 1, "'%s' %zu",
				  cases[i].name, j);
			check_u64(id, cases[i].ids[j], "'%s' %zu", cases[i].name, j);
		}
		check_int(skep_btf_find(b, cases[i].name, id, &id), 0, "'%s'", cases[i].name);
	}
}

static void split__has_the_ids_behind_its_base(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *base = NULL, *split = NULL;
	struct btf *made = btf__new_empty(), *part = btf__new_empty_split(made);
	struct skep_error err = { .msg = "" };
	struct skep_btf_type t;
	uint32_t size, id = 0;
	const void *data;
	void *copy;

	(void)state;
	btf_made_list(made);
	btf__free(part);
	part = btf__new_empty_split(made);
	check_int(btf__add_typedef(part, "list_t", 2), 4, "first of the split");
	data = btf__raw_data(part, &size);
	copy = malloc(size);
	memcpy(copy, data, size);
	btf__free(part);
	base = btf_made_open(made, NULL);
	check_int(skep_btf_open_bytes(copy, size, base, &split, &err), 0, "%s", err.msg);
	check_u64(skep_btf_first_id(split), 4, "first");
	check_u64(skep_btf_type_count(split), 5, "count");
	assert_int_equal(skep_btf_type_at(split, 4, &t), 0);
	check_text(t.name, "list_t", "own name");
	assert_int_equal(skep_btf_type_at(split, 2, &t), 0);
	check_text(t.name, "list", "name of the base");
	check_int(skep_btf_find(split, "list", 0, &id), 1, "of the base");
	split = skep_btf_close(split);
	check_int(skep_btf_open_bytes(copy, size, NULL, &split, &err), -EINVAL, "without base");
	assert_non_null(strstr(err.msg, "base"));
	free(copy);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(type__is_told_with_what_its_kind_has),
		cmocka_unit_test(member__is_told_by_its_place),
		cmocka_unit_test(find__goes_on_behind_the_last_one),
		cmocka_unit_test(split__has_the_ids_behind_its_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
