/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Half fills a map that has a name, and tells how full it is as Prometheus reads it.
 *
 *	$ sudo ./map_pressure
 *	# HELP agent_bpf_map_pressure Elements of a BPF map by the most it has room for.
 *	# TYPE agent_bpf_map_pressure gauge
 *	agent_bpf_map_pressure{map_name="flows"} 0.5
 *	# HELP agent_metrics_collector_failures_total Times that a collector of metrics has failed.
 *	# TYPE agent_metrics_collector_failures_total counter
 *	agent_metrics_collector_failures_total 0
 */
#include <stdint.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_pressure.h>
#include <skep/metrics.h>

static int write_out(const char *bytes, size_t len, void *userdata)
{
	(void)userdata;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -1;
}

static int half_fill(struct skep_map *map, struct skep_error *err)
{
	uint32_t key, value = 0;
	int r = 0;

	for (key = 0; key < skep_map_max_entries(map) / 2 && r == 0; key++)
		r = SKEP_MAP_UPDATE(map, &key, &value, 0);
	return r < 0 ? skep_map_fail(err, map, "update", r) : 0;
}

int main(void)
{
	const struct skep_map_spec spec = { .sz = sizeof(spec),
					    .name = "agent_flows",
					    .type = SKEP_MAP_TYPE_HASH,
					    .key_size = sizeof(uint32_t),
					    .value_size = sizeof(uint32_t),
					    .max_entries = 1000 };
	struct skep_map_pressure_opts opts = { .sz = sizeof(opts), .prefix = "agent_" };
	struct skep_map_pressure *pressure = NULL;
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	int r;

	r = skep_metrics_new("agent", &opts.metrics, &err);
	if (r == 0)
		r = skep_map_create(&spec, &map, &err);
	if (r == 0)
		r = skep_map_pressure_open(map, &opts, &pressure, &err);
	if (r == 0)
		r = half_fill(map, &err);
	if (r == 0)
		r = skep_metrics_print(opts.metrics, SKEP_METRICS_PROMETHEUS, write_out, NULL,
				       &err);
	if (r < 0)
		fprintf(stderr, "map_pressure: %s\n", err.msg);
	skep_map_pressure_close(pressure);
	skep_map_close(map);
	skep_metrics_free(opts.metrics);
	return r < 0;
}
