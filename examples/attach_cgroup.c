/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Sees what the processes of a control group send: makes a group, goes into it, and sends.
 *
 *	$ sudo ./attach_cgroup attach.bpf.o
 *	cgroup ...skep-example-... cgroup_inet_egress, by ...
 *	3 packets
 */
#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach_cgroup.h>
#include <skep/cgroup.h>
#include <skep/kabi.h>

#include "runs.h"

/* In a process of its own, which leaves the group by its end. Return: 0; -1. */
static int send_from(const char *group)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	char path[PATH_MAX + sizeof("/cgroup.procs")];
	int i, fd, status = 1;
	pid_t pid = fork();
	FILE *f;

	if (pid > 0)
		return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	f = fopen(path, "we");
	if (!f || fputs("0", f) < 0 || fclose(f) != 0)
		_exit(1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (i = 0; i < 3; i++)
		sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
	_exit(0);
}

int main(int argc, char **argv)
{
	struct skep_cgroup_opts o = { .sz = sizeof(o),
				      .attach_type = SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS };
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };
	char group[PATH_MAX], *root = NULL;
	int fd = load_program(argv[argc - 1], "on_group_packet", &loaded, &err);
	int r = fd < 0 ? fd : skep_cgroup_root(&root, &err);

	if (r >= 0) {
		snprintf(group, sizeof(group), "%s/skep-example-%d", root, (int)getpid());
		mkdir(group, 0755);
		o.path = group;
		r = skep_cgroup_attach(fd, &o, &a, &err);
	}
	if (r >= 0) {
		tell(a);
		if (send_from(group) == 0)
			printf("%" PRIu64 " packets\n", runs_of(loaded));
		skep_attachment_detach(a, &err);
	}
	if (root)
		rmdir(group);
	free(root);
	return r < 0 ? fail("attach_cgroup", &err) : 0;
}
