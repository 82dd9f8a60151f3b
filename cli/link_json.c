/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the kernel tells of a link, as members of a JSON object. */
#include "link.h"

#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/link.h>

static void attach_type(struct skep_json *j, uint32_t type)
{
	char name[SKEP_NAME_SIZE];

	skep_json_string(j, "attach_type", skep_attach_type_name(type, name));
}

static void string(struct skep_json *j, const char *key, uint64_t address)
{
	skep_json_string(j, key, (const char *)(uintptr_t)address);
}

static void numbers(struct skep_json *j, const char *key, uint64_t address, uint32_t count)
{
	const uint64_t *all = (const void *)(uintptr_t)address;
	uint32_t i;

	skep_json_array(j, key);
	for (i = 0; all && i < count; i++)
		skep_json_u64(j, NULL, all[i]);
	skep_json_array_end(j);
}

static void perf_event(struct skep_json *j, const struct skep_link_info_perf_event *e)
{
	char name[SKEP_NAME_SIZE];

	skep_json_string(j, "event", skep_perf_event_type_name(e->type, name));
	switch (e->type) {
	case SKEP_PERF_EVENT_TYPE_UPROBE:
	case SKEP_PERF_EVENT_TYPE_URETPROBE:
		string(j, "file", e->uprobe.file_name);
		skep_json_u64(j, "offset", e->uprobe.offset);
		skep_json_u64(j, "cookie", e->uprobe.cookie);
		break;
	case SKEP_PERF_EVENT_TYPE_KPROBE:
	case SKEP_PERF_EVENT_TYPE_KRETPROBE:
		string(j, "function", e->kprobe.func_name);
		skep_json_u64(j, "offset", e->kprobe.offset);
		skep_json_u64(j, "address", e->kprobe.addr);
		skep_json_u64(j, "missed", e->kprobe.missed);
		skep_json_u64(j, "cookie", e->kprobe.cookie);
		break;
	case SKEP_PERF_EVENT_TYPE_TRACEPOINT:
		string(j, "tracepoint", e->tracepoint.tp_name);
		skep_json_u64(j, "cookie", e->tracepoint.cookie);
		break;
	case SKEP_PERF_EVENT_TYPE_EVENT:
		skep_json_u64(j, "perf_type", e->event.type);
		skep_json_u64(j, "config", e->event.config);
		skep_json_u64(j, "cookie", e->event.cookie);
		break;
	default:
		break;
	}
}

void link_json_info(struct skep_json *j, const struct skep_link_info *info)
{
	switch (info->type) {
	case SKEP_LINK_TYPE_RAW_TRACEPOINT:
		string(j, "tracepoint", info->raw_tracepoint.tp_name);
		skep_json_u64(j, "cookie", info->raw_tracepoint.cookie);
		break;
	case SKEP_LINK_TYPE_TRACING:
		if (info->tracing.attach_type)
			attach_type(j, info->tracing.attach_type);
		else
			skep_json_string(j, "attach_type", NULL); /* freplace: it has none */
		skep_json_u64(j, "target_object", info->tracing.target_obj_id);
		skep_json_u64(j, "target_btf_id", info->tracing.target_btf_id);
		skep_json_u64(j, "cookie", info->tracing.cookie);
		break;
	case SKEP_LINK_TYPE_CGROUP:
		attach_type(j, info->cgroup.attach_type);
		skep_json_u64(j, "cgroup_id", info->cgroup.cgroup_id);
		break;
	case SKEP_LINK_TYPE_ITER:
		string(j, "target", info->iter.target_name);
		skep_json_u64(j, "map_id", info->iter.map.map_id);
		break;
	case SKEP_LINK_TYPE_NETNS:
		attach_type(j, info->netns.attach_type);
		skep_json_u64(j, "netns", info->netns.netns_ino);
		break;
	case SKEP_LINK_TYPE_XDP:
		skep_json_u64(j, "ifindex", info->xdp.ifindex);
		break;
	case SKEP_LINK_TYPE_TCX:
	case SKEP_LINK_TYPE_NETKIT: /* the same struct */
		attach_type(j, info->tcx.attach_type);
		skep_json_u64(j, "ifindex", info->tcx.ifindex);
		break;
	case SKEP_LINK_TYPE_PERF_EVENT:
		perf_event(j, &info->perf_event);
		break;
	case SKEP_LINK_TYPE_KPROBE_MULTI:
		skep_json_u64(j, "count", info->kprobe_multi.count);
		skep_json_bool(j, "return",
			       (info->kprobe_multi.flags & SKEP_KPROBE_MULTI_FLAG_RETURN) != 0);
		skep_json_u64(j, "missed", info->kprobe_multi.missed);
		numbers(j, "addresses", info->kprobe_multi.addrs, info->kprobe_multi.count);
		numbers(j, "cookies", info->kprobe_multi.cookies, info->kprobe_multi.count);
		break;
	case SKEP_LINK_TYPE_UPROBE_MULTI:
		string(j, "file", info->uprobe_multi.path);
		skep_json_u64(j, "pid", info->uprobe_multi.pid);
		skep_json_bool(j, "return",
			       (info->uprobe_multi.flags & SKEP_UPROBE_MULTI_FLAG_RETURN) != 0);
		numbers(j, "offsets", info->uprobe_multi.offsets, info->uprobe_multi.count);
		numbers(j, "cookies", info->uprobe_multi.cookies, info->uprobe_multi.count);
		break;
	case SKEP_LINK_TYPE_STRUCT_OPS:
		skep_json_u64(j, "map_id", info->struct_ops.map_id);
		break;
	case SKEP_LINK_TYPE_NETFILTER:
		skep_json_u64(j, "family", info->netfilter.pf);
		skep_json_u64(j, "hook", info->netfilter.hooknum);
		skep_json_i64(j, "priority", info->netfilter.priority);
		break;
	case SKEP_LINK_TYPE_SOCKMAP:
		attach_type(j, info->sockmap.attach_type);
		skep_json_u64(j, "map_id", info->sockmap.map_id);
		break;
	case SKEP_LINK_TYPE_TRACING_MULTI:
		attach_type(j, info->tracing_multi.attach_type);
		skep_json_u64(j, "count", info->tracing_multi.count);
		break;
	default:
		break;
	}
}
