/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Which probes have to be attached for a start to be a success: three managers of an object with a hook that nobody has.
 *
 *	$ sudo ./activated_probes
 *	one of, best effort: started: on_enter@first on_exit
 *	all of: refused: ...'on_nothing': ...
 *	all: refused: ...'on_nothing': ...
 *	another selector: started: on_exit
 */
#include <err.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/probe_spec.h>
#include <skep/selector.h>

static const struct skep_probe_spec probes[] = { { .program = "on_enter" },
						 { .program = "on_exit" },
						 { .program = "on_spare" },
						 { .program = "on_nothing" } };

static const struct skep_selector mixed =
	SKEP_ALL_OF(SKEP_PROBE("on_enter"), SKEP_BEST_EFFORT(SKEP_PROBE("on_nothing")),
		    SKEP_ONE_OF(SKEP_PROBE("on_spare"), SKEP_PROBE("on_exit")));
static const struct skep_selector strict =
	SKEP_ALL_OF(SKEP_PROBE("on_enter"), SKEP_PROBE("on_nothing"));
static const struct skep_selector modest = SKEP_PROBE("on_exit");

static void start(const char *what, struct skep_manager *m)
{
	struct skep_error err = { 0 };
	int r = skep_manager_start(m, &err);

	printf("%s: %s%s", what, r < 0 ? "refused: " : "started:", err.msg);
	for (size_t i = 0; i < skep_manager_probe_count(m); i++) {
		const struct skep_probe *p = skep_manager_probe_at(m, i);
		const struct skep_probe_spec *spec = skep_probe_spec(p);

		if (skep_probe_state(p) == SKEP_MANAGER_RUNNING)
			printf(" %s%s%s", spec->program, spec->uid ? "@" : "",
			       spec->uid ? spec->uid : "");
	}
	puts("");
}

static struct skep_manager *load(const struct skep_selector *selector, uint64_t excluded_count)
{
	static const char *const spare[] = { "on_spare" };
	const struct skep_manager_opts o = { .sz = sizeof(o),
					     SKEP_TABLE(probes),
					     .selector = selector,
					     .excluded_programs = excluded_count ? spare : NULL,
					     .excluded_program_count = excluded_count };
	struct skep_manager *m = NULL;
	struct skep_error err;

	if (skep_manager_open_file("activated_probes.bpf.o", &o, &m, &err) == 0 &&
	    skep_manager_load(m, &err) == 0)
		return m;
	errx(1, "%s", err.msg);
}

int main(void)
{
	_cleanup_(skep_manager_closep) struct skep_manager *a = load(&mixed, 1),
							   *b = load(&strict, 0),
							   *c = load(NULL, 0);

	skep_manager_rename(a, "on_enter", NULL, "on_enter", "first", NULL);
	start("one of, best effort", a);
	start("all of", b);
	start("all", c);
	if (skep_manager_update_selector(c, &modest, NULL) == 0)
		start("another selector", c);
	return 0;
}
