/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Probes of functions, tracepoints and samples: attached as data says, fired, detached; or why that cannot be. */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/attach_iter.h>
#include <skep/binary.h>
#include <skep/kabi.h>
#include <skep/kabi_section.h>
#include <skep/kallsyms.h>
#include <skep/probe.h>
#include <skep/symbol.h>

#include "base/cleanup.h"
#include "hook.h"
#include "lab/netns.h"

static const char *probed; /* a program with functions and tracepoints of its own */

static const struct hook_spec kprobe = { .type = SKEP_PROG_TYPE_KPROBE, .with_cookie = 1 };
static const struct hook_spec kprobe_multi = { .type = SKEP_PROG_TYPE_KPROBE,
					       .attach_type = SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI };
static const struct hook_spec kprobe_session = { .type = SKEP_PROG_TYPE_KPROBE,
						 .attach_type =
							 SKEP_ATTACH_TYPE_TRACE_KPROBE_SESSION };
static const struct hook_spec uprobe_multi = { .type = SKEP_PROG_TYPE_KPROBE,
					       .attach_type = SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI };

/* A program as it were loaded from a section. */
static struct skep_probe_program program_in(const char *section, const struct hook_spec *spec,
					    const struct hook *h)
{
	const char *target = "";

	skep_section_find(section, &target);
	return (struct skep_probe_program){ .section = section,
					    .attach_target = target,
					    .type = spec->type,
					    .attach_type = spec->attach_type,
					    .fd = h->prog_fd };
}

static int has_kprobes(void)
{
	return hook_has_events("kprobe_events");
}

static void tracepoint__is_named_by_its_section_or_by_fields_inside(void)
{
	static const struct {
		const char *section;
		struct skep_probe_spec spec;
	} cases[] = {
		{ "tracepoint/syscalls/sys_enter_getpgid", { .program = "p" } },
		{ "tp/my_name",
		  { .program = "p", .category = "syscalls", .tracepoint = "sys_enter_getpgid" } },
		{ "tracepoint/syscalls/x",
		  { .program = "p",
		    .tracepoint = "sys_exit_getpgid",
		    .method = SKEP_ATTACH_METHOD_PERF } },
	};
	const struct hook_spec kind = { .type = SKEP_PROG_TYPE_TRACEPOINT };
	struct skep_error err = { 0 };
	struct hook h;

	hook_open(&kind, &h);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct skep_probe_program p = program_in(cases[i].section, &kind, &h);
		struct skep_attachment *a = NULL;

		assert_done(skep_probe_spec_attach(&cases[i].spec, &p, NULL, &a, &err), &err);
		assert_int_equal(skep_attachment_family(a), SKEP_ATTACH_FAMILY_TRACEPOINT);
		assert_fires_until_detached(&h, a);
		skep_attachment_close(a);
	}
	hook_close(&h);
}
IN_PROCESS(tracepoint__is_named_by_its_section_or_by_fields, hook_enter)

static void raw_tracepoint__is_named_by_its_section_or_by_a_field_inside(void)
{
	static const struct {
		const char *section;
		struct skep_probe_spec spec;
	} cases[] = {
		{ "raw_tp/sys_enter", { .program = "p" } },
		{ "raw_tracepoint", { .program = "p", .tracepoint = "sys_enter" } },
	};
	const struct hook_spec kind = { .type = SKEP_PROG_TYPE_RAW_TRACEPOINT };
	struct skep_error err = { 0 };
	struct hook h;

	hook_open(&kind, &h);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct skep_probe_program p = program_in(cases[i].section, &kind, &h);
		struct skep_attachment *a = NULL;
		uint64_t before = h.values[0];

		assert_done(skep_probe_spec_attach(&cases[i].spec, &p, NULL, &a, &err), &err);
		hook_call();
		assert_true(h.values[0] >= before + HOOK_CALLS);
		skep_attachment_close(a);
	}
	hook_close(&h);
}
IN_PROCESS(raw_tracepoint__is_named_by_its_section_or_by_a_field, hook_enter)

