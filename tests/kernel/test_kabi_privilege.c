/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What src/kabi/operation.def says that an operation needs, against what the running kernel asks for. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <skep/kabi.h>

#include "lab/netns.h"
#include "lab/privilege.h"

#define LOOPBACK_IFINDEX 1 /* in every network namespace */

static struct {
	/* opened before the capabilities are dropped */
	int map, prog, xdp, skb, cgroup;
	char cgroup_path[64];
	uint32_t kernel_major, kernel_minor;
} given;

/* r0 = 0; exit */
static const struct bpf_insn insns[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int load(enum bpf_prog_type type)
{
	return bpf_prog_load(type, NULL, "GPL", insns, ARRAY_SIZE(insns), NULL);
}

static int map_create(void *userdata)
{
	(void)userdata;
	return bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4, 1, NULL);
}

static int map_create_network(void *userdata)
{
	(void)userdata;
	return bpf_map_create(BPF_MAP_TYPE_DEVMAP, NULL, 4, 4, 1, NULL);
}

static int map_access(void *userdata)
{
	uint32_t key = 0, value;

	(void)userdata;
	return bpf_map_lookup_elem(given.map, &key, &value);
}

static int prog_load_plain(void *userdata)
{
	(void)userdata;
	return load(BPF_PROG_TYPE_SOCKET_FILTER);
}

static int prog_load_network(void *userdata)
{
	(void)userdata;
	return load(BPF_PROG_TYPE_XDP);
}

static int prog_load_tracing(void *userdata)
{
	(void)userdata;
	return load(BPF_PROG_TYPE_RAW_TRACEPOINT);
}

static int prog_test_run(void *userdata)
{
	char packet[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	(void)userdata;
	return bpf_prog_test_run_opts(given.prog, &opts);
}

/* Without the capability there is an answer, but it has no instructions. */
static int prog_dump(void *userdata)
{
	struct skep_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int r = bpf_obj_get_info_by_fd(given.prog, &info, &len);

	(void)userdata;
	return r < 0 ? r : info.xlated_prog_len ? 0 : -EPERM;
}

static int object_info(void *userdata)
{
	struct skep_map_info info = { 0 };
	uint32_t len = sizeof(info);

	(void)userdata;
	return bpf_obj_get_info_by_fd(given.map, &info, &len);
}

static int object_by_id(void *userdata)
{
	uint32_t id = 0;
	int r = bpf_map_get_next_id(id, &id);

	(void)userdata;
	return r < 0 ? r : bpf_map_get_fd_by_id(id);
}

static int btf_load(void *userdata)
{
	struct btf *btf = btf__new_empty();
	const void *data;
	uint32_t size;
	int r = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);

	(void)userdata;
	data = btf__raw_data(btf, &size);
	r = r < 0 ? r : bpf_btf_load(data, size, NULL);
	btf__free(btf);
	return r;
}

static int attach_netlink(void *userdata)
{
	int r = bpf_xdp_attach(LOOPBACK_IFINDEX, given.xdp, XDP_FLAGS_SKB_MODE, NULL);

	(void)userdata;
	return r < 0 ? r : bpf_xdp_detach(LOOPBACK_IFINDEX, XDP_FLAGS_SKB_MODE, NULL);
}

static int attach_link(void *userdata)
{
	(void)userdata;
	return bpf_link_create(given.xdp, LOOPBACK_IFINDEX, BPF_XDP, NULL);
}

static int attach_cgroup(void *userdata)
{
	(void)userdata;
	return bpf_link_create(given.skb, given.cgroup, BPF_CGROUP_INET_INGRESS, NULL);
}

/* What is asked about is not there: without the capability that is not found out. */
static int attach_query(void *userdata)
{
	uint32_t count = 0;
	int r = bpf_prog_query(-1, BPF_CGROUP_INET_INGRESS, 0, NULL, NULL, &count);

	(void)userdata;
	return r == -EPERM ? r : 0;
}

static int task_fd_query(void *userdata)
{
	char name[16];
	uint32_t len = sizeof(name), prog, type;
	__u64 offset, addr;
	int r = bpf_task_fd_query(getpid(), given.map, 0, name, &len, &prog, &type, &offset, &addr);

	(void)userdata;
	return r == -EPERM ? r : 0;
}

static int enable_stats(void *userdata)
{
	(void)userdata;
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}

static int netns_enter(void *userdata)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	(void)userdata;
	return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

static int memlock_raise(void *userdata)
{
	struct rlimit limit;

	(void)userdata;
	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max = limit.rlim_max == RLIM_INFINITY ? 4096 : limit.rlim_max;
	if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
	return setrlimit(RLIMIT_MEMLOCK, &limit) < 0 ? -errno : 0;
}

