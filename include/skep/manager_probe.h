/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MANAGER_PROBE_H
#define SKEP_MANAGER_PROBE_H
/*
 * The probes of a manager: handles by which each can be looked at, attached and paused by itself.
 *
 * A probe is known by its pair, the program and a user's id; the id is "" where a program has one probe alone. Handles
 * belong to the manager: they are borrowed until skep_manager_close(), or until skep_manager_release_netns() removes the probe.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_attachment;
struct skep_error;
struct skep_loaded_program;
struct skep_manager;
struct skep_object_program;
struct skep_probe;
struct skep_probe_spec;
struct skep_selector;

/** skep_manager_probe_count() - Return: how many probes there are. */
size_t skep_manager_probe_count(const struct skep_manager *manager);

/**
 * skep_manager_probe_at() - one of them
 * @index: from 0, below the count; in the order of the table
 *
 * Return: NULL: there are not so many.
 * Source: the manager.
 */
struct skep_probe *skep_manager_probe_at(const struct skep_manager *manager, size_t index);

/**
 * skep_manager_probe_find() - the probe of a pair
 * @program: of the object
 * @uid:     the user's id; NULL: ""
 *
 * Return: NULL: there is none.
 * Source: the manager.
 */
struct skep_probe *skep_manager_probe_find(const struct skep_manager *manager, const char *program,
					   const char *uid);

/** skep_probe_spec() - Return: what it was made of; its texts are the manager's. */
const struct skep_probe_spec *skep_probe_spec(const struct skep_probe *probe);

/**
 * skep_probe_state() - how far it has come
 *
 * A pattern of interfaces that none matches yet counts as attached; a name whose interface has gone does not.
 *
 * Return: enum skep_manager_state.
 * Source: the manager.
 */
uint32_t skep_probe_state(const struct skep_probe *probe);

/**
 * skep_probe_is_enabled() - is it to be attached
 *
 * From open on. That its program is excluded is known with load. skep_probe_attach() and skep_probe_detach() change it until the
 * next load or selector.
 *
 * Return: 1; 0 no selector names it, it is disabled, its program is excluded, or it was detached by itself.
 * Source: the manager.
 */
int skep_probe_is_enabled(const struct skep_probe *probe);

/** skep_probe_family() - Return: enum skep_attach_family; 0: not known before load. */
uint32_t skep_probe_family(const struct skep_probe *probe);

/** skep_probe_error() - Return: why it is not attached, or what it met with last; its code is 0: nothing. Borrowed. */
const struct skep_error *skep_probe_error(const struct skep_probe *probe);

/** skep_probe_attempt_count() - Return: how often attaching was tried, the last time that it was asked for. */
uint64_t skep_probe_attempt_count(const struct skep_probe *probe);

/** skep_probe_program() - Return: its program, with fd and id, borrowed until stop or load; NULL: not loaded. */
const struct skep_loaded_program *skep_probe_program(const struct skep_probe *probe);

/** skep_probe_attachment_count() - Return: how many attachments it has: one for each interface of a pattern, else one. */
size_t skep_probe_attachment_count(const struct skep_probe *probe);

/**
 * skep_probe_attachment_at() - one of its attachments
 * @index: from 0, below the count
 *
 * Return: borrowed until it is detached; NULL: there are not so many.
 * Source: the manager.
 */
const struct skep_attachment *skep_probe_attachment_at(const struct skep_probe *probe,
						       size_t index);

/**
 * skep_probe_is_active() - asks the kernel whether it is still at its hook
 *
 * An interface may have gone, or somebody else may have removed it. Not told by the kernel, so that 1 is no promise: whose
 * eBPF filter a socket has, what chooses among sockets (sk_reuseport), and maps of sockets without links before Linux 5.18.
 *
 * Return: 1; 0 not attached, or somewhere not any more, or its socket is closed; a negative errno.
 * Source: bpf(2) BPF_OBJ_GET_INFO_BY_FD, BPF_PROG_QUERY; rtnetlink(7); net/core/filter.c, sk_get_filter().
 */
int skep_probe_is_active(const struct skep_probe *probe, struct skep_error *err);

/**
 * skep_probe_attach() - attach one probe, also one that is disabled, with its retries
 *
 * What is attached and has gone, or of a pattern has failed, is attached again, in one attempt.
 *
 * Return: 0, also if it is attached; -EINVAL, SKEP_ERR_NOT_LOADED, SKEP_ERR_NOT_STARTED; -EBUSY a probe that has the same
 *         program is paused by itself; else as the family's attach function:
 *         other probes of the program are as they were, and it can be tried again.
 * Source: skep/attach.h.
 */