/* Attached and fired; or this kernel has no kprobes and says so. @method: what it has to be by; 0: whatever. */
static void fire_kprobe(const char *section, const struct hook_spec *kind,
			const struct skep_probe_spec *s, const struct skep_probe_attach_opts *o,
			uint32_t method)
{
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	uint32_t family = 0;
	int r;

	if (hook_load(kind, &h) < 0) {
		assert_true(kind->attach_type != 0); /* older than links to many */
		return;
	}
	const struct skep_probe_program p = program_in(section, kind, &h);

	assert_done(skep_probe_spec_family(s, &p, &family, &err), &err);
	r = skep_probe_spec_attach(s, &p, o, &a, &err);
	if (!has_kprobes() ||
	    skep_attach_supported(NULL, family, SKEP_ATTACH_METHOD_AUTO, NULL) == 0) {
		assert_true(r < 0);
		assert_null(a);
		/* for patterns the list of functions is needed, which is missing, too, or hidden */
		if (!s->symbol_regex && !strchr(s->symbol ? s->symbol : section, '?'))
			assert_int_equal(err.kind, SKEP_ERR_UNSUPPORTED);
	} else if (kind->attach_type &&
		   skep_attach_supported(NULL, family, SKEP_ATTACH_METHOD_MULTI, NULL) == 0) {
		/* it takes programs for links that it does not have: some such kernels attach them without */
		skep_attachment_close(a);
	} else {
		assert_done(r, &err);
		/* old kernels take a program for links that they do not have, and it is attached without */
		if (method &&
		    skep_attach_supported(NULL, skep_attachment_family(a), method, NULL) == 1)
			assert_int_equal(skep_attachment_method(a), method);
		assert_fires_until_detached(&h, a);
		skep_attachment_close(a);
	}
	hook_close(&h);
}

static void kprobe__is_named_in_every_way_inside(void)
{
	const char *function = hook_function();
	const int stem = (int)strlen(hook_function()) - 1;
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *kallsyms = NULL;
	struct skep_probe_attach_opts o = { .sz = sizeof(o) };
	char section[128], regex[128], glob[128];

	assert_int_equal(skep_kallsyms_read(NULL, &kallsyms, NULL), 0);
	o.kallsyms =
		kallsyms; /* read once: it takes seconds in a guest, as the list of functions does */

	snprintf(section, sizeof(section), "kprobe/%s", function);
	snprintf(regex, sizeof(regex), "^%.*s[a-z]$", stem, hook_function());
	snprintf(glob, sizeof(glob), "%.*s?", stem, hook_function());
	{
		const struct skep_probe_spec plain = { .program = "p" },
					     symbol = { .program = "p", .symbol = function },
					     syscall = { .program = "p", .syscall = "getpgid" },
					     first = { .program = "p", .symbol_regex = regex },
					     all = { .program = "p", .symbol = glob, .all = 1 };

		fire_kprobe("kprobe/on_getpgid", &kprobe, &symbol, &o, 0);
		fire_kprobe("kretprobe", &kprobe, &symbol, &o, 0);
		fire_kprobe("kprobe", &kprobe, &syscall, &o, 0);
		fire_kprobe("kretprobe/x", &kprobe, &first, &o, 0);
		fire_kprobe("kprobe", &kprobe, &all, &o, 0);
		fire_kprobe(section, &kprobe, &plain, &o, 0);
		fire_kprobe("ksyscall/getpgid", &kprobe, &plain, &o, 0);
		fire_kprobe("kretsyscall/getpgid", &kprobe, &plain, &o, 0);
	}
}
IN_PROCESS(kprobe__is_named_in_every_way, hook_enter)

static void kprobe__takes_the_methods_that_were_asked_for_inside(void)
{
	const char *function = hook_function();
	const struct skep_probe_spec plain = { .program = "p", .symbol = function },
				     perf = { .program = "p",
					      .symbol = function,
					      .method = SKEP_ATTACH_METHOD_PERF },
				     active = { .program = "p",
						.symbol = function,
						.max_active = 32 };
	const struct skep_probe_attach_opts tracefs = { .sz = sizeof(tracefs),
							.kprobe_method =
								SKEP_ATTACH_METHOD_TRACEFS },
					    many = { .sz = sizeof(many), .max_active = 64 };

	fire_kprobe("kprobe", &kprobe, &plain, &tracefs, SKEP_ATTACH_METHOD_TRACEFS);
	fire_kprobe("kprobe", &kprobe, &perf, &tracefs, SKEP_ATTACH_METHOD_PERF);
	fire_kprobe("kretprobe", &kprobe, &plain, &many, SKEP_ATTACH_METHOD_TRACEFS);
	fire_kprobe("kretprobe", &kprobe, &active, NULL, SKEP_ATTACH_METHOD_TRACEFS);
	fire_kprobe("kretprobe", &kprobe, &perf, &many, SKEP_ATTACH_METHOD_PERF);
	fire_kprobe("kprobe", &kprobe, &plain, &many, 0);
}
IN_PROCESS(kprobe__takes_the_methods_that_were_asked_for, hook_enter)

