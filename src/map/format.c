/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "map/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/format_build.h"
#include "text/utf8.h"

static int fail_size(struct skep_error *err)
{
	return skep_fail(err, -EFBIG, SKEP_ERR_UNSUPPORTED, "format: more than 1 GiB.");
}

int skep_format_new_bytes(size_t size, struct skep_format **ret_format, struct skep_error *err)
{
	struct map_field whole = { .kind = MAP_FIELD_BYTES, .size = (uint32_t)size };
	_cleanup_(map_build_fini) struct map_build b = { .format = NULL };
	uint32_t index;
	int r;

	if (size > MAP_FORMAT_BYTES)
		return fail_size(err);
	r = map_build_begin(&b, err);
	if (r >= 0)
		r = map_build_string(&b, "bytes", 5, &whole.type);
	if (r >= 0)
		r = map_build_add(&b, &whole, &index);
	if (r >= 0)
		map_build_finish(&b, size, ret_format);
	return r;
}

int skep_format_new_callbacks(const struct skep_format_callbacks *callbacks,
			      struct skep_format **ret_format, struct skep_error *err)
{
	struct skep_format_callbacks mine;
	struct skep_format *f;
	int r = opts_copy(&mine, sizeof(mine), callbacks);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "format: callbacks");
	if (!mine.text)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "format: callbacks without a function for texts.");
	f = calloc(1, sizeof(*f));
	if (!f)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "format");
	f->callbacks = mine;
	f->size = mine.size;
	*ret_format = f;
	return 0;
}

int skep_format_new_percpu(const struct skep_format *value, uint32_t cpu_count,
			   struct skep_format **ret_format, struct skep_error *err)
{
	struct skep_format *f;

	if (value->value || !cpu_count)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 value->value ? "format: values of CPUs within those of others."
					      : "format: values of no CPU.");
	f = calloc(1, sizeof(*f));
	if (!f)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "format");
	f->value = value;
	f->cpu_count = cpu_count;
	if (__builtin_mul_overflow(map_format_stride(f), (size_t)cpu_count, &f->size) ||
	    f->size > MAP_FORMAT_BYTES) {
		free(f);
		return fail_size(err);
	}
	*ret_format = f;
	return 0;
}

struct skep_format *skep_format_free(struct skep_format *format)
{
	if (!format)
		return NULL;
	free(format->fields);
	free(format->enumerators);
	free(format->strings);
	free(format);
	return NULL;
}

size_t skep_format_size(const struct skep_format *format)
{
	return format->size;
}

int map_format_fits(const struct skep_format *format, size_t size)
{
	if (size == format->size)
		return 1;
	return format->is_flexible && size > format->size && size <= MAP_FORMAT_BYTES;
}

const char *map_field_enumerator(const struct skep_format *format, const struct map_field *field,
				 uint64_t value)
{
	uint32_t low = field->first, high = field->first + field->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (format->enumerators[middle].value < value)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == field->first + field->count || format->enumerators[low].value != value)
		return NULL;
	return map_format_string(format, format->enumerators[low].name);
}

int64_t map_field_text_len(const char *chars, size_t count)
{
	const char *s, *end;

	while (count && !chars[count - 1])
		count--;
	if (count >= MAP_HEX_LEN && !memcmp(chars, MAP_HEX, MAP_HEX_LEN))
		return -1;
	for (s = chars, end = chars + count; s < end;) {
		size_t n = text_utf8_len(s, end);

		if (!n)
			return -1;
		s += n;
	}
	return (int64_t)count;
}
