/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_SELECTOR_H
#define SKEP_SELECTOR_H
/*
 * Selectors: which probes a manager is to attach, and how many of them have to be attached for that to be a success.
 *
 *	probe		it has to be attached
 *	all of		each member has to be good
 *	one of		one member has to be good, at least; all are tried
 *	best effort	always good: what can be attached is
 *
 * Members are selectors themselves. A selector is plain data, which a program writes down
 *
 *	static const struct skep_selector wanted = SKEP_ALL_OF(
 *		SKEP_PROBE("on_exec"),
 *		SKEP_ONE_OF(SKEP_PROBE("on_open"), SKEP_PROBE("on_open_tp")));
 *
 * or has made from text: "all_of(on_exec, one_of(on_open, on_open_tp))". A probe is a program, or a program and a user's
 * id, PROGRAM@UID, where several probes have the same program.
 *
 * Threads: a selector that nobody changes may be read by any number of threads.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;

/* What a selector is. */
enum skep_selector_kind {
	SKEP_SELECTOR_PROBE = 0,
	SKEP_SELECTOR_ALL_OF = 1,
	SKEP_SELECTOR_ONE_OF = 2,
	SKEP_SELECTOR_BEST_EFFORT = 3,
};

struct skep_selector {
	uint64_t kind;       /* enum skep_selector_kind */
	const char *program; /* of a probe */
	const char *uid;     /* of a probe; NULL: "" */
	const struct skep_selector *members;
	uint64_t member_count;
};

/* Initialisers, in C, outside of functions; and of automatic variables, whose members end with the block. */
#define SKEP_PROBE(name)                                       \
	{                                                      \
		.kind = SKEP_SELECTOR_PROBE, .program = (name) \
	}
#define SKEP_PROBE_UID(name, id)                                            \
	{                                                                   \
		.kind = SKEP_SELECTOR_PROBE, .program = (name), .uid = (id) \
	}
#define SKEP_ALL_OF(...) SKEP_SELECTOR_GROUP(SKEP_SELECTOR_ALL_OF, __VA_ARGS__)
#define SKEP_ONE_OF(...) SKEP_SELECTOR_GROUP(SKEP_SELECTOR_ONE_OF, __VA_ARGS__)
#define SKEP_BEST_EFFORT(...) SKEP_SELECTOR_GROUP(SKEP_SELECTOR_BEST_EFFORT, __VA_ARGS__)
#define SKEP_SELECTOR_GROUP(group, ...)                                                    \
	{                                                                                  \
		.kind = (group), .members = (const struct skep_selector[]){ __VA_ARGS__ }, \
		.member_count = sizeof((const struct skep_selector[]){ __VA_ARGS__ }) /    \
				sizeof(struct skep_selector)                               \
	}

#define SKEP_SELECTOR_DEPTH 32 /* groups within groups: no more */

/**
 * skep_selector_parse() - a selector from text
 * @text:         PROGRAM, PROGRAM@UID, or all_of(...), one_of(...), best_effort(...) of such with commas in between
 * @ret_selector: owned by the caller, skep_selector_free()
 *
 * Return: 0; -EINVAL: @err has the column; -ENOMEM.
 * Context: any thread.
 * Source: this header.
 */
int skep_selector_parse(const char *text, struct skep_selector **ret_selector,
			struct skep_error *err);

/**
 * skep_selector_copy() - a selector of one's own
 * @selector:     any
 * @ret_selector: owned by the caller, skep_selector_free()
 *
 * Return: 0; -EINVAL an unknown kind, a probe without a program, groups too deep; -ENOMEM.
 * Context: any thread.
 * Source: this header.
 */
int skep_selector_copy(const struct skep_selector *selector, struct skep_selector **ret_selector,
		       struct skep_error *err);

/**
 * skep_selector_free() - release a selector
 * @selector: of skep_selector_parse() or skep_selector_copy(); NULL
 *
 * Return: NULL.
 * Source: free(3).
 */
struct skep_selector *skep_selector_free(struct skep_selector *selector);

/**
 * skep_selector_text() - a selector as text, which skep_selector_parse() takes
 * @selector: not too deep
 * @buf:      the text, with its NUL
 * @size:     bytes of @buf
 *
 * Return: the length of the text; -ENOSPC it does not fit.
 * Context: any thread.
 * Source: this header.
 */
int skep_selector_text(const struct skep_selector *selector, char *buf, size_t size);

/**
 * typedef skep_selector_probe_fn - called for a probe of a selector
 * @program: borrowed
 * @uid:     borrowed; "" if there is none
 *
 * Return: 0 to go on; anything else ends the walk and is returned by it.
 */
typedef int (*skep_selector_probe_fn)(const char *program, const char *uid, void *userdata);

/**
 * skep_selector_each() - visit all probes of a selector, in their order; one that stands there twice, twice
 * @selector:      any
 * @fn, @userdata: for each probe
 *
 * Return: 0; what @fn returned.
 * Context: any thread.
 * Source: this header.
 */
int skep_selector_each(const struct skep_selector *selector, skep_selector_probe_fn fn,
		       void *userdata);

/**
 * skep_selector_has() - is a probe in it
 * @selector: any
 * @program:  of the probe
 * @uid:      of the probe; NULL: ""
 *
 * Return: 1 or 0.
 * Context: any thread.
 * Source: this header.
 */
int skep_selector_has(const struct skep_selector *selector, const char *program, const char *uid);

/**
 * skep_selector_rename() - call a probe something else, wherever it stands
 * @selector:    of skep_selector_parse() or skep_selector_copy()
 * @program:     which
 * @uid:         which; NULL: ""
 * @new_program: how it is called from now on
 * @new_uid:     likewise; NULL: ""
 *
 * Return: in how many places; -ENOMEM: then nothing has changed.
 * Source: this header.
 */
int skep_selector_rename(struct skep_selector *selector, const char *program, const char *uid,
			 const char *new_program, const char *new_uid);

/**
 * typedef skep_selector_state_fn - is a probe attached
 * @program: borrowed
 * @uid:     borrowed; "" if there is none
 * @why:     room for @size bytes: why not, in a few words
 *
 * Return: 1 it is; 0 it is not, and @why has been written; a negative errno ends the check and is returned by it.
 */
typedef int (*skep_selector_state_fn)(const char *program, const char *uid, char *why, size_t size,
				      void *userdata);

/**
 * skep_selector_check() - is enough of it attached
 * @selector:      any
 * @fn, @userdata: asked for probes, perhaps more than once for one
 *
 * Return: 0; -ENOENT, SKEP_ERR_SELECTOR: @err names each probe that was needed, with its reason, as far as there is room;
 *         what @fn returned.
 * Source: this header.
 */
int skep_selector_check(const struct skep_selector *selector, skep_selector_state_fn fn,
			void *userdata, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_selector, skep_selector_free) /* skep_selector_freep() */
SKEP_END
#endif
