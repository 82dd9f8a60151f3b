/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A map with room for two: the third element waits, and goes in when one is deleted. The events tell it as it happens.
 *
 *	$ sudo ./map_cache
 *	update 1: sync
 *	update 2: sync
 *	update 3: to-be-inserted, no room: the map or the argument list is full
 *	delete 1: to-be-deleted
 *	update 3: sync
 *	{"entries":2,"pending_insert":0,...,"runs":1,"updates":3,"updates_failed":1,"deletes":1,...}
 */
#include <stdint.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_cache.h>
#include <skep/map_events.h>
#include <skep/map_resync.h>

static int print_event(const struct skep_map_event *e, void *userdata)
{
	char buf[32];

	(void)userdata;
	printf("%s %u: %s%s%s\n", skep_map_event_action_name(e->action), *(const uint32_t *)e->key,
	       skep_map_desired_name(e->desired), e->error ? ", " : "",
	       e->error ? skep_errno_text((int)e->error, buf, sizeof(buf)) : "");
	return 0;
}

int main(void)
{
	const struct skep_map_spec spec = {
		.sz = sizeof(spec),
		.name = "example",
		.type = SKEP_MAP_TYPE_HASH,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint32_t),
		.max_entries = 2,
	};
	const struct skep_map_events_opts ring = { .sz = sizeof(ring), .capacity = 100 };
	struct skep_map_cache_opts opts = { .sz = sizeof(opts) };
	_cleanup_(skep_map_events_unrefp) struct skep_map_events *events = NULL;
	_cleanup_(skep_map_cache_closep) struct skep_map_cache *cache = NULL;
	_cleanup_(skep_map_closep) struct skep_map *map = NULL;
	struct skep_map_cache_status status;
	struct skep_error err = { 0 };
	uint32_t key, first = 1;
	struct skep_json j;
	char buf[1024];

	if (skep_map_create(&spec, &map, &err) < 0 ||
	    skep_map_events_new(sizeof(uint32_t), sizeof(uint32_t), &ring, &events, &err) < 0)
		goto failed;
	opts.events = events;
	if (skep_map_cache_open(map, &opts, &cache, &err) < 0)
		goto failed;
	for (key = 1; key <= 3; key++)
		SKEP_MAP_CACHE_UPDATE(cache, &key, &key);
	SKEP_MAP_CACHE_DELETE(cache, &first);
	while (skep_map_cache_deadline_ns(cache) != UINT64_MAX)
		skep_map_cache_wait(cache, UINT64_MAX);
	skep_map_events_dump(events, NULL, print_event, NULL, &err);

	skep_map_cache_status(cache, &status);
	skep_json_init(&j, buf, sizeof(buf));
	skep_map_cache_status_json(&status, &j, NULL);
	if (skep_json_finish(&j) > 0)
		printf("%s\n", buf);
	return 0;
failed:
	fprintf(stderr, "map_cache: %s\n", err.msg);
	return 1;
}
