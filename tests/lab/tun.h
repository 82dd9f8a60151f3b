/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef LAB_TUN_H
#define LAB_TUN_H
/*
 * Interfaces whose wire is a file: what is written to the fd enters the host by the interface, what leaves the host
 * is read from it. One packet at a time; reads do not block (-EAGAIN); the device goes with the fd.
 */
#include <stdint.h>

/*
 * Makes a device and brings it up; its namespace is the one the calling thread is in. A tun carries IP packets
 * without a link-layer header; @type is what it claims to be: ARPHRD_NONE is its natural one. A tap carries Ethernet.
 * Return: the fd; a negative errno.
 */
int lab_tun_open(const char *name, uint16_t type);
int lab_tap_open(const char *name);

#endif
