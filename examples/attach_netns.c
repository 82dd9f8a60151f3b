/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Sees which sockets of a network namespace get packets, and has a say in it. A flow dissector is attached likewise.
 *
 *	$ sudo ./attach_netns attach.bpf.o
 *	sk_lookup ..., by link
 *	3 lookups
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <skep/attach_socket.h>
#include <skep/sys.h>

#include "runs.h"

/* To itself: for each packet the kernel looks for a socket. */
static int send_packets(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int i, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = ioctl(fd, SIOCSIFFLAGS, &lo);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r = r < 0 ? r : bind(fd, (struct sockaddr *)&to, sizeof(to));
	for (i = 0; r == 0 && i < 3; i++)
		sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
	skep_sys_close(&fd);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_error err = { .msg = "no network namespace" };
	int r = unshare(CLONE_NEWNET);

	if (r >= 0)
		r = load_program(argv[argc - 1], "on_lookup", &loaded, &err);
	if (r >= 0)
		r = skep_sk_lookup_attach(r, NULL, &a, &err);
	if (r < 0 || send_packets() < 0)
		return fail("attach_netns", &err);
	tell(a);
	printf("%" PRIu64 " lookups\n", runs_of(loaded));
	return 0;
}
