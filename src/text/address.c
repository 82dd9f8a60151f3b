/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "text/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

size_t text_ipv4(const uint8_t address[4], char buf[16])
{
	char *at = buf;
	size_t i;

	for (i = 0; i < 4; i++) {
		if (address[i] >= 100)
			*at++ = (char)('0' + address[i] / 100);
		if (address[i] >= 10)
			*at++ = (char)('0' + address[i] / 10 % 10);
		*at++ = (char)('0' + address[i] % 10);
		*at++ = i < 3 ? '.' : '\0';
	}
	return (size_t)(at - buf) - 1;
}

size_t text_ipv6(const uint8_t address[16], char buf[TEXT_ADDRESS_SIZE])
{
	inet_ntop(AF_INET6, address, buf, TEXT_ADDRESS_SIZE);
	return strlen(buf);
}

size_t text_mac(const uint8_t address[6], char buf[18])
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < 6; i++) {
		buf[3 * i] = hex[address[i] >> 4];
		buf[3 * i + 1] = hex[address[i] & 15];
		buf[3 * i + 2] = i < 5 ? ':' : '\0';
	}
	return 17;
}

/* Return: 0 to 15; -1: none. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_mac(const char *text, uint8_t *ret_address)
{
	uint8_t address[6];
	size_t i;

	for (i = 0; i < 6; i++) {
		int high = hex_digit(*text), low;

		if (high < 0)
			return -EINVAL;
		low = hex_digit(*++text);
		if (low >= 0)
			text++;
		address[i] = (uint8_t)(low < 0 ? high : high << 4 | low);
		if (*text != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		text++;
	}
	memcpy(ret_address, address, 6);
	return 0;
}

int text_address_parse(const char *text, size_t size, uint8_t *ret_address)
{
	if (size == 6)
		return parse_mac(text, ret_address);
	if (size != 4 && size != 16)
		return -EINVAL;
	return inet_pton(size == 4 ? AF_INET : AF_INET6, text, ret_address) == 1 ? 0 : -EINVAL;
}

/* One to three digits. Return: 0 to 999; -1: anything else. */
static int parse_bits(const char *text)
{
	int bits = 0;
	size_t n;

	for (n = 0; text[n] >= '0' && text[n] <= '9' && n < 3; n++)
		bits = bits * 10 + (text[n] - '0');
	return n && !text[n] && (text[0] != '0' || n == 1) ? bits : -1;
}

int text_prefix_parse(const char *text, size_t size, uint32_t *ret_bits, uint8_t *ret_address)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	int bits = slash ? parse_bits(slash + 1) : (int)(8 * size);
	char address[TEXT_ADDRESS_SIZE];
	int r;

	if (len >= sizeof(address) || size == 6 || bits < 0)
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if ((size_t)bits > 8 * size)
		return text_address_parse(address, size, (uint8_t[16]){ 0 }) ? -EINVAL : -ERANGE;
	r = text_address_parse(address, size, ret_address);
	if (!r)
		*ret_bits = (uint32_t)bits;
	return r;
}
