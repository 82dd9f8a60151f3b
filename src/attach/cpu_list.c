/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/cpu_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Return: 0, and @at behind it; -EINVAL. */
static int cut_number(const char **at, uint32_t *ret)
{
	uint32_t n = 0;

	if (**at < '0' || **at > '9')
		return -EINVAL;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		n = n * 10 + (uint32_t)(**at - '0');
		if (n >= CPU_LIST_MOST)
			return -EINVAL;
	}
	*ret = n;
	return 0;
}

static int cut_range(const char **at, uint32_t *ret_first, uint32_t *ret_last)
{
	if (cut_number(at, ret_first) < 0)
		return -EINVAL;
	*ret_last = *ret_first;
	if (**at != '-')
		return 0;
	(*at)++;
	return cut_number(at, ret_last) < 0 || *ret_last < *ret_first ? -EINVAL : 0;
}

int cpu_list_parse(const char *text, uint32_t **ret_cpus)
{
	_cleanup_free_ unsigned char *in = calloc(CPU_LIST_MOST, 1);
	_cleanup_free_ uint32_t *cpus = NULL;
	uint32_t first, last, i, count = 0;

	if (!in)
		return -ENOMEM;
	do {
		if (cut_range(&text, &first, &last) < 0)
			return -EINVAL;
		for (i = first; i <= last; i++) {
			if (in[i])
				return -EINVAL;
			in[i] = 1;
			count++;
		}
	} while (*text == ',' && text++);
	if (text[strspn(text, " \n")])
		return -EINVAL;
	cpus = malloc(count * sizeof(*cpus));
	if (!cpus)
		return -ENOMEM;
	for (i = 0, count = 0; i < CPU_LIST_MOST; i++)
		if (in[i])
			cpus[count++] = i;
	*ret_cpus = take_ptr(cpus);
	return (int)count;
}
