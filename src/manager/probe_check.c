/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What can be wrong with a probe, as far as it can be known without asking the kernel. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <skep/attach_order.h>
#include <skep/attach_xdp.h>
#include <skep/direction.h>
#include <skep/error.h>
#include <skep/kabi.h>

#include "attach/cpu_list.h"
#include "attach/order.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "manager/probe_spec.h"
#include "text/pattern.h"

static uint64_t bit(uint32_t family)
{
	return 1ull << family;
}

static uint64_t value_of(const struct skep_probe_spec *s, const struct skep_probe_field *f)
{
	uint64_t value = 0;

	if (f->type == SKEP_PROBE_FIELD_TEXT)
		return *(const char *const *)((const char *)s + f->offset) != NULL;
	memcpy(&value, (const char *)s + f->offset, sizeof(value));
	return value;
}

static int check_fields(const struct probe_hook *h, struct skep_error *err)
{
	size_t count;
	const struct skep_probe_field *f = skep_probe_fields(&count);

	for (; count; count--, f++) {
		const uint64_t value = value_of(&h->s, f);

		if (value && !(f->families & bit(h->family)))
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "'%s' is none of the fields of %s.", f->name,
					 skep_attach_family_name(h->family));
		if (f->type == SKEP_PROBE_FIELD_FLAG && value > 1)
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'%s' is 0 or 1.",
					 f->name);
		if (f->type == SKEP_PROBE_FIELD_FD && value > INT_MAX)
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'%s' is no fd.", f->name);
	}
	return 0;
}

/* With 'all' a manager has the program loaded for it, where the kernel can. */
static int check_loaded_for(const struct probe_hook *h, const struct skep_probe_program *p,
			    struct skep_error *err)
{
	if (h->s.method != SKEP_ATTACH_METHOD_MULTI || h->s.all || p->attach_type)
		return 0;
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			 "method multi takes a program that is loaded for it (%s)%s.",
			 h->family == SKEP_ATTACH_FAMILY_KPROBE ||
					 h->family == SKEP_ATTACH_FAMILY_KRETPROBE
				 ? "trace_kprobe_multi"
				 : "trace_uprobe_multi",
			 h->family == SKEP_ATTACH_FAMILY_USDT ? "" : ", or 'all'");
}

static int check_method(const struct probe_hook *h, const struct skep_probe_program *p,
			struct skep_error *err)
{
	size_t count;
	const struct skep_attach_way *w = skep_attach_ways(&count);

	if (!h->s.method)
		return 0;
	for (; count; count--, w++)
		if (w->family == h->family && w->method == h->s.method)
			return check_loaded_for(h, p, err);
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "a %s is not attached by method %s.",
			 skep_attach_family_name(h->family),
			 h->s.method > UINT32_MAX ? "unknown"
						  : skep_attach_method_name((uint32_t)h->s.method));
}

/* Return: how many of them are set. */
static unsigned count_set(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return !!a + !!b + !!c + !!d;
}

#define SET(pointer) ((uint64_t)((pointer) != NULL))

static int fail_where(struct skep_error *err, unsigned count, const char *fields)
{
	if (count)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "only one of %s.", fields);
	return skep_fail(err, -EINVAL, SKEP_ERR_SECTION,
			 "neither it nor its section says where: it takes one of %s.", fields);
}

static int check_regex(const char *regex, struct skep_error *err)
{
	_cleanup_(text_pattern_freep) struct text_pattern *pattern = NULL;
	_cleanup_free_ char *text = probe_regex_pattern(regex);

	if (!text)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "its expression");
	return text_pattern_new(text, &pattern, err);
}

static int check_pattern(const char *text, struct skep_error *err)
{
	_cleanup_(text_pattern_freep) struct text_pattern *pattern = NULL;

	return text_pattern_new(text, &pattern, err);
}

