/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * A filter of one end of a pair of sockets, which keeps all that comes.
 *
 *	$ sudo ./probe_socket probe_socket.bpf.o
 *	on_packet: socket_filter at ...
 *	3 packets, the last one 5 bytes long
 */
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

static int act(const struct skep_manager *m, const int fds[2])
{
	const struct skep_map *map = skep_loaded_map_find(skep_manager_loaded(m), ".bss")->map;
	const uint32_t key = 0;
	uint64_t packets = 0;
	ssize_t len = 0;
	char buf[16];

	for (int i = 0; i < 3; i++)
		if (send(fds[0], "hello", 5, 0) < 0 ||
		    (len = recv(fds[1], buf, sizeof(buf), 0)) < 0)
			perror("socket");
	if (SKEP_MAP_LOOKUP(map, &key, &packets) < 0)
		return -1;
	printf("%llu packets, the last one %zd bytes long\n", (unsigned long long)packets, len);
	return 0;
}

int main(int argc, char **argv)
{
	struct skep_probe_spec probes[] = { { .program = "on_packet" } };
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int fds[2] = { -1, -1 }, r = socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds);

	probes[0].socket_fd = (uint64_t)fds[1];
	if (r == 0)
		r = skep_manager_open_file(argc > 1 ? argv[1] : "", &o, &m, &err);
	if (r == 0)
		r = skep_manager_load(m, &err);
	if (r == 0)
		r = skep_manager_start(m, &err);
	if (r == 0) {
		tell(m);
		r = act(m, fds);
	}
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	m = skep_manager_close(m); /* before the socket */
	close(fds[0]);
	close(fds[1]);
	return r < 0 ? skep_error_exit_code(err.kind) : 0;
}
