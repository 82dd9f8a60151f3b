/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MANAGER_H
#define SKEP_MANAGER_H
/*
 * Managers: the programs of an object, kept at their hooks.
 *
 * A manager has an object, and a table of probes: which program goes to which hook. It is opened, loaded, started, paused and
 * resumed, and stopped; then it can be loaded again. What fails leaves it in the state it was in, and nothing half done.
 *
 *	call	opened		loaded		paused		running
 *	load	yes		anew		-EBUSY		-EBUSY
 *	start	-EINVAL		yes		-EBUSY		0, nothing to do
 *	pause	-EINVAL		-EINVAL		0, nothing	yes
 *	resume	-EINVAL		-EINVAL		yes		0, nothing
 *	stop	0, nothing	yes		yes		yes
 *
 * A gate of eight instructions is put before each program that a probe names: while it is shut, the program returns at once,
 * with what changes nothing. Pausing, stopping and beginning are one store for all probes, and one for each pinned program.
 *
 * Threads: a manager, with all that is borrowed from it, is single-threaded. In a child that fork(2) has made of the process
 * that opened it, only skep_manager_close() may be called: it releases memory and fds, and ends nothing of the parent's.
 */
#include <skep/base.h>

SKEP_BEGIN

struct bpf_object;
struct skep_error;
struct skep_loaded;
struct skep_log;
struct skep_manager;
struct skep_object;
struct skep_object_load_opts;
struct skep_object_opts;
struct skep_object_program;
struct skep_probe_spec;
struct skep_selector;

/* How far a manager, or a probe, has come. Each includes those before it. */
enum skep_manager_state {
	SKEP_MANAGER_OPENED = 1,  /* nothing of it is in the kernel */
	SKEP_MANAGER_LOADED = 2,  /* programs and maps are */
	SKEP_MANAGER_PAUSED = 3,  /* attached, and without effect */
	SKEP_MANAGER_RUNNING = 4, /* attached */
};

#define SKEP_MANAGER_NO_GATE (1u << 0)      /* programs are loaded as they are: no pausing */
#define SKEP_MANAGER_KEEP_MEMLOCK (1u << 1) /* RLIMIT_MEMLOCK is left alone */

/** typedef skep_manager_exclude_fn - Return: 1 leave this program out; 0; a negative errno, which load returns. */
typedef int (*skep_manager_exclude_fn)(const struct skep_object_program *program, void *userdata);

/* @table: an array of probes, of any name, for three members of the options. */
#define SKEP_TABLE(table)                                                     \
	.probes = (table), .probe_count = sizeof(table) / sizeof((table)[0]), \
	.probe_sz = sizeof((table)[0])

struct skep_manager_opts {
	size_t sz;                            /* sizeof(struct skep_manager_opts) */
	uint64_t flags;                       /* SKEP_MANAGER_* */
	const struct skep_probe_spec *probes; /* copied, with their texts; NULL: none */
	uint64_t probe_count;
	uint64_t probe_sz; /* bytes of one of them, as the caller was compiled */
	/* Which to attach, and how many have to be; copied. NULL: all, but for disabled ones. */
	const struct skep_selector *selector;
	/* Not loaded, and their probes left out; copied. One that the object does not have is told to the log at load. */
	const char *const *excluded_programs;
	uint64_t excluded_program_count;
	skep_manager_exclude_fn exclude_fn;         /* asked at each load for each program; NULL */
	void (*exclude_done_fn)(void *userdata);    /* called once all have been asked for; NULL */
	void *userdata;                             /* of both */
	const struct skep_object_opts *object_opts; /* for opening; NULL: defaults */
	/* For each load; copied, what it points to is borrowed until skep_manager_close(). NULL: defaults. */
	const struct skep_object_load_opts *load_opts;
	const char *symbol_file; /* in the place of /proc/kallsyms, copied; NULL */
	/* For probes that do not say it themselves. */
	uint64_t retry_count; /* how often again */
	uint64_t retry_delay_ns;
	uint64_t max_active;    /* of kretprobes; 0: the kernel chooses */
	uint64_t kprobe_method; /* enum skep_attach_method: one of theirs; 0: the first there is */
	uint64_t uprobe_method;
	uint64_t memlock_bytes;     /* RLIMIT_MEMLOCK at load; 0: raised where BPF memory counts */
	const struct skep_log *log; /* copied; NULL: silent */
};

