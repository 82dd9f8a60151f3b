/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SYS_BTF_WRITER_H
#define SYS_BTF_WRITER_H
/* Text in pieces of 64 KiB. What fails is remembered, and what comes later goes nowhere. */
#include <stdarg.h>
#include <stddef.h>

#include <skep/btf_dump.h>

struct skep_error;

struct sys_btf_writer {
	skep_btf_write_fn fn;
	void *userdata;
	size_t len;
	int result;    /* 0, or the first that @fn returned, or an error of our own */
	int no_memory; /* it is our own */
	char buf[65536];
};

/* Return: a writer, to be freed; NULL: out of memory. */
struct sys_btf_writer *sys_btf_writer_new(skep_btf_write_fn fn, void *userdata);

void sys_btf_put(struct sys_btf_writer *w, const char *text, size_t len);
void sys_btf_puts(struct sys_btf_writer *w, const char *text);
void sys_btf_put_u64(struct sys_btf_writer *w, unsigned long long value);
void sys_btf_put_i64(struct sys_btf_writer *w, long long value);
void sys_btf_vprintf(struct sys_btf_writer *w, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Hands on what there is. Return: 0; what ended it. */
int sys_btf_flush(struct sys_btf_writer *w);

/* Hands on what is left. Return: 0; what @fn returned, @err untouched; -ENOMEM. */
int sys_btf_writer_end(struct sys_btf_writer *w, struct skep_error *err);

#endif
