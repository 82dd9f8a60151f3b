/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ATTACH_WAY_H
#define SKEP_ATTACH_WAY_H
/*
 * Ways: families of hooks, the methods by which a program comes to one, and which family has which method.
 */
#include <stddef.h>
#include <stdint.h>

#include <skep/attach_family.h>
#include <skep/attach_method.h>
#include <skep/base.h>

SKEP_BEGIN

struct skep_error;
struct skep_features;

/* A way: a family and a method that it has. Static, as its strings are. */
struct skep_attach_way {
	uint64_t family;       /* enum skep_attach_family */
	uint64_t method;       /* enum skep_attach_method */
	uint64_t major, minor; /* the first Linux release that has it, for information */
	uint64_t link_type;    /* enum skep_link_type; 0: it gives no link */
	uint64_t operation;    /* enum skep_operation: which capabilities it takes */
	uint64_t facts;        /* SKEP_ATTACH_WAY_* */
};

#define SKEP_ATTACH_WAY_UPDATES (1u << 0)  /* the program can be exchanged in one step */
#define SKEP_ATTACH_WAY_COOKIE (1u << 1)   /* a value goes with the attachment */
#define SKEP_ATTACH_WAY_OUTLIVES (1u << 2) /* it stays when the process ends */

/**
 * skep_attach_ways() - all ways, those of a family in the order in which they are preferred
 * @ret_count: rows
 *
 * Return: the rows.
 * Context: any thread.
 * Source: src/attach/way.def.
 */
const struct skep_attach_way *skep_attach_ways(size_t *ret_count);

/**
 * skep_attach_supported() - does this kernel have a way, found out by trying
 * @features: NULL: asked for this once
 * @family:   enum skep_attach_family
 * @method:   enum skep_attach_method; SKEP_ATTACH_METHOD_AUTO: any of the family's
 *
 * For choosing before a program is loaded, where its expected attach type depends on it (kprobe.multi); attaching chooses by
 * itself.
 *
 * Return: 1 yes; 0 no; -EINVAL no such way; another negative errno: could not tell, as skep_feature_has().
 * Source: src/attach/way.def.
 */
int skep_attach_supported(struct skep_features *features, uint32_t family, uint32_t method,
			  struct skep_error *err);

/**
 * skep_attach_family_name() - "kprobe", "xdp"
 * @family: enum skep_attach_family
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: src/attach/family.def.
 */
const char *skep_attach_family_name(uint32_t family);

/**
 * skep_attach_family_sentence() - what a program of a family is attached to, in a few words
 * @family: enum skep_attach_family
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: src/attach/family.def.
 */
const char *skep_attach_family_sentence(uint32_t family);

/**
 * skep_attach_family_from_name() - the opposite of skep_attach_family_name()
 * @name:       as that returns
 * @ret_family: enum skep_attach_family
 *
 * Return: 0; -ENOENT no family has that name.
 * Context: any thread.
 * Source: src/attach/family.def.
 */
int skep_attach_family_from_name(const char *name, uint32_t *ret_family);

/**
 * skep_attach_family_neutral() - what a program returns that wants to change nothing
 * @family:    enum skep_attach_family
 * @ret_value: as if the program were not there
 *
 * Return: 0; -EOPNOTSUPP there is no such value: such a program cannot be paused; -EINVAL no such family.
 * Context: any thread.
 * Source: src/attach/family.def.
 */
int skep_attach_family_neutral(uint32_t family, int64_t *ret_value);

/**
 * skep_attach_method_name() - "link", "clsact"
 * @method: enum skep_attach_method
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: src/attach/method.def.
 */
const char *skep_attach_method_name(uint32_t method);

/**
 * skep_attach_method_sentence() - how a program comes to its hook, in a few words
 * @method: enum skep_attach_method
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: src/attach/method.def.
 */
const char *skep_attach_method_sentence(uint32_t method);

/**
 * skep_attach_method_from_name() - the opposite of skep_attach_method_name()
 * @name:       as that returns
 * @ret_method: enum skep_attach_method
 *
 * Return: 0; -ENOENT no method has that name.
 * Context: any thread.
 * Source: src/attach/method.def.
 */
int skep_attach_method_from_name(const char *name, uint32_t *ret_method);

SKEP_END
#endif
