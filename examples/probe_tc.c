/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Packets of the loopback interface: all that leave; and of those that come ARP alone, by a filter with a place of its own.
 *
 *	$ sudo ./probe_tc probe_tc.bpf.o
 *	on_ingress: filter of protocol 0x806, priority 1000, handle 2
 *	packets out, nothing in
 */
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/attach_tc.h>
#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/map.h>
#include <skep/probe_spec.h>

static const struct skep_probe_spec probes[] = {
	{ .program = "on_egress", .interface = "lo", .direction = SKEP_DIRECTION_EGRESS },
	{ .program = "on_ingress",
	  .interface = "lo",
	  .direction = SKEP_DIRECTION_INGRESS,
	  .protocol = ETH_P_ARP,
	  .priority = 1000,
	  .handle = 2 },
};

static int act(const struct skep_manager *m)
{
	const struct skep_probe *p = skep_manager_probe_at(m, 1);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = 9 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct skep_tc_filter f = { 0 };
	uint64_t counts[2] = { 0 };
	const struct skep_map *map = skep_loaded_map_find(skep_manager_loaded(m), ".bss")->map;
	const uint32_t key = 0;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		perror("send");
	close(fd);
	if (SKEP_MAP_LOOKUP(map, &key, &counts) < 0)
		return -1;
	skep_tc_filter_of(skep_probe_attachment_at(p, 0), &f);
	printf("%s: filter of protocol 0x%llx, priority %llu, handle %llu\n",
	       skep_probe_spec(p)->program, (unsigned long long)f.protocol,
	       (unsigned long long)f.priority, (unsigned long long)f.handle);
	printf("%s out, %s in\n", counts[0] ? "packets" : "nothing",
	       counts[1] ? "packets" : "nothing");
	return 0;
}

int main(int argc, char **argv)
{
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_error err = { 0 };
	int r = skep_manager_open_file(argc > 1 ? argv[1] : "", &o, &m, &err);

	if (r == 0)
		r = skep_manager_load(m, &err);
	if (r == 0)
		r = skep_manager_start(m, &err);
	if (r == 0)
		r = act(m);
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r < 0 ? skep_error_exit_code(err.kind) : 0;
}
