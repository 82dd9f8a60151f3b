/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef BENCH_FLOW_SUBJECT_H
#define BENCH_FLOW_SUBJECT_H
/*
 * Programs under test, loaded and run by BPF_PROG_TEST_RUN on packets whose flow a wrapper varies; and the proof that
 * a subject counted what it was given.
 */
#include <stdint.h>

#include "baseline.h"

struct bpf_object;

enum flow_subject_kind {
	FLOW_SUBJECT_EMPTY, /* counts nothing */
	FLOW_SUBJECT_BARE,  /* one map */
	FLOW_SUBJECT_SKEP,  /* any build of the flow program */
};

/* Where the wrapper stands in front of every subject. */
struct flow_wrapper {
	struct bpf_object *object;
	int program_fd;
	int target_fd;
	struct bench_vary *vary;
	uint32_t *table; /* BENCH_VARY_TABLE_SIZE flows */
};

struct flow_subject {
	const char *name;
	enum flow_subject_kind kind;
	struct bpf_object *object;
	int program_fd;
	int map_fds[2]; /* -1: none */
	int cpus_fd;    /* -1: none */
	uint64_t seen;  /* packets that its counters should know: all it ever ran */
	uint64_t held;  /* packets that its maps should hold: since they were emptied */
};

struct flow_packet {
	unsigned char data[74];
	uint32_t size;
};

enum {
	FLOW_PACKET_TCP4,
	FLOW_PACKET_TCP6,
	FLOW_PACKET_UDP4,
	FLOW_PACKET_UDP6
};
extern const struct flow_packet flow_packets[];

/* All functions return 0 or a negative errno and say on stderr what went wrong. */

int flow_wrapper_open(struct flow_wrapper *w);
void flow_wrapper_close(struct flow_wrapper *w);

/*
 * @path:        an object file with the program skep_in, for FLOW_SUBJECT_SKEP; NULL: the one built in
 * @max_entries: of each map of flows that the packets go to
 */
int flow_subject_open(struct flow_subject *s, const char *name, enum flow_subject_kind kind,
		      const char *path, uint32_t max_entries);
void flow_subject_close(struct flow_subject *s);

/* Runs @count packets. @ret_ns: CPU time per packet; may be NULL. */
int flow_subject_run(struct flow_subject *s, const struct flow_wrapper *w,
		     const struct flow_packet *packet, enum bench_vary_mode mode, uint32_t flows,
		     uint32_t count, double *ret_ns);

/*
 * Checks that every packet since the last call that emptied the maps is in them, spread over @flows entries, and that
 * the subject's own counters say the same. @empty: delete the entries.
 */
int flow_subject_check(struct flow_subject *s, uint64_t flows, int empty);

#endif
