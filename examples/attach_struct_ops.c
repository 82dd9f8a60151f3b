/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Registers a table of functions of the kernel, a congestion control, and has a connection use it. Maps for links of tables
 * are of Linux 6.4: a table in SEC(".struct_ops") is registered by older kernels, too.
 *
 *	$ sudo ./attach_struct_ops attach_struct_ops.bpf.o
 *	struct_ops the table 'counting', by link
 *	1 connection of skep_counting
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <skep/attach_struct_ops.h>
#include <skep/sys.h>

#include "runs.h"

#define NAME "skep_counting"

/* The whole object: the table, and the programs that it names. */
static int load(const char *path, struct skep_loaded **ret, struct skep_error *err)
{
	_cleanup_(skep_object_closep) struct skep_object *object = NULL;
	int r = skep_attach_supported(NULL, SKEP_ATTACH_FAMILY_STRUCT_OPS, SKEP_ATTACH_METHOD_LINK,
				      err);

	if (r == 0) {
		*err = (struct skep_error){ .kind = SKEP_ERR_UNSUPPORTED,
					    .msg = "no links of tables of functions: Linux 6.4" };
		return -EOPNOTSUPP;
	}
	r = skep_object_open_file(path, NULL, &object, err);
	return r < 0 ? r : skep_object_load(object, NULL, ret, err);
}

/* From one socket to another, in a network namespace of their own. */
static int connect_by_table(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(to);
	int r = ioctl(server, SIOCSIFFLAGS, &lo);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r = r < 0 ? r : bind(server, (struct sockaddr *)&to, sizeof(to));
	r = r < 0 ? r : listen(server, 1);
	r = r < 0 ? r : getsockname(server, (struct sockaddr *)&to, &len);
	r = r < 0 ? r : setsockopt(client, IPPROTO_TCP, TCP_CONGESTION, NAME, strlen(NAME));
	r = r < 0 ? r : connect(client, (struct sockaddr *)&to, sizeof(to));
	skep_sys_close(&client);
	skep_sys_close(&server);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_struct_ops_opts o = { .sz = sizeof(o) };
	struct skep_error err = { .msg = "no network namespace" };
	int r = unshare(CLONE_NEWNET);

	r = r < 0 ? r : load(argv[argc - 1], &loaded, &err);
	if (r < 0)
		return fail("attach_struct_ops", &err);
	o.value = skep_loaded_struct_ops(loaded, "counting", &o.value_bytes);
	r = skep_struct_ops_attach(skep_map_fd(skep_loaded_map_find(loaded, "counting")->map), &o,
				   &a, &err);
	if (r < 0)
		return fail("attach_struct_ops", &err);
	tell(a);
	if (connect_by_table() < 0)
		perror("attach_struct_ops: connect");
	printf("%" PRIu64 " connection of " NAME "\n", runs_of(loaded));
	return 0;
}
