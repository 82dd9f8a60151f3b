/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep map lookup, update, delete, push, pop, peek: one element at a time. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/format.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map_bulk.h>
#include <skep/sys.h>

#include "map.h"
#include "out.h"

/* "1234", or "1234:5" with @colon. Return: how many numbers were read. */
static int read_numbers(const char *text, int ret[2])
{
	char end;
	int count = sscanf(text, "%d:%d%c", &ret[0], &ret[1], &end);

	return count < 0 || count > 2 || ret[0] < 0 || strspn(text, "0123456789:") != strlen(text)
		       ? 0
		       : count;
}

/* An fd of what an element of a storage map belongs to. Return: an fd, owned by the caller; a negative errno. */
static int open_owner(uint32_t type, const char *text)
{
	int numbers[2] = { 0 }, count = read_numbers(text, numbers), process, fd;

	if (type == SKEP_MAP_TYPE_TASK_STORAGE) {
		fd = count == 1 ? (int)syscall(SYS_pidfd_open, numbers[0], 0)
				: (errno = EINVAL, -1);
	} else if (type == SKEP_MAP_TYPE_SK_STORAGE) {
		if (count != 2)
			return -EINVAL;
		process = (int)syscall(SYS_pidfd_open, numbers[0], 0);
		if (process < 0)
			return -errno;
		fd = (int)syscall(SYS_pidfd_getfd, process, numbers[1], 0);
		skep_sys_close(&process);
	} else {
		fd = open(text, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	return fd < 0 ? -errno : fd;
}

/* The key of a storage map. Return: 0; a negative errno, and a message has been printed. */
static int read_owner(struct map_job *job, const char *text)
{
	static const char *const kinds[] = {
		[SKEP_MAP_TYPE_SK_STORAGE] = "a socket: PID:FD",
		[SKEP_MAP_TYPE_INODE_STORAGE] = "a file: its path",
		[SKEP_MAP_TYPE_TASK_STORAGE] = "a process: its id",
		[SKEP_MAP_TYPE_CGRP_STORAGE] = "a cgroup: the path of its directory",
	};
	const uint32_t type = skep_map_type(job->map);
	char why[64];
	int fd;

	if (type >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[type])
		return skep_map_formats_parse_key(job->formats, text, job->key, job->err);
	fd = open_owner(type, text);
	if (fd < 0)
		return map_set_error(job->err, fd,
				     fd == -EPERM || fd == -EACCES ? SKEP_ERR_PERMISSION
				     : fd == -EINVAL               ? SKEP_ERR_INVALID
								   : SKEP_ERR_NOT_FOUND,
				     "'%.80s': %s; an element of this map belongs to %s", text,
				     skep_errno_text(fd, why, sizeof(why)), kinds[type]);
	memcpy(job->key, &fd, sizeof(fd)); /* it is open until the process ends */
	return 0;
}

int map_parse_key(struct map_job *job, const char *text)
{
	return read_owner(job, text);
}

/* A program by its id or its pin. Return: an fd, owned by the caller; a negative errno. */
static int open_program(const char *text, struct skep_error *err)
{
	int numbers[2], fd, kind;
	char why[64];

	if (read_numbers(text, numbers) == 1) {
		fd = skep_sys_fd_by_id(SKEP_OBJECT_PROG, (uint32_t)numbers[0], 0);
		if (fd < 0)
			return map_set_error(
				err, fd, fd == -EPERM ? SKEP_ERR_PERMISSION : SKEP_ERR_NOT_FOUND,
				"program %d: %s", numbers[0],
				skep_errno_text(fd, why, sizeof(why)));
		return fd;
	}
	fd = skep_sys_obj_get(-1, text, 0, err);
	if (fd < 0)
		return fd;
	kind = skep_sys_obj_kind(fd);
	if (kind == SKEP_OBJECT_PROG)
		return fd;
	skep_sys_close(&fd);
	return map_set_error(err, -EINVAL, SKEP_ERR_INVALID, "pin '%.100s' is not of a program",
			     text);
}

/* A map or program as a value, which is its fd. Return: 0; a negative errno. */
static int read_fd_value(struct map_job *job, const char *text)
{
	const uint32_t type = skep_map_type(job->map);
	struct skep_map *inner = NULL;
	char name[SKEP_NAME_SIZE], why[64];
	int r, fd = -1;

	if (skep_map_type_is_map_of_maps(type)) {
		r = map_find(job, text, 0, &inner);
		if (r < 0)
			return r;
		fd = fcntl(skep_map_fd(inner), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		skep_map_close(inner);
	} else if (type == SKEP_MAP_TYPE_PROG_ARRAY) {
		fd = open_program(text, job->err);
		if (fd < 0)
			return fd;
	} else if (type == SKEP_MAP_TYPE_CGROUP_ARRAY) {
		fd = open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 ? -errno : 0;
		if (fd < 0)
			return map_set_error(job->err, r, SKEP_ERR_NOT_FOUND,
					     "'%.100s': %s; a value of this map is a cgroup: the "
					     "path of its directory",
					     text, skep_errno_text(r, why, sizeof(why)));
	} else if (type == SKEP_MAP_TYPE_DEVMAP || type == SKEP_MAP_TYPE_DEVMAP_HASH ||
		   type == SKEP_MAP_TYPE_CPUMAP) {
		return skep_map_formats_parse_value(job->formats, text, job->value, job->err);
	} else {
		return map_set_error(job->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				     "a value of a map of type %s is an fd of another process",
				     skep_map_type_name(type, name));
	}
	memcpy(job->value, &fd, sizeof(fd)); /* it is open until the process ends */
	return 0;
}

int map_parse_value(struct map_job *job, const char *text)
{
	if (skep_map_type_facts(skep_map_type(job->map)) & SKEP_MAP_FACT_FDS &&
	    skep_map_value_size(job->map) >= sizeof(int))
		return read_fd_value(job, text);
	return skep_map_formats_parse_value(job->formats, text, job->value, job->err);
}

/* Opens the map and reads the literals there are. Return: -1 to go on; else the exit status. */
static int open_with(struct map_job *job, uint64_t flags)
{
	if (map_open(job, flags) < 0)
		return map_fail(job);
	if (job->o.key && map_parse_key(job, job->o.key) < 0)
		return map_fail_literal(job, "key", job->o.key);
	if (job->o.value && map_parse_value(job, job->o.value) < 0)
		return map_fail_literal(job, "value", job->o.value);
	return -1;
}

/* What the kernel refused. Return: the exit status. */
static int fail_element(struct map_job *job, const char *what, int code)
{
	skep_map_fail(job->err, job->map, what, code);
	return map_fail(job);
}

/* The key of an array that has no such place. */
static int is_out_of_range(const struct map_job *job)
{
	uint32_t place;

	if (!skep_map_type_is_indexed(skep_map_type(job->map)) ||
	    skep_map_key_size(job->map) != sizeof(place))
		return 0;
	memcpy(&place, job->key, sizeof(place));
	return place >= skep_map_max_entries(job->map);
}

/* For some types "there is none" is another word, and for others it is that for a key out of range, too. */
static int absent_code(const struct map_job *job, int code)
{
	/* net/core/sock_map.c, __sock_map_delete() */
	if (code == -EINVAL && skep_map_type(job->map) == SKEP_MAP_TYPE_SOCKMAP)
		code = -ENOENT;
	return code == -ENOENT && is_out_of_range(job) ? -E2BIG : code;
}

static int print_value(struct map_job *job)
{
	const struct skep_format *format = skep_map_formats_value(job->shown);
	int r = map_print(format, job->value, skep_map_value_bytes(job->map));

	putchar('\n');
	return r < 0;
}

static void json_value(struct map_job *job, struct skep_json *j)
{
	skep_format_json(skep_map_formats_value(job->shown), job->value,
			 skep_map_value_bytes(job->map), j, "value");
}

/* The outcome of a verb that changes elements. */
static int tell_done(struct map_job *job, const char *what, uint64_t count)
{
	struct skep_json json;

	if (!job->o.json)
		return 0; /* as others do: no news is good news */
	map_json_begin(&json, job);
	skep_json_u64(&json, what, count);
	out_json_end(&json);
	return 0;
}

static int lookup(struct map_job *job)
{
	char type[SKEP_NAME_SIZE];
	struct skep_json json;
	int r = open_with(job, SKEP_MAP_FLAG_RDONLY);

	if (r >= 0)
		return r;
	r = skep_map_lookup(job->map, job->key, job->value, 0);
	if (r == -EOPNOTSUPP) {
		map_set_error(job->err, r, SKEP_ERR_UNSUPPORTED,
			      "look up in map '%s': elements of a map of type %s cannot be read",
			      skep_map_name(job->map),
			      skep_map_type_name(skep_map_type(job->map), type));
		return map_fail(job);
	}
	if (r < 0)
		return fail_element(job, "look up in", absent_code(job, r));
	if (!job->o.json)
		return print_value(job);
	map_json_begin(&json, job);
	skep_format_json(skep_map_formats_key(job->shown), job->key, skep_map_key_size(job->map),
			 &json, "key");
	json_value(job, &json);
	out_json_end(&json);
	return 0;
}

int map_verb_lookup(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map lookup", .err = &err };
	int r = map_parse(&job, argc, argv, "Prints the value of a key.",
			  "  skep map lookup flows '{ .src = 10.0.0.1, .port = 53 }'\n"
			  "  skep map lookup 12 7\n"
			  "  skep map lookup tc/globals/routes 10.0.0.0/8 --json\n");

	return r >= 0 ? r : map_close(&job, lookup(&job));
}

/* As fail_element(); of values that are fds the kernel says too little. */
static int fail_update(struct map_job *job, int code)
{
	const uint32_t type = skep_map_type(job->map);

	if (code == -EINVAL && skep_map_type_is_map_of_maps(type))
		map_set_error(job->err, code, SKEP_ERR_CONFLICT,
			      "map '%.80s' is not like the inner maps of map '%s'", job->o.value,
			      skep_map_name(job->map));
	else if (code == -EBADF && type == SKEP_MAP_TYPE_CGROUP_ARRAY)
		map_set_error(job->err, code, SKEP_ERR_INVALID,
			      "'%.80s' is not the directory of a cgroup (version 2)", job->o.value);
	else
		return fail_element(job, "update", code);
	return map_fail(job);
}

static int update(struct map_job *job)
{
	static const uint64_t flags[] = { 0, 0, SKEP_UPDATE_FLAG_NOEXIST, SKEP_UPDATE_FLAG_EXIST };
	int r = open_with(job, 0);

	if (r >= 0)
		return r;
	r = skep_map_update(job->map, job->key, job->value, flags[job->o.flag]);
	return r < 0 ? fail_update(job, r) : tell_done(job, "updated", 1);
}

int map_verb_update(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map update", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Sets the value of a key. Of a per-CPU map, one value is set for every CPU.",
		"  skep map update limits 7 1000\n"
		"  skep map update flows 'src=10.0.0.1 port=53' '{ .packets = 0 }' --flag exist\n"
		"  skep map update tails 0 /sys/fs/bpf/prog\n"
		"  skep map update numbers -- -1 hex:00ff\n");

	return r >= 0 ? r : map_close(&job, update(&job));
}

static int delete_all(struct map_job *job)
{
	struct skep_map_bulk_result result = { 0 };

	if (skep_map_delete_all(job->map, &result, job->err) < 0)
		return map_fail(job);
	return tell_done(job, "deleted", result.done);
}

static int delete_keys(struct map_job *job)
{
	const struct opt_list *keys = &job->o.words;
	const uint32_t type = skep_map_type(job->map);
	char name[SKEP_NAME_SIZE];
	uint64_t done = 0, i;
	int status = 0, r;

	if (skep_map_type_facts(type) & SKEP_MAP_FACT_FULL) {
		map_set_error(job->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			      "elements of a map of type %s cannot be removed",
			      skep_map_type_name(type, name));
		return map_fail(job);
	}
	for (i = 0; i < keys->count; i++) {
		memset(job->key, 0, skep_map_key_size(job->map));
		if (map_parse_key(job, keys->items[i]) < 0)
			return map_fail_literal(job, "key", keys->items[i]);
		r = skep_map_delete(job->map, job->key);
		if (r == 0) {
			done++;
			continue;
		}
		skep_map_fail(job->err, job->map, "delete from", absent_code(job, r));
		status = map_fail_literal(job, keys->items[i], keys->items[i]);
	}
	tell_done(job, "deleted", done);
	return status && done ? EXIT_PARTLY : status;
}

static int delete (struct map_job *job)
{
	if (!job->o.all == !job->o.words.count) {
		out_error("%s: name keys, or --all (see skep %s --help)", job->verb, job->verb);
		return EXIT_USAGE;
	}
	if (map_open(job, 0) < 0)
		return map_fail(job);
	return job->o.all ? delete_all(job) : delete_keys(job);
}

int map_verb_delete(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map delete", .err = &err };
	int r = map_parse(&job, argc, argv, "Removes keys, or all elements.",
			  "  skep map delete limits 7 8 9\n  skep map delete flows --all\n");

	return r >= 0 ? r : map_close(&job, delete (&job));
}

/* Has the type this verb? Return: -1 it has; else the exit status. */
static int check_keyless(struct map_job *job, int is_bloom_too)
{
	const uint32_t type = skep_map_type(job->map);
	char name[SKEP_NAME_SIZE];

	if (type == SKEP_MAP_TYPE_QUEUE || type == SKEP_MAP_TYPE_STACK ||
	    (is_bloom_too && type == SKEP_MAP_TYPE_BLOOM_FILTER))
		return -1;
	map_set_error(job->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
		      "map %u is of type %s: this is for queues and stacks%s",
		      skep_map_id(job->map), skep_map_type_name(type, name),
		      is_bloom_too ? " and bloom filters" : "");
	return map_fail(job);
}

static int push(struct map_job *job)
{
	int r = open_with(job, 0);

	if (r < 0)
		r = check_keyless(job, 1);
	if (r >= 0)
		return r;
	if (job->o.force && skep_map_type(job->map) == SKEP_MAP_TYPE_BLOOM_FILTER) {
		map_set_error(job->err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			      "nothing goes out of a bloom filter: --force is for queues and "
			      "stacks");
		return map_fail(job);
	}
	r = skep_map_update(job->map, NULL, job->value, job->o.force ? SKEP_UPDATE_FLAG_EXIST : 0);
	return r < 0 ? fail_element(job, "push to", r) : tell_done(job, "pushed", 1);
}

int map_verb_push(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map push", .err = &err };
	int r = map_parse(&job, argc, argv,
			  "Puts an element into a queue, a stack or a bloom filter.",
			  "  skep map push work 42\n  skep map push work 43 --force\n");

	return r >= 0 ? r : map_close(&job, push(&job));
}

static int tell_value(struct map_job *job)
{
	struct skep_json json;

	if (!job->o.json)
		return print_value(job);
	map_json_begin(&json, job);
	json_value(job, &json);
	out_json_end(&json);
	return 0;
}

static int pop(struct map_job *job)
{
	int r = open_with(job, 0);

	if (r < 0)
		r = check_keyless(job, 0);
	if (r >= 0)
		return r;
	r = skep_map_take(job->map, NULL, job->value);
	return r < 0 ? fail_element(job, "pop from", r) : tell_value(job);
}

int map_verb_pop(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map pop", .err = &err };
	int r = map_parse(&job, argc, argv,
			  "Takes the next element out of a queue or a stack, and prints it.",
			  "  skep map pop work\n");

	return r >= 0 ? r : map_close(&job, pop(&job));
}

/* Is the value in the filter? That it is may be wrong, that it is not never is. */
static int ask_bloom(struct map_job *job)
{
	struct skep_json json;
	int r;

	if (!job->o.value) {
		map_set_error(job->err, -EINVAL, SKEP_ERR_INVALID,
			      "a bloom filter is asked for a value: skep map peek MAP VALUE");
		return map_fail(job);
	}
	r = skep_map_lookup(job->map, NULL, job->value, 0);
	if (r < 0 && r != -ENOENT)
		return fail_element(job, "ask", r);
	if (job->o.json) {
		map_json_begin(&json, job);
		skep_json_bool(&json, "present", r == 0);
		out_json_end(&json);
	} else {
		puts(r == 0 ? "present, perhaps" : "absent");
	}
	return r == 0 ? 0 : EXIT_FAILED;
}

static int peek(struct map_job *job)
{
	int r = open_with(job, SKEP_MAP_FLAG_RDONLY);

	if (r < 0)
		r = check_keyless(job, 1);
	if (r >= 0)
		return r;
	if (skep_map_type(job->map) == SKEP_MAP_TYPE_BLOOM_FILTER)
		return ask_bloom(job);
	if (job->o.value) {
		map_set_error(job->err, -EINVAL, SKEP_ERR_INVALID,
			      "only a bloom filter is asked for a value");
		return map_fail(job);
	}
	r = skep_map_lookup(job->map, NULL, job->value, 0);
	return r < 0 ? fail_element(job, "peek into", r) : tell_value(job);
}

int map_verb_peek(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map peek", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Prints the next element of a queue or a stack, which stays where it is; or "
		"asks a bloom filter for a value: exit 0: it is there, perhaps; 1: it is not.",
		"  skep map peek work\n  skep map peek seen 10.0.0.1\n");

	return r >= 0 ? r : map_close(&job, peek(&job));
}
