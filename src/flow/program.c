/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "flow/program.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <skep/flow_record.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "sys/cpu.h"
#include "sys/libbpf_print.h"
#include "sys/memlock.h"
#include "sys/map_memory.h"

#include "flow.skel.h"

/* A CPU tells the others of its inserts in batches, so that they do not fight for one cache line. */
#define INSERT_BATCH_MAX 64u

struct flow_program {
	struct flow_bpf *skel;
	struct bpf_map *maps[FLOW_FAMILY_COUNT][2]; /* [parity] */
	const struct skep_flow_cpu *cpus;           /* mapped memory of cpu_count entries */
	size_t cpus_size;
	unsigned cpu_count;
};

static int fail_load(struct skep_error *err, int code, const struct flow_program_opts *opts,
		     struct sys_libbpf_print *print)
{
	/* Without CAP_PERFMON the verifier also walks what a CPU might do speculatively, and gives up. */
	uint64_t needed = SKEP_CAPABILITY_BIT(BPF) | SKEP_CAPABILITY_BIT(PERFMON) |
			  SKEP_CAPABILITY_BIT(NET_ADMIN);
	const char *why = sys_libbpf_print_reason(print);

	if (code == -ENOSYS)
		return skep_fail(
			err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"this kernel has no bpf(2), or a filter of system calls hides it.");
	if (code == -EPERM && !sys_capabilities_missing(needed) &&
	    sys_capabilities_missing(SKEP_CAPABILITY_BIT(SYS_RESOURCE)) && sys_memlock_is_finite())
		return skep_fail(
			err, code, SKEP_ERR_PERMISSION,
			"make the flow maps: refused. Before Linux 5.11 they count against "
			"RLIMIT_MEMLOCK: raise it, or give CAP_SYS_RESOURCE (later: a user namespace, "
			"lockdown or a security module?).");
	if (code == -EPERM || (code != -ENOMEM && sys_capabilities_missing(needed)))
		return sys_fail_permission(err, -EPERM, needed, "load the flow programs");
	if (code == -ENOMEM)
		return skep_fail(err, code, SKEP_ERR_NO_MEMORY, "make the flow maps for %llu flows",
				 (unsigned long long)opts->max_flows);
	if (strstr(print->text, "BPF program load failed") || strstr(print->text, "PROG LOAD LOG"))
		return skep_fail(err, code, SKEP_ERR_VERIFIER, "load the flow programs: %s.", why);
	return skep_fail(err, code, SKEP_ERR_SYSCALL, "load the flow programs (%s)", why);
}

static int set_up(struct flow_program *p, const struct flow_program_opts *opts)
{
	struct flow_bpf *skel = p->skel;
	uint32_t batch = (uint32_t)(opts->max_flows / (16ull * p->cpu_count));
	enum flow_family family;
	uint32_t parity;
	int r;

	skel->rodata->sampling = (uint32_t)opts->sampling;
	skel->rodata->race_window = (uint32_t)opts->race_window;
	skel->rodata->high_water = (uint32_t)(opts->max_flows - opts->max_flows / 4);
	skel->rodata->insert_batch = batch < 1                  ? 1
				     : batch > INSERT_BATCH_MAX ? INSERT_BATCH_MAX
								: batch;

	p->maps[FLOW_FAMILY_4][0] = skel->maps.flows4_even;
	p->maps[FLOW_FAMILY_4][1] = skel->maps.flows4_odd;
	p->maps[FLOW_FAMILY_6][0] = skel->maps.flows6_even;
	p->maps[FLOW_FAMILY_6][1] = skel->maps.flows6_odd;
	for (family = 0; family < FLOW_FAMILY_COUNT; family++)
		for (parity = 0; parity < 2; parity++) {
			r = bpf_map__set_max_entries(p->maps[family][parity],
						     (uint32_t)opts->max_flows);
			if (r < 0)
				return r;
		}
	r = bpf_map__set_max_entries(skel->maps.flow_ring, (uint32_t)opts->ring_bytes);
	if (r < 0)
		return r;
	return bpf_map__set_max_entries(skel->maps.flow_cpus, p->cpu_count);
}

