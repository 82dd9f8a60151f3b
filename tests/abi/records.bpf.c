// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every record that BPF programs and user space share, so that its type stands in this object's BTF: a program's own
 * BTF has those only that its maps, its variables and its functions name.
 */
#include <skep/abi/flow.h>

struct skep_flow_key4 key4;
struct skep_flow_key6 key6;
struct skep_flow_value value;
struct skep_flow_ring_record ring_record;
struct skep_flow_count count;
struct skep_flow_cpu cpu;
struct skep_flow_control control;
