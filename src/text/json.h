/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H
/* What the JSON writer does for the library alone. */
#include <skep/json.h>

/* text_json_hex() - bytes as a string of hexadecimal digits, two for each, behind @prefix (which needs no escapes) */
void text_json_hex(struct skep_json *j, const char *key, const char *prefix, const void *bytes,
		   size_t count);

#endif
