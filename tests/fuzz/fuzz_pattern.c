/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A pattern, a line feed, and a name to match: compiled or refused with words, and never read beyond either.
 *
 * Expressions with intervals, back-references or many plus signs are left out: the C library takes memory and time
 * without bound for some, as ((a{255}){255}){255} or a++++++++++++++++++++++++, and this is about what we do round it.
 */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "text/pattern.h"

#define MAX_SIZE 64

static void check_refusal(int r, const struct skep_error *err)
{
	must(r == -EINVAL && err->code == r);
	must(err->kind == SKEP_ERR_INVALID);
	must(strnlen(err->msg, sizeof(err->msg)) < sizeof(err->msg) && *err->msg);
}

static void check_pattern(const struct text_pattern *p, const char *text, const char *name)
{
	int matches = text_pattern_match(p, name), exact = text_pattern_exact(p);

	must(!strcmp(text_pattern_text(p), text));
	must(matches == 0 || matches == 1);
	must(exact == (text[0] != '/' && !strpbrk(text, "*?[")));
	if (exact)
		must(matches == !strcmp(text, name));
}

static int is_costly(const char *text)
{
	int plus = 0;

	for (; *text; text++) {
		plus += *text == '+';
		if (*text == '{' || *text == '\\' || plus > 3)
			return 1;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t len = end ? (size_t)(end - data) : size;
	struct text_pattern *p = NULL;
	struct skep_error err = { 0 };
	char *text, *name;
	int r;

	if (size > MAX_SIZE)
		return 0;
	text = must_string(data, len);
	name = end ? must_string(end + 1, size - len - 1) : must_string(data, 0);
	if (text[0] != '/' || !is_costly(text)) {
		r = text_pattern_new(text, &p, &err);
		if (r < 0)
			check_refusal(r, &err);
		else
			check_pattern(p, text, name);
		p = text_pattern_free(p);
		must(p == NULL);
	}
	free(text);
	free(name);
	return 0;
}
