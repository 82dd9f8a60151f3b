/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/attach_perf_event.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/error.h>

#include "attach/attachment.h"
#include "attach/cpu_list.h"
#include "attach/perf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "sys/cpu.h"
#include "sys/file.h"

#define ONLINE "/sys/devices/system/cpu/online"
#define MOST_SAMPLES "/proc/sys/kernel/perf_event_max_sample_rate"
#define ANY_CPU UINT32_MAX

struct request {
	int prog_fd;
	struct skep_perf_event_opts o;
	const uint32_t *cpus;
	size_t count;
};

static int add_result(struct skep_attachment *a, uint32_t cpu, int code, struct skep_error *err)
{
	char name[24];

	if (cpu == ANY_CPU)
		return 0;
	snprintf(name, sizeof(name), "cpu%" PRIu32, cpu);
	if (attachment_add_result(a, name, 0, code) < 0)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "results of CPUs");
	return 0;
}

static int fail_open(const struct skep_attachment *a, const struct request *r, int code,
		     struct skep_error *err)
{
	if (code == -ENOENT || code == -EOPNOTSUPP)
		return skep_fail(err, code, SKEP_ERR_UNSUPPORTED,
				 "this machine has no such counter (type %" PRIu64
				 ", config 0x%" PRIx64 ").",
				 r->o.type, r->o.config);
	if (code == -ESRCH)
		return skep_fail(err, code, SKEP_ERR_NOT_FOUND, "there is no process %" PRIu64 ".",
				 r->o.pid);
	if (code == -EINVAL)
		return skep_fail(err, code, SKEP_ERR_INVALID, "the kernel takes no such counter.");
	return attach_fail(a, code, err);
}

/*
 * @disabled: it counts nothing yet
 * Return: an fd; -ENODEV the CPU is offline, or there is none; another negative errno, recorded.
 */
static int open_cpu(const struct skep_attachment *a, const struct request *r, uint32_t cpu,
		    int disabled, struct perf_recipe *ret, struct skep_error *err)
{
	int fd;

	*ret = (struct perf_recipe){
		.attr = { .type = (uint32_t)r->o.type,
			  .size = PERF_ATTR_SIZE_VER1,
			  .config = r->o.config,
			  .sample_period = r->o.frequency ? r->o.frequency : r->o.period,
			  .freq = r->o.frequency != 0,
			  .disabled = disabled != 0 },
		.pid = r->o.pid ? (int)r->o.pid : -1,
		.cpu = cpu == ANY_CPU ? -1 : (int)cpu,
	};
	fd = perf_open(ret);
	/* of a number beyond all CPUs the kernel says EINVAL */
	if (fd == -EINVAL && cpu != ANY_CPU && sys_cpu_slot(cpu) == -ENODEV)
		return -ENODEV;
	return fd < 0 && fd != -ENODEV ? fail_open(a, r, fd, err) : fd;
}

/* Return: 1; 0 there is no such CPU now; a negative errno, recorded. */
static int attach_cpu(struct skep_attachment *a, const struct request *r, uint32_t cpu,
		      struct skep_error *err)
{
	struct perf_recipe recipe;
	int fd = open_cpu(a, r, cpu, 0, &recipe, err), code;

	if (fd == -ENODEV)
		return add_result(a, cpu, fd, err);
	if (fd < 0)
		return fd;
	code = perf_attach(a, &recipe, fd, r->prog_fd, r->o.cookie,
			   a->method == SKEP_ATTACH_METHOD_LINK ? PERF_BY_LINK : PERF_BY_IOCTL,
			   err);
	if (code == 0)
		code = add_result(a, cpu, 0, err);
	return code < 0 ? code : 1;
}

/* Return: as attach_cpu(). */
static int rehearse_cpu(struct skep_attachment *a, const struct request *r, uint32_t cpu,
			struct skep_error *err)
{
	struct perf_recipe recipe;
	int fd = open_cpu(a, r, cpu, 1, &recipe, err), code;

	if (fd < 0 && fd != -ENODEV)
		return fd;
	code = add_result(a, cpu, fd < 0 ? fd : 0, err);
	if (fd >= 0)
		close(fd);
	return code < 0 ? code : fd >= 0;
}

/* Return: how many; a negative errno, recorded. */
static int each_cpu(struct skep_attachment *a, const struct request *r,
		    int (*fn)(struct skep_attachment *a, const struct request *r, uint32_t cpu,
			      struct skep_error *err),
		    struct skep_error *err)
{
	int code = 0, count = 0;
	size_t i;