int skep_probe_attach(struct skep_probe *probe, struct skep_error *err);

/**
 * skep_probe_detach() - detach one probe; the program stays loaded
 *
 * Return: 0, also if it is not attached; a negative errno: it may be attached still.
 * Source: skep/attach.h.
 */
int skep_probe_detach(struct skep_probe *probe, struct skep_error *err);

/**
 * skep_probe_pause() - let one probe have no effect
 *
 * Return: 0, also if it is paused; -EINVAL, SKEP_ERR_NOT_STARTED it is not attached; -EBUSY other attached probes share the
 *         program: make this one a copy; -EOPNOTSUPP its program has no gate.
 * Source: src/manager/gate.c.
 */
int skep_probe_pause(struct skep_probe *probe, struct skep_error *err);

/**
 * skep_probe_resume() - the opposite of skep_probe_pause()
 *
 * Return: 0, also if it runs, or will with skep_manager_resume(); -EINVAL, SKEP_ERR_NOT_STARTED.
 * Source: src/manager/gate.c.
 */
int skep_probe_resume(struct skep_probe *probe, struct skep_error *err);

/**
 * skep_manager_update_selector() - want other probes
 * @selector: copied; NULL: all but disabled ones
 *
 * What it names and is not attached is attached first; if the selector then is content, what it does not name is detached,
 * so that nothing is uncovered meanwhile. Before start only what is to be attached changes.
 *
 * Return: 0; -ENOENT, SKEP_ERR_SELECTOR, or as skep_manager_start(): the old set is attached as before, and no other.
 * Source: skep/selector.h.
 */
int skep_manager_update_selector(struct skep_manager *manager, const struct skep_selector *selector,
				 struct skep_error *err);

/** skep_manager_selector() - Return: the one that is in force, borrowed until it changes; NULL: none. */
const struct skep_selector *skep_manager_selector(const struct skep_manager *manager);

/**
 * skep_manager_rename() - give a probe another pair, also in the selector and among the excluded programs
 * @program:     of the probe
 * @uid:         of the probe; NULL: ""
 * @new_program: as a rule @program; what the object has no program of cannot be loaded
 * @new_uid:     NULL: ""
 *
 * Return: 0; -ENOENT no such probe; -EEXIST, SKEP_ERR_PROBE_NAME the new pair is in use; -EINVAL @new_uid has white space, a
 *         control character or one of "(),@"; -EBUSY, SKEP_ERR_PROBE_ATTACHED;
 *         -EBUSY, SKEP_ERR_RUNNING another program for one that is loaded; -ENOMEM: nothing has changed.
 * Source: this header.
 */
int skep_manager_rename(struct skep_manager *manager, const char *program, const char *uid,
			const char *new_program, const char *new_uid, struct skep_error *err);

/**
 * skep_manager_programs() - the programs of a pair
 * @program: of the object
 * @uid:     "" or NULL: of every probe with that program; if there is none, that of the object
 * @fds:     borrowed until stop or load; one that several probes share stands there once
 * @room:    of @fds
 *
 * Return: how many there are, also beyond @room; 0 none; -EINVAL, SKEP_ERR_NOT_LOADED.
 * Source: the manager.
 */
int skep_manager_programs(const struct skep_manager *manager, const char *program, const char *uid,
			  int *fds, size_t room, struct skep_error *err);

/**
 * skep_manager_program_specs() - what the programs of a pair are made of
 * @program: of the object
 * @uid:     "" or NULL: of every probe with that program; if there is none, that of the object
 * @specs:   borrowed until the next edit; copies come into being with load
 * @room:    of @specs
 *
 * Return: how many there are, also beyond @room; 0 none.
 * Source: the object.
 */
int skep_manager_program_specs(struct skep_manager *manager, const char *program, const char *uid,
			       const struct skep_object_program **specs, size_t room);

/**
 * skep_manager_release_netns() - detach all probes of a network namespace, and remove them from the manager
 * @inode: of the namespace
 *
 * They are taken out of the selector, too, with groups that are empty then. A probe that was never attached is found by what it
 * names, while that can be opened: call this before the name is removed. Probes that name no namespace are in the caller's,
 * whichever that is, and are not touched. Nothing of the manager keeps the namespace from ending then.
 *
 * Return: how many probes were removed; 0 none was there, also after stop; a negative errno: something could not be detached,
 *         but it is removed all the same.
 * Source: network_namespaces(7).
 */
int skep_manager_release_netns(struct skep_manager *manager, uint64_t inode,
			       struct skep_error *err);

SKEP_END
#endif
