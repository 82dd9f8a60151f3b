/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_ITER_H
#define SKEP_ATTACH_ITER_H
/*
 * Iterators: programs that are run for each object of a kind, and write text or records about them, which is read as a file.
 */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_iter;

struct skep_iter_opts {
	size_t sz;       /* sizeof(struct skep_iter_opts) */
	uint64_t flags;  /* SKEP_ATTACH_DRY_RUN */
	uint64_t method; /* SKEP_ATTACH_METHOD_LINK or 0 */

	/* which objects, if the program was loaded for such; all 0: all of them, or those of the caller */
	const int *map_fd;  /* elements of this map; borrowed; NULL: none */
	const char *cgroup; /* control groups, from the one in this directory */
	uint64_t order;     /* enum skep_cgroup_order, with @cgroup */
	uint64_t tid;       /* this thread */
	uint64_t pid;       /* the threads of this process */
};

/**
 * skep_iter_attach() - make a program ready to be read
 * @prog_fd:        of type tracing, loaded with SKEP_ATTACH_TYPE_TRACE_ITER; borrowed
 * @opts:           NULL for all objects
 * @ret_attachment: owned by the caller, skep_attachment_close(); when it is pinned, who reads the pin runs the program
 *
 * Return: 0; -EOPNOTSUPP this kernel has no iterators, or no such choice; -EINVAL @opts, or the program is not one for them;
 *         -ENOENT no such control group; -ESRCH no such thread; -EPERM; -E2BIG newer @opts; else a negative errno.
 * Source: bpf(2) BPF_LINK_CREATE, BPF_TRACE_ITER.
 */
int skep_iter_attach(int prog_fd, const struct skep_iter_opts *opts,
		     struct skep_attachment **ret_attachment, struct skep_error *err);

/**
 * skep_iter_open() - begin a walk
 * @attachment: of skep_iter_attach(); it may be closed before the reader
 * @ret_iter:   owned by the caller, skep_iter_close()
 *
 * Return: 0; -EINVAL it is no iterator, or detached; else a negative errno of bpf(2).
 * Source: bpf(2) BPF_ITER_CREATE.
 */
int skep_iter_open(const struct skep_attachment *attachment, struct skep_iter **ret_iter,
		   struct skep_error *err);

/** skep_iter_close() - release a reader or NULL. Return: NULL. */
struct skep_iter *skep_iter_close(struct skep_iter *iter);

/** skep_iter_fd() - Return: what read(2) reads, borrowed until close. */
int skep_iter_fd(const struct skep_iter *iter);

/**
 * skep_iter_read() - read on
 * @buf:  caller memory
 * @size: bytes of @buf, at least 1
 *
 * A read may end anywhere in what the program writes.
 *
 * Return: bytes; 0 the walk has ended; a negative errno of read(2), or of the program.
 * Context: sleeps while programs run; -EINTR and -EAGAIN are met.
 * Source: kernel/bpf/bpf_iter.c, bpf_seq_read().
 */
int64_t skep_iter_read(struct skep_iter *iter, void *buf, size_t size);

/**
 * skep_iter_line() - read a line of text
 * @ret_line: without its end; borrowed until the next call or close; "" for an empty one
 *
 * Return: 1; 0 the walk has ended; -ENOMEM; else as skep_iter_read().
 * Context: as skep_iter_read(), with which it does not mix.
 * Source: as skep_iter_read().
 */
int skep_iter_line(struct skep_iter *iter, const char **ret_line);

SKEP_DEFINE_CLEANUP(struct skep_iter, skep_iter_close) /* skep_iter_closep() */
SKEP_END
#endif
