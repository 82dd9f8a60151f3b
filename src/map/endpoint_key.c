/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/endpoint_key.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "text/address.h"

_Static_assert(sizeof(struct skep_endpoint_key) == 20, "the key of the kernel's maps");

int skep_endpoint_key_init(struct skep_endpoint_key *key, int family, const void *address,
			   uint16_t cluster_id)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct skep_endpoint_key k = { .family = SKEP_ENDPOINT_IPV4, .cluster_id = cluster_id };

	if (family == AF_INET) {
		memcpy(k.address, address, 4);
	} else if (family != AF_INET6) {
		return -EAFNOSUPPORT;
	} else if (!memcmp(address, mapped, sizeof(mapped))) {
		memcpy(k.address, (const uint8_t *)address + sizeof(mapped), 4);
	} else {
		memcpy(k.address, address, 16);
		k.family = SKEP_ENDPOINT_IPV6;
	}
	*key = k;
	return 0;
}

int skep_endpoint_key_address(const struct skep_endpoint_key *key, void *ret_address)
{
	switch (key->family) {
	case SKEP_ENDPOINT_IPV4:
		memcpy(ret_address, key->address, 4);
		return AF_INET;
	case SKEP_ENDPOINT_IPV6:
		memcpy(ret_address, key->address, 16);
		return AF_INET6;
	default:
		return -EAFNOSUPPORT;
	}
}

int skep_endpoint_key_text(const struct skep_endpoint_key *key, uint32_t style, char *buf,
			   size_t size)
{
	char address[TEXT_ADDRESS_SIZE], cluster[8] = "";
	int bracket = style == SKEP_ENDPOINT_PORT && key->family == SKEP_ENDPOINT_IPV6, len;
	char text[SKEP_ENDPOINT_TEXT_SIZE];

	if (style > SKEP_ENDPOINT_PORT)
		return -EINVAL;
	if (key->family == SKEP_ENDPOINT_IPV4)
		text_ipv4(key->address, address);
	else
		text_ipv6(key->address, address);
	if (key->cluster_id && style == SKEP_ENDPOINT_CLUSTER)
		snprintf(cluster, sizeof(cluster), "@%u", key->cluster_id);
	if (key->family != SKEP_ENDPOINT_IPV4 && key->family != SKEP_ENDPOINT_IPV6)
		len = snprintf(text, sizeof(text), "nil");
	else
		len = snprintf(text, sizeof(text), "%s%s%s%s:%u", bracket ? "[" : "", address,
			       bracket ? "]" : "", cluster, key->key);
	if ((size_t)len >= size)
		return -ENOSPC;
	memcpy(buf, text, (size_t)len + 1);
	return len;
}
