/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_FLOW_H
#define SKEP_FLOW_H
/*
 * The flow agent: every packet of the watched interfaces, counted once at every point it passes, and a ledger that
 * proves it.
 *
 * An agent loads its programs at open and holds them until close. Interfaces are attached one by one, or followed by
 * name as they come and go. The programs write into the maps of the current epoch; a drain retires the epoch, waits
 * until no program can be writing it any more (an RCU grace period, typically 10 ms) and delivers its entries. Each
 * drain checks the ledger of the epoch that it retires.
 *
 * An agent works in the network namespace of the thread that opens it, and disturbs nobody: TCX links return NEXT,
 * filters have a handle and priority of their own, and a qdisc or filter that no skep agent made is never removed.
 *
 * Threads: an agent is used by one thread at a time. It starts none.
 */
#include <skep/flow_record.h>

SKEP_BEGIN

struct skep_error;
struct skep_log;
struct skep_flow_agent;

enum skep_flow_attach {
	SKEP_FLOW_ATTACH_AUTO = 0, /* TCX where the kernel has it (6.6), else clsact */
	SKEP_FLOW_ATTACH_TCX = 1,
	SKEP_FLOW_ATTACH_CLSACT = 2, /* a clsact qdisc and a cls_bpf filter in direct-action mode */
};

#define SKEP_FLOW_AGENT_TCX_TAIL \
	(1ull << 0) /* behind the programs that are there; else before them */

/* @entry is borrowed for the call. Return: 0 to go on; a negative errno is returned when the drain is complete. */
typedef int (*skep_flow_entry_fn)(const struct skep_flow_entry *entry, void *userdata);

struct skep_flow_agent_opts {
	size_t sz;      /* sizeof(struct skep_flow_agent_opts) */
	uint64_t flags; /* SKEP_FLOW_AGENT_* */
	uint64_t
		max_flows; /* entries of each of the four maps (IPv4 and others, two epochs); 0: 65536 */
	uint64_t
		ring_bytes; /* for flows that find no room; 0: chosen from max_flows; rounded up to a power of 2 */
	uint64_t sampling;   /* count one packet in so many, at random; 0 and 1: every packet */
	uint64_t epoch_ns;   /* time between drains by dispatch; 0: 250 ms */
	uint64_t directions; /* SKEP_DIRECTION_*; 0: both */
	uint64_t attach;     /* enum skep_flow_attach */
	skep_flow_entry_fn
		entry_fn; /* what dispatch and stop deliver to; NULL: they drain, and only count */
	void *userdata;   /* of @entry_fn */
	const struct skep_log *log; /* copied; NULL: silent */
};

/* Which interfaces to follow. A pattern is a name, a glob (*, ?, [...]) or /an extended regular expression/. */
struct skep_flow_watch_opts {
	size_t sz;                  /* sizeof(struct skep_flow_watch_opts) */
	const char *const *include; /* NULL: every interface but loopback */
	uint64_t include_count;
	const char *const *exclude; /* wins over @include */
	uint64_t exclude_count;
	/* called after each interface that was attached; non-zero: attach no more. NULL: go on */
	int (*proceed_fn)(void *userdata);
	void *userdata; /* of @proceed_fn */
};

/**
 * skep_flow_agent_open() - load the programs and make the maps
 * @opts:      NULL for defaults
 * @ret_agent: owned by the caller, skep_flow_agent_close()
 *
 * Return: 0; -EPERM, kind SKEP_ERR_PERMISSION: the message names the missing capability; -EOPNOTSUPP, kind
 *         SKEP_ERR_UNSUPPORTED: no bpf(2), or no TCX although it was asked for; -EINVAL an option is out of range; -ENOMEM;
 *         -E2BIG newer @opts; else an error of bpf(2).
 * Context: sleeps in bpf(2).
 * Source: bpf(2) BPF_MAP_CREATE, BPF_PROG_LOAD; docs/decisions/0001-exact-drain.md.
 */
