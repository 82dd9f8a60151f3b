/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Finding and mounting a bpffs, in mount namespaces where everything can be in the way. What is mounted on the host
 * under /sys/fs/bpf is taken away in them first; /run is an empty tmpfs.
 */
#include "bpf_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <skep/bpffs.h>
#include <skep/bpffs_pin.h>

#include "base/cleanup.h"

#define DEFAULT SKEP_BPFFS_DEFAULT_ROOT
#define FALLBACK SKEP_BPFFS_DEFAULT_FALLBACK
#define DONE(call) assert_int_equal((call) < 0 ? -errno : 0, 0)

static void enter_private_mounts(void)
{
	DONE(unshare(CLONE_NEWNS));
	DONE(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	while (umount2(DEFAULT, MNT_DETACH) == 0)
		;
	DONE(mount("scratch", "/run", "tmpfs", 0, "mode=755"));
}

#define IN_PRIVATE_MOUNTS(fn) IN_PROCESS(fn, enter_private_mounts)

static void mount_at(const char *type, const char *path, const char *data)
{
	if (mkdir(path, 0755) < 0)
		assert_int_equal(errno, EEXIST);
	DONE(mount("test", path, type, 0, data));
}

static int mounts_at(const char *path)
{
	char line[4096], point[1024];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int count = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		count += sscanf(line, "%*s %*s %*s %*s %1023s", point) == 1 && !strcmp(point, path);
	fclose(f);
	return count;
}

/* Opens, or fails the test. */
static struct skep_bpffs *opened(const struct skep_bpffs_opts *o)
{
	struct skep_bpffs *ctx = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_bpffs_open(o, &ctx, &err), &err);
	return ctx;
}

/* Opens: that has to fail in this way. */
static void refused(const struct skep_bpffs_opts *o, int code, uint32_t kind, const char *words)
{
	struct skep_bpffs *ctx = NULL;
	struct skep_error err = { 0 };

	assert_int_equal(skep_bpffs_open(o, &ctx, &err), code);
	assert_null(ctx);
	assert_told(&err, kind, words);
}

static void opens_at(const struct skep_bpffs_opts *o, const char *root, const char *reason)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = opened(o);

	assert_string_equal(skep_bpffs_root(ctx), root);
	if (!strstr(skep_bpffs_reason(ctx), reason))
		fail_msg("'%s', not '%s'", skep_bpffs_reason(ctx), reason);
}

static void state__tells_what_is_mounted_inside(void)
{
	mkdir("/run/plain", 0755);
	mount_at("bpf", "/run/b", NULL);
	mount_at("tmpfs", "/run/t", NULL);
	mkdir("/run/b/inner", 0755);
	DONE(symlink("/run/b", "/run/link"));
	assert_int_equal(skep_bpffs_state("/run/absent"), SKEP_BPFFS_NOT_MOUNTED);
	assert_int_equal(skep_bpffs_state("/run/plain"), SKEP_BPFFS_NOT_MOUNTED);
	assert_int_equal(skep_bpffs_state("/run/b"), SKEP_BPFFS_MOUNTED);
	assert_int_equal(skep_bpffs_state("/run/b/inner"), SKEP_BPFFS_NOT_MOUNTED);
	assert_int_equal(skep_bpffs_state("/run/t"), SKEP_BPFFS_OTHER);
	assert_int_equal(skep_bpffs_state("/run/link"), SKEP_BPFFS_NOT_MOUNTED);
	assert_int_equal(skep_bpffs_state("/run/link/"), SKEP_BPFFS_MOUNTED);
	assert_int_equal(skep_bpffs_state("/"), SKEP_BPFFS_OTHER);
	/* a bind mount of the same device: st_dev does not tell */
	mkdir("/run/bind", 0755);
	DONE(mount("/run/plain", "/run/bind", NULL, MS_BIND, NULL));
	assert_int_equal(skep_bpffs_state("/run/bind"), SKEP_BPFFS_OTHER);
	assert_int_equal(skep_bpffs_state("/run/b/inner/absent/too"), SKEP_BPFFS_NOT_MOUNTED);
}
IN_PRIVATE_MOUNTS(state__tells_what_is_mounted)

