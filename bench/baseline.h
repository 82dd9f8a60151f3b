/* SPDX-License-Identifier: (LGPL-2.1-only OR BSD-2-Clause) AND (GPL-2.0-only OR BSD-2-Clause) */
#ifndef BENCH_BASELINE_H
#define BENCH_BASELINE_H
/* What baseline.bpf.c and the benches share. */
#include <linux/types.h>

/* Addresses as in IPv6, those of IPv4 mapped; host order nowhere. */
struct bench_bare_key {
	__u8 src[16];
	__u8 dst[16];
	__be16 src_port;
	__be16 dst_port;
	__u8 protocol;
	__u8 pad[3];
};

struct bench_bare_value {
	__u64 packets;
	__u64 bytes;
	__u64 last_ns;
};

/* Which flow the next packet belongs to. */
enum bench_vary_mode {
	BENCH_VARY_FIXED = 0,    /* the packet as user space made it */
	BENCH_VARY_SEQUENCE = 1, /* 0, 1 ... count - 1, 0 ... */
	BENCH_VARY_RANDOM = 2,   /* uniform below count */
	BENCH_VARY_TABLE = 3,    /* what bench_vary_table says, round and round */
};

struct bench_vary {
	__u32 mode; /* enum bench_vary_mode */
	__u32 count;
	__u64 state;
};

#define BENCH_VARY_TABLE_SIZE (1u << 20)
#define BENCH_VARY_MAX_FLOWS (1u << 26) /* 16 bits in the address, 10 in the port */
#define BENCH_VARY_FAILED 99 /* return value of a packet that never reached the program */

#ifndef __cplusplus
_Static_assert(sizeof(struct bench_bare_key) == 40, "the key that budgets speak of");
#endif
#endif
