/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 execs, opens, packets;

SEC("raw_tp/sched_process_exec")
int on_exec(void *ctx __attribute__((unused)))
{
	__sync_fetch_and_add(&execs, 1);
	return 0;
}

SEC("kprobe")
int on_open(void *ctx __attribute__((unused)))
{
	__sync_fetch_and_add(&opens, 1);
	return 0;
}

SEC("tc")
int count_egress(struct __sk_buff *skb __attribute__((unused)))
{
	__sync_fetch_and_add(&packets, 1);
	return -1; /* TC_ACT_UNSPEC: others decide */
}

char _license[] SEC("license") = "Dual BSD/GPL";
