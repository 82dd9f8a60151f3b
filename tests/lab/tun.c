/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "tun.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>

#include "base/cleanup.h"

#include "link.h"

static int open_device(const char *name, short flags, int type)
{
	_cleanup_close_ int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct ifreq request = { .ifr_flags = (short)(flags | IFF_NO_PI) };
	int r;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request))
		return -errno;
	if (type >= 0 && ioctl(fd, TUNSETLINK, (unsigned long)type))
		return -errno;
	r = lab_link_up(name);
	return r < 0 ? r : take_fd(&fd);
}

int lab_tun_open(const char *name, uint16_t type)
{
	return open_device(name, IFF_TUN, type == ARPHRD_NONE ? -1 : type);
}

int lab_tap_open(const char *name)
{
	return open_device(name, IFF_TAP, -1);
}
