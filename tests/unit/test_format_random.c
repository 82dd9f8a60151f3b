/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Random types of random bytes: what is written is read as the same bytes, every one of them. */
#include "format_checks.h"

#include <stdio.h>
#include <string.h>

#include <skep/error.h>

#include "btf_made.h"

#define TYPES 400
#define VALUES 12
#define VALUE_BYTES 4096

/* A type in the making, without padding: every bit of it is somebody's. */
struct made {
	struct btf *btf;
	struct check_random random;
	int names; /* for names that there are once */
};

struct sized {
	uint32_t type;
	uint32_t size;
};

static uint32_t below(struct made *m, uint32_t limit)
{
	return (uint32_t)check_random_below(&m->random, limit);
}

static const char *name_of(struct made *m, char buf[16])
{
	snprintf(buf, 16, "n%d", m->names++);
	return buf;
}

static uint32_t checked(int id)
{
	check_int(id > 0, 1, "type");
	return (uint32_t)id;
}

static struct sized make_int(struct made *m)
{
	static const char *const orders[] = { "", "", "__be16", "__be32", "__be64", "__le32" };
	static const uint32_t sizes[] = { 1, 2, 2, 4, 8, 4 };
	uint32_t size = 1u << below(m, 5), order = below(m, 12);
	int encoding = below(m, 2) ? BTF_INT_SIGNED : 0;
	char name[16];

	if (order >= 2 && order < ARRAY_SIZE(orders)) {
		size = sizes[order];
		return (struct sized){ checked(btf__add_typedef(
					       m->btf, orders[order],
					       btf__add_int(m->btf, name_of(m, name), size, 0))),
				       size };
	}
	if (order == 6)
		return (struct sized){ checked(btf__add_int(m->btf, "char", 1, BTF_INT_SIGNED)),
				       1 };
	if (order == 7)
		return (struct sized){ checked(btf__add_int(m->btf, "_Bool", 1, BTF_INT_BOOL)), 1 };
	return (struct sized){ checked(btf__add_int(m->btf, name_of(m, name), size, encoding)),
			       size };
}

static struct sized make_enum(struct made *m)
{
	uint32_t is_great = below(m, 2), count = below(m, 6), i;
	char name[16];
	int id = is_great ? btf__add_enum64(m->btf, name_of(m, name), 8, below(m, 2))
			  : btf__add_enum(m->btf, name_of(m, name), 1u << below(m, 3));

	for (i = 0; i < count; i++) {
		if (is_great)
			btf__add_enum64_value(m->btf, name_of(m, name), below(m, 4) - 2ull);
		else
			btf__add_enum_value(m->btf, name_of(m, name), (int64_t)below(m, 4) - 2);
	}
	return (struct sized){ checked(id),
			       is_great ? 8 : btf__type_by_id(m->btf, (uint32_t)id)->size };
}

static struct sized make_type(struct made *m, int depth);

static struct sized make_array(struct made *m, int depth)
{
	struct sized element = make_type(m, depth - 1);
	uint32_t count = below(m, 7);

	return (struct sized){ checked(btf__add_array(m->btf, 1, (int)element.type, count)),
			       element.size * count };
}

static void add_member(struct made *m, const char *name, uint32_t type, uint32_t offset,
		       uint32_t bits)
{
	check_int(btf__add_field(m->btf, name, (int)type, offset, bits), 0, "%s", name);
}

/* Bit-fields that fill 32 bits. */
static struct sized make_bits(struct made *m)
{
	uint32_t type = checked(btf__add_int(m->btf, "bits", 4, below(m, 2) ? BTF_INT_SIGNED : 0));
	uint32_t id = checked(btf__add_struct(m->btf, "", 4)), at = 0;
	char name[16];

	while (at < 32) {
		uint32_t bits = 1 + below(m, 32 - at);

		add_member(m, name_of(m, name), type, at, bits);
		at += bits;
	}
	return (struct sized){ id, 4 };
}

static struct sized make_record(struct made *m, int depth)
{
	struct sized members[4];
	uint32_t count = 1 + below(m, 4), size = 0, i, id;
	int is_union = below(m, 4) == 0;
	char name[16];

	for (i = 0; i < count; i++) {
		members[i] = make_type(m, depth - 1);
		if (is_union && members[i].size > size)
			size = members[i].size;
		else if (!is_union)
			size += members[i].size;
	}
	id = checked(is_union ? btf__add_union(m->btf, name_of(m, name), size)
			      : btf__add_struct(m->btf, name_of(m, name), size));
	for (i = 0, size = 0; i < count; i++) {
		const struct btf_type *t = btf__type_by_id(m->btf, members[i].type);
		int is_anonymous = btf_is_composite(t) && below(m, 3) == 0;

		add_member(m, is_anonymous ? "" : name_of(m, name), members[i].type,
			   is_union ? 0 : 8 * size, 0);
		size += members[i].size;
	}
	return (struct sized){ id, btf__type_by_id(m->btf, id)->size };
}

static struct sized make_type(struct made *m, int depth)
{
	switch (depth > 0 ? below(m, 10) : below(m, 5)) {
	case 0:
		return make_enum(m);
	case 1:
		return (struct sized){ checked(btf__add_ptr(m->btf, 0)), 8 };
	case 2: {
		uint32_t size = below(m, 2) ? 4 : 8;

		return (struct sized){ checked(btf__add_float(m->btf, "real", size)), size };
	}
	case 5:
		return make_array(m, depth);
	case 6:
		return make_bits(m);
	case 7:
	case 8:
	case 9:
		return make_record(m, depth);
	default:
		return make_int(m);
	}
}

/* Bytes as they come, or mostly zeros, or letters: each makes other texts. */
static void fill(struct check_random *random, uint8_t *bytes, size_t size)
{
	uint64_t how = check_random_below(random, 4);
	size_t i;

	for (i = 0; i < size; i++) {
		bytes[i] = (uint8_t)check_random_next(random);
		if (how == 1 && check_random_below(random, 4))
			bytes[i] = 0;
		else if (how == 2)
			bytes[i] = (uint8_t)('a' + bytes[i] % 26);
		else if (how == 3)
			bytes[i] %= 3;
	}
}

static void any_value__of_any_type_is_read_as_it_was_written(void **state)
{
	struct made m = { .random = { 20 } };
	static uint8_t bytes[VALUE_BYTES];
	int i, j, made = 0;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		_cleanup_(skep_format_freep) struct skep_format *f = NULL;
		_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
		struct skep_error err = { .msg = "" };
		struct sized whole;

		m.btf = btf__new_empty();
		m.names = 0;
		check_int(btf__add_int(m.btf, "int", 4, BTF_INT_SIGNED), 1, "int");
		whole = make_type(&m, 4);
		btf = btf_made_open(m.btf, NULL);
		if (skep_format_new_btf(btf, whole.type, &f, &err) < 0)
			check_text(err.msg, "", "type %d", i);
		check_u64(skep_format_size(f), whole.size, "size of type %d", i);
		if (whole.size > VALUE_BYTES)
			continue;
		for (j = 0; j < VALUES; j++) {
			fill(&m.random, bytes, whole.size);
			check_round_trip(f, bytes, whole.size);
		}
		made++;
	}
	check_int(made > TYPES / 2, 1, "%d types", made);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_value__of_any_type_is_read_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
