/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Attaching to tracepoints, functions of programs and of the kernel, samples and iterators. What a kernel lacks is passed by. */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include <skep/attach_kprobe.h>
#include <skep/attach_perf_event.h>
#include <skep/attach_tracepoint.h>
#include <skep/attach_uprobe.h>
#include <skep/binary.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"

#include "attached.h"
#include "operation.h"

#define TRACEFS "/sys/kernel/tracing"
#define BELOW_DEBUGFS "/sys/kernel/debug/tracing"

struct subject {
	uint32_t type, attach_type; /* of the program */
	uint32_t family, method;
	int (*attach)(struct subject *s, struct skep_error *err);
	int prog;
	struct skep_binary *library;
	uint64_t offset; /* of a function of it */
	struct skep_attachment *attachment;
};

static int is_supported(const struct subject *s)
{
	return skep_attach_supported(NULL, s->family, s->method, NULL) == 1;
}

static int prepare(void *context)
{
	int fd = open(BELOW_DEBUGFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)context;
	if (fd >= 0)
		close(fd); /* the kernel has mounted it there now, which is not to be taken for a run's doing */
	return mount("tracefs", TRACEFS, "tracefs", 0, NULL) && errno != EBUSY ? -errno : 0;
}

static int set_up(void *context)
{
	/* r0 = 0; exit */
	static const uint64_t insns[] = { 0x00000000000000b7, 0x0000000000000095 };
	struct subject *s = context;
	struct skep_attr_prog_load attr = {
		.prog_type = s->type,
		.insn_cnt = 2,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.expected_attach_type = s->attach_type,
	};

	int r;

	s->prog = skep_sys_prog_load(&attr, sizeof(attr), NULL);
	r = skep_binary_open("c", NULL, &s->library, NULL);
	r = r < 0 ? r : skep_binary_find(s->library, "getpgid", &s->offset, NULL);
	return s->prog < 0 ? s->prog : r;
}

static int run(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return s->attach(s, err);
}

static int check(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	return attached_check(s->attachment, s->method, result, why, size);
}

static void undo(void *context)
{
	struct subject *s = context;

	s->attachment = skep_attachment_close(s->attachment);
}

static int attach_tracepoint(struct subject *s, struct skep_error *err)
{
	const struct skep_tracepoint_opts o = { .sz = sizeof(o),
						.method = s->method,
						.category = "syscalls",
						.name = "sys_enter_getpgid" };

	return skep_tracepoint_attach(s->prog, &o, &s->attachment, err);
}

static int attach_raw_tracepoint(struct subject *s, struct skep_error *err)
{
	const struct skep_raw_tracepoint_opts o = { .sz = sizeof(o), .name = "sched_switch" };

	return skep_raw_tracepoint_attach(s->prog, &o, &s->attachment, err);
}

static int attach_uprobe(struct subject *s, struct skep_error *err)
{
	const struct skep_uprobe_opts o = {
		.sz = sizeof(o), .method = s->method, .binary = s->library, .file_offset = s->offset
	};

	return skep_uprobe_attach(s->prog, &o, &s->attachment, err);
}

static int attach_perf_event(struct subject *s, struct skep_error *err)
{
	const struct skep_perf_event_opts o = { .sz = sizeof(o),
						.method = s->method,
						.type = PERF_TYPE_SOFTWARE,
						.config = PERF_COUNT_SW_CPU_CLOCK,
						.period = 1000000000 };

	return skep_perf_event_attach(s->prog, &o, &s->attachment, err);
}

static int attach_kprobe(struct subject *s, struct skep_error *err)
{
	const struct skep_kprobe_opts o = { .sz = sizeof(o),
					    .method = s->method,
					    .symbol = "vfs_fsync" };

	return skep_kprobe_attach(s->prog, &o, &s->attachment, err);
}

static int attach_kprobes(struct subject *s, struct skep_error *err)
{
	/* all of them are there: to look for one in the kernel's list takes hundreds of read(2), all alike */
	static const char *const symbols[] = { "vfs_fsync", "vfs_fallocate" };
	const struct skep_kprobe_multi_opts o = {
		.sz = sizeof(o), .method = s->method, .symbols = symbols, .symbol_count = 2
	};

	return skep_kprobe_attach_multi(s->prog, &o, &s->attachment, err);
}

