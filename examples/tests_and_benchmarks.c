/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Tests a program on packets of one's own, and measures it. No interface is touched.
 *
 *	$ sudo ./tests_and_benchmarks
 *	ARP: returns 1, as wanted
 *	IPv4: returns 2, as wanted
 *	IPv6: returns 2, which is not wanted
 *	1000 runs: ... ns each
 */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/manager_run.h>
#include <skep/probe_spec.h>

static const struct {
	const char *name;
	uint16_t protocol;
	uint64_t wanted;
} tests[] = {
	{ "ARP", ETH_P_ARP, XDP_DROP },
	{ "IPv4", ETH_P_IP, XDP_PASS },
	{ "IPv6", ETH_P_IPV6, XDP_DROP }, /* on purpose */
};

static int test(struct skep_probe *probe, size_t i, struct skep_error *err)
{
	struct ethhdr eth = { .h_proto = htons(tests[i].protocol) };
	const struct skep_probe_run_opts o = { .sz = sizeof(o),
					       .data = &eth,
					       .data_bytes = sizeof(eth) };
	struct skep_probe_run_result result;
	int r = skep_probe_run(probe, &o, &result, err);

	if (r == 0)
		printf("%s: returns %u, %s\n", tests[i].name, (unsigned)result.returned,
		       result.returned == tests[i].wanted ? "as wanted" : "which is not wanted");
	return r;
}

static int benchmark(struct skep_probe *probe, struct skep_error *err)
{
	const struct ethhdr eth = { .h_proto = htons(ETH_P_IP) };
	const struct skep_probe_run_opts o = {
		.sz = sizeof(o), .data = &eth, .data_bytes = sizeof(eth), .repeat = 1000
	};
	struct skep_probe_run_result result;
	int r = skep_probe_run(probe, &o, &result, err);

	if (r == 0)
		printf("1000 runs: %u ns each\n", (unsigned)result.duration_ns);
	return r;
}

int main(void)
{
	static const struct skep_probe_spec probes[] = { { .program = "no_arp", .disabled = 1 } };
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int r = skep_manager_open_file("tests_and_benchmarks.bpf.o", &o, &m, &err);
	size_t i;

	r = r < 0 ? r : skep_manager_load(m, &err);
	for (i = 0; r == 0 && i < sizeof(tests) / sizeof(tests[0]); i++)
		r = test(skep_manager_probe_at(m, 0), i, &err);
	if (r == 0)
		r = benchmark(skep_manager_probe_at(m, 0), &err);
	if (r < 0)
		fprintf(stderr, "tests_and_benchmarks: %s\n", err.msg);
	return r < 0;
}
