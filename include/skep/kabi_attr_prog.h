/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_ATTR_PROG_H
#define SKEP_KABI_ATTR_PROG_H
/*
 * Attributes of the commands of bpf(2) on programs. See skep/kabi_attr.h.
 *
 * Source: union bpf_attr in include/uapi/linux/bpf.h.
 */
#include <stdint.h>

#include <skep/kabi_info.h>

/* BPF_PROG_LOAD */
struct skep_attr_prog_load {
	uint32_t prog_type; /* SKEP_PROG_TYPE_* */
	uint32_t insn_cnt;
	uint64_t insns;     /* pointer to 8-byte instructions */
	uint64_t license;   /* pointer to text */
	uint32_t log_level; /* SKEP_VERIFIER_LOG_* */
	uint32_t log_size;
	uint64_t log_buf; /* pointer */
	uint32_t kern_version;
	uint32_t prog_flags; /* SKEP_PROG_FLAG_* */
	char prog_name[SKEP_OBJ_NAME_LEN];
	uint32_t prog_ifindex;
	uint32_t expected_attach_type; /* SKEP_ATTACH_TYPE_* */
	uint32_t prog_btf_fd;
	uint32_t func_info_rec_size;
	uint64_t func_info; /* pointer */
	uint32_t func_info_cnt;
	uint32_t line_info_rec_size;
	uint64_t line_info; /* pointer */
	uint32_t line_info_cnt;
	uint32_t attach_btf_id;
	uint32_t attach_fd; /* of a program, or of the BTF that attach_btf_id is in */
	uint32_t core_relo_cnt;
	uint64_t fd_array;   /* pointer */
	uint64_t core_relos; /* pointer */
	uint32_t core_relo_rec_size;
	uint32_t log_true_size; /* out, 6.4: bytes that the whole log takes */
	int32_t prog_token_fd;  /* with SKEP_PROG_FLAG_TOKEN_FD */
	uint32_t fd_array_cnt;
	uint64_t signature; /* pointer */
	uint32_t signature_size;
	int32_t keyring_id;
};

/* BPF_PROG_ATTACH, PROG_DETACH */
struct skep_attr_prog_attach {
	uint32_t target; /* an fd, or an interface index */
	uint32_t attach_bpf_fd;
	uint32_t attach_type;    /* SKEP_ATTACH_TYPE_* */
	uint32_t attach_flags;   /* SKEP_ATTACH_FLAG_* */
	uint32_t replace_bpf_fd; /* with SKEP_ATTACH_FLAG_REPLACE */
	uint32_t relative;       /* an fd; an id with SKEP_ATTACH_FLAG_ID */
	uint64_t expected_revision;
};

/* BPF_PROG_QUERY */
struct skep_attr_prog_query {
	uint32_t target; /* an fd, or an interface index */
	uint32_t attach_type;
	uint32_t query_flags;  /* SKEP_QUERY_FLAG_* */
	uint32_t attach_flags; /* out */
	uint64_t prog_ids;     /* pointer to uint32_t */
	uint32_t count;        /* in/out: room, and how many there are */
	uint32_t pad;
	uint64_t prog_attach_flags; /* pointer to uint32_t */
	uint64_t link_ids;          /* pointer to uint32_t */
	uint64_t link_attach_flags; /* pointer to uint32_t */
	uint64_t revision;          /* out */
};

/* BPF_PROG_TEST_RUN */
struct skep_attr_prog_test_run {
	uint32_t prog_fd;
	uint32_t retval; /* out */
	uint32_t data_size_in;
	uint32_t data_size_out; /* in/out */
	uint64_t data_in;       /* pointer */
	uint64_t data_out;      /* pointer */
	uint32_t repeat;
	uint32_t duration; /* out: ns for each run */
	uint32_t ctx_size_in;
	uint32_t ctx_size_out; /* in/out */
	uint64_t ctx_in;       /* pointer */
	uint64_t ctx_out;      /* pointer */
	uint32_t flags;        /* SKEP_TEST_RUN_FLAG_* */
	uint32_t cpu;
	uint32_t batch_size;
	uint32_t pad;
};

/* BPF_RAW_TRACEPOINT_OPEN */
struct skep_attr_raw_tracepoint {
	uint64_t name; /* pointer to text */
	uint32_t prog_fd;
	uint32_t pad;
	uint64_t cookie;
};

/* BPF_TASK_FD_QUERY */
struct skep_attr_task_fd_query {
	uint32_t pid;
	uint32_t fd;
	uint32_t flags;
	uint32_t buf_len;      /* in/out */
	uint64_t buf;          /* pointer */
	uint32_t prog_id;      /* out */
	uint32_t fd_type;      /* out: SKEP_TASK_FD_TYPE_* */
	uint64_t probe_offset; /* out */
	uint64_t probe_addr;   /* out */
};

/* BPF_PROG_BIND_MAP */
struct skep_attr_prog_bind_map {
	uint32_t prog_fd;
	uint32_t map_fd;
	uint32_t flags;
};

/* BPF_PROG_STREAM_READ_BY_FD */
struct skep_attr_prog_stream_read {
	uint64_t buf; /* pointer */
	uint32_t buf_len;
	uint32_t stream_id; /* SKEP_PROG_STREAM_* */
	uint32_t prog_fd;
	uint32_t pad;
};

/* BPF_PROG_ASSOC_STRUCT_OPS */
struct skep_attr_prog_assoc_struct_ops {
	uint32_t map_fd;
	uint32_t prog_fd;
	uint32_t flags;
};

#endif
