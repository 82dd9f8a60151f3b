/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SYS_BTF_H
#define SKEP_SYS_BTF_H
/*
 * bpf(2) on BTF and on tokens.
 */
#include <skep/base.h>
#include <skep/kabi_attr.h>

SKEP_BEGIN

struct skep_error;

/**
 * skep_sys_btf_load() - give the kernel types
 * @attr:       in/out: btf, btf_size; btf_log_buf as for skep_sys_prog_load()
 * @attr_bytes: sizeof(*@attr)
 *
 * Return: an fd, owned by the caller; -EINVAL the BTF is not valid, or has kinds that this kernel does not know: the
 *         last line of the log is in @err; else a negative errno.
 * Source: bpf(2) BPF_BTF_LOAD, 4.18.
 */
int skep_sys_btf_load(struct skep_attr_btf_load *attr, size_t attr_bytes, struct skep_error *err);

/**
 * skep_sys_token_create() - make a token of the rights that a bpffs delegates
 * @bpffs_fd: its root directory, opened for reading (an O_PATH fd will not do)
 *
 * Return: an fd, owned by the caller; -ENOENT the bpffs delegates nothing; -EPERM it belongs to another user
 *         namespace, or a capability is missing in it; -EINVAL not the root of a bpffs, or this kernel (before 6.9)
 *         has no tokens; -EOPNOTSUPP the caller is in the initial user namespace; else a negative errno.
 * Source: bpf(2) BPF_TOKEN_CREATE; kernel/bpf/token.c.
 */
int skep_sys_token_create(int bpffs_fd, struct skep_error *err);

/**
 * skep_sys_token_find() - make a token of the first bpffs that delegates
 * @paths: directories in the order of search, ended by NULL; NULL: /run/bpf_delegation, /sys/fs/bpf
 *
 * The library reads no environment: who honours LIBBPF_BPF_TOKEN_PATH puts it into @paths.
 *
 * Return: an fd, owned by the caller; -ENOENT none of them delegates to this process, which is no fault; else a
 *         negative errno.
 * Source: kernel/bpf/token.c; spec of libbpf's bpf_token_path.
 */
int skep_sys_token_find(const char *const *paths, struct skep_error *err);

SKEP_END
#endif
