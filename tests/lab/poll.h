/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_POLL_H
#define LAB_POLL_H
/* Waiting for something to become true, in place of sleeping and hoping. */
#include <stdbool.h>
#include <stdint.h>

typedef bool (*lab_condition_fn)(void *userdata);

/* CLOCK_MONOTONIC now, and so many milliseconds from now. Guests are slow: give them 3 s at least. */
uint64_t lab_now_ns(void);
uint64_t lab_in_ms(uint64_t ms);

/* Asks @fn until it says true or the deadline has passed. Return: its last answer; it is asked at least once. */
bool lab_until(uint64_t deadline_ns, lab_condition_fn fn, void *userdata);

#endif
