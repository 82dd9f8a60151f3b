/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Any bytes as an object: an answer, in one line if it is no; else all of it can be looked at and edited, and what
 * normalisation made is an object that needs none of it again.
 */
#include "must.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/object.h>
#include <skep/object_copy.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>

static int count(const struct skep_object_reference *reference, void *userdata)
{
	must(reference->name && reference->function && reference->kind);
	++*(size_t *)userdata;
	return 0;
}

static void look(struct skep_object *o)
{
	const struct skep_object_program *p;
	size_t i, n = 0, sum = 0, k;

	for (i = 0; i < skep_object_program_count(o); i++) {
		p = skep_object_program_at(o, i);
		must(*p->name && p->insn_count);
		for (k = 0; k < p->insn_count; k++)
			sum += p->insns[k].code;
		must(!skep_object_program_references(o, p->name, count, &n));
	}
	for (i = 0; i < skep_object_map_count(o); i++)
		must(*skep_object_map_at(o, i)->spec.name && skep_object_map_at(o, i)->section);
	for (i = 0; i < skep_object_variable_count(o); i++) {
		const struct skep_object_variable *v = skep_object_variable_at(o, i);

		for (k = 0; v->data && k < v->size; k++)
			sum += ((const unsigned char *)v->data)[k];
	}
	for (i = 0; i < skep_object_change_count(o); i++)
		must(*skep_object_change_reason(skep_object_change_at(o, i)->kind));
	must(sum + n < SIZE_MAX);
}

/* Names are borrowed until the next edit. */
static void name_of(char to[128], const char *name)
{
	snprintf(to, 128, "%s", name);
}

/* A copy is one program more, or nothing has changed; constants of it are its own. */
static void copy(struct skep_object *o)
{
	const size_t programs = skep_object_program_count(o),
		     constants = skep_object_constant_count(o);
	char program[128], name[128], constant[128];
	struct skep_error err = { 0 };
	size_t i, k;
	int r;

	for (i = 0; i < programs && i < 4; i++) {
		name_of(program, skep_object_program_at(o, i)->name);
		snprintf(name, sizeof(name), "copy_%zu", i);
		k = skep_object_program_count(o);
		r = skep_object_program_copy(o, program, name, &err);
		must(skep_object_program_count(o) == k + (r == 0));
		must(r < 0 || skep_object_program_find(o, name));
		if (r < 0)
			continue;
		for (k = 0; k < constants && k < 4; k++) {
			name_of(constant, skep_object_constant_at(o, k)->name);
			skep_object_constant_set(o, name, constant, k + 1, &err);
		}
	}
}

static void edit(struct skep_object *o)
{
	static const struct bpf_insn nothing[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
						   { .code = BPF_ALU64 | BPF_MOV | BPF_K } };
	struct skep_error err = { 0 };
	size_t i;

	for (i = 0; i < skep_object_constant_count(o) && i < 8; i++)
		skep_object_constant_set(o, NULL, skep_object_constant_at(o, i)->name, i, &err);
	for (i = 0; i < skep_object_program_count(o) && i < 8; i++)
		skep_object_program_insert(o, skep_object_program_at(o, i)->name, nothing, 2, &err);
	copy(o);
	skep_object_modernise(o, &err);
	must(skep_object_prune(o, NULL, 0, &err) >= 0);
	look(o);
}

/* Changes that a normalised object still has: its image tells neither types of sections nor what tail calls are. */
static int stays(uint32_t kind)
{
	return kind == SKEP_OBJECT_CHANGE_SECTION_NAME || kind == SKEP_OBJECT_CHANGE_TAIL_CALL ||
	       kind == SKEP_OBJECT_CHANGE_INNER_MAP;
}

static void open_again(struct skep_object *o)
{
	struct skep_object *again = NULL;
	struct skep_error err = { 0 };
	const void *image;
	size_t size, i;

	image = skep_object_image(o, &size);
	must(image != NULL);
	if (skep_object_open_bytes(image, size, NULL, &again, &err) < 0)
		return; /* a section "ID/KEY" whose map no longer says its id */
	for (i = 0; i < skep_object_change_count(again); i++)
		must(stays(skep_object_change_at(again, i)->kind));
	skep_object_close(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skep_object *o = NULL;
	struct skep_error err = { 0 };
	int r = skep_object_open_bytes(data, size, NULL, &o, &err);

	if (r < 0) {
		must(err.code == r && *err.msg && !strchr(err.msg, '\n'));
		return 0;
	}
	look(o);
	open_again(o);
	edit(o);
	open_again(o);
	skep_object_close(o);
	return 0;
}
