/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_BTF_CHECK_H
#define SYS_BTF_CHECK_H
/*
 * Whether bytes are BTF: asked before libbpf reads them, which believes more of what they say than is safe.
 */
#include <stddef.h>
#include <stdint.h>

struct skep_error;

struct sys_btf_extent {
	uint32_t type_count;   /* void and those of the base included */
	uint32_t string_bytes; /* those of the base included */
};

/*
 * sys_btf_check() - look at every header, section, type and reference
 * @data:       @size bytes, of either byte order and any alignment
 * @base:       of a split BTF; NULL: there is none
 * @ret_extent: what there is
 *
 * Afterwards every type and its parts lie inside of the section, every id that is mentioned is one of a type, and every
 * name is a string that ends inside of the section. Loops are left to sys_btf_check_c().
 *
 * Return: 0; -EINVAL with the place and the reason; -EOPNOTSUPP kinds or a version that are not known.
 * Source: Documentation/bpf/btf.rst of the kernel; btf_parse_hdr() and btf_check_all_metas() in kernel/bpf/btf.c.
 */
int sys_btf_check(const void *data, size_t size, const struct sys_btf_extent *base,
		  struct sys_btf_extent *ret_extent, struct skep_error *err);

#endif
