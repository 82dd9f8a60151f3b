/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * BPF tokens: a process in a user namespace of its own, without a capability outside, makes a map and loads an object with
 * what a bpffs delegates to it. The bpffs is made in that namespace and is given its options from outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/object.h>
#include <skep/object_load.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

#define FSCONFIG_SET_STRING 1
#define FSCONFIG_CMD_CREATE 6

/* Exit status of the process in the namespace. */
#define NO_BPFFS 12
#define NO_TOKEN 21

static int fd_send(int socket, int fd)
{
	char byte = 'f', control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) == 1 ? 0 : -errno;
}

static int fd_receive(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(socket, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Return: the root of a bpffs whose options the process at the other end has set; a negative number. */
static int delegated_bpffs(int socket)
{
	char answer = 0;
	int context, mounted;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -10;
	context = (int)syscall(SYS_fsopen, "bpf", 0);
	if (context < 0 || fd_send(socket, context) < 0)
		return -11;
	if (read(socket, &answer, 1) != 1 || answer != 'y')
		return -NO_BPFFS;
	mounted = (int)syscall(SYS_fsmount, context, 0, 0);
	return mounted < 0 ? -13 : openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static char *object_path;

/* Return: exit status of the process. */
static int make_map_by_token(int socket, struct skep_object *object)
{
	struct skep_attr_map_create map = {
		.map_type = SKEP_MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};
	int root = delegated_bpffs(socket), token;
	char path[64];
	const char *const paths[] = { "/nonexistent", path, NULL };

	(void)object;
	if (root < 0)
		return -root;
	if (skep_sys_map_create(&map, sizeof(map), NULL) != -EPERM)
		return 20; /* it needs the token */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", root);
	token = skep_sys_token_find(paths, NULL);
	if (token < 3 || !(fcntl(token, F_GETFD) & FD_CLOEXEC))
		return NO_TOKEN;
	map.map_flags = SKEP_MAP_FLAG_TOKEN_FD;
	map.map_token_fd = token;
	return skep_sys_map_create(&map, sizeof(map), NULL) < 0 ? 22 : 0;
}

static int load_by_token(int socket, struct skep_object *object)
{
	struct skep_object_load_opts opts = { .sz = sizeof(opts) };
	int root = delegated_bpffs(socket);
	struct skep_loaded *loaded = NULL;
	char path[64];

	if (root < 0)
		return -root;
	if (skep_object_load(object, &opts, &loaded, NULL) != -EPERM)
		return 20; /* it needs the token */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", root);
	opts.token_path = path;
	if (skep_object_load(object, &opts, &loaded, NULL) < 0)
		return NO_TOKEN;
	return skep_loaded_program_count(loaded) == 1 ? 0 : 22;
}

static char delegate_all(int context)
{
	static const char *const options[] = { "delegate_cmds", "delegate_maps", "delegate_progs",
					       "delegate_attachs" };
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, options[i], "any", 0) < 0)
			return 'n';
	return syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 ? 'n' : 'y';
}

static void delegate_to(int (*fn)(int socket, struct skep_object *object))
{
	struct skep_object *object = NULL;
	struct skep_error err = { 0 };
	int pair[2], context, status;
	char answer;
	pid_t child;

	assert_done(skep_object_open_file(object_path, NULL, &object, &err), &err);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(fn(pair[1], object));
	skep_object_close(object);
	close(pair[1]);
	context = fd_receive(pair[0]);
	assert_true(context >= 0);
	answer = delegate_all(context);
	assert_int_equal(write(pair[0], &answer, 1), 1);
	close(context);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(pair[0]);
	if (fixture_kernel_has("BPF_TOKEN_CREATE"))
		assert_int_equal(status, 0);
	else /* its bpffs refuses the options, or takes any and delegates nothing */
		assert_int_equal(WEXITSTATUS(status), answer == 'y' ? NO_TOKEN : NO_BPFFS);
}

static void token__delegates_to_a_user_namespace(void **state)
{
	(void)state;
	delegate_to(make_map_by_token);
}

static void token__loads_an_object(void **state)
{
	(void)state;
	delegate_to(load_by_token);
}

static void token__of_a_bpffs_that_delegates_nothing_is_none_inside(void)
{
	const char *const paths[] = { fixture_bpffs(), "/proc", NULL };
	int root = open(fixture_bpffs(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
	struct skep_error err = { 0 };

	assert_int_equal(skep_sys_token_find(paths, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "no bpffs delegates rights");
	r = skep_sys_token_create(root, &err);
	assert_true(r < 0);
	assert_true(strstr(err.msg, "make a BPF token") != NULL);
	close(root);
}
IN_BPFFS(token__of_a_bpffs_that_delegates_nothing_is_none)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token__delegates_to_a_user_namespace),
		cmocka_unit_test(token__loads_an_object),
		cmocka_unit_test(token__of_a_bpffs_that_delegates_nothing_is_none),
	};

	object_path = argv[1];
	return argc != 2 ? 2 : cmocka_run_group_tests_name("sys_token", tests, NULL, NULL);
}
