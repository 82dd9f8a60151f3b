/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What bpf(2) may ask a caller to do again, and what old kernels answer: told by injected errors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "inject.h"

static const uint64_t return_1[] = { 0x00000001000000b7, 0x0000000000000095 };

struct subject {
	int fd;
	int r;
	uint32_t key;
	struct skep_sys_batch *walk;
	int delivered;
};

static void load(void *userdata)
{
	struct subject *s = userdata;
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = 2,
		.insns = SKEP_ATTR_POINTER(return_1),
		.license = SKEP_ATTR_POINTER("GPL"),
	};

	s->r = skep_sys_prog_load(&attr, sizeof(attr), NULL);
	skep_sys_close(&(int){ s->r });
}

static void load__is_repeated_when_the_kernel_asks_for_it(void **state)
{
	struct inject_report report;
	struct subject s = { 0 };

	(void)state;
	assert_int_equal(inject_run(load, &s, 1, EAGAIN, &report), 0);
	assert_true(s.r >= 0);
	assert_int_equal(report.calls, 2);
	assert_int_equal(inject_run(load, &s, 1, EPERM, &report), 0);
	assert_int_equal(s.r, -EPERM);
}

static int make_hash(uint32_t entries)
{
	const struct skep_attr_map_create attr = {
		.map_type = SKEP_MAP_TYPE_HASH,
		.key_size = 4,
		.value_size = 8,
		.max_entries = entries,
	};
	int fd = skep_sys_map_create(&attr, sizeof(attr), NULL);
	uint64_t value = 1;
	uint32_t key;

	assert_true(fd >= 0);
	for (key = 0; key < entries; key++)
		assert_int_equal(skep_sys_map_update(fd, &key, &value, 0), 0);
	return fd;
}

static void first_key(void *userdata)
{
	struct subject *s = userdata;

	s->r = skep_sys_map_first_key(s->fd, sizeof(s->key), &s->key);
}

/* Before 4.12 the kernel answers EFAULT to a key of NULL. */
static void first_key__is_found_on_a_kernel_that_takes_no_null(void **state)
{
	struct subject s = { .fd = make_hash(1), .key = 77 };
	struct inject_report report;
	uint32_t zero = 0;

	(void)state;
	assert_int_equal(inject_run(first_key, &s, 1, EFAULT, &report), 0);
	assert_int_equal(s.r, 0);
	assert_int_equal(s.key,
			 0); /* key 0 is in the map: the next guess, all bytes 0xff, is not */
	assert_int_equal(report.calls, 4);
	assert_int_equal(skep_sys_map_delete(s.fd, &zero), 0);
	assert_int_equal(inject_run(first_key, &s, 1, EFAULT, &report), 0);
	assert_int_equal(s.r, -ENOENT);
	close(s.fd);
}

static void walk(void *userdata)
{
	struct subject *s = userdata;
	const void *keys, *values;

	s->delivered = 0;
	while ((s->r = skep_sys_batch_next(s->walk, &keys, &values)) > 0)
		s->delivered += s->r;
}

static void walk__goes_on_after_an_interruption(void **state)
{
	const struct skep_sys_batch_opts opts = { .sz = sizeof(opts), .chunk_count = 100 };
	struct subject s = { .fd = make_hash(1000) };
	struct inject_report report;
	unsigned number;

	(void)state;
	assert_int_equal(skep_sys_batch_open(s.fd, &opts, &s.walk, NULL), 0);
	for (number = 1; number <= 5; number++) {
		assert_int_equal(inject_run(walk, &s, number, EINTR, &report), 0);
		assert_int_equal(s.r, 0);
		assert_int_equal(s.delivered, 1000);
		assert_int_equal(inject_run(walk, &s, number, ENOSPC, &report), 0);
		assert_int_equal(s.r, 0);
		assert_int_equal(s.delivered, 1000);
	}
	assert_int_equal(inject_run(walk, &s, 1, ENOMEM, &report), 0);
	assert_int_equal(s.r, -ENOMEM);
	walk(&s); /* and can be taken up again */
	assert_int_equal(s.delivered, 1000);
	skep_sys_batch_close(s.walk);
	close(s.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load__is_repeated_when_the_kernel_asks_for_it),
		cmocka_unit_test(first_key__is_found_on_a_kernel_that_takes_no_null),
		cmocka_unit_test(walk__goes_on_after_an_interruption),
	};

	return cmocka_run_group_tests_name("sys_retry", tests, NULL, NULL);
}
