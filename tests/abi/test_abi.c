/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The records of include/skep/abi/flow.h as the host's compiler lays them out, and as the BPF compiler did.
 *
 * usage: test_abi records.bpf.o flow.bpf.o flow.h
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

#include <skep/abi/flow.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_MEMBERS 64

/* A member, by the path that a C program writes: "fill[0].woken". */
struct member {
	char path[64];
	size_t offset;
	size_t size;
};

static const char *records_path, *program_path, *header_path;

#define MEMBER(type, path)                                                           \
	{                                                                            \
#path, offsetof(struct type, path), sizeof(((struct type *)0)->path) \
	}

/* clang-format off */
static const struct member key4[] = {
#define KEY4(path) MEMBER(skep_flow_key4, path)
	KEY4(src), KEY4(dst), KEY4(src_port), KEY4(dst_port), KEY4(ifindex), KEY4(protocol), KEY4(point), KEY4(vlan),
	KEY4(pad),
};

static const struct member key6[] = {
#define KEY6(path) MEMBER(skep_flow_key6, path)
	KEY6(src), KEY6(dst), KEY6(src_port), KEY6(dst_port), KEY6(ifindex), KEY6(protocol), KEY6(point), KEY6(vlan),
	KEY6(pad),
};

static const struct member value[] = {
#define VALUE(path) MEMBER(skep_flow_value, path)
	VALUE(packets), VALUE(bytes), VALUE(last_ns), VALUE(tcp_flags), VALUE(dscp), VALUE(link_flags), VALUE(mac),
	VALUE(pad), VALUE(first_ns), VALUE(extra_segments),
};

static const struct member ring_record[] = {
#define RING(path) MEMBER(skep_flow_ring_record, path)
	RING(type), RING(parity), RING(key4), RING(key6), RING(value),
};

static const struct member count[] = {
#define COUNTER(path) MEMBER(skep_flow_count, path)
	COUNTER(packets), COUNTER(bytes),
};

static const struct member cpu[] = {
#define CPU(path) MEMBER(skep_flow_cpu, path)
	CPU(seen), CPU(now_ns), CPU(jiffies), CPU(run_count), CPU(pad_hot), CPU(ring), CPU(lost), CPU(skipped),
	CPU(pending_inserts), CPU(map_full), CPU(map_busy), CPU(map_failed), CPU(ring_full), CPU(no_l4), CPU(malformed),
	CPU(pad_cold),
};

static const struct member control[] = {
#define CONTROL(path) MEMBER(skep_flow_control, path)
	CONTROL(epoch), CONTROL(pad_epoch), CONTROL(fill), CONTROL(fill[0].inserts), CONTROL(fill[0].woken),
	CONTROL(fill[0].pad),
};

static const struct record {
	const char *name;
	size_t size;
	const struct member *members;
	size_t member_count;
} records[] = {
#define RECORD(name) { "skep_flow_" #name, sizeof(struct skep_flow_##name), name, COUNT(name) }
	RECORD(key4), RECORD(key6), RECORD(value), RECORD(ring_record), RECORD(count), RECORD(cpu), RECORD(control),
};
/* clang-format on */

/* The members of a BTF type, in a form that compares. */
struct layout {
	struct member members[MAX_MEMBERS];
	size_t count;
};

static const struct btf_type *resolve(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (btf_is_mod(t) || btf_is_typedef(t))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* Without a name of its own there is no record of that name: its members are told as part of what holds it. */
static int is_nameless(const struct btf_type *t)
{
	return btf_is_composite(t) && !t->name_off;
}

static void layout_add(const struct btf *btf, const struct btf_type *t, const char *prefix,
		       size_t base, struct layout *l)
{
	const struct btf_member *m = btf_members(t);
	char path[sizeof(l->members[0].path)];
	__u32 i;

	for (i = 0; i < btf_vlen(t); i++) {
		size_t offset = base + btf_member_bit_offset(t, i) / 8;
		const struct btf_type *type = resolve(btf, m[i].type);
		const char *name = btf__name_by_offset(btf, m[i].name_off);

		assert_int_equal(btf_member_bitfield_size(t, i), 0);
		assert_true(btf_member_bit_offset(t, i) % 8 == 0 && l->count < MAX_MEMBERS);
		if (*name) {
			struct member *to = &l->members[l->count++];

			assert_true(snprintf(to->path, sizeof(to->path), "%s%s", prefix, name) <
				    (int)sizeof(to->path));
			to->offset = offset;
			to->size = (size_t)btf__resolve_size(btf, m[i].type);
		}
		if (is_nameless(type)) {
			assert_int_equal(*name, 0);
			layout_add(btf, type, prefix, offset, l);
		} else if (btf_is_array(type) && is_nameless(resolve(btf, btf_array(type)->type))) {
			assert_true(snprintf(path, sizeof(path), "%s%s[0].", prefix, name) <
				    (int)sizeof(path));
			layout_add(btf, resolve(btf, btf_array(type)->type), path, offset, l);
		}
	}
}

static const struct record *find_record(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(records); i++)
		if (!strcmp(records[i].name, name))
			return &records[i];
	return NULL;
}

