/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the library finds out about processes and limits, compared with what the live kernel says in another way. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include <skep/fdinfo.h>
#include <skep/memlock.h>

#include "base/cleanup.h"
#include "fixture.h"

#define HAS(name) SKEP_FDINFO_HAS_##name

/* An object of each kind. */
struct objects {
	int map_fd, array_fd, prog_fd, link_fd;
};

static int load_program(enum bpf_prog_type type)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "facts", "GPL", insns, ARRAY_SIZE(insns), NULL);
}

static struct objects objects_open(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	struct objects o;
	uint32_t slot = 0;

	o.map_fd = bpf_map_create(BPF_MAP_TYPE_HASH, "facts", 4, 24, 77, &opts);
	o.array_fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "facts", 4, 4, 1, NULL);
	o.prog_fd = load_program(BPF_PROG_TYPE_RAW_TRACEPOINT);
	assert_true(o.map_fd >= 0 && o.array_fd >= 0 && o.prog_fd >= 0);
	o.link_fd = bpf_raw_tracepoint_open("sys_enter", o.prog_fd);
	assert_true(o.link_fd >= 0);
	assert_int_equal(bpf_map_update_elem(o.array_fd, &slot, &o.prog_fd, 0), 0);
	return o;
}

static void objects_close(struct objects *o)
{
	close(o->link_fd);
	close(o->prog_fd);
	close(o->array_fd);
	close(o->map_fd);
}

static struct skep_fdinfo read_ok(pid_t pid, int fd, uint64_t kind)
{
	struct skep_fdinfo info;
	struct skep_error err = { 0 };

	assert_ok(skep_fdinfo_read(pid, fd, &info, &err), &err);
	assert_int_equal(info.kind, kind);
	return info;
}

static void check_map(pid_t pid, int fd)
{
	const uint64_t always = HAS(MAP_TYPE) | HAS(KEY_SIZE) | HAS(VALUE_SIZE) | HAS(MAX_ENTRIES) |
				HAS(MAP_FLAGS) | HAS(MEMLOCK) | HAS(MAP_ID) | HAS(FROZEN);
	struct skep_fdinfo info = read_ok(pid, fd, SKEP_FDINFO_MAP);
	struct bpf_map_info told = { 0 };
	uint32_t size = sizeof(told);

	assert_int_equal(bpf_map_get_info_by_fd(fd, &told, &size), 0);
	assert_int_equal(info.present & always, always);
	assert_int_equal(info.map_type, told.type);
	assert_int_equal(info.map_id, told.id);
	assert_int_equal(info.key_size, told.key_size);
	assert_int_equal(info.value_size, told.value_size);
	assert_int_equal(info.max_entries, told.max_entries);
	assert_int_equal(info.map_flags, told.map_flags);
	assert_true(info.memlock_bytes > 0);
	assert_int_equal(info.frozen, 0);
	if (info.map_type == BPF_MAP_TYPE_PROG_ARRAY) {
		assert_true(info.present & HAS(OWNER_PROG_TYPE));
		assert_int_equal(info.owner_prog_type, BPF_PROG_TYPE_RAW_TRACEPOINT);
	} else {
		assert_false(info.present & HAS(OWNER_PROG_TYPE));
	}
}

static void check_prog(pid_t pid, int fd)
{
	const uint64_t always = HAS(PROG_TYPE) | HAS(PROG_JITED) | HAS(PROG_TAG) | HAS(MEMLOCK) |
				HAS(PROG_ID) | HAS(RUN_TIME_NS) | HAS(RUN_CNT);
	struct skep_fdinfo info = read_ok(pid, fd, SKEP_FDINFO_PROG);
	struct bpf_prog_info told = { 0 };
	uint32_t size = sizeof(told);

	assert_int_equal(bpf_prog_get_info_by_fd(fd, &told, &size), 0);
	assert_int_equal(info.present & always, always);
	assert_int_equal(info.prog_type, told.type);
	assert_int_equal(info.prog_id, told.id);
	assert_int_equal(info.prog_jited, told.jited_prog_len > 0);
	assert_memory_equal(info.prog_tag, told.tag, sizeof(told.tag));
	assert_int_equal(info.verified_insns, told.verified_insns);
}

static void check_link(pid_t pid, int fd)
{
	const uint64_t always = HAS(LINK_TYPE) | HAS(LINK_ID) | HAS(PROG_TAG) | HAS(PROG_ID);
	struct skep_fdinfo info = read_ok(pid, fd, SKEP_FDINFO_LINK);
	struct bpf_link_info told = { 0 };
	uint32_t size = sizeof(told);

	assert_int_equal(bpf_link_get_info_by_fd(fd, &told, &size), 0);
	assert_int_equal(info.present & always, always);
	assert_string_equal(info.link_type, "raw_tracepoint");
	assert_int_equal(info.link_id, told.id);
	assert_int_equal(info.prog_id, told.prog_id);
}

static void check_objects(pid_t pid, const struct objects *o)
{
	check_map(pid, o->map_fd);
	check_map(pid, o->array_fd);
	check_prog(pid, o->prog_fd);
	check_link(pid, o->link_fd);
}

