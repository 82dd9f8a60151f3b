/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The tables: families, methods, and which family has which. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <skep/error.h>
#include <skep/feature.h>
#include <skep/kabi.h>

#include "attach/attachment.h"
#include "attach/trace_event.h"
#include "base/cleanup.h"
#include "base/error.h"

#define NONE INT64_MIN /* no neutral value */

static const struct {
	const char *name;
	const char *sentence;
	int64_t neutral;
} families[] = {
#define SKEP_ATTACH_FAMILY(id, number, text, neutral, types, sentence) \
	[number] = { text, sentence, neutral },
#include "attach/family.def"
#undef SKEP_ATTACH_FAMILY
};

static const struct {
	const char *name;
	const char *sentence;
} methods[] = {
#define SKEP_ATTACH_METHOD(id, number, text, sentence) [number] = { text, sentence },
#include "attach/method.def"
#undef SKEP_ATTACH_METHOD
};

/* How the kernel is asked. */
enum probe {
	PROBE_ALWAYS,
	PROBE_ATTACH_TYPE,
	PROBE_LINK_TYPE,
	PROBE_FEATURE,
	PROBE_UNIT_LINK,
	PROBE_TRACEFS,
};

/* Files of tracefs by which events are made. */
enum {
	FILE_KPROBES = TRACE_EVENT_KPROBE,
	FILE_UPROBES = TRACE_EVENT_UPROBE,
};

#define UPDATES SKEP_ATTACH_WAY_UPDATES
#define COOKIE SKEP_ATTACH_WAY_COOKIE
#define OUTLIVES SKEP_ATTACH_WAY_OUTLIVES

static const struct skep_attach_way ways[] = {
#define SKEP_ATTACH_WAY(family, method, major, minor, link, probe, argument, operation, facts) \
	{ SKEP_ATTACH_FAMILY_##family, SKEP_ATTACH_METHOD_##method, major, minor,              \
	  SKEP_LINK_TYPE_##link,       SKEP_OPERATION_##operation,  facts },
#include "attach/way.def"
#undef SKEP_ATTACH_WAY
};

/* The same rows. */
static const struct {
	enum probe probe;
	uint32_t argument;
} probes[] = {
#define SKEP_ATTACH_WAY(family, method, major, minor, link, probe, argument, operation, facts) \
	{ PROBE_##probe, argument },
#include "attach/way.def"
#undef SKEP_ATTACH_WAY
};

const struct skep_attach_way *skep_attach_ways(size_t *ret_count)
{
	*ret_count = ARRAY_SIZE(ways);
	return ways;
}

const struct skep_attach_way *attach_way_find(uint32_t family, uint32_t method)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		if (ways[i].family == family && ways[i].method == method)
			return &ways[i];
	return NULL;
}

uint32_t attach_way_multi_type(uint32_t family)
{
	const struct skep_attach_way *way = attach_way_find(family, SKEP_ATTACH_METHOD_MULTI);

	return way ? probes[way - ways].argument : 0;
}

static int ask_tracefs(uint32_t file, struct skep_error *err)
{
	int r = trace_event_check((enum trace_event_kind)file, err);

	return r == -EOPNOTSUPP ? 0 : r < 0 ? r : 1;
}

static int ask(struct skep_features *features, size_t row, struct skep_error *err)
{
	int r;

	switch (probes[row].probe) {
	case PROBE_ATTACH_TYPE:
		return skep_feature_attach_type(features, 0, probes[row].argument, err);
	case PROBE_LINK_TYPE:
		return skep_feature_link_type(features, probes[row].argument, err);
	case PROBE_FEATURE:
		return skep_feature_has(features, probes[row].argument, err);
	case PROBE_UNIT_LINK:
		r = skep_feature_has(features, probes[row].argument, err);
		return r <= 0 ? r
			      : skep_feature_link_type(features, SKEP_LINK_TYPE_PERF_EVENT, err);
	case PROBE_TRACEFS:
		return ask_tracefs(probes[row].argument, err);
	default:
		return 1;
	}
}

int skep_attach_supported(struct skep_features *features, uint32_t family, uint32_t method,
			  struct skep_error *err)
{
	_cleanup_(skep_features_closep) struct skep_features *own = NULL;
	struct skep_error why = { 0 };
	int found = 0, answer = 0, r;
	size_t i;

	if (!features) {
		r = skep_features_open(NULL, &own, err);
		if (r < 0)
			return r;
		features = own;
	}
	for (i = 0; i < ARRAY_SIZE(ways) && answer <= 0; i++) {
		if (ways[i].family != family || (method && ways[i].method != method))
			continue;
		found = 1;
		r = ask(features, i, &why);
		answer = r == 0 ? answer : r; /* "could not tell" is not made a "no" by the next */
	}
	if (!found)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "%s is not attached by %s.",
				 skep_attach_family_name(family), skep_attach_method_name(method));
	if (answer < 0 && err)
		*err = why;
	return answer;
}