static void default__has_to_be_mounted_inside(void)
{
	refused(NULL, -ENOENT, SKEP_ERR_NOT_FOUND, DEFAULT);
	assert_int_equal(mounts_at(DEFAULT), 0);
	mount_at("bpf", DEFAULT, NULL);
	opens_at(NULL, DEFAULT, "the default"); /* after a failure it may be called again */
}
IN_PRIVATE_MOUNTS(default__has_to_be_mounted)

static void default__is_mounted_when_asked_inside(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .flags = SKEP_BPFFS_MOUNT_IF_MISSING };

	opens_at(&o, DEFAULT, "the default");
	opens_at(&o, DEFAULT, "the default");
	assert_int_equal(mounts_at(DEFAULT), 1);
	o.root = DEFAULT; /* the same, named */
	opens_at(&o, DEFAULT, "the default");
}
IN_PRIVATE_MOUNTS(default__is_mounted_when_asked)

static void default__that_is_taken_leads_to_the_fallback_inside(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o) };

	mount_at("tmpfs", DEFAULT, NULL);
	refused(&o, -ENOENT, SKEP_ERR_NOT_FOUND, FALLBACK);
	o.flags = SKEP_BPFFS_MOUNT_IF_MISSING;
	opens_at(&o, FALLBACK, "tmpfs");
	o.flags = 0;
	opens_at(&o, FALLBACK, "tmpfs");
	mount_at("tmpfs", "/run/other", NULL);
	o.fallback = "/run/other";
	refused(&o, -EBUSY, SKEP_ERR_CONFLICT, "/run/other");
	o.root = DEFAULT;
	refused(&o, -EBUSY, SKEP_ERR_CONFLICT, "/run/other");
}
IN_PRIVATE_MOUNTS(default__that_is_taken_leads_to_the_fallback)

static void given_root__is_the_one_or_none_inside(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .root = "/run/a/b c" };

	refused(&o, -ENOENT, SKEP_ERR_NOT_FOUND, "/run/a/b c");
	o.flags = SKEP_BPFFS_MOUNT_IF_MISSING;
	opens_at(&o, "/run/a/b c", "given"); /* mountinfo has it as /run/a/b\040c */
	o.root = "/run/a//b c/";
	opens_at(&o, "/run/a/b c", "given");
	mount_at("tmpfs", "/run/t", NULL);
	o.root = "/run/t";
	refused(&o, -EBUSY, SKEP_ERR_CONFLICT, "tmpfs");
	o.root = "/run/t/below";
	opens_at(&o, "/run/t/below", "given");
	DONE(symlink("/run/t/below", "/run/link"));
	o.root = "/run/link";
	refused(&o, -ENOTDIR, SKEP_ERR_INVALID, "symbolic link");
	close(open("/run/file", O_CREAT | O_WRONLY, 0600));
	o.root = "/run/file";
	refused(&o, -ENOTDIR, SKEP_ERR_INVALID, "/run/file");
	/* inside of a bpffs another one would hide what is there */
	DONE(mkdir("/run/t/below/dir", 0755));
	o.root = "/run/t/below/dir";
	refused(&o, -EINVAL, SKEP_ERR_INVALID, "inside");
	o.flags = 0;
	refused(&o, -ENOENT, SKEP_ERR_NOT_FOUND, "inside of a bpffs");
	assert_int_equal(mounts_at("/run/t/below/dir"), 0);
}
IN_PRIVATE_MOUNTS(given_root__is_the_one_or_none)

static void stacked_mounts__are_refused_inside(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o) };

	mount_at("bpf", DEFAULT, NULL);
	DONE(mkdir(DEFAULT "/lower", 0755));
	mount_at("bpf", DEFAULT, NULL);
	refused(&o, -ENOTUNIQ, SKEP_ERR_CONFLICT, "2 bpffs");
	o.flags = SKEP_BPFFS_DISCOVER;
	refused(&o, -ENOTUNIQ, SKEP_ERR_CONFLICT, "2 bpffs");
	o.flags |= SKEP_BPFFS_UPPERMOST;
	opens_at(&o, DEFAULT, "the default");
	DONE(umount(DEFAULT));
	opens_at(NULL, DEFAULT, "the default");
	DONE(mount(DEFAULT "/lower", DEFAULT, NULL, MS_BIND, NULL));
	refused(NULL, -ENOTUNIQ, SKEP_ERR_CONFLICT, "2 bpffs");
	/* what is no bpffs holds no pins, so none are hidden */
	mount_at("tmpfs", "/run/t", NULL);
	mount_at("bpf", "/run/t", NULL);
	o = (struct skep_bpffs_opts){ .sz = sizeof(o), .root = "/run/t" };
	opens_at(&o, "/run/t", "given");
}
IN_PRIVATE_MOUNTS(stacked_mounts__are_refused)

