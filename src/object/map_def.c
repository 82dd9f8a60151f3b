/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/map_def.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/object.h"

#define NESTING_MAX 32 /* qualifiers and typedefs before a type; BTF may go in circles */
#define MEMBER_BYTES 8u

static const char *const member_names[OBJECT_MAP_MEMBERS] = {
	[OBJECT_MAP_MEMBER_TYPE] = "type",
	[OBJECT_MAP_MEMBER_KEY] = "key",
	[OBJECT_MAP_MEMBER_KEY_SIZE] = "key_size",
	[OBJECT_MAP_MEMBER_VALUE] = "value",
	[OBJECT_MAP_MEMBER_VALUE_SIZE] = "value_size",
	[OBJECT_MAP_MEMBER_MAX_ENTRIES] = "max_entries",
	[OBJECT_MAP_MEMBER_MAP_FLAGS] = "map_flags",
	[OBJECT_MAP_MEMBER_NUMA_NODE] = "numa_node",
	[OBJECT_MAP_MEMBER_PINNING] = "pinning",
	[OBJECT_MAP_MEMBER_MAP_EXTRA] = "map_extra",
	[OBJECT_MAP_MEMBER_VALUES] = "values",
};

/* Return: a member; OBJECT_MAP_MEMBERS: not one of a map. */
static enum object_map_member member_of(const char *name)
{
	enum object_map_member m;

	for (m = 0; m < OBJECT_MAP_MEMBERS; m++)
		if (!strcmp(member_names[m], name))
			break;
	return m;
}

/* Behind qualifiers and typedefs. Return: NULL: a circle. */
static const struct btf_type *resolve(const struct btf *btf, uint32_t *id)
{
	const struct btf_type *t = btf__type_by_id(btf, *id);
	int depth = 0;

	while (t && (btf_is_mod(t) || btf_is_typedef(t)) && depth++ < NESTING_MAX) {
		*id = t->type;
		t = btf__type_by_id(btf, *id);
	}
	return depth < NESTING_MAX ? t : NULL;
}

/* The number that a member tells: the length of the array that it points to. */
static int number_of(const struct btf *btf, uint32_t id, uint32_t *ret)
{
	const struct btf_type *t = resolve(btf, &id);

	if (!t || !btf_is_ptr(t))
		return -EINVAL;
	id = t->type;
	t = resolve(btf, &id);
	if (!t || !btf_is_array(t))
		return -EINVAL;
	*ret = btf_array(t)->nelems;
	return 0;
}

/* The type that a member tells: what it points to; and its size. */
static int pointed_to(const struct btf *btf, uint32_t id, uint32_t *ret_id, uint32_t *ret_size)
{
	const struct btf_type *t = resolve(btf, &id);
	int64_t size;

	if (!t || !btf_is_ptr(t))
		return -EINVAL;
	size = btf__resolve_size(btf, t->type);
	if (size < 0 || size > UINT32_MAX)
		return -EINVAL;
	*ret_id = t->type;
	*ret_size = (uint32_t)size;
	return 0;
}

/* __array(values, T): an array of pointers to T. */
static int elements_of(const struct btf *btf, uint32_t id, uint32_t *ret_id)
{
	const struct btf_type *t = resolve(btf, &id);

	if (!t || !btf_is_array(t))
		return -EINVAL;
	id = btf_array(t)->type;
	t = resolve(btf, &id);
	if (!t || !btf_is_ptr(t))
		return -EINVAL;
	id = t->type;
	if (!resolve(btf, &id))
		return -EINVAL;
	*ret_id = id;
	return 0;
}

