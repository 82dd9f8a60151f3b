/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef OBJECT_NORMALISE_H
#define OBJECT_NORMALISE_H
/*
 * Bringing an object into the form that libbpf loads. docs/object.md tells what is done and why.
 *
 * Types are only added to the BTF, and old ones keep their ids and sizes: what .BTF.ext says of them holds.
 */
struct skep_error;
struct skep_object;

/* All of it, in order. Return: 0; -EINVAL; -ENOMEM. */
int object_normalise(struct skep_object *o, struct skep_error *err);

int object_normalise_programs(struct skep_object *o, struct skep_error *err);
int object_normalise_externs(struct skep_object *o, struct skep_error *err);
int object_normalise_legacy_maps(struct skep_object *o, struct skep_error *err);
int object_normalise_maps(struct skep_object *o, struct skep_error *err);
int object_normalise_references(struct skep_object *o, struct skep_error *err);

/* The BTF of the object, made if it has none. Return: 0; -ENOMEM. */
int object_need_btf(struct skep_object *o);

#endif
