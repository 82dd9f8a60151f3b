/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_BTF_H
#define CLI_BTF_H
#include <stdint.h>

struct skep_btf;
struct skep_json;

/* A type with its parts, as an element of an array; the names of members are those of bpftool. */
void btf_json_type(struct skep_json *j, const struct skep_btf *btf, uint32_t id);

#endif