static int parse_member(const struct btf *btf, enum object_map_member member, uint32_t type,
			uint32_t bit, struct object_map_def *def)
{
	switch (member) {
	case OBJECT_MAP_MEMBER_TYPE:
		return number_of(btf, type, &def->type);
	case OBJECT_MAP_MEMBER_KEY:
		return pointed_to(btf, type, &def->key_type, &def->key_size);
	case OBJECT_MAP_MEMBER_KEY_SIZE:
		return number_of(btf, type, &def->key_size);
	case OBJECT_MAP_MEMBER_VALUE:
		return pointed_to(btf, type, &def->value_type, &def->value_size);
	case OBJECT_MAP_MEMBER_VALUE_SIZE:
		return number_of(btf, type, &def->value_size);
	case OBJECT_MAP_MEMBER_MAX_ENTRIES:
		return number_of(btf, type, &def->max_entries);
	case OBJECT_MAP_MEMBER_MAP_FLAGS:
		return number_of(btf, type, &def->map_flags);
	case OBJECT_MAP_MEMBER_NUMA_NODE:
		return number_of(btf, type, &def->numa_node);
	case OBJECT_MAP_MEMBER_PINNING:
		return number_of(btf, type, &def->pinning);
	case OBJECT_MAP_MEMBER_MAP_EXTRA:
		return number_of(btf, type, &def->map_extra);
	case OBJECT_MAP_MEMBER_VALUES:
		def->values_at = bit / 8;
		return elements_of(btf, type, &def->values_type);
	default:
		return 0;
	}
}

int object_map_def_parse(const struct btf *btf, uint32_t type_id, const char *name,
			 struct object_map_def *ret_def, struct skep_error *err)
{
	const struct btf_type *t = resolve(btf, &type_id);
	struct object_map_def def = { 0 };
	const struct btf_member *m;
	enum object_map_member member;
	const char *member_name;
	unsigned i;

	if (!t || !btf_is_struct(t))
		return object_fail(err, "map '%.64s': its definition is no struct.", name);
	for (i = 0, m = btf_members(t); i < btf_vlen(t); i++, m++) {
		member_name = btf__name_by_offset(btf, m->name_off);
		member = member_of(member_name ? member_name : "");
		if (member == OBJECT_MAP_MEMBERS)
			return object_fail(err, "map '%.64s': '%.64s' is no property of maps.",
					   name,
					   member_name && *member_name ? member_name : "(no name)");
		if (def.has >> member & 1)
			return object_fail(err, "map '%.64s': it says twice what its %s is.", name,
					   member_names[member]);
		def.has |= 1u << member;
		if (parse_member(btf, member, m->type, btf_member_bit_offset(t, i), &def) < 0)
			return object_fail(
				err,
				"map '%.64s': what it says of its %s is neither a number "
				"(__uint) nor a type (__type).",
				name, member_names[member]);
	}
	*ret_def = def;
	return 0;
}

/* Return: the id of a pointer to an array of so many; a negative errno. */
static int add_number(struct btf *btf, uint32_t number)
{
	int integer = btf__find_by_name_kind(btf, "int", BTF_KIND_INT), array;

	if (integer < 0)
		integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	array = integer < 0 ? integer : btf__add_array(btf, integer, integer, number);
	return array < 0 ? array : btf__add_ptr(btf, array);
}

static uint32_t number_in(const struct object_map_def *def, enum object_map_member member)
{
	switch (member) {
	case OBJECT_MAP_MEMBER_TYPE:
		return def->type;
	case OBJECT_MAP_MEMBER_KEY_SIZE:
		return def->key_size;
	case OBJECT_MAP_MEMBER_VALUE_SIZE:
		return def->value_size;
	case OBJECT_MAP_MEMBER_MAX_ENTRIES:
		return def->max_entries;
	case OBJECT_MAP_MEMBER_MAP_FLAGS:
		return def->map_flags;
	case OBJECT_MAP_MEMBER_NUMA_NODE:
		return def->numa_node;
	case OBJECT_MAP_MEMBER_PINNING:
		return def->pinning;
	default:
		return def->map_extra;
	}
}

/* The types of members have to be there before the struct is begun. */
struct planned {
	const char *name;
	int type;
	uint32_t bit;
};

