/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_CENSUS_H
#define LAB_CENSUS_H
/*
 * What exists before and after: the fds of this process, and all maps, programs and links in the kernel.
 *
 * The kernel frees such things a while after the last close, and whoever else works on the machine makes and frees
 * some too: compare by lab_census_clean(), which waits, and looks only for what is new and not theirs. (Ids are not
 * used again soon.)
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_CENSUS_IDS 8192

struct lab_ids {
	size_t count;                 /* of all; at most LAB_CENSUS_IDS are kept */
	uint32_t ids[LAB_CENSUS_IDS]; /* ascending */
};

struct lab_census {
	struct lab_ids fds;
	struct lab_ids maps;
	struct lab_ids progs;
	struct lab_ids links;
};

/* Return: 0; -E2BIG: more than are kept; another negative errno. */
int lab_census_take(struct lab_census *ret_census);

/*
 * Tells what @after has and @before has not, by id and name: "map 17 flows, fd 5 socket:[123]"; "" if nothing.
 * Return: how many.
 */
size_t lab_census_diff(const struct lab_census *before, const struct lab_census *after, char *buf,
		       size_t size);

/*
 * Waits until nothing is there that was not @before, but for what others hold: processes that neither are in this
 * process's group nor descend from one that is. Return: is it so; if not, @buf tells what is left.
 */
bool lab_census_clean(const struct lab_census *before, uint64_t deadline_ns, char *buf,
		      size_t size);

/*
 * The same for maps, programs and links alone, on a machine on which others make such things too: waits until nothing
 * is there any more of what came between @before and @after.
 */
bool lab_census_vanished(const struct lab_census *before, const struct lab_census *after,
			 uint64_t deadline_ns, char *buf, size_t size);

#endif
