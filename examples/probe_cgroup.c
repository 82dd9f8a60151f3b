/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What all processes of the machine send: the root of the control groups, wherever it is mounted.
 *
 *	$ sudo ./probe_cgroup probe_cgroup.bpf.o
 *	on_packet: cgroup at ...
 *	packets are seen
 */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/map.h>
#include <skep/probe_spec.h>

/* Paths are relative to where cgroup2 is mounted. */
static const struct skep_probe_spec probes[] = { { .program = "on_packet", .cgroup = "." } };

static void tell(const struct skep_manager *m)
{
	for (size_t i = 0; i < skep_manager_probe_count(m); i++) {
		const struct skep_probe *p = skep_manager_probe_at(m, i);
		const struct skep_attachment *a = skep_probe_attachment_at(p, 0);

		printf("%s: %s at %s\n", skep_probe_spec(p)->program,
		       skep_attach_family_name(skep_attachment_family(a)),
		       skep_attachment_target(a));
	}
}

static int act(const struct skep_manager *m)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 9 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct skep_map *map = skep_loaded_map_find(skep_manager_loaded(m), ".bss")->map;
	const uint32_t key = 0;
	uint64_t packets = 0;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		perror("send");
	close(fd);
	if (SKEP_MAP_LOOKUP(map, &key, &packets) < 0)
		return -1;
	printf("%s\n", packets ? "packets are seen" : "no packet is seen");
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
	if (r == 0) {
		tell(m);
		r = act(m);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r < 0 ? skep_error_exit_code(err.kind) : 0;
}
