/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The layer of bpf(2): maps, batches, pins, programs, links, iterators, BTF. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/btf.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "lab/tc.h"

#include "operation.h"

#define ELEMENTS 1000u
#define PIN FAULT_BPFFS "/map"

static const int errnos[] = { ENOMEM, EPERM, EAGAIN, EINTR };

/* r0 = 1; exit. The second has no exit. */
static const uint64_t return_1[] = { 0x00000001000000b7, 0x0000000000000095 };
static const uint64_t endless[] = { 0x00000001000000b7, 0x00000001000000b7 };

struct subject {
	int map, prog, other_prog, link; /* made by set_up() */
	int made;                        /* by run() */
	uint32_t delivered;
	char log[4096];
	struct btf *btf;
};

static struct subject subject = { -1, -1, -1, -1, -1, 0, "", NULL };

/* Closes what a success has made. */
static void close_made(void *context)
{
	struct subject *s = context;

	skep_sys_close(&s->made);
}

static int make_hash(struct skep_error *err)
{
	const struct skep_attr_map_create attr = { .map_type = SKEP_MAP_TYPE_HASH,
						   .key_size = 4,
						   .value_size = 8,
						   .max_entries = ELEMENTS,
						   .map_name = "fault" };

	return skep_sys_map_create(&attr, sizeof(attr), err);
}

static int load(uint32_t type, uint32_t attach_type, const uint64_t *insns, struct subject *s,
		struct skep_error *err)
{
	struct skep_attr_prog_load attr = {
		.prog_type = type,
		.insn_cnt = 2,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.log_buf = SKEP_ATTR_POINTER(s->log),
		.log_size = sizeof(s->log),
		.expected_attach_type = attach_type,
		.prog_name = "fault",
	};

	return skep_sys_prog_load(&attr, sizeof(attr), err);
}

/* Maps. */

static int create_map(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int fd = make_hash(err);

	if (fd >= 0)
		s->made = fd;
	return fd < 0 ? fd : 0;
}

static const struct fault_operation map_create = {
	.name = "make a map",
	.context = &subject,
	.run = create_map,
	.undo = close_made,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.flags = FAULT_NO_ALLOCATIONS,
};

static int set_up_map(void *context)
{
	struct subject *s = context;
	uint64_t value = 1;
	uint32_t key;
	int r = 0;

	s->map = make_hash(NULL);
	if (s->map < 0)
		return s->map;
	for (key = 0; key < ELEMENTS - 1 && !r; key++)
		r = skep_sys_map_update(s->map, &key, &value, 0);
	return r;
}

static int use_elements(void *context, struct skep_error *err)
{
	struct subject *s = context;
	uint32_t key = ELEMENTS, next, count = 1;
	uint64_t value = 7;
	int r = skep_sys_map_update(s->map, &key, &value, SKEP_UPDATE_FLAG_NOEXIST);

	(void)err;
	if (!r)
		r = skep_sys_map_lookup(s->map, &key, &value, 0);
	if (!r)
		r = skep_sys_map_first_key(s->map, sizeof(key), &next);
	if (!r)
		r = skep_sys_map_next_key(s->map, &key, &next);
	if (r == -ENOENT) /* ours is the last one */
		r = 0;
	if (!r)
		r = skep_sys_map_lookup_and_delete(s->map, &key, &value, 0);
	if (!r && value != 7)
		r = -EBADMSG;
	if (!r)
		r = skep_sys_map_update_batch(s->map, &key, &value, &count, 0);
	if (!r)
		r = skep_sys_map_delete(s->map, &key);
	return r;
}

static const struct fault_operation map_elements = {
	.name = "elements of a map",
	.context = &subject,
	.set_up = set_up_map,
	.run = use_elements,
	.flags = FAULT_WORDLESS | FAULT_NO_ALLOCATIONS,
};

