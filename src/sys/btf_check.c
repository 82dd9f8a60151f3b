/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/btf_check.h"

#include <byteswap.h>
#include <errno.h>
#include <linux/btf.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"

#define TYPE_BYTES 12u
#define NAME_MAX_OFFSET 0x7fffffffu /* libbpf's limit on the strings of all */

enum third {
	NONE,
	SIZE,
	TYPE,
};

/* The words of the last columns of btf_kind.def. */
static const struct {
	uint8_t third, tail, element;
} kinds[] = {
#define SKEP_KABI_ROW(id, number, macro, name, title, major, minor, third, tail, element) \
	[number] = { third, tail, element },
#include "kabi/btf_kind.def"
#undef SKEP_KABI_ROW
};

struct check {
	const unsigned char *types, *strings;
	uint32_t type_bytes;
	int swapped; /* the byte order is not this machine's */
	struct sys_btf_extent base, all;
	struct skep_error *err;
};

/* A type as it stands there, its words in our byte order. */
struct type {
	uint32_t id, at; /* offset in the section */
	uint32_t name, kind, vlen, third;
};

static uint32_t word(const struct check *c, const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return c->swapped ? bswap_32(value) : value;
}

static int broken(const struct check *c, const char *what)
{
	return skep_fail(c->err, -EINVAL, SKEP_ERR_SYSCALL, "%s.", what);
}

static int check_header(struct check *c, const unsigned char *data, size_t size)
{
	const struct btf_header *h; /* for offsets alone: the bytes may lie anywhere */
	uint32_t header_bytes, type_off, string_off, string_bytes;
	uint64_t room;
	uint16_t magic = 0;

	if (size >= sizeof(magic))
		memcpy(&magic, data, sizeof(magic));
	if (magic != BTF_MAGIC && magic != bswap_16(BTF_MAGIC))
		return broken(c, "not BTF: it does not begin with the magic number eb9f");
	if (size < sizeof(*h))
		return broken(c, "cut off in the header");
	c->swapped = magic != BTF_MAGIC;
	if (data[offsetof(struct btf_header, version)] != BTF_VERSION ||
	    data[offsetof(struct btf_header, flags)])
		return skep_fail(
			c->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"BTF version %u with flags 0x%x: this version of skep knows 1 and 0.",
			data[offsetof(struct btf_header, version)],
			data[offsetof(struct btf_header, flags)]);
	header_bytes = word(c, data + offsetof(struct btf_header, hdr_len));
	if (header_bytes < sizeof(*h) || header_bytes % 4 || header_bytes > size)
		return broken(c, "the header's length is wrong");
	/* libbpf looks for sections behind a header of the length that it knows */
	if (header_bytes != sizeof(*h))
		return skep_fail(c->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "a header of %u bytes: this version of skep knows %zu.",
				 header_bytes, sizeof(*h));
	room = size - header_bytes;
	type_off = word(c, data + offsetof(struct btf_header, type_off));
	c->type_bytes = word(c, data + offsetof(struct btf_header, type_len));
	string_off = word(c, data + offsetof(struct btf_header, str_off));
	string_bytes = word(c, data + offsetof(struct btf_header, str_len));
	if ((uint64_t)type_off + c->type_bytes > room || (uint64_t)string_off + string_bytes > room)
		return broken(c, "cut off: a section lies beyond the end");
	if (type_off % 4 || (uint64_t)type_off + c->type_bytes > string_off)
		return broken(c, "the sections of types and strings are out of order");
	c->types = data + header_bytes + type_off;
	c->strings = data + header_bytes + string_off;
	if (!string_bytes ? !c->base.string_bytes : c->strings[string_bytes - 1] != '\0')
		return broken(c, "the section of strings does not end with a NUL");
	if (!c->base.string_bytes && c->strings[0] != '\0')
		return broken(c,
			      "its first string is not empty: this is split BTF, which needs its "
			      "base (of a module: /sys/kernel/btf/vmlinux)");
	if ((uint64_t)c->base.string_bytes + string_bytes > NAME_MAX_OFFSET)
		return broken(c, "too many strings");
	c->all.string_bytes = c->base.string_bytes + string_bytes;
	return 0;
}

