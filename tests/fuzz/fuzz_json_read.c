/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Any bytes as a JSON document: it is read or refused, and what is read are leaves with places, of known kinds.
 */
#include "must.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json_read.h>

static int leaf(const char *path, uint32_t kind, const char *value, void *userdata)
{
	size_t *count = userdata;
	const char *at;

	must(!*path || *path == '/');
	for (at = path; (at = strchr(at, '~')); at++)
		must(at[1] == '0' || at[1] == '1');
	switch (kind) {
	case SKEP_JSON_STRING:
		break;
	case SKEP_JSON_NUMBER:
		must(*value == '-' || (*value >= '0' && *value <= '9'));
		must(!value[strspn(value, "0123456789+-.eE")]);
		break;
	case SKEP_JSON_BOOL:
		must(!strcmp(value, "true") || !strcmp(value, "false"));
		break;
	case SKEP_JSON_NULL:
		must(!strcmp(value, "null"));
		break;
	default:
		must(kind == SKEP_JSON_EMPTY && (!strcmp(value, "{}") || !strcmp(value, "[]")));
		break;
	}
	++*count;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skep_error err = { 0 };
	size_t count = 0;
	int r = skep_json_read((const char *)data, size, leaf, &count, &err);

	must(r == 0 || r == -EBADMSG);
	must((r == 0) == !*err.msg && (r < 0 || count > 0));
	return 0;
}
