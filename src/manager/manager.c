/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/manager.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include <skep/object.h>

#include "base/opts.h"
#include "base/time.h"
#include "manager/hook.h"
#include "manager/probe.h"
#include "manager/interfaces.h"
#include "manager/options.h"
#include "manager/select.h"

int manager_no_memory(struct skep_error *err)
{
	return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "manager");
}

int manager_add(void ***array, size_t *count, void *element)
{
	void **more = *array;

	if ((*count & (*count - 1)) == 0)
		more = reallocarray(more, *count ? *count * 2 : 1, sizeof(void *));
	if (!more)
		return -ENOMEM;
	*array = more;
	more[(*count)++] = element;
	return 0;
}

static int copy_text(char **ret_copy, const char *text)
{
	*ret_copy = text ? strdup(text) : NULL;
	return !text || *ret_copy ? 0 : -ENOMEM;
}

static int copy_excluded(struct skep_manager *m)
{
	uint64_t i;
	char *name;

	for (i = 0; i < m->opts.excluded_program_count; i++) {
		name = strdup(m->opts.excluded_programs[i]);
		if (!name || manager_add((void ***)&m->excluded, &m->excluded_count, name) < 0) {
			free(name);
			return -ENOMEM;
		}
	}
	return 0;
}

static int add_probes(struct skep_manager *m, struct skep_error *err)
{
	const unsigned char *at = (const unsigned char *)m->opts.probes;
	struct skep_probe *p;
	uint64_t i;
	int r;

	for (i = 0; i < m->opts.probe_count; i++, at += m->opts.probe_sz) {
		r = probe_new(m, at, m->opts.probe_sz, &p, err);
		if (r < 0)
			return skep_wrap(err, r, "probe %u: ", (unsigned)i);
		if (pair_index_add(&m->pairs, p) < 0) {
			probe_free(p);
			return manager_no_memory(err);
		}
		if (manager_add((void ***)&m->probes, &m->probe_count, p) < 0) {
			pair_index_remove(&m->pairs, p);
			probe_free(p);
			return manager_no_memory(err);
		}
	}
	return 0;
}

static int take_options(struct skep_manager *m, struct skep_error *err)
{
	struct skep_manager_opts *o = &m->opts;
	int r = opts_copy(&m->load_opts, sizeof(m->load_opts), o->load_opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "manager: options of loading");
	m->load_opts.sz = sizeof(m->load_opts);
	if (o->log)
		m->log = *o->log;
	if (copy_text(&m->symbol_file, o->symbol_file) < 0 || copy_excluded(m) < 0)
		return manager_no_memory(err);
	r = o->selector ? skep_selector_copy(o->selector, &m->selector, err) : 0;
	if (r == 0)
		r = add_probes(m, err);
	/* what the caller may release from now on */
	o->probes = NULL;
	o->selector = NULL;
	o->excluded_programs = NULL;
	o->object_opts = NULL;
	o->load_opts = NULL;
	o->symbol_file = NULL;
	o->log = NULL;
	return r;
}

static int open_manager(const struct skep_manager_opts *opts, struct skep_manager **ret,
			struct skep_error *err)
{
	_cleanup_(skep_manager_closep) struct skep_manager *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return manager_no_memory(err);
	m->state = SKEP_MANAGER_OPENED;
	m->opener = getpid();
	m->epoll_fd = m->stats_fd = m->gate.fd = -EBADF;
	r = options_copy(&m->opts, opts, err);
	if (r == 0)
		r = take_options(m, err);
	if (r < 0)
		return r;
	select_enable(m);
	m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (m->epoll_fd < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "manager: epoll");
	*ret = take_ptr(m);
	return 0;
}

static int no_argument(const char *name, struct skep_error *err)
{
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "open a manager: no %s.", name);
}

int skep_manager_open_object(struct skep_object *object, const struct skep_manager_opts *opts,
			     struct skep_manager **ret_manager, struct skep_error *err)
{
	int r = object ? open_manager(opts, ret_manager, err) : no_argument("object", err);

	if (r == 0)
		(*ret_manager)->object = object;
	return r;
}

/* The options for opening the object stand in those of the manager. */
static const struct skep_object_opts *object_opts(const struct skep_manager_opts *opts)
{
	struct skep_manager_opts o;

	return opts_copy(&o, sizeof(o), opts) == 0 ? o.object_opts : NULL;
}

static int open_with(struct skep_object *taken, const struct skep_manager_opts *opts,
		     struct skep_manager **ret_manager, struct skep_error *err)
{
	int r = skep_manager_open_object(taken, opts, ret_manager, err);

	if (r < 0)
		skep_object_close(taken);
	return r;
}

int skep_manager_open_file(const char *path, const struct skep_manager_opts *opts,
			   struct skep_manager **ret_manager, struct skep_error *err)
{
	struct skep_object *object = NULL;
	int r = path ? skep_object_open_file(path, object_opts(opts), &object, err)
		     : no_argument("path", err);

	return r < 0 ? r : open_with(object, opts, ret_manager, err);
}