int skep_flow_agent_open(const struct skep_flow_agent_opts *opts,
			 struct skep_flow_agent **ret_agent, struct skep_error *err);

/**
 * skep_flow_agent_close() - detach everything and release an agent or NULL
 *
 * What was not drained is gone: skep_flow_agent_stop() first.
 *
 * Return: NULL.
 */
struct skep_flow_agent *skep_flow_agent_close(struct skep_flow_agent *agent);

/**
 * skep_flow_agent_attach() - count the packets of one interface
 * @ifindex: its index in the agent's network namespace
 *
 * Stale filters of skep agents that are gone are removed from the interface on the way.
 *
 * Return: 0; -EEXIST attached already; -ENODEV no such interface; -EOPNOTSUPP TCX was asked for and this kernel has
 *         none, or an "ingress" qdisc sits where clsact belongs; -EPERM; else an error of bpf(2) or rtnetlink(7).
 *         On failure no direction is attached.
 * Context: sleeps in bpf(2) and sendmsg(2).
 * Source: bpf(2) BPF_LINK_CREATE with BPF_TCX_INGRESS and _EGRESS; tc-bpf(8).
 */
int skep_flow_agent_attach(struct skep_flow_agent *agent, uint32_t ifindex, struct skep_error *err);

/**
 * skep_flow_agent_detach() - stop counting the packets of one interface
 * @ifindex: as attached
 *
 * What was counted stays in the maps for the next drain. An interface that has vanished is detached without error.
 *
 * Return: 0; -ENOENT not attached; -EPERM; else an error of rtnetlink(7), and the interface counts as detached.
 * Context: sleeps in close(2) and sendmsg(2).
 * Source: bpf(2), link; tc-bpf(8).
 */
int skep_flow_agent_detach(struct skep_flow_agent *agent, uint32_t ifindex, struct skep_error *err);

/**
 * skep_flow_agent_watch() - attach to interfaces by name, now and as they come and go
 * @opts: NULL: every interface that is up but loopback
 *
 * An interface that an exact name includes is attached whether it is up or not, all others as soon as
 * they are up. A device then stays attached until it vanishes, also while it is down and through a
 * rename, unless its new name is excluded. From here on dispatch follows the interfaces; one that
 * cannot be attached is a log event and is tried again when it changes. To be called once.
 *
 * Attaching by TCX takes some grace periods an interface, seconds for hundreds of them. Between two
 * interfaces an epoch that is due is drained, and delivered to the @entry_fn of the options. What
 * goes wrong in such a drain is returned when the call is through.
 *
 * Return: 0; -ENODEV, kind SKEP_ERR_NOT_FOUND: an exact name that is absent; -EINVAL, kind SKEP_ERR_INVALID: a bad
 *         pattern; -EALREADY watching; -ECANCELED @proceed_fn said so; -EPERM; the error of an exact name that cannot be attached; else of
 *         rtnetlink(7). A pattern that matches nothing yet is a log event.
 * Context: sleeps in bpf(2) and sendmsg(2).
 * Source: rtnetlink(7) RTM_GETLINK, RTNLGRP_LINK; fnmatch(3); regex(7).
 */
int skep_flow_agent_watch(struct skep_flow_agent *agent, const struct skep_flow_watch_opts *opts,
			  struct skep_error *err);

/**
 * skep_flow_watch_check() - are the patterns of some options well-formed
 * @opts: NULL: yes
 *
 * Return: 0; -EINVAL, kind SKEP_ERR_INVALID: a bad pattern, which the message names; -ENOMEM; -E2BIG newer @opts.
 * Context: any thread; needs no privilege.
 * Source: fnmatch(3); regex(7).
 */
int skep_flow_watch_check(const struct skep_flow_watch_opts *opts, struct skep_error *err);

