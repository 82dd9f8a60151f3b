/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Every type of map that the running kernel has: made, used in each way that it can be used, and told where it cannot. */
#include <arpa/inet.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_xdp.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/btf.h>
#include <skep/feature.h>
#include <skep/kabi.h>
#include <skep/map.h>
#include <skep/map_bulk.h>
#include <skep/map_dump.h>
#include <skep/map_mmap.h>
#include <skep/map_object.h>
#include <skep/map_queue.h>
#include <skep/sys.h>

#include "bpf_fixture.h"

#define LOOPBACK 1 /* the index of lo in every network namespace */

struct row {
	struct skep_map_spec spec;
	void (*use)(struct skep_map *map);
	int needs; /* enum need */
};

enum need {
	NEEDS_NOTHING,
	NEEDS_TYPES,
	NEEDS_INNER,
	NEEDS_STRUCT_OPS
};

static const struct skep_map_spec inner_spec = {
	.sz = sizeof(inner_spec),
	.name = "inner",
	.type = SKEP_MAP_TYPE_ARRAY,
	.value_size = 8,
	.max_entries = 4,
};

static uint64_t count_of(struct skep_map *map)
{
	struct skep_error err = { 0 };
	uint64_t count = 0;

	assert_done(skep_map_count(map, &count, &err), &err);
	return count;
}

