/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A program in section .text, which it is because there is no other function. */
#include <linux/bpf.h>

int alone(struct __sk_buff *skb)
{
	__u64 base;

	(void)skb;
	asm("%0 = base ll" : "=r"(base));
	return (int)base;
}

char _license[] __attribute__((section("license"))) = "GPL";
