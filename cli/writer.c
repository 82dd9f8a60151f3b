/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "writer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE (1 << 16) /* a hundred thousand lines a report: few, large writes */

static int signal_fd = -1;

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What can be written at once: -1 with EAGAIN if nothing can. */
static ssize_t write_some(const char *bytes, size_t size)
{
	struct iovec v = { .iov_base = (char *)bytes, .iov_len = size };
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t n = pwritev2(STDOUT_FILENO, &v, 1, -1, RWF_NOWAIT);

	if (n >= 0 || errno == EAGAIN || errno == EPIPE)
		return n;
	/* a kernel or a file that cannot be asked this way: a pipe that polls as writable takes PIPE_BUF bytes */
	if (poll(&p, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(STDOUT_FILENO, bytes, size < PIPE_BUF ? size : PIPE_BUF);
}

/* Waits until there is room, or for so long after a signal. Return: 0; -1 patience is at its end. */
static int wait_for_reader(long *deadline_ms)
{
	struct pollfd p[2] = { { .fd = STDOUT_FILENO, .events = POLLOUT },
			       { .fd = *deadline_ms ? -1 : signal_fd, .events = POLLIN } };
	long left = *deadline_ms ? *deadline_ms - now_ms() : -1;

	if (*deadline_ms && left <= 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (poll(p, 2, (int)left) < 0 && errno != EINTR)
		return -1;
	if (p[1].revents)
		*deadline_ms = now_ms() + WRITER_PATIENCE_MS;
	return 0;
}

static ssize_t write_all(void *cookie, const char *bytes, size_t size)
{
	long deadline_ms = 0;
	size_t done = 0;
	ssize_t n;

	(void)cookie;
	while (done < size) {
		n = write_some(bytes + done, size - done);
		if (n >= 0)
			done += (size_t)n;
		else if ((errno != EAGAIN && errno != EINTR) || wait_for_reader(&deadline_ms) < 0)
			return 0;
	}
	return (ssize_t)size;
}

int writer_init(int fd)
{
	FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_all });

	if (!f)
		return -ENOMEM;
	if (setvbuf(f, NULL, _IOFBF, BUFFER_SIZE) != 0) {
		fclose(f);
		return -ENOMEM;
	}
	signal_fd = fd;
	fflush(stdout);
	stdout = f;
	return 0;
}
