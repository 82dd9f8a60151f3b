/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/flow.h>

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

#include <skep/error.h>
#include <skep/log.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "base/time.h"
#include "flow/epoch.h"
#include "flow/interfaces.h"
#include "flow/program.h"
#include "flow/watch.h"

#define DEFAULT_MAX_FLOWS 65536u
#define MAX_MAX_FLOWS (1u << 26)
#define DEFAULT_EPOCH_NS (250 * NSEC_PER_MSEC)
#define RING_BYTES_PER_FLOW 128u
#define MIN_RING_BYTES (1u << 18)
#define MAX_RING_BYTES (1u << 30)

struct skep_flow_agent {
	struct skep_flow_agent_opts opts;
	struct skep_log log;
	struct flow_program *program;
	struct flow_epoch *epoch;
	struct flow_interfaces *interfaces;
	struct flow_watch *watch;
	int epoll_fd;
	uint64_t deadline_ns;
	int (*proceed_fn)(void *userdata); /* of the options of watching */
	void *proceed_userdata;
	int between_result; /* of drains between interfaces: the first error, told by the call that made them */
	struct skep_error between_err;
};

static uint64_t round_up_power_of_2(uint64_t value)
{
	uint64_t power = 1;

	while (power < value)
		power <<= 1;
	return power;
}

static int check_opts(struct skep_flow_agent_opts *o, struct skep_error *err)
{
	if (!o->max_flows)
		o->max_flows = DEFAULT_MAX_FLOWS;
	if (!o->sampling)
		o->sampling = 1;
	if (!o->epoch_ns)
		o->epoch_ns = DEFAULT_EPOCH_NS;
	if (!o->directions)
		o->directions = SKEP_DIRECTION_BOTH;
	if (!o->ring_bytes) {
		o->ring_bytes = o->max_flows * RING_BYTES_PER_FLOW;
		if (o->ring_bytes < MIN_RING_BYTES)
			o->ring_bytes = MIN_RING_BYTES;
		if (o->ring_bytes > MAX_RING_BYTES)
			o->ring_bytes = MAX_RING_BYTES;
	}
	if (o->max_flows > MAX_MAX_FLOWS)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "max_flows: at most %u.",
				 MAX_MAX_FLOWS);
	if (o->ring_bytes > MAX_RING_BYTES)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "ring_bytes: at most %u.",
				 MAX_RING_BYTES);
	if (o->sampling > UINT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "sampling: at most one packet in 2^32 - 1.");
	if (o->directions & ~(uint64_t)SKEP_DIRECTION_BOTH || o->attach > SKEP_FLOW_ATTACH_CLSACT ||
	    o->flags & ~SKEP_FLOW_AGENT_TCX_TAIL)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "an unknown direction, way to attach or flag.");
	o->ring_bytes = round_up_power_of_2(o->ring_bytes < 4096 ? 4096 : o->ring_bytes);
	return 0;
}

static int poll_add(struct skep_flow_agent *a, int fd, struct skep_error *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "epoll");
	return 0;
}

static int open_parts(struct skep_flow_agent *a, struct skep_error *err)
{
	struct flow_program_opts program_opts = {
		.max_flows = a->opts.max_flows,
		.ring_bytes = a->opts.ring_bytes,
		.sampling = a->opts.sampling,
	};
	struct flow_interfaces_opts interfaces_opts = {
		.directions = (uint32_t)a->opts.directions,
		.attach = (uint32_t)a->opts.attach,
		.tcx_tail = (a->opts.flags & SKEP_FLOW_AGENT_TCX_TAIL) != 0,
		.log = &a->log,
	};
	int r;

	r = flow_program_open(&program_opts, &a->program, err);
	if (r == 0)
		r = flow_epoch_new(a->program, &a->epoch, err);
	if (r == 0)
		r = flow_interfaces_new(a->program, &interfaces_opts, &a->interfaces, err);
	if (r < 0)
		return r;
	a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (a->epoll_fd < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "epoll");
	return poll_add(a, flow_epoch_fd(a->epoch), err);
}

int skep_flow_agent_open(const struct skep_flow_agent_opts *opts,
			 struct skep_flow_agent **ret_agent, struct skep_error *err)
{
	_cleanup_(skep_flow_agent_closep) struct skep_flow_agent *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "flow agent");
	a->epoll_fd = -EBADF;
	r = opts_copy(&a->opts, sizeof(a->opts), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of the flow agent");
	if (a->opts.log)
		a->log = *a->opts.log;
	r = check_opts(&a->opts, err);
	if (r == 0)
		r = open_parts(a, err);
	if (r < 0)
		return r;
	a->deadline_ns = time_add(time_now_ns(CLOCK_MONOTONIC), a->opts.epoch_ns);
	*ret_agent = take_ptr(a);
	return 0;
}

struct skep_flow_agent *skep_flow_agent_close(struct skep_flow_agent *a)
{
	int saved = errno;

	if (!a)
		return NULL;
	flow_watch_free(a->watch);
	flow_interfaces_free(a->interfaces);
	flow_epoch_free(a->epoch);
	flow_program_close(a->program);
	if (a->epoll_fd >= 0)
		close(a->epoll_fd);
	free(a);
	errno = saved;
	return NULL;
}

int skep_flow_agent_attach(struct skep_flow_agent *a, uint32_t ifindex, struct skep_error *err)
{
	return flow_interfaces_attach(a->interfaces, ifindex, err);
}

