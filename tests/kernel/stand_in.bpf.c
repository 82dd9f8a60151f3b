/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A program with a function that can be replaced, and what replaces it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int replaced(struct __sk_buff *skb)
{
	volatile int result = 1;

	(void)skb;
	return result;
}

SEC("socket")
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
