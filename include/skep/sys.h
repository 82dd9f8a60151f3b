/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SYS_H
#define SKEP_SYS_H
/*
 * bpf(2): every command of the kernel, by fd.
 *
 * This layer adds nothing to the kernel's semantics but what every caller needs: errors as negative errnos (with
 * words where a code cannot explain itself), close-on-exec fds that are never 0, 1 or 2, one code for "not
 * supported", and repetition where the kernel asks for it. The objects of skep stand on it; a program may use it
 * beside them.
 *
 * Commands with few arguments take them directly, and again as a prepared attribute (..._attr) for hot loops.
 * Commands with many take the attribute (skep/kabi_attr.h) alone, with its size: sizeof(attr), so that attributes
 * may grow.
 *
 * fds: what is returned is new, close-on-exec and >= 3, and belongs to the caller; an fd that is passed in is
 * borrowed. Where an fd is optional, 0 and -1 both mean none; -1 is the value of a closed one.
 *
 * Codes: the kernel's 524 (ENOTSUPP) is told as -EOPNOTSUPP. -EPERM is never "not supported". Element operations
 * return bare codes and touch no error record.
 *
 * Threads: all functions may be called from any thread; each is one system call unless it says otherwise.
 */
#include <skep/base.h>
#include <skep/kabi_attr.h>
#include <skep/sys_btf.h>
#include <skep/sys_link.h>
#include <skep/sys_map.h>
#include <skep/sys_object.h>
#include <skep/sys_prog.h>

SKEP_BEGIN

/**
 * skep_sys_bpf() - the bare system call
 * @command:    SKEP_COMMAND_*
 * @attr:       the attribute of the command; the kernel may write to it
 * @attr_bytes: its size
 *
 * Commands that make an fd return it above 2 and close-on-exec. A load that a signal has disturbed (EAGAIN) is repeated,
 * four times at most.
 *
 * Return: what the kernel returns, >= 0; else a negative errno, -EOPNOTSUPP for 524.
 * Source: bpf(2); kernel/bpf/syscall.c.
 */
int skep_sys_bpf(uint32_t command, void *attr, size_t attr_bytes);

/**
 * skep_sys_close() - close an fd, once
 * @fd: set to -1; one that is negative is closed already
 *
 * Return: 0; a negative errno of close(2), and the fd is gone all the same.
 * Source: close(2).
 */
int skep_sys_close(int *fd);

SKEP_END
#endif
