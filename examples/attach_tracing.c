/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Runs programs at entry and exit of a function of the kernel, and with a decision of the security module: at what they were
 * loaded for. It needs a kernel that lets them be loaded.
 *
 *	$ sudo ./attach_tracing attach.bpf.o
 *	fentry what it was loaded for, by link
 *	5 runs
 *	fexit what it was loaded for, by link
 *	5 runs
 *	lsm what it was loaded for, by link
 *	5 runs
 */
#include <unistd.h>

#include <skep/attach_tracing.h>

#include "runs.h"

static const struct {
	const char *program;
	uint32_t family;
} rows[] = {
	{ "on_entry", SKEP_ATTACH_FAMILY_FENTRY },
	{ "on_exit", SKEP_ATTACH_FAMILY_FEXIT },
	{ "on_decision", SKEP_ATTACH_FAMILY_LSM },
};

static int run(const char *path, size_t row, struct skep_error *err)
{
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	int i, r = load_program(path, rows[row].program, &loaded, err);

	if (r >= 0)
		r = skep_tracing_attach(r, rows[row].family, NULL, &a, err);
	if (r < 0)
		return r;
	tell(a);
	for (i = 0; i < 5; i++)
		getpgid(getpid());
	printf("%" PRIu64 " runs\n", runs_of(loaded));
	return 0;
}

int main(int argc, char **argv)
{
	struct skep_error err = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		r = run(argv[argc - 1], i, &err);
	return r < 0 ? fail("attach_tracing", &err) : 0;
}
