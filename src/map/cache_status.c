/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/error.h>
#include <skep/json.h>

#include "map/cache.h"

void skep_map_cache_status(struct skep_map_cache *c, struct skep_map_cache_status *ret_status)
{
	const struct map_cache_queue *q = c->queues;

	map_cache_lock(c);
	*ret_status = c->status;
	ret_status->entries = c->count;
	ret_status->pending_delete = q[MAP_CACHE_DELETING].count;
	ret_status->pending_full = q[MAP_CACHE_WAITING].count;
	ret_status->pending_insert = q[MAP_CACHE_INSERTING].count + q[MAP_CACHE_WAITING].count;
	ret_status->given_up = q[MAP_CACHE_GIVEN_UP].count;
	ret_status->next_run_ns = map_cache_due_ns(c);
	map_cache_unlock(c);
}

static void json_time(struct skep_json *j, const char *key, uint64_t ns, uint64_t none)
{
	if (ns == none)
		skep_json_null(j, key);
	else
		skep_json_u64(j, key, ns);
}

void skep_map_cache_status_json(const struct skep_map_cache_status *s, struct skep_json *j,
				const char *key)
{
	char number[32];

	skep_json_object(j, key);
	skep_json_u64(j, "entries", s->entries);
	skep_json_u64(j, "pending_insert", s->pending_insert);
	skep_json_u64(j, "pending_delete", s->pending_delete);
	skep_json_u64(j, "pending_full", s->pending_full);
	skep_json_u64(j, "given_up", s->given_up);
	skep_json_u64(j, "consecutive_failures", s->consecutive_failures);
	skep_json_string(j, "last_error",
			 s->last_error ? skep_errno_text((int)s->last_error, number, sizeof(number))
				       : NULL);
	json_time(j, "last_success_ns", s->last_success_ns, 0);
	json_time(j, "next_run_ns", s->next_run_ns, UINT64_MAX);
	skep_json_u64(j, "runs", s->runs);
	skep_json_u64(j, "updates", s->updates);
	skep_json_u64(j, "updates_failed", s->updates_failed);
	skep_json_u64(j, "deletes", s->deletes);
	skep_json_u64(j, "deletes_failed", s->deletes_failed);
	skep_json_u64(j, "resync_errors", s->resync_errors);
	skep_json_object_end(j);
}
