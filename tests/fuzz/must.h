/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FUZZ_MUST_H
#define FUZZ_MUST_H
/* What every fuzz target is made of: an entry point for libFuzzer, and conditions that hold for any input at all. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition) must_at(condition, #condition, __FILE__, __LINE__)

static inline void must_at(int condition, const char *text, const char *file, int line)
{
	if (condition)
		return;
	fprintf(stderr, "%s:%d: this must hold: %s\n", file, line, text);
	abort();
}

/* The input as a string that ends where its first NUL or its memory does; to be freed. */
static inline char *must_string(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t i;

	must(text != NULL);
	for (i = 0; i < size; i++)
		text[i] = (char)data[i];
	text[size] = '\0';
	return text;
}

#endif
