/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MAP_FORMAT_SCALAR_H
#define MAP_FORMAT_SCALAR_H
/* Texts of single values that are the same for people and in JSON. */
#include <stddef.h>
#include <stdint.h>

#include "text/address.h"
#include "text/number.h"

#define MAP_PREFIX_SIZE (TEXT_ADDRESS_SIZE + 4) /* bytes that the text of any prefix takes */

/* A float or a double, by its size. Return: the length; 0: a NaN with bits of its own, which no text tells. */
size_t map_float_text(const uint8_t *bytes, size_t size, char buf[TEXT_NUMBER_SIZE]);

/* An address of 4, 6 or 16 bytes. Return: the length. */
size_t map_address_text(const uint8_t *bytes, size_t size, char buf[TEXT_ADDRESS_SIZE]);

/* The key of an LPM trie, of 8 or 20 bytes. Return: the length; 0: the prefix is longer than the address. */
size_t map_prefix_text(const uint8_t *bytes, size_t size, char buf[MAP_PREFIX_SIZE]);

#endif
