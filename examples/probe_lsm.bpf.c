/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The security module lets nobody ask for the process group of one process. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__s32 hidden = -1; /* which; set before the load */
__u64 denied;

struct task_struct {
	__s32 pid;
} __attribute__((preserve_access_index));

SEC("lsm/task_getpgid")
int hide(__u64 *arguments)
{
	const struct task_struct *task = (void *)arguments[0];

	if (task->pid != hidden)
		return 0;
	__sync_fetch_and_add(&denied, 1);
	return -1; /* EPERM */
}

char _license[] SEC("license") = "GPL";
