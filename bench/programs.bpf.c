/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* PROGRAMS programs for tracepoints: 1, 50, 200 or 1,000; fifty for each, as a tracepoint takes 64 at most. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct stat {
	__u64 calls, last_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct stat);
} stats SEC(".maps");

struct event {
	__u64 time_ns, id;
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

/* What programs at tracepoints do: who it was, how often, and an event. */
static __always_inline void record(void)
{
	const __u64 id = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
	const struct stat first = { 1, now };
	struct event *event;
	struct stat *stat;
	__u32 pid = id >> 32;

	stat = bpf_map_lookup_elem(&stats, &pid);
	if (stat) {
		__sync_fetch_and_add(&stat->calls, 1);
		stat->last_ns = now;
	} else {
		bpf_map_update_elem(&stats, &pid, &first, BPF_NOEXIST);
	}
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return;
	event->time_ns = now;
	event->id = id;
	bpf_get_current_comm(event->name, sizeof(event->name));
	bpf_ringbuf_submit(event, 0);
}

#define PROGRAM(name, event)                        \
	SEC("tp/syscalls/" event)                   \
	int name(void *ctx __attribute__((unused))) \
	{                                           \
		record();                           \
		return 0;                           \
	}
#define TEN(name, event)        \
	PROGRAM(name##0, event) \
	PROGRAM(name##1, event) \
	PROGRAM(name##2, event) \
	PROGRAM(name##3, event) \
	PROGRAM(name##4, event) \
	PROGRAM(name##5, event) \
	PROGRAM(name##6, event) \
	PROGRAM(name##7, event) \
	PROGRAM(name##8, event) \
	PROGRAM(name##9, event)
#define FIFTY(name, event)  \
	TEN(name##0, event) \
	TEN(name##1, event) \
	TEN(name##2, event) \
	TEN(name##3, event) \
	TEN(name##4, event)
#define HUNDRED(name, call)                    \
	FIFTY(name##_enter, "sys_enter_" call) \
	FIFTY(name##_exit, "sys_exit_" call)

#if PROGRAMS == 1
PROGRAM(on_swapon, "sys_enter_swapon")
#elif PROGRAMS == 50
FIFTY(on_swapon, "sys_enter_swapon")
#else
HUNDRED(on_swapon, "swapon")
HUNDRED(on_swapoff, "swapoff")
#endif
#if PROGRAMS == 1000
HUNDRED(on_reboot, "reboot")
HUNDRED(on_sethostname, "sethostname")
HUNDRED(on_setdomainname, "setdomainname")
HUNDRED(on_vhangup, "vhangup")
HUNDRED(on_pivot_root, "pivot_root")
HUNDRED(on_settimeofday, "settimeofday")
HUNDRED(on_getpriority, "getpriority")
HUNDRED(on_setpriority, "setpriority")
#endif

char _license[] SEC("license") = "Dual BSD/GPL";
