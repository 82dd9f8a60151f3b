/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/perf.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/file.h"

#define MOST_CPUS_GONE 4 /* one after the other, while we go from each to the next */
#define DEVICES "/sys/bus/event_source/devices/"

/* What an attachment by perf events has beside the events themselves, which are those of the handle. */
struct perf_data {
	struct perf_recipe *recipes; /* one for each event; texts owned */
	size_t recipe_count;
	int *links; /* beyond the first, which is the handle's */
	size_t link_count;
	struct trace_event **events; /* of tracefs */
	size_t event_count;
	enum perf_how how;
};

/* Return: the number behind the last ':' of a small file, or that is the file; -ENOENT no such file; a negative errno. */
static int read_number(const char *path)
{
	char text[64], *at, *end;
	long number;
	size_t len;
	int r = sys_file_read(AT_FDCWD, path, text, sizeof(text), &len);

	if (r < 0)
		return r;
	at = strrchr(text, ':');
	at = at ? at + 1 : text;
	number = strtol(at, &end, 10);
	return end == at || number < 0 || number > INT32_MAX ? -EBADMSG : (int)number;
}

/* Of all processes on the CPU at hand, or of one process wherever it runs. */
static void set_process(struct perf_recipe *r, uint64_t pid)
{
	r->pid = pid ? (int)pid : -1;
	r->cpu = pid ? -1 : PERF_CPU_HERE;
}

int perf_unit_recipe(enum perf_unit unit, int is_return, uint64_t pid, struct perf_recipe *ret,
		     struct skep_error *err)
{
	const char *name = unit == PERF_UNIT_KPROBE ? "kprobe" : "uprobe";
	char path[96];
	int type, bit = 0;

	snprintf(path, sizeof(path), DEVICES "%s/type", name);
	type = read_number(path);
	if (type >= 0 && is_return) {
		snprintf(path, sizeof(path), DEVICES "%s/format/retprobe", name);
		bit = read_number(path); /* "config:0" */
	}
	if (type == -ENOENT && access(DEVICES, F_OK) == 0)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has no %ss by perf events (Linux 4.17, "
				 "CONFIG_%s_EVENTS).",
				 name, unit == PERF_UNIT_KPROBE ? "KPROBE" : "UPROBE");
	if (type < 0 || bit < 0 || bit > 31)
		return skep_fail(err,
				 type < 0  ? type
				 : bit < 0 ? bit
					   : -EBADMSG,
				 SKEP_ERR_SYSCALL, "read '%s'", path);
	*ret = (struct perf_recipe){
		.attr = { .type = (uint32_t)type,
			  .size = PERF_ATTR_SIZE_VER1, /* config2 is in it; more is not needed */
			  .config = is_return ? UINT64_C(1) << bit : 0 },
	};
	set_process(ret, pid);
	return 0;
}

void perf_tracepoint_recipe(uint64_t id, uint64_t pid, struct perf_recipe *ret)
{
	*ret = (struct perf_recipe){
		.attr = { .type = PERF_TYPE_TRACEPOINT, .size = PERF_ATTR_SIZE_VER1, .config = id },
	};
	set_process(ret, pid);
}

/* Another CPU than our own has to be interrupted for it. */
static int cpu_here(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : cpu;
}

int perf_open(const struct perf_recipe *recipe)
{
	const int here = recipe->cpu == PERF_CPU_HERE;
	struct perf_event_attr attr = recipe->attr;
	int tries = here ? MOST_CPUS_GONE : 1;
	long fd;

	if (recipe->text)
		attr.config1 = (uint64_t)(uintptr_t)recipe->text;
	do /* the CPU may be taken away as we leave it */
		fd = syscall(SYS_perf_event_open, &attr, recipe->pid,
			     here ? cpu_here() : recipe->cpu, -1, PERF_FLAG_FD_CLOEXEC);
	while (fd < 0 && errno == ENODEV && --tries);
	return fd < 0 ? -errno : (int)fd;
}

static void close_links(struct perf_data *d)
{
	while (d->link_count)
		close(d->links[--d->link_count]);
}

static void release(void *data)
{
	struct perf_data *d = data;
	size_t i;

	close_links(d);
	for (i = 0; i < d->recipe_count; i++)
		free((char *)d->recipes[i].text);
	for (i = 0; i < d->event_count; i++)
		trace_event_free(d->events[i]);
	free(d->recipes);
	free(d->links);
	free(d->events);
}

/* What listens to an event of tracefs has to be closed before the event can be removed. */
static int detach(struct skep_attachment *a, struct skep_error *err)
{
	struct perf_data *d = a->data;
	int r, gone = 0;

	attachment_close_fds(a);
	close_links(d);
	while (d->event_count) {
		r = trace_event_remove(d->events[d->event_count - 1], err);
		if (r < 0)
			return r;
		gone |= r;
		trace_event_free(d->events[--d->event_count]);
	}
	return gone;
}

static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err);

static const struct attachment_class class = {
	.detach = detach,
	.update = update,
	.release = release,
};

void perf_undo(struct skep_attachment *a)
{
	if (a->data && a->class == &class)
		detach(a, NULL);
}

static struct perf_data *data_of(struct skep_attachment *a)
{
	if (!a->data) {
		a->data = calloc(1, sizeof(struct perf_data));
		a->class = a->data ? &class : NULL;
	}
	return a->data;
}

static int out_of_memory(struct skep_error *err)
{
	return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "keep a perf event");
}

