/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Sees the packets of an interface, in a network namespace of its own: by what the kernel has, and by a filter, which older
 * ones have. attach_netkit.c has the same at a netkit pair.
 *
 *	$ sudo ./attach_tc attach.bpf.o
 *	tc lo ingress, by ...
 *	3 packets
 *	tc lo ingress, by clsact
 *	3 packets, filter skep:pid=... of priority 7
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <skep/attach_tc.h>
#include <skep/sys.h>

#include "runs.h"

/* To itself: nobody answers. */
static void send_packets(int fd)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	int i;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	bind(fd, (struct sockaddr *)&to, sizeof(to)); /* the second time it is bound */
	for (i = 0; i < 3; i++)
		sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

static int run(const char *path, int fd, uint64_t method, struct skep_error *err)
{
	struct skep_tc_opts o = { .sz = sizeof(o),
				  .method = method,
				  .interface = "lo",
				  .direction = SKEP_DIRECTION_INGRESS,
				  .priority = method == SKEP_ATTACH_METHOD_CLSACT ? 7 : 0 };
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_tc_filter filter;
	int r = load_program(path, "on_packet", &loaded, err);

	r = r < 0 ? r : skep_tc_attach(r, &o, &a, err);
	if (r < 0)
		return r;
	tell(a);
	send_packets(fd);
	printf("%" PRIu64 " packets", runs_of(loaded));
	if (method == SKEP_ATTACH_METHOD_CLSACT && skep_tc_filter_of(a, &filter) == 0)
		printf(", filter %s of priority %" PRIu64, filter.name, filter.priority);
	printf("\n");
	return 0;
}

int main(int argc, char **argv)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	struct skep_error err = { .msg = "no network namespace" };
	int fd, r = unshare(CLONE_NEWNET);

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r = r < 0 ? r : ioctl(fd, SIOCSIFFLAGS, &lo);
	r = r < 0 ? r : run(argv[argc - 1], fd, SKEP_ATTACH_METHOD_AUTO, &err);
	r = r < 0 ? r : run(argv[argc - 1], fd, SKEP_ATTACH_METHOD_CLSACT, &err);
	skep_sys_close(&fd);
	return r < 0 ? fail("attach_tc", &err) : 0;
}
