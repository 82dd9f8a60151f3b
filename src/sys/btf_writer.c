/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/btf_writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/error.h"

struct sys_btf_writer *sys_btf_writer_new(skep_btf_write_fn fn, void *userdata)
{
	struct sys_btf_writer *w = malloc(sizeof(*w));

	if (!w)
		return NULL;
	w->fn = fn;
	w->userdata = userdata;
	w->len = 0;
	w->result = 0;
	w->no_memory = 0;
	return w;
}

/* Names are anybody's: they neither steer a terminal nor end the text. */
static void defuse(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t') ||
		    text[i] == 0x7f)
			text[i] = '?';
}

int sys_btf_flush(struct sys_btf_writer *w)
{
	if (w->result == 0 && w->len) {
		defuse(w->buf, w->len);
		w->result = w->fn(w->buf, w->len, w->userdata);
	}
	w->len = 0;
	return w->result;
}

int sys_btf_writer_end(struct sys_btf_writer *w, struct skep_error *err)
{
	sys_btf_flush(w);
	return w->no_memory ? skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "dump BTF") : w->result;
}

void sys_btf_put(struct sys_btf_writer *w, const char *text, size_t len)
{
	while (len) {
		size_t room = sizeof(w->buf) - w->len, n = len < room ? len : room;

		memcpy(w->buf + w->len, text, n);
		w->len += n;
		text += n;
		len -= n;
		if (len)
			sys_btf_flush(w);
	}
}

void sys_btf_puts(struct sys_btf_writer *w, const char *text)
{
	sys_btf_put(w, text, strlen(text));
}

void sys_btf_put_u64(struct sys_btf_writer *w, unsigned long long value)
{
	char digits[24], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	sys_btf_put(w, at, (size_t)(digits + sizeof(digits) - at));
}

void sys_btf_put_i64(struct sys_btf_writer *w, long long value)
{
	if (value < 0)
		sys_btf_put(w, "-", 1);
	sys_btf_put_u64(w, value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value);
}

void sys_btf_vprintf(struct sys_btf_writer *w, const char *fmt, va_list args)
{
	size_t room = sizeof(w->buf) - w->len;
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(w->buf + w->len, room, fmt, args);
	if (len >= 0 && (size_t)len < room) {
		w->len += (size_t)len;
	} else if (len >= 0 && vasprintf(&text, fmt, again) >= 0) {
		sys_btf_put(w, text, (size_t)len);
		free(text);
	} else if (w->result == 0) {
		w->result = -ENOMEM;
		w->no_memory = 1;
	}
	va_end(again);
}
