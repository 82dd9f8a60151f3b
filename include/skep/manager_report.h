/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_MANAGER_REPORT_H
#define SKEP_MANAGER_REPORT_H
/*
 * What has become of the probes of a manager: where each is attached, how, and how long that took; or why not. As rows, as
 * text for people, and as JSON.
 */
#include <skep/base.h>
#include <skep/json.h>

SKEP_BEGIN

struct skep_manager;
struct skep_probe;

/* A probe, one of several attachments of it, or an interface that it could not be attached to. Texts are borrowed for the call. */
struct skep_manager_report_row {
	const struct skep_probe *probe;
	const char *program;
	const char *uid;        /* "" none */
	const char *target;     /* what it is attached to, in words: "eth0 egress"; "" it is not */
	const char *reason;     /* why not, or what it met with last; "" nothing */
	uint64_t state;         /* enum skep_manager_state */
	uint64_t enabled;       /* as skep_probe_is_enabled() */
	uint64_t family;        /* enum skep_attach_family; 0: not known yet */
	uint64_t method;        /* enum skep_attach_method; 0: not attached */
	uint64_t link_id;       /* 0: it has no link */
	uint64_t event_count;   /* perf events that it holds */
	uint64_t program_id;    /* 0: not loaded */
	uint64_t attempt_count; /* 0: nobody has tried */
	uint64_t attach_ns;     /* how long this attachment took; not attached: all attempts */
	int64_t code;           /* of @reason: a negative errno; 0: nothing went wrong */
	uint64_t kind;          /* of @reason: enum skep_error_kind */
};

/** typedef skep_manager_report_fn - Return: 0 to go on; anything else ends the walk and is returned by it. */
typedef int (*skep_manager_report_fn)(const struct skep_manager_report_row *row, void *userdata);

/**
 * skep_manager_report() - a row for each attachment and each interface that failed, and one for each probe without any
 * @fn, @userdata: called in the order of the probes
 *
 * In each state: after a start that failed the reasons are there.
 *
 * Return: 0; what @fn returned.
 * Source: the manager.
 */
int skep_manager_report(const struct skep_manager *manager, skep_manager_report_fn fn,
			void *userdata);

/**
 * skep_manager_report_text() - the report, a line for each row
 * @fn, @userdata: get it piece by piece
 *
 * For people: it may change.
 *
 * Return: 0; what @fn returned.
 * Source: the manager.
 */
int skep_manager_report_text(const struct skep_manager *manager, skep_json_write_fn fn,
			     void *userdata);

/**
 * skep_manager_report_json() - the report as an object: state, and an array of probes with their attachments
 * @j:   a document
 * @key: name of the member, or NULL
 *
 *	{ "state": "running", "probes": [ { "program": "on_exec", "uid": "", "state": "running", "enabled": true,
 *	  "family": "tracepoint", "program_id": 7, "attempts": 1, "error": null, "attachments": [ { "target":
 *	  "sched/sched_process_exec", "method": "link", "link_id": 3, "events": 1, "attach_ns": 40000 } ] } ] }
 *
 * An error has code, errno, kind and message. After the attachments come "failures": the errors of interfaces of a pattern.
 *
 * Source: the manager.
 */
void skep_manager_report_json(const struct skep_manager *manager, struct skep_json *j,
			      const char *key);

/**
 * skep_manager_state_name() - "opened", "loaded", "paused" or "running"
 * @state: enum skep_manager_state
 *
 * Return: a static string; "unknown" for a number that is none.
 * Context: any thread.
 * Source: skep/manager.h.
 */
const char *skep_manager_state_name(uint32_t state);

SKEP_END
#endif
