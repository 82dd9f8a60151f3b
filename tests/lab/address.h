/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_ADDRESS_H
#define LAB_ADDRESS_H
/* IP addresses and neighbours of interfaces, for tests that need the IP stack. Return: 0 or a negative errno. */
#include <stdbool.h>

int lab_address_add(const char *interface, const char *address); /* "10.0.0.1/24", "fd00::1/64" */
int lab_neighbour_add(const char *interface, const char *address, const char *mac);

/* IPv6 is off in lab namespaces (netns.h). On, an interface sends packets of its own. */
int lab_ipv6_set(const char *interface, bool on);

#endif