/**
 * skep_flow_agent_drain() - retire the current epoch now and deliver its entries
 * @fn, @userdata: called for each entry; NULL: only count
 *
 * All entries are delivered and counted in the ledger whatever @fn returns.
 *
 * Return: 0; the first error that @fn returned; -EPROTO, kind SKEP_ERR_UNBALANCED: the epoch's ledger does not
 *         balance (its entries were delivered); else an error of bpf(2).
 * Context: sleeps for one RCU grace period; allocates nothing; @fn may call the agent's getters alone.
 * Source: docs/decisions/0001-exact-drain.md; bpf(2) BPF_MAP_LOOKUP_AND_DELETE_BATCH.
 */
int skep_flow_agent_drain(struct skep_flow_agent *agent, skep_flow_entry_fn fn, void *userdata,
			  struct skep_error *err);

/**
 * skep_flow_agent_stop() - detach from all interfaces and deliver all that is left
 *
 * Entries go to the @entry_fn of the options. Afterwards the ledger covers everything that was ever seen.
 *
 * Return: 0; as skep_flow_agent_drain(); an error of detaching, with everything drained all the same.
 * Context: as skep_flow_agent_drain(), for two epochs.
 * Source: docs/decisions/0001-exact-drain.md.
 */
int skep_flow_agent_stop(struct skep_flow_agent *agent, struct skep_error *err);

/**
 * skep_flow_agent_fd() - Return: an fd to poll for EPOLLIN, borrowed until close: interfaces have changed, or a map
 * fills up. Call skep_flow_agent_dispatch() then.
 */
int skep_flow_agent_fd(const struct skep_flow_agent *agent);

/** skep_flow_agent_deadline_ns() - Return: when to call skep_flow_agent_dispatch() at the latest. */
uint64_t skep_flow_agent_deadline_ns(const struct skep_flow_agent *agent);

/**
 * skep_flow_agent_dispatch() - follow the interfaces; drain if the epoch is over or a map fills up
 * @max: interface events to handle at most; 0: all that are ready
 *
 * Return: 1 if an epoch was drained, 0 if not; errors as skep_flow_agent_drain() and of rtnetlink(7).
 * Context: never waits for events; a drain sleeps for one RCU grace period.
 * Source: docs/decisions/0001-exact-drain.md.
 */
int skep_flow_agent_dispatch(struct skep_flow_agent *agent, unsigned max, struct skep_error *err);

/**
 * skep_flow_agent_wait() - wait for the fd or the deadline, then dispatch
 * @timeout_ns: wait no longer than this; UINT64_MAX: for ever
 *
 * Return: as skep_flow_agent_dispatch(); 0 on timeout; -EINTR a signal came while waiting.
 * Context: sleeps in ppoll(2).
 * Source: ppoll(2).
 */
int skep_flow_agent_wait(struct skep_flow_agent *agent, uint64_t timeout_ns,
			 struct skep_error *err);

/**
 * skep_flow_agent_ledger() - where every packet has gone, up to the last retired epoch
 * @ret_ledger: overwritten
 *
 * Source: docs/decisions/0001-exact-drain.md.
 */
void skep_flow_agent_ledger(const struct skep_flow_agent *agent,
			    struct skep_flow_ledger *ret_ledger);

/**
 * skep_flow_agent_interface_name() - the name of an interface the agent is or was attached to
 * @ifindex: its index
 *
 * Return: its present or last name, borrowed until the next dispatch, detach or close; NULL if not known (any more:
 *         the last 1,024 that vanished are remembered).
 * Source: rtnetlink(7) IFLA_IFNAME.
 */
const char *skep_flow_agent_interface_name(const struct skep_flow_agent *agent, uint32_t ifindex);

/** skep_flow_agent_interface_count() - Return: interfaces attached now. */
uint64_t skep_flow_agent_interface_count(const struct skep_flow_agent *agent);

/** skep_flow_agent_memory_bytes() - Return: bytes of kernel memory in maps and ring, as the kernel counts them. */
uint64_t skep_flow_agent_memory_bytes(const struct skep_flow_agent *agent);

SKEP_DEFINE_CLEANUP(struct skep_flow_agent, skep_flow_agent_close) /* skep_flow_agent_closep() */
SKEP_END
#endif
