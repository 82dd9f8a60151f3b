/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_ATTACH_H
#define CLI_ATTACH_H
/*
 * skep attach, by its parts: attach_program.c has the program, attach_section.c the hook that a section names,
 * attach_net.c, attach_probe.c, attach_perf_event.c and attach_tracing.c the hooks, attach_struct_ops.c a table of functions,
 * attach_tell.c says what was done.
 */
#include <stddef.h>
#include <stdint.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/object_spec.h>

#include "opt.h"

#define EXIT_USAGE 2
#define EXIT_PARTLY 3
#define ATTACH_NAME_SIZE 4096 /* of a path, too */

struct skep_bpffs;
struct skep_loaded;
struct skep_netns;
struct skep_object;

struct attach_options {
	const char *what, *program, *root, *netns, *method, *pin;
	const char *tc, *netkit, *xdp, *cgroup, *unit, *container, *attach_type, *netfilter;
	const char *uprobe, *uretprobe, *usdt, *tracepoint, *raw_tracepoint, *lsm_cgroup;
	const char *perf_event, *freplace, *struct_ops, *map, *cpus;
	struct opt_list kprobe, kretprobe;
	uint64_t sk_lookup, flow_dissector, first, priority, duration, dry_run, json;
	uint64_t syscall, variants, session, tracing, iter, pid, cookie, max_active, period,
		frequency;
};

/* What the options come to. */
struct attach_job {
	struct attach_options o;
	struct skep_bpffs *bpffs; /* NULL: not needed so far */
	struct skep_netns *netns; /* NULL: here */
	struct skep_object *object;
	struct skep_loaded *loaded; /* of --struct-ops; else NULL */
	const struct skep_object_program
		*spec; /* of the object; NULL: the program was loaded before */
	uint64_t flags, method, position;
	int prog_fd;
	char name[ATTACH_NAME_SIZE];   /* what stands before the first colon of an option */
	const char *rest;              /* and behind it; "" nothing */
	char target[ATTACH_NAME_SIZE]; /* that a section names */
};

/* Each of these attaches. Return: 0; -EINVAL, with a message and without kind: usage; a negative errno. */
typedef int (*attach_fn)(struct attach_job *job, struct skep_attachment **ret,
			 struct skep_error *err);

int attach_tc(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_netkit(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_xdp(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_cgroup(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_sk_lookup(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_flow_dissector(struct attach_job *job, struct skep_attachment **ret,
			  struct skep_error *err);
int attach_netfilter(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);

int attach_kprobe(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_uprobe(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_usdt(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_tracepoint(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_raw_tracepoint(struct attach_job *job, struct skep_attachment **ret,
			  struct skep_error *err);
int attach_tracing(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_lsm_cgroup(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_iter(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_perf_event(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_freplace(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);
int attach_struct_ops(struct attach_job *job, struct skep_attachment **ret, struct skep_error *err);

/*
 * attach_probe_type() - for which attach type a program of type kprobe is to be loaded
 *
 * A link to many places at once takes a program that was loaded for it, and this kernel.
 *
 * Return: SKEP_ATTACH_TYPE_*; 0 for one place, or one by one; a negative errno.
 */
int64_t attach_probe_type(const struct attach_options *o, uint64_t method, struct skep_error *err);

/* Opens the bpffs, if it is not open. Return: 0; a negative errno. */
int attach_open_root(struct attach_job *job, struct skep_error *err);

/* Opens the object, or the program that is loaded. Return: 0; a negative errno. */
int attach_open_program(struct attach_job *job, struct skep_error *err);

/* Loads the program, if it is one of an object. Return: 0; a negative errno. */
int attach_load_program(struct attach_job *job, struct skep_error *err);

/* The same of a table of functions. Return: 0; a negative errno. */
int attach_check_table(const struct attach_job *job, struct skep_error *err);
int attach_load_table(struct attach_job *job, struct skep_error *err);

/* A program that is loaded, by pin or id. Return: an fd; a negative errno. */
int attach_open_loaded(struct attach_job *job, const char *what, struct skep_error *err);

/* Sets the option of the hook that the section of the program names. Return: 0; -EINVAL with a message: it names none. */
int attach_from_section(struct attach_job *job);

/* Splits "eth0:egress" into job->name and job->rest. Return: 0; -EINVAL with a message. */
int attach_split(struct attach_job *job, const char *option, const char *text);

/* Says that an option's value is wrong, and what is right: "a number from 1 to 65535". Return: -EINVAL. */
int attach_bad(const char *option, const char *value, const char *right);

/* Says what has been done, or would be; and prints what an iterator writes. Return: the exit status so far. */
int attach_tell(const struct attach_job *job, const struct skep_attachment *a);

#endif
