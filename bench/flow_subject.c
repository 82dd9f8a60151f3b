// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
#include "flow_subject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <skep/abi/flow.h>

#include "baseline.skel.h"
#include "flow.skel.h"
#include "harness.h"

#define BATCH 4096
#define NO_ACTION 0xffffffffu /* TC_ACT_UNSPEC, as a test run reports it */

/* 10.0.0.1 and 10.0.0.2, 2000::1 and 2000::2, ports 12345 and 443; without checksums. */
#define ETHERNET(type1, type2) 2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, type1, type2
#define IP4(protocol) 0x45, 0, 0, 50, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2
#define IP6_ADDRESS(last) 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last
#define IP6(protocol) 0x60, 0, 0, 0, 0, 20, protocol, 64, IP6_ADDRESS(1), IP6_ADDRESS(2)
#define PORTS 0x30, 0x39, 1, 0xbb
#define TCP PORTS, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10
#define UDP(length) PORTS, 0, length

const struct flow_packet flow_packets[] = {
	[FLOW_PACKET_TCP4] = { { ETHERNET(8, 0), IP4(6), TCP }, 64 },
	[FLOW_PACKET_TCP6] = { { ETHERNET(0x86, 0xdd), IP6(6), TCP }, 74 },
	[FLOW_PACKET_UDP4] = { { ETHERNET(8, 0), IP4(17), UDP(30) }, 64 },
	[FLOW_PACKET_UDP6] = { { ETHERNET(0x86, 0xdd), IP6(17), UDP(20) }, 74 },
};

static int fail(const char *name, const char *what, int r)
{
	fprintf(stderr, "bench: %s: %s: %s\n", name, what, strerror(-r));
	return r;
}

/* Opens an object of which only @program will be loaded. */
static int open_object(const char *path, const void *bytes, size_t size, const char *program,
		       struct bpf_object **ret)
{
	struct bpf_object *o;
	struct bpf_program *p = NULL;
	int found = 0;

	o = path ? bpf_object__open_file(path, NULL) : bpf_object__open_mem(bytes, size, NULL);
	if (!o)
		return fail(path ? path : program, "open", -errno);
	while ((p = bpf_object__next_program(o, p))) {
		int wanted = !strcmp(bpf_program__name(p), program);

		bpf_program__set_autoload(p, wanted);
		found |= wanted;
	}
	if (!found) {
		bpf_object__close(o);
		return fail(path ? path : program, "find the program", -ENOENT);
	}
	*ret = o;
	return 0;
}

static int program_fd(const struct bpf_object *o, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(o, name));
}

static int map_fd(const struct bpf_object *o, const char *name)
{
	return bpf_map__fd(bpf_object__find_map_by_name(o, name));
}

static void *map_memory(int fd, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int flow_wrapper_open(struct flow_wrapper *w)
{
	size_t size;
	const void *bytes = bench_baseline__elf_bytes(&size);
	int r;

	*w = (struct flow_wrapper){ 0 };
	r = open_object(NULL, bytes, size, "bench_vary_flow", &w->object);
	if (r < 0)
		return r;
	bpf_map__set_autocreate(bpf_object__find_map_by_name(w->object, "bare_flows"), false);
	r = bpf_object__load(w->object);
	if (r < 0)
		return fail("wrapper", "load", r);
	w->program_fd = program_fd(w->object, "bench_vary_flow");
	w->target_fd = map_fd(w->object, "vary_target");
	/* By their own descriptors: what libbpf calls the initial value may be a private copy. */
	w->vary = map_memory(map_fd(w->object, ".bss"), getpagesize());
	w->table = map_memory(map_fd(w->object, "vary_table"), BENCH_VARY_TABLE_SIZE * 4);
	if (!w->vary || !w->table)
		return fail("wrapper", "mmap", -ENOMEM);
	return 0;
}

void flow_wrapper_close(struct flow_wrapper *w)
{
	if (w->vary)
		munmap(w->vary, getpagesize());
	if (w->table)
		munmap(w->table, BENCH_VARY_TABLE_SIZE * 4);
	bpf_object__close(w->object);
	*w = (struct flow_wrapper){ 0 };
}

/* Sets a read-only 32-bit constant before load, if the object has it: builds differ. */
static int set_constant(struct bpf_object *o, const char *name, uint32_t value)
{
	const struct btf *btf = bpf_object__btf(o);
	struct bpf_map *map = bpf_object__find_map_by_name(o, ".rodata");
	const struct btf_type *section;
	const struct btf_var_secinfo *var;
	size_t size;
	char *memory;
	int id;

	id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	memory = map ? bpf_map__initial_value(map, &size) : NULL;
	if (id < 0 || !memory)
		return fail(name, "find .rodata", -ENOENT);
	section = btf__type_by_id(btf, id);
	var = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section); i++, var++) {
		const struct btf_type *t = btf__type_by_id(btf, var->type);

		if (strcmp(btf__name_by_offset(btf, t->name_off), name))
			continue;
		if (var->size != sizeof(value) || var->offset + sizeof(value) > size)
			return fail(name, "set", -EINVAL);
		memcpy(memory + var->offset, &value, sizeof(value));
		return 0;
	}
	return 0;
}

