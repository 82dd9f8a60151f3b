/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_WRITER_H
#define CLI_WRITER_H
/*
 * Standard output that does not make deaf: where a reader has stopped reading, a write waits for him or for a signal,
 * whichever comes first.
 */

/*
 * writer_init() - put a buffer of our own behind stdout
 * @signal_fd: a signalfd(2) that becomes readable when it is time to end; it is not read
 *
 * From the moment of a signal on, a reader has WRITER_PATIENCE_MS to take what is left; then writing fails with
 * ETIMEDOUT.
 *
 * Return: 0; a negative errno.
 */
int writer_init(int signal_fd);

#define WRITER_PATIENCE_MS 2000

#endif