static const struct {
	uint32_t operation;
	lab_privileged_fn fn;
} operations[] = {
	{ SKEP_OPERATION_MAP_CREATE, map_create },
	{ SKEP_OPERATION_MAP_CREATE_NETWORK, map_create_network },
	{ SKEP_OPERATION_MAP_ACCESS, map_access },
	{ SKEP_OPERATION_PROG_LOAD_PLAIN, prog_load_plain },
	{ SKEP_OPERATION_PROG_LOAD_NETWORK, prog_load_network },
	{ SKEP_OPERATION_PROG_LOAD_TRACING, prog_load_tracing },
	{ SKEP_OPERATION_PROG_TEST_RUN, prog_test_run },
	{ SKEP_OPERATION_PROG_DUMP, prog_dump },
	{ SKEP_OPERATION_OBJECT_INFO, object_info },
	{ SKEP_OPERATION_OBJECT_BY_ID, object_by_id },
	{ SKEP_OPERATION_BTF_LOAD, btf_load },
	{ SKEP_OPERATION_ATTACH_LINK, attach_link },
	{ SKEP_OPERATION_ATTACH_NETLINK, attach_netlink },
	{ SKEP_OPERATION_ATTACH_CGROUP, attach_cgroup },
	{ SKEP_OPERATION_ATTACH_QUERY, attach_query },
	{ SKEP_OPERATION_TASK_FD_QUERY, task_fd_query },
	{ SKEP_OPERATION_ENABLE_STATS, enable_stats },
	{ SKEP_OPERATION_NETNS_ENTER, netns_enter },
	{ SKEP_OPERATION_MEMLOCK_RAISE, memlock_raise },
};

static uint64_t needs(size_t i)
{
	return skep_operation_capabilities_on(operations[i].operation, given.kernel_major,
					      given.kernel_minor);
}

static void operation__is_permitted_with_what_it_needs_alone(void **state)
{
	uint64_t held = lab_capabilities();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		const char *name = skep_operation_name(operations[i].operation);
		int r;

		if (needs(i) & ~held) {
			print_message("# %s: this process lacks 0x%" PRIx64 "\n", name,
				      needs(i) & ~held);
			continue;
		}
		r = lab_with_capabilities(needs(i), operations[i].fn, NULL);
		check_int(r < 0 ? r : 0, 0, "%s with 0x%" PRIx64, name, needs(i));
	}
}

static void operation__is_refused_if_one_is_missing(void **state)
{
	const uint64_t admin = SKEP_CAPABILITY_BIT(SYS_ADMIN);
	uint64_t held = lab_capabilities(), bit;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(operations); i++)
		for (bit = 1; bit; bit <<= 1)
			if (needs(i) & bit) {
				int r = lab_with_capabilities(held & ~bit & ~admin,
							      operations[i].fn, NULL);

				check_int(r, -EPERM, "%s without 0x%" PRIx64,
					  skep_operation_name(operations[i].operation), bit);
			}
}

static void sys_admin__stands_in_for_bpf_and_perfmon(void **state)
{
	const uint64_t carved = SKEP_CAPABILITY_BIT(BPF) | SKEP_CAPABILITY_BIT(PERFMON),
		       admin = SKEP_CAPABILITY_BIT(SYS_ADMIN);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(operations); i++)
		if (needs(i) & carved) {
			int r = lab_with_capabilities((needs(i) & ~carved) | admin,
						      operations[i].fn, NULL);

			check_int(r < 0 ? r : 0, 0, "%s",
				  skep_operation_name(operations[i].operation));
		}
}

/* The table is about systems where it is set; guests' distributions and ours set it. */
static int unprivileged_bpf_is_off(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int set = 0;

	return f && fscanf(f, "%d", &set) == 1 && set;
}

/* A control group of our own, wherever they are mounted. */
static int make_cgroup(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(roots); i++) {
		snprintf(given.cgroup_path, sizeof(given.cgroup_path), "%s/skep-kabi-%d", roots[i],
			 (int)getpid());
		if (mkdir(given.cgroup_path, 0700) == 0)
			return open(given.cgroup_path, O_RDONLY | O_CLOEXEC);
	}
	return -errno;
}

static int clean(void **state)
{
	(void)state;
	return rmdir(given.cgroup_path);
}

static int prepare(void **state)
{
	struct utsname u;

	(void)state;
	if (lab_netns_enter() < 0)
		return -1;
	if (!unprivileged_bpf_is_off()) {
		print_message("# kernel.unprivileged_bpf_disabled is 0\n");
		return -1;
	}
	given.map = map_create(NULL);
	given.prog = prog_load_plain(NULL);
	given.xdp = prog_load_network(NULL);
	given.skb = load(BPF_PROG_TYPE_CGROUP_SKB);
	given.cgroup = make_cgroup();
	if (given.map < 0 || given.prog < 0 || given.xdp < 0 || given.skb < 0 || given.cgroup < 0 ||
	    uname(&u) < 0)
		return -1;
	return sscanf(u.release, "%u.%u", &given.kernel_major, &given.kernel_minor) - 2;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(operation__is_permitted_with_what_it_needs_alone),
		cmocka_unit_test(operation__is_refused_if_one_is_missing),
		cmocka_unit_test(sys_admin__stands_in_for_bpf_and_perfmon),
	};

	return cmocka_run_group_tests(tests, prepare, clean);
}
