/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_OUT_H
#define CLI_OUT_H
/*
 * What the command says to people. Results go to standard output, everything else to standard error.
 */
#include <stdint.h>
#include <stdio.h>

struct skep_error;
struct skep_json;

/* The verb at work, for what is said at its end; borrowed for ever. */
void out_set_verb(const char *verb);

/* "skep: ..." to standard error. */
void out_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says what an error record says. Return: the exit status for its kind. */
int out_fail(const char *verb, const struct skep_error *err);

/*
 * Hands on what is left for standard output, and says if that, or anything before, could not be written: but not if who read
 * it has gone, who has had enough.
 *
 * Return: the exit status for it; 0: all is well.
 */
int out_finish(void);

/*
 * A name from outside to standard output: control characters, and bytes that are no UTF-8, become question marks, so that no
 * terminal is steered by names.
 *
 * Return: bytes printed.
 */
int out_name(const char *name);

/* The same with lines and tabs. */
void out_text(FILE *to, const char *text);

/* Begins the one document of --json, on standard output: {"schema":...,"version":..., and then the caller's members. */
void out_json_begin(struct skep_json *j, const char *schema, uint64_t version);

/* Ends that document, and its line. */
void out_json_end(struct skep_json *j);

#define OUT_NUMBER_SIZE 32

/* "12.3 MB", in powers of 1000. Return: @buf. */
char *out_bytes(uint64_t bytes, char buf[OUT_NUMBER_SIZE]);

/* "12.3 Mbit/s" for bytes in nanoseconds. Return: @buf. */
char *out_bit_rate(uint64_t bytes, uint64_t ns, char buf[OUT_NUMBER_SIZE]);

/* "1234567" as "1,234,567". Return: @buf. */
char *out_count(uint64_t count, char buf[OUT_NUMBER_SIZE]);

#endif
