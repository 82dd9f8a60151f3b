/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* bpf(2) on maps, as the running kernel does it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

static void create__makes_the_map_that_was_asked_for(void **state)
{
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = 8,
		.max_entries = 17,
		.map_flags = SKEP_MAP_FLAG_NO_PREALLOC,
		.map_name = "fifteen_letters",
	};
	struct skep_map_info info = { 0 };
	struct skep_error err = { 0 };
	int fd, r;

	(void)state;
	fd = assert_done(skep_sys_map_create(&attr, sizeof(attr), &err), &err);
	r = skep_sys_map_info(fd, &info, sizeof(info));
	assert_true(r >= 80); /* bytes that 5.10 fills */
	assert_true(SKEP_INFO_HAS(struct skep_map_info, btf_id, r));
	assert_int_equal(info.type, SKEP_MAP_TYPE_HASH);
	assert_int_equal(info.key_size, 4);
	assert_int_equal(info.value_size, 8);
	assert_int_equal(info.max_entries, 17);
	assert_int_equal(info.map_flags, SKEP_MAP_FLAG_NO_PREALLOC);
	assert_string_equal(info.name, "fifteen_letters");
	assert_int_equal(skep_sys_close(&fd), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(skep_sys_close(&fd), 0);
}

static void create__says_in_words_what_was_refused(void **state)
{
	const struct skep_attr_map_create nonsense = {
		.map_type = SKEP_MAP_TYPE_ARRAY,
		.key_size = 3,
		.value_size = 8,
		.max_entries = 1,
		.map_name = "crooked",
	};
	struct skep_attr_map_create wrong = nonsense;
	struct skep_error err = { 0 };

	(void)state;
	assert_int_equal(skep_sys_map_create(&nonsense, sizeof(nonsense), &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID,
		    "create map 'crooked': its keys have 4 bytes (array, keys of 3 bytes");
	wrong.map_flags = UINT32_MAX & ~SKEP_MAP_FLAG_TOKEN_FD;
	wrong.key_size = 4;
	assert_int_equal(skep_sys_map_create(&wrong, sizeof(wrong), &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID,
		    "create map 'crooked': a number or a flag is not valid");
	assert_told(&err, SKEP_ERR_INVALID, "flags 0xfffeffff)");
	wrong = nonsense;
	wrong.map_type = 4000;
	assert_int_equal(skep_sys_map_create(&wrong, sizeof(wrong), &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "unknown(4000) is no type");
	wrong.map_type = SKEP_MAP_TYPE_HASH;
	wrong.max_entries = UINT32_MAX;
	assert_int_equal(skep_sys_map_create(&wrong, sizeof(wrong), &err), -E2BIG);
	assert_told(&err, SKEP_ERR_INVALID, "larger than the kernel makes maps");
	assert_int_equal(skep_sys_map_create(&wrong, 8, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "8 bytes are no attribute");
	assert_int_equal(skep_sys_map_create(&nonsense, sizeof(nonsense), NULL), -EINVAL);
}

static int without_standard_fds(void)
{
	int fd, flags;

	close(0);
	close(1);
	close(2);
	fd = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	flags = fcntl(fd, F_GETFD);
	if (fd < 3 || !(flags & FD_CLOEXEC))
		return 1;
	return fcntl(0, F_GETFD) >= 0 || fcntl(1, F_GETFD) >= 0 ? 2 : 0;
}

static void create__never_takes_a_standard_fd(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (!child)
		_exit(without_standard_fds());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void elements__are_set_found_and_removed(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, 4, 0);
	uint32_t key = 7, other = 8, next = 0;
	uint64_t value = 700, got = 0;

	(void)state;
	assert_int_equal(skep_sys_map_next_key(fd, NULL, &next), -ENOENT);
	assert_int_equal(skep_sys_map_update(fd, &key, &value, SKEP_UPDATE_FLAG_EXIST), -ENOENT);
	assert_int_equal(skep_sys_map_update(fd, &key, &value, SKEP_UPDATE_FLAG_NOEXIST), 0);
	assert_int_equal(skep_sys_map_update(fd, &key, &value, SKEP_UPDATE_FLAG_NOEXIST), -EEXIST);
	assert_int_equal(skep_sys_map_lookup(fd, &key, &got, 0), 0);
	assert_int_equal(got, 700);
	assert_int_equal(skep_sys_map_lookup(fd, &other, &got, 0), -ENOENT);
	assert_int_equal(skep_sys_map_next_key(fd, NULL, &next), 0);
	assert_int_equal(next, 7);
	assert_int_equal(skep_sys_map_next_key(fd, &other, &next), 0);
	assert_int_equal(next, 7);
	assert_int_equal(skep_sys_map_next_key(fd, &key, &next), -ENOENT);
	assert_int_equal(skep_sys_map_first_key(fd, sizeof(next), &next), 0);
	assert_int_equal(next, 7);
	assert_int_equal(skep_sys_map_delete(fd, &other), -ENOENT);
	assert_int_equal(skep_sys_map_delete(fd, &key), 0);
	assert_int_equal(skep_sys_map_first_key(fd, sizeof(next), &next), -ENOENT);
	close(fd);
	assert_int_equal(skep_sys_map_lookup(fd, &key, &got, 0), -EBADF);
}

static void elements__of_a_queue_have_no_keys(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_QUEUE, 0, 8, 2, 0);
	uint64_t value, got = 0;

	(void)state;
	for (value = 1; value <= 2; value++)
		assert_int_equal(skep_sys_map_update(fd, NULL, &value, SKEP_UPDATE_FLAG_ANY), 0);
	assert_int_equal(skep_sys_map_update(fd, NULL, &value, SKEP_UPDATE_FLAG_ANY), -E2BIG);
	for (value = 1; value <= 2; value++) {
		assert_int_equal(skep_sys_map_lookup_and_delete(fd, NULL, &got, 0), 0);
		assert_int_equal(got, value);
	}
	assert_int_equal(skep_sys_map_lookup_and_delete(fd, NULL, &got, 0), -ENOENT);
	close(fd);
}

static void lookup_and_delete__takes_one_or_says_that_it_cannot(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, 2, 0);
	uint64_t value = 5, got = 0;
	uint32_t key = 1;
	int r;

	(void)state;
	assert_int_equal(skep_sys_map_update(fd, &key, &value, 0), 0);
	r = skep_sys_map_lookup_and_delete(fd, &key, &got, 0);
	if (r == 0) {
		assert_int_equal(got, 5);
		assert_int_equal(skep_sys_map_lookup(fd, &key, &got, 0), -ENOENT);
	} else { /* before 5.14 */
		assert_int_equal(r, -EOPNOTSUPP);
		assert_int_equal(skep_sys_map_lookup(fd, &key, &got, 0), 0);
	}
	close(fd);
}

static void prepared_attribute__does_what_the_functions_do(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, 16, 0);
	uint32_t key;
	uint64_t value;
	const struct skep_attr_map_element attr = { .map_fd = (uint32_t)fd,
						    .key = SKEP_ATTR_POINTER(&key),
						    .value = SKEP_ATTR_POINTER(&value) };

	(void)state;
	for (key = 0; key < 16; key++) {
		value = key * 3;
		assert_int_equal(skep_sys_map_element_attr(SKEP_COMMAND_MAP_UPDATE_ELEM, &attr), 0);
	}
	for (key = 0; key < 16; key++) {
		assert_int_equal(skep_sys_map_element_attr(SKEP_COMMAND_MAP_LOOKUP_ELEM, &attr), 0);
		assert_int_equal(value, key * 3);
	}
	key = 16;
	assert_int_equal(skep_sys_map_element_attr(SKEP_COMMAND_MAP_LOOKUP_ELEM, &attr), -ENOENT);
	close(fd);
}

static int fill(int fd, size_t key_size)
{
	uint8_t key[8] = { 0 };
	uint64_t value = 1;
	unsigned i;
	int r = 0;

	for (i = 0; i < 100 && !r; i++) {
		key[0] = 32; /* of an LPM trie: bits of the prefix */
		key[key_size - 1] = (uint8_t)i;
		r = skep_sys_map_update(fd, key, &value, SKEP_UPDATE_FLAG_NOEXIST);
	}
	return r;
}

static void full__is_said_in_words(void **state)
{
	static const struct {
		uint32_t type, flags;
		int code;
	} cases[] = {
		{ SKEP_MAP_TYPE_HASH, 0, -E2BIG },
		{ SKEP_MAP_TYPE_HASH, SKEP_MAP_FLAG_NO_PREALLOC, -E2BIG },
		{ SKEP_MAP_TYPE_LPM_TRIE, SKEP_MAP_FLAG_NO_PREALLOC, -ENOSPC },
	};
	struct skep_error err;
	size_t i;
	int fd, r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&err, 0, sizeof(err));
		fd = fixture_map(cases[i].type, 8, 8, 3, cases[i].flags);
		r = fill(fd, 8);
		assert_int_equal(r, cases[i].code);
		assert_true(skep_sys_map_is_full(cases[i].type, r));
		assert_int_equal(skep_sys_map_fail(&err, fd, "update", r), cases[i].code);
		assert_told(&err, SKEP_ERR_NO_SPACE,
			    "update map 'fixture': the map is full (max_entries 3)");
		close(fd);
	}
}

