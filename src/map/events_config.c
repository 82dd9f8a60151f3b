/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_event.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <skep/duration.h>
#include <skep/error.h>

#include "base/error.h"

#define HOUR_NS 3600000000000ull

static int fail_config(struct skep_error *err, int code, const char *text, const char *what)
{
	return skep_fail(err, code, SKEP_ERR_INVALID,
			 "events '%.60s': %s; it is to be like enabled_1024_24h.", text, what);
}

/* Decimal digits up to '_'. Return: 0; -EINVAL; -ERANGE. */
static int parse_count(const char **text, uint64_t *ret_count)
{
	const char *at = *text;
	uint64_t count = 0;
	int overflow = 0;

	for (; *at >= '0' && *at <= '9'; at++)
		overflow |= __builtin_mul_overflow(count, 10, &count) ||
			    __builtin_add_overflow(count, (uint64_t)(*at - '0'), &count);
	if (at == *text || *at != '_')
		return -EINVAL;
	*text = at + 1;
	*ret_count = count;
	return overflow ? -ERANGE : 0;
}

int skep_map_events_config_parse(const char *text, struct skep_map_events_config *ret_config,
				 struct skep_error *err)
{
	static const char enabled[] = "enabled_", disabled[] = "disabled_";
	struct skep_map_events_config config = { 0 };
	const char *at = text;
	int r;

	if (!strncmp(at, enabled, sizeof(enabled) - 1)) {
		config.enabled = 1;
		at += sizeof(enabled) - 1;
	} else if (!strncmp(at, disabled, sizeof(disabled) - 1)) {
		at += sizeof(disabled) - 1;
	} else {
		return fail_config(err, -EINVAL, text, "it is neither enabled nor disabled");
	}
	r = parse_count(&at, &config.capacity);
	if (r < 0)
		return fail_config(err, r, text,
				   r == -ERANGE ? "the count is too large"
						: "a count has to follow");
	r = skep_duration_parse(at, &config.ttl_ns);
	if (r < 0)
		return fail_config(err, r, text,
				   r == -ERANGE ? "the duration is too long"
						: "a duration has to be its end");
	if (!config.capacity)
		config.enabled = 0;
	*ret_config = config;
	return 0;
}

int skep_map_events_config_format(const struct skep_map_events_config *config, char *buf,
				  size_t size)
{
	const uint64_t hours = config->ttl_ns / HOUR_NS, rest = config->ttl_ns % HOUR_NS;
	char text[SKEP_MAP_EVENTS_CONFIG_SIZE * 2], duration[64] = "";
	int len;

	/* Go knows no days */
	if (rest || !hours)
		skep_duration_format(rest, duration, sizeof(duration));
	len = snprintf(text, sizeof(text), "%s_%" PRIu64 "_",
		       config->enabled ? "enabled" : "disabled", config->capacity);
	if (hours)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%" PRIu64 "h", hours);
	len += snprintf(text + len, sizeof(text) - (size_t)len, "%s", duration);
	if ((size_t)len >= size)
		return -ENOSPC;
	memcpy(buf, text, (size_t)len + 1);
	return len;
}
