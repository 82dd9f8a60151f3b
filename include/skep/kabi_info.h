/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_INFO_H
#define SKEP_KABI_INFO_H
/*
 * What the kernel tells of a map, a program, a link, BTF or a token: the structs of BPF_OBJ_GET_INFO_BY_FD in the
 * layout of Linux 7.3, whatever <linux/bpf.h> this is built with. Members have the kernel's names; pointers are 64 bits
 * wide on every machine.
 *
 * An older kernel fills a shorter struct and says how many bytes it wrote: SKEP_INFO_HAS() tells whether a member is
 * among them. "Since" below is the kernel that first has a member. What is marked "in a hole" has taken the place of
 * padding: older kernels leave it 0 and count it as written, and 0 means "none" in those members.
 *
 * Members that are addresses, with their counts or sizes beside them, are set by the caller before the call: where the
 * kernel is to write, and how much fits.
 *
 * Source: include/uapi/linux/bpf.h of the kernel; tests/kernel/test_kabi_btf compares with the BTF of the running one.
 */
#include <stddef.h>
#include <stdint.h>

#include <skep/kabi_link_info.h>

#define SKEP_OBJ_NAME_LEN 16  /* BPF_OBJ_NAME_LEN: names of maps and programs, with their NUL */
#define SKEP_TAG_SIZE 8       /* BPF_TAG_SIZE: a program's tag */
#define SKEP_BUILD_ID_SIZE 20 /* BPF_BUILD_ID_SIZE */

/* Whether the first filled_bytes bytes of a struct hold a member: SKEP_INFO_HAS(struct skep_map_info, hash, len). */
#define SKEP_INFO_HAS(type, member, filled_bytes) \
	(offsetof(type, member) + sizeof(((type *)0)->member) <= (size_t)(filled_bytes))

/* struct bpf_map_info. */
struct skep_map_info {
	uint32_t type; /* enum skep_map_type */
	uint32_t id;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t map_flags;                 /* enum skep_map_flag */
	char name[SKEP_OBJ_NAME_LEN];       /* since 4.15 */
	uint32_t ifindex;                   /* since 4.16: of the device that it is offloaded to */
	uint32_t btf_vmlinux_value_type_id; /* since 5.6, in a hole: of a struct_ops map */
	uint64_t netns_dev;                 /* since 4.16 */
	uint64_t netns_ino;                 /* since 4.16 */
	uint32_t btf_id;                    /* since 4.18 */
	uint32_t btf_key_type_id;           /* since 4.18 */
	uint32_t btf_value_type_id;         /* since 4.18 */
	uint32_t btf_vmlinux_id; /* since 6.9, in a hole: of the module with the struct_ops type */
	uint64_t map_extra; /* since 5.16: hash functions of a bloom filter, address of an arena */
	uint64_t hash;      /* since 6.18: address for the hash of a frozen map */
	uint32_t hash_size; /* since 6.18 */
	uint32_t pad;
};

/* struct bpf_prog_info. */
struct skep_prog_info {
	uint32_t type; /* enum skep_prog_type */
	uint32_t id;
	uint8_t tag[SKEP_TAG_SIZE];
	uint32_t jited_prog_len;      /* bytes */
	uint32_t xlated_prog_len;     /* bytes */
	uint64_t jited_prog_insns;    /* address */
	uint64_t xlated_prog_insns;   /* address */
	uint64_t load_time;           /* since 4.15: nanoseconds since boot */
	uint32_t created_by_uid;      /* since 4.15 */
	uint32_t nr_map_ids;          /* since 4.15 */
	uint64_t map_ids;             /* since 4.15: address of uint32_t[nr_map_ids] */
	char name[SKEP_OBJ_NAME_LEN]; /* since 4.15 */
	uint32_t ifindex;             /* since 4.16 */
	uint32_t gpl_compatible : 1;  /* since 4.18 */
	uint32_t reserved : 31;
	uint64_t netns_dev;          /* since 4.16 */
	uint64_t netns_ino;          /* since 4.16 */
	uint32_t nr_jited_ksyms;     /* since 4.18 */
	uint32_t nr_jited_func_lens; /* since 4.18 */
	uint64_t jited_ksyms;        /* since 4.18: address of uint64_t[nr_jited_ksyms] */
	uint64_t jited_func_lens;    /* since 4.18: address of uint32_t[nr_jited_func_lens] */
	uint32_t btf_id;             /* since 5.0 */
	uint32_t func_info_rec_size; /* since 5.0 */
	uint64_t func_info;          /* since 5.0: address of struct skep_func_info[nr_func_info] */
	uint32_t nr_func_info;       /* since 5.0 */
	uint32_t nr_line_info;       /* since 5.0 */
	uint64_t line_info;          /* since 5.0: address of struct skep_line_info[nr_line_info] */
	uint64_t jited_line_info;    /* since 5.0: address of uint64_t[nr_jited_line_info] */
	uint32_t nr_jited_line_info; /* since 5.0 */
	uint32_t line_info_rec_size; /* since 5.0 */
	uint32_t jited_line_info_rec_size; /* since 5.0 */
	uint32_t nr_prog_tags;             /* since 5.0 */
	uint64_t prog_tags;         /* since 5.0: address of uint8_t[nr_prog_tags][SKEP_TAG_SIZE] */
	uint64_t run_time_ns;       /* since 5.1: 0 while statistics are off */
	uint64_t run_cnt;           /* since 5.1: 0 while statistics are off */
	uint64_t recursion_misses;  /* since 5.12 */
	uint32_t verified_insns;    /* since 5.16 */
	uint32_t attach_btf_obj_id; /* since 6.0, in a hole */
	uint32_t attach_btf_id;     /* since 6.0 */
	uint32_t pad;
};

/* struct bpf_btf_info. */
struct skep_btf_info {
	uint64_t btf;      /* address */
	uint32_t btf_size; /* bytes */
	uint32_t id;
	uint64_t name;       /* since 5.11: address */
	uint32_t name_len;   /* since 5.11 */
	uint32_t kernel_btf; /* since 5.11: 1 for the kernel's own and its modules' */
};

/* struct bpf_token_info, since 6.17: what a token delegates, a bit for each number of the enum. */
struct skep_token_info {
	uint64_t allowed_cmds;    /* 1 << enum skep_command */
	uint64_t allowed_maps;    /* 1 << enum skep_map_type */
	uint64_t allowed_progs;   /* 1 << enum skep_prog_type */
	uint64_t allowed_attachs; /* 1 << enum skep_attach_type */
};

/* struct bpf_func_info: which type a function has. */
struct skep_func_info {
	uint32_t insn_off; /* instructions */
	uint32_t type_id;
};

/* struct bpf_line_info: which line of the source an instruction comes from. */
struct skep_line_info {
	uint32_t insn_off; /* instructions */
	uint32_t file_name_off;
	uint32_t line_off;
	uint32_t line_col; /* SKEP_LINE_INFO_LINE(), SKEP_LINE_INFO_COLUMN() */
};

#define SKEP_LINE_INFO_LINE(line_col) ((uint32_t)(line_col) >> 10)
#define SKEP_LINE_INFO_COLUMN(line_col) ((uint32_t)(line_col)&0x3ff)

#endif
