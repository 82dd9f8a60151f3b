/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SYS_PROG_H
#define SKEP_SYS_PROG_H
/*
 * bpf(2) on programs: load, attach without a link, query, run, bind.
 */
#include <skep/base.h>
#include <skep/kabi_attr.h>

SKEP_BEGIN

struct skep_error;

/**
 * skep_sys_prog_load() - have a program verified and loaded
 * @attr:       in/out: the kernel writes log_true_size
 * @attr_bytes: sizeof(*@attr)
 *
 * With log_buf and log_level 0 the log is wanted only if the program is refused: it is loaded without, and again with
 * SKEP_VERIFIER_LOG_BASIC when that fails. Without log_buf the library does so with a buffer of its own, for the reason
 * in @err, if there is an @err. With a log_level the log is always written; one that does not fit keeps
 * its end from 6.4 on, its beginning before. The kernel's request to try again (EAGAIN, a signal came) is met five
 * times.
 *
 * Return: an fd, owned by the caller; -EPERM a capability is missing; -ENOSPC the log does not fit, though the
 *         program is good; with kind SKEP_ERR_VERIFIER, -EACCES, -EINVAL and others: the verifier refused it, and
 *         the last line of the log is in @err; else a negative errno.
 * Context: up to ten system calls; verification may take seconds.
 * Source: bpf(2) BPF_PROG_LOAD; kernel/bpf/verifier.c.
 */
int skep_sys_prog_load(struct skep_attr_prog_load *attr, size_t attr_bytes, struct skep_error *err);

/**
 * skep_sys_prog_attach() - attach a program without a link
 * @attr:       target, attach_bpf_fd, attach_type, attach_flags ...
 * @attr_bytes: sizeof(*@attr)
 *
 * It stays when this process ends: skep_sys_prog_detach().
 *
 * Return: 0; -EINVAL the type does not go with the target; -EPERM a capability is missing, or the flags of what is
 *         attached do not allow it; -ESTALE expected_revision is not the present one; else a negative errno.
 * Source: bpf(2) BPF_PROG_ATTACH.
 */
int skep_sys_prog_attach(const struct skep_attr_prog_attach *attr, size_t attr_bytes,
			 struct skep_error *err);

/**
 * skep_sys_prog_detach() - detach what was attached without a link
 * @attr:       as it was attached
 * @attr_bytes: sizeof(*@attr)
 *
 * Return: 0; -ENOENT it is not attached; else a negative errno.
 * Source: bpf(2) BPF_PROG_DETACH.
 */
int skep_sys_prog_detach(const struct skep_attr_prog_attach *attr, size_t attr_bytes,
			 struct skep_error *err);

/**
 * skep_sys_prog_query() - which programs are attached
 * @attr:       in/out: target, attach_type, arrays with room for count ids
 * @attr_bytes: sizeof(*@attr)
 *
 * Return: 0; -ENOSPC there are more: count says how many; -EINVAL the type cannot be asked for; else a negative
 *         errno.
 * Source: bpf(2) BPF_PROG_QUERY.
 */
int skep_sys_prog_query(struct skep_attr_prog_query *attr, size_t attr_bytes,
			struct skep_error *err);

/**
 * skep_sys_prog_test_run() - run a program on data of the caller
 * @attr:       in/out: prog_fd, data and context; retval, duration (ns for each run), sizes of what came out
 * @attr_bytes: sizeof(*@attr)
 *
 * Return: 0; -ENOSPC data_out or ctx_out is too small, and filled as far as it goes; -EINTR a signal came;
 *         -EOPNOTSUPP programs of this type cannot be run so; else a negative errno.
 * Source: bpf(2) BPF_PROG_TEST_RUN; net/bpf/test_run.c.
 */
int skep_sys_prog_test_run(struct skep_attr_prog_test_run *attr, size_t attr_bytes,
			   struct skep_error *err);

/**
 * skep_sys_prog_bind_map() - let a program hold a map that its code does not name
 * @prog_fd: the program
 * @map_fd:  the map
 *
 * Return: 0, also if it holds it already; else a negative errno.
 * Source: bpf(2) BPF_PROG_BIND_MAP, 5.10.
 */
int skep_sys_prog_bind_map(int prog_fd, int map_fd, struct skep_error *err);

/**
 * skep_sys_prog_stream_read() - read what a program has written to a stream
 * @prog_fd:   the program
 * @stream_id: SKEP_PROG_STREAM_STDOUT or SKEP_PROG_STREAM_STDERR
 * @buf:       where the text goes; it is not NUL-terminated
 * @size:      bytes of @buf
 *
 * Return: bytes that were read, 0 nothing is there; -EINVAL this kernel (before 6.17) has no streams; else a negative
 *         errno.
 * Source: kernel/bpf/stream.c.
 */
int skep_sys_prog_stream_read(int prog_fd, uint32_t stream_id, void *buf, size_t size);

/**
 * skep_sys_prog_assoc_struct_ops() - tie a program to a struct_ops map
 * @prog_fd: the program
 * @map_fd:  of the struct_ops map
 *
 * Return: 0; -EINVAL this kernel (before 7.0) has no such command; else a negative errno.
 * Source: bpf(2) BPF_PROG_ASSOC_STRUCT_OPS.
 */
int skep_sys_prog_assoc_struct_ops(int prog_fd, int map_fd, struct skep_error *err);

/**
 * skep_sys_raw_tracepoint_open() - attach to a raw tracepoint
 * @prog_fd: the program
 * @name:    of the tracepoint; NULL for programs that were loaded for their target (BTF)
 * @cookie:  for bpf_get_attach_cookie() (6.10); 0: none
 *
 * Return: an fd, owned by the caller, that holds the attachment; -ENOENT no such tracepoint; else a negative errno.
 * Source: bpf(2) BPF_RAW_TRACEPOINT_OPEN.
 */
int skep_sys_raw_tracepoint_open(int prog_fd, const char *name, uint64_t cookie,
				 struct skep_error *err);

/**
 * skep_sys_enable_stats() - have run time and run count of programs measured
 * @type: SKEP_STATS_TYPE_RUN_TIME
 *
 * Return: an fd, owned by the caller: the kernel measures while one is open; else a negative errno.
 * Source: bpf(2) BPF_ENABLE_STATS, 5.8.
 */
int skep_sys_enable_stats(uint32_t type, struct skep_error *err);

/**
 * skep_sys_task_fd_query() - what a perf event or raw tracepoint fd of a process is attached to
 * @attr:       in/out: pid, fd, buf and buf_len; prog_id, fd_type, probe_offset, probe_addr
 * @attr_bytes: sizeof(*@attr)
 *
 * Return: 0; -ENOSPC the name does not fit buf, and is cut; -EOPNOTSUPP the fd is of another kind; else a negative
 *         errno.
 * Source: bpf(2) BPF_TASK_FD_QUERY.
 */
int skep_sys_task_fd_query(struct skep_attr_task_fd_query *attr, size_t attr_bytes,
			   struct skep_error *err);

SKEP_END
#endif
