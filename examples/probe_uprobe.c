/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * The function with which bash reads a line from its terminal.
 *
 *	$ sudo ./probe_uprobe probe_uprobe.bpf.o
 *	on_readline: at /bin/bash:readline
 *	2 lines read
 */
#include <pty.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/map.h>
#include <skep/probe_spec.h>

/* The section names the function. */
static const struct skep_probe_spec probes[] = { { .program = "on_readline",
						   .file = "/bin/bash" } };

static int act(const struct skep_manager *m)
{
	char *const bash[] = { "bash", "--norc", "--noprofile", "-i", NULL };
	const struct skep_map *map = skep_loaded_map_find(skep_manager_loaded(m), ".bss")->map;
	const uint32_t key = 0;
	uint64_t lines = 0;
	char buf[256];
	int terminal;
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

	if (pid == 0) {
		execv("/bin/bash", bash);
		_exit(127);
	}
	if (pid < 0 || write(terminal, "true\nexit\n", 10) < 0)
		perror("bash");
	while (read(terminal, buf, sizeof(buf)) > 0)
		;
	waitpid(pid, NULL, 0);
	close(terminal);
	if (SKEP_MAP_LOOKUP(map, &key, &lines) < 0)
		return -1;
	printf("%s: at %s\n", probes[0].program,
	       skep_attachment_target(skep_probe_attachment_at(skep_manager_probe_at(m, 0), 0)));
	printf("%llu lines read\n", (unsigned long long)lines);
	return 0;
}

int main(int argc, char **argv)
{
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int r = skep_manager_open_file(argc > 1 ? argv[1] : "", &o, &m, &err);

	if (r == 0)
		r = skep_manager_load(m, &err);
	if (r == 0)
		r = skep_manager_start(m, &err);
	if (r == 0)
		r = act(m);
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r < 0 ? skep_error_exit_code(err.kind) : 0;
}
