/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "bpf_fixture.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/sys.h>

#include "lab/netns.h"

int fixture_assert_done(int r, const struct skep_error *err, const char *what, const char *file,
			int line)
{
	if (r >= 0)
		return r;
	fprintf(stderr, "# %s:%d: %s = %d: %s\n", file, line, what, r, err ? err->msg : "");
	_fail(file, line);
	return r;
}

void fixture_assert_told(const struct skep_error *err, uint32_t kind, const char *words,
			 const char *file, int line)
{
	if (err->kind == kind && strstr(err->msg, words))
		return;
	fprintf(stderr, "# %s:%d: \"%s\" of kind %s: not \"%s\" of kind %s\n", file, line, err->msg,
		skep_error_kind_name(err->kind), words, skep_error_kind_name(kind));
	_fail(file, line);
}

int fixture_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
		uint32_t flags)
{
	const struct skep_attr_map_create attr = {
		.map_type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
		.map_flags = flags,
		.map_name = "fixture",
	};
	struct skep_error err = { 0 };

	return assert_done(skep_sys_map_create(&attr, sizeof(attr), &err), &err);
}

int fixture_prog(uint32_t type, uint32_t expected_attach_type, const struct insn *insns,
		 size_t count)
{
	char log[4096];
	struct skep_attr_prog_load attr = {
		.prog_type = type,
		.insn_cnt = (uint32_t)count,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.log_buf = SKEP_ATTR_POINTER(log),
		.log_size = sizeof(log),
		.prog_name = "fixture",
		.expected_attach_type = expected_attach_type,
	};
	struct skep_error err = { 0 };

	return assert_done(skep_sys_prog_load(&attr, sizeof(attr), &err), &err);
}

int fixture_prog_pass(uint32_t type, uint32_t expected_attach_type)
{
	static const struct insn insns[] = { INSN_MOV_IMM(0, 1), INSN_EXIT };

	return fixture_prog(type, expected_attach_type, insns, 2);
}

static bool enum_has(const struct btf *btf, const struct btf_type *t, const char *name)
{
	const struct btf_enum *e = btf_enum(t);
	int i;

	for (i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, e[i].name_off), name))
			return true;
	return false;
}

bool fixture_kernel_has(const char *enumerator)
{
	static struct btf *btf;
	const struct btf_type *t;
	uint32_t id;

	if (!btf)
		btf = btf__load_vmlinux_btf();
	assert_non_null(btf);
	for (id = 1; id < btf__type_cnt(btf); id++) {
		t = btf__type_by_id(btf, id);
		if (btf_is_enum(t) && enum_has(btf, t, enumerator))
			return true;
	}
	return false;
}

static char cgroup_path[512];

static const char *cgroup2_mount(void)
{
	static char at[256];
	char line[1024], type[64];
	FILE *f = fopen("/proc/self/mounts", "re");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %255s %63s", at, type) == 2 && !strcmp(type, "cgroup2")) {
			fclose(f);
			return at;
		}
	fclose(f);
	fail_msg("no cgroup2 is mounted");
	return NULL;
}

int fixture_cgroup(void)
{
	int fd;

	snprintf(cgroup_path, sizeof(cgroup_path), "%s/skep-test-%d", cgroup2_mount(), getpid());
	if (mkdir(cgroup_path, 0755) < 0)
		assert_int_equal(errno, EEXIST);
	fd = open(cgroup_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

void fixture_cgroup_remove(int fd)
{
	close(fd);
	rmdir(cgroup_path);
}

static char bpffs_path[64];

void fixture_mount_bpffs(void)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	snprintf(bpffs_path, sizeof(bpffs_path), "/run");
	assert_int_equal(mount("skep-test", bpffs_path, "bpf", 0, "mode=0700"), 0);
}

const char *fixture_bpffs(void)
{
	return bpffs_path;
}

void bpf_fixture_run(int (*fn)(void *userdata))
{
	int r = lab_in_netns(fn, NULL);

	if (r == LAB_EXIT_SKIP)
		skip();
	if (r != 0)
		fail_msg("the test's process ended with %d", r);
}
