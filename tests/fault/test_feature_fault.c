/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Feature probes: with a fault in any system call or allocation the answer is right or "could not tell", never a wrong
 * yes or no; and what was asked then is answered rightly by the same handle when it is asked again.
 *
 * An answer is right if it is that of an undisturbed process. The sections are asked in parts, so that the runs do not
 * grow with the square of their length.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/feature.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "operation.h"

#define PART 6u
#define UNANSWERED 99

/* What a refusal for another reason than the question may look like; the kernel's "no" is EINVAL and its like. */
static const int errnos[] = { EPERM, ENOMEM };

/* Not read(2): libbpf reads the kernel's BTF in a thousand pieces. */
static const int calls[] = { SYS_bpf,    SYS_openat,          SYS_newfstatat,
			     SYS_mmap,   SYS_perf_event_open, SYS_access,
			     SYS_uname,  SYS_socket,          SYS_prlimit64,
			     SYS_capget, SYS_ioctl,           SYS_readlink };

static int ask_feature(struct skep_features *f, uint32_t number, struct skep_error *err)
{
	return skep_feature_has(f, number, err);
}

static int ask_attach(struct skep_features *f, uint32_t number, struct skep_error *err)
{
	return skep_feature_attach_type(f, 0, number, err);
}

static int ask_helper(struct skep_features *f, uint32_t number, struct skep_error *err)
{
	return skep_feature_helper(f, SKEP_PROG_TYPE_XDP, number, err);
}

static int ask_kfunc(struct skep_features *f, uint32_t number, struct skep_error *err)
{
	static const char *const names[] = { "bpf_cpumask_create", "bpf_dynptr_from_xdp", "none" };

	return skep_feature_kfunc(f, SKEP_PROG_TYPE_XDP, names[number], err);
}

/* Some numbers of a section. */
struct part {
	int (*ask)(struct skep_features *f, uint32_t number, struct skep_error *err);
	uint32_t from, count;
	const int *right; /* shared memory, written by prepare()'s child */
	struct skep_features *features;
	int answers[PART];
	bool words; /* each "could not tell" came with some */
};

static void ask_all(struct part *p, struct skep_features *f, int *ret_answers)
{
	uint32_t i;

	p->words = true;
	for (i = 0; i < p->count; i++) {
		struct skep_error err = { 0 };

		ret_answers[i] = p->ask(f, p->from + i, &err);
		if (ret_answers[i] < 0 && (err.code != ret_answers[i] || !err.msg[0]))
			p->words = false;
	}
}

/* In a process that ends: nothing that it has learned stays. */
static int prepare(void *context)
{
	struct part *p = context;
	int *right = mmap(NULL, sizeof(p->answers), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (right == MAP_FAILED)
		return -errno;
	p->right = right;
	pid = fork();
	if (!pid) {
		struct skep_features *f = NULL;

		if (skep_features_open(NULL, &f, NULL) < 0)
			_exit(1);
		ask_all(p, f, right);
		skep_features_close(f);
		_exit(!p->words);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status ? -EIO : 0;
}

static int ask(void *context, struct skep_error *err)
{
	struct part *p = context;
	int r;

	memset(p->answers, UNANSWERED, sizeof(p->answers));
	r = skep_features_open(NULL, &p->features, err);
	if (r < 0)
		return r;
	ask_all(p, p->features, p->answers);
	return 0;
}

static int check(void *context, int result, char *why, size_t size)
{
	struct part *p = context;
	int again[PART];
	uint32_t i;

	if (result < 0)
		return 0;
	if (!p->words) {
		snprintf(why, size, "an error without words");
		return -1;
	}
	ask_all(p, p->features, again);
	for (i = 0; i < p->count; i++) {
		if (p->answers[i] != p->right[i] && p->answers[i] >= 0) {
			snprintf(why, size, "number %u: %d, and %d is right", p->from + i,
				 p->answers[i], p->right[i]);
			return -1;
		}
		if (again[i] != p->right[i]) {
			snprintf(why, size, "number %u, asked again: %d, and %d is right",
				 p->from + i, again[i], p->right[i]);
			return -1;
		}
	}
	return 0;
}

static void undo(void *context)
{
	struct part *p = context;

	p->features = skep_features_close(p->features);
}

#define PARTS_MAX 64

struct parts {
	struct part parts[PARTS_MAX];
	struct fault_operation operations[PARTS_MAX];
	const struct fault_operation *list[PARTS_MAX];
	char names[PARTS_MAX][64];
	size_t count;
};

static void add(struct parts *all, const char *section,
		int (*fn)(struct skep_features *f, uint32_t number, struct skep_error *err),
		uint32_t from, uint32_t end)
{
	for (; from < end && all->count < PARTS_MAX; from += PART, all->count++) {
		uint32_t count = end - from < PART ? end - from : PART;
		char *name = all->names[all->count];

		snprintf(name, sizeof(all->names[0]), "ask for %s %u to %u", section, from,
			 from + count - 1);
		all->parts[all->count] = (struct part){ .ask = fn, .from = from, .count = count };
		all->operations[all->count] = (struct fault_operation){
			.name = name,
			.context = &all->parts[all->count],
			.prepare = prepare,
			.run = ask,
			.check = check,
			.undo = undo,
			.errnos = errnos,
			.errno_count = ARRAY_SIZE(errnos),
			.calls = calls,
			.call_count = ARRAY_SIZE(calls),
			.flags = FAULT_MAY_SURVIVE,
		};
		all->list[all->count] = &all->operations[all->count];
	}
}

/* One more than the largest number of a table. */
static uint32_t end_of(uint32_t table)
{
	size_t count;
	const struct skep_kabi_row *rows = skep_kabi_rows(table, &count);

	return (uint32_t)rows[count - 1].number + 1;
}

int main(int argc, char **argv)
{
	static struct parts all;
	size_t features;

	skep_feature_rows(&features);
	add(&all, "features", ask_feature, 1, (uint32_t)features + 1);
	add(&all, "program types", skep_feature_prog_type, 1, end_of(SKEP_KABI_PROG_TYPE));
	add(&all, "map types", skep_feature_map_type, 1, end_of(SKEP_KABI_MAP_TYPE));
	add(&all, "attach types", ask_attach, 0, end_of(SKEP_KABI_ATTACH_TYPE));
	add(&all, "link types", skep_feature_link_type, 1, end_of(SKEP_KABI_LINK_TYPE));
	add(&all, "helpers of XDP", ask_helper, 1, 13);
	add(&all, "functions", ask_kfunc, 0, 3);
	return fault_main(argc, argv, all.list, all.count);
}