/* What goes for functions of the kernel and of files. */
static int check_names(const struct skep_probe_spec *s, struct skep_error *err)
{
	int r;

	if (s->symbol) {
		r = check_pattern(s->symbol, err);
		if (r < 0)
			return r;
	}
	if (s->symbol_regex) {
		r = check_regex(s->symbol_regex, err);
		if (r < 0)
			return r;
	}
	if (s->all && !s->symbol && !s->symbol_regex)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'all' takes a symbol or a symbol_regex.");
	if (s->offset && (s->address || s->symbol_regex || s->all ||
			  (s->symbol && probe_name_is_pattern(s->symbol))))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'offset' takes the name of one function.");
	return 0;
}

static int check_kprobe(const struct probe_hook *h, const struct skep_probe_program *p,
			struct skep_error *err)
{
	const struct skep_probe_spec *s = &h->s;
	const unsigned count =
		count_set(SET(s->symbol), SET(s->symbol_regex), SET(s->syscall), s->address);

	if (count != 1)
		return fail_where(err, count, "symbol, symbol_regex, syscall, address");
	if (s->all && s->max_active)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'max_active' is of a single function, not of all that match.");
	if (p->attach_type && (s->address || s->offset || s->max_active))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "a program that is loaded for many functions at once has no %s.",
				 s->address  ? "address"
				 : s->offset ? "offset"
					     : "max_active");
	return check_names(s, err);
}

static int check_file(const struct skep_probe_spec *s, struct skep_error *err)
{
	if (s->file || s->build_id || s->pid || s->view_pid)
		return 0;
	return skep_fail(err, -EINVAL, SKEP_ERR_SECTION,
			 "neither it nor its section names a file: it takes file, build_id, pid or "
			 "view_pid.");
}

static int check_uprobe(const struct probe_hook *h, struct skep_error *err)
{
	const struct skep_probe_spec *s = &h->s;
	const unsigned count =
		count_set(SET(s->symbol), SET(s->symbol_regex), s->address, s->file_offset);
	int r = check_file(s, err);

	if (r < 0)
		return r;
	if (count != 1)
		return fail_where(err, count, "symbol, symbol_regex, address, file_offset");
	return check_names(s, err);
}

static int check_usdt(const struct skep_probe_spec *s, struct skep_error *err)
{
	const char *colon = s->usdt ? strchr(s->usdt, ':') : NULL;
	int r;

	if (!s->usdt)
		return skep_fail(err, -EINVAL, SKEP_ERR_SECTION,
				 "neither it nor its section names a tracepoint: it takes usdt.");
	r = check_file(s, err);
	if (r < 0)
		return r;
	return colon && colon[1] && !strchr(colon + 1, ':')
		       ? 0
		       : skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				   "'usdt' is provider:name, not '%.80s'.", s->usdt);
}

static int check_tracepoint(const struct probe_hook *h, const struct skep_probe_program *p,
			    struct skep_error *err)
{
	const struct skep_probe_spec *s = &h->s;

	if (s->tracepoint && (s->category || h->family != SKEP_ATTACH_FAMILY_TRACEPOINT))
		return 0;
	if (h->family == SKEP_ATTACH_FAMILY_TP_BTF &&
	    (p->fd >= 0 || (p->attach_target && *p->attach_target)))
		return 0; /* chosen at load */
	return skep_fail(err, -EINVAL, SKEP_ERR_SECTION,
			 "neither it nor its section '%.80s' names a tracepoint: it takes %s.",
			 p->section ? p->section : "",
			 h->family == SKEP_ATTACH_FAMILY_TRACEPOINT ? "category and tracepoint"
								    : "tracepoint");
}

/* Not a function of the kernel, but something that has a name there. */
static int is_hook_by_name(uint32_t family)
{
	return family == SKEP_ATTACH_FAMILY_LSM || family == SKEP_ATTACH_FAMILY_LSM_CGROUP ||
	       family == SKEP_ATTACH_FAMILY_ITER;
}

