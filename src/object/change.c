/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/object.h"

static const struct {
	uint32_t kind;
	const char *name, *reason;
} kinds[] = {
#define SKEP_OBJECT_CHANGE(name, number, text, reason) { number, text, reason },
#include "object/changes.def"
#undef SKEP_OBJECT_CHANGE
};

const char *skep_object_change_name(uint32_t kind)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return "unknown";
}

const char *skep_object_change_reason(uint32_t kind)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].reason;
	return "";
}

size_t skep_object_change_count(const struct skep_object *o)
{
	return o->change_count;
}

const struct skep_object_change *skep_object_change_at(const struct skep_object *o, size_t index)
{
	return index < o->change_count ? &o->changes[index].spec : NULL;
}

int object_changed(struct skep_object *o, uint32_t kind, const char *where, const char *fmt, ...)
{
	struct object_change *c = OBJECT_ADD(o->changes, o->change_count);
	va_list args;
	int r;

	if (!c)
		return -ENOMEM;
	va_start(args, fmt);
	r = vasprintf(&c->what, fmt, args);
	va_end(args);
	if (r < 0)
		c->what = NULL;
	c->where = strdup(where);
	if (!c->where || !c->what) {
		free(c->where);
		free(c->what);
		o->change_count--;
		return -ENOMEM;
	}
	c->spec = (struct skep_object_change){ .where = c->where, .what = c->what, .kind = kind };
	return 0;
}

void *object_add(void **array, size_t *count, size_t size)
{
	void *grown;

	if (!(*count & (*count - 1))) {
		grown = reallocarray(*array, *count ? *count * 2 : 1, size);
		if (!grown)
			return NULL;
		*array = grown;
	}
	return memset((char *)*array + (*count)++ * size, 0, size);
}

int object_fail(struct skep_error *err, const char *fmt, ...)
{
	char text[sizeof(err->msg)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "%s", text);
}

int object_no_memory(struct skep_error *err)
{
	return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read an object");
}
