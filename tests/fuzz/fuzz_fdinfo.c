/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any bytes as fdinfo: read or refused with words; a text that ends earlier never has more fields. */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/fdinfo.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct skep_fdinfo info, begin;
	struct skep_error err = { 0 };
	const uint8_t *line = memchr(data, '\n', size);
	int r = skep_fdinfo_parse(text, size, &info, &err);

	if (r < 0) {
		must(r == -EINVAL && err.code == r && err.kind == SKEP_ERR_INVALID && *err.msg);
		return 0;
	}
	must(!err.code);
	must(info.kind >= SKEP_FDINFO_MAP && info.kind <= SKEP_FDINFO_BTF);
	must(info.present && info.present < SKEP_FDINFO_HAS_BTF_ID << 1);
	must(memchr(info.link_type, '\0', sizeof(info.link_type)) != NULL);
	must(!info.link_type[0] == !(info.present & SKEP_FDINFO_HAS_LINK_TYPE));
	/* the first lines decide */
	if (line && skep_fdinfo_parse(text, (size_t)(line - data), &begin, NULL) == 0) {
		must(begin.kind == info.kind);
		must((begin.present & info.present) == begin.present);
	}
	return 0;
}
