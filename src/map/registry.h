/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_REGISTRY_H
#define MAP_REGISTRY_H
#include <skep/map_registry.h>

/* Of a map whose last reference has gone: takes it out of the registry that it is in, if any. */
void map_registry_leave(struct skep_map *map);

#endif
