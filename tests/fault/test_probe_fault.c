/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes from data to a hook: what is looked up on the way, a namespace, a group, a function, is released whatever fails. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/probe.h>
#include <skep/sys.h>

#include "base/cleanup.h"

#include "operation.h"

#define SYMBOLS FAULT_SCRATCH "/symbols"

struct subject {
	struct skep_probe_program program;
	struct skep_probe_spec spec;
	struct skep_attachment *attachment;
	int32_t returned;
};

static int set_up(void *context)
{
	struct subject *s = context;
	const uint64_t insns[] = { 0xb7 | (uint64_t)(uint32_t)s->returned << 32, 0x95 };
	struct skep_attr_prog_load attr = {
		.prog_type = (uint32_t)s->program.type,
		.insn_cnt = 2,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.expected_attach_type = s->program.type == SKEP_PROG_TYPE_SCHED_CLS
						? 0
						: (uint32_t)s->program.attach_type,
	};

	s->program.fd = skep_sys_prog_load(&attr, sizeof(attr), NULL);
	return s->program.fd < 0 ? (int)s->program.fd : 0;
}

static int attach(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_probe_spec_attach(&s->spec, &s->program, NULL, &s->attachment, err);
}

static int check(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "the attachment is not as the result says");
	return (result >= 0) != (s->attachment && skep_attachment_is_attached(s->attachment));
}

static void undo(void *context)
{
	struct subject *s = context;

	s->attachment = skep_attachment_close(s->attachment);
}

static int write_symbols(void *context)
{
	static const char text[] = "0000000000000000 T __x64_sys_getpgid\n";
	int fd = open(SYMBOLS, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	(void)context;
	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -EIO;
}

static int find_target(void *context, struct skep_error *err)
{
	static const struct skep_probe_spec spec = { .program = "p", .syscall = "getpgid" };
	static const struct skep_probe_program program = {
		.section = "fentry/x",
		.attach_target = "x",
		.type = SKEP_PROG_TYPE_TRACING,
		.attach_type = SKEP_ATTACH_TYPE_TRACE_FENTRY,
		.fd = -1,
	};
	const struct skep_probe_attach_opts o = { .sz = sizeof(o), .symbol_file = SYMBOLS };
	char name[512] = "";
	int r;

	(void)context;
	r = skep_probe_spec_target(&spec, &program, &o, name, sizeof(name), err);
	return r > 0 && strcmp(name, "__x64_sys_getpgid") != 0 ? -EBADMSG : r;
}

static struct subject function_subject = {
	.program = { .section = "uprobe/x", .attach_target = "x", .type = SKEP_PROG_TYPE_KPROBE },
	.spec = { .program = "p", .file = "libz.so.1", .symbol_regex = "^crc3[2]$" },
};
static struct subject interface_subject = {
	.program = { .section = "tcx/egress",
		     .type = SKEP_PROG_TYPE_SCHED_CLS,
		     .attach_type = SKEP_ATTACH_TYPE_TCX_EGRESS },
	.spec = { .program = "p", .interface = "lo", .netns = "/proc/self/ns/net" },
	.returned = -1,
};
static struct subject group_subject = {
	.program = { .section = "cgroup/dev",
		     .type = SKEP_PROG_TYPE_CGROUP_DEVICE,
		     .attach_type = SKEP_ATTACH_TYPE_CGROUP_DEVICE },
	.spec = { .program = "p", .cgroup = "." },
	.returned = 1,
};

#define OPERATION(id, text, flags_)                \
	static const struct fault_operation id = { \
		.name = "probe: " text,            \
		.context = &id##_subject,          \
		.set_up = set_up,                  \
		.run = attach,                     \
		.check = check,                    \
		.undo = undo,                      \
		.flags = flags_,                   \
	}

/* A library that cannot be opened may be found in another place. With its hundred calls, one errno is enough. */
static const int no_memory = ENOMEM;
static const struct fault_operation function = {
	.name = "probe: a function of a library, by an expression",
	.context = &function_subject,
	.set_up = set_up,
	.run = attach,
	.check = check,
	.undo = undo,
	.flags = FAULT_MAY_SURVIVE,
	.errnos = &no_memory,
	.errno_count = 1,
};
OPERATION(interface, "an interface of a namespace", FAULT_MAY_SURVIVE);
OPERATION(group, "a control group below the mount", FAULT_MAY_SURVIVE);

static const struct fault_operation target = {
	.name = "probe: the function of a system call",
	.prepare = write_symbols,
	.run = find_target,
};

int main(int argc, char **argv)
{
	static const struct fault_operation *const all[] = { &function, &interface, &group,
							     &target };

	return fault_main(argc, argv, all, ARRAY_SIZE(all));
}
