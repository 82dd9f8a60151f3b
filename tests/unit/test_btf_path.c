/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Parts of values by path: where they are, what they are as text, and how they are set. */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <skep/btf_path.h>
#include <skep/error.h>
#include <skep/json.h>

#include "btf_made.h"

/* As made_config() tells it to BTF. */
struct rate {
	uint32_t rate;
	uint32_t burst : 3, mode : 5;
	int32_t delta : 12;
};

struct config {
	char name[8];
	struct rate limits[4];
	union {
		uint32_t both;
		struct {
			uint16_t low, high;
		};
	};
	uint32_t grid[2][3];
	void *next;
};

enum {
	U16 = 1,
	U32,
	S32,
	CHAR,
	RATE,
	ARRAY_CHAR,
	ARRAY_RATE,
	HALVES,
	UNION,
	ARRAY_3,
	ARRAY_2,
	POINTER,
	CONFIG,
	CONST,
	VAR,
	SECTION
};

static struct skep_btf *made_config(void)
{
	struct btf *b = btf__new_empty();

	assert_non_null(b);
	check_int(btf__add_int(b, "unsigned short", 2, 0), U16, "u16");
	check_int(btf__add_int(b, "unsigned int", 4, 0), U32, "u32");
	check_int(btf__add_int(b, "int", 4, BTF_INT_SIGNED), S32, "s32");
	check_int(btf__add_int(b, "char", 1, BTF_INT_SIGNED), CHAR, "char");
	check_int(btf__add_struct(b, "rate", sizeof(struct rate)), RATE, "rate");
	btf__add_field(b, "rate", U32, 0, 0);
	btf__add_field(b, "burst", U32, 32, 3);
	btf__add_field(b, "mode", U32, 35, 5);
	btf__add_field(b, "delta", S32, 40, 12);
	check_int(btf__add_array(b, U32, CHAR, 8), ARRAY_CHAR, "name");
	check_int(btf__add_array(b, U32, RATE, 4), ARRAY_RATE, "limits");
	check_int(btf__add_struct(b, NULL, 4), HALVES, "halves");
	btf__add_field(b, "low", U16, 0, 0);
	btf__add_field(b, "high", U16, 16, 0);
	check_int(btf__add_union(b, NULL, 4), UNION, "union");
	btf__add_field(b, "both", U32, 0, 0);
	btf__add_field(b, NULL, HALVES, 0, 0);
	check_int(btf__add_array(b, U32, U32, 3), ARRAY_3, "[3]");
	check_int(btf__add_array(b, U32, ARRAY_3, 2), ARRAY_2, "[2][3]");
	check_int(btf__add_ptr(b, CONFIG), POINTER, "pointer");
	check_int(btf__add_struct(b, "config", sizeof(struct config)), CONFIG, "config");
	btf__add_field(b, "name", ARRAY_CHAR, 8 * offsetof(struct config, name), 0);
	btf__add_field(b, "limits", ARRAY_RATE, 8 * offsetof(struct config, limits), 0);
	btf__add_field(b, NULL, UNION, 8 * offsetof(struct config, both), 0);
	btf__add_field(b, "grid", ARRAY_2, 8 * offsetof(struct config, grid), 0);
	btf__add_field(b, "next", POINTER, 8 * offsetof(struct config, next), 0);
	check_int(btf__add_const(b, CONFIG), CONST, "const");
	check_int(btf__add_var(b, "cfg", BTF_VAR_GLOBAL_ALLOCATED, CONST), VAR, "cfg");
	check_int(btf__add_datasec(b, ".rodata", 16 + sizeof(struct config)), SECTION, ".rodata");
	btf__add_datasec_var_info(b, VAR, 16, sizeof(struct config));
	return btf_made_open(b, NULL);
}