int skep_manager_open_bytes(const void *data, size_t size, const struct skep_manager_opts *opts,
			    struct skep_manager **ret_manager, struct skep_error *err)
{
	struct skep_object *object = NULL;
	int r = data ? skep_object_open_bytes(data, size, object_opts(opts), &object, err)
		     : no_argument("data", err);

	return r < 0 ? r : open_with(object, opts, ret_manager, err);
}

int skep_manager_adopt(struct bpf_object *object, const struct skep_manager_opts *opts,
		       struct skep_manager **ret_manager, struct skep_error *err)
{
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	int r = object ? open_manager(opts, &m, err) : no_argument("object", err);
	size_t i;

	if (!m)
		return r;
	if (m->excluded_count || m->opts.exclude_fn)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "adopt: programs of an object of libbpf are not excluded here: "
				 "bpf_program__set_autoload().");
	for (i = 0; i < m->probe_count; i++)
		if (m->probes[i]->spec.copy || m->probes[i]->spec.pin)
			return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
					 "adopt: probe '%.64s': an object of libbpf gives no %s.",
					 m->probes[i]->spec.program,
					 m->probes[i]->spec.copy ? "copies" : "pins");
	m->adopted = object;
	*ret_manager = take_ptr(m);
	return 0;
}

static void free_programs(struct skep_manager *m)
{
	size_t i;

	for (i = 0; i < m->program_count; i++) {
		free(m->programs[i]->own_target);
		free(m->programs[i]->name);
		free(m->programs[i]);
	}
	free(m->programs);
	name_index_fini(&m->program_index);
}

/* What is in the kernel is the parent's. Its reaper is not there, and what that was closing cannot be looked at. */
static void leave(struct skep_manager *m)
{
	size_t i;

	close(take_fd(&m->epoll_fd)); /* it is shared: nothing may be taken out of it */
	for (i = 0; i < m->probe_count; i++)
		hook_leave(m->probes[i]);
	for (i = 0; i < m->program_count; i++) {
		cleanup_close(&m->programs[i]->own_fd);
		gate_leave(&m->programs[i]->gate);
		free(m->programs[i]->pinned);
	}
	gate_leave(&m->gate);
	m->loaded = skep_loaded_close(m->loaded);
}

struct skep_manager *skep_manager_close(struct skep_manager *m)
{
	int saved = errno;
	size_t i;

	if (!m)
		return NULL;
	if (m->opener == getpid())
		skep_manager_stop(m, SKEP_STOP_WAIT, NULL);
	else
		leave(m);
	for (i = 0; i < m->probe_count; i++)
		probe_free(m->probes[i]);
	free(m->probes);
	pair_index_fini(&m->pairs);
	free_programs(m);
	for (i = 0; i < m->excluded_count; i++)
		free(m->excluded[i]);
	free(m->excluded);
	for (i = 0; i < m->left_out_count; i++)
		free(m->left_out[i]);
	free(m->left_out);
	skep_selector_free(m->selector);
	skep_object_close(m->object);
	free(m->symbol_file);
	if (m->stats_fd >= 0)
		close(m->stats_fd);
	if (m->epoll_fd >= 0)
		close(m->epoll_fd);
	free(m);
	errno = saved;
	return NULL;
}

uint32_t skep_manager_state(const struct skep_manager *m)
{
	return m->state;
}

struct skep_object *skep_manager_object(struct skep_manager *m)
{
	return m->object;
}

const struct skep_loaded *skep_manager_loaded(const struct skep_manager *m)
{
	return m->loaded;
}

int skep_manager_fd(const struct skep_manager *m)
{
	return m->epoll_fd;
}

uint64_t skep_manager_deadline_ns(const struct skep_manager *m)
{
	return interfaces_due_ns(m);
}

int skep_manager_dispatch(struct skep_manager *m, unsigned max, struct skep_error *err)
{
	return interfaces_dispatch(m, max, err);
}

/* Waits for notifications, or until @until. Return: 1 they came; 0; a negative errno. */
static int poll_until(const struct skep_manager *m, uint64_t until)
{
	const uint64_t now = time_now_ns(CLOCK_MONOTONIC);
	const struct timespec t = time_to_timespec(until > now ? until - now : 0);
	struct pollfd p = { .fd = m->epoll_fd, .events = POLLIN };
	int r = ppoll(&p, 1, until == UINT64_MAX ? NULL : &t, NULL);

	return r < 0 ? -errno : r;
}

int skep_manager_wait(struct skep_manager *m, uint64_t timeout_ns, struct skep_error *err)
{
	const uint64_t begin = time_now_ns(CLOCK_MONOTONIC);
	const uint64_t end = timeout_ns < UINT64_MAX - begin ? begin + timeout_ns : UINT64_MAX;
	uint64_t due;
	int r;

	for (;;) {
		due = skep_manager_deadline_ns(m);
		r = poll_until(m, due < end ? due : end);
		if (r < 0)
			return skep_fail(err, r, SKEP_ERR_SYSCALL, "wait for the manager");
		if (r || due >= end)
			return skep_manager_dispatch(m, 0, err);
		r = skep_manager_dispatch(m, 0, err); /* what failed has been tried again */
		if (r)
			return r;
	}
}
