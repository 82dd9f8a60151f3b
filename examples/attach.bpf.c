/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the examples attach: programs that count how often they run, and iterators. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

static void count(void)
{
	const __u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&runs, &zero);

	if (value)
		__sync_fetch_and_add(value, 1);
}

/* Each returns what changes nothing. */
#define COUNTING(section, name, returned) \
	SEC(section)                      \
	int name(void *ctx)               \
	{                                 \
		(void)ctx;                \
		count();                  \
		return returned;          \
	}

COUNTING("kprobe", on_function, 0)
COUNTING("uprobe", on_usdt, 0) /* of "usdt" libbpf makes one for links to many places at once */
COUNTING("tracepoint", on_event, 1)
COUNTING("raw_tp", on_raw_event, 0)
COUNTING("tp_btf/sched_switch", on_typed_event, 0)
COUNTING("fentry/security_task_getpgid", on_entry, 0)
COUNTING("fexit/security_task_getpgid", on_exit, 0)
COUNTING("lsm/task_getpgid", on_decision, 0)
COUNTING("perf_event", on_sample, 1)
COUNTING("tc", on_packet, -1)
COUNTING("cgroup_skb/egress", on_group_packet, 1)
COUNTING("socket", on_socket_packet, -1)
COUNTING("sk_lookup", on_lookup, 1)
COUNTING("netfilter", on_netfilter, 1)
COUNTING("sk_skb/verdict", on_stream, 1)

struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct task_struct {
	int tgid;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __attribute__((preserve_access_index));

SEC("iter/task")
int each_task(struct bpf_iter__task *ctx)
{
	static const char format[] = "thread of process %d\n";
	struct task_struct *task = ctx->task;
	__u64 tgid;

	if (!task)
		return 0;
	tgid = (__u64)task->tgid;
	bpf_seq_printf(ctx->meta->seq, format, sizeof(format), &tgid, sizeof(tgid));
	return 0;
}

__attribute__((noinline)) int answer(struct __sk_buff *skb)
{
	volatile int result = 1;

	(void)skb;
	return result;
}

SEC("tc")
int target(struct __sk_buff *skb)
{
	return answer(skb);
}

SEC("freplace/answer")
int other_answer(struct __sk_buff *skb)
{
	(void)skb;
	return 42;
}

char _license[] SEC("license") = "GPL";
