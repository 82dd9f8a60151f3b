/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* No kernel has such helpers: each stands for an instruction that is not known before the program is loaded. */
static long (*const forty)(void) = (void *)-1;
static long (*const two)(void) = (void *)-2;

SEC("socket")
int answer(struct __sk_buff *skb __attribute__((unused)))
{
	return (int)(forty() + two());
}

char _license[] SEC("license") = "Dual BSD/GPL";
