/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_BTF_PATH_H
#define SKEP_BTF_PATH_H
/*
 * A part of a value, by the words that C has for it: cfg.limits[2].rate.
 *
 * The path is found once; with it, the part is written as text, and set from a literal as skep/format.h reads it. What
 * stands beside it keeps its bits. Members of anonymous structs and unions are found as in C. Nothing follows pointers:
 * what they point to is not in the value.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_btf;
struct skep_error;
struct skep_json;

/* Where a part is, from the beginning of the value. */
struct skep_btf_path {
	uint64_t type;   /* its type, with the typedefs and qualifiers that it was declared with */
	uint64_t offset; /* bytes */
	uint64_t size;   /* bytes; of a bit-field, those that it has a part of */
	uint64_t bit_offset; /* of a bit-field: from @offset, 0 to 7, in the order of the machine */
	uint64_t bit_size;   /* of a bit-field; 0: it is none */
};

/**
 * skep_btf_path_find() - find a part
 * @btf:      the types
 * @type:     of the whole value; 0: the path begins with the name of a variable, and that is the whole
 * @path:     names with "." between them, and [N]; of a section (SKEP_BTF_KIND_DATASEC) it begins with a variable;
 *            "": the whole, if @type is not 0
 * @ret_path: where it is
 *
 * Return: 0; -ENOENT there is no such variable, member or type; -ERANGE an array has fewer elements; -EINVAL the path is
 *         none, or goes into what has no parts: @err says at which column; -EOVERFLOW types that are larger than memory.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
int skep_btf_path_find(const struct skep_btf *btf, uint32_t type, const char *path,
		       struct skep_btf_path *ret_path, struct skep_error *err);

/**
 * skep_btf_path_text() - a part as text
 * @btf:      of skep_btf_path_find()
 * @path:     of skep_btf_path_find()
 * @bytes:    the whole value
 * @size:     its bytes
 * @buf:      NUL-terminated unless @buf_size is 0
 * @buf_size: bytes of @buf
 *
 * Return: the length, as skep_format_text(); -EINVAL the value ends before the part; a negative errno of that and of
 *         skep_format_new_btf().
 * Source: skep/format.h.
 */
int skep_btf_path_text(const struct skep_btf *btf, const struct skep_btf_path *path,
		       const void *bytes, size_t size, char *buf, size_t buf_size,
		       struct skep_error *err);

/**
 * skep_btf_path_json() - a part as JSON
 * @btf:   of skep_btf_path_find()
 * @path:  of skep_btf_path_find()
 * @bytes: the whole value
 * @size:  its bytes
 * @json:  a document being written
 * @key:   name of the member, or NULL
 *
 * Return: 0; as skep_btf_path_text().
 * Source: skep/format.h.
 */
int skep_btf_path_json(const struct skep_btf *btf, const struct skep_btf_path *path,
		       const void *bytes, size_t size, struct skep_json *json, const char *key,
		       struct skep_error *err);

/**
 * skep_btf_path_parse() - set a part
 * @btf:   of skep_btf_path_find()
 * @path:  of skep_btf_path_find()
 * @text:  a literal as of skep_format_parse(): 7, 0x1f, "name", {.rate = 3}, [1, 2]
 * @bytes: the whole value; on failure it is as it was
 * @size:  its bytes
 *
 * Return: 0; -EINVAL, -ERANGE and others as skep_format_parse(); -ERANGE a _Bool that is neither 0 nor 1; -EINVAL the value
 *         ends before the part.
 * Source: skep/format.h.
 */
int skep_btf_path_parse(const struct skep_btf *btf, const struct skep_btf_path *path,
			const char *text, void *bytes, size_t size, struct skep_error *err);

SKEP_END
#endif
