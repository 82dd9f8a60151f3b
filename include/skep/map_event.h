/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_EVENT_H
#define SKEP_MAP_EVENT_H
/*
 * An event: what was done to a map. And what operators say about the keeping of events (skep/map_events.h).
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_format;
struct skep_json;

/* What was done; all elements are deleted at once without a key and a value. */
enum skep_map_event_action {
	SKEP_MAP_EVENT_UPDATE = 0,
	SKEP_MAP_EVENT_DELETE = 1,
	SKEP_MAP_EVENT_DELETE_ALL = 2,
};

/* What is still to be done for an element. */
enum skep_map_desired {
	SKEP_MAP_DESIRED_OK = 0, /* nothing */
	SKEP_MAP_DESIRED_INSERT = 1,
	SKEP_MAP_DESIRED_DELETE = 2,
};

/* One event. A plain record: copied by nobody, changed by nobody. */
struct skep_map_event {
	uint64_t serial;      /* 1 for the first of a ring, then one more each time */
	uint64_t realtime_ns; /* since 1970 */
	uint64_t action;      /* enum skep_map_event_action */
	uint64_t desired;     /* enum skep_map_desired */
	int64_t error;        /* 0 it was done; else the negative errno why it was not */
	const void *key;      /* NULL: none */
	const void *value;    /* NULL: none */
	uint64_t key_size;
	uint64_t value_bytes; /* of a per-CPU map those of all CPUs */
};

/**
 * skep_map_event_action_name() - the name of an action: "update", "delete", "delete-all"
 * @action: enum skep_map_event_action
 *
 * Return: a static string; "unknown" for a number that is no action.
 * Source: none; the names are those of Cilium's API, as are the next.
 */
const char *skep_map_event_action_name(uint64_t action);

/**
 * skep_map_desired_name() - the name of what is still to be done: "sync", "to-be-inserted", "to-be-deleted"
 * @desired: enum skep_map_desired
 *
 * Return: a static string; "unknown" for any other number.
 * Source: see there.
 */
const char *skep_map_desired_name(uint64_t desired);

/**
 * skep_map_event_json() - an event as an object: timestamp, action, desired-action, key, value, last-error
 * @event:        an event
 * @key_format:   NULL: its bytes, in hexadecimal
 * @value_format: likewise
 * @j:            a document
 * @key:          name of the member, or NULL
 *
 * Key, value and last-error are texts, and left out where there are none.
 *
 * Return: 0; -ENOMEM; what a function of a format returned. What fails in @j is told by skep_json_finish().
 * Source: none; the members are those of Cilium's API.
 */
int skep_map_event_json(const struct skep_map_event *event, const struct skep_format *key_format,
			const struct skep_format *value_format, struct skep_json *j,
			const char *key);

#define SKEP_MAP_EVENTS_CONFIG_SIZE 64 /* bytes that hold any of them as text */

/* Whether to keep events, and how many: what operators write as "enabled_1024_24h". */
struct skep_map_events_config {
	uint64_t enabled;
	uint64_t capacity;
	uint64_t ttl_ns; /* 0: no limit of age */
};

/**
 * skep_map_events_config_parse() - read the text form
 * @text:       "enabled" or "disabled", a count, and a duration (skep/duration.h), with '_' between them
 * @ret_config: a count of 0 is never enabled
 *
 * Return: 0; -EINVAL; -ERANGE a number beyond 64 bits.
 * Source: none; the form is that of Cilium's option.
 */
int skep_map_events_config_parse(const char *text, struct skep_map_events_config *ret_config,
				 struct skep_error *err);

/**
 * skep_map_events_config_format() - write the text form, with units that Go reads, too
 * @config: what to write
 * @buf:    caller memory
 * @size:   bytes of @buf; SKEP_MAP_EVENTS_CONFIG_SIZE hold any
 *
 * Return: the length of the text; -ENOSPC @buf is too small.
 * Source: the inverse of skep_map_events_config_parse().
 */
int skep_map_events_config_format(const struct skep_map_events_config *config, char *buf,
				  size_t size);

SKEP_END
#endif
