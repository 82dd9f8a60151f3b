/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <skep/error.h>
#include <skep/fdinfo.h>

#define HAS(name) SKEP_FDINFO_HAS_##name

/* What every fd has. */
#define HEAD "pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t1068\n"

static const char map_text[] =
	HEAD "map_type:\t3\nkey_size:\t4\nvalue_size:\t8\nmax_entries:\t16\nmap_flags:\t0x80\n"
	     "map_extra:\t0x1f\nmemlock:\t4096\nmap_id:\t77\nfrozen:\t1\nowner_prog_type:\t6\n"
	     "owner_jited:\t1\n";
static const char prog_text[] =
	HEAD "prog_type:\t26\nprog_jited:\t1\nprog_tag:\t01fe9b7ac3d45566\nmemlock:\t8192\n"
	     "prog_id:\t9\nrun_time_ns:\t18446744073709551615\nrun_cnt:\t3\nrecursion_misses:\t4\n"
	     "verified_insns:\t5\n";
static const char link_text[] = HEAD
	"link_type:\ttcx\nlink_id:\t12\nprog_tag:\ta0f2b3c4d5e6f701\nprog_id:\t34\nifindex:\t2\n"
	"attach_type:\t46\n";

/* A copy without a NUL behind it, so that a sanitizer sees what is read beyond it. */
static int parse(const char *text, size_t size, struct skep_fdinfo *ret)
{
	_cleanup_free_ char *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, text, size);
	return skep_fdinfo_parse(copy, size, ret, NULL);
}

static struct skep_fdinfo parse_ok(const char *text)
{
	struct skep_fdinfo info;

	check_int(parse(text, strlen(text), &info), 0, "'%s'", text);
	return info;
}

static void fdinfo__of_a_map_has_every_field(void **state)
{
	struct skep_fdinfo info = parse_ok(map_text);

	(void)state;
	check_u64(info.kind, SKEP_FDINFO_MAP, "kind");
	check_u64(info.present,
		  HAS(MAP_TYPE) | HAS(KEY_SIZE) | HAS(VALUE_SIZE) | HAS(MAX_ENTRIES) |
			  HAS(MAP_FLAGS) | HAS(MAP_EXTRA) | HAS(MEMLOCK) | HAS(MAP_ID) |
			  HAS(FROZEN) | HAS(OWNER_PROG_TYPE) | HAS(OWNER_JITED),
		  "present");
	check_u64(info.map_type, 3, "type");
	check_u64(info.key_size, 4, "key size");
	check_u64(info.value_size, 8, "value size");
	check_u64(info.max_entries, 16, "entries");
	check_u64(info.map_flags, 0x80, "flags");
	check_u64(info.map_extra, 0x1f, "extra");
	check_u64(info.memlock_bytes, 4096, "memlock");
	check_u64(info.map_id, 77, "id");
	check_u64(info.frozen, 1, "frozen");
	check_u64(info.owner_prog_type, 6, "owner");
	check_u64(info.owner_jited, 1, "owner jited");
}

static void fdinfo__of_a_program_has_every_field(void **state)
{
	static const uint8_t tag[] = { 0x01, 0xfe, 0x9b, 0x7a, 0xc3, 0xd4, 0x55, 0x66 };
	struct skep_fdinfo info = parse_ok(prog_text);

	(void)state;
	check_u64(info.kind, SKEP_FDINFO_PROG, "kind");
	check_u64(info.present,
		  HAS(PROG_TYPE) | HAS(PROG_JITED) | HAS(PROG_TAG) | HAS(MEMLOCK) | HAS(PROG_ID) |
			  HAS(RUN_TIME_NS) | HAS(RUN_CNT) | HAS(RECURSION_MISSES) |
			  HAS(VERIFIED_INSNS),
		  "present");
	check_u64(info.prog_type, 26, "type");
	check_u64(info.prog_jited, 1, "jited");
	assert_memory_equal(info.prog_tag, tag, sizeof(tag));
	check_u64(info.memlock_bytes, 8192, "memlock");
	check_u64(info.prog_id, 9, "id");
	check_u64(info.run_time_ns, UINT64_MAX, "run time");
	check_u64(info.run_count, 3, "run count");
	check_u64(info.recursion_misses, 4, "recursion misses");
	check_u64(info.verified_insns, 5, "verified instructions");
}