static void check_record(const struct btf *btf, const struct btf_type *t)
{
	const char *name = btf__name_by_offset(btf, t->name_off);
	const struct record *r = find_record(name);
	struct layout l = { .count = 0 };
	size_t i;

	if (!r)
		fail_msg("struct %s has no table in this test", name);
	layout_add(btf, t, "", 0, &l);
	assert_int_equal(t->size, r->size);
	assert_int_equal(l.count, r->member_count);
	for (i = 0; i < l.count; i++) {
		assert_string_equal(l.members[i].path, r->members[i].path);
		if (l.members[i].offset != r->members[i].offset ||
		    l.members[i].size != r->members[i].size)
			fail_msg("%s.%s: %zu bytes at %zu for BPF, %zu bytes at %zu here", name,
				 l.members[i].path, l.members[i].size, l.members[i].offset,
				 r->members[i].size, r->members[i].offset);
	}
}

/* Checks the records that an object knows. Return: how many. */
static size_t check_object(const char *path)
{
	struct btf *btf = btf__parse_elf(path, NULL);
	size_t found = 0;
	__u32 id;

	if (!btf)
		fail_msg("cannot read the BTF of %s", path);
	for (id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, t->name_off);

		if (!btf_is_struct(t) || strncmp(name, "skep_", 5))
			continue;
		check_record(btf, t);
		found++;
	}
	btf__free(btf);
	return found;
}

static void abi__records_are_laid_out_alike_for_bpf_and_host(void **state)
{
	(void)state;
	assert_int_equal(check_object(records_path), COUNT(records));
}

/* What the linked program carries has come through bpftool's linker. */
static void abi__programs_agree_on_the_records_they_use(void **state)
{
	(void)state;
	assert_true(check_object(program_path) >= 5);
}

static void abi__every_record_of_the_header_is_known(void **state)
{
	FILE *f = fopen(header_path, "re");
	char line[256], name[64];
	size_t declared = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "struct %63[a-z0-9_] {", name) == 1) {
			declared++;
			if (!find_record(name))
				fail_msg("struct %s has no table in this test", name);
		}
	fclose(f);
	assert_int_equal(declared, COUNT(records));
}

/* Every byte has a name, so that keys compare as bytes and nothing of the kernel's memory gets out. */
static void abi__records_have_no_hidden_padding(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(records); i++) {
		size_t end = 0;

		for (k = 0; k < records[i].member_count; k++) {
			const struct member *m = &records[i].members[k];

			if (m->offset > end)
				fail_msg("%s: a hole before %s", records[i].name, m->path);
			if (m->offset + m->size > end)
				end = m->offset + m->size;
		}
		if (end != records[i].size)
			fail_msg("%s: a hole at its end", records[i].name);
	}
}

/* A front-cache slot is a key with other things in its last eight bytes: both keys end alike. */
static void abi__keys_have_the_same_tail(void **state)
{
	const size_t tail4 = offsetof(struct skep_flow_key4, src_port);
	const size_t tail6 = offsetof(struct skep_flow_key6, src_port);
	size_t i;

	(void)state;
	for (i = 2; i < COUNT(key4); i++) {
		assert_string_equal(key4[i].path, key6[i].path);
		assert_int_equal(key4[i].offset - tail4, key6[i].offset - tail6);
		assert_int_equal(key4[i].size, key6[i].size);
	}
	assert_int_equal(COUNT(key4), COUNT(key6));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(abi__records_are_laid_out_alike_for_bpf_and_host),
		cmocka_unit_test(abi__programs_agree_on_the_records_they_use),
		cmocka_unit_test(abi__every_record_of_the_header_is_known),
		cmocka_unit_test(abi__records_have_no_hidden_padding),
		cmocka_unit_test(abi__keys_have_the_same_tail),
	};

	if (argc != 4) {
		fprintf(stderr, "usage: %s records.bpf.o flow.bpf.o flow.h\n", argv[0]);
		return 2;
	}
	records_path = argv[1];
	program_path = argv[2];
	header_path = argv[3];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
