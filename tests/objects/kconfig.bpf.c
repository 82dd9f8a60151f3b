/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the configuration of the kernel provides: a number, a choice, and one that no kernel has. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int CONFIG_HZ __kconfig;
extern enum libbpf_tristate CONFIG_BPF_SYSCALL __kconfig;
extern int CONFIG_NO_KERNEL_HAS_THIS __kconfig __weak;

SEC("tc")
int configured(struct __sk_buff *skb)
{
	(void)skb;
	return CONFIG_HZ + (CONFIG_BPF_SYSCALL == TRI_YES ? 10000 : 0) +
	       CONFIG_NO_KERNEL_HAS_THIS * 100000;
}

SEC("tc")
int plain(struct __sk_buff *skb)
{
	(void)skb;
	return 1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