static void context__stays_with_its_bpffs_inside(void)
{
	_cleanup_(skep_bpffs_closep) struct skep_bpffs *ctx = NULL;
	int map = fixture_map(2, 4, 4, 1, 0);
	struct skep_error err = { 0 };

	mount_at("bpf", DEFAULT, NULL);
	ctx = opened(NULL);
	mount_at("bpf", DEFAULT, NULL); /* over it */
	assert_done(skep_bpffs_mkdir(ctx, "d", &err), &err);
	assert_done(skep_bpffs_pin(ctx, map, "d/m", &err), &err);
	assert_int_equal(access(DEFAULT "/d", F_OK), -1);
	assert_int_equal(skep_bpffs_exists(ctx, "d/m"), 1);
	assert_int_equal(skep_bpffs_exists(ctx, DEFAULT "/d/m"), 1);
	DONE(umount(DEFAULT));
	DONE(access(DEFAULT "/d/m", F_OK));
	close(map);
}
IN_PRIVATE_MOUNTS(context__stays_with_its_bpffs)

static void discovery__takes_the_first_of_its_list_inside(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .flags = SKEP_BPFFS_DISCOVER };

	refused(&o, -ENOENT, SKEP_ERR_NOT_FOUND, "no bpffs is mounted");
	mount_at("bpf", "/run/one", NULL);
	opens_at(&o, "/run/one", "the only one");
	mount_at("bpf", "/run/two x", NULL);
	refused(&o, -ENOENT, SKEP_ERR_NOT_FOUND, "2 bpffs");
	DONE(mkdir("/run/two x/tc", 0755));
	DONE(mkdir("/run/two x/tc/globals", 0755));
	opens_at(&o, "/run/two x", "directory of maps");
	mkdir("/run/skep", 0755);
	mount_at("bpf", FALLBACK, NULL);
	opens_at(&o, FALLBACK, "the fallback");
	mount_at("bpf", DEFAULT, NULL);
	opens_at(&o, DEFAULT, "the default");
	mkdir("/run/plain", 0755);
	o.hints[0] = "/run/plain"; /* is none, and not an error */
	o.hints[2] = "/run/one";
	opens_at(&o, "/run/one", "hint 3");
	o.root = "/run/two x";
	opens_at(&o, "/run/two x", "given");
	o.root = "/run/plain";
	refused(&o, -ENOENT, SKEP_ERR_NOT_FOUND, "/run/plain");
	o.root = "/run/absent";
	refused(&o, -ENOENT, SKEP_ERR_NOT_FOUND, "/run/absent");
}
IN_PRIVATE_MOUNTS(discovery__takes_the_first_of_its_list)

static void discovery__names_another_file_system_on_the_given_root_inside(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .flags = SKEP_BPFFS_DISCOVER };

	mount_at("tmpfs", DEFAULT, NULL);
	refused(&o, -ENOENT, SKEP_ERR_NOT_FOUND, "--root " FALLBACK);
	mount_at("tmpfs", "/run/t", NULL);
	o.root = "/run/t";
	refused(&o, -EBUSY, SKEP_ERR_CONFLICT, "tmpfs");
}
IN_PRIVATE_MOUNTS(discovery__names_another_file_system_on_the_given_root)

static void symbolic_link__is_refused_with_a_slash_too_inside(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .root = "/run/link//" };
	struct skep_error err = { 0 };

	DONE(mkdir("/run/plain", 0755));
	DONE(symlink("/run/plain", "/run/link"));
	assert_int_equal(skep_bpffs_mount("/run/link", NULL, &err), -ENOTDIR);
	assert_int_equal(skep_bpffs_mount("/run/link/", NULL, &err), -ENOTDIR);
	assert_told(&err, SKEP_ERR_INVALID, "symbolic link");
	assert_int_equal(mounts_at("/run/plain"), 0);
	refused(&o, -ENOTDIR, SKEP_ERR_INVALID, "symbolic link");
	assert_int_equal(assert_done(skep_bpffs_mount("/run/plain/", NULL, &err), &err), 0);
}
IN_PRIVATE_MOUNTS(symbolic_link__is_refused_with_a_slash_too)