static int keep_recipe(struct perf_data *d, const struct perf_recipe *recipe)
{
	struct perf_recipe *more =
		reallocarray(d->recipes, d->recipe_count + 1, sizeof(*d->recipes));

	if (!more)
		return -ENOMEM;
	d->recipes = more;
	more += d->recipe_count;
	*more = *recipe;
	if (recipe->text)
		more->text = strdup(recipe->text);
	if (recipe->text && !more->text)
		return -ENOMEM;
	d->recipe_count++;
	return 0;
}

static int keep_link(struct skep_attachment *a, struct perf_data *d, int link_fd)
{
	_cleanup_close_ int fd = -1;
	int *more;

	fd = link_fd;
	if (a->link_fd < 0) {
		a->link_fd = take_fd(&fd);
		return 0;
	}
	more = reallocarray(d->links, d->link_count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	d->links = more;
	d->links[d->link_count++] = take_fd(&fd);
	a->more_links = d->link_count;
	return 0;
}

static int has_links(void)
{
	return !attach_way_lacking(
		attach_way_find(SKEP_ATTACH_FAMILY_TRACEPOINT, SKEP_ATTACH_METHOD_LINK));
}

static int fail_program(struct skep_error *err)
{
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			 "the program is not of a type that such an event runs, or was loaded for "
			 "something else (expected attach type).");
}

/* Return: the link's fd; a negative errno. */
static int set_by_link(const struct skep_attachment *a, int event_fd, int prog_fd, uint64_t cookie,
		       struct skep_error *err)
{
	struct skep_attr_link_create attr = {
		.fd = (uint32_t)prog_fd,
		.target = (uint32_t)event_fd,
		.attach_type = SKEP_ATTACH_TYPE_PERF_EVENT,
		.perf_event = { .cookie = cookie },
	};
	int fd = skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr));

	if (fd == -EINVAL && !has_links())
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "this kernel has no links to perf events (Linux 5.15).");
	if (fd == -EINVAL)
		return fail_program(err);
	return fd < 0 ? attach_fail(a, fd, err) : fd;
}

static int set_by_ioctl(const struct skep_attachment *a, int event_fd, int prog_fd, uint64_t cookie,
			struct skep_error *err)
{
	if (cookie)
		return attach_fail_cookie(err);
	if (ioctl(event_fd, PERF_EVENT_IOC_SET_BPF, prog_fd) == 0)
		return 0;
	return errno == EINVAL ? fail_program(err) : attach_fail(a, -errno, err);
}

int perf_attach(struct skep_attachment *a, const struct perf_recipe *recipe, int event_fd,
		int prog_fd, uint64_t cookie, enum perf_how how, struct skep_error *err)
{
	struct perf_data *d = data_of(a);
	_cleanup_close_ int fd = -1;
	int r;

	fd = event_fd;
	if (!d || keep_recipe(d, recipe) < 0)
		return out_of_memory(err);
	if (how == PERF_BY_BEST)
		how = has_links() ? PERF_BY_LINK : PERF_BY_IOCTL;
	r = how == PERF_BY_LINK ? set_by_link(a, fd, prog_fd, cookie, err)
				: set_by_ioctl(a, fd, prog_fd, cookie, err);
	if (r < 0)
		return r;
	if (how == PERF_BY_LINK && keep_link(a, d, r) < 0)
		return out_of_memory(err);
	if (recipe->attr.disabled && ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "start a perf event");
	if (attachment_add_event(a, take_fd(&fd)) < 0)
		return out_of_memory(err);
	a->cookie = cookie;
	d->how = how;
	return 0;
}

int perf_own_event(struct skep_attachment *a, struct trace_event *event, struct skep_error *err)
{
	struct perf_data *d = data_of(a);
	struct trace_event **more = NULL;

	if (d)
		more = reallocarray(d->events, d->event_count + 1, sizeof(struct trace_event *));
	if (!more) {
		trace_event_remove(event, NULL);
		trace_event_free(event);
		return out_of_memory(err);
	}
	d->events = more;
	d->events[d->event_count++] = event;
	return 0;
}

/* An event takes one program: there is a second one for a moment, with the new program. */
static int update(struct skep_attachment *a, int prog_fd, struct skep_error *err)
{
	struct perf_data *d = a->data, *new;
	struct skep_attachment other = *a;
	size_t i;
	int fd, r = 0;

	other.link_fd = -EBADF;
	other.event_fds = NULL;
	other.event_count = 0;
	other.data = NULL;
	other.class = NULL;
	if (a->bpffs)
		return skep_fail(err, -EBUSY, SKEP_ERR_CONFLICT,
				 "it is pinned, and its link cannot be given another program.");
	for (i = 0; r == 0 && i < d->recipe_count; i++) {
		fd = perf_open(&d->recipes[i]);
		r = fd < 0 ? attach_fail(a, fd, err)
			   : perf_attach(&other, &d->recipes[i], fd, prog_fd, a->cookie, d->how,
					 err);
	}
	new = other.data;
	if (r == 0 && new) { /* exchange them: what is in @other is the old one then */
		struct skep_attachment old = *a;

		a->link_fd = other.link_fd;
		a->event_fds = other.event_fds;
		a->event_count = other.event_count;
		a->data = new;
		new->events = d->events;
		new->event_count = d->event_count;
		d->events = NULL;
		d->event_count = 0;
		other.link_fd = old.link_fd;
		other.event_fds = old.event_fds;
		other.event_count = old.event_count;
		other.data = d;
		r = 1;
	}
	attachment_close_fds(&other);
	free(other.event_fds);
	if (other.data)
		release(other.data);
	free(other.data);
	return r;
}