/* The counters of all CPUs as memory: a drain reads them without a system call. */
static int map_cpus(struct flow_program *p)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t size = p->cpu_count * sizeof(struct skep_flow_cpu);
	void *memory;

	size = (size + (size_t)page - 1) / (size_t)page * (size_t)page;
	memory = mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_map__fd(p->skel->maps.flow_cpus), 0);
	if (memory == MAP_FAILED)
		return -errno;
	p->cpus = memory;
	p->cpus_size = size;
	return 0;
}

int flow_program_open(const struct flow_program_opts *opts, struct flow_program **ret_program,
		      struct skep_error *err)
{
	_cleanup_(flow_program_closep) struct flow_program *p = calloc(1, sizeof(*p));
	struct sys_libbpf_print print;
	int r;

	if (!p)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "flow agent");
	r = sys_possible_cpus();
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "count the possible CPUs");
	p->cpu_count = (unsigned)r;
	sys_libbpf_print_begin(&print);
	p->skel = flow_bpf__open();
	r = p->skel ? set_up(p, opts) : -errno;
	if (r == 0)
		r = flow_bpf__load(p->skel);
	sys_libbpf_print_end(&print);
	if (r < 0)
		return fail_load(err, r, opts, &print);

	if (!p->skel->data) /* libbpf's look for global data failed, and it loads without them */
		return skep_fail(
			err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"load the flow programs: libbpf could not find out that this kernel has "
			"global data.");
	r = map_cpus(p);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "map the counters");
	*ret_program = take_ptr(p);
	return 0;
}

struct flow_program *flow_program_close(struct flow_program *p)
{
	int saved = errno;

	if (!p)
		return NULL;
	if (p->cpus)
		munmap((void *)p->cpus, p->cpus_size);
	if (p->skel)
		flow_bpf__destroy(p->skel);
	free(p);
	errno = saved;
	return NULL;
}

int flow_program_fd(const struct flow_program *p, uint32_t direction, int ethernet)
{
	const struct bpf_program *program;

	if (direction == SKEP_DIRECTION_INGRESS)
		program = ethernet ? p->skel->progs.skep_in : p->skel->progs.skep_in_raw;
	else
		program = ethernet ? p->skel->progs.skep_out : p->skel->progs.skep_out_raw;
	return bpf_program__fd(program);
}

int flow_program_map_fd(const struct flow_program *p, enum flow_family family, uint32_t parity)
{
	return bpf_map__fd(p->maps[family][parity]);
}

int flow_program_ring_fd(const struct flow_program *p)
{
	return bpf_map__fd(p->skel->maps.flow_ring);
}

uint32_t flow_program_max_flows(const struct flow_program *p)
{
	return bpf_map__max_entries(p->maps[FLOW_FAMILY_4][0]);
}

uint64_t flow_program_ring_bytes(const struct flow_program *p)
{
	return bpf_map__max_entries(p->skel->maps.flow_ring);
}

struct skep_flow_control *flow_program_control(const struct flow_program *p)
{
	return &p->skel->data->control;
}

const struct skep_flow_cpu *flow_program_cpus(const struct flow_program *p, unsigned *ret_count)
{
	*ret_count = p->cpu_count;
	return p->cpus;
}

int flow_program_grace(const struct flow_program *p)
{
	int inner = bpf_map__fd(p->skel->maps.flow_grace_in), key = 0;

	return bpf_map_update_elem(bpf_map__fd(p->skel->maps.flow_grace), &key, &inner, BPF_ANY);
}

uint64_t flow_program_memory_bytes(const struct flow_program *p)
{
	uint64_t sum = 0, bytes;
	struct bpf_map *map;

	bpf_object__for_each_map(
		map, p->skel->obj) if (sys_map_memory_bytes(bpf_map__fd(map), &bytes) == 0) sum +=
		bytes;
	return sum;
}
