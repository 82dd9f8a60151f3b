/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Any bytes as a mountinfo: every line is a mount or counted as malformed, strings stay inside of the text, and
 * options are read without leaving their string.
 */
#include "must.h"

#include <string.h>

#include "sys/mountinfo.h"

struct text {
	const char *begin, *end;
	uint64_t mounts;
};

static void must_be_inside(const struct text *t, const char *s)
{
	must(s >= t->begin && s < t->end);
	must(memchr(s, '\0', (size_t)(t->end - s)) != NULL);
}

static int look(const struct sys_mount *m, void *userdata)
{
	struct text *t = userdata;
	char value[16];

	must_be_inside(t, m->root);
	must_be_inside(t, m->point);
	must_be_inside(t, m->options);
	must_be_inside(t, m->type);
	must_be_inside(t, m->source);
	must_be_inside(t, m->super_options);
	must(*m->root && *m->point && *m->type);
	if (sys_mount_option(m->super_options, "mode", value, sizeof(value)))
		must(strlen(value) < sizeof(value));
	sys_mount_option(m->options, m->source, value, 1);
	t->mounts++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = must_string(data, size);
	struct text t = { text, text + size + 1, 0 };
	uint64_t lines = size && data[size - 1] != '\n', malformed;
	size_t i;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	must(sys_mountinfo_parse(text, size, look, &t, &malformed) == 0);
	must(t.mounts + malformed == lines);
	free(text);
	return 0;
}