static int walk(struct subject *s, uint64_t flags, struct skep_error *err)
{
	const struct skep_sys_batch_opts opts = { .sz = sizeof(opts),
						  .flags = flags,
						  .chunk_count = 100 };
	_cleanup_(skep_sys_batch_closep) struct skep_sys_batch *batch = NULL;
	const void *keys, *values;
	int r = skep_sys_batch_open(s->map, &opts, &batch, err);

	if (r < 0)
		return r;
	s->delivered = 0;
	while ((r = skep_sys_batch_next(batch, &keys, &values)) > 0)
		s->delivered += (uint32_t)r;
	return r < 0 ? skep_fail(err, r, SKEP_ERR_SYSCALL, "walk") : 0;
}

static int walk_map(void *context, struct skep_error *err)
{
	return walk(context, 0, err);
}

static int drain_map(void *context, struct skep_error *err)
{
	return walk(context, SKEP_SYS_BATCH_DELETE, err);
}

static int check_walk(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "%u elements of %u were delivered", s->delivered, ELEMENTS - 1);
	return result >= 0 && s->delivered != ELEMENTS - 1;
}

/* What was delivered and what is left are all of them. */
static int check_drain(void *context, int result, char *why, size_t size)
{
	struct subject *s = context;
	uint32_t drained = s->delivered;
	int r = walk(s, 0, NULL);

	snprintf(why, size, "%u elements were delivered and %u are left (%d)", drained,
		 s->delivered, r);
	return r < 0 || drained + s->delivered != ELEMENTS - 1 || (result >= 0 && s->delivered);
}

static const struct fault_operation map_walk = {
	.name = "walk a map in batches",
	.context = &subject,
	.set_up = set_up_map,
	.run = walk_map,
	.check = check_walk,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.flags = FAULT_MAY_SURVIVE, /* an interruption */
};

static const struct fault_operation map_drain = {
	.name = "drain a map in batches",
	.context = &subject,
	.set_up = set_up_map,
	.run = drain_map,
	.check = check_drain,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.flags = FAULT_MAY_SURVIVE,
};

/* Pins and ids. */

static int use_pin(struct subject *s, struct skep_error *err)
{
	struct skep_map_info info = { 0 };
	int fd = skep_sys_obj_get(-1, PIN, 0, err), kind;

	if (fd < 0)
		return fd;
	kind = skep_sys_obj_kind(fd);
	if (kind >= 0)
		kind = skep_sys_map_info(fd, &info, sizeof(info));
	if (kind < 0) {
		skep_sys_close(&fd);
		return skep_fail(err, kind, SKEP_ERR_SYSCALL, "look at the map");
	}
	s->made = fd;
	return 0;
}

static int pin_map(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int r = skep_sys_obj_pin(s->map, -1, PIN, err);

	if (r < 0)
		return r;
	r = use_pin(s, err);
	if (r < 0)
		unlink(PIN);
	return r;
}

static void undo_pin(void *context)
{
	close_made(context);
	unlink(PIN);
}

static const struct fault_operation object_pin = {
	.name = "pin a map and open it",
	.context = &subject,
	.set_up = set_up_map,
	.run = pin_map,
	.undo = undo_pin,
	.clean = undo_pin,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.flags = FAULT_MAY_SURVIVE | FAULT_NO_ALLOCATIONS, /* telling the kind beforehand */
};

static int walk_ids(void *context, struct skep_error *err)
{
	static const uint32_t kinds[] = { SKEP_OBJECT_MAP, SKEP_OBJECT_BTF };
	struct subject *s = context;
	struct skep_map_info info = { 0 };
	uint32_t id = 0;
	size_t i;
	int r = 0, fd;

	(void)err;
	for (i = 0; i < ARRAY_SIZE(kinds) && !r; i++)
		r = skep_sys_next_id(kinds[i], 0, &id);
	if (r >= 0)
		r = skep_sys_map_info(s->map, &info, sizeof(info));
	if (r < 0)
		return r;
	fd = skep_sys_fd_by_id(SKEP_OBJECT_MAP, info.id, 0);
	if (fd < 0)
		return fd;
	s->made = fd;
	return 0;
}