static void fdinfo__of_a_link_has_its_type_as_a_word(void **state)
{
	struct skep_fdinfo info = parse_ok(link_text);

	(void)state;
	check_u64(info.kind, SKEP_FDINFO_LINK, "kind");
	check_u64(info.present,
		  HAS(LINK_TYPE) | HAS(LINK_ID) | HAS(PROG_TAG) | HAS(PROG_ID) | HAS(IFINDEX) |
			  HAS(ATTACH_TYPE),
		  "present");
	check_text(info.link_type, "tcx", "type");
	check_u64(info.link_id, 12, "id");
	check_u64(info.prog_id, 34, "program");
	check_u64(info.ifindex, 2, "ifindex");
	check_u64(info.attach_type, 46, "attach type");

	info = parse_ok("link_type:\ttracing\ntarget_obj_id:\t1\ntarget_btf_id:\t2\n");
	check_u64(info.present, HAS(LINK_TYPE) | HAS(TARGET_OBJ_ID) | HAS(TARGET_BTF_ID),
		  "present");
	check_u64(info.target_obj_id, 1, "target object");
	check_u64(info.target_btf_id, 2, "target BTF id");
	info = parse_ok("link_type:\tcgroup\ncgroup_id:\t4294967296\n");
	check_u64(info.cgroup_id, 1ull << 32, "cgroup");
	info = parse_ok("link_type:\tnetns\nnetns_ino:\t4026531840\n");
	check_u64(info.netns_ino, 4026531840, "network namespace");
}

static void fdinfo__of_btf_has_its_id(void **state)
{
	struct skep_fdinfo info = parse_ok(HEAD "btf_id:\t5\n");

	(void)state;
	check_u64(info.kind, SKEP_FDINFO_BTF, "kind");
	check_u64(info.present, HAS(BTF_ID), "present");
	check_u64(info.btf_id, 5, "id");
}

static const struct {
	const char *text;
	uint64_t present;
} odd[] = {
	{ "map_type: 1", HAS(MAP_TYPE) },
	{ "map_type:1\n", HAS(MAP_TYPE) },
	{ "map_type:\t \t1 \t\r\n", HAS(MAP_TYPE) },
	{ "\n\nmap_type:\t1\n\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nmap_flags:\tff\n", HAS(MAP_TYPE) | HAS(MAP_FLAGS) },
	{ "map_type:\t1\nmap_flags:\t0xFF\n", HAS(MAP_TYPE) | HAS(MAP_FLAGS) },
	/* what is no value leaves its field absent */
	{ "map_type:\t1\nkey_size:\t\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nkey_size:\t-1\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nkey_size:\t4x\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nkey_size:\t4 4\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nkey_size:\t0x4\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nkey_size:\t18446744073709551616\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nmap_flags:\t0x\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nmap_flags:\t0x10000000000000000\n", HAS(MAP_TYPE) },
	{ "prog_type:\t1\nprog_tag:\t0123456789abcde\n", HAS(PROG_TYPE) },
	{ "prog_type:\t1\nprog_tag:\t0123456789abcdef0\n", HAS(PROG_TYPE) },
	{ "prog_type:\t1\nprog_tag:\t0123456789abcdeg\n", HAS(PROG_TYPE) },
	/* nor does what is no line of ours */
	{ "map_type:\t1\nkey_size\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\n key_size:\t4\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nkey_size :\t4\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nnew_fact:\t4\n", HAS(MAP_TYPE) },
	{ "map_type:\t1\nkey_size:\t4", HAS(MAP_TYPE) | HAS(KEY_SIZE) },
};

static void fdinfo__takes_any_blanks_and_leaves_out_what_it_does_not_know(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(odd); i++)
		check_u64(parse_ok(odd[i].text).present, odd[i].present, "'%s'", odd[i].text);
}

