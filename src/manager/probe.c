/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach.h>

#include "manager/interfaces.h"

/* Where texts stand in a spec. */
static const size_t texts[] = {
#define SKEP_PROBE_FIELD(name, group, type, unit, families, help) FIELD_##type(name)
#define FIELD_TEXT(name) offsetof(struct skep_probe_spec, name),
#define FIELD_NUMBER(name)
#define FIELD_SIGNED(name)
#define FIELD_FLAG(name)
#define FIELD_WORD(name)
#define FIELD_FD(name)
#include "manager/probe_field.def"
#undef SKEP_PROBE_FIELD
};

static const char **text_at(struct skep_probe_spec *spec, size_t i)
{
	return (const char **)(void *)((unsigned char *)spec + texts[i]);
}

static void release_texts(struct skep_probe_spec *spec)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		free((char *)*text_at(spec, i));
}

/* What is borrowed from the caller becomes ours. */
static int own_texts(struct skep_probe_spec *spec)
{
	const char **text;
	int missing = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		text = text_at(spec, i);
		if (!*text)
			continue;
		*text = missing ? NULL : strdup(*text);
		missing |= !*text;
	}
	return missing ? -ENOMEM : 0;
}

static int copy_spec(struct skep_probe_spec *to, const void *from, uint64_t size)
{
	const unsigned char *bytes = from;
	uint64_t i;

	for (i = sizeof(*to); i < size; i++)
		if (bytes[i])
			return -E2BIG;
	memcpy(to, from, size < sizeof(*to) ? size : sizeof(*to));
	return 0;
}

int probe_check_uid(const char *uid, struct skep_error *err)
{
	const unsigned char *c;

	for (c = (const unsigned char *)text_or_empty(uid); *c; c++)
		if (*c <= ' ' || *c == 0x7f || strchr("(),@", *c))
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "a uid has no white space, no control characters and none "
					 "of '(),@': byte %u is %#x.",
					 (unsigned)(c - (const unsigned char *)uid), *c);
	return 0;
}

int probe_new(struct skep_manager *m, const void *from, uint64_t from_size,
	      struct skep_probe **ret_probe, struct skep_error *err)
{
	_cleanup_free_ struct skep_probe *p = calloc(1, sizeof(*p));
	char name[PROBE_NAME_SIZE];
	int r;

	if (!p)
		return manager_no_memory(err);
	r = copy_spec(&p->spec, from, from_size);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID,
				 "it has what this library does not know.");
	if (!p->spec.program || !*p->spec.program)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "it has no program.");
	r = probe_check_uid(p->spec.uid, err);
	if (r < 0)
		return skep_wrap(err, r, "'%.64s': ", p->spec.program);
	if (p->spec.copy && !*text_or_empty(p->spec.uid))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%.64s': a copy needs a uid, by which its program is called.",
				 p->spec.program);
	if (skep_manager_probe_find(m, p->spec.program, p->spec.uid))
		return skep_fail(err, -EEXIST, SKEP_ERR_PROBE_NAME,
				 "there is a '%s' already: give it another uid.",
				 probe_name(p, name));
	p->manager = m;
	if (own_texts(&p->spec) < 0) {
		release_texts(&p->spec);
		return manager_no_memory(err);
	}
	*ret_probe = take_ptr(p);
	return 0;
}

struct skep_probe *probe_free(struct skep_probe *p)
{
	if (!p)
		return NULL;
	release_texts(&p->spec);
	free(p->copy_name);
	free(p->places);
	free(p);
	return NULL;
}

const char *probe_reason_of(const struct skep_probe *p, const struct skep_error *why)
{
	char name[PROBE_NAME_SIZE], prefix[PROBE_NAME_SIZE + sizeof("probe '': ")];
	const int len = snprintf(prefix, sizeof(prefix), "probe '%s': ", probe_name(p, name));

	if (!why->code)
		return "";
	return strncmp(why->msg, prefix, (size_t)len) ? why->msg : why->msg + len;
}

const char *probe_reason(const struct skep_probe *p)
{
	return probe_reason_of(p, &p->error);
}

size_t skep_manager_probe_count(const struct skep_manager *m)
{
	return m->probe_count;
}

struct skep_probe *skep_manager_probe_at(const struct skep_manager *m, size_t index)
{
	return index < m->probe_count ? m->probes[index] : NULL;
}

struct skep_probe *skep_manager_probe_find(const struct skep_manager *m, const char *program,
					   const char *uid)
{
	return pair_index_find(&m->pairs, program, uid);
}

const struct skep_probe_spec *skep_probe_spec(const struct skep_probe *p)
{
	return &p->spec;
}

uint32_t skep_probe_state(const struct skep_probe *p)
{
	if (!p->program)
		return SKEP_MANAGER_OPENED;
	if (!p->attached || interfaces_is_away(p))
		return SKEP_MANAGER_LOADED;
	return p->paused || p->manager->state == SKEP_MANAGER_PAUSED ? SKEP_MANAGER_PAUSED
								     : SKEP_MANAGER_RUNNING;
}

int skep_probe_is_enabled(const struct skep_probe *p)
{
	return p->enabled;
}

uint32_t skep_probe_family(const struct skep_probe *p)
{
	return p->family;
}

const struct skep_error *skep_probe_error(const struct skep_probe *p)
{
	return &p->error;
}

uint64_t skep_probe_attempt_count(const struct skep_probe *p)
{
	return p->attempt_count;
}

const struct skep_loaded_program *skep_probe_program(const struct skep_probe *p)
{
	return p->program ? &p->program->spec : NULL;
}

size_t skep_probe_attachment_count(const struct skep_probe *p)
{
	return p->place_count;
}

const struct skep_attachment *skep_probe_attachment_at(const struct skep_probe *p, size_t index)
{
	return index < p->place_count ? p->places[index].attachment : NULL;
}
