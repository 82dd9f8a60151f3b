/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_LINK_H
#define LAB_LINK_H
/*
 * Interfaces of the network namespace that the calling thread is in, by name. Functions return 0 (or what they say)
 * or a negative errno.
 */
#include <stdbool.h>
#include <stdint.h>

/* Exact counters of the kernel. A veth counts what its peer's backlog refused as dropped, not as sent. */
struct lab_link_stats {
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t rx_dropped;
	uint64_t tx_dropped;
};

/* Makes a pair, both ends up or both down. With @netns_fd the peer is born in that namespace, and both are up. */
int lab_veth_create(const char *name, const char *peer, bool up);
int lab_veth_create_in(const char *name, const char *peer, int netns_fd);

/* Makes a pair that passes on frames, both up. -EOPNOTSUPP: the kernel has no such devices. */
int lab_netkit_create(const char *name, const char *peer);

/* Other devices, down. @remote: an IPv4 address that everything is sent to. */
int lab_ifb_create(const char *name);
int lab_macvlan_create(const char *name, const char *lower);
int lab_vxlan_create(const char *name, uint32_t vni, const char *remote);

int lab_link_delete(const char *name); /* a veth takes its peer along */
int lab_link_up(const char *name);
int lab_link_down(const char *name);

/*
 * Waits until an interface that is up sends what it is given. When one end of a veth comes up, the other one, which
 * was up before, does so a moment later, and until then silently loses packets that send() has accepted. The functions
 * that make pairs have waited. Return: 0; -ETIMEDOUT: it has no carrier, or is not a device that says so.
 */
int lab_link_wait(const char *name);

int lab_link_rename(const char *name,
		    const char *new_name); /* -EBUSY: older kernels want it down */
int lab_link_set_mtu(const char *name, uint32_t mtu);
int lab_link_set_mac(const char *name, const char *mac); /* "02:00:00:00:00:01" */
int lab_link_set_netns(const char *name, int netns_fd);

/* Turns segmentation (TSO, GSO) and receive offload (GRO) on or off. */
int lab_link_set_offload(const char *name, bool on);

/* Return: the index; a negative errno. */
int lab_link_index(const char *name);
int lab_link_stats(const char *name, struct lab_link_stats *ret_stats);

#endif