#define OPERATION(id, text, type_, attach_type_, family_, method_, fn, flags_)         \
	static struct subject id##_subject = { .type = SKEP_PROG_TYPE_##type_,         \
					       .attach_type = attach_type_,            \
					       .family = SKEP_ATTACH_FAMILY_##family_, \
					       .method = SKEP_ATTACH_METHOD_##method_, \
					       .attach = fn,                           \
					       .prog = -1 };                           \
	static const struct fault_operation id = {                                     \
		.name = text,                                                          \
		.context = &id##_subject,                                              \
		.prepare = prepare,                                                    \
		.set_up = set_up,                                                      \
		.run = run,                                                            \
		.check = check,                                                        \
		.undo = undo,                                                          \
		.flags = flags_,                                                       \
	}

OPERATION(tracepoint_link, "attach to a tracepoint by a link", TRACEPOINT, 0, TRACEPOINT, LINK,
	  attach_tracepoint, 0);
OPERATION(tracepoint_perf, "attach to a tracepoint by ioctl", TRACEPOINT, 0, TRACEPOINT, PERF,
	  attach_tracepoint, 0);
OPERATION(raw_tracepoint, "attach to a raw tracepoint", RAW_TRACEPOINT, 0, RAW_TRACEPOINT,
	  RAW_TRACEPOINT, attach_raw_tracepoint, 0);
OPERATION(uprobe_link, "attach to a function of a library by a link", KPROBE, 0, UPROBE, LINK,
	  attach_uprobe, 0);
OPERATION(uprobe_tracefs, "attach to a function of a library by tracefs", KPROBE, 0, UPROBE,
	  TRACEFS, attach_uprobe, FAULT_MAY_SURVIVE | FAULT_ALONE);
OPERATION(uprobe_multi, "attach to a function of a library by a link to many", KPROBE,
	  SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI, UPROBE, MULTI, attach_uprobe, 0);
OPERATION(perf_link, "attach to a clock by links", PERF_EVENT, 0, PERF_EVENT, LINK,
	  attach_perf_event, 0);
OPERATION(perf_ioctl, "attach to a clock by ioctl", PERF_EVENT, 0, PERF_EVENT, PERF,
	  attach_perf_event, 0);
OPERATION(kprobe_link, "attach to a function of the kernel by a link", KPROBE, 0, KPROBE, LINK,
	  attach_kprobe, 0);
OPERATION(kprobe_tracefs, "attach to a function of the kernel by tracefs", KPROBE, 0, KPROBE,
	  TRACEFS, attach_kprobe, FAULT_MAY_SURVIVE | FAULT_ALONE);
OPERATION(kprobe_multi, "attach to functions of the kernel at once", KPROBE,
	  SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI, KPROBE, MULTI, attach_kprobes, 0);
OPERATION(kprobe_each, "attach to functions of the kernel one by one", KPROBE, 0, KPROBE, LINK,
	  attach_kprobes, FAULT_MAY_SURVIVE);

/* A file that cannot be opened may be found in another place. */

static int find_function(void *context, struct skep_error *err)
{
	struct subject *s = context;
	struct skep_binary *b = NULL;
	int r = skep_binary_open("libz.so.1", NULL, &b, err);

	r = r < 0 ? r : skep_binary_find(b, "crc32", &s->offset, err);
	skep_binary_close(b);
	return r;
}

static struct subject finder;

static const struct fault_operation function_find = {
	.name = "find a function of a library",
	.context = &finder,
	.run = find_function,
	.flags = FAULT_MAY_SURVIVE,
};

int main(int argc, char **argv)
{
	const struct fault_operation *const all[] = {
		&tracepoint_link, &tracepoint_perf, &raw_tracepoint, &uprobe_link,
		&uprobe_tracefs,  &uprobe_multi,    &perf_link,      &perf_ioctl,
		&kprobe_link,     &kprobe_tracefs,  &kprobe_multi,   &kprobe_each,
	};
	const struct fault_operation *here[ARRAY_SIZE(all) + 1] = { &function_find };
	size_t i, count = 1;

	/* what this kernel lacks is tried in a guest that has it, where this runs, too */
	if (mount("tracefs", TRACEFS, "tracefs", 0, NULL) && errno != EBUSY)
		return 1;
	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (is_supported(all[i]->context))
			here[count++] = all[i];
	umount2(TRACEFS, 0);
	return fault_main(argc, argv, here, count);
}
