/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/kabi_section.h>

#include "check.h"

#include <string.h>

#include <bpf/libbpf.h>

#include <skep/kabi.h>

#include "sys/libbpf_print.h"

static void section__names_are_known_by_their_beginning(void **state)
{
	static const struct {
		const char *name, *prefix, *target;
	} want[] = {
		{ "xdp", "xdp", "" },
		{ "xdp/ingress", "xdp", "ingress" },
		{ "xdp_filter", "xdp", "" },
		{ "xdp/devmap", "xdp/devmap", "" },
		{ "xdp.frags/cpumap", "xdp.frags/cpumap", "" },
		{ "?fentry.s/do_unlinkat", "fentry.s", "do_unlinkat" },
		{ "classifier/from-host", "classifier", "from-host" },
		{ "tc/ingress", "tc/ingress", "" },
		{ "tc", "tc", "" },
		{ "socket1", "socket", "" },
		{ "tracepoint/sched/sched_switch", "tracepoint", "sched/sched_switch" },
		{ "raw_tp.w/x", "raw_tp.w", "x" },
		{ "kprobe.multi/tcp_*", "kprobe.multi", "tcp_*" },
		{ "cgroup/connect4", "cgroup/connect4", "" },
		{ "cgroup/sock_release", "cgroup/sock_release", "" },
		{ "fentryx", NULL, NULL },
		{ "7/2", NULL, NULL },
		{ "from-container", NULL, NULL },
		{ "", NULL, NULL },
	};
	const struct skep_section_rule *rule;
	const char *target;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		rule = skep_section_find(want[i].name, &target);
		check_int(!!rule, !!want[i].prefix, "%s", want[i].name);
		if (!rule)
			continue;
		check_text(rule->prefix, want[i].prefix, "%s", want[i].name);
		check_text(target, want[i].target, "%s", want[i].name);
	}
}

/* Whatever libbpf knows, the table says the same of. */
static void section__rules_agree_with_libbpf(void **state)
{
	const struct skep_section_rule *rules, *rule;
	struct sys_libbpf_print print;
	enum bpf_attach_type attach_type;
	enum bpf_prog_type type;
	size_t count, i, known = 0;
	char name[64];
	int form;

	(void)state;
	rules = skep_section_rules(&count);
	for (i = 0; i < count; i++)
		for (form = 0; form < 2; form++) {
			snprintf(name, sizeof(name), "%s%s", rules[i].prefix, form ? "/x" : "");
			sys_libbpf_print_begin(&print);
			if (libbpf_prog_type_by_name(name, &type, &attach_type) == 0) {
				rule = skep_section_find(name, NULL);
				check_u64(rule->prog_type, type, "%s", name);
				check_u64(rule->attach_type, attach_type, "%s", name);
				known++;
			}
			sys_libbpf_print_end(&print);
		}
	assert_true(known > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(section__names_are_known_by_their_beginning),
		cmocka_unit_test(section__rules_agree_with_libbpf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
