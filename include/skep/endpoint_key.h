/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_ENDPOINT_KEY_H
#define SKEP_ENDPOINT_KEY_H
/*
 * The key by which the maps of Cilium name an endpoint: an address, and the cluster that it is in.
 *
 * Where there was no cluster yet its two bytes were padding: with cluster 0 the bytes are the same.
 */
#include <skep/base.h>

SKEP_BEGIN

/* Cilium's numbers, not those of socket(2). */
enum skep_endpoint_family {
	SKEP_ENDPOINT_IPV4 = 1,
	SKEP_ENDPOINT_IPV6 = 2,
};

/* 20 bytes, without padding. */
struct skep_endpoint_key {
	uint8_t address
		[16]; /* in the order of the network; an IPv4 address in the first 4, zeros behind it */
	uint8_t family;      /* enum skep_endpoint_family */
	uint8_t key;         /* 0 unless its owner says otherwise */
	uint16_t cluster_id; /* in the order of the machine; 0: none */
};

enum skep_endpoint_style {
	SKEP_ENDPOINT_CLUSTER = 0, /* 192.0.2.3@5:0, fdff::ff:0; without a cluster no "@" */
	SKEP_ENDPOINT_PORT =
		1, /* as host and port: 192.0.2.3:0, [fdff::ff]:0; the cluster is not told */
};

#define SKEP_ENDPOINT_TEXT_SIZE 64 /* bytes that any text takes */

/**
 * skep_endpoint_key_init() - the key of an address
 * @key:        is filled; owns nothing
 * @family:     AF_INET or AF_INET6
 * @address:    4 or 16 bytes in the order of the network; an IPv4 address within IPv6 (::ffff:192.0.2.3) becomes IPv4
 * @cluster_id: 0: none
 *
 * Return: 0; -EAFNOSUPPORT another @family.
 * Source: struct endpoint_key in bpf/lib/common.h of Cilium.
 */
int skep_endpoint_key_init(struct skep_endpoint_key *key, int family, const void *address,
			   uint16_t cluster_id);

/**
 * skep_endpoint_key_address() - the address of a key
 * @key:         a key
 * @ret_address: 16 bytes, of which IPv4 takes 4
 *
 * Return: AF_INET or AF_INET6; -EAFNOSUPPORT the key has another family.
 * Source: struct endpoint_key in bpf/lib/common.h of Cilium.
 */
int skep_endpoint_key_address(const struct skep_endpoint_key *key, void *ret_address);

/**
 * skep_endpoint_key_text() - a key as text
 * @key:   a key
 * @style: enum skep_endpoint_style
 * @buf:   caller memory
 * @size:  bytes of @buf; SKEP_ENDPOINT_TEXT_SIZE suffice
 *
 * Return: the length of the text ("nil": the key has no known family), NUL not counted; -ENOSPC @buf is too small;
 *         -EINVAL no such @style.
 * Source: the texts of both eras of Cilium.
 */
int skep_endpoint_key_text(const struct skep_endpoint_key *key, uint32_t style, char *buf,
			   size_t size);

SKEP_END
#endif
