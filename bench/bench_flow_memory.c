// SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
/*
 * What `skep flows` with default settings keeps resident after a storm of 200,000 flows, beside the kernel's maps and
 * its own table of flows; and how large what is installed is.
 *
 *	bench_flow_memory [BINARY]	the libraries stand beside it
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/flow_table.h>

#include "flows_process.h"
#include "harness.h"
#include "packet_source.h"

#define FLOWS 200000
#define PER_SECOND 100000
#define TABLE_FLOWS (4 * 65536) /* of `skep flows` by default */
#define ALLOWED_MB 20
#define ALLOWED_KB 1500
#define SMOKE_FLOWS 1000
#define SMOKE_INTERVAL "100ms"

static int measure_number(void *userdata, double *ret_value)
{
	*ret_value = *(const double *)userdata;
	return 0;
}

/* What a table has touched that holds so many flows: nodes are taken in order, hash and lists are whole. */
static int table_bytes(uint32_t flows, double *ret_bytes)
{
	struct skep_flow_table_opts o = { .sz = sizeof(o), .max_points = TABLE_FLOWS };
	struct skep_flow_table *whole = NULL, *half = NULL;
	struct skep_error err = { 0 };
	int r;

	r = skep_flow_table_new(&o, &whole, &err);
	o.max_points /= 2;
	r = r ? r : skep_flow_table_new(&o, &half, &err);
	if (r)
		fprintf(stderr, "bench_flow_memory: %s\n", err.msg);
	else
		*ret_bytes = ((double)skep_flow_table_memory_bytes(whole) -
			      (double)skep_flow_table_memory_bytes(half)) /
			     (TABLE_FLOWS / 2.0) * flows;
	skep_flow_table_free(whole);
	skep_flow_table_free(half);
	return r;
}

static int bench_resident(struct bench *b, const char *binary)
{
	uint32_t flows = b->smoke ? SMOKE_FLOWS : FLOWS;
	double allowed = ALLOWED_MB, whole, table, rest;
	const struct bench_candidate candidates[] = {
		{ .name = "allowed", .measure = measure_number, .userdata = &allowed },
		{ .name = "flow_table", .measure = measure_number, .userdata = &table },
		{ .name = "whole_process",
		  .measure = measure_number,
		  .userdata = &whole,
		  .peer = 72 }, /* NetObserv agent, HEAD of 2026-07, defaults: 93 % of the packets lost */
		{ .name = "skep",
		  .measure = measure_number,
		  .userdata = &rest,
		  .baseline = "allowed",
		  .budget = 1,
		  .peer = 72 },
	};
	struct packet_source source = { .fd = -1 };
	struct flows_resident resident;
	struct flows_process p = { .pid = -1 };
	struct flows_told told;
	int r;

	r = packet_source_open(&source);
	r = r ? r : table_bytes(flows, &table);
	if (!r) {
		r = flows_process_start(&p, binary, b->smoke ? SMOKE_INTERVAL : NULL);
		r = r ? r : packet_source_send(&source, flows, flows, PER_SECOND);
		r = r ? r : flows_process_wait_seen(&p, flows, &told);
		r = r ? r : flows_process_resident(&p, &resident);
		r = r ? r : flows_process_stop(&p, &told);
		flows_process_close(&p);
	}
	packet_source_close(&source);
	if (r)
		return r;
	table /= 1e6;
	whole = (double)resident.all / 1e6;
	rest = (double)(resident.all - resident.maps) / 1e6 - table;
	return bench_group(b, "resident", "MB", candidates,
			   sizeof(candidates) / sizeof(candidates[0]));
}

static int stripped_size(const char *path, double *ret_kb)
{
	char copy[] = "/tmp/bench_flow_memory.XXXXXX";
	struct stat st = { 0 };
	int status = -1, fd = mkstemp(copy);
	pid_t pid;

	if (fd < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		execlp("strip", "strip", "-o", copy, path, NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (!status)
		status = stat(copy, &st); /* strip may have put another file there */
	unlink(copy);
	close(fd);
	*ret_kb = (double)st.st_size / 1e3;
	if (!status)
		return 0;
	fprintf(stderr, "bench_flow_memory: strip %s: failed\n", path);
	return -EIO;
}

/* @binary: among its neighbours. */
static int bench_size(struct bench *b, const char *binary)
{
	static const char *const files[] = { "skep", "libskep.so", "libskep-flow.so" };
	double allowed = ALLOWED_KB, sizes[3];
	struct bench_candidate candidates[4] = {
		{ .name = "allowed", .measure = measure_number, .userdata = &allowed },
	};
	int r = 0;

	for (int i = 0; i < 3 && !r; i++) {
		char path[PATH_MAX];

		candidates[i + 1] = (struct bench_candidate){
			.name = files[i],
			.measure = measure_number,
			.userdata = &sizes[i],
			.baseline = "allowed",
			.budget = 1,
			.peer = i ? 0 : 102000, /* NetObserv agent, HEAD of 2026-07 */
		};
		r = flows_binary(binary, files[i], path, sizeof(path));
		r = r ? r : stripped_size(path, &sizes[i]);
	}
	return r ? r : bench_group(b, "stripped", "kB", candidates, 4);
}

int main(int argc, char **argv)
{
	char binary[PATH_MAX];
	struct bench b;
	int r;

	r = bench_init(&b, "flow_memory", argc, argv);
	b.rounds = 1; /* of a process that has done its work: it does not vary */
	if (r >= 0)
		r = flows_binary(r < argc ? argv[r] : NULL, "skep", binary, sizeof(binary));
	if (r >= 0 && bench_wants(&b, "resident"))
		r = bench_resident(&b, binary);
	if (r >= 0 && bench_wants(&b, "stripped"))
		r = bench_size(&b, binary);
	return bench_finish(&b, r);
}
