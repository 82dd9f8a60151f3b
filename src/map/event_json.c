/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_event.h>

#include <skep/error.h>
#include <skep/json.h>

#include "base/cleanup.h"
#include "map/json_text.h"
#include "text/rfc3339.h"

const char *skep_map_event_action_name(uint64_t action)
{
	static const char *const names[] = { "update", "delete", "delete-all" };

	return action < ARRAY_SIZE(names) ? names[action] : "unknown";
}

const char *skep_map_desired_name(uint64_t desired)
{
	static const char *const names[] = { "sync", "to-be-inserted", "to-be-deleted" };

	return desired < ARRAY_SIZE(names) ? names[desired] : "unknown";
}

int skep_map_event_json(const struct skep_map_event *event, const struct skep_format *key_format,
			const struct skep_format *value_format, struct skep_json *j,
			const char *key)
{
	char timestamp[TEXT_RFC3339_SIZE], number[32];
	int r = 0;

	text_rfc3339(event->realtime_ns, timestamp);
	skep_json_object(j, key);
	skep_json_string(j, "timestamp", timestamp);
	skep_json_string(j, "action", skep_map_event_action_name(event->action));
	skep_json_string(j, "desired-action", skep_map_desired_name(event->desired));
	if (event->key)
		r = map_json_text(key_format, event->key, event->key_size, j, "key");
	if (r == 0 && event->value)
		r = map_json_text(value_format, event->value, event->value_bytes, j, "value");
	if (event->error)
		skep_json_string(j, "last-error",
				 skep_errno_text((int)event->error, number, sizeof(number)));
	skep_json_object_end(j);
	return r;
}
