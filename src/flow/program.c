/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "flow/program.h"

#include <errno.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include <skep/error.h>
#include <skep/flow_record.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/map_mmap.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "sys/cpu.h"
#include "sys/map_memory.h"
#include "sys/memlock.h"

#include "flow.skel.h" /* for the bytes of the object */

#define OBJECT_NAME "flow"
#define CONTROL "control"

/* A CPU tells the others of its inserts in batches, so that they do not fight for one cache line. */
#define INSERT_BATCH_MAX 64u

struct flow_program {
	struct skep_loaded *loaded;                  /* what follows is borrowed from it */
	int in_fds[2], out_fds[2];                   /* [ethernet] */
	struct skep_map *maps[FLOW_FAMILY_COUNT][2]; /* [parity] */
	struct skep_map *ring, *cpus, *data, *grace, *grace_inner;
	struct skep_map_mapping *cpus_memory, *data_memory;
	uint64_t control_at; /* byte of data */
	unsigned cpu_count;
};

static const char *const map_names[FLOW_FAMILY_COUNT][2] = {
	[FLOW_FAMILY_4] = { "flows4_even", "flows4_odd" },
	[FLOW_FAMILY_6] = { "flows6_even", "flows6_odd" },
};

/* The loader says what is wrong with a program or map; what the agent as a whole needs is known here. */
static int fail_load(struct skep_error *err, int code, const struct flow_program_opts *opts)
{
	/* Without CAP_PERFMON the verifier also walks what a CPU might do speculatively, and gives up. */
	uint64_t needed = SKEP_CAPABILITY_BIT(BPF) | SKEP_CAPABILITY_BIT(PERFMON) |
			  SKEP_CAPABILITY_BIT(NET_ADMIN);

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
	return code;
}

static int set_variable(struct skep_object *o, const char *name, uint32_t value,
			struct skep_error *err)
{
	return skep_object_variable_set(o, name, &value, sizeof(value), err);
}

static int set_max_entries(struct skep_object *o, const char *map, uint64_t count,
			   struct skep_error *err)
{
	return skep_object_map_set(o, map, SKEP_OBJECT_MAP_MAX_ENTRIES, count, err);
}

static int set_up(const struct flow_program *p, struct skep_object *o,
		  const struct flow_program_opts *opts, struct skep_error *err)
{
	uint64_t batch = opts->max_flows / (16ull * p->cpu_count);
	uint32_t family, parity;
	int r;

	batch = batch < 1 ? 1 : batch > INSERT_BATCH_MAX ? INSERT_BATCH_MAX : batch;
	r = set_variable(o, "sampling", (uint32_t)opts->sampling, err);
	if (r == 0)
		r = set_variable(o, "race_window", (uint32_t)opts->race_window, err);
	if (r == 0)
		r = set_variable(o, "high_water", (uint32_t)(opts->max_flows - opts->max_flows / 4),
				 err);
	if (r == 0)
		r = set_variable(o, "insert_batch", (uint32_t)batch, err);
	for (family = 0; family < FLOW_FAMILY_COUNT; family++)
		for (parity = 0; parity < 2 && r == 0; parity++)
			r = set_max_entries(o, map_names[family][parity], opts->max_flows, err);
	if (r == 0)
		r = set_max_entries(o, "flow_ring", opts->ring_bytes, err);
	if (r == 0)
		r = set_max_entries(o, "flow_cpus", p->cpu_count, err);
	return r;
}

static int find_map(const struct flow_program *p, const char *name, struct skep_map **ret_map,
		    struct skep_error *err)
{
	const struct skep_loaded_map *m = skep_loaded_map_find(p->loaded, name);

	if (!m) /* libbpf's look for global data failed, and it loads without them */
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "load the flow programs: libbpf made no map '%s'.", name);
	*ret_map = m->map;
	return 0;
}

static int find_maps(struct flow_program *p, struct skep_error *err)
{
	const struct {
		const char *name;
		struct skep_map **map;
	} others[] = {
		{ "flow_ring", &p->ring },
		{ "flow_cpus", &p->cpus },
		{ ".data", &p->data },
		{ "flow_grace", &p->grace },
		{ "flow_grace_in", &p->grace_inner },
	};
	uint32_t family, parity;
	size_t i;
	int r = 0;

	for (family = 0; family < FLOW_FAMILY_COUNT; family++)
		for (parity = 0; parity < 2 && r == 0; parity++)
			r = find_map(p, map_names[family][parity], &p->maps[family][parity], err);
	for (i = 0; i < ARRAY_SIZE(others) && r == 0; i++)
		r = find_map(p, others[i].name, others[i].map, err);
	return r;
}

