/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/pair_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "manager/manager.h"

#define LEAST_CHAINS 16

static struct skep_probe **chain_of(const struct pair_index *x, const char *program,
				    const char *uid)
{
	const uint64_t h = hash_bytes(x->seed, program, strlen(program) + 1);

	return &x->chains[hash_bytes(h, uid, strlen(uid)) & (x->chain_count - 1)];
}

static struct skep_probe **chain_of_probe(const struct pair_index *x, const struct skep_probe *p)
{
	return chain_of(x, p->spec.program, text_or_empty(p->spec.uid));
}

void pair_index_put_back(struct pair_index *x, struct skep_probe *p)
{
	struct skep_probe **chain = chain_of_probe(x, p);

	p->next_of_hash = *chain;
	*chain = p;
	x->count++;
}

static int grow(struct pair_index *x)
{
	struct pair_index more = {
		.chain_count = x->chain_count ? 2 * x->chain_count : LEAST_CHAINS,
		.seed = x->chain_count ? x->seed : hash_seed(x),
	};
	struct skep_probe *p, *next;
	size_t i;

	more.chains = calloc(more.chain_count, sizeof(struct skep_probe *));
	if (!more.chains)
		return -ENOMEM;
	for (i = 0; i < x->chain_count; i++)
		for (p = x->chains[i]; p; p = next) {
			next = p->next_of_hash;
			pair_index_put_back(&more, p);
		}
	free(x->chains);
	*x = more;
	return 0;
}

int pair_index_add(struct pair_index *x, struct skep_probe *p)
{
	if (x->count == x->chain_count && grow(x) < 0)
		return -ENOMEM;
	pair_index_put_back(x, p);
	return 0;
}

void pair_index_remove(struct pair_index *x, struct skep_probe *p)
{
	struct skep_probe **at = chain_of_probe(x, p);

	while (*at != p)
		at = &(*at)->next_of_hash;
	*at = p->next_of_hash;
	x->count--;
}

struct skep_probe *pair_index_find(const struct pair_index *x, const char *program, const char *uid)
{
	struct skep_probe *p = NULL;

	uid = text_or_empty(uid);
	if (program && x->chain_count)
		p = *chain_of(x, program, uid);
	while (p && (strcmp(p->spec.program, program) != 0 ||
		     strcmp(text_or_empty(p->spec.uid), uid) != 0))
		p = p->next_of_hash;
	return p;
}

void pair_index_fini(struct pair_index *x)
{
	free(x->chains);
	*x = (struct pair_index){ 0 };
}
