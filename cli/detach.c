/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep detach: the way back from skep attach --pin. */
#include <errno.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/error.h>
#include <skep/link.h>

#include "opt.h"
#include "out.h"
#include "verbs.h"

#define EXIT_USAGE 2

struct detach_options {
	struct opt_list paths;
	const char *root;
	uint64_t help;
};

static const struct opt table_of_options[] = {
#define OPT(name, short_name, type, field, argument, fallback, help)          \
	{ name,     short_name, type, offsetof(struct detach_options, field), \
	  argument, fallback,   help, NULL },
#include "detach.def"
#undef OPT
	{ 0 },
};

/* A link whose type has no such command is detached by the end of its pin, if nobody else holds it. */
static int detach_one(const struct skep_bpffs *bpffs, const char *path, struct skep_error *err)
{
	_cleanup_(skep_link_closep) struct skep_link *link = NULL;
	int r = skep_link_open_pinned(bpffs, path, &link, err), gone;

	if (r < 0)
		return r;
	gone = skep_link_detach(link, err);
	if (gone < 0 && gone != -EOPNOTSUPP)
		return gone;
	r = skep_link_unpin(bpffs, path, err);
	if (r >= 0 && gone > 0)
		out_error("detach: '%s': what it was attached to had gone before", path);
	return r;
}

int cli_detach(int argc, char **argv)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *bpffs = NULL;
	struct skep_bpffs_opts opts = { .sz = sizeof(opts), .flags = SKEP_BPFFS_DISCOVER };
	struct detach_options o = { 0 };
	struct skep_error err = { 0 };
	int r = opt_parse("detach", table_of_options, argc, argv, &o), status = 0;
	uint64_t i;

	if (r > 0) {
		opt_help("detach", table_of_options,
			 "Detaches what is pinned, and removes the pins.",
			 "  skep detach agent/links/egress\n");
		return 0;
	}
	if (r < 0)
		return EXIT_USAGE;
	skep_bpffs_opts_from_env(environ, &opts);
	if (o.root)
		opts.root = o.root;
	if (skep_bpffs_open(&opts, &bpffs, &err) < 0)
		return out_fail("detach", &err);
	for (i = 0; i < o.paths.count; i++) {
		if (detach_one(bpffs, o.paths.items[i], &err) >= 0)
			continue;
		r = out_fail("detach", &err);
		status = status ? status : r;
	}
	return status;
}