/* An iterator's or a uprobe's link prints names behind the kernel's own lines; a name may have line feeds. */
static void fdinfo__is_not_misled_by_what_comes_later(void **state)
{
	struct skep_fdinfo info =
		parse_ok("link_type:\tperf\nlink_id:\t1\nname:\t/a\nmap_type:\t1\n"
			 "link_type:\ttcx\nlink_id:\t2\n");

	(void)state;
	check_u64(info.kind, SKEP_FDINFO_LINK, "kind");
	check_u64(info.present, HAS(LINK_TYPE) | HAS(LINK_ID), "present");
	check_text(info.link_type, "perf", "type");
	check_u64(info.link_id, 1, "id");
}

static void fdinfo__of_anything_else_is_an_error(void **state)
{
	static const char *const texts[] = {
		"",
		HEAD,
		"eventfd-count: 0\neventfd-id: 1\n",
		"map_type:\t\n",
		"map_type:\tx\n",
		"key_size:\t4\n",
		"prog_id:\t4\n",
		"link_type:\tlonger than the thirty-one bytes there are\n",
		"link_type:\n"
	};
	struct skep_fdinfo info = { .kind = 4711 };
	struct skep_error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		check_int(parse(texts[i], strlen(texts[i]), &info), -EINVAL, "'%s'", texts[i]);
	check_u64(info.kind, 4711, "untouched");
	check_int(skep_fdinfo_parse(HEAD, strlen(HEAD), &info, &err), -EINVAL, "with an error");
	check_u64(err.kind, SKEP_ERR_INVALID, "kind");
	assert_non_null(strstr(err.msg, "not of a BPF map"));
}

static void fdinfo__cut_anywhere_is_read_as_far_as_it_goes(void **state)
{
	struct skep_fdinfo whole = parse_ok(map_text), part;
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(map_text); size++)
		if (parse(map_text, size, &part) == 0)
			check_u64(part.present & ~whole.present, 0, "%zu bytes", size);
}

static void fdinfo__of_an_fd_that_is_no_bpf_object_is_an_error(void **state)
{
	_cleanup_close_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct skep_fdinfo info = { .kind = 4711 };
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_fdinfo_read(0, fd, &info, &err), -EINVAL, "own");
	assert_non_null(strstr(err.msg, "is not a BPF map, program, link or BTF"));
	check_int(skep_fdinfo_read(getpid(), fd, &info, &err), -EINVAL, "own, by pid");
	check_u64(info.kind, 4711, "untouched");
}

static void fdinfo__names_the_process_or_fd_that_is_not_there(void **state)
{
	struct skep_fdinfo info;
	struct skep_error err = { 0 };
	int status;
	pid_t pid;

	(void)state;
	check_int(skep_fdinfo_read(0, 1000000, &info, &err), -EBADF, "own fd");
	check_int(skep_fdinfo_read(0, -1, &info, &err), -EBADF, "no fd");
	check_int(skep_fdinfo_read(getpid(), 1000000, &info, &err), -EBADF, "own fd, by pid");
	check_u64(err.kind, SKEP_ERR_NOT_FOUND, "kind: %s", err.msg);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	check_int(skep_fdinfo_read(pid, 0, &info, &err), -ESRCH, "process that has ended");
	check_u64(err.kind, SKEP_ERR_NOT_FOUND, "kind: %s", err.msg);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fdinfo__of_a_map_has_every_field),
		cmocka_unit_test(fdinfo__of_a_program_has_every_field),
		cmocka_unit_test(fdinfo__of_a_link_has_its_type_as_a_word),
		cmocka_unit_test(fdinfo__of_btf_has_its_id),
		cmocka_unit_test(fdinfo__takes_any_blanks_and_leaves_out_what_it_does_not_know),
		cmocka_unit_test(fdinfo__is_not_misled_by_what_comes_later),
		cmocka_unit_test(fdinfo__of_anything_else_is_an_error),
		cmocka_unit_test(fdinfo__cut_anywhere_is_read_as_far_as_it_goes),
		cmocka_unit_test(fdinfo__of_an_fd_that_is_no_bpf_object_is_an_error),
		cmocka_unit_test(fdinfo__names_the_process_or_fd_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