static void find__knows_offset_size_and_bits(void **state)
{
	static const struct {
		uint32_t type;
		const char *path;
		uint64_t offset, size, bit_offset, bit_size;
	} cases[] = {
		{ CONFIG, "", 0, sizeof(struct config), 0, 0 },
		{ CONFIG, "name", 0, 8, 0, 0 },
		{ CONFIG, "name[7]", 7, 1, 0, 0 },
		{ CONFIG, "limits", offsetof(struct config, limits), sizeof(struct rate) * 4, 0,
		  0 },
		{ CONFIG, "limits[2].rate", offsetof(struct config, limits[2].rate), 4, 0, 0 },
		{ CONFIG, "limits[0x2].mode", offsetof(struct config, limits[2]) + 4, 1, 3, 5 },
		{ CONFIG, "limits[3].delta", offsetof(struct config, limits[3]) + 5, 2, 0, 12 },
		{ CONFIG, "both", offsetof(struct config, both), 4, 0, 0 },
		{ CONFIG, "high", offsetof(struct config, high), 2, 0, 0 },
		{ CONFIG, "grid[1][2]", offsetof(struct config, grid[1][2]), 4, 0, 0 },
		{ CONFIG, "grid[1]", offsetof(struct config, grid[1]), 12, 0, 0 },
		{ CONFIG, "next", offsetof(struct config, next), 8, 0, 0 },
		{ 0, "cfg", 0, sizeof(struct config), 0, 0 },
		{ 0, "cfg.limits[1].rate", offsetof(struct config, limits[1].rate), 4, 0, 0 },
		{ VAR, "low", offsetof(struct config, low), 2, 0, 0 },
		{ SECTION, "cfg.low", 16 + offsetof(struct config, low), 2, 0, 0 },
		{ ARRAY_2, "[1][0]", 12, 4, 0, 0 },
	};
	_cleanup_(skep_btf_closep) struct skep_btf *btf = made_config();
	struct skep_error err = { .msg = "" };
	struct skep_btf_path p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check_int(skep_btf_path_find(btf, cases[i].type, cases[i].path, &p, &err), 0,
			  "%s: %s", cases[i].path, err.msg);
		check_u64(p.offset, cases[i].offset, "offset of '%s'", cases[i].path);
		check_u64(p.size, cases[i].size, "size of '%s'", cases[i].path);
		check_u64(p.bit_offset, cases[i].bit_offset, "bit of '%s'", cases[i].path);
		check_u64(p.bit_size, cases[i].bit_size, "bits of '%s'", cases[i].path);
	}
}

static void find__says_where_a_path_goes_wrong(void **state)
{
	static const struct {
		uint32_t type;
		const char *path;
		int result;
		const char *words;
	} cases[] = {
		{ CONFIG, "nobody", -ENOENT, "path 'nobody', column 1: there is no such member" },
		{ CONFIG, "limits.rate", -EINVAL,
		  "path 'limits.rate', column 8: what is before it has no members" },
		{ CONFIG, "limits[4]", -ERANGE,
		  "path 'limits[4]', column 8: the array has 4 elements" },
		{ CONFIG, "limits[-1]", -EINVAL, "path 'limits[-1]', column 8: this is no [N]" },
		{ CONFIG, "limits[1", -EINVAL, "path 'limits[1', column 8: this is no [N]" },
		{ CONFIG, "limits[99999999999999999999]", -EINVAL,
		  "path 'limits[99999999999999999999]', column 8: this is no [N]" },
		{ CONFIG, "limits[1]rate", -EINVAL,
		  "path 'limits[1]rate', column 10: this is neither . nor [" },
		{ CONFIG, "limits[1].", -EINVAL,
		  "path 'limits[1].', column 11: a name is missing" },
		{ CONFIG, "both[0]", -EINVAL,
		  "path 'both[0]', column 5: what is before it is no array" },
		{ CONFIG, "next.name", -EINVAL,
		  "path 'next.name', column 6: before it is a pointer, and what it points to is not here" },
		{ CONFIG, "limits[0].mode.x", -EINVAL,
		  "path 'limits[0].mode.x', column 15: a bit-field has no parts" },
		{ 0, "", -EINVAL, "path '', column 1: a name is missing" },
		{ 0, "conf", -ENOENT, "path 'conf', column 1: there is no such variable" },
		{ 999, "a", -EINVAL, "path 'a', column 1: what is before it has no members" },
	};
	_cleanup_(skep_btf_closep) struct skep_btf *btf = made_config();
	struct skep_error err;
	struct skep_btf_path p;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		err.msg[0] = '\0';
		check_int(skep_btf_path_find(btf, cases[i].type, cases[i].path, &p, &err),
			  cases[i].result, "'%s'", cases[i].path);
		check_text(err.msg, cases[i].words, "'%s'", cases[i].path);
	}
}

