/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <string.h>

#include <skep/map_name.h>

static const struct {
	const char *name, *prefix, *common;
} cases[] = {
	{ "cilium_calls_1157", "cilium_", "calls" },
	{ "cilium_calls_netdev_ns_1", "cilium_", "calls" },
	{ "cilium_calls_overlay_2", "cilium_", "calls" },
	{ "cilium_ct4_global", "cilium_", "ct4_global" },
	{ "cilium_ct_any4_global", "cilium_", "ct_any4_global" },
	{ "cilium_events", "cilium_", "events" },
	{ "cilium_ipcache", "cilium_", "ipcache" },
	{ "cilium_lb4_reverse_nat", "cilium_", "lb4_reverse_nat" },
	{ "cilium_lb4_rr_seq", "cilium_", "lb4_rr_seq" },
	{ "cilium_lb4_services_v2", "cilium_", "lb4_services_v2" },
	{ "cilium_lxc", "cilium_", "lxc" },
	{ "cilium_metrics", "cilium_", "metrics" },
	{ "cilium_policy", "cilium_", "policy" },
	{ "cilium_policy_01157", "cilium_", "policy" },
	{ "cilium_policy_reserved_1", "cilium_", "policy" },
	{ "cilium_policy_v2_1157", "cilium_", "policy" },
	{ "cilium_policy_v2_reserved_1", "cilium_", "policy" },
	{ "cilium_proxy4", "cilium_", "proxy4" },
	{ "cilium_tunnel_map", "cilium_", "tunnel_map" },
	/* something has to be left */
	{ "cilium_", "cilium_", "cilium_" },
	{ "cilium__7", "cilium_", "_7" },
	{ "cilium_v2_7", "cilium_", "v2" },
	{ "cilium_reserved_7", "cilium_", "reserved" },
	{ "cilium__reserved_7", "cilium_", "_reserved" },
	{ "cilium_7", "cilium_", "7" },
	/* only at the end, and only of numbers */
	{ "cilium_a_12_b", "cilium_", "a_12_b" },
	{ "cilium_a_12b", "cilium_", "a_12b" },
	{ "cilium_a_overlay_2_3", "cilium_", "a_overlay_2" },
	/* another prefix, none, and that of somebody else */
	{ "agent_flows_12", "agent_", "flows" },
	{ "flows_12", "", "flows" },
	{ "flows_12", NULL, "flows" },
	{ "other_flows_12", "cilium_", "other_flows_12" },
	/* of a path, the last part */
	{ "tc/globals/cilium_policy_00042", "cilium_", "policy" },
	{ "", "cilium_", "" },
};

static void common_name__is_what_maps_of_a_kind_share(void **state)
{
	char buf[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int len = skep_map_name_common(cases[i].name, cases[i].prefix, buf, sizeof(buf));

		check_text(buf, cases[i].common, "'%s'", cases[i].name);
		check_int(len, (int64_t)strlen(cases[i].common), "'%s'", cases[i].name);
	}
}

static int write_common(char *buf, size_t size, const void *userdata)
{
	return skep_map_name_common(userdata, "cilium_", buf, size);
}

static void common_name__fits_or_says_so(void **state)
{
	(void)state;
	check_every_size(write_common, "cilium_policy_v2_1157", "policy");
}

static void plain_name__is_without_its_prefix(void **state)
{
	static const struct {
		const char *name, *prefix, *plain;
	} names[] = {
		{ "cilium_lxc", "cilium_", "lxc" },
		{ "tc/globals/cilium_lxc", "cilium_", "lxc" },
		{ "cilium_lxc", "", "cilium_lxc" },
		{ "cilium_lxc", NULL, "cilium_lxc" },
		{ "cilium_", "cilium_", "cilium_" },
		{ "lxc", "cilium_", "lxc" },
		{ "a_cilium_b", "cilium_", "a_cilium_b" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		check_text(skep_map_name_plain(names[i].name, names[i].prefix), names[i].plain,
			   "'%s'", names[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(common_name__is_what_maps_of_a_kind_share),
		cmocka_unit_test(common_name__fits_or_says_so),
		cmocka_unit_test(plain_name__is_without_its_prefix),
	};

	return cmocka_run_group_tests_name("map_name", tests, NULL, NULL);
}