static const struct fault_operation object_ids = {
	.name = "open an object by its id",
	.context = &subject,
	.set_up = set_up_map,
	.run = walk_ids,
	.undo = close_made,
	.flags = FAULT_WORDLESS | FAULT_MAY_SURVIVE | FAULT_NO_ALLOCATIONS,
};

/* Programs. */

static int load_good(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int fd = load(SKEP_PROG_TYPE_SOCKET_FILTER, 0, return_1, s, err);

	if (fd >= 0)
		s->made = fd;
	return fd < 0 ? fd : 0;
}

static const struct fault_operation prog_load = {
	.name = "load a program",
	.context = &subject,
	.run = load_good,
	.undo = close_made,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.flags = FAULT_MAY_SURVIVE |
		 FAULT_NO_ALLOCATIONS, /* EAGAIN; and the second load, for the log, may do it */
};

/* That it is refused by the verifier is the success. */
static int load_bad(void *context, struct skep_error *err)
{
	struct skep_error own = { 0 };
	int fd = load(SKEP_PROG_TYPE_SOCKET_FILTER, 0, endless, context, &own);

	if (fd >= 0) {
		close(fd);
		return skep_fail(err, -EBADMSG, SKEP_ERR_VERIFIER, "it was loaded");
	}
	if (own.kind == SKEP_ERR_VERIFIER)
		return 0;
	*err = own;
	return fd;
}

static const struct fault_operation prog_refused = {
	.name = "be told why a program is refused",
	.context = &subject,
	.run = load_bad,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.flags = FAULT_MAY_SURVIVE | FAULT_NO_ALLOCATIONS,
};

static int set_up_progs(void *context)
{
	struct subject *s = context;

	s->prog = load(SKEP_PROG_TYPE_SCHED_CLS, 0, return_1, s, NULL);
	s->other_prog = load(SKEP_PROG_TYPE_SCHED_CLS, 0, return_1, s, NULL);
	return s->prog < 0 ? s->prog : s->other_prog < 0 ? s->other_prog : 0;
}

static int run_prog(void *context, struct skep_error *err)
{
	uint8_t packet[64] = { 0 };
	const struct subject *s = context;
	struct skep_attr_prog_test_run attr = {
		.prog_fd = (uint32_t)s->prog,
		.data_in = SKEP_ATTR_POINTER(packet),
		.data_size_in = sizeof(packet),
	};
	int r = skep_sys_prog_test_run(&attr, sizeof(attr), err);

	if (r >= 0 && attr.retval != 1)
		r = skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "%u", attr.retval);
	return r;
}

static const struct fault_operation prog_run = {
	.name = "run a program",
	.context = &subject,
	.set_up = set_up_progs,
	.run = run_prog,
	.flags = FAULT_NO_ALLOCATIONS,
};

static int open_tracepoint(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int prog = load(SKEP_PROG_TYPE_RAW_TRACEPOINT, 0, return_1, s, err);
	struct skep_attr_task_fd_query query = { .pid = (uint32_t)getpid() };
	int stats, r;

	if (prog < 0)
		return prog;
	s->made = skep_sys_raw_tracepoint_open(prog, "sched_process_exit", 0, err);
	skep_sys_close(&prog);
	if (s->made < 0)
		return s->made;
	query.fd = (uint32_t)s->made;
	r = skep_sys_task_fd_query(&query, sizeof(query), err);
	stats = r < 0 ? r : skep_sys_enable_stats(SKEP_STATS_TYPE_RUN_TIME, err);
	if (stats < 0)
		skep_sys_close(&s->made);
	skep_sys_close(&(int){ stats });
	return stats < 0 ? stats : 0;
}

static const struct fault_operation tracepoint = {
	.name = "attach to a raw tracepoint",
	.context = &subject,
	.run = open_tracepoint,
	.undo = close_made,
	.flags = FAULT_MAY_SURVIVE | FAULT_NO_ALLOCATIONS, /* the load */
};