static void assert_no_walk(struct skep_map *map)
{
	struct skep_error err = { 0 };
	uint64_t count;

	assert_int_equal(skep_map_count(map, &count, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, skep_map_type_name(skep_map_type(map), NULL));
}

static void assert_no_queue(struct skep_map *map)
{
	uint64_t value = 0;

	assert_int_equal(skep_map_push(map, &value, 0), -EOPNOTSUPP);
	assert_int_equal(skep_map_pop(map, &value), -EOPNOTSUPP);
	assert_int_equal(skep_map_peek(map, &value), -EOPNOTSUPP);
}

/* Hashes of all sorts: @evicts: a full one makes room by itself. */
static void use_keys(struct skep_map *map, int evicts)
{
	uint64_t *value = calloc(1, skep_map_value_bytes(map));
	const uint32_t room = skep_map_max_entries(map);
	struct skep_error err = { 0 };
	uint32_t key, next;
	int r = 0;

	assert_non_null(value);
	assert_int_equal(skep_map_next_key(map, NULL, &next), -ENOENT);
	for (key = 0; key < 4 * room && !r; key++) {
		value[0] = 7 + key;
		r = skep_map_update(map, &key, value, SKEP_UPDATE_FLAG_NOEXIST);
	}
	if (evicts) {
		assert_int_equal(r, 0);
		assert_in_range(count_of(map), 1, room);
		key--;
	} else {
		assert_int_equal(r, -E2BIG);
		skep_map_fail(&err, map, "update", r);
		assert_told(&err, SKEP_ERR_NO_SPACE, "the map is full");
		assert_int_equal(count_of(map), room);
		key -= 2;
	}
	memset(value, 0, skep_map_value_bytes(map));
	assert_int_equal(skep_map_lookup(map, &key, value, 0), 0);
	assert_int_equal(value[0], 7 + key);
	/* an LRU map may make room with the very element that was there */
	r = skep_map_update(map, &key, value, SKEP_UPDATE_FLAG_NOEXIST);
	assert_true(r == -EEXIST || (evicts && r == 0));
	assert_int_equal(skep_map_delete(map, &key), 0);
	assert_int_equal(skep_map_delete(map, &key), -ENOENT);
	assert_int_equal(skep_map_update(map, &key, value, SKEP_UPDATE_FLAG_EXIST), -ENOENT);
	if (evicts) /* all the others may have gone */
		assert_int_equal(skep_map_update(map, &key, value, 0), 0);
	assert_int_equal(skep_map_next_key(map, NULL, &next), 0);
	r = skep_map_take(map, &next, value);
	assert_true(r == 0 || r == -EOPNOTSUPP); /* hashes: 5.14 */
	assert_done(skep_map_delete_all(map, NULL, &err), &err);
	assert_int_equal(count_of(map), 0);
	assert_no_queue(map);
	free(value);
}

static void use_hash(struct skep_map *map)
{
	use_keys(map, 0);
}

static void use_lru(struct skep_map *map)
{
	use_keys(map, 1);
}

static void use_array(struct skep_map *map)
{
	uint64_t *value = calloc(1, skep_map_value_bytes(map));
	uint32_t key = 3, beyond = skep_map_max_entries(map);
	struct skep_error err = { 0 };

	assert_non_null(value);
	value[0] = 5;
	assert_int_equal(skep_map_update(map, &key, value, 0), 0);
	value[0] = 0;
	assert_int_equal(skep_map_lookup(map, &key, value, 0), 0);
	assert_int_equal(value[0], 5);
	assert_int_equal(skep_map_update(map, &beyond, value, 0), -E2BIG);
	assert_int_equal(skep_map_lookup(map, &beyond, value, 0), -ENOENT);
	assert_int_equal(skep_map_delete(map, &key), -EINVAL);
	assert_int_equal(count_of(map), beyond);
	assert_done(skep_map_clear_all(map, NULL, &err), &err);
	assert_int_equal(skep_map_lookup(map, &key, value, 0), 0);
	assert_int_equal(value[0], 0);
	assert_int_equal(skep_map_delete_all(map, NULL, &err), -EOPNOTSUPP);
	free(value);
}

static void use_trie(struct skep_map *map)
{
	const struct {
		uint32_t bits;
		uint8_t address[4];
	} wide = { 8, { 10, 0, 0, 0 } }, narrow = { 24, { 10, 1, 2, 0 } },
	  host = { 32, { 10, 1, 2, 3 } }, other = { 32, { 10, 9, 9, 9 } },
	  outside = { 32, { 11, 0, 0, 1 } };
	struct skep_error err = { 0 };
	uint64_t value = 1;
	uint32_t i;
	int r = 0;

	assert_int_equal(skep_map_update(map, &wide, &value, 0), 0);
	value = 2;
	assert_int_equal(skep_map_update(map, &narrow, &value, 0), 0);
	assert_int_equal(skep_map_lookup(map, &host, &value, 0), 0);
	assert_int_equal(value, 2);
	assert_int_equal(skep_map_lookup(map, &other, &value, 0), 0);
	assert_int_equal(value, 1);
	assert_int_equal(skep_map_lookup(map, &outside, &value, 0), -ENOENT);
	assert_int_equal(skep_map_delete(map, &host), -ENOENT);
	for (i = 0; i < 4 * skep_map_max_entries(map) && !r; i++) {
		const uint32_t more[2] = { 32, htonl(0x0b000000 + i) };

		r = skep_map_update(map, more, &value, 0);
	}
	assert_int_equal(r, -ENOSPC);
	skep_map_fail(&err, map, "update", r);
	assert_told(&err, SKEP_ERR_NO_SPACE, "the map is full");
	assert_int_equal(count_of(map), skep_map_max_entries(map));
	assert_done(skep_map_delete_all(map, NULL, &err), &err);
	assert_int_equal(count_of(map), 0);
}

/* @is_stack: what came last comes first. */
static void use_order(struct skep_map *map, int is_stack)
{
	const uint64_t room = skep_map_max_entries(map);
	struct skep_error err = { 0 };
	uint64_t value, i;

	assert_int_equal(skep_map_peek(map, &value), -ENOENT);
	assert_int_equal(skep_map_pop(map, &value), -ENOENT);
	for (i = 0; i < room; i++)
		assert_int_equal(skep_map_push(map, &i, 0), 0);
	assert_int_equal(skep_map_push(map, &i, 0), -E2BIG);
	assert_told((skep_map_fail(&err, map, "push to", -E2BIG), &err), SKEP_ERR_NO_SPACE, "full");
	assert_int_equal(skep_map_peek(map, &value), 0);
	assert_int_equal(value, is_stack ? room - 1 : 0);
	assert_int_equal(skep_map_push(map, &i, SKEP_UPDATE_FLAG_EXIST), 0);
	for (i = 0; i < room; i++) {
		assert_int_equal(skep_map_pop(map, &value), 0);
		assert_int_equal(value, is_stack ? room - i : i + 1);
	}
	assert_int_equal(skep_map_pop(map, &value), -ENOENT);
	assert_int_equal(skep_map_contains(map, &value), -EOPNOTSUPP);
	assert_no_walk(map);
}

static void use_queue(struct skep_map *map)
{
	use_order(map, 0);
}

static void use_stack(struct skep_map *map)
{
	use_order(map, 1);
}

static void use_filter(struct skep_map *map)
{
	uint64_t value, absent = 0;

	for (value = 0; value < 32; value++)
		assert_int_equal(skep_map_push(map, &value, 0), 0);
	for (value = 0; value < 32; value++)
		assert_int_equal(skep_map_contains(map, &value), 1);
	for (value = 1000; value < 2000; value++)
		absent += skep_map_contains(map, &value) == 0;
	assert_in_range(absent, 500, 1000);
	assert_int_equal(skep_map_pop(map, &value), -EOPNOTSUPP);
	assert_no_walk(map);
}

static void use_ring(struct skep_map *map)
{
	struct skep_map_mapping *mapping = NULL;
	struct skep_error err = { 0 };

	/* 5,000 were asked for */
	assert_int_equal(skep_map_max_entries(map), 8192);
	assert_int_equal(skep_map_mapping_open(map, 0, &mapping, &err), -EOPNOTSUPP);
	assert_no_walk(map);
	assert_no_queue(map);
}

static int note_inner(const void *key, struct skep_map *inner, void *userdata)
{
	uint64_t *seen = userdata, value = 0;
	uint32_t zero = 0;

	assert_int_equal(SKEP_MAP_LOOKUP(inner, &zero, &value), 0);
	assert_int_equal(value, 100 + *(const uint32_t *)key);
	++*seen;
	return 0;
}

static void use_maps(struct skep_map *map)
{
	const struct skep_map_spec other = {
		.sz = sizeof(other), .type = SKEP_MAP_TYPE_ARRAY, .value_size = 16, .max_entries = 4
	};
	const struct skep_map_spec endless = { .sz = sizeof(endless),
					       .type = skep_map_type(map),
					       .key_size = 4,
					       .max_entries = 4,
					       .inner = &endless };
	struct skep_map *inner = NULL;
	struct skep_error err = { 0 };
	uint32_t key, zero = 0, absent = 3, id = 0;
	uint64_t value, seen = 0;

	for (key = 0; key < 3; key++) {
		assert_done(skep_map_create(&inner_spec, &inner, &err), &err);
		value = 100 + key;
		assert_int_equal(SKEP_MAP_UPDATE(inner, &zero, &value, 0), 0);
		assert_done(skep_map_update_map(map, &key, inner, 0, &err), &err);
		id = skep_map_id(inner);
		inner = skep_map_close(inner);
	}
	assert_done(skep_map_dump_inner(map, note_inner, &seen, &err), &err);
	assert_int_equal(seen, 3);
	key = 2;
	assert_done(skep_map_open_inner(map, &key, &inner, &err), &err);
	assert_int_equal(skep_map_id(inner), id);
	inner = skep_map_close(inner);
	assert_int_equal(skep_map_open_inner(map, &absent, &inner, &err), -ENOENT);
	assert_done(skep_map_create(&other, &inner, &err), &err);
	assert_int_equal(skep_map_update_map(map, &key, inner, 0, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_CONFLICT, "is not like the inner maps");
	assert_int_equal(skep_map_update_map(inner, &key, map, 0, &err), -EOPNOTSUPP);
	assert_int_equal(skep_map_dump_inner(inner, note_inner, &seen, &err), -EOPNOTSUPP);
	skep_map_close(inner);
	assert_int_equal(skep_map_create(&endless, &inner, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "no maps of maps into maps");
	assert_int_equal(skep_map_delete(map, &key), 0);
	seen = 0;
	assert_done(skep_map_dump_inner(map, note_inner, &seen, &err), &err);
	assert_int_equal(seen, 2);
	assert_int_equal(skep_map_clear_all(map, NULL, &err), -EOPNOTSUPP);
	assert_done(skep_map_delete_all(map, NULL, &err), &err);
	assert_int_equal(count_of(map), 0);
}

static void use_progs(struct skep_map *map)
{
	const int prog = fixture_prog_pass(SKEP_PROG_TYPE_SOCKET_FILTER, 0);
	struct skep_prog_info there = { 0 }, own = { 0 };
	struct skep_error err = { 0 };
	uint32_t key = 2;
	int fd;

	assert_done(skep_map_update_prog(map, key, prog, &err), &err);
	fd = assert_done(skep_map_open_prog(map, key, &err), &err);
	assert_true(skep_sys_prog_info(fd, &there, sizeof(there)) > 0);
	assert_true(skep_sys_prog_info(prog, &own, sizeof(own)) > 0);
	assert_int_equal(there.id, own.id);
	close(fd);
	assert_int_equal(count_of(map), 1);
	assert_int_equal(skep_map_open_prog(map, 1, &err), -ENOENT);
	assert_int_equal(skep_map_update_prog(map, 99, prog, &err), -E2BIG);
	assert_true(skep_map_update_prog(map, key, skep_map_fd(map), &err) < 0);
	assert_done(skep_map_delete_all(map, NULL, &err), &err);
	assert_int_equal(skep_map_delete(map, &key), -ENOENT);
	close(prog);
}

/* Elements that nobody can read back. */
static void use_fd(struct skep_map *map, int fd)
{
	struct skep_error err = { 0 };
	uint32_t key = 0;

	assert_true(fd >= 0);
	assert_done(skep_map_update_fd(map, &key, fd, 0, &err), &err);
	assert_true(skep_map_update_fd(map, &key, skep_map_fd(map), 0, &err) < 0);
	assert_int_equal(skep_map_delete(map, &key), 0);
	close(fd);
}

static void use_events(struct skep_map *map)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_BPF_OUTPUT,
					.sample_type = PERF_SAMPLE_RAW };

	use_fd(map, (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC));
	assert_no_walk(map);
}

static void use_cgroups(struct skep_map *map)
{
	const int cgroup = fixture_cgroup();

	use_fd(map, fcntl(cgroup, F_DUPFD_CLOEXEC, 3));
	fixture_cgroup_remove(cgroup);
	assert_no_walk(map);
}

static void use_devices(struct skep_map *map)
{
	struct skep_error err = { 0 };
	uint32_t key = 1, device = LOOPBACK, found = 0, none = 1u << 30;

	assert_int_equal(skep_map_update(map, &key, &device, 0), 0);
	assert_int_equal(skep_map_lookup(map, &key, &found, 0), 0);
	assert_int_equal(found, LOOPBACK);
	assert_int_equal(count_of(map), 1);
	assert_int_equal(skep_map_update(map, &key, &none, 0), -EINVAL);
	assert_int_equal(skep_map_update_fd(map, &key, 0, 0, &err), -EOPNOTSUPP);
	assert_told(&err, SKEP_ERR_UNSUPPORTED, "holds no fds");
	assert_done(skep_map_delete_all(map, NULL, &err), &err);
	assert_int_equal(skep_map_lookup(map, &key, &found, 0), -ENOENT);
}

static void use_cpus(struct skep_map *map)
{
	struct skep_error err = { 0 };
	uint32_t cpu = 0, queue = 64, found = 0;

	assert_int_equal(skep_map_update(map, &cpu, &queue, 0), 0);
	assert_int_equal(skep_map_lookup(map, &cpu, &found, 0), 0);
	assert_int_equal(found, 64);
	assert_int_equal(count_of(map), 1);
	assert_done(skep_map_delete_all(map, NULL, &err), &err);
	assert_int_equal(skep_map_lookup(map, &cpu, &found, 0), -ENOENT);
}

/* A socket of AF_XDP with memory and rings, as the map asks for. */
static int xdp_socket(void **ret_memory)
{
	const uint32_t frames = 64, frame = 2048;
	void *memory = mmap(NULL, (size_t)frames * frame, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct xdp_umem_reg umem = { .addr = (uintptr_t)memory,
					   .len = (uint64_t)frames * frame,
					   .chunk_size = frame };
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(memory != MAP_FAILED);
	*ret_memory = memory;
	if (fd < 0)
		return fd;
	assert_int_equal(setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)), 0);
	assert_int_equal(setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &frames, sizeof(frames)), 0);
	assert_int_equal(setsockopt(fd, SOL_XDP, XDP_RX_RING, &frames, sizeof(frames)), 0);
	return fd;
}

