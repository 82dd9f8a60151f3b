/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_LINK_H
#define CLI_LINK_H
struct skep_json;
struct skep_link_info;

/* What a type of link has beside its ids, as members of the object that is open. */
void link_json_info(struct skep_json *j, const struct skep_link_info *info);

#endif
