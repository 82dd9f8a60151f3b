/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <skep/attach_order.h>
#include <skep/attach_xdp.h>
#include <skep/direction.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/kabi_section.h>

#include "manager/probe_spec.h"

/* A program as its section says. */
static struct skep_probe_program in_section(const char *section)
{
	const char *target = "";
	const struct skep_section_rule *rule = skep_section_find(section, &target);

	return (struct skep_probe_program){ .section = section,
					    .attach_target = target,
					    .type = rule ? rule->prog_type : 0,
					    .attach_type = rule ? rule->attach_type : 0,
					    .fd = -1 };
}

static void fields__are_all_members_in_their_order(void **state)
{
	size_t count, i;
	const struct skep_probe_field *f = skep_probe_fields(&count);

	(void)state;
	check_u64(count * 8, sizeof(struct skep_probe_spec), "members of 8 bytes");
	for (i = 0; i < count; i++) {
		check_u64(f[i].offset, i * 8, "%s", f[i].name);
		check_int(strlen(f[i].help) > 10, 1, "help of %s", f[i].name);
		check_int(f[i].help[strlen(f[i].help) - 1] == '.', 0, "full stop of %s", f[i].name);
		check_int(f[i].families != 0 && f[i].type >= SKEP_PROBE_FIELD_TEXT &&
				  f[i].type <= SKEP_PROBE_FIELD_FD,
			  1, "families and type of %s", f[i].name);
	}
	/* names and members go together: the offsets of some, by their C names */
#define CHECK(member, kind)                                                                     \
	for (i = 0; i < count && strcmp(f[i].name, #member); i++)                               \
		;                                                                               \
	check_int(i < count, 1, "%s", #member);                                                 \
	check_u64(f[i].offset, offsetof(struct skep_probe_spec, member), "offset of " #member); \
	check_u64(f[i].type, SKEP_PROBE_FIELD_##kind, "type of " #member)
	CHECK(program, TEXT);
	CHECK(retry_delay_ns, NUMBER);
	CHECK(hook_priority, SIGNED);
	CHECK(all, FLAG);
	CHECK(direction, WORD);
	CHECK(socket_fd, FD);
	CHECK(device, TEXT);
#undef CHECK
}

#define FAMILY(name) SKEP_ATTACH_FAMILY_##name

static void family__comes_from_every_form_of_section(void **state)
{
	static const struct {
		const char *section;
		uint32_t family;
	} cases[] = {
		{ "kprobe/vfs_read", FAMILY(KPROBE) },
		{ "kprobe", FAMILY(KPROBE) },
		{ "?kprobe/vfs_read", FAMILY(KPROBE) },
		{ "kretprobe/vfs_read", FAMILY(KRETPROBE) },
		{ "ksyscall/openat", FAMILY(KPROBE) },
		{ "kretsyscall/openat", FAMILY(KRETPROBE) },
		{ "kprobe.multi/vfs_*", FAMILY(KPROBE) },
		{ "kretprobe.multi/vfs_*", FAMILY(KRETPROBE) },
		{ "kprobe.session/vfs_*", FAMILY(KPROBE_SESSION) },
		{ "uprobe/readline", FAMILY(UPROBE) },
		{ "uprobe.s//bin/bash:readline", FAMILY(UPROBE) },
		{ "uretprobe/readline", FAMILY(URETPROBE) },
		{ "uprobe.multi//bin/bash:read*", FAMILY(UPROBE) },
		{ "uretprobe.multi//bin/bash:read*", FAMILY(URETPROBE) },
		{ "uprobe.session//bin/bash:read*", FAMILY(UPROBE_SESSION) },
		{ "usdt/libc.so.6:libc:setjmp", FAMILY(USDT) },
		{ "tracepoint/sched/sched_switch", FAMILY(TRACEPOINT) },
		{ "tracepoint/my_name", FAMILY(TRACEPOINT) },
		{ "tp/sched/sched_switch", FAMILY(TRACEPOINT) },
		{ "raw_tracepoint/sched_switch", FAMILY(RAW_TRACEPOINT) },
		{ "raw_tp/sched_switch", FAMILY(RAW_TRACEPOINT) },
		{ "raw_tracepoint.w/x", FAMILY(RAW_TRACEPOINT) },
		{ "raw_tp.w/x", FAMILY(RAW_TRACEPOINT) },
		{ "tp_btf/sched_switch", FAMILY(TP_BTF) },
		{ "fentry/vfs_read", FAMILY(FENTRY) },
		{ "fentry.s/vfs_read", FAMILY(FENTRY) },
		{ "fmod_ret/vfs_read", FAMILY(FMOD_RET) },
		{ "fexit/vfs_read", FAMILY(FEXIT) },
		{ "fsession/vfs_read", FAMILY(FSESSION) },
		{ "freplace/handler", FAMILY(FREPLACE) },
		{ "lsm/file_open", FAMILY(LSM) },
		{ "lsm.s/file_open", FAMILY(LSM) },
		{ "lsm_cgroup/socket_bind", FAMILY(LSM_CGROUP) },
		{ "iter/task", FAMILY(ITER) },
		{ "iter.s/task", FAMILY(ITER) },
		{ "xdp.frags", FAMILY(XDP) },
		{ "xdp/ingress", FAMILY(XDP) },
		{ "xdp", FAMILY(XDP) },
		{ "perf_event", FAMILY(PERF_EVENT) },
		{ "perf_event/cpu_clock", FAMILY(PERF_EVENT) },
		{ "tc", FAMILY(TC) },
		{ "classifier", FAMILY(TC) },
		{ "classifier/one", FAMILY(TC) },
		{ "tcx/ingress", FAMILY(TC) },
		{ "netkit/peer", FAMILY(NETKIT) },
		{ "cgroup_skb/ingress", FAMILY(CGROUP) },
		{ "cgroup_skb/egress", FAMILY(CGROUP) },
		{ "cgroup/skb", FAMILY(CGROUP) },
		{ "cgroup/sock_create", FAMILY(CGROUP) },
		{ "cgroup/sock_release", FAMILY(CGROUP) },
		{ "cgroup/sock", FAMILY(CGROUP) },
		{ "cgroup/post_bind4", FAMILY(CGROUP) },
		{ "cgroup/dev", FAMILY(CGROUP) },
		{ "cgroup/bind6", FAMILY(CGROUP) },
		{ "cgroup/connect4", FAMILY(CGROUP) },
		{ "cgroup/sendmsg6", FAMILY(CGROUP) },
		{ "cgroup/recvmsg4", FAMILY(CGROUP) },
		{ "cgroup/getpeername4", FAMILY(CGROUP) },
		{ "cgroup/getsockname6", FAMILY(CGROUP) },
		{ "cgroup/sysctl", FAMILY(CGROUP) },
		{ "cgroup/getsockopt", FAMILY(CGROUP) },
		{ "cgroup/setsockopt", FAMILY(CGROUP) },
		{ "sockops", FAMILY(CGROUP) },
		{ "socket", FAMILY(SOCKET_FILTER) },
		{ "socket/foo", FAMILY(SOCKET_FILTER) },
		{ "socket1", FAMILY(SOCKET_FILTER) },
		{ "seccomp", FAMILY(SOCKET_FILTER) },
		{ "sk_reuseport/migrate", FAMILY(SK_REUSEPORT) },
		{ "sk_reuseport", FAMILY(SK_REUSEPORT) },
		{ "sk_lookup/x", FAMILY(SK_LOOKUP) },
		{ "flow_dissector", FAMILY(FLOW_DISSECTOR) },
		{ "sk_skb/stream_parser", FAMILY(SK_SKB_PARSER) },
		{ "sk_skb/stream_verdict", FAMILY(SK_SKB) },
		{ "sk_skb", FAMILY(SK_SKB) },
		{ "sk_msg", FAMILY(SK_MSG) },
		{ "netfilter", FAMILY(NETFILTER) },
		{ "struct_ops/init", FAMILY(STRUCT_OPS) },
		{ "lirc_mode2", FAMILY(LIRC) },
	};
	const struct skep_probe_spec spec = { .program = "p" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct skep_probe_program p = in_section(cases[i].section);
		struct skep_error err = { 0 };
		uint32_t family = 0;

		check_int(skep_probe_spec_family(&spec, &p, &family, &err), 0, "%s: %s",
			  cases[i].section, err.msg);
		check_text(skep_attach_family_name(family),
			   skep_attach_family_name(cases[i].family), "%s", cases[i].section);
	}
}

static void family__of_what_is_attached_to_nothing_is_refused(void **state)
{
	static const struct {
		const char *section;
		int code;
		uint32_t kind;
	} cases[] = {
		{ "xdp/devmap", -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED },
		{ "xdp_cpumap/x", -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED },
		{ "lwt_in", -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED },
		{ "syscall", -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED },
		{ "action", -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED },
		{ "nonsense", -EINVAL, SKEP_ERR_SECTION },
	};
	const struct skep_probe_spec spec = { .program = "p" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct skep_probe_program p = in_section(cases[i].section);
		struct skep_error err = { 0 };
		uint32_t family = 0;

		check_int(skep_probe_spec_family(&spec, &p, &family, &err), cases[i].code, "%s",
			  cases[i].section);
		check_u64(err.kind, cases[i].kind, "%s", cases[i].section);
		check_int(strncmp(err.msg, "probe 'p': ", 11), 0, "%s", err.msg);
	}
}

/* A program whose section says nothing, as of one that was loaded by somebody else. */
static void family__of_a_kprobe_without_section_comes_from_its_fields(void **state)
{
	static const struct {
		struct skep_probe_spec spec;
		uint32_t family;
	} cases[] = {
		{ { .program = "p", .symbol = "vfs_read" }, FAMILY(KPROBE) },
		{ { .program = "p", .syscall = "openat" }, FAMILY(KPROBE) },
		{ { .program = "p", .file = "c", .symbol = "malloc" }, FAMILY(UPROBE) },
		{ { .program = "p", .file = "c", .usdt = "libc:setjmp" }, FAMILY(USDT) },
	};
	const struct skep_probe_program p = { .type = SKEP_PROG_TYPE_KPROBE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t family = 0;

		check_int(skep_probe_spec_family(&cases[i].spec, &p, &family, NULL), 0, "%zu", i);
		check_u64(family, cases[i].family, "%zu", i);
	}
}

static void section__says_what_the_probe_does_not(void **state)
{
	static const struct {
		const char *section;
		struct skep_probe_spec spec;
		const char *field, *want;
	} cases[] = {
		{ "kprobe/vfs_read", { 0 }, "symbol", "vfs_read" },
		{ "kprobe/vfs_read+0x10", { 0 }, "symbol", "vfs_read" },
		{ "kprobe/x", { .symbol = "vfs_open" }, "symbol", "vfs_open" },
		{ "kprobe/x", { .symbol_regex = "^vfs" }, "symbol", NULL },
		{ "kprobe/x", { .syscall = "openat" }, "symbol", NULL },
		{ "ksyscall/openat", { 0 }, "syscall", "openat" },
		{ "uprobe//bin/x:main", { 0 }, "file", "/bin/x" },
		{ "uprobe//bin/x:main", { 0 }, "symbol", "main" },
		{ "uprobe/libc.so.6:malloc+4", { 0 }, "symbol", "malloc" },
		{ "uprobe/readline", { .file = "/bin/bash" }, "symbol", "readline" },
		{ "uprobe//bin/x:main", { .file = "/bin/y" }, "file", "/bin/y" },
		{ "uprobe//bin/x:main", { .file = "/bin/y" }, "symbol", "main" },
		{ "uprobe//bin/x:main", { .file_offset = 8 }, "symbol", NULL },
		{ "usdt//bin/x:prov:name", { 0 }, "file", "/bin/x" },
		{ "usdt//bin/x:prov:name", { 0 }, "usdt", "prov:name" },
		{ "usdt/prov:name", { .file = "c" }, "usdt", "prov:name" },
		{ "usdt//bin/x:prov:name", { .usdt = "a:b" }, "usdt", "a:b" },
		{ "tp/sched/sched_switch", { 0 }, "category", "sched" },
		{ "tp/sched/sched_switch", { 0 }, "tracepoint", "sched_switch" },
		{ "tracepoint/my_name",
		  { .category = "sched", .tracepoint = "sched_fork" },
		  "tracepoint",
		  "sched_fork" },
		{ "raw_tp/sched_switch", { 0 }, "tracepoint", "sched_switch" },
		{ "raw_tp/x", { .tracepoint = "sched_fork" }, "tracepoint", "sched_fork" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct skep_probe_program p = in_section(cases[i].section);
		struct skep_probe_spec spec = cases[i].spec;
		struct skep_error err = { 0 };
		struct probe_hook hook;
		size_t count, k;
		const struct skep_probe_field *f = skep_probe_fields(&count);

		spec.program = "p";
		check_int(probe_hook_init(&spec, &p, &hook, &err), 0, "%zu %s: %s", i,
			  cases[i].section, err.msg);
		for (k = 0; strcmp(f[k].name, cases[i].field); k++)
			;
		const char *got = *(const char **)((char *)&hook.s + f[k].offset);

		if (cases[i].want)
			check_text(got ? got : "(none)", cases[i].want, "%s of %s", cases[i].field,
				   cases[i].section);
		else
			assert_null(got);
		probe_hook_fini(&hook);
	}
}

static void section__has_offsets_directions_and_globs(void **state)
{
	struct skep_probe_spec spec = { .program = "p" };
	struct skep_probe_program p = in_section("kprobe/vfs_read+0x10");
	struct probe_hook hook;

	(void)state;
	check_int(probe_hook_init(&spec, &p, &hook, NULL), 0, "kprobe");
	check_u64(hook.s.offset, 0x10, "kprobe's offset");
	probe_hook_fini(&hook);
	p = in_section("uprobe/c:malloc+4");
	check_int(probe_hook_init(&spec, &p, &hook, NULL), 0, "uprobe");
	check_u64(hook.s.offset, 4, "uprobe's offset");
	probe_hook_fini(&hook);
	p = in_section("kprobe.multi/vfs_*");
	check_int(probe_hook_init(&spec, &p, &hook, NULL), 0, "multi");
	check_u64(hook.s.all, 1, "all of a glob");
	probe_hook_fini(&hook);
	p = in_section("kprobe.multi/vfs_read");
	check_int(probe_hook_init(&spec, &p, &hook, NULL), 0, "multi of one");
	check_u64(hook.s.all, 0, "all of a name");
	probe_hook_fini(&hook);
	spec.interface = "lo";
	p = in_section("tcx/egress");
	check_int(probe_hook_init(&spec, &p, &hook, NULL), 0, "tcx");
	check_u64(hook.s.direction, SKEP_DIRECTION_EGRESS, "direction");
	probe_hook_fini(&hook);
}

static const struct {
	const char *section;
	struct skep_probe_spec spec;
	uint32_t kind;
	const char *words;
} mistakes[] = {
	{ "kprobe", { 0 }, SKEP_ERR_SECTION, "takes one of symbol" },
	{ "kprobe/x", { .symbol = "a", .syscall = "b" }, SKEP_ERR_INVALID, "only one of" },
	{ "kprobe/x", { .symbol_regex = "(" }, SKEP_ERR_INVALID, "regular expression" },
	{ "kprobe/x", { .direction = 1 }, SKEP_ERR_INVALID, "'direction' is none of" },
	{ "kprobe/x", { .max_active = 1 }, SKEP_ERR_INVALID, "'max_active' is none of" },
	{ "kprobe/x", { .all = 2 }, SKEP_ERR_INVALID, "'all' is 0 or 1" },
	{ "kprobe/x", { .syscall = "a", .all = 1 }, SKEP_ERR_INVALID, "'all' takes" },
	{ "kprobe/x", { .symbol_regex = "a", .offset = 4 }, SKEP_ERR_INVALID, "'offset'" },
	{ "kprobe/x", { .method = SKEP_ATTACH_METHOD_TCX }, SKEP_ERR_INVALID, "method tcx" },
	{ "kprobe/x", { .method = 1ull << 40 }, SKEP_ERR_INVALID, "method unknown" },
	{ "kretprobe/x*", { .all = 1, .max_active = 9 }, SKEP_ERR_INVALID, "single" },
	{ "kretprobe.multi/x", { .max_active = 9 }, SKEP_ERR_INVALID, "no max_active" },
	{ "kretprobe/x+4", { 0 }, SKEP_ERR_INVALID, "'offset' is none of" },
	{ "kprobe/x",
	  { .method = SKEP_ATTACH_METHOD_MULTI },
	  SKEP_ERR_INVALID,
	  "(trace_kprobe_multi), or 'all'" },
	{ "uprobe//bin/x:main",
	  { .method = SKEP_ATTACH_METHOD_MULTI },
	  SKEP_ERR_INVALID,
	  "(trace_uprobe_multi), or 'all'" },
	{ "uprobe/main", { 0 }, SKEP_ERR_SECTION, "names a file" },
	{ "uprobe", { .file = "c" }, SKEP_ERR_SECTION, "takes one of symbol" },
	{ "usdt", { .file = "c" }, SKEP_ERR_SECTION, "takes usdt" },
	{ "usdt", { .file = "c", .usdt = "x" }, SKEP_ERR_INVALID, "provider:name" },
	{ "tracepoint/one", { 0 }, SKEP_ERR_SECTION, "category and tracepoint" },
	{ "raw_tp", { 0 }, SKEP_ERR_SECTION, "takes tracepoint" },
	{ "fentry/x", { .symbol = "a", .symbol_regex = "b" }, SKEP_ERR_INVALID, "only one" },
	{ "fentry/x", { .symbol = "a*", .all = 1 }, SKEP_ERR_INVALID, "'all' takes a program" },
	{ "classifier", { .interface = "lo" }, SKEP_ERR_NO_DIRECTION, "a direction" },
	{ "classifier",
	  { .interface = "lo", .direction = SKEP_DIRECTION_BOTH },
	  SKEP_ERR_NO_DIRECTION,
	  "a direction" },
	{ "tcx/ingress", { 0 }, SKEP_ERR_NO_INTERFACE, "interface or ifindex" },
	{ "xdp", { 0 }, SKEP_ERR_NO_INTERFACE, "interface or ifindex" },
	{ "xdp", { .interface = "a", .ifindex = 1 }, SKEP_ERR_INVALID, "only one of" },
	{ "xdp", { .interface = "/(/" }, SKEP_ERR_INVALID, "regular expression" },
	{ "xdp", { .interface = "a", .xdp_mode = 3 }, SKEP_ERR_INVALID, "'xdp_mode'" },
	{ "xdp",
	  { .interface = "a", .netns = "/x", .netns_fd = 3 },
	  SKEP_ERR_INVALID,
	  "only one of netns" },
	{ "xdp", { .interface = "a", .netns_fd = 1ull << 32 }, SKEP_ERR_INVALID, "no fd" },
	{ "tcx/ingress",
	  { .interface = "a", .position = SKEP_ATTACH_POSITION_BEFORE },
	  SKEP_ERR_INVALID,
	  "as anchor" },
	{ "sk_lookup", { .netns_pid = 1, .netns = "/x" }, SKEP_ERR_INVALID, "only one of netns" },
	{ "netfilter", { .hook = 1 }, SKEP_ERR_INVALID, "'protocol_family'" },
	{ "netfilter",
	  { .protocol_family = 2, .hook = 5 },
	  SKEP_ERR_INVALID,
	  "'hook' is 0 (pre-routing) to 4 (post-routing), not 5" },
	{ "fentry", { 0 }, SKEP_ERR_SECTION, "takes one of symbol" },
	{ "lsm", { 0 }, SKEP_ERR_SECTION, "its section 'lsm' says where: it takes symbol" },
	{ "tp_btf", { 0 }, SKEP_ERR_SECTION, "takes tracepoint" },
	{ "cgroup_skb/egress", { 0 }, SKEP_ERR_SECTION, "takes one of cgroup" },
	{ "cgroup_skb/egress",
	  { .cgroup = "/a", .unit = "b" },
	  SKEP_ERR_INVALID,
	  "only one of cgroup" },
	{ "lsm_cgroup/socket_bind", { 0 }, SKEP_ERR_SECTION, "takes one of cgroup" },
	{ "socket", { 0 }, SKEP_ERR_INVALID, "'socket_fd'" },
	{ "sk_msg", { 0 }, SKEP_ERR_INVALID, "'map'" },
	{ "struct_ops/x", { 0 }, SKEP_ERR_INVALID, "'map'" },
	{ "perf_event", { 0 }, SKEP_ERR_SECTION, "takes one of period" },
	{ "perf_event", { .period = 1, .frequency = 1 }, SKEP_ERR_INVALID, "only one of period" },
	{ "perf_event", { .period = 1, .cpus = "x" }, SKEP_ERR_INVALID, "list of CPUs" },
	{ "freplace/x", { .function = "f" }, SKEP_ERR_INVALID, "go together" },
	{ "lirc_mode2", { 0 }, SKEP_ERR_INVALID, "'device'" },
};

static void check__tells_each_mistake_by_kind_and_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		const struct skep_probe_program p = in_section(mistakes[i].section);
		struct skep_probe_spec spec = mistakes[i].spec;
		struct skep_error err = { 0 };

		spec.program = "p";
		spec.uid = "u";
		check_int(skep_probe_spec_check(&spec, &p, &err), -EINVAL, "%zu %s", i,
			  mistakes[i].section);
		check_u64(err.kind, mistakes[i].kind, "%zu %s: %s", i, mistakes[i].section,
			  err.msg);
		check_int(strstr(err.msg, mistakes[i].words) != NULL, 1, "%zu '%s' in '%s'", i,
			  mistakes[i].words, err.msg);
		check_int(strncmp(err.msg, "probe 'p@u': ", 13), 0, "%s", err.msg);
	}
}

static void check__wants_a_program(void **state)
{
	const struct skep_probe_program p = in_section("kprobe/x");
	const struct skep_probe_spec spec = { .uid = "u" };
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_probe_spec_check(&spec, &p, &err), -EINVAL, "no program");
	check_int(strstr(err.msg, "names no program") != NULL, 1, "%s", err.msg);
}

/* Every field, set alone, is taken by exactly the families of its row. */
static void check__refuses_each_field_that_a_family_lacks(void **state)
{
	static const char *const sections[] = { "kprobe/x",  "uprobe/c:x", "tp/a/b",
						"xdp",       "tcx/egress", "socket",
						"iter/task", "lirc_mode2" };
	size_t count;
	const struct skep_probe_field *f = skep_probe_fields(&count);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		const struct skep_probe_program p = in_section(sections[i]);

		for (size_t k = 0; k < count; k++) {
			struct skep_probe_spec spec = { .program = "p" };
			struct skep_error err = { 0 };
			uint32_t family;
			int refused;

			if (!strcmp(f[k].name, "program"))
				continue;
			if (f[k].type == SKEP_PROBE_FIELD_TEXT)
				*(const char **)((char *)&spec + f[k].offset) = "x:y";
			else
				*(uint64_t *)((char *)&spec + f[k].offset) = 1;
			assert_int_equal(skep_probe_spec_family(&spec, &p, &family, &err), 0);
			skep_probe_spec_check(&spec, &p, &err);
			refused = strstr(err.msg, "is none of the fields") != NULL;
			check_int(refused, !(f[k].families & 1ull << family), "%s in %s: %s",
				  f[k].name, sections[i], err.msg);
		}
	}
}

static void target__is_what_the_probe_names_before_load(void **state)
{
	static const struct {
		const char *section;
		struct skep_probe_spec spec;
		const char *want;
	} cases[] = {
		{ "fentry/vfs_read", { .program = "p" }, "" },
		{ "fentry/vfs_read", { .program = "p", .symbol = "vfs_read" }, "" },
		{ "fentry/vfs_read", { .program = "p", .symbol = "vfs_open" }, "vfs_open" },
		{ "fentry", { .program = "p", .symbol = "vfs_open" }, "vfs_open" },
		{ "tp_btf/a", { .program = "p", .tracepoint = "sched_switch" }, "sched_switch" },
		{ "lsm/file_open",
		  { .program = "p", .symbol = "bprm_check_security" },
		  "bprm_check_security" },
		{ "iter/task", { .program = "p", .symbol = "bpf_map" }, "bpf_map" },
		{ "kprobe/a", { .program = "p", .symbol = "vfs_open" }, "" },
	};
	char buf[64], two[4];
	struct skep_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct skep_probe_program p = in_section(cases[i].section);

		buf[0] = '\0';
		check_int(skep_probe_spec_target(&cases[i].spec, &p, NULL, buf, sizeof(buf), &err),
			  (int64_t)strlen(cases[i].want), "%s", cases[i].section);
		check_text(buf, cases[i].want, "%s", cases[i].section);
	}
	{
		const struct skep_probe_program p = in_section("fentry/x");

		check_int(skep_probe_spec_target(&cases[2].spec, &p, NULL, two, sizeof(two), &err),
			  -ENOSPC, "a small buffer");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields__are_all_members_in_their_order),
		cmocka_unit_test(family__comes_from_every_form_of_section),
		cmocka_unit_test(family__of_what_is_attached_to_nothing_is_refused),
		cmocka_unit_test(family__of_a_kprobe_without_section_comes_from_its_fields),
		cmocka_unit_test(section__says_what_the_probe_does_not),
		cmocka_unit_test(section__has_offsets_directions_and_globs),
		cmocka_unit_test(check__tells_each_mistake_by_kind_and_words),
		cmocka_unit_test(check__wants_a_program),
		cmocka_unit_test(check__refuses_each_field_that_a_family_lacks),
		cmocka_unit_test(target__is_what_the_probe_names_before_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