static void without_proc__it_is_proc_that_is_named_inside(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .root = "/run/b" };

	mount_at("bpf", "/run/b", NULL);
	DONE(umount2("/proc", MNT_DETACH));
	refused(&o, -ENOENT, SKEP_ERR_SYSCALL, "is /proc mounted?");
	o.flags = SKEP_BPFFS_DISCOVER;
	o.root = NULL;
	refused(&o, -ENOENT, SKEP_ERR_SYSCALL, "/proc/thread-self/mountinfo");
	DONE(mount("proc", "/proc", "proc", 0, NULL));
}
IN_PRIVATE_MOUNTS(without_proc__it_is_proc_that_is_named)

static void mounting__names_the_option_that_is_wrong_inside(void)
{
	static const struct {
		struct skep_bpffs_mount_opts o;
		const char *words;
	} cases[] = {
		{ { .mode = 010000 }, "mode 010000" },
		{ { .uid = 4294967295u }, "uid 4294967295" },
		{ { .gid = 1ull << 32 }, "gid 4294967296" },
		{ { .delegate_cmds = "any,mode=777" }, "delegate_cmds: 'any,mode=777'" },
		{ { .delegate_maps = "hash::array" }, "delegate_maps: ''" },
		{ { .delegate_progs = "" }, "delegate_progs: ''" },
		{ { .delegate_attachs = "xdp:" }, "delegate_attachs: ''" },
	};
	struct skep_bpffs_mount_opts o;
	struct skep_error err;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		o = cases[i].o;
		o.sz = sizeof(o);
		assert_int_equal(skep_bpffs_mount("/run/z", &o, &err), -EINVAL);
		assert_told(&err, SKEP_ERR_INVALID, cases[i].words);
	}
	o = (struct skep_bpffs_mount_opts){ .sz = sizeof(o), .delegate_cmds = "map_create:nosuch" };
	assert_true(skep_bpffs_mount("/run/z", &o, &err) < 0);
	if (fixture_kernel_has("BPF_TOKEN_CREATE"))
		assert_told(&err, SKEP_ERR_INVALID, "delegate_cmds: nothing is called 'nosuch'");
	assert_int_equal(access("/run/z", F_OK), -1);
}
IN_PRIVATE_MOUNTS(mounting__names_the_option_that_is_wrong)

static void mounting__has_the_options_inside(void)
{
	struct skep_bpffs_mount_opts o = { .sz = sizeof(o), .mode = 0750 };
	struct skep_error err = { 0 };
	struct statvfs fs;
	struct stat st;

	assert_int_equal(assert_done(skep_bpffs_mount("/run/x/y", &o, &err), &err), 0);
	DONE(stat("/run/x/y", &st));
	assert_int_equal(st.st_mode & 0777, 0750);
	DONE(statvfs("/run/x/y", &fs));
	assert_int_equal(fs.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC),
			 ST_NOSUID | ST_NODEV | ST_NOEXEC);
	assert_int_equal(skep_bpffs_mount("/run/x/y", &o, &err), 1);
	assert_int_equal(mounts_at("/run/x/y"), 1);

	mount_at("tmpfs", "/run/t", NULL);
	assert_int_equal(skep_bpffs_mount("/run/t", &o, &err), -EBUSY);
	assert_told(&err, SKEP_ERR_CONFLICT, "/run/t");
	assert_int_equal(skep_bpffs_mount("relative", &o, &err), -EINVAL);
	o.delegate_cmds = "any,mode=777";
	assert_int_equal(skep_bpffs_mount("/run/z", &o, &err), -EINVAL);
	assert_int_equal(skep_bpffs_mount("/proc/nowhere/x", NULL, &err), -ENOENT);
	assert_told(&err, SKEP_ERR_SYSCALL, "/proc/nowhere");
}
IN_PRIVATE_MOUNTS(mounting__has_the_options)

static int is_delegating(const struct skep_bpffs_mount_info *m, void *userdata)
{
	*(int *)userdata +=
		!strcmp(m->point, "/run/d") && strstr(m->super_options, "delegate_cmds=any") &&
		strstr(m->super_options, "delegate_maps=hash:lru_hash:lru_percpu_hash:ringbuf");
	return 0;
}