static void fdinfo__of_own_fds_says_what_bpf_says_inside(void)
{
	struct objects o = objects_open();

	check_objects(0, &o);
	check_objects(getpid(), &o);
	assert_int_equal(bpf_map_freeze(o.map_fd), 0);
	assert_int_equal(read_ok(0, o.map_fd, SKEP_FDINFO_MAP).frozen, 1);
	objects_close(&o);
}
IN_NETNS(fdinfo__of_own_fds_says_what_bpf_says)

/* Started by fork: it has the same fds under the same numbers until it ends. */
static pid_t sleeper(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static void fdinfo__of_a_childs_fds_says_what_bpf_says_inside(void)
{
	struct objects o = objects_open();
	pid_t pid = sleeper();
	struct skep_fdinfo info;

	check_objects(pid, &o);
	assert_int_equal(skep_fdinfo_read(pid, 0, &info, NULL), -EINVAL);
	assert_int_equal(skep_fdinfo_read(pid, 900, &info, NULL), -EBADF);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	objects_close(&o);
}
IN_NETNS(fdinfo__of_a_childs_fds_says_what_bpf_says)

/* In a new pid namespace under the old /proc a pid means another process; an fd of one's own does not. */
static void see_foreign_proc(const struct objects *o)
{
	struct skep_fdinfo info;
	struct skep_error err;

	assert_int_equal(getpid(), 1);
	assert_int_equal(skep_fdinfo_read(1, o->map_fd, &info, &err), -EXDEV);
	assert_int_equal(err.kind, SKEP_ERR_UNSUPPORTED);
	check_map(0, o->map_fd);
}

static void fdinfo__refuses_a_pid_of_another_namespaces_proc_inside(void)
{
	struct objects o = objects_open();
	int status;
	pid_t pid = fork(), inner;

	assert_true(pid >= 0);
	if (!pid) {
		assert_int_equal(unshare(CLONE_NEWPID), 0);
		inner = fork();
		assert_true(inner >= 0);
		if (!inner) {
			see_foreign_proc(&o);
			_exit(0);
		}
		assert_int_equal(waitpid(inner, &status, 0), inner);
		_exit(status != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	objects_close(&o);
}
IN_NETNS(fdinfo__refuses_a_pid_of_another_namespaces_proc)

static void capabilities(struct __user_cap_data_struct data[2], long call)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	assert_int_equal(syscall(call, &header, data), 0);
}

/* That it was not permitted to find out is forgotten when it is. */
static void memlock__is_asked_again_after_it_was_not_permitted_inside(void)
{
	struct __user_cap_data_struct held[2], none[2] = { 0 };
	struct skep_error err = { 0 };
	int r;

	capabilities(held, SYS_capget);
	memcpy(none, held, sizeof(none));
	none[0].effective = none[1].effective = 0;
	capabilities(none, SYS_capset);
	r = load_program(BPF_PROG_TYPE_SOCKET_FILTER);
	if (r < 0) /* else everybody may, here */
		assert_int_equal(skep_memlock_counted(&err), r);
	if (r < 0)
		assert_int_equal(err.kind, SKEP_ERR_PERMISSION);
	capabilities(held, SYS_capset);
	assert_ok(skep_memlock_counted(&err), &err);
}
IN_NETNS(memlock__is_asked_again_after_it_was_not_permitted)

static int create_megabyte(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "facts", 4, 1 << 20, 1, NULL);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -errno : 0;
}

/* A map that is larger than the limit is made by the kernels that do not count, and by those that do once it is raised. */
static void memlock__outcome_is_the_kernels_behaviour_inside(void)
{
	struct rlimit low = { 65536, 65536 }, now;
	struct skep_memlock_saved saved;
	struct skep_error err = { 0 };
	int counted = skep_memlock_counted(&err), outcome, r;

	assert_ok(counted, &err);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &now), 0);
	low.rlim_max = now.rlim_max;
	assert_int_equal(libbpf_set_memlock_rlim(0), 0); /* libbpf leaves the limit alone */
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &low), 0);
	assert_int_equal(create_megabyte(), counted ? -EPERM : 0);

	outcome = skep_memlock_raise(&saved, &err);
	assert_ok(outcome, &err);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &now), 0);
	if (counted) {
		assert_int_equal(outcome, now.rlim_cur == RLIM_INFINITY ? SKEP_MEMLOCK_RAISED
									: SKEP_MEMLOCK_LIMITED);
		assert_int_equal(now.rlim_cur, now.rlim_max);
	} else {
		assert_int_equal(outcome, SKEP_MEMLOCK_NOT_NEEDED);
		assert_int_equal(now.rlim_cur, low.rlim_cur);
	}
	assert_int_equal(create_megabyte(), 0);

	assert_ok(skep_memlock_restore(&saved, &err), &err);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &now), 0);
	assert_int_equal(now.rlim_cur, low.rlim_cur);
	assert_int_equal(now.rlim_max, low.rlim_max);
	r = create_megabyte();
	assert_int_equal(r, counted ? -EPERM : 0);
}
IN_NETNS(memlock__outcome_is_the_kernels_behaviour)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fdinfo__of_own_fds_says_what_bpf_says),
		cmocka_unit_test(fdinfo__of_a_childs_fds_says_what_bpf_says),
		cmocka_unit_test(fdinfo__refuses_a_pid_of_another_namespaces_proc),
		cmocka_unit_test(memlock__is_asked_again_after_it_was_not_permitted),
		cmocka_unit_test(memlock__outcome_is_the_kernels_behaviour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