static void parse__sets_a_part_and_nothing_beside_it(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = made_config();
	struct config value, before;
	struct skep_error err = { .msg = "" };
	struct skep_btf_path p;
	char text[64];

	(void)state;
	memset(&value, 0xff, sizeof(value));
	before = value;
	check_int(skep_btf_path_find(btf, CONFIG, "limits[2].mode", &p, &err), 0, "%s", err.msg);
	check_int(skep_btf_path_parse(btf, &p, "9", &value, sizeof(value), &err), 0, "%s", err.msg);
	check_int(value.limits[2].mode, 9, "mode");
	value.limits[2].mode = 31;
	check_int(memcmp(&value, &before, sizeof(value)), 0, "all beside it");
	check_int(skep_btf_path_parse(btf, &p, "32", &value, sizeof(value), &err) < 0, 1, "5 bits");
	check_int(memcmp(&value, &before, sizeof(value)), 0, "as it was");
	check_int(skep_btf_path_find(btf, CONFIG, "limits[2].delta", &p, &err), 0, "%s", err.msg);
	check_int(skep_btf_path_parse(btf, &p, "-2000", &value, sizeof(value), &err), 0, "%s",
		  err.msg);
	check_int(value.limits[2].delta, -2000, "delta");
	check_int(skep_btf_path_text(btf, &p, &value, sizeof(value), text, sizeof(text), &err), 5,
		  "text");
	check_text(text, "-2000", "delta");
	check_int(skep_btf_path_find(btf, CONFIG, "name", &p, &err), 0, "%s", err.msg);
	check_int(skep_btf_path_parse(btf, &p, "\"eth0\"", &value, sizeof(value), &err), 0, "%s",
		  err.msg);
	check_text(value.name, "eth0", "name");
	check_int(skep_btf_path_text(btf, &p, &value, 7, text, sizeof(text), &err), -EINVAL, "cut");
	check_int(skep_btf_path_parse(btf, &p, "\"x\"", &value, 7, &err), -EINVAL, "cut");
}

static void json__has_the_type_of_the_part(void **state)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = made_config();
	struct config value = { .name = "eth0", .limits[1] = { .rate = 7, .mode = 3 } };
	struct skep_error err = { .msg = "" };
	struct skep_btf_path p;
	struct skep_json json;
	char buf[256];

	(void)state;
	check_int(skep_btf_path_find(btf, CONFIG, "limits[1]", &p, &err), 0, "%s", err.msg);
	skep_json_init(&json, buf, sizeof(buf));
	check_int(skep_btf_path_json(btf, &p, &value, sizeof(value), &json, NULL, &err), 0, "%s",
		  err.msg);
	check_int(skep_json_finish(&json) > 0, 1, "finish");
	check_text(buf, "{\"rate\":7,\"burst\":0,\"mode\":3,\"delta\":0}", "json");
}

/* A map gives back whatever number it holds, programs are compiled for two. */
static void parse__takes_no_third_value_of_a_bool(void **state)
{
	struct btf *made = btf__new_empty();
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	struct skep_error err = { .msg = "" };
	struct skep_btf_path p;
	uint8_t value = 0;
	int id;

	(void)state;
	assert_non_null(made);
	id = btf__add_typedef(made, "flag", btf__add_int(made, "_Bool", 1, BTF_INT_BOOL));
	btf = btf_made_open(made, NULL);
	check_int(skep_btf_path_find(btf, (uint32_t)id, "", &p, &err), 0, "%s", err.msg);
	check_int(skep_btf_path_parse(btf, &p, "1", &value, 1, &err), 0, "%s", err.msg);
	check_int(skep_btf_path_parse(btf, &p, "2", &value, 1, &err), -ERANGE, "2");
	check_int(!!strstr(err.msg, "'2' is no value of _Bool"), 1, "'%s'", err.msg);
	check_int(value, 1, "as it was");
	check_int(skep_btf_path_parse(btf, &p, "false", &value, 1, &err), 0, "%s", err.msg);
	check_int(value, 0, "false");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find__knows_offset_size_and_bits),
		cmocka_unit_test(find__says_where_a_path_goes_wrong),
		cmocka_unit_test(parse__sets_a_part_and_nothing_beside_it),
		cmocka_unit_test(parse__takes_no_third_value_of_a_bool),
		cmocka_unit_test(json__has_the_type_of_the_part),
	};

	return cmocka_run_group_tests_name("btf_path", tests, NULL, NULL);
}