static void kprobe__of_a_program_for_many_is_one_link_inside(void)
{
	const struct skep_probe_spec plain = { .program = "p" },
				     named = { .program = "p", .syscall = "getpgid" };
	char section[128];

	snprintf(section, sizeof(section), "kprobe.multi/%.*s?", (int)strlen(hook_function()) - 1,
		 hook_function());
	fire_kprobe(section, &kprobe_multi, &plain, NULL, SKEP_ATTACH_METHOD_MULTI);
	fire_kprobe("kretprobe.multi", &kprobe_multi, &named, NULL, SKEP_ATTACH_METHOD_MULTI);
	fire_kprobe("kprobe.session", &kprobe_session, &named, NULL, SKEP_ATTACH_METHOD_MULTI);
}
IN_PROCESS(kprobe__of_a_program_for_many_is_one_link, hook_enter)

struct changed {
	const struct skep_kallsyms *kallsyms;
	char name[128], stem[128]; /* of the compiler, of the source */
};

/* Only one function of the name, and none of the name in the source. */
static int take_changed(const struct skep_symbol *symbol, void *userdata)
{
	struct changed *c = userdata;

	snprintf(c->name, sizeof(c->name), "%s", symbol->name);
	snprintf(c->stem, sizeof(c->stem), "%.*s", (int)skep_symbol_stem(symbol->name),
		 symbol->name);
	return !*symbol->module && skep_kallsyms_find(c->kallsyms, c->name, 0, NULL, 0) == 1 &&
	       skep_kallsyms_find(c->kallsyms, c->stem, 0, NULL, 0) == 0 &&
	       skep_kallsyms_find(c->kallsyms, c->stem, SKEP_KALLSYMS_VARIANTS, NULL, 0) == 1;
}

static void kprobe__finds_a_function_that_compilers_renamed_inside(void)
{
	static const char *const patterns[] = { "/[.](isra|constprop)[.][0-9]+$/" };
	_cleanup_(skep_kallsyms_freep) struct skep_kallsyms *kallsyms = NULL;
	struct changed c = { 0 };
	struct skep_probe_spec spec = { .program = "p", .symbol = c.stem };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;

	if (!has_kprobes())
		lab_skip();
	assert_int_equal(skep_kallsyms_read(NULL, &kallsyms, NULL), 0);
	c.kallsyms = kallsyms;
	assert_int_equal(skep_symbol_walk(patterns, 1, NULL, take_changed, &c, &err), 1);
	hook_open(&kprobe, &h);
	const struct skep_probe_program p = program_in("kprobe", &kprobe, &h);

	assert_done(skep_probe_spec_attach(&spec, &p, NULL, &a, &err), &err);
	assert_non_null(strstr(skep_attachment_target(a), c.name));
	skep_attachment_close(a);
	hook_close(&h);
}
IN_PROCESS(kprobe__finds_a_function_that_compilers_renamed, hook_enter)

