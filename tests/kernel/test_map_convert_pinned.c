/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A pinned map of an older program becomes one of the newer program, by the names of fields. */
#include <bpf/btf.h>
#include <errno.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_convert.h>
#include <skep/map_dump.h>
#include <skep/map_pin.h>

#include "bpf_fixture.h"

#define PATH "agent/flows"
#define ENTRIES 5000u /* more than are written at once */

struct old_value {
	uint32_t packets, bytes;
};

struct new_value {
	uint64_t octets, packets;
	uint32_t added, pad;
};

struct made {
	struct btf *btf;
	struct skep_map_spec spec;
};

/* u32 1, u64 2, and the value 3. */
static void make_types(struct made *made, int is_new)
{
	struct btf *b = made->btf = btf__new_empty();

	assert_non_null(b);
	assert_int_equal(btf__add_int(b, "u32", 4, 0), 1);
	assert_int_equal(btf__add_int(b, "u64", 8, 0), 2);
	if (is_new) {
		assert_int_equal(btf__add_struct(b, "value", sizeof(struct new_value)), 3);
		assert_int_equal(btf__add_field(b, "octets", 2, 0, 0), 0);
		assert_int_equal(btf__add_field(b, "packets", 2, 64, 0), 0);
		assert_int_equal(btf__add_field(b, "added", 1, 128, 0), 0);
	} else {
		assert_int_equal(btf__add_struct(b, "value", sizeof(struct old_value)), 3);
		assert_int_equal(btf__add_field(b, "packets", 1, 0, 0), 0);
		assert_int_equal(btf__add_field(b, "bytes", 1, 32, 0), 0);
	}
	assert_int_equal(btf__load_into_kernel(b), 0);
	made->spec = (struct skep_map_spec){
		.sz = sizeof(made->spec),
		.name = "flows",
		.type = SKEP_MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = is_new ? sizeof(struct new_value) : sizeof(struct old_value),
		.max_entries = ENTRIES,
		.btf_fd = (uint64_t)btf__fd(b),
		.btf_key_type_id = 1,
		.btf_value_type_id = 3,
	};
}

static int ensure(struct skep_bpffs *bpffs, const struct made *made, const char *renames,
		  struct skep_map **ret_map, struct skep_error *err)
{
	const struct skep_map_convert_opts convert = { .sz = sizeof(convert), .renames = renames };
	const struct skep_map_pin_opts opts = { .sz = sizeof(opts),
						.mismatch = SKEP_MAP_MISMATCH_CONVERT,
						.convert_opts = &convert };

	return skep_map_open_or_create(bpffs, PATH, &made->spec, &opts, ret_map, err);
}

static struct skep_bpffs *open_bpffs(void)
{
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = fixture_bpffs() };
	struct skep_bpffs *bpffs = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(&opts, &bpffs, &err), &err);
	return bpffs;
}

static void fill(struct skep_map *map)
{
	struct old_value value;
	uint32_t key;

	for (key = 0; key < ENTRIES; key++) {
		value = (struct old_value){ key, 10 * key };
		assert_int_equal(SKEP_MAP_UPDATE(map, &key, &value, 0), 0);
	}
}

static void pinned_map__is_converted_by_the_names_of_its_fields_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map *old = NULL, *map = NULL, *again = NULL;
	struct made before, after;
	struct skep_error err = { 0 };
	struct new_value value;
	uint64_t count = 0;
	uint32_t key;

	make_types(&before, 0);
	make_types(&after, 1);
	assert_int_equal(assert_done(ensure(bpffs, &before, NULL, &old, &err), &err), 1);
	fill(old);
	/* without a word about bytes they would be lost: nothing happens */
	assert_int_equal(ensure(bpffs, &after, NULL, &map, &err), -EMEDIUMTYPE);
	assert_told(&err, SKEP_ERR_CONFLICT,
		    "convert 'value.bytes' (u32): it is not there any more");
	assert_int_equal(assert_done(ensure(bpffs, &before, NULL, &again, &err), &err), 0);
	assert_int_equal(skep_map_id(again), skep_map_id(old));
	again = skep_map_close(again);
	assert_int_equal(assert_done(ensure(bpffs, &after, "value.bytes=octets", &map, &err), &err),
			 1);
	assert_done(skep_map_count(map, &count, &err), &err);
	assert_int_equal(count, ENTRIES);
	for (key = 0; key < ENTRIES; key++) {
		assert_int_equal(SKEP_MAP_LOOKUP(map, &key, &value), 0);
		assert_int_equal(value.packets, key);
		assert_int_equal(value.octets, 10 * key);
		assert_int_equal(value.added, 0);
	}
	/* now that it is what is wanted, it is used, whatever the renames were for */
	assert_int_equal(assert_done(ensure(bpffs, &after, NULL, &again, &err), &err), 0);
	assert_int_equal(skep_map_id(again), skep_map_id(map));
	skep_map_close(again);
	skep_map_close(map);
	skep_map_close(old);
	skep_bpffs_close(bpffs);
	btf__free(before.btf);
	btf__free(after.btf);
}

static void pinned_map__without_types_is_refused_if_its_sizes_differ_inside(void)
{
	struct skep_bpffs *bpffs = open_bpffs();
	struct skep_map *old = NULL, *map = NULL;
	struct made before = { 0 }, after;
	struct skep_error err = { 0 };

	make_types(&before, 0);
	make_types(&after, 1);
	before.spec.btf_fd = before.spec.btf_key_type_id = before.spec.btf_value_type_id = 0;
	assert_int_equal(assert_done(ensure(bpffs, &before, NULL, &old, &err), &err), 1);
	assert_int_equal(ensure(bpffs, &after, NULL, &map, &err), -EMEDIUMTYPE);
	assert_told(&err, SKEP_ERR_CONFLICT, "'value': its type is not known");
	/* the same sizes are as good as the same types */
	assert_int_equal(assert_done(ensure(bpffs, &before, NULL, &map, &err), &err), 0);
	skep_map_close(map);
	skep_map_close(old);
	skep_bpffs_close(bpffs);
	btf__free(before.btf);
	btf__free(after.btf);
}

IN_BPFFS(pinned_map__is_converted_by_the_names_of_its_fields)
IN_BPFFS(pinned_map__without_types_is_refused_if_its_sizes_differ)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pinned_map__is_converted_by_the_names_of_its_fields),
		cmocka_unit_test(pinned_map__without_types_is_refused_if_its_sizes_differ),
	};

	return cmocka_run_group_tests_name("map_convert_pinned", tests, NULL, NULL);
}
