/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/libbpf_print.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <skep/version.h>

#include "sys/verifier_log.h"

static pthread_once_t hook_once = PTHREAD_ONCE_INIT;
static libbpf_print_fn_t hook_before; /* written once, under hook_once */
static __thread struct sys_libbpf_print *current;

/* Appends; of what does not fit, the end is kept. */
static void keep(struct sys_libbpf_print *p, const char *text, size_t len)
{
	size_t room = sizeof(p->text) - 1, drop;

	if (len > room) {
		text += len - room;
		len = room;
	}
	drop = p->len + len > room ? p->len + len - room : 0;
	memmove(p->text, p->text + drop, p->len - drop);
	memcpy(p->text + p->len - drop, text, len);
	p->len += len - drop;
	p->text[p->len] = '\0';
}

static int hook(enum libbpf_print_level level, const char *fmt, va_list args)
{
	struct sys_libbpf_print *p = current;
	char *text;
	int len;

	if (!p)
		return hook_before ? hook_before(level, fmt, args) : 0;
	if (level != LIBBPF_WARN)
		return 0;
	len = vasprintf(&text, fmt, args);
	if (len < 0)
		return 0;
	keep(p, text, (size_t)len);
	free(text);
	return 0;
}

static void install_hook(void)
{
	hook_before = libbpf_set_print(hook);
}

void sys_libbpf_print_begin(struct sys_libbpf_print *print)
{
	pthread_once(&hook_once, install_hook);
	print->text[0] = '\0';
	print->len = 0;
	print->outer = current;
	current = print;
}

void sys_libbpf_print_end(struct sys_libbpf_print *print)
{
	current = print->outer;
}

const char *sys_libbpf_print_reason(struct sys_libbpf_print *print)
{
	const char *line = sys_verifier_log_reason(print->text, sizeof(print->text), print->reason,
						   sizeof(print->reason));

	return strncmp(line, "libbpf: ", 8) ? line : line + 8;
}

const char *skep_libbpf_version(void)
{
	const char *version = libbpf_version_string();

	return *version == 'v' ? version + 1 : version;
}