/**
 * skep_manager_open_file() - a manager for the object in a file
 * @path:        of an ELF
 * @opts:        NULL: no probes
 * @ret_manager: owned by the caller, skep_manager_close()
 *
 * Needs no privilege, and nothing of the kernel.
 *
 * Return: 0; -EEXIST, SKEP_ERR_PROBE_NAME two probes have the same program and user's id; -EINVAL no @path, a mistake in @opts,
 *         the selector or a probe; -E2BIG newer @opts or probes; else as skep_object_open_file().
 * Source: elf(5).
 */
int skep_manager_open_file(const char *path, const struct skep_manager_opts *opts,
			   struct skep_manager **ret_manager, struct skep_error *err);

/**
 * skep_manager_open_bytes() - a manager for an object in memory
 * @data:        of an ELF; copied
 * @size:        bytes
 * @opts:        NULL: no probes
 * @ret_manager: owned by the caller, skep_manager_close()
 *
 * Return: as skep_manager_open_file() and skep_object_open_bytes().
 * Source: elf(5).
 */
int skep_manager_open_bytes(const void *data, size_t size, const struct skep_manager_opts *opts,
			    struct skep_manager **ret_manager, struct skep_error *err);

/**
 * skep_manager_open_object() - a manager for an object that is open
 * @object:      taken on success: skep_manager_object()
 * @opts:        NULL: no probes
 * @ret_manager: owned by the caller, skep_manager_close()
 *
 * Return: as skep_manager_open_file().
 * Source: this header.
 */
int skep_manager_open_object(struct skep_object *object, const struct skep_manager_opts *opts,
			     struct skep_manager **ret_manager, struct skep_error *err);

/**
 * skep_manager_adopt() - a manager for an object of libbpf, also that of a skeleton; its programs have no gate
 * @object:      borrowed until skep_manager_close(); loaded by skep_manager_load() if it is not yet
 * @opts:        NULL: no probes
 * @ret_manager: owned by the caller, skep_manager_close()
 *
 * Return: as skep_manager_open_file(); -EOPNOTSUPP excluded programs, or a probe with a copy or a pin.
 * Source: libbpf, struct bpf_object.
 */
int skep_manager_adopt(struct bpf_object *object, const struct skep_manager_opts *opts,
		       struct skep_manager **ret_manager, struct skep_error *err);

/** skep_manager_close() - stop, wait for all to be closed, and release a manager or NULL. Return: NULL. */
struct skep_manager *skep_manager_close(struct skep_manager *manager);

/**
 * skep_manager_load() - have programs and maps in the kernel
 *
 * Programs that are excluded are left out, and probes at hooks that this kernel lacks: skep_probe_error(). Copies are made
 * (PROGRAM_UID), targets of fentry and the like set, pins opened, gates inserted. What was loaded before is released first.
 *
 * Return: 0; -EBUSY, SKEP_ERR_RUNNING it is attached, SKEP_ERR_CONFLICT a pin is another manager's; -EMEDIUMTYPE it does not fit;
 *         -EINVAL probes share a program that is loaded for one target, and name several, or SKEP_ERR_SECTION nothing names one;
 *         -ENOENT, SKEP_ERR_NO_PROGRAM, SKEP_ERR_NO_HOOK no probe is left; else as skep_object_load(): its log is the object's.
 * Context: waits for what an earlier stop left to be closed.
 * Source: bpf(2).
 */
int skep_manager_load(struct skep_manager *manager, struct skep_error *err);

/**
 * skep_manager_start() - attach the probes, in the order of the table
 *
 * A probe that cannot be attached is tried again as often as it says, unless that is of no use: files, interfaces and the like
 * may come; hooks, rights and features will not. Then the selector says whether it is enough: if so, replaced maps take their
 * names, and all gates open in one moment; if not, all is detached, and start may be called again.
 *
 * Return: 0; -EINVAL, SKEP_ERR_NOT_LOADED; -EBUSY, SKEP_ERR_RUNNING it is paused: skep_manager_resume(); without a selector what the
 *         first probe that failed met with; -ENOENT, SKEP_ERR_SELECTOR: @err names the probes that were needed.
 * Context: sleeps between attempts.
 * Source: skep/attach.h.
 */
