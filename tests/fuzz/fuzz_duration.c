/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any text is a duration or refused; what is one can be written and read again. */
#include "must.h"

#include <errno.h>

#include <skep/duration.h>

#define UNTOUCHED 4711

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = must_string(data, size), again[64];
	uint64_t ns = UNTOUCHED, ns_again = UNTOUCHED;
	int r = skep_duration_parse(text, &ns);

	if (r < 0) {
		must(r == -EINVAL || r == -ERANGE);
		must(ns == UNTOUCHED);
	} else {
		must(r == 0);
		must(skep_duration_format(ns, again, sizeof(again)) > 0);
		must(skep_duration_parse(again, &ns_again) == 0);
		must(ns_again == ns);
	}
	free(text);
	return 0;
}