/* All commands: Linux 7.3 complains of itself (UBSAN) when it is to tell only some of them in mountinfo. */
static void mounting__never_ignores_an_option_inside(void)
{
	struct skep_bpffs_mount_opts o = {
		.sz = sizeof(o),
		.uid = 12,
		.gid = 34,
		.delegate_cmds = "any",
		.delegate_maps = "BPF_MAP_TYPE_HASH:LRU hash:lru-percpu-hash:ringbuf"
	};
	struct skep_error err = { 0 };
	int r, told = 0;
	struct stat st;

	r = skep_bpffs_mount("/run/d", &o, &err);
	if (fixture_kernel_has("BPF_TOKEN_CREATE")) {
		assert_done(r, &err);
		DONE(stat("/run/d", &st));
		assert_int_equal(st.st_uid, 12);
		assert_int_equal(st.st_gid, 34);
		assert_int_equal(skep_bpffs_mounts(is_delegating, &told), 0);
		assert_int_equal(told, 1);
		return;
	}
	assert_int_equal(r, -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "6.9");
	assert_int_equal(access("/run/d", F_OK), -1);
	o = (struct skep_bpffs_mount_opts){ .sz = sizeof(o), .delegate_progs = "any" };
	assert_int_equal(skep_bpffs_mount("/run/d", &o, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "delegate_progs");
	assert_int_equal(mounts_at("/run/d"), 0);
}
IN_PRIVATE_MOUNTS(mounting__never_ignores_an_option)

static void mounting__without_the_capability_names_it_inside(void)
{
	struct skep_bpffs_opts o = { .sz = sizeof(o), .flags = SKEP_BPFFS_MOUNT_IF_MISSING };

	DONE(mkdir("/run/skep", 0755));
	DONE(prctl(PR_CAPBSET_DROP, 21 /* CAP_SYS_ADMIN */, 0, 0, 0));
	DONE(setresuid(65534, 65534, 65534));
	refused(&o, -EPERM, SKEP_ERR_PERMISSION, "CAP_SYS_ADMIN");
}
IN_PRIVATE_MOUNTS(mounting__without_the_capability_names_it)

static int count_mounts(const struct skep_bpffs_mount_info *m, void *userdata)
{
	int *count = userdata;

	if (!strcmp(m->point, "/run/bind"))
		assert_string_equal(m->root, "/sub dir");
	*count += !strncmp(m->point, "/run/", 5);
	return 0;
}

static void mounts__are_all_told_inside(void)
{
	int count = 0;

	mount_at("bpf", "/run/a", "mode=0700");
	mount_at("tmpfs", "/run/t", NULL);
	DONE(mkdir("/run/a/sub dir", 0755));
	DONE(mkdir("/run/bind", 0755));
	DONE(mount("/run/a/sub dir", "/run/bind", NULL, MS_BIND, NULL));
	assert_int_equal(skep_bpffs_mounts(count_mounts, &count), 0);
	assert_int_equal(count, 2);
}
IN_PRIVATE_MOUNTS(mounts__are_all_told)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state__tells_what_is_mounted),
		cmocka_unit_test(default__has_to_be_mounted),
		cmocka_unit_test(default__is_mounted_when_asked),
		cmocka_unit_test(default__that_is_taken_leads_to_the_fallback),
		cmocka_unit_test(given_root__is_the_one_or_none),
		cmocka_unit_test(stacked_mounts__are_refused),
		cmocka_unit_test(context__stays_with_its_bpffs),
		cmocka_unit_test(discovery__takes_the_first_of_its_list),
		cmocka_unit_test(discovery__names_another_file_system_on_the_given_root),
		cmocka_unit_test(symbolic_link__is_refused_with_a_slash_too),
		cmocka_unit_test(without_proc__it_is_proc_that_is_named),
		cmocka_unit_test(mounting__names_the_option_that_is_wrong),
		cmocka_unit_test(mounting__has_the_options),
		cmocka_unit_test(mounting__never_ignores_an_option),
		cmocka_unit_test(mounting__without_the_capability_names_it),
		cmocka_unit_test(mounts__are_all_told),
	};

	return cmocka_run_group_tests_name("bpffs", tests, NULL, NULL);
}
