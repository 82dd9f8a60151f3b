/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Sees what a socket gets, and what the sockets of a map get. The sockets of a port (sk_reuseport) and what sockets send (sk_msg)
 * are attached to likewise.
 *
 *	$ sudo ./attach_socket attach.bpf.o
 *	socket_filter ..., by setsockopt
 *	3 runs
 *	sk_skb ..., by ...
 *	it has run
 */
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach_socket.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "runs.h"

static int filter(const char *path, int pair[2], struct skep_error *err)
{
	const struct skep_socket_opts o = { .sz = sizeof(o), .socket_fd = (uint64_t)pair[1] };
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	int i, r = load_program(path, "on_socket_packet", &loaded, err);

	r = r < 0 ? r : skep_socket_filter_attach(r, &o, &a, err);
	if (r < 0)
		return r;
	tell(a);
	for (i = 0; i < 3; i++)
		send(pair[0], "x", 1, 0);
	printf("%" PRIu64 " runs\n", runs_of(loaded));
	return 0;
}

static int stream(const char *path, int pair[2], struct skep_error *err)
{
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_SOCKMAP, .key_size = 4, .value_size = 4, .max_entries = 1
	};
	struct skep_sockmap_opts o = { .sz = sizeof(o),
				       .attach_type = SKEP_ATTACH_TYPE_SK_SKB_VERDICT };
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	int map_fd = skep_sys_map_create(&attr, sizeof(attr), err);
	int r = map_fd < 0 ? map_fd : load_program(path, "on_stream", &loaded, err);
	const uint32_t key = 0;

	o.map_fd = (uint64_t)map_fd;
	r = r < 0 ? r : skep_sk_skb_attach(r, &o, &a, err);
	if (r >= 0 && skep_sys_map_update(map_fd, &key, &pair[1], 0) == 0) {
		tell(a);
		send(pair[0], "x", 1, 0);
		while (!runs_of(loaded))
			usleep(1000);
		printf("it has run\n");
	}
	a = skep_attachment_close(a);
	skep_sys_close(&map_fd);
	return r;
}

int main(int argc, char **argv)
{
	struct skep_error err = { .msg = "no sockets" };
	int pair[2], r = socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair);

	r = r < 0 ? r : filter(argv[argc - 1], pair, &err);
	r = r < 0 ? r : stream(argv[argc - 1], pair, &err);
	return r < 0 ? fail("attach_socket", &err) : 0;
}
