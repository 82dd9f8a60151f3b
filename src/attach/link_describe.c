/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Links in words. */
#include <skep/link.h>

#include <inttypes.h>
#include <stdio.h>

#include <skep/kabi.h>

static const char *text(uint64_t address)
{
	return address ? (const char *)(uintptr_t)address : "";
}

static int describe_perf_event(const struct skep_link_info *info, char *buf, size_t size)
{
	switch (info->perf_event.type) {
	case SKEP_PERF_EVENT_TYPE_UPROBE:
	case SKEP_PERF_EVENT_TYPE_URETPROBE:
		return snprintf(buf, size, "%s %s+0x%x",
				info->perf_event.type == SKEP_PERF_EVENT_TYPE_UPROBE ? "uprobe"
										     : "uretprobe",
				text(info->perf_event.uprobe.file_name),
				info->perf_event.uprobe.offset);
	case SKEP_PERF_EVENT_TYPE_KPROBE:
	case SKEP_PERF_EVENT_TYPE_KRETPROBE:
		return snprintf(buf, size, "%s %s+0x%x",
				info->perf_event.type == SKEP_PERF_EVENT_TYPE_KPROBE ? "kprobe"
										     : "kretprobe",
				text(info->perf_event.kprobe.func_name),
				info->perf_event.kprobe.offset);
	case SKEP_PERF_EVENT_TYPE_TRACEPOINT:
		return snprintf(buf, size, "tracepoint %s",
				text(info->perf_event.tracepoint.tp_name));
	case SKEP_PERF_EVENT_TYPE_EVENT:
		return snprintf(buf, size, "event type %u config 0x%" PRIx64,
				info->perf_event.event.type, info->perf_event.event.config);
	default: /* before 6.6 the kernel does not tell */
		return snprintf(buf, size, "a perf event");
	}
}

static int describe_iter(const struct skep_link_info *info, char *buf, size_t size)
{
	const char *target = text(info->iter.target_name);

	if (info->iter.map.map_id)
		return snprintf(buf, size, "iterator %s, map %u", target, info->iter.map.map_id);
	return snprintf(buf, size, "iterator %s", target);
}

static int describe_device(const struct skep_link_info_device *device, char *buf, size_t size)
{
	char name[SKEP_NAME_SIZE];

	if (!device->ifindex)
		return snprintf(buf, size, "no interface any more, %s",
				skep_attach_type_name(device->attach_type, name));
	return snprintf(buf, size, "interface %u, %s", device->ifindex,
			skep_attach_type_name(device->attach_type, name));
}

static int describe_netfilter(const struct skep_link_info_netfilter *n, char *buf, size_t size)
{
	static const char *const hooks[] = { "prerouting", "input", "forward", "output",
					     "postrouting" };
	const char *family = n->pf == 2 ? "ipv4" : n->pf == 10 ? "ipv6" : "netfilter";

	if (n->hooknum < sizeof(hooks) / sizeof(hooks[0]))
		return snprintf(buf, size, "%s %s, priority %d", family, hooks[n->hooknum],
				n->priority);
	return snprintf(buf, size, "%s hook %u, priority %d", family, n->hooknum, n->priority);
}

/* @number: that tells the target; 0: it is gone, or was detached from */
static int describe_numbered(const char *what, uint64_t number, uint32_t attach_type, char *buf,
			     size_t size)
{
	char name[SKEP_NAME_SIZE];

	if (!number)
		return snprintf(buf, size, "no %s any more, %s", what,
				skep_attach_type_name(attach_type, name));
	return snprintf(buf, size, "%s %" PRIu64 ", %s", what, number,
			skep_attach_type_name(attach_type, name));
}

/* A program that stands in for another function has no attach type of its own: the kernel says 0. */
static const char *tracing_name(uint32_t attach_type, char name[SKEP_NAME_SIZE])
{
	return attach_type ? skep_attach_type_name(attach_type, name) : "freplace";
}

static int describe(const struct skep_link_info *info, char *buf, size_t size)
{
	char name[SKEP_NAME_SIZE];

	switch (info->type) {
	case SKEP_LINK_TYPE_RAW_TRACEPOINT:
		return snprintf(buf, size, "raw tracepoint %s", text(info->raw_tracepoint.tp_name));
	case SKEP_LINK_TYPE_TRACING:
		if (!info->tracing.target_btf_id)
			return snprintf(buf, size, "%s",
					tracing_name(info->tracing.attach_type, name));
		return snprintf(buf, size, "%s, BTF id %u of object %u",
				tracing_name(info->tracing.attach_type, name),
				info->tracing.target_btf_id, info->tracing.target_obj_id);
	case SKEP_LINK_TYPE_CGROUP:
		return describe_numbered("cgroup", info->cgroup.cgroup_id, info->cgroup.attach_type,
					 buf, size);
	case SKEP_LINK_TYPE_ITER:
		return describe_iter(info, buf, size);
	case SKEP_LINK_TYPE_NETNS:
		return describe_numbered("netns", info->netns.netns_ino, info->netns.attach_type,
					 buf, size);
	case SKEP_LINK_TYPE_XDP:
		return describe_device(
			&(struct skep_link_info_device){ info->xdp.ifindex, SKEP_ATTACH_TYPE_XDP },
			buf, size);
	case SKEP_LINK_TYPE_TCX:
		return describe_device(&info->tcx, buf, size);
	case SKEP_LINK_TYPE_NETKIT:
		return describe_device(&info->netkit, buf, size);
	case SKEP_LINK_TYPE_PERF_EVENT:
		return describe_perf_event(info, buf, size);
	case SKEP_LINK_TYPE_KPROBE_MULTI:
		return snprintf(buf, size, "%s, %u functions",
				info->kprobe_multi.flags & SKEP_KPROBE_MULTI_FLAG_RETURN
					? "kretprobe"
					: "kprobe",
				info->kprobe_multi.count);
	case SKEP_LINK_TYPE_UPROBE_MULTI:
		return snprintf(buf, size, "%s %s, %u places",
				info->uprobe_multi.flags & SKEP_UPROBE_MULTI_FLAG_RETURN
					? "uretprobe"
					: "uprobe",
				text(info->uprobe_multi.path), info->uprobe_multi.count);
	case SKEP_LINK_TYPE_STRUCT_OPS:
		return snprintf(buf, size, "struct_ops map %u", info->struct_ops.map_id);
	case SKEP_LINK_TYPE_NETFILTER:
		return describe_netfilter(&info->netfilter, buf, size);
	case SKEP_LINK_TYPE_SOCKMAP:
		return describe_numbered("map", info->sockmap.map_id, info->sockmap.attach_type,
					 buf, size);
	case SKEP_LINK_TYPE_TRACING_MULTI:
		return snprintf(buf, size, "%s, %u functions",
				skep_attach_type_name(info->tracing_multi.attach_type, name),
				info->tracing_multi.count);
	default:
		return snprintf(buf, size, "link type %s", skep_link_type_name(info->type, name));
	}
}

size_t skep_link_describe(const struct skep_link *link, char *buf, size_t size)
{
	int r = describe(skep_link_info(link), buf, size);

	return r < 0 ? 0 : (size_t)r;
}
