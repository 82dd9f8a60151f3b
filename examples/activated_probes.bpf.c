/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PROGRAM(name, section)                                   \
	SEC(section) int name(void *ctx __attribute__((unused))) \
	{                                                        \
		return 0;                                        \
	}

PROGRAM(on_enter, "raw_tp/sys_enter")
PROGRAM(on_exit, "raw_tp/sys_exit")
PROGRAM(on_spare, "raw_tp/sched_switch")
PROGRAM(on_nothing, "kprobe/skep_no_such_function")

char _license[] SEC("license") = "Dual BSD/GPL";
