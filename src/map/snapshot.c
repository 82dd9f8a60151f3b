/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_snapshot.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map_dump.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/key.h"
#include "map/map.h"

#define FIRST_ROOM 64

/* Where an element is, and the beginning of its key as a number that compares as the bytes do. */
struct place {
	uint64_t prefix;
	uint64_t record; /* index */
};

struct skep_map_snapshot {
	struct skep_map_info map;
	size_t value_bytes, key_room; /* key_room: from the key to the value */
	size_t record_bytes;
	int is_indexed;
	unsigned char *records; /* key, as it is compared, and value, each rounded up to 8 */
	struct place *order;
	uint64_t record_count, count, room;
};

static size_t round_up_8(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

static const unsigned char *key_at(const struct skep_map_snapshot *s, const struct place *p)
{
	return s->records + p->record * s->record_bytes;
}

/* Compares as the keys do, as far as it goes. */
static uint64_t prefix_of(const struct skep_map_snapshot *s, const void *key)
{
	unsigned char bytes[8] = { 0 };
	uint64_t prefix;
	uint32_t index;

	if (s->is_indexed && s->map.key_size == sizeof(index)) {
		memcpy(&index, key, sizeof(index));
		return index;
	}
	memcpy(bytes, key, s->map.key_size < sizeof(bytes) ? s->map.key_size : sizeof(bytes));
	memcpy(&prefix, bytes, sizeof(prefix));
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(prefix) : prefix;
}

static int compare_keys(const struct skep_map_snapshot *s, uint64_t a, const void *key_a,
			uint64_t b, const void *key_b)
{
	if (a != b)
		return a < b ? -1 : 1;
	return s->map.key_size <= sizeof(a) ? 0 : memcmp(key_a, key_b, s->map.key_size);
}

/* Of a key that was read twice, the element that was read last comes first. */
static int compare_places(const void *a, const void *b, void *userdata)
{
	const struct skep_map_snapshot *s = userdata;
	const struct place *x = a, *y = b;
	int c = compare_keys(s, x->prefix, key_at(s, x), y->prefix, key_at(s, y));

	return c ? c : (x->record < y->record) - (x->record > y->record);
}

static int grow(struct skep_map_snapshot *s)
{
	uint64_t room = s->room ? 2 * s->room : FIRST_ROOM;
	unsigned char *records = reallocarray(s->records, room, s->record_bytes);

	if (!records)
		return -ENOMEM;
	s->records = records;
	s->room = room;
	return 0;
}

static int add(const void *key, const void *value, void *userdata)
{
	struct skep_map_snapshot *s = userdata;
	unsigned char *record;
	int r = s->record_count == s->room ? grow(s) : 0;

	if (r < 0)
		return r;
	record = s->records + s->record_count++ * s->record_bytes;
	map_key_canonical(&s->map, key, record);
	memcpy(record + s->key_room, value, s->value_bytes);
	return 0;
}

static int put_in_order(struct skep_map_snapshot *s)
{
	uint64_t i;

	s->order = calloc(s->record_count + 1, sizeof(*s->order));
	if (!s->order)
		return -ENOMEM;
	for (i = 0; i < s->record_count; i++) {
		s->order[i].record = i;
		s->order[i].prefix = prefix_of(s, key_at(s, &s->order[i]));
	}
	qsort_r(s->order, s->record_count, sizeof(*s->order), compare_places, s);
	for (i = 0; i < s->record_count; i++) {
		const struct place *p = &s->order[i], *last = &s->order[s->count - !!s->count];

		if (!s->count ||
		    compare_keys(s, last->prefix, key_at(s, last), p->prefix, key_at(s, p)) != 0)
			s->order[s->count++] = *p;
	}
	return 0;
}

int skep_map_snapshot_new(struct skep_map *map, struct skep_map_snapshot **ret_snapshot,
			  struct skep_error *err)
{
	_cleanup_(skep_map_snapshot_freep) struct skep_map_snapshot *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read map '%s'", map->info.name);
	s->map = map->info;
	s->value_bytes = map->value_bytes;
	s->key_room = round_up_8(s->map.key_size);
	s->record_bytes = s->key_room + round_up_8(s->value_bytes);
	s->is_indexed = skep_map_type_is_indexed(map->info.type);
	r = skep_map_dump(map, NULL, add, s, NULL, err);
	if (r == 0)
		r = put_in_order(s);
	if (r == -ENOMEM) /* of add(), too, which has no words */
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "read map '%s'", map->info.name);
	if (r < 0)
		return r;
	*ret_snapshot = take_ptr(s);
	return 0;
}

struct skep_map_snapshot *skep_map_snapshot_free(struct skep_map_snapshot *s)
{
	int saved = errno;

	if (s) {
		free(s->records);
		free(s->order);
		free(s);
	}
	errno = saved;
	return NULL;
}

uint64_t skep_map_snapshot_count(const struct skep_map_snapshot *s)
{
	return s->count;
}

int skep_map_snapshot_at(const struct skep_map_snapshot *s, uint64_t index, const void **ret_key,
			 const void **ret_value)
{
	if (index >= s->count)
		return -ENOENT;
	*ret_key = key_at(s, &s->order[index]);
	*ret_value = key_at(s, &s->order[index]) + s->key_room;
	return 0;
}

int skep_map_snapshot_find(const struct skep_map_snapshot *s, const void *key,
			   const void **ret_value)
{
	unsigned char room[MAP_TRIE_KEY_MAX];
	uint64_t low = 0, high = s->count, prefix;

	key = map_key_as_compared(&s->map, key, room);
	prefix = prefix_of(s, key);
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		const struct place *p = &s->order[middle];
		int c = compare_keys(s, p->prefix, key_at(s, p), prefix, key);

		if (c == 0) {
			*ret_value = key_at(s, p) + s->key_room;
			return 1;
		}
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

int skep_map_snapshot_compare(const struct skep_map_snapshot *from,
			      const struct skep_map_snapshot *to, skep_map_change_fn fn,
			      void *userdata, struct skep_error *err)
{
	uint64_t i = 0, j = 0;
	int c, r = 0;

	if (from->map.key_size != to->map.key_size || from->value_bytes != to->value_bytes ||
	    from->is_indexed != to->is_indexed)
		return skep_fail(err, -EMEDIUMTYPE, SKEP_ERR_INVALID,
				 "compare maps: keys of %u and %u bytes, values of %zu and %zu.",
				 from->map.key_size, to->map.key_size, from->value_bytes,
				 to->value_bytes);
	while (r == 0 && (i < from->count || j < to->count)) {
		const struct place *a = &from->order[i], *b = &to->order[j];
		struct skep_map_change change = { 0 };

		c = i == from->count ? 1
		    : j == to->count ? -1
				     : compare_keys(from, a->prefix, key_at(from, a), b->prefix,
						    key_at(to, b));
		if (c <= 0) {
			change.key = key_at(from, a);
			change.old_value = key_at(from, a) + from->key_room;
			i++;
		}
		if (c >= 0) {
			change.key = key_at(to, b);
			change.new_value = key_at(to, b) + to->key_room;
			j++;
		}
		change.kind = c < 0   ? SKEP_MAP_CHANGE_REMOVED
			      : c > 0 ? SKEP_MAP_CHANGE_ADDED
				      : SKEP_MAP_CHANGE_CHANGED;
		if (c || memcmp(change.old_value, change.new_value, to->value_bytes) != 0)
			r = fn(&change, userdata);
	}
	return r;
}