int skep_manager_start(struct skep_manager *manager, struct skep_error *err);

/**
 * skep_manager_pause() - let no program have an effect, all from the same moment on
 *
 * Packets pass, what is to be allowed is allowed, nothing is recorded. Maps stay as they are.
 *
 * Return: 0; -EINVAL, SKEP_ERR_NOT_STARTED; -EOPNOTSUPP an attached probe has no gate: nothing is paused then.
 * Source: src/attach/family.def, neutral values.
 */
int skep_manager_pause(struct skep_manager *manager, struct skep_error *err);

/**
 * skep_manager_resume() - the opposite of skep_manager_pause(); probes that were paused by themselves stay so
 *
 * Return: 0; -EINVAL, SKEP_ERR_NOT_STARTED.
 * Source: src/manager/gate.c.
 */
int skep_manager_resume(struct skep_manager *manager, struct skep_error *err);

#define SKEP_STOP_WAIT (1u << 0) /* return when all is detached and closed */

/**
 * skep_manager_stop() - detach and release all
 * @flags: SKEP_STOP_WAIT
 *
 * When it returns, no program has an effect any more. Detaching takes the kernel up to a tenth of a second for each perf
 * event: without SKEP_STOP_WAIT a thread does it, the reaper, and skep_manager_join() tells how it went. The manager is open
 * then, whatever failed, and can be loaded again. Pins of programs that it made are removed, directories made for them stay.
 *
 * Return: 0; -EINVAL an unknown flag: nothing has been done; another negative errno: something could not be detached or
 *         unpinned, @err tells of the first.
 * Context: either way up to 11 threads more help to detach.
 * Source: kernel/events/core.c, perf_event_release_kernel().
 */
int skep_manager_stop(struct skep_manager *manager, uint64_t flags, struct skep_error *err);

/**
 * skep_manager_join() - wait for the reaper
 * @timeout_ns: UINT64_MAX: for ever
 *
 * Return: 0 all is closed, also if there was nothing; -ETIMEDOUT; a negative errno, once: something could not be detached.
 * Source: pthread_join(3).
 */
int skep_manager_join(struct skep_manager *manager, uint64_t timeout_ns, struct skep_error *err);

/** skep_manager_state() - Return: enum skep_manager_state. */
uint32_t skep_manager_state(const struct skep_manager *manager);

/** skep_manager_object() - Return: its object, to be edited before load, borrowed until close; NULL: it was adopted. */
struct skep_object *skep_manager_object(struct skep_manager *manager);

/** skep_manager_loaded() - Return: programs and maps, with their names since start, borrowed until stop or load; NULL: not loaded. */
const struct skep_loaded *skep_manager_loaded(const struct skep_manager *manager);

/** skep_manager_fd() - Return: an fd to poll for EPOLLIN, borrowed until close. */
int skep_manager_fd(const struct skep_manager *manager);

/** skep_manager_deadline_ns() - Return: when to dispatch at the latest, CLOCK_MONOTONIC; UINT64_MAX: no such time. */
uint64_t skep_manager_deadline_ns(const struct skep_manager *manager);

/**
 * skep_manager_dispatch() - do what is due, without waiting: attach to interfaces that came, let go of those that went
 * @max: batches of notifications to handle at most; 0: all
 *
 * Return: how many interfaces were attached to or let go of; a negative errno.
 * Source: rtnetlink(7).
 */
int skep_manager_dispatch(struct skep_manager *manager, unsigned max, struct skep_error *err);

/**
 * skep_manager_wait() - poll, then dispatch
 * @timeout_ns: UINT64_MAX: for ever
 *
 * Return: as skep_manager_dispatch(); 0 nothing came in time; -EINTR a signal came.
 * Source: ppoll(2).
 */
int skep_manager_wait(struct skep_manager *manager, uint64_t timeout_ns, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_manager, skep_manager_close) /* skep_manager_closep() */
SKEP_END
#endif