/* The epoch of a loaded object is even and stays so: the odd maps can be tiny. */
static int configure_skep(struct bpf_object *o, uint32_t max_entries)
{
	int cpus = libbpf_num_possible_cpus();
	int r = 0;

	bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "flows4_even"), max_entries);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "flows4_odd"), 16);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "flows6_even"), 1024);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "flows6_odd"), 16);
	bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "flow_cpus"), cpus);
	r = r ? r : set_constant(o, "cpu_count", cpus);
	r = r ? r : set_constant(o, "high_water", ~0u);
	r = r ? r
	      : set_constant(o, "insert_batch", 64); /* as the agent has it for maps of this size */
	return r;
}

static int load_skep(struct flow_subject *s, const char *path, uint32_t max_entries)
{
	size_t size;
	const void *bytes = flow_bpf__elf_bytes(&size);
	int r;

	r = open_object(path, bytes, size, "skep_in", &s->object);
	if (r < 0)
		return r;
	r = configure_skep(s->object, max_entries);
	if (r < 0)
		return r;
	r = bpf_object__load(s->object);
	if (r < 0)
		return fail(s->name, "load", r);
	s->program_fd = program_fd(s->object, "skep_in");
	s->map_fds[0] = map_fd(s->object, "flows4_even");
	s->map_fds[1] = map_fd(s->object, "flows6_even");
	s->cpus_fd = map_fd(s->object, "flow_cpus");
	return 0;
}

static int load_baseline(struct flow_subject *s, uint32_t max_entries)
{
	const char *program = s->kind == FLOW_SUBJECT_BARE ? "bench_bare" : "bench_empty";
	size_t size;
	const void *bytes = bench_baseline__elf_bytes(&size);
	struct bpf_map *map;
	int r;

	r = open_object(NULL, bytes, size, program, &s->object);
	if (r < 0)
		return r;
	bpf_map__set_autocreate(bpf_object__find_map_by_name(s->object, "vary_table"), false);
	map = bpf_object__find_map_by_name(s->object, "bare_flows");
	bpf_map__set_max_entries(map, s->kind == FLOW_SUBJECT_BARE ? max_entries : 1);
	r = bpf_object__load(s->object);
	if (r < 0)
		return fail(s->name, "load", r);
	s->program_fd = program_fd(s->object, program);
	if (s->kind == FLOW_SUBJECT_BARE)
		s->map_fds[0] = bpf_map__fd(map);
	return 0;
}

int flow_subject_open(struct flow_subject *s, const char *name, enum flow_subject_kind kind,
		      const char *path, uint32_t max_entries)
{
	*s = (struct flow_subject){
		.name = name, .kind = kind, .program_fd = -1, .map_fds = { -1, -1 }, .cpus_fd = -1
	};
	return kind == FLOW_SUBJECT_SKEP ? load_skep(s, path, max_entries)
					 : load_baseline(s, max_entries);
}

void flow_subject_close(struct flow_subject *s)
{
	bpf_object__close(s->object);
	s->object = NULL;
}

