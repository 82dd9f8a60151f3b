/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_NETNS_H
#define MANAGER_NETNS_H
/* The network namespaces that probes name. */
#include "manager/manager.h"

/*
 * netns_enter() - open the namespace that a probe names, if it names one
 *
 * Probes of the same namespace share a handle, and with it a socket.
 *
 * Return: 0; a negative errno.
 */
int netns_enter(struct skep_probe *p, struct skep_error *err);

#endif
