// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include "packet_source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "flow_subject.h"

#define SLOTS_PER_SECOND 1000

static int fail(const char *what)
{
	int r = -errno;

	fprintf(stderr, "bench: %s: %s\n", what, strerror(-r));
	return r;
}

/* Neither router solicitations nor multicast reports: what comes in is all there is. */
static void disable_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* a kernel without IPv6 */
	if (write(fd, "1", 1) != 1)
		fail("disable IPv6");
	close(fd);
}

static int interface_up(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_UP };
	int r, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fail("socket");
	memcpy(request.ifr_name, name, sizeof(request.ifr_name));
	r = ioctl(fd, SIOCSIFFLAGS, &request) ? fail("set the interface up") : 0;
	close(fd);
	return r;
}

int packet_source_open(struct packet_source *s)
{
	struct ifreq request = { .ifr_name = "bench0", .ifr_flags = IFF_TAP | IFF_NO_PI };

	s->fd = -1;
	if (unshare(CLONE_NEWNET))
		return fail("a network namespace");
	disable_ipv6();
	s->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		return fail("/dev/net/tun");
	if (ioctl(s->fd, TUNSETIFF, &request))
		return fail("make a tap");
	return interface_up(request.ifr_name);
}

void packet_source_close(struct packet_source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void add_ns(struct timespec *t, uint64_t ns)
{
	ns += t->tv_nsec;
	t->tv_sec += ns / 1000000000;
	t->tv_nsec = ns % 1000000000;
}

int packet_source_send(const struct packet_source *s, uint32_t flows, uint32_t packets,
		       uint32_t per_second)
{
	struct flow_packet p = flow_packets[FLOW_PACKET_TCP4];
	struct timespec slot;

	clock_gettime(CLOCK_MONOTONIC, &slot);
	for (uint32_t i = 0; i < packets; i++) {
		uint32_t flow = i % flows, port = 1024 + (flow & 1023);

		p.data[28] = flow >> 18; /* the address's last bytes, then the port */
		p.data[29] = flow >> 10;
		p.data[34] = port >> 8;
		p.data[35] = port;
		if (write(s->fd, p.data, p.size) != (ssize_t)p.size)
			return fail("write a packet");
		if ((uint64_t)(i + 1) * SLOTS_PER_SECOND / per_second ==
		    (uint64_t)i * SLOTS_PER_SECOND / per_second)
			continue;
		add_ns(&slot, 1000000000 / SLOTS_PER_SECOND);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &slot, NULL);
	}
	return 0;
}
