/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_KABI_H
#define SKEP_KABI_H
/*
 * What is known of the kernel's BPF interface: its numbers by name, its structs, and facts about its types.
 *
 * Complete up to Linux 7.3, and independent of the kernel headers that a program is built with.
 */
#include <skep/kabi/attach_flag.h>
#include <skep/kabi/attach_type.h>
#include <skep/kabi/btf_kind.h>
#include <skep/kabi/capability.h>
#include <skep/kabi/cgroup_order.h>
#include <skep/kabi/command.h>
#include <skep/kabi/helper.h>
#include <skep/kabi/kprobe_multi_flag.h>
#include <skep/kabi/link_type.h>
#include <skep/kabi/map_flag.h>
#include <skep/kabi/map_type.h>
#include <skep/kabi/netfilter_flag.h>
#include <skep/kabi/operation.h>
#include <skep/kabi/perf_event_type.h>
#include <skep/kabi/prog_flag.h>
#include <skep/kabi/prog_stream.h>
#include <skep/kabi/prog_type.h>
#include <skep/kabi/pseudo_call.h>
#include <skep/kabi/pseudo_load.h>
#include <skep/kabi/query_flag.h>
#include <skep/kabi/stats_type.h>
#include <skep/kabi/table.h>
#include <skep/kabi/task_fd_type.h>
#include <skep/kabi/test_run_flag.h>
#include <skep/kabi/update_flag.h>
#include <skep/kabi/uprobe_multi_flag.h>
#include <skep/kabi/verifier_log.h>
#include <skep/kabi_facts.h>
#include <skep/kabi_info.h>
#include <skep/kabi_link_info.h>
#include <skep/kabi_names.h>
#include <skep/kabi_privilege.h>

#endif