static int add_struct(struct btf *btf, const struct planned *p, size_t count, uint32_t size)
{
	int id = btf__add_struct(btf, NULL, size), r;
	size_t i;

	for (i = 0; i < count && id >= 0; i++) {
		r = btf__add_field(btf, p[i].name, p[i].type, p[i].bit, 0);
		if (r < 0)
			return r;
	}
	return id;
}

static int plan_number(struct btf *btf, const struct object_map_def *def,
		       enum object_map_member member, uint32_t bit, struct planned *p)
{
	p->type = add_number(btf, number_in(def, member));
	p->name = member_names[member];
	p->bit = bit;
	return p->type < 0 ? p->type : 0;
}

static int plan_values(struct btf *btf, const struct object_map_def *def, uint32_t bit,
		       struct planned *p)
{
	int integer = btf__find_by_name_kind(btf, "int", BTF_KIND_INT);
	int pointer = btf__add_ptr(btf, (int)def->values_type);

	if (integer < 0 || pointer < 0)
		return -ENOMEM;
	p->type = btf__add_array(btf, integer, pointer, 0);
	p->name = member_names[OBJECT_MAP_MEMBER_VALUES];
	p->bit = bit;
	return p->type < 0 ? p->type : 0;
}

int object_map_def_add(struct btf *btf, const struct object_map_def *def, uint32_t *ret_size)
{
	struct planned p[OBJECT_MAP_MEMBERS];
	enum object_map_member m;
	uint32_t n = 0;
	int r;

	for (m = 0; m < OBJECT_MAP_MEMBERS; m++) {
		if (!object_map_def_has(def, m))
			continue;
		r = m == OBJECT_MAP_MEMBER_VALUES
			    ? plan_values(btf, def, n * MEMBER_BYTES * 8, &p[n])
			    : plan_number(btf, def, m, n * MEMBER_BYTES * 8, &p[n]);
		if (r < 0)
			return r;
		n++;
	}
	*ret_size = n * MEMBER_BYTES;
	return add_struct(btf, p, n, *ret_size);
}

/* What becomes of a member. Return: what stands in its place; OBJECT_MAP_MEMBERS: it goes. */
static enum object_map_member successor(enum object_map_member m, uint32_t drop, uint32_t set)
{
	if (m == OBJECT_MAP_MEMBER_KEY && set >> OBJECT_MAP_MEMBER_KEY_SIZE & 1)
		return OBJECT_MAP_MEMBER_KEY_SIZE;
	if (m == OBJECT_MAP_MEMBER_VALUE && set >> OBJECT_MAP_MEMBER_VALUE_SIZE & 1)
		return OBJECT_MAP_MEMBER_VALUE_SIZE;
	return drop >> m & 1 ? OBJECT_MAP_MEMBERS : m;
}

int object_map_def_change(struct btf *btf, uint32_t type_id, const struct object_map_def *def,
			  uint32_t drop, uint32_t set)
{
	const struct btf_type *t = resolve(btf, &type_id);
	struct planned p[OBJECT_MAP_MEMBERS];
	const uint32_t size = t->size, count = btf_vlen(t);
	enum object_map_member m;
	struct btf_member member;
	uint32_t i, bit, n = 0, done = 0;
	int r;

	for (i = 0; i < count; i++) {
		t = btf__type_by_id(btf, type_id); /* adding types moves the old ones */
		member = btf_members(t)[i];
		bit = btf_member_bit_offset(t, i);
		m = successor(member_of(btf__name_by_offset(btf, member.name_off)), drop, set);
		if (m == OBJECT_MAP_MEMBERS || done >> m & 1)
			continue;
		done |= 1u << m;
		p[n] = (struct planned){ member_names[m], (int)member.type, bit };
		r = set >> m & 1 ? plan_number(btf, def, m, bit, &p[n]) : 0;
		if (r < 0)
			return r;
		n++;
	}
	return add_struct(btf, p, n, size);
}