int flow_subject_run(struct flow_subject *s, const struct flow_wrapper *w,
		     const struct flow_packet *packet, enum bench_vary_mode mode, uint32_t flows,
		     uint32_t count, double *ret_ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet->data, .data_size_in = packet->size,
		    .repeat = count);
	uint32_t zero = 0;
	uint64_t start;
	int r;

	r = bpf_map_update_elem(w->target_fd, &zero, &s->program_fd, BPF_ANY);
	if (r < 0)
		return fail(s->name, "put behind the wrapper", r);
	w->vary->mode = mode;
	w->vary->count = flows;
	start = bench_cpu_ns();
	r = bpf_prog_test_run_opts(w->program_fd, &run);
	if (r < 0)
		return fail(s->name, "test run", r);
	if (ret_ns)
		*ret_ns = (double)(bench_cpu_ns() - start) / count;
	if (run.retval != NO_ACTION) {
		fprintf(stderr, "bench: %s: returned %d\n", s->name, (int)run.retval);
		return -EIO;
	}
	s->seen += count;
	s->held += count;
	return 0;
}

struct tally {
	uint64_t flows;
	uint64_t packets;
	uint64_t bytes;
};

/* Keys and values of all maps begin and fit alike: a value's first words are packets and bytes. */
static int tally_map(int fd, int empty, struct tally *t)
{
	static union {
		struct bench_bare_key bare;
		struct skep_flow_key6 skep;
	} keys[BATCH];
	static uint64_t values[BATCH][sizeof(struct skep_flow_value) / 8];
	struct bpf_map_info info = {};
	uint32_t info_size = sizeof(info), cursor, count;
	void *position = NULL;
	int r;

	_Static_assert(sizeof(struct bench_bare_value) <= sizeof(values[0]), "fits");
	r = bpf_map_get_info_by_fd(fd, &info, &info_size);
	while (!r) {
		count = BATCH;
		r = empty ? bpf_map_lookup_and_delete_batch(fd, position, &cursor, keys, values,
							    &count, NULL)
			  : bpf_map_lookup_batch(fd, position, &cursor, keys, values, &count, NULL);
		if (r < 0 && r != -ENOENT)
			break;
		for (uint32_t i = 0; i < count; i++) {
			const uint64_t *value = &values[0][0] + i * (info.value_size / 8);

			t->packets += value[0];
			t->bytes += value[1];
		}
		t->flows += count;
		position = &cursor;
	}
	return r == -ENOENT ? 0 : r;
}

static int check_equal(const struct flow_subject *s, const char *what, uint64_t is, uint64_t want)
{
	if (is == want)
		return 0;
	fprintf(stderr, "bench: %s: %s: %llu, should be %llu\n", s->name, what,
		(unsigned long long)is, (unsigned long long)want);
	return -EIO;
}

static int check_cpus(const struct flow_subject *s)
{
	uint64_t seen = 0, elsewhere = 0;
	struct skep_flow_cpu cpu;
	uint32_t cpus = libbpf_num_possible_cpus();
	int r;

	for (uint32_t i = 0; i < cpus; i++) {
		r = bpf_map_lookup_elem(s->cpus_fd, &i, &cpu);
		if (r < 0)
			return fail(s->name, "read the counters", r);
		for (int p = 0; p < 2; p++) {
			seen += cpu.seen[p].packets;
			elsewhere +=
				cpu.ring[p].packets + cpu.lost[p].packets + cpu.skipped[p].packets;
		}
	}
	r = check_equal(s, "packets seen", seen, s->seen);
	return r ? r : check_equal(s, "packets that missed the maps", elsewhere, 0);
}

int flow_subject_check(struct flow_subject *s, uint64_t flows, int empty)
{
	struct tally t = { 0 };
	int r;

	if (s->kind == FLOW_SUBJECT_EMPTY)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		r = s->map_fds[i] < 0 ? 0 : tally_map(s->map_fds[i], empty, &t);
		if (r < 0)
			return fail(s->name, "read the map", r);
	}
	r = check_equal(s, "packets in the map", t.packets, s->held);
	r = r ? r : check_equal(s, "flows in the map", t.flows, flows);
	if (!r && s->cpus_fd >= 0)
		r = check_cpus(s);
	if (empty)
		s->held = 0;
	return r;
}
