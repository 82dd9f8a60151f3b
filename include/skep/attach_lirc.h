/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_LIRC_H
#define SKEP_ATTACH_LIRC_H
/* Pulses of an infrared receiver: programs of type lirc_mode2. */
#include <skep/attach.h>

SKEP_BEGIN

struct skep_lirc_opts {
	size_t sz;          /* sizeof(struct skep_lirc_opts) */
	uint64_t flags;     /* SKEP_ATTACH_DRY_RUN */
	uint64_t method;    /* SKEP_ATTACH_METHOD_PROG_ATTACH; 0 */
	const char *device; /* "/dev/lirc0" */
};

/**
 * skep_lirc_attach() - let a program decode the pulses of a receiver
 * @prog_fd:        of type lirc_mode2; borrowed
 * @opts:           which receiver
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * Return: 0; -ENOENT no such device; -EINVAL @opts, not a receiver of raw pulses, or not such a program; -EEXIST the program is
 *         attached there; -E2BIG it has 64 programs, or newer @opts; -EOPNOTSUPP this kernel has no such programs; -EPERM;
 *         else a negative errno.
 * Source: bpf(2) BPF_PROG_ATTACH; drivers/media/rc/bpf-lirc.c.
 */
int skep_lirc_attach(int prog_fd, const struct skep_lirc_opts *opts,
		     struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
