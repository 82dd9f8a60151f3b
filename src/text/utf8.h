/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H
/* UTF-8. Source: RFC 3629. */
#include <stddef.h>
#include <stdint.h>

/* Return: bytes of the character at @s, which ends before @end; 0: there is none. */
size_t text_utf8_len(const char *s, const char *end);

/* Return: bytes that a character takes in @buf; 0: it is none (a surrogate, or beyond U+10FFFF). */
size_t text_utf8_put(uint32_t character, char buf[4]);

#endif
