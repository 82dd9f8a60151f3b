/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MAP_NAME_H
#define SKEP_MAP_NAME_H
/*
 * Names of maps as people and metrics have them: without the prefix of the program that they belong to, and one for all
 * maps that differ by a number alone.
 */
#include <skep/base.h>

SKEP_BEGIN

/**
 * skep_map_name_plain() - a name without its prefix
 * @name:   "cilium_lxc", or a path of which it is the last part
 * @prefix: "cilium_"; NULL or "": none
 *
 * Return: "lxc": within @name. Without that prefix, or if nothing is left: the name.
 * Context: any thread.
 * Source: the name.
 */
const char *skep_map_name_plain(const char *name, const char *prefix);

/**
 * skep_map_name_common() - the name that a map has in common with others of its kind
 * @name:   "cilium_policy_v2_01157"
 * @prefix: "cilium_"; NULL or "": none
 * @buf:    caller memory: "policy"
 * @size:   bytes of @buf
 *
 * What is cut off behind the prefix, the longest that fits: _N, with one of _reserved, _netdev_ns, _overlay or _vN before
 * it, or _vN_reserved, where N is a number. Something has to be left. A name without the prefix stays as it is.
 *
 * Return: the length; -ENOSPC it does not fit.
 * Context: any thread.
 * Source: the name.
 */
int skep_map_name_common(const char *name, const char *prefix, char *buf, size_t size);

SKEP_END
#endif