static void find_programs(struct flow_program *p)
{
	/* success of the load means that they are all there */
	p->in_fds[0] = skep_loaded_program_find(p->loaded, "skep_in_raw")->fd;
	p->in_fds[1] = skep_loaded_program_find(p->loaded, "skep_in")->fd;
	p->out_fds[0] = skep_loaded_program_find(p->loaded, "skep_out_raw")->fd;
	p->out_fds[1] = skep_loaded_program_find(p->loaded, "skep_out")->fd;
}

static int load(struct flow_program *p, const struct flow_program_opts *opts,
		struct skep_error *err)
{
	const struct skep_object_opts named = { .sz = sizeof(named), .name = OBJECT_NAME };
	_cleanup_(skep_object_closep) struct skep_object *o = NULL;
	size_t size;
	const void *bytes = flow_bpf__elf_bytes(&size);
	int r = skep_object_open_bytes(bytes, size, &named, &o, err);

	if (r == 0)
		r = set_up(p, o, opts, err);
	if (r < 0)
		return r;
	p->control_at = skep_object_variable_find(o, CONTROL)->offset;
	r = skep_object_load(o, NULL, &p->loaded, err);
	return r < 0 ? fail_load(err, r, opts) : 0;
}

int flow_program_open(const struct flow_program_opts *opts, struct flow_program **ret_program,
		      struct skep_error *err)
{
	_cleanup_(flow_program_closep) struct flow_program *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "flow agent");
	r = sys_possible_cpus();
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "count the possible CPUs");
	p->cpu_count = (unsigned)r;
	r = load(p, opts, err);
	if (r < 0)
		return r;
	find_programs(p);
	r = find_maps(p, err);
	if (r == 0) /* as memory: a drain reads the counters without a system call */
		r = skep_map_mapping_open(p->cpus, 0, &p->cpus_memory, err);
	if (r == 0)
		r = skep_map_mapping_open(p->data, SKEP_MAP_MAPPING_WRITE, &p->data_memory, err);
	if (r < 0)
		return r;
	*ret_program = take_ptr(p);
	return 0;
}

struct flow_program *flow_program_close(struct flow_program *p)
{
	int saved = errno;

	if (!p)
		return NULL;
	skep_map_mapping_close(p->cpus_memory);
	skep_map_mapping_close(p->data_memory);
	skep_loaded_close(p->loaded);
	free(p);
	errno = saved;
	return NULL;
}

int flow_program_fd(const struct flow_program *p, uint32_t direction, int ethernet)
{
	return direction == SKEP_DIRECTION_INGRESS ? p->in_fds[!!ethernet] : p->out_fds[!!ethernet];
}

int flow_program_map_fd(const struct flow_program *p, enum flow_family family, uint32_t parity)
{
	return skep_map_fd(p->maps[family][parity]);
}

int flow_program_ring_fd(const struct flow_program *p)
{
	return skep_map_fd(p->ring);
}

uint32_t flow_program_max_flows(const struct flow_program *p)
{
	return skep_map_max_entries(p->maps[FLOW_FAMILY_4][0]);
}

uint64_t flow_program_ring_bytes(const struct flow_program *p)
{
	return skep_map_max_entries(p->ring);
}

struct skep_flow_control *flow_program_control(const struct flow_program *p)
{
	unsigned char *data = skep_map_mapping_address(p->data_memory);

	return (struct skep_flow_control *)(void *)(data + p->control_at);
}

const struct skep_flow_cpu *flow_program_cpus(const struct flow_program *p, unsigned *ret_count)
{
	*ret_count = p->cpu_count;
	return skep_map_mapping_address(p->cpus_memory);
}

int flow_program_grace(const struct flow_program *p)
{
	int inner = skep_map_fd(p->grace_inner), key = 0;

	return skep_map_update(p->grace, &key, &inner, 0);
}

uint64_t flow_program_memory_bytes(const struct flow_program *p)
{
	uint64_t sum = 0, bytes;
	const struct skep_loaded_map *m;
	size_t i;

	for (i = 0; (m = skep_loaded_map_at(p->loaded, i)); i++)
		if (sys_map_memory_bytes(skep_map_fd(m->map), &bytes) == 0)
			sum += bytes;
	return sum;
}