/* The type at @t->at, if all of it lies in the section. Return: 0; an error. */
static int read_type(const struct check *c, struct type *t)
{
	const unsigned char *at = c->types + t->at;
	uint32_t info, bytes;

	if (c->type_bytes - t->at < TYPE_BYTES)
		return skep_fail(c->err, -EINVAL, SKEP_ERR_SYSCALL, "type [%u] is cut off.", t->id);
	t->name = word(c, at);
	info = word(c, at + 4);
	t->third = word(c, at + 8);
	t->kind = BTF_INFO_KIND(info);
	t->vlen = BTF_INFO_VLEN(info);
	if (t->kind == BTF_KIND_UNKN || t->kind >= ARRAY_SIZE(kinds))
		return skep_fail(
			c->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"type [%u] is of kind %u, which this version of skep does not know.", t->id,
			t->kind);
	bytes = kinds[t->kind].tail + t->vlen * kinds[t->kind].element;
	if (c->type_bytes - t->at - TYPE_BYTES < bytes)
		return skep_fail(c->err, -EINVAL, SKEP_ERR_SYSCALL, "type [%u] is cut off.", t->id);
	return 0;
}

static uint32_t next_type(const struct type *t)
{
	return t->at + TYPE_BYTES + kinds[t->kind].tail + t->vlen * kinds[t->kind].element;
}

static int count_types(struct check *c)
{
	struct type t = { .id = c->base.type_count };
	int r;

	for (; t.at < c->type_bytes; t.at = next_type(&t), t.id++) {
		r = read_type(c, &t);
		if (r < 0)
			return r;
	}
	c->all.type_count = t.id;
	return 0;
}

static int check_name(const struct check *c, const struct type *t, uint32_t name)
{
	return name < c->all.string_bytes
		       ? 0
		       : skep_fail(c->err, -EINVAL, SKEP_ERR_SYSCALL,
				   "type [%u]: its name, or that of a part of it, lies beyond the "
				   "strings%s.",
				   t->id, c->base.string_bytes ? "" : " (or a base is missing)");
}

static int check_ref(const struct check *c, const struct type *t, uint32_t id)
{
	return id < c->all.type_count
		       ? 0
		       : skep_fail(c->err, -EINVAL, SKEP_ERR_SYSCALL,
				   "type [%u] refers to [%u], and there %s%u%s.", t->id, id,
				   c->all.type_count == 1 ? "is only " : "are only types up to ",
				   c->all.type_count - 1,
				   c->base.string_bytes ? "" : " (or a base is missing)");
}

/* What follows the three words: which of them are names and which are types differs by kind. */
static int check_parts(const struct check *c, const struct type *t)
{
	const unsigned char *at = c->types + t->at + TYPE_BYTES;
	int names = t->kind != BTF_KIND_DATASEC, ref_at = -1, r = 0;
	uint32_t i, size = kinds[t->kind].element;

	if (t->kind == BTF_KIND_ARRAY) {
		r = check_ref(c, t, word(c, at));
		return r < 0 ? r : check_ref(c, t, word(c, at + 4));
	}
	if (t->kind == BTF_KIND_STRUCT || t->kind == BTF_KIND_UNION ||
	    t->kind == BTF_KIND_FUNC_PROTO)
		ref_at = 4;
	else if (t->kind == BTF_KIND_DATASEC)
		ref_at = 0;
	for (i = 0; size && i < t->vlen && r == 0; i++, at += size) {
		if (names)
			r = check_name(c, t, word(c, at));
		if (r == 0 && ref_at >= 0)
			r = check_ref(c, t, word(c, at + ref_at));
	}
	return r;
}

static int check_types(const struct check *c)
{
	struct type t = { .id = c->base.type_count };
	int r;

	for (; t.at < c->type_bytes; t.at = next_type(&t), t.id++) {
		r = read_type(c, &t);
		if (r == 0)
			r = check_name(c, &t, t.name);
		if (r == 0 && kinds[t.kind].third == TYPE)
			r = check_ref(c, &t, t.third);
		if (r == 0)
			r = check_parts(c, &t);
		if (r < 0)
			return r;
	}
	return 0;
}

int sys_btf_check(const void *data, size_t size, const struct sys_btf_extent *base,
		  struct sys_btf_extent *ret_extent, struct skep_error *err)
{
	struct check c = { .types = data, .base = { .type_count = 1 }, .err = err };
	int r;

	if (base)
		c.base = *base;
	r = check_header(&c, data, size);
	if (r == 0)
		r = count_types(&c);
	if (r == 0)
		r = check_types(&c);
	if (r == 0)
		*ret_extent = c.all;
	return r;
}