/* What is chosen at load has been, of a program that is loaded; of what is for many functions, which has to be said. */
static int check_tracing(const struct probe_hook *h, const struct skep_probe_program *p,
			 struct skep_error *err)
{
	const struct skep_probe_spec *s = &h->s;
	const unsigned count = count_set(SET(s->symbol), SET(s->symbol_regex), SET(s->syscall), 0);
	const int has_target = p->fd >= 0 || (p->attach_target && *p->attach_target);

	if (!count && (!has_target || probe_is_tracing_multi(p)) && is_hook_by_name(h->family))
		return skep_fail(err, -EINVAL, SKEP_ERR_SECTION,
				 "neither it nor its section '%.80s' says where: it takes symbol.",
				 p->section ? p->section : "");
	if (count > 1 || (!count && (!has_target || probe_is_tracing_multi(p))))
		return fail_where(err, count, "symbol, symbol_regex, syscall");
	if (s->all && !probe_is_tracing_multi(p))
		return skep_fail(
			err, -EINVAL, SKEP_ERR_INVALID,
			"'all' takes a program that is loaded for many functions at once.");
	return s->symbol_regex ? check_regex(s->symbol_regex, err) : 0;
}

static int check_device(const struct skep_probe_spec *s, struct skep_error *err)
{
	if (!s->interface && !s->ifindex)
		return skep_fail(err, -EINVAL, SKEP_ERR_NO_INTERFACE,
				 "no network interface is named: it takes interface or ifindex.");
	if (s->interface && s->ifindex)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "only one of interface, ifindex.");
	return s->interface ? check_pattern(s->interface, err) : 0;
}

static int check_netns(const struct skep_probe_spec *s, struct skep_error *err)
{
	const unsigned count = count_set(SET(s->netns), s->netns_pid, s->netns_fd, 0);

	return count > 1 ? fail_where(err, count, "netns, netns_pid, netns_fd") : 0;
}

static int check_order(const struct skep_probe_spec *s, struct skep_error *err)
{
	const struct attach_order order = { s->position, s->anchor_kind, s->anchor, s->revision };

	return attach_order_check(&order, err);
}

#define NETFILTER_LAST_HOOK 4u /* NF_INET_POST_ROUTING */

static int check_packets(const struct probe_hook *h, struct skep_error *err)
{
	const struct skep_probe_spec *s = &h->s;
	int r = check_netns(s, err);

	if (r == 0 && h->family != SKEP_ATTACH_FAMILY_NETFILTER)
		r = check_device(s, err);
	if (r == 0)
		r = check_order(s, err);
	if (r < 0)
		return r;
	if (h->family == SKEP_ATTACH_FAMILY_TC && s->direction != SKEP_DIRECTION_INGRESS &&
	    s->direction != SKEP_DIRECTION_EGRESS)
		return skep_fail(err, -EINVAL, SKEP_ERR_NO_DIRECTION,
				 "it takes a direction: ingress or egress.");
	if (!strcmp(skep_xdp_mode_name(s->xdp_mode), "unknown"))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'xdp_mode' is unknown.");
	if (h->family == SKEP_ATTACH_FAMILY_NETFILTER && s->protocol_family != 2 &&
	    s->protocol_family != 10)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'protocol_family' is 2 (IPv4) or 10 (IPv6).");
	if (s->hook > NETFILTER_LAST_HOOK)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'hook' is 0 (pre-routing) to 4 (post-routing), not %llu.",
				 (unsigned long long)s->hook);
	return 0;
}

static int check_cgroup(const struct probe_hook *h, struct skep_error *err)
{
	const struct skep_probe_spec *s = &h->s;
	const unsigned count =
		count_set(SET(s->cgroup), SET(s->unit), SET(s->container), s->cgroup_fd);

	if (count != 1)
		return fail_where(err, count,
				  h->family == SKEP_ATTACH_FAMILY_CGROUP
					  ? "cgroup, unit, container, cgroup_fd"
					  : "cgroup, unit, container");
	return check_order(s, err);
}