/* Links. */

static int link_tcx(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_attr_link_create create = {
		.fd = (uint32_t)s->prog,
		.target = if_nametoindex("lo"),
		.attach_type = SKEP_ATTACH_TYPE_TCX_INGRESS,
	};
	struct skep_attr_link_update update = { .new_fd = (uint32_t)s->other_prog };
	int r;

	s->made = skep_sys_link_create(&create, sizeof(create), err);
	if (s->made < 0)
		return s->made;
	update.link_fd = (uint32_t)s->made;
	r = skep_sys_link_update(&update, sizeof(update), err);
	if (r >= 0)
		r = skep_sys_link_detach(s->made, err);
	if (r < 0)
		skep_sys_close(&s->made);
	return r;
}

static const struct fault_operation link_life = {
	.name = "a link's life",
	.context = &subject,
	.set_up = set_up_progs,
	.run = link_tcx,
	.undo = close_made,
	.flags = FAULT_MAY_SURVIVE | FAULT_NO_ALLOCATIONS, /* looking up the interface */
};

static int attach_tcx(void *context, struct skep_error *err)
{
	struct subject *s = context;
	uint32_t ids[4];
	struct skep_attr_prog_attach attr = { .attach_bpf_fd = (uint32_t)s->prog,
					      .attach_type = SKEP_ATTACH_TYPE_TCX_INGRESS };
	struct skep_attr_prog_query query = { .attach_type = SKEP_ATTACH_TYPE_TCX_INGRESS,
					      .prog_ids = SKEP_ATTR_POINTER(ids),
					      .count = ARRAY_SIZE(ids) };
	int r;

	attr.target = query.target = 1; /* loopback in each network namespace */
	r = skep_sys_prog_attach(&attr, sizeof(attr), err);
	if (r < 0)
		return r;
	r = skep_sys_prog_query(&query, sizeof(query), err);
	if (r < 0) {
		skep_sys_prog_detach(&attr, sizeof(attr), NULL);
		return r;
	}
	r = skep_sys_prog_detach(&attr, sizeof(attr), err);
	if (r < 0) /* the one fault has been; as a program would that tries again */
		skep_sys_prog_detach(&attr, sizeof(attr), NULL);
	return r;
}

static const struct fault_operation prog_attach = {
	.name = "attach and detach without a link",
	.context = &subject,
	.set_up = set_up_progs,
	.run = attach_tcx,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.flags = FAULT_NO_ALLOCATIONS,
};

/* Writes four bytes for each map. */
static const uint64_t iterator[] = {
	0x0000000000001679, /* r6 = *(u64 *)(r1 + 0): the meta data */
	0x0000000000006179, /* r1 = *(u64 *)(r6 + 0): the file */
	0x0a70656bfff80a7a, /* *(u64 *)(r10 - 8) = "kep\n" */
	0x000000000000a2bf, /* r2 = r10 */
	0xfffffff800000207, /* r2 += -8 */
	0x00000004000003b7, /* r3 = 4 */
	0x0000007f00000085, /* call seq_write */
	0x00000000000000b7, /* r0 = 0 */
	0x0000000000000095, /* exit */
};

static int set_up_iterator(void *context)
{
	struct subject *s = context;
	struct btf *btf = btf__load_vmlinux_btf();
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_TRACING,
		.insn_cnt = ARRAY_SIZE(iterator),
		.insns = SKEP_ATTR_POINTER(iterator),
		.license = SKEP_ATTR_POINTER("GPL"),
		.expected_attach_type = SKEP_ATTACH_TYPE_TRACE_ITER,
	};
	struct skep_attr_link_create create = { .attach_type = SKEP_ATTACH_TYPE_TRACE_ITER };

	if (!btf)
		return -ENOENT;
	attr.attach_btf_id =
		(uint32_t)btf__find_by_name_kind(btf, "bpf_iter_bpf_map", BTF_KIND_FUNC);
	btf__free(btf);
	s->prog = skep_sys_prog_load(&attr, sizeof(attr), NULL);
	if (s->prog < 0)
		return s->prog;
	create.fd = (uint32_t)s->prog;
	s->link = skep_sys_link_create(&create, sizeof(create), NULL);
	s->map = make_hash(NULL);
	return s->link < 0 ? s->link : s->map < 0 ? s->map : 0;
}

