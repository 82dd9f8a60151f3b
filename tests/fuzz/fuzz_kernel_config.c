/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any bytes as a kernel's configuration: what is found stands in a line of its own. */
#include "must.h"

#include <errno.h>
#include <string.h>

#include "sys/kernel_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char value[16] = "untouched", *line, *text;
	size_t len;
	int r = sys_kernel_config_find((const char *)data, size, "CONFIG_HZ", value, sizeof(value));

	if (r < 0) {
		must((r == -ENOENT || r == -ENOSPC) && !strcmp(value, "untouched"));
		return 0;
	}
	must(memchr(value, '\0', sizeof(value)) != NULL);
	if (memchr(data, '\0', size))
		return 0;
	text = must_string(data, size);
	len = strlen("CONFIG_HZ=") + strlen(value);
	for (line = text; strncmp(line, "CONFIG_HZ=", 10) != 0; line++) {
		line = strchr(line, '\n');
		must(line != NULL);
	}
	must(!strncmp(line + 10, value, strlen(value)) && (!line[len] || line[len] == '\n'));
	free(text);
	return 0;
}
