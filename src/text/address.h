/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_ADDRESS_H
#define TEXT_ADDRESS_H
/* Network addresses as people write them. */
#include <stddef.h>
#include <stdint.h>

#define TEXT_ADDRESS_SIZE 48 /* bytes that the text of any address takes */

/*
 * text_ipv4() - as inet_ntop(3), which goes through sprintf(3)
 *
 * Return: the length.
 */
size_t text_ipv4(const uint8_t address[4], char buf[16]);
size_t text_ipv6(const uint8_t address[16], char buf[TEXT_ADDRESS_SIZE]);
size_t text_mac(const uint8_t address[6], char buf[18]);

/*
 * text_address_parse() - the other way round
 * @size: bytes of the address: 4 and 16 as for inet_pton(3), 6 with colons
 *
 * Return: 0; -EINVAL no such address.
 */
int text_address_parse(const char *text, size_t size, uint8_t *ret_address);

/*
 * text_prefix_parse() - an address with the length of its prefix: "10.0.0.0/8"; without one: all its bits
 * @size: bytes of the address: 4 or 16
 *
 * Return: 0; -EINVAL no such address; -ERANGE a prefix that is longer than the address.
 */
int text_prefix_parse(const char *text, size_t size, uint32_t *ret_bits, uint8_t *ret_address);

#endif
