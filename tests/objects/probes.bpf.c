/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs for many hooks. Each counts how often it runs, in a slot of its own, and returns what changes something if it
 * can: a packet that it sees is dropped, a call refused.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "probes.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PROBES_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");

static __always_inline void count(__u32 slot)
{
	__u64 *value = bpf_map_lookup_elem(&counts, &slot);

	if (value)
		__sync_fetch_and_add(value, 1);
}

/* The name of the task that counts, where others of the machine do the same; "": all of them. */
const volatile union {
	char text[16];
	__u64 words[2];
} only = {};

static __always_inline void count_own(__u32 slot)
{
	union {
		char text[16];
		__u64 words[2];
	} task = {};

	if (only.words[0])
		bpf_get_current_comm(task.text, sizeof(task.text));
	if (task.words[0] == only.words[0] && task.words[1] == only.words[1])
		count(slot);
}

/* Of what tasks do, and of packets. */
#define TASK_PROGRAM(name, section, slot, value) DEFINE(name, section, count_own(slot), value)
#define PROGRAM(name, section, slot, value) DEFINE(name, section, count(slot), value)
#define DEFINE(name, section, counts, value)                     \
	SEC(section) int name(void *ctx __attribute__((unused))) \
	{                                                        \
		counts;                                          \
		return value;                                    \
	}

TASK_PROGRAM(on_getpgid, "tp/syscalls/sys_enter_getpgid", PROBES_TRACEPOINT, 0)
TASK_PROGRAM(on_getsid, "tp/syscalls/sys_enter_getsid", PROBES_TRACEPOINT_2, 0)
TASK_PROGRAM(on_missing, "tp/syscalls/sys_enter_none", PROBES_MISSING, 0)
TASK_PROGRAM(on_any, "tp", PROBES_ANY, 0)
TASK_PROGRAM(on_sys_enter, "raw_tp/sys_enter", PROBES_RAW_TRACEPOINT, 0)
PROGRAM(on_sample, "perf_event", PROBES_PERF_EVENT, 0)
TASK_PROGRAM(on_uprobe, "uprobe", PROBES_UPROBE, 0)
TASK_PROGRAM(on_uretprobe, "uretprobe", PROBES_URETPROBE, 0)
PROGRAM(on_xdp, "xdp", PROBES_XDP, 1)
PROGRAM(on_tc, "tc", PROBES_TC, 2)
PROGRAM(on_egress, "cgroup_skb/egress", PROBES_CGROUP_SKB, 0)
PROGRAM(on_socket, "cgroup/sock_create", PROBES_CGROUP_SOCK, 0)
PROGRAM(on_bind, "cgroup/bind4", PROBES_CGROUP_ADDR, 0)
PROGRAM(on_filter, "socket", PROBES_SOCKET_FILTER, 0)
PROGRAM(on_lookup, "sk_lookup", PROBES_SK_LOOKUP, 0)
PROGRAM(on_verdict, "sk_skb/stream_verdict", PROBES_SK_SKB, 0)
PROGRAM(on_message, "sk_msg", PROBES_SK_MSG, 1) /* what is dropped once is dropped for ever */
PROGRAM(on_netfilter, "netfilter", PROBES_NETFILTER, 0)
TASK_PROGRAM(on_kprobe, "kprobe/__x64_sys_getpgid", PROBES_KPROBE, 0)
TASK_PROGRAM(on_kretprobe, "kretprobe/__x64_sys_getpgid", PROBES_KRETPROBE, 0)
TASK_PROGRAM(on_fentry, "fentry/__x64_sys_getpgid", PROBES_FENTRY, 0)
TASK_PROGRAM(on_fexit, "fexit/__x64_sys_getpgid", PROBES_FEXIT, 0)
TASK_PROGRAM(on_fmod_ret, "fmod_ret/security_task_getpgid", PROBES_FMOD_RET, -1)
TASK_PROGRAM(on_tp_btf, "tp_btf/sys_enter", PROBES_TP_BTF, 0)
TASK_PROGRAM(on_lsm, "lsm/task_getpgid", PROBES_LSM, -1)
TASK_PROGRAM(on_refused, "tp/syscalls/sys_enter_getpgid", PROBES_ANY, *(volatile int *)1)

char _license[] SEC("license") = "Dual BSD/GPL";
