/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>

#include <bpf/libbpf.h>

#include "sys/file.h"
#include "sys/libbpf_print.h"

#define POSSIBLE "/sys/devices/system/cpu/possible"
#define TEXT_SIZE 4096
#define MAX_CPU (1u << 20)
#define NONE UINT32_MAX

int sys_possible_cpus(void)
{
	struct sys_libbpf_print print;
	int r;

	sys_libbpf_print_begin(&print);
	r = libbpf_num_possible_cpus();
	sys_libbpf_print_end(&print);
	return r;
}

/* Return: 0, and @text is behind the number; -EINVAL it is none. */
static int read_number(const char **text, uint32_t *ret)
{
	uint32_t n = 0;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	for (; **text >= '0' && **text <= '9'; ++*text) {
		n = n * 10 + (uint32_t)(**text - '0');
		if (n > MAX_CPU)
			return -EINVAL;
	}
	*ret = n;
	return 0;
}

/* "3" or "8-11", of numbers from @least on. */
static int read_range(const char **text, uint32_t least, uint32_t *ret_first, uint32_t *ret_last)
{
	int r = read_number(text, ret_first);

	*ret_last = *ret_first;
	if (r == 0 && **text == '-') {
		++*text;
		r = read_number(text, ret_last);
	}
	return r == 0 && *ret_first >= least && *ret_last >= *ret_first ? 0 : -EINVAL;
}

int sys_cpu_list(const char *text, uint32_t at, uint32_t cpu)
{
	uint32_t first = 0, last = 0, count = 0, least = 0;
	int found = -1;

	for (;;) {
		if (read_range(&text, least, &first, &last) < 0)
			return -EINVAL;
		if (at != NONE && at >= count && at - count <= last - first)
			found = (int)(first + (at - count));
		if (cpu != NONE && cpu >= first && cpu <= last)
			found = (int)(count + (cpu - first));
		count += last - first + 1;
		least = last + 1;
		if (*text != ',')
			break;
		text++;
	}
	if (*text == '\n')
		text++;
	if (*text)
		return -EINVAL;
	if (at == NONE && cpu == NONE)
		return (int)count;
	return found < 0 ? -ENODEV : found;
}

/* Almost everywhere the numbers have no gap: then how many there are says it all. It never changes. */
static int look_up(uint32_t at, uint32_t cpu)
{
	static atomic_int gapless; /* how many CPUs; 0: not known; -1: there are gaps */
	char text[TEXT_SIZE];
	size_t len;
	int r, count = atomic_load_explicit(&gapless, memory_order_relaxed);

	if (count > 0)
		return (at != NONE ? at : cpu) < (uint32_t)count ? (int)(at != NONE ? at : cpu)
								 : -ENODEV;
	r = sys_file_read(AT_FDCWD, POSSIBLE, text, sizeof(text), &len);
	if (r)
		return r < 0 ? r : -EFBIG;
	if (!count) {
		r = sys_cpu_list(text, NONE, NONE);
		if (r < 0)
			return r;
		count = sys_cpu_list(text, (uint32_t)r - 1, NONE) == r - 1 ? r : -1;
		atomic_store_explicit(&gapless, count, memory_order_relaxed);
	}
	return sys_cpu_list(text, at, cpu);
}

int sys_cpu_at(uint32_t slot)
{
	return slot == NONE ? -ENODEV : look_up(slot, NONE);
}

int sys_cpu_slot(uint32_t cpu)
{
	return cpu == NONE ? -ENODEV : look_up(NONE, cpu);
}