static void array__says_that_a_key_is_out_of_range(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 8, 3, 0);
	struct skep_error err = { 0 };
	uint64_t value = 0;
	uint32_t key = 3;
	int r;

	(void)state;
	r = skep_sys_map_update(fd, &key, &value, 0);
	assert_int_equal(r, -E2BIG);
	skep_sys_map_fail(&err, fd, "update", r);
	assert_told(&err, SKEP_ERR_INVALID, "the key is out of range (max_entries 3)");
	close(fd);
}

static void freeze__ends_changes(void **state)
{
	int fd = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	struct skep_error err = { 0 };
	uint64_t value = 0;
	uint32_t key = 0;

	(void)state;
	assert_done(skep_sys_map_freeze(fd, &err), &err);
	assert_int_equal(skep_sys_map_update(fd, &key, &value, 0), -EPERM);
	assert_true(skep_sys_map_freeze(fd, &err) < 0);
	assert_told(&err, SKEP_ERR_CONFLICT, "freeze map 'fixture': it is frozen already");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create__makes_the_map_that_was_asked_for),
		cmocka_unit_test(create__says_in_words_what_was_refused),
		cmocka_unit_test(create__never_takes_a_standard_fd),
		cmocka_unit_test(elements__are_set_found_and_removed),
		cmocka_unit_test(elements__of_a_queue_have_no_keys),
		cmocka_unit_test(lookup_and_delete__takes_one_or_says_that_it_cannot),
		cmocka_unit_test(prepared_attribute__does_what_the_functions_do),
		cmocka_unit_test(full__is_said_in_words),
		cmocka_unit_test(array__says_that_a_key_is_out_of_range),
		cmocka_unit_test(freeze__ends_changes),
	};

	return cmocka_run_group_tests_name("sys_map", tests, NULL, NULL);
}
