/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#define _cleanup_close_ __attribute__((__cleanup__(closep)))

int open_two(const char *path)
{
	_cleanup_close_ int first = -EBADF;
	_cleanup_close_ int second = -1, third = -EBADF;
	_cleanup_close_ int fourth;                 /* lint-expect: limits */
	_cleanup_close_ int fifth = 0;              /* lint-expect: limits */
	_cleanup_close_ int sixth = -1, seventh;    /* lint-expect: limits */
	_cleanup_close_ int eighth = open(path, 0); /* lint-expect: limits */

	return 0;
}
