/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Reads a literal of a type of the kernel, and writes its bytes, its text and its JSON. It needs no privileges.
 *
 *	$ ./value_text sockaddr_in sin_family=2,sin_port=53,sin_addr=10.0.0.1
 *	02 00 00 35 0a 00 00 01 00 00 00 00 00 00 00 00
 *	{ .sin_family = 2, .sin_port = 53, .sin_addr = 10.0.0.1, .__pad = hex:0000000000000000 }
 *	{"sin_family":2,"sin_port":53,"sin_addr":"10.0.0.1","__pad":[0,0,0,0,0,0,0,0]}
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/format.h>
#include <skep/json.h>

static int fail(const struct skep_error *err)
{
	fprintf(stderr, "value_text: %s\n", err->msg);
	return 1;
}

static void print(const struct skep_format *format, const uint8_t *bytes, size_t size)
{
	char buf[4096];
	struct skep_json j;
	size_t i;

	for (i = 0; i < size; i++)
		printf("%02x%c", bytes[i], i + 1 < size ? ' ' : '\n');
	if (skep_format_text(format, bytes, size, buf, sizeof(buf)) >= 0)
		puts(buf);
	skep_json_init(&j, buf, sizeof(buf));
	skep_format_json(format, bytes, size, &j, NULL);
	if (skep_json_finish(&j) >= 0)
		puts(buf);
}

int main(int argc, char **argv)
{
	_cleanup_(skep_format_freep) struct skep_format *format = NULL;
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	struct skep_error err = { 0 };
	uint32_t type;
	uint8_t *bytes;

	if (argc != 3) {
		fprintf(stderr, "usage: value_text TYPE LITERAL\n");
		return 2;
	}
	if (skep_btf_open_kernel(&btf, &err) < 0)
		return fail(&err);
	if (!skep_btf_find(btf, argv[1], 0, &type)) {
		fprintf(stderr, "value_text: the kernel has no type '%s'\n", argv[1]);
		return 1;
	}
	if (skep_format_new_btf(btf, type, &format, &err) < 0)
		return fail(&err);
	bytes = malloc(skep_format_size(format));
	if (!bytes)
		return 1;
	if (skep_format_parse(format, argv[2], bytes, skep_format_size(format), &err) < 0) {
		free(bytes);
		return fail(&err);
	}
	print(format, bytes, skep_format_size(format));
	free(bytes);
	return 0;
}
