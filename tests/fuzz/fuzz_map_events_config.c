/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Any text is a configuration of events or refused; what is one can be written and read again. */
#include "must.h"

#include <errno.h>

#include <skep/error.h>
#include <skep/map_event.h>

#define UNTOUCHED 4711

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skep_map_events_config config = { .ttl_ns = UNTOUCHED }, again = { 0 };
	char *text = must_string(data, size), written[SKEP_MAP_EVENTS_CONFIG_SIZE];
	struct skep_error err = { 0 };
	int r = skep_map_events_config_parse(text, &config, &err);

	if (r < 0) {
		must(r == -EINVAL || r == -ERANGE);
		must(err.code == r && err.msg[0]);
		must(config.ttl_ns == UNTOUCHED);
	} else {
		must(r == 0 && !err.code);
		must(config.enabled <= (config.capacity != 0));
		must(skep_map_events_config_format(&config, written, sizeof(written)) > 0);
		must(skep_map_events_config_parse(written, &again, NULL) == 0);
		must(again.enabled == config.enabled);
		must(again.capacity == config.capacity);
		must(again.ttl_ns == config.ttl_ns);
	}
	free(text);
	return 0;
}
