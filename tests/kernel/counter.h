/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef KERNEL_COUNTER_H
#define KERNEL_COUNTER_H
/*
 * A program of any type that counts how often it runs, without a look at its context, and returns what it was told to: it
 * tells whether a hook has fired.
 */
#include <stdint.h>

struct counter {
	int prog_fd;
	int map_fd;
	volatile uint64_t *value; /* shared with the program */
};

/* The test fails without it. */
void counter_open(uint32_t prog_type, uint32_t expected_attach_type, int32_t returned,
		  struct counter *ret_counter);
void counter_close(struct counter *counter);

uint32_t counter_prog_id(const struct counter *counter);

/* Fails the test unless the count grows by at least @least when @fn runs; or, with 0, if it grows. */
#define assert_fires(counter, least, fn, userdata) \
	counter_assert_fires(counter, least, fn, userdata, __FILE__, __LINE__)
void counter_assert_fires(const struct counter *counter, uint64_t least, void (*fn)(void *userdata),
			  void *userdata, const char *file, int line);

#endif