static void use_xdp_sockets(struct skep_map *map)
{
	void *memory;

	use_fd(map, xdp_socket(&memory));
	munmap(memory, 64 * 2048);
}

static int bound_socket(int type, int reuses)
{
	const struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(0x7f000001) } };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (reuses)
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &reuses, sizeof(reuses)),
				 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void use_sockets(struct skep_map *map)
{
	const int fd = bound_socket(SOCK_STREAM, 0);
	struct skep_error err = { 0 };
	uint64_t cookie = 0, found = 0;
	socklen_t size = sizeof(cookie);
	uint32_t key = 0;

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
	assert_done(skep_map_update_fd(map, &key, fd, 0, &err), &err);
	assert_int_equal(skep_map_lookup(map, &key, &found, 0), 0);
	assert_int_equal(found, cookie);
	assert_int_equal(count_of(map), 1);
	assert_true(skep_map_update_fd(map, &key, skep_map_fd(map), 0, &err) < 0);
	assert_done(skep_map_delete_all(map, NULL, &err), &err);
	assert_int_equal(count_of(map), 0);
	close(fd);
}

static void use_reuseport(struct skep_map *map)
{
	const int fd = bound_socket(SOCK_DGRAM, 1);
	struct skep_error err = { 0 };
	uint64_t cookie = 0, found = 0;
	socklen_t size = sizeof(cookie);
	uint32_t key = 1;

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
	assert_done(skep_map_update_fd(map, &key, fd, 0, &err), &err);
	assert_int_equal(skep_map_lookup(map, &key, &found, 0), 0);
	assert_int_equal(found, cookie);
	assert_int_equal(count_of(map), 1);
	assert_done(skep_map_delete_all(map, NULL, &err), &err);
	assert_int_equal(count_of(map), 0);
	close(fd);
}