static int check_perf_event(const struct skep_probe_spec *s, struct skep_error *err)
{
	_cleanup_free_ uint32_t *cpus = NULL;

	if (!s->period == !s->frequency)
		return fail_where(err, s->period != 0, "period, frequency");
	if (s->cpus && cpu_list_parse(s->cpus, &cpus) == -EINVAL)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "'%.80s' is no list of CPUs.",
				 s->cpus);
	return 0;
}

static int check_needed(int is_set, const char *field, struct skep_error *err)
{
	return is_set ? 0
		      : skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "it takes the field '%s'.",
				  field);
}

static int check_freplace(const struct skep_probe_spec *s, struct skep_error *err)
{
	return !s->function == !s->target_fd ? 0
					     : skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
							 "'function' and 'target_fd' go together.");
}

int probe_hook_check(const struct probe_hook *h, const struct skep_probe_program *p,
		     struct skep_error *err)
{
	const struct skep_probe_spec *s = &h->s;
	int r = check_fields(h, err);

	if (r == 0)
		r = check_method(h, p, err);
	if (r < 0)
		return r;
	switch (h->family) {
	case SKEP_ATTACH_FAMILY_KPROBE:
	case SKEP_ATTACH_FAMILY_KRETPROBE:
	case SKEP_ATTACH_FAMILY_KPROBE_SESSION:
		return check_kprobe(h, p, err);
	case SKEP_ATTACH_FAMILY_UPROBE:
	case SKEP_ATTACH_FAMILY_URETPROBE:
	case SKEP_ATTACH_FAMILY_UPROBE_SESSION:
		return check_uprobe(h, err);
	case SKEP_ATTACH_FAMILY_USDT:
		return check_usdt(s, err);
	case SKEP_ATTACH_FAMILY_TRACEPOINT:
	case SKEP_ATTACH_FAMILY_RAW_TRACEPOINT:
	case SKEP_ATTACH_FAMILY_TP_BTF:
		return check_tracepoint(h, p, err);
	case SKEP_ATTACH_FAMILY_TC:
	case SKEP_ATTACH_FAMILY_NETKIT:
	case SKEP_ATTACH_FAMILY_XDP:
	case SKEP_ATTACH_FAMILY_NETFILTER:
		return check_packets(h, err);
	case SKEP_ATTACH_FAMILY_SK_LOOKUP:
	case SKEP_ATTACH_FAMILY_FLOW_DISSECTOR:
		return check_netns(s, err);
	case SKEP_ATTACH_FAMILY_CGROUP:
		return check_cgroup(h, err);
	case SKEP_ATTACH_FAMILY_LSM_CGROUP:
		r = check_tracing(h, p, err);
		return r < 0 ? r : check_cgroup(h, err);
	case SKEP_ATTACH_FAMILY_SOCKET_FILTER:
	case SKEP_ATTACH_FAMILY_SK_REUSEPORT:
		return check_needed(s->socket_fd != 0, "socket_fd", err);
	case SKEP_ATTACH_FAMILY_SK_SKB:
	case SKEP_ATTACH_FAMILY_SK_SKB_PARSER:
	case SKEP_ATTACH_FAMILY_SK_MSG:
	case SKEP_ATTACH_FAMILY_STRUCT_OPS:
		return check_needed(s->map != NULL, "map", err);
	case SKEP_ATTACH_FAMILY_PERF_EVENT:
		return check_perf_event(s, err);
	case SKEP_ATTACH_FAMILY_FREPLACE:
		return check_freplace(s, err);
	case SKEP_ATTACH_FAMILY_LIRC:
		return check_needed(s->device != NULL, "device", err);
	default:
		return check_tracing(h, p, err);
	}
}