/* What is not there is told with the names of probe and function. */
static void kprobe__of_no_function_is_told_inside(void)
{
	const struct skep_probe_spec none = { .program = "p", .uid = "u", .symbol = "skep_none" },
				     regex = { .program = "p", .symbol_regex = "^skep_none" },
				     syscall = { .program = "p", .syscall = "skep_none" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;

	hook_open(&kprobe, &h);
	const struct skep_probe_program p = program_in("kprobe", &kprobe, &h);

	assert_int_equal(skep_probe_spec_attach(&syscall, &p, NULL, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_SYMBOL, "probe 'p': ");
	assert_told(&err, SKEP_ERR_NO_SYMBOL, "'skep_none'");
	if (has_kprobes()) {
		assert_int_equal(skep_probe_spec_attach(&none, &p, NULL, &a, &err), -ENOENT);
		assert_told(&err, SKEP_ERR_NO_HOOK, "probe 'p@u': ");
		assert_told(&err, SKEP_ERR_NO_HOOK, "'skep_none'");
		assert_int_equal(skep_probe_spec_attach(&regex, &p, NULL, &a, &err), -ENOENT);
		assert_told(&err, SKEP_ERR_NO_SYMBOL, "skep_none");
	}
	hook_close(&h);
}
IN_PROCESS(kprobe__of_no_function_is_told, hook_enter)

/* The names of system calls come from the file that is given, or from what has been read already. */
static void syscall__is_looked_for_where_the_caller_says_inside(void)
{
	const struct hook_spec kind = { .type = SKEP_PROG_TYPE_TRACING,
					.attach_type = SKEP_ATTACH_TYPE_TRACE_FENTRY };
	const struct skep_probe_spec spec = { .program = "p", .syscall = "getpgid" };
	const struct hook none = { .prog_fd = -1 };
	const struct skep_probe_program p = program_in("fentry/x", &kind, &none);
	struct skep_probe_attach_opts o = { .sz = sizeof(o), .symbol_file = "/no/such/symbols" };
	struct skep_kallsyms *k = NULL;
	struct skep_error err = { 0 };
	static const char symbols[] = "0000000000000000 T __x64_sys_open\n"
				      "0000000000000000 T __x64_sys_getpgid\n";
	char buf[512], path[32];
	int fd;

	assert_int_equal(skep_probe_spec_target(&spec, &p, &o, buf, sizeof(buf), &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/no/such/symbols"));
	fd = memfd_create("symbols", MFD_CLOEXEC);
	assert_true(fd >= 0 && write(fd, symbols, strlen(symbols)) == (ssize_t)strlen(symbols));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	o.symbol_file = path;
	assert_int_equal(
		assert_done(skep_probe_spec_target(&spec, &p, &o, buf, sizeof(buf), &err), &err),
		strlen("__x64_sys_getpgid"));
	assert_string_equal(buf, "__x64_sys_getpgid");
	close(fd);
	assert_done(skep_kallsyms_parse("0 T __x64_sys_getpgid\n", 22, &k, &err), &err);
	o.kallsyms = k;
	assert_done(skep_probe_spec_target(&spec, &p, &o, buf, sizeof(buf), &err), &err);
	assert_string_equal(buf, "__x64_sys_getpgid");
	skep_kallsyms_free(k);
}
IN_PROCESS(syscall__is_looked_for_where_the_caller_says, hook_enter)

static void target__of_an_expression_is_looked_for_inside(void)
{
	const struct hook_spec kind = { .type = SKEP_PROG_TYPE_TRACING,
					.attach_type = SKEP_ATTACH_TYPE_TRACE_FENTRY };
	const struct skep_probe_spec spec = { .program = "p", .symbol_regex = "^vfs_rea[d]$" },
				     none = { .program = "p", .symbol_regex = "^skep_non[e]$" };
	const struct hook h = { .prog_fd = -1 };
	const struct skep_probe_program p = program_in("fentry/x", &kind, &h);
	struct skep_error err = { 0 };
	char buf[512] = "";

	if (!has_kprobes())
		lab_skip(); /* nor has it a list of functions, or it hides it */
	assert_int_equal(
		assert_done(skep_probe_spec_target(&spec, &p, NULL, buf, sizeof(buf), &err), &err),
		strlen("vfs_read"));
	assert_string_equal(buf, "vfs_read");
	assert_int_equal(skep_probe_spec_target(&none, &p, NULL, buf, sizeof(buf), &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_SYMBOL, "probe 'p': ");
}
IN_PROCESS(target__of_an_expression_is_looked_for, hook_enter)

static void run_probed(void)
{
	pid_t pid = fork();
	int status = 1;

	assert_true(pid >= 0);
	if (pid == 0) {
		close(STDOUT_FILENO);
		execl(probed, probed, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void fire_uprobe(const char *section, const struct hook_spec *kind,
			const struct skep_probe_spec *s, const struct skep_probe_attach_opts *o,
			uint32_t family)
{
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;
	int r;

	if (hook_load(kind, &h) < 0) {
		assert_true(kind->attach_type != 0);
		return;
	}
	const struct skep_probe_program p = program_in(section, kind, &h);

	r = skep_probe_spec_attach(s, &p, o, &a, &err);
	if (skep_attach_supported(NULL, family, SKEP_ATTACH_METHOD_AUTO, NULL) != 1) {
		assert_int_equal(err.kind, SKEP_ERR_UNSUPPORTED);
	} else {
		assert_done(r, &err);
		assert_int_equal(skep_attachment_family(a), family);
		assert_fires_until_detached_by(&h, a, run_probed);
		skep_attachment_close(a);
	}
	hook_close(&h);
}

static void uprobe__is_named_in_every_way_inside(void)
{
	_cleanup_(skep_binary_closep) struct skep_binary *binary = NULL;
	uint64_t offset = 0;
	char section[600];

	assert_int_equal(skep_binary_open(probed, NULL, &binary, NULL), 0);
	assert_int_equal(skep_binary_find(binary, "probed_one", &offset, NULL), 0);
	snprintf(section, sizeof(section), "uprobe/%s:probed_one", probed);
	{
		const struct skep_probe_spec specs[] = {
			{ .program = "p", .file = probed, .symbol = "probed_one" },
			{ .program = "p", .file = probed, .symbol = "probed_o*" },
			{ .program = "p", .file = probed, .symbol_regex = "^probed_[o]ne$" },
			{ .program = "p", .file = probed, .file_offset = offset },
			{ .program = "p", .file = probed, .symbol = "probed_*", .all = 1 },
			{ .program = "p",
			  .file = probed,
			  .symbol_regex = "^probed_(one|two)$",
			  .all = 1 },
		}, plain = { .program = "p" }, file = { .program = "p", .file = probed };
		const struct skep_probe_attach_opts tracefs = {
			.sz = sizeof(tracefs), .uprobe_method = SKEP_ATTACH_METHOD_TRACEFS
		};

		/* the kernel takes a tenth of a second to let go of each perf event, but not of links to many */
		for (size_t i = 0; i < ARRAY_SIZE(specs); i++)
			fire_uprobe("uprobe.multi", &uprobe_multi, &specs[i], NULL,
				    SKEP_ATTACH_FAMILY_UPROBE);
		fire_uprobe("uprobe", &kprobe, &specs[1], NULL, SKEP_ATTACH_FAMILY_UPROBE);
		fire_uprobe("uretprobe", &kprobe, &specs[0], &tracefs,
			    SKEP_ATTACH_FAMILY_URETPROBE);
		fire_uprobe(section, &kprobe, &plain, NULL, SKEP_ATTACH_FAMILY_UPROBE);
		fire_uprobe("uprobe/probed_one", &kprobe, &file, NULL, SKEP_ATTACH_FAMILY_UPROBE);
	}
}
IN_PROCESS(uprobe__is_named_in_every_way, hook_enter)

static void usdt__is_named_by_its_section_or_by_a_field_inside(void)
{
	const struct skep_probe_spec plain = { .program = "p" },
				     field = { .program = "p",
					       .file = probed,
					       .usdt = "probed:plain" },
				     none = { .program = "p",
					      .file = probed,
					      .usdt = "probed:none" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	char section[600];
	struct hook h;

	snprintf(section, sizeof(section), "usdt/%s:probed:counted", probed);
	fire_uprobe(section, &kprobe, &plain, NULL, SKEP_ATTACH_FAMILY_USDT);
	fire_uprobe("usdt", &kprobe, &field, NULL, SKEP_ATTACH_FAMILY_USDT);
	fire_uprobe("uprobe/whatever", &kprobe, &field, NULL, SKEP_ATTACH_FAMILY_USDT);
	fire_uprobe("usdt", &uprobe_multi, &field, NULL, SKEP_ATTACH_FAMILY_USDT);
	hook_open(&kprobe, &h);
	const struct skep_probe_program p = program_in("usdt", &kprobe, &h);

	assert_int_equal(skep_probe_spec_attach(&none, &p, NULL, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_HOOK, "'probed:none'");
	hook_close(&h);
}
IN_PROCESS(usdt__is_named_by_its_section_or_by_a_field, hook_enter)

/* What a program is loaded for, and what its probe may say of that. */
static const struct {
	const char *section; /* without the target */
	uint32_t family, type, attach_type;
	const char *target, *name; /* in BTF, and for people; NULL: the function of getpgid(2) */
} loaded_for[] = {
	{ "tp_btf", SKEP_ATTACH_FAMILY_TP_BTF, SKEP_PROG_TYPE_TRACING,
	  SKEP_ATTACH_TYPE_TRACE_RAW_TP, "btf_trace_sys_enter", "sys_enter" },
	{ "fentry", SKEP_ATTACH_FAMILY_FENTRY, SKEP_PROG_TYPE_TRACING,
	  SKEP_ATTACH_TYPE_TRACE_FENTRY, NULL, NULL },
	{ "fexit", SKEP_ATTACH_FAMILY_FEXIT, SKEP_PROG_TYPE_TRACING, SKEP_ATTACH_TYPE_TRACE_FEXIT,
	  NULL, NULL },
	{ "fmod_ret", SKEP_ATTACH_FAMILY_FMOD_RET, SKEP_PROG_TYPE_TRACING,
	  SKEP_ATTACH_TYPE_MODIFY_RETURN, "security_task_getpgid", "security_task_getpgid" },
	{ "lsm", SKEP_ATTACH_FAMILY_LSM, SKEP_PROG_TYPE_LSM, SKEP_ATTACH_TYPE_LSM_MAC,
	  "bpf_lsm_task_getpgid", "task_getpgid" },
};

static void tracing__is_attached_to_what_it_was_loaded_for_inside(void)
{
	size_t i, attached = 0;

	for (i = 0; i < ARRAY_SIZE(loaded_for); i++) {
		const char *name = loaded_for[i].name ? loaded_for[i].name : hook_function();
		const struct hook_spec kind = { .type = loaded_for[i].type,
						.attach_type = loaded_for[i].attach_type,
						.target = loaded_for[i].target
								  ? loaded_for[i].target
								  : name };
		const int by_tracepoint = loaded_for[i].family == SKEP_ATTACH_FAMILY_TP_BTF;
		struct skep_probe_spec named = { .program = "p" }, other = { .program = "p" };
		struct skep_attachment *a = NULL;
		struct skep_error err = { 0 };
		char section[160];
		struct hook h;

		*(by_tracepoint ? &named.tracepoint : &named.symbol) = name;
		*(by_tracepoint ? &other.tracepoint : &other.symbol) = "other";
		if (hook_load(&kind, &h) < 0) {
			assert_true(skep_attach_supported(NULL, loaded_for[i].family,
							  SKEP_ATTACH_METHOD_LINK, NULL) <= 0);
			continue;
		}
		snprintf(section, sizeof(section), "%s/%s", loaded_for[i].section, name);
		const struct skep_probe_program p = program_in(section, &kind, &h);

		assert_int_equal(skep_probe_spec_attach(&other, &p, NULL, &a, &err), -EINVAL);
		assert_told(&err, SKEP_ERR_INVALID,
			    "it names 'other', and the program was loaded for");
		assert_done(skep_probe_spec_attach(&named, &p, NULL, &a, &err), &err);
		assert_int_equal(skep_attachment_family(a), loaded_for[i].family);
		if (loaded_for[i].family != SKEP_ATTACH_FAMILY_LSM) { /* which may not be active */
			hook_call();
			assert_true(h.values[0] >= HOOK_CALLS);
		}
		attached++;
		skep_attachment_close(a);
		hook_close(&h);
	}
	assert_true(attached >= 1); /* tp_btf is everywhere */
}
IN_PROCESS(tracing__is_attached_to_what_it_was_loaded_for, hook_enter)

static void tracing__of_a_program_for_many_is_one_link_inside(void)
{
	static const struct {
		uint32_t family, attach_type;
	} many[] = {
		{ SKEP_ATTACH_FAMILY_FENTRY, SKEP_ATTACH_TYPE_TRACE_FENTRY_MULTI },
		{ SKEP_ATTACH_FAMILY_FEXIT, SKEP_ATTACH_TYPE_TRACE_FEXIT_MULTI },
	};
	const int stem = (int)strlen(hook_function()) - 1;
	char glob[128];
	int loaded = 0;

	snprintf(glob, sizeof(glob), "%.*s?", stem, hook_function());
	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		const struct hook_spec kind = { .type = SKEP_PROG_TYPE_TRACING,
						.attach_type = many[i].attach_type };
		const struct skep_probe_spec specs[] = {
			{ .program = "p", .symbol = hook_function() },
			{ .program = "p", .symbol = glob, .all = 1 },
		};
		struct skep_error err = { 0 };
		char target[16];
		struct hook h;

		if (hook_load(&kind, &h) < 0) {
			assert_true(skep_attach_supported(NULL, many[i].family,
							  SKEP_ATTACH_METHOD_MULTI, NULL) <= 0);
			continue;
		}
		const struct skep_probe_program p = { .type = kind.type,
						      .attach_type = kind.attach_type,
						      .fd = h.prog_fd };

		for (size_t k = 0; k < ARRAY_SIZE(specs); k++) {
			struct skep_attachment *a = NULL;

			assert_int_equal(skep_probe_spec_target(&specs[k], &p, NULL, target,
								sizeof(target), &err),
					 0);
			assert_done(skep_probe_spec_attach(&specs[k], &p, NULL, &a, &err), &err);
			assert_int_equal(skep_attachment_method(a), SKEP_ATTACH_METHOD_MULTI);
			assert_fires_until_detached(&h, a);
			skep_attachment_close(a);
		}
		loaded++;
		hook_close(&h);
	}
	if (!loaded)
		lab_skip(); /* before 7.3 */
}
IN_PROCESS(tracing__of_a_program_for_many_is_one_link, hook_enter)

static void lsm_cgroup__is_attached_to_the_group_of_the_probe_inside(void)
{
	const struct hook_spec kind = { .type = SKEP_PROG_TYPE_LSM,
					.attach_type = SKEP_ATTACH_TYPE_LSM_CGROUP,
					.target = "bpf_lsm_socket_create",
					.returned = 1 };
	struct skep_probe_spec spec = { .program = "p" };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	char relative[64];
	struct hook h;
	int cgroup, r;

	if (hook_load(&kind, &h) < 0) {
		assert_true(skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_LSM_CGROUP,
						  SKEP_ATTACH_METHOD_LINK, NULL) <= 0);
		lab_skip();
	}
	const struct skep_probe_program p = program_in("lsm_cgroup/socket_create", &kind, &h);

	cgroup = fixture_cgroup();
	snprintf(relative, sizeof(relative), "skep-test-%d", getpid());
	spec.cgroup = relative;
	r = skep_probe_spec_attach(&spec, &p, NULL, &a, &err);
	if (assert_attached(r, &err, a, SKEP_ATTACH_FAMILY_LSM_CGROUP, SKEP_ATTACH_METHOD_LINK))
		assert_non_null(strstr(skep_attachment_target(a), relative));
	skep_attachment_close(a);
	fixture_cgroup_remove(cgroup);
	hook_close(&h);
}
IN_PROCESS(lsm_cgroup__is_attached_to_the_group_of_the_probe, hook_enter)

static void iterator__is_made_ready_to_be_read_inside(void)
{
	const struct hook_spec kind = { .type = SKEP_PROG_TYPE_TRACING,
					.attach_type = SKEP_ATTACH_TYPE_TRACE_ITER,
					.target = "bpf_iter_task" };
	const struct skep_probe_spec all = { .program = "p", .symbol = "task" },
				     map = { .program = "p", .map = "none" };
	struct skep_attachment *a = NULL;
	struct skep_iter *iter = NULL;
	struct skep_error err = { 0 };
	const char *line;
	struct hook h;

	hook_open(&kind, &h);
	const struct skep_probe_program p = program_in("iter/task", &kind, &h);

	assert_done(skep_probe_spec_attach(&all, &p, NULL, &a, &err), &err);
	assert_done(skep_iter_open(a, &iter, &err), &err);
	assert_int_equal(skep_iter_line(iter, &line), 0);
	assert_true(h.values[0] >= 3);
	skep_iter_close(iter);
	a = skep_attachment_close(a);
	assert_int_equal(skep_probe_spec_attach(&map, &p, NULL, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_MAP, "there is no map 'none'");
	hook_close(&h);
}
IN_PROCESS(iterator__is_made_ready_to_be_read, hook_enter)

static void burn(void)
{
	for (volatile int i = 0; i < 20000000; i++)
		;
}

static void perf_event__samples_a_clock_inside(void)
{
	const struct hook_spec kind = { .type = SKEP_PROG_TYPE_PERF_EVENT };
	const struct skep_probe_spec spec = { .program = "p",
					      .event_type = PERF_TYPE_SOFTWARE,
					      .event_config = PERF_COUNT_SW_CPU_CLOCK,
					      .period = 1000000 };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;

	hook_open(&kind, &h);
	const struct skep_probe_program p = program_in("perf_event/cpu_clock", &kind, &h);

	assert_done(skep_probe_spec_attach(&spec, &p, NULL, &a, &err), &err);
	assert_int_equal(skep_attachment_family(a), SKEP_ATTACH_FAMILY_PERF_EVENT);
	assert_fires_until_detached_by(&h, a, burn);
	skep_attachment_close(a);
	hook_close(&h);
}
IN_PROCESS(perf_event__samples_a_clock, hook_enter)

static void dry_run__says_what_would_be_done_inside(void)
{
	const struct hook_spec kind = { .type = SKEP_PROG_TYPE_TRACEPOINT };
	const struct skep_probe_spec spec = { .program = "p" };
	struct skep_probe_attach_opts o = { .sz = sizeof(o), .flags = SKEP_ATTACH_DRY_RUN };
	struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	struct hook h;

	hook_open(&kind, &h);
	struct skep_probe_program p = program_in("tp/syscalls/sys_enter_getpgid", &kind, &h);

	assert_done(skep_probe_spec_attach(&spec, &p, &o, &a, &err), &err);
	assert_false(skep_attachment_is_attached(a));
	assert_string_equal(skep_attachment_target(a), "syscalls/sys_enter_getpgid");
	assert_int_equal(hook_count(&h), 0);
	a = skep_attachment_close(a);
	p.attach_target = "syscalls/none";
	assert_int_equal(skep_probe_spec_attach(&spec, &p, &o, &a, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NO_EVENT, "probe 'p': ");
	o.flags = 1u << 20;
	assert_int_equal(skep_probe_spec_attach(&spec, &p, &o, &a, &err), -EINVAL);
	o.flags = 0;
	p.fd = -1;
	assert_int_equal(skep_probe_spec_attach(&spec, &p, &o, &a, &err), -EBADF);
	assert_told(&err, SKEP_ERR_PROBE_NOT_LOADED, "is not loaded");
	assert_null(a);
	hook_close(&h);
}
IN_PROCESS(dry_run__says_what_would_be_done, hook_enter)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracepoint__is_named_by_its_section_or_by_fields),
		cmocka_unit_test(raw_tracepoint__is_named_by_its_section_or_by_a_field),
		cmocka_unit_test(kprobe__is_named_in_every_way),
		cmocka_unit_test(kprobe__takes_the_methods_that_were_asked_for),
		cmocka_unit_test(kprobe__of_a_program_for_many_is_one_link),
		cmocka_unit_test(kprobe__finds_a_function_that_compilers_renamed),
		cmocka_unit_test(kprobe__of_no_function_is_told),
		cmocka_unit_test(syscall__is_looked_for_where_the_caller_says),
		cmocka_unit_test(target__of_an_expression_is_looked_for),
		cmocka_unit_test(uprobe__is_named_in_every_way),
		cmocka_unit_test(usdt__is_named_by_its_section_or_by_a_field),
		cmocka_unit_test(tracing__is_attached_to_what_it_was_loaded_for),
		cmocka_unit_test(tracing__of_a_program_for_many_is_one_link),
		cmocka_unit_test(lsm_cgroup__is_attached_to_the_group_of_the_probe),
		cmocka_unit_test(iterator__is_made_ready_to_be_read),
		cmocka_unit_test(perf_event__samples_a_clock),
		cmocka_unit_test(dry_run__says_what_would_be_done),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_probe PROBED\n");
		return 2;
	}
	probed = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
