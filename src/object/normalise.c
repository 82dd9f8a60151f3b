/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/normalise.h"

#include <errno.h>

#include "object/object.h"

int object_need_btf(struct skep_object *o)
{
	if (o->btf)
		return 0;
	o->btf = btf__new_empty();
	return o->btf ? 0 : -ENOMEM;
}

int object_normalise(struct skep_object *o, struct skep_error *err)
{
	int r = object_normalise_programs(o, err);

	if (r == 0)
		r = object_normalise_externs(o, err);
	if (r == 0)
		r = object_normalise_references(o, err);
	if (r == 0)
		r = object_normalise_legacy_maps(o, err);
	if (r == 0)
		r = object_normalise_maps(o, err);
	return r;
}
