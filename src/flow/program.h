/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FLOW_PROGRAM_H
#define FLOW_PROGRAM_H
/*
 * The flow programs and their maps, loaded: fds, and the memory that is shared with the kernel.
 */
#include <skep/abi/flow.h>
#include <skep/base.h>

struct skep_error;
struct flow_program;

struct flow_program_opts {
	uint64_t max_flows; /* entries of each map */
	uint64_t ring_bytes;
	uint64_t sampling;
	uint64_t
		race_window; /* tests: clock reads between finding an entry and using it; 0: none */
};

enum flow_family {
	FLOW_FAMILY_4,
	FLOW_FAMILY_6,
	FLOW_FAMILY_COUNT
};

/*
 * flow_program_open() - load the programs and make the maps
 * @ret_program: owned by the caller, flow_program_close()
 *
 * Return: as skep_flow_agent_open().
 */
int flow_program_open(const struct flow_program_opts *opts, struct flow_program **ret_program,
		      struct skep_error *err);

/* Return: NULL. */
struct flow_program *flow_program_close(struct flow_program *program);

/* Return: the fd of the program for a direction and a kind of device, borrowed. */
int flow_program_fd(const struct flow_program *program, uint32_t direction, int ethernet);

/* Return: the fd of the map of a family and parity, borrowed. */
int flow_program_map_fd(const struct flow_program *program, enum flow_family family,
			uint32_t parity);

/* Return: the fd of the ring, borrowed. */
int flow_program_ring_fd(const struct flow_program *program);

/* Return: entries of each map. */
uint32_t flow_program_max_flows(const struct flow_program *program);

/* Return: bytes of the ring. */
uint64_t flow_program_ring_bytes(const struct flow_program *program);

/* Return: shared memory: the epoch, and how full the maps are. */
struct skep_flow_control *flow_program_control(const struct flow_program *program);

/* Return: shared memory: the counters of all possible CPUs; *ret_count of them. */
const struct skep_flow_cpu *flow_program_cpus(const struct flow_program *program,
					      unsigned *ret_count);

/*
 * flow_program_grace() - wait until no run that began before is still going on
 *
 * Return: 0; a negative errno of bpf(2): nothing is known then.
 * Source: kernel/bpf/syscall.c, maybe_wait_bpf_programs() (4.20): updating an array of maps ends with
 *         synchronize_rcu().
 */
int flow_program_grace(const struct flow_program *program);

/* Return: bytes of kernel memory in maps and ring. */
uint64_t flow_program_memory_bytes(const struct flow_program *program);

SKEP_DEFINE_CLEANUP(struct flow_program, flow_program_close)

#endif