int skep_flow_agent_detach(struct skep_flow_agent *a, uint32_t ifindex, struct skep_error *err)
{
	return flow_interfaces_detach(a->interfaces, ifindex, err);
}

static int drain_if_due(struct skep_flow_agent *a, struct skep_error *err)
{
	int due = time_now_ns(CLOCK_MONOTONIC) >= a->deadline_ns, r;

	if (!due && !flow_epoch_urgent(a->epoch))
		return 0;
	if (!due)
		flow_epoch_note_early(a->epoch);
	r = skep_flow_agent_drain(a, a->opts.entry_fn, a->opts.userdata, err);
	return r < 0 ? r : 1;
}

/*
 * Attaching to and detaching from an interface takes grace periods: with hundreds of them the maps would fill up
 * meanwhile.
 */
static void drain_meanwhile(void *userdata)
{
	struct skep_flow_agent *a = userdata;
	struct skep_error err;
	int r = drain_if_due(a, &err);

	if (r < 0 && !a->between_result) {
		a->between_result = r;
		a->between_err = err;
	}
}

static int drain_between(void *userdata)
{
	struct skep_flow_agent *a = userdata;

	drain_meanwhile(a);
	return a->proceed_fn ? a->proceed_fn(a->proceed_userdata) : 0;
}

/* Return: @r if it is an error; else what went wrong between interfaces, once. */
static int result_with_between(struct skep_flow_agent *a, int r, struct skep_error *err)
{
	int between = a->between_result;

	a->between_result = 0;
	if (r < 0 || !between)
		return r;
	if (err)
		*err = a->between_err;
	return between;
}

int skep_flow_agent_watch(struct skep_flow_agent *a, const struct skep_flow_watch_opts *opts,
			  struct skep_error *err)
{
	struct skep_flow_watch_opts o;
	int r;

	if (a->watch)
		return skep_fail(err, -EALREADY, SKEP_ERR_INVALID,
				 "the agent is watching already.");
	r = opts_copy(&o, sizeof(o), opts);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of watching");
	a->proceed_fn = o.proceed_fn;
	a->proceed_userdata = o.userdata;
	r = flow_watch_new(a->interfaces, &o, &a->log, drain_between, a, &a->watch, err);
	if (r == 0)
		r = poll_add(a, flow_watch_fd(a->watch), err);
	return result_with_between(a, r, err);
}

int skep_flow_watch_check(const struct skep_flow_watch_opts *opts, struct skep_error *err)
{
	struct skep_flow_watch_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "options of watching");
	return flow_watch_check(&o, err);
}

int skep_flow_agent_drain(struct skep_flow_agent *a, skep_flow_entry_fn fn, void *userdata,
			  struct skep_error *err)
{
	a->deadline_ns = time_add(time_now_ns(CLOCK_MONOTONIC), a->opts.epoch_ns);
	return flow_epoch_turn(a->epoch, fn, userdata, err);
}

int skep_flow_agent_stop(struct skep_flow_agent *a, struct skep_error *err)
{
	struct skep_error later;
	int i, r, first;

	/* no more following: dispatch would attach again */
	if (a->watch)
		epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, flow_watch_fd(a->watch), NULL);
	a->watch = flow_watch_free(a->watch);
	first = flow_interfaces_detach_all(a->interfaces, drain_meanwhile, a, err);
	first = result_with_between(a, first, err);
	/* A run that began before may write either parity: that which it read. After two turns it cannot have missed. */
	for (i = 0; i < 2; i++) {
		r = skep_flow_agent_drain(a, a->opts.entry_fn, a->opts.userdata,
					  first ? &later : err);
		if (r < 0 && !first)
			first = r;
	}
	return first;
}

int skep_flow_agent_fd(const struct skep_flow_agent *a)
{
	return a->epoll_fd;
}

uint64_t skep_flow_agent_deadline_ns(const struct skep_flow_agent *a)
{
	return a->deadline_ns;
}

int skep_flow_agent_dispatch(struct skep_flow_agent *a, unsigned max, struct skep_error *err)
{
	int r = 0;

	if (a->watch)
		r = result_with_between(a, flow_watch_dispatch(a->watch, max, err), err);
	return r < 0 ? r : drain_if_due(a, err);
}

int skep_flow_agent_wait(struct skep_flow_agent *a, uint64_t timeout_ns, struct skep_error *err)
{
	uint64_t now = time_now_ns(CLOCK_MONOTONIC),
		 left = a->deadline_ns > now ? a->deadline_ns - now : 0;
	struct timespec t = time_to_timespec(left < timeout_ns ? left : timeout_ns);
	struct pollfd p = { .fd = a->epoll_fd, .events = POLLIN };

	if (ppoll(&p, 1, &t, NULL) < 0)
		return errno == EINTR ? -EINTR : skep_fail(err, -errno, SKEP_ERR_SYSCALL, "ppoll");
	return skep_flow_agent_dispatch(a, 0, err);
}

void skep_flow_agent_ledger(const struct skep_flow_agent *a, struct skep_flow_ledger *ret_ledger)
{
	flow_epoch_ledger(a->epoch, ret_ledger);
}

const char *skep_flow_agent_interface_name(const struct skep_flow_agent *a, uint32_t ifindex)
{
	return flow_interfaces_name(a->interfaces, ifindex);
}

uint64_t skep_flow_agent_interface_count(const struct skep_flow_agent *a)
{
	return flow_interfaces_count(a->interfaces);
}

uint64_t skep_flow_agent_memory_bytes(const struct skep_flow_agent *a)
{
	return flow_program_memory_bytes(a->program);
}
