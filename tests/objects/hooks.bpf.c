/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A program of each kind that can be attached by its section; each counts how often it runs. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hook_count SEC(".maps");

static void count(void)
{
	const __u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&hook_count, &zero);

	if (value)
		__sync_fetch_and_add(value, 1);
}

#define COUNTING(section, name, returned) \
	SEC(section)                      \
	int name(void *ctx)               \
	{                                 \
		(void)ctx;                \
		count();                  \
		return returned;          \
	}

COUNTING("kprobe", on_function, 0)
COUNTING("kprobe/do_sys_openat2", on_openat2, 0)
COUNTING("kretprobe/do_sys_openat2", on_openat2_return, 0)
COUNTING("ksyscall/getpgid", on_getpgid, 0)
COUNTING("kprobe.multi/do_sys_open*", on_many, 0)
COUNTING("kprobe.session/do_sys_openat2", on_session, 0)
COUNTING("uprobe/c:getpgid", on_libc, 0)
COUNTING("uprobe", on_place, 0)
COUNTING("usdt", on_usdt, 0)
COUNTING("tp/sched/sched_switch", on_switch, 1)
COUNTING("raw_tp/sched_switch", on_raw_switch, 0)
COUNTING("tp_btf/sched_switch", on_btf_switch, 0)
COUNTING("fentry/do_sys_openat2", on_entry, 0)
COUNTING("fexit/do_sys_openat2", on_exit, 0)
COUNTING("lsm/file_open", on_decision, 0)
COUNTING("lsm_cgroup/socket_create", on_group, 1)
COUNTING("perf_event", on_sample, 1)
COUNTING("xdp", on_packet, 2)

struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

struct task_struct {
	int tgid;
} __attribute__((preserve_access_index));

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	static const char format[] = "task %d\n";
	struct task_struct *task = ctx->task;
	__u64 tgid;

	if (!task)
		return 0;
	tgid = (__u64)task->tgid;
	bpf_seq_printf(ctx->meta->seq, format, sizeof(format), &tgid, sizeof(tgid));
	return 0;
}

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	void *map;
	void *key;
	void *value;
} __attribute__((preserve_access_index));

SEC("iter/bpf_map_elem")
int each_element(struct bpf_iter__bpf_map_elem *ctx)
{
	static const char format[] = "element %d\n";
	const __u32 *at = ctx->key; /* read once: what was checked is this pointer */
	__u64 key;

	if (!at)
		return 0;
	key = *at;
	bpf_seq_printf(ctx->meta->seq, format, sizeof(format), &key, sizeof(key));
	return 0;
}

__attribute__((noinline)) int replaced(struct __sk_buff *skb)
{
	volatile int result = 1;

	(void)skb;
	return result;
}

SEC("tc")
int target(struct __sk_buff *skb)
{
	return replaced(skb);
}

SEC("freplace/replaced")
int stand_in(struct __sk_buff *skb)
{
	(void)skb;
	return 7;
}

char _license[] SEC("license") = "GPL";