/* What belongs to a socket, a file, a process, a cgroup: the key is an fd of it. */
static void use_storage(struct skep_map *map, int fd)
{
	uint32_t key = (uint32_t)fd, found = 0, value = 42, none = 1u << 20;

	assert_true(fd >= 0);
	assert_int_equal(skep_map_lookup(map, &key, &found, 0), -ENOENT);
	assert_int_equal(skep_map_update(map, &key, &value, SKEP_UPDATE_FLAG_NOEXIST), 0);
	assert_int_equal(skep_map_update(map, &key, &value, SKEP_UPDATE_FLAG_NOEXIST), -EEXIST);
	assert_int_equal(skep_map_lookup(map, &key, &found, 0), 0);
	assert_int_equal(found, 42);
	assert_int_equal(skep_map_lookup(map, &none, &found, 0), -EBADF);
	assert_int_equal(skep_map_delete(map, &key), 0);
	assert_int_equal(skep_map_delete(map, &key), -ENOENT);
	assert_no_walk(map);
	close(fd);
}

static void use_sk_storage(struct skep_map *map)
{
	use_storage(map, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static void use_inode_storage(struct skep_map *map)
{
	use_storage(map, open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
}

static void use_task_storage(struct skep_map *map)
{
	use_storage(map, (int)syscall(SYS_pidfd_open, getpid(), 0));
}

static void use_cgrp_storage(struct skep_map *map)
{
	const int cgroup = fixture_cgroup();

	use_storage(map, fcntl(cgroup, F_DUPFD_CLOEXEC, 3));
	fixture_cgroup_remove(cgroup);
}

static void use_cgroup_storage(struct skep_map *map)
{
	const struct {
		uint64_t cgroup;
		uint32_t attach_type, pad;
	} key = { 1, 0, 0 };
	uint64_t *value = calloc(1, skep_map_value_bytes(map));

	assert_non_null(value);
	assert_int_equal(skep_map_lookup(map, &key, value, 0), -ENOENT);
	assert_int_equal(count_of(map), 0);
	free(value);
}

static void use_stacks(struct skep_map *map)
{
	uint32_t key = 0;
	uint64_t value;

	assert_int_equal(skep_map_lookup(map, &key, &value, 0), -ENOENT);
	assert_int_equal(skep_map_update(map, &key, &value, 0), -EINVAL);
	assert_int_equal(skep_map_delete(map, &key), -ENOENT);
	assert_int_equal(count_of(map), 0);
}

static void use_arena(struct skep_map *map)
{
	struct skep_map_mapping *mapping = NULL;
	struct skep_error err = { 0 };
	uint64_t *words;

	assert_done(skep_map_mapping_open(map, SKEP_MAP_MAPPING_WRITE, &mapping, &err), &err);
	assert_int_equal(skep_map_mapping_bytes(mapping), 4 * sysconf(_SC_PAGESIZE));
	assert_int_equal(skep_map_mapping_stride(mapping), 0);
	assert_null(skep_map_mapping_at(mapping, 0));
	words = skep_map_mapping_address(mapping);
	words[3] = 33;
	words[1000] = 44;
	assert_int_equal(words[3] + words[1000], 77);
	skep_map_mapping_close(mapping);
	assert_no_walk(map);
	assert_no_queue(map);
}

static void use_struct_ops(struct skep_map *map)
{
	void *value = calloc(1, skep_map_value_bytes(map));
	uint32_t key = 0;
	static const char zeros[8];

	assert_non_null(value);
	assert_int_equal(skep_map_max_entries(map), 1);
	assert_int_equal(skep_map_lookup(map, &key, value, 0), 0);
	assert_memory_equal(value, zeros, sizeof(zeros)); /* its state: at the beginning */
	free(value);
}

static void use_insns(struct skep_map *map)
{
	unsigned char value[16] = { 0 };
	uint32_t key = 1;

	assert_int_equal(skep_map_update(map, &key, value, 0), 0);
	assert_int_equal(skep_map_lookup(map, &key, value, 0), 0);
	assert_int_equal(skep_map_delete(map, &key), -EINVAL);
	assert_int_equal(count_of(map), 4);
}

#define ROW(id, fn, need, ...)                                                                   \
	{                                                                                        \
		{ .sz = sizeof(struct skep_map_spec), .type = SKEP_MAP_TYPE_##id, __VA_ARGS__ }, \
			fn, need                                                                 \
	}
#define KEYED .key_size = 4, .value_size = 8, .max_entries = 64

static const struct row rows[] = {
	ROW(HASH, use_hash, NEEDS_NOTHING, KEYED),
	ROW(ARRAY, use_array, NEEDS_NOTHING, KEYED),
	ROW(PROG_ARRAY, use_progs, NEEDS_NOTHING, .max_entries = 4),
	ROW(PERF_EVENT_ARRAY, use_events, NEEDS_NOTHING, .max_entries = 0),
	ROW(PERCPU_HASH, use_hash, NEEDS_NOTHING, KEYED),
	ROW(PERCPU_ARRAY, use_array, NEEDS_NOTHING, KEYED),
	ROW(STACK_TRACE, use_stacks, NEEDS_NOTHING, .value_size = 8, .max_entries = 4),
	ROW(CGROUP_ARRAY, use_cgroups, NEEDS_NOTHING, .max_entries = 4),
	ROW(LRU_HASH, use_lru, NEEDS_NOTHING, KEYED),
	ROW(LRU_PERCPU_HASH, use_lru, NEEDS_NOTHING, KEYED),
	ROW(LPM_TRIE, use_trie, NEEDS_NOTHING, .key_size = 8, .value_size = 8, .max_entries = 64),
	ROW(ARRAY_OF_MAPS, use_maps, NEEDS_INNER, .max_entries = 4),
	ROW(HASH_OF_MAPS, use_maps, NEEDS_INNER, .key_size = 4, .max_entries = 4),
	ROW(DEVMAP, use_devices, NEEDS_NOTHING, .value_size = 4, .max_entries = 4),
	ROW(SOCKMAP, use_sockets, NEEDS_NOTHING, .value_size = 8, .max_entries = 4),
	ROW(CPUMAP, use_cpus, NEEDS_NOTHING, .value_size = 4, .max_entries = 1),
	ROW(XSKMAP, use_xdp_sockets, NEEDS_NOTHING, .max_entries = 4),
	ROW(SOCKHASH, use_sockets, NEEDS_NOTHING, .key_size = 4, .value_size = 8, .max_entries = 4),
	ROW(CGROUP_STORAGE, use_cgroup_storage, NEEDS_NOTHING, .key_size = 16, .value_size = 8),
	ROW(REUSEPORT_SOCKARRAY, use_reuseport, NEEDS_NOTHING, .value_size = 8, .max_entries = 4),
	ROW(PERCPU_CGROUP_STORAGE, use_cgroup_storage, NEEDS_NOTHING, .key_size = 16,
	    .value_size = 8),
	ROW(QUEUE, use_queue, NEEDS_NOTHING, .value_size = 8, .max_entries = 7),
	ROW(STACK, use_stack, NEEDS_NOTHING, .value_size = 8, .max_entries = 7),
	ROW(SK_STORAGE, use_sk_storage, NEEDS_TYPES, .value_size = 4),
	ROW(DEVMAP_HASH, use_devices, NEEDS_NOTHING, .key_size = 4, .value_size = 4,
	    .max_entries = 4),
	ROW(STRUCT_OPS, use_struct_ops, NEEDS_STRUCT_OPS, .max_entries = 1),
	ROW(RINGBUF, use_ring, NEEDS_NOTHING, .max_entries = 5000),
	ROW(INODE_STORAGE, use_inode_storage, NEEDS_TYPES, .value_size = 4),
	ROW(TASK_STORAGE, use_task_storage, NEEDS_TYPES, .value_size = 4),
	ROW(BLOOM_FILTER, use_filter, NEEDS_NOTHING, .value_size = 8, .max_entries = 64,
	    .map_extra = 3),
	ROW(USER_RINGBUF, use_ring, NEEDS_NOTHING, .max_entries = 5000),
	ROW(CGRP_STORAGE, use_cgrp_storage, NEEDS_TYPES, .value_size = 4),
	ROW(ARENA, use_arena, NEEDS_NOTHING, .max_entries = 4, .flags = SKEP_MAP_FLAG_MMAPABLE),
	ROW(INSN_ARRAY, use_insns, NEEDS_NOTHING, .key_size = 4, .value_size = 16,
	    .max_entries = 4),
	ROW(RHASH, use_hash, NEEDS_NOTHING, KEYED),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* An int, for keys and values that have to have a type. Return: an fd. */
static int load_types(void)
{
	struct btf *btf = btf__new_empty();
	int fd;

	assert_non_null(btf);
	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), 1);
	assert_int_equal(btf__load_into_kernel(btf), 0);
	fd = fcntl(btf__fd(btf), F_DUPFD_CLOEXEC, 3);
	btf__free(btf);
	return fd;
}

static void find_struct_ops(struct skep_map_spec *spec)
{
	struct skep_btf *btf = NULL;
	struct skep_error err = { 0 };
	struct skep_btf_type type;
	uint32_t id = 0;

	assert_done(skep_btf_open_kernel(&btf, &err), &err);
	if (skep_btf_find(btf, "struct bpf_struct_ops_tcp_congestion_ops", 0, &id) <= 0) {
		skep_btf_close(btf);
		skip();
	}
	assert_int_equal(skep_btf_type_at(btf, id, &type), 0);
	spec->value_size = type.size;
	spec->btf_vmlinux_value_type_id = id;
	skep_btf_close(btf);
}

static void map_types__are_used_in_each_way_that_they_can_be(void **state)
{
	const struct row *row = *state;
	struct skep_map_spec spec = row->spec;
	struct skep_features *features = NULL;
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	int fd = -1, there;

	assert_done(skep_features_open(NULL, &features, &err), &err);
	there = assert_done(skep_feature_map_type(features, (uint32_t)spec.type, &err), &err);
	skep_features_close(features);
	if (!there)
		skip(); /* this kernel has no such maps */
	spec.name = "types";
	if (row->needs == NEEDS_INNER)
		spec.inner = &inner_spec;
	if (row->needs == NEEDS_TYPES || row->needs == NEEDS_STRUCT_OPS) {
		fd = load_types();
		spec.btf_fd = (uint64_t)fd;
	}
	if (row->needs == NEEDS_TYPES)
		spec.btf_key_type_id = spec.btf_value_type_id = 1;
	if (row->needs == NEEDS_STRUCT_OPS)
		find_struct_ops(&spec);
	assert_done(skep_map_create(&spec, &map, &err), &err);
	assert_int_equal(skep_map_type(map), spec.type);
	row->use(map);
	skep_map_close(map);
	if (fd >= 0)
		close(fd);
}

/* A type that is added to the table of types, and not here, fails. */
static void map_types__all_have_a_test(void **state)
{
	uint32_t type;

	(void)state;
	for (type = SKEP_MAP_TYPE_UNSPEC + 1; skep_map_type_memory(type) || type <= ROWS; type++) {
		assert_in_range(type, 1, ROWS);
		assert_int_equal(rows[type - 1].spec.type, type);
	}
	assert_true(type > SKEP_MAP_TYPE_RHASH);
}

int main(void)
{
	static char names[ROWS][80];
	static struct CMUnitTest tests[ROWS + 1];
	char name[SKEP_NAME_SIZE];
	size_t i;

	for (i = 0; i < ROWS; i++) {
		snprintf(names[i], sizeof(names[i]), "map_types__%s_is_used_in_each_way",
			 skep_map_type_name((uint32_t)rows[i].spec.type, name));
		tests[i] = (struct CMUnitTest){ names[i],
						map_types__are_used_in_each_way_that_they_can_be,
						NULL, NULL, (void *)&rows[i] };
	}
	tests[ROWS] = (struct CMUnitTest)cmocka_unit_test(map_types__all_have_a_test);
	return cmocka_run_group_tests_name("map_types", tests, NULL, NULL);
}