	for (i = 0; code >= 0 && i < r->count; i++) {
		code = fn(a, r, r->cpus[i], err);
		count += code > 0;
	}
	if (code < 0)
		return code;
	return count ? count
		     : skep_fail(err, -ENODEV, SKEP_ERR_NOT_FOUND, "none of the CPUs is online.");
}

static int attach_events(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	int count = each_cpu(a, request, attach_cpu, err);

	if (count < 0)
		perf_undo(a);
	return count < 0 ? count : 0;
}

/* Each CPU has a link of its own. */
static int rehearse(struct skep_attachment *a, const void *request, struct skep_error *err)
{
	int count = each_cpu(a, request, rehearse_cpu, err);

	if (count > 0)
		a->more_links = (size_t)count - 1;
	return count < 0 ? count : 0;
}

static const struct attach_try tries[] = {
	{ SKEP_ATTACH_METHOD_LINK, attach_events },
	{ SKEP_ATTACH_METHOD_PERF, attach_events },
};

/* Return: how many; a negative errno, recorded. */
static int find_cpus(const struct skep_perf_event_opts *o, uint32_t **ret, struct skep_error *err)
{
	_cleanup_free_ char *online = NULL;
	const char *list = o->cpus;
	size_t len;
	int r;

	if (!list && o->pid) {
		*ret = malloc(sizeof(**ret));
		if (!*ret)
			return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "CPUs");
		**ret = ANY_CPU;
		return 1;
	}
	if (!list) {
		r = sys_file_read_all(AT_FDCWD, ONLINE, 1u << 20, &online, &len);
		if (r < 0)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "read '" ONLINE "'");
		list = online;
	}
	r = cpu_list_parse(list, ret);
	if (r == -ENOMEM)
		return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "CPUs");
	if (r < 0)
		return skep_fail(
			err, r, SKEP_ERR_INVALID,
			"CPUs '%.80s': it takes numbers and ranges from 0 to %u, each once, "
			"such as 0-3,8.",
			list, CPU_LIST_MOST - 1);
	return r;
}

static int check_opts(const struct skep_perf_event_opts *o, struct skep_error *err)
{
	if (o->flags & ~(uint64_t)SKEP_ATTACH_DRY_RUN || o->type > UINT32_MAX || o->pid > INT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "options of a perf event");
	if (!o->period == !o->frequency)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "a perf event takes a period or a frequency.");
	return 0;
}

/* The kernel says EINVAL of more than it allows now. */
static int check_frequency(uint64_t frequency, struct skep_error *err)
{
	char text[32];
	size_t len;

	if (!frequency || sys_file_read(AT_FDCWD, MOST_SAMPLES, text, sizeof(text), &len) < 0 ||
	    frequency <= strtoull(text, NULL, 10))
		return 0;
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			 "attach perf_event: %" PRIu64 " samples a second are too many: the kernel "
			 "takes from 1 to %llu (kernel.perf_event_max_sample_rate).",
			 frequency, strtoull(text, NULL, 10));
}

int skep_perf_event_attach(int prog_fd, const struct skep_perf_event_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err)
{
	struct request request = { .prog_fd = prog_fd };
	_cleanup_free_ uint32_t *cpus = NULL;
	int r = opts_copy(&request.o, sizeof(request.o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of a perf event");
	r = check_opts(&request.o, err);
	if (r == 0)
		r = check_frequency(request.o.frequency, err);
	if (r == 0)
		r = find_cpus(&request.o, &cpus, err);
	if (r < 0)
		return r;
	request.cpus = cpus;
	request.count = (size_t)r;
	const struct attach_plan plan = {
		.family = SKEP_ATTACH_FAMILY_PERF_EVENT,
		.flags = request.o.flags,
		.method = request.o.method,
		.tries = tries,
		.try_count = ARRAY_SIZE(tries),
		.request = &request,
		.prog_fd = &prog_fd,
		.has_cookie = request.o.cookie != 0,
		.rehearse = rehearse,
	};

	return attach_run(&plan, ret_attachment, err,
			  "type %" PRIu64 " config 0x%" PRIx64 " on %zu CPU%s", request.o.type,
			  request.o.config, request.count, request.count == 1 ? "" : "s");
}
