/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Keeps three programs at their hooks for two seconds, and reports: one wherever interfaces match, as they come and go, and
 * one only where kprobes are allowed.
 *
 *	$ sudo ./manager_agent
 *	...on_exec...
 *	...on_open...
 *	...count_egress...
 */
#include <stdio.h>

#include <skep/direction.h>
#include <skep/error.h>
#include <skep/manager.h>
#include <skep/manager_report.h>
#include <skep/probe_spec.h>
#include <skep/selector.h>

static int print(const char *text, size_t len, void *to)
{
	return fwrite(text, 1, len, to) == len ? 0 : -1;
}

static const struct skep_probe_spec probes[] = {
	{ .program = "on_exec" }, /* its section has the rest */
	{ .program = "on_open", .symbol_regex = "^vfs_open$" },
	{ .program = "count_egress", .interface = "eth*", .direction = SKEP_DIRECTION_EGRESS },
};
static const struct skep_selector wanted = SKEP_ALL_OF(
	SKEP_PROBE("on_exec"), SKEP_PROBE("count_egress"), SKEP_BEST_EFFORT(SKEP_PROBE("on_open")));

int main(void)
{
	struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes), .selector = &wanted };
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_error err;
	int r, seconds;

	if ((r = skep_manager_open_file("manager_agent.bpf.o", &o, &m, &err)) < 0 ||
	    (r = skep_manager_load(m, &err)) < 0 || (r = skep_manager_start(m, &err)) < 0)
		fprintf(stderr, "%s\n", err.msg);
	for (seconds = 0; r >= 0 && seconds < 2; seconds++)
		r = skep_manager_wait(m, 1000000000, &err); /* attaches to interfaces that come */
	if (r >= 0)
		r = skep_manager_report_text(m, print, stdout);
	return r < 0;
}
