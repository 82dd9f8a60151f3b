/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Chooses by what the kernel can do, not by its version; "cannot tell" is an answer of its own.
 *
 *	$ sudo ./feature_ask
 *	recent connections: lru_hash
 *	prefixes: lpm_trie
 *	attach by TCX: ...
 *	helper bpf_redirect in XDP: yes
 */
#include <stdio.h>

#include <skep/error.h>
#include <skep/feature.h>
#include <skep/kabi.h>

/* A map type, or the simpler one that stands in for it. */
static int choose(struct skep_features *f, const char *what, uint32_t type)
{
	char name[SKEP_NAME_SIZE];
	struct skep_error err;
	int r = skep_feature_map_type_or_fallback(f, type, &type, &err);

	if (r < 0)
		return fprintf(stderr, "%s: %s\n", what, err.msg);
	printf("%s: %s\n", what, skep_map_type_name(type, name));
	return 0;
}

static int tell(const char *what, int answer, const struct skep_error *err)
{
	if (answer < 0)
		return fprintf(stderr, "%s: cannot tell: %s\n", what, err->msg);
	printf("%s: %s\n", what, answer ? "yes" : "no");
	return 0;
}

int main(void)
{
	_cleanup_(skep_features_closep) struct skep_features *f = NULL;
	struct skep_error err;
	int failed = 0;

	if (skep_features_open(NULL, &f, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	failed |= choose(f, "recent connections", SKEP_MAP_TYPE_LRU_HASH);
	failed |= choose(f, "prefixes", SKEP_MAP_TYPE_LPM_TRIE);
	failed |= tell("attach by TCX",
		       skep_feature_attach_type(f, 0, SKEP_ATTACH_TYPE_TCX_INGRESS, &err), &err);
	failed |=
		tell("helper bpf_redirect in XDP",
		     skep_feature_helper(f, SKEP_PROG_TYPE_XDP, SKEP_HELPER_REDIRECT, &err), &err);
	return failed != 0;
}