static int read_iterator(void *context, struct skep_error *err)
{
	const struct subject *s = context;
	char *text = NULL;
	size_t bytes = 0;
	int r = skep_sys_iter_read(s->link, &text, &bytes, err);

	if (r >= 0 && (bytes < 4 || bytes % 4 || strlen(text) != bytes))
		r = skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "%zu bytes", bytes);
	free(text);
	return r;
}

static const struct fault_operation iterator_read = {
	.name = "read an iterator",
	.context = &subject,
	.set_up = set_up_iterator,
	.run = read_iterator,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.flags = FAULT_MAY_SURVIVE, /* EAGAIN and EINTR of read(2) */
};

/* BTF and tokens. */

static int set_up_btf(void *context)
{
	struct subject *s = context;

	s->btf = btf__new_empty();
	return s->btf ? btf__add_int(s->btf, "int", 4, BTF_INT_SIGNED) : -ENOMEM;
}

static int load_btf(void *context, struct skep_error *err)
{
	struct subject *s = context;
	struct skep_attr_btf_load attr = { .btf_log_buf = SKEP_ATTR_POINTER(s->log),
					   .btf_log_size = sizeof(s->log) };
	struct skep_btf_info info = { 0 };
	uint32_t size;
	int r;

	attr.btf = SKEP_ATTR_POINTER(btf__raw_data(s->btf, &size));
	attr.btf_size = size;
	s->made = skep_sys_btf_load(&attr, sizeof(attr), err);
	if (s->made < 0)
		return s->made;
	r = skep_sys_btf_info(s->made, &info, sizeof(info));
	if (r >= 0)
		return 0;
	skep_sys_close(&s->made);
	return skep_fail(err, r, SKEP_ERR_SYSCALL, "look at the BTF");
}

static int prepare_btf(void *context)
{
	struct subject *s = context;
	uint32_t size;

	/* what libbpf keeps from here on is not the operation's */
	return set_up_btf(s) < 0 || !btf__raw_data(s->btf, &size) ? -ENOMEM : 0;
}

static const struct fault_operation btf_load = {
	.name = "load BTF",
	.context = &subject,
	.prepare = prepare_btf,
	.run = load_btf,
	.undo = close_made,
	.errnos = errnos,
	.errno_count = ARRAY_SIZE(errnos),
	.flags = FAULT_MAY_SURVIVE | FAULT_NO_ALLOCATIONS, /* the second load, for the log */
};

/* That none delegates is the success. */
static int find_token(void *context, struct skep_error *err)
{
	static const char *const paths[] = { "/nonexistent", FAULT_BPFFS, NULL };
	struct skep_error own = { 0 };
	int r = skep_sys_token_find(paths, &own);

	(void)context;
	if (r >= 0) {
		close(r);
		return skep_fail(err, -EBADMSG, SKEP_ERR_INVALID, "there is one");
	}
	if (own.kind == SKEP_ERR_NOT_FOUND)
		return 0;
	*err = own;
	return r;
}

static const struct fault_operation token_find = {
	.name = "look for a token",
	.context = &subject,
	.run = find_token,
	.flags = FAULT_MAY_SURVIVE | FAULT_NO_ALLOCATIONS,
};

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = {
		&map_create, &map_elements, &map_walk,      &map_drain, &object_pin,
		&object_ids, &prog_load,    &prog_refused,  &prog_run,  &tracepoint,
		&link_life,  &prog_attach,  &iterator_read, &btf_load,  &token_find,
	};

	return fault_main(argc, argv, operations, ARRAY_SIZE(operations));
}