int attach_way_lacking(const struct skep_attach_way *way)
{
	static atomic_schar known[ARRAY_SIZE(ways)]; /* 0 not yet; 1 it has it; -1 it lacks it */
	size_t row = (size_t)(way - ways);
	int r = atomic_load_explicit(&known[row], memory_order_relaxed);

	if (r)
		return r < 0;
	r = skep_attach_supported(NULL, (uint32_t)way->family, (uint32_t)way->method, NULL);
	if (r >= 0)
		atomic_store_explicit(&known[row], (signed char)(r ? 1 : -1), memory_order_relaxed);
	return r == 0;
}

/* Is the running kernel one that would have it? */
static int is_recent(const struct skep_attach_way *way)
{
	unsigned major = 0, minor = 0;
	struct utsname host;

	return uname(&host) == 0 && sscanf(host.release, "%u.%u", &major, &minor) == 2 &&
	       (major > way->major || (major == way->major && minor >= way->minor));
}

int attach_fail_lacking(const struct skep_attach_way *way, struct skep_error *err)
{
	const size_t row = (size_t)(way - ways);
	const uint32_t argument = probes[row].argument;
	const char *config = "";
	int r;

	if (probes[row].probe == PROBE_TRACEFS) { /* it names the file */
		r = trace_event_check((enum trace_event_kind)argument, err);
		if (r < 0)
			return r;
	}
	if (probes[row].probe == PROBE_FEATURE || probes[row].probe == PROBE_UNIT_LINK)
		config = argument == SKEP_FEATURE_KPROBE_PMU ? ", CONFIG_KPROBE_EVENTS"
							     : ", CONFIG_UPROBE_EVENTS";
	return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			 is_recent(way) ? "this kernel was built without this method: %s (since "
					  "Linux %u.%u%s)."
					: "this kernel has no such method: %s (Linux %u.%u%s).",
			 skep_attach_method_sentence((uint32_t)way->method), (unsigned)way->major,
			 (unsigned)way->minor, config);
}

const char *skep_attach_family_name(uint32_t family)
{
	return family < ARRAY_SIZE(families) && families[family].name ? families[family].name
								      : "unknown";
}

const char *skep_attach_family_sentence(uint32_t family)
{
	return family < ARRAY_SIZE(families) && families[family].name ? families[family].sentence
								      : "unknown";
}

int skep_attach_family_from_name(const char *name, uint32_t *ret_family)
{
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].name && !strcmp(families[i].name, name)) {
			*ret_family = i;
			return 0;
		}
	return -ENOENT;
}

int skep_attach_family_neutral(uint32_t family, int64_t *ret_value)
{
	if (family >= ARRAY_SIZE(families) || !families[family].name)
		return -EINVAL;
	if (families[family].neutral == NONE)
		return -EOPNOTSUPP;
	*ret_value = families[family].neutral;
	return 0;
}

const char *skep_attach_method_name(uint32_t method)
{
	return method < ARRAY_SIZE(methods) ? methods[method].name : "unknown";
}

const char *skep_attach_method_sentence(uint32_t method)
{
	return method < ARRAY_SIZE(methods) ? methods[method].sentence : "unknown";
}

int skep_attach_method_from_name(const char *name, uint32_t *ret_method)
{
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE(methods); i++)
		if (!strcmp(methods[i].name, name)) {
			*ret_method = i;
			return 0;
		}
	return -ENOENT;
}
