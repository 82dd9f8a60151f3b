/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/libbpf_print.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <skep/version.h>

static pthread_once_t hook_once = PTHREAD_ONCE_INIT;
static libbpf_print_fn_t hook_before; /* written once, under hook_once */
static __thread struct sys_libbpf_print *current;

static int hook(enum libbpf_print_level level, const char *fmt, va_list args)
{
	struct sys_libbpf_print *p = current;
	int n;

	if (!p)
		return hook_before ? hook_before(level, fmt, args) : 0;
	if (level != LIBBPF_WARN || p->len >= sizeof(p->text) - 1)
		return 0;
	n = vsnprintf(p->text + p->len, sizeof(p->text) - p->len, fmt, args);
	if (n > 0)
		p->len += (size_t)n;
	if (p->len > sizeof(p->text) - 1)
		p->len = sizeof(p->text) - 1;
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

const char *sys_libbpf_print_last(struct sys_libbpf_print *print)
{
	char *line;

	while (print->len && strchr("\n ", print->text[print->len - 1]))
		print->text[--print->len] = '\0';
	line = strrchr(print->text, '\n');
	line = line ? line + 1 : print->text;
	return strncmp(line, "libbpf: ", 8) ? line : line + 8;
}

const char *skep_libbpf_version(void)
{
	const char *version = libbpf_version_string();

	return *version == 'v' ? version + 1 : version;
}
