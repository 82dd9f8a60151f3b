/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Text of a selector: refused with a column, or written in a form that reads as the same. */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/selector.h>

#define TEXT_SIZE 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first[TEXT_SIZE], second[TEXT_SIZE];
	struct skep_selector *s = NULL, *again = NULL;
	struct skep_error err = { 0 };
	char *text = must_string(data, size);
	int r = skep_selector_parse(text, &s, &err);

	if (r < 0) {
		must(r == -EINVAL && err.code == r && strstr(err.msg, "column "));
		free(text);
		return 0;
	}
	r = skep_selector_text(s, first, sizeof(first));
	if (r >= 0) {
		must((size_t)r == strlen(first));
		must(skep_selector_parse(first, &again, NULL) == 0);
		must(skep_selector_text(again, second, sizeof(second)) == r);
		must(!strcmp(first, second));
		skep_selector_free(again);
	}
	skep_selector_free(s);
	free(text);
	return 0;
}
