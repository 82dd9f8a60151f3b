/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs and their copies in the kernel, together: what each returns, and what the kernel knows of it. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/object.h>
#include <skep/object_copy.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "bpf_fixture.h"

#define PACKET_BYTES 64
#define COPIES 50

enum {
	SHARED,
	SHARED_PLAIN,
	ALONE,
	ALONE_PLAIN,
	OBJECTS,
};

static char **paths;

static struct skep_object *open_object(int which)
{
	const struct skep_object_opts opts = { .sz = sizeof(opts),
					       .prog_type = SKEP_PROG_TYPE_SCHED_CLS };
	struct skep_object *object = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_object_open_file(paths[which], &opts, &object, &err), &err);
	return object;
}

static struct skep_loaded *load(struct skep_object *object)
{
	struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_object_load(object, NULL, &loaded, &err), &err);
	return loaded;
}

static void copy(struct skep_object *o, const char *program, const char *name)
{
	struct skep_error err = { 0 };

	assert_done(skep_object_program_copy(o, program, name, &err), &err);
}

static void set(struct skep_object *o, const char *program, const char *name, uint64_t value)
{
	struct skep_error err = { 0 };

	assert_done(skep_object_constant_set(o, program, name, value, &err), &err);
}

static uint32_t run_fd(int fd)
{
	unsigned char packet[PACKET_BYTES] = { 0 };
	struct skep_attr_prog_test_run attr = { .prog_fd = (uint32_t)fd,
						.data_in = SKEP_ATTR_POINTER(packet),
						.data_size_in = sizeof(packet),
						.repeat = 1 };
	struct skep_error err = { 0 };

	assert_done(skep_sys_prog_test_run(&attr, sizeof(attr), &err), &err);
	return attr.retval;
}

static int fd_of(const struct skep_loaded *loaded, const char *name)
{
	const struct skep_loaded_program *p = skep_loaded_program_find(loaded, name);

	assert_non_null(p);
	return p->fd;
}

static uint32_t run(const struct skep_loaded *loaded, const char *name)
{
	return run_fd(fd_of(loaded, name));
}

/* one returns base + step + deep, two 2 * step + deep, three deep. */
static void copies__have_constants_of_their_own_inside(void)
{
	int which;

	for (which = SHARED; which <= SHARED_PLAIN; which++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(which);
		_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
		uint32_t key = 0;
		uint64_t runs = 0;

		set(o, NULL, "base", 1000);
		set(o, NULL, "step", 100);
		set(o, NULL, "deep", 1);
		copy(o, "one", "one_more");
		set(o, "one_more", "base", 2000);
		copy(o, "one_more", "one_most");
		set(o, "one_most", "step", 300);
		copy(o, "two", "two_more");
		set(o, "two_more", "deep", 7);
		set(o, "three", "deep", 8);
		loaded = load(o);
		o = skep_object_close(o);
		assert_int_equal(run(loaded, "one"), 1101);
		assert_int_equal(run(loaded, "one_more"), 2101);
		assert_int_equal(run(loaded, "one_most"), 2301);
		assert_int_equal(run(loaded, "two"), 201);
		assert_int_equal(run(loaded, "two_more"), 207);
		assert_int_equal(run(loaded, "three"), 8);
		assert_int_equal(
			skep_map_lookup(skep_loaded_map_find(loaded, "runs")->map, &key, &runs, 0),
			0);
		assert_int_equal(runs, 3); /* they share the map */
	}
}
IN_BPFFS(copies__have_constants_of_their_own)

static void copies__of_a_callback_have_one_of_their_own_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *o = open_object(SHARED);
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };

	if (!fixture_kernel_has("BPF_FUNC_for_each_map_elem")) {
		/* left out, as its author has it; copies are, too */
		copy(o, "walks", "walks_more");
		loaded = load(o);
		assert_null(skep_loaded_program_find(loaded, "walks_more"));
		return;
	}
	assert_done(skep_object_program_exclude(o, "walks", 0, &err), &err);
	copy(o, "walks", "walks_more");
	set(o, "walks", "step", 5);
	set(o, "walks_more", "step", 6);
	loaded = load(o);
	assert_int_equal(run(loaded, "walks"), 10); /* two elements */
	assert_int_equal(run(loaded, "walks_more"), 12);
}
IN_BPFFS(copies__of_a_callback_have_one_of_their_own)

/* The name of the function that a program begins with, and how many functions and lines the kernel knows of it. */
struct known {
	char function[128];
	uint32_t functions, lines;
};

static struct known known_of(int fd)
{
	struct bpf_func_info functions[4] = { { 0 } };
	struct bpf_prog_info info = { .func_info = (uintptr_t)functions,
				      .func_info_rec_size = sizeof(*functions),
				      .nr_func_info = ARRAY_SIZE(functions) };
	struct known known = { .functions = 0 };
	const struct btf_type *t;
	uint32_t size = sizeof(info);
	struct btf *btf;

	assert_int_equal(bpf_prog_get_info_by_fd(fd, &info, &size), 0);
	known.functions = info.nr_func_info;
	known.lines = info.nr_line_info;
	btf = btf__load_from_kernel_by_id(info.btf_id);
	assert_non_null(btf);
	t = btf__type_by_id(btf, functions[0].type_id);
	snprintf(known.function, sizeof(known.function), "%s",
		 t ? btf__name_by_offset(btf, t->name_off) : "");
	btf__free(btf);
	return known;
}

static void copies__are_known_to_the_kernel_by_function_and_line_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *o = open_object(SHARED);
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct known one, more;

	copy(o, "one", "one_more");
	set(o, "one_more", "step", 1); /* a subprogram of its own, which is known as well */
	loaded = load(o);
	one = known_of(fd_of(loaded, "one"));
	more = known_of(fd_of(loaded, "one_more"));
	assert_string_equal(one.function, "one");
	assert_string_equal(more.function, "one_more");
	assert_int_equal(one.functions, 3); /* one, middle, leaf */
	assert_int_equal(more.functions, 3);
	assert_true(one.lines > 10);
	assert_int_equal(more.lines, one.lines);
}
IN_BPFFS(copies__are_known_to_the_kernel_by_function_and_line)

/* Instructions before a program, before and after it is copied: each runs those that were put before it. */
static void copies__have_the_instructions_that_were_there_inside(void)
{
	static const struct bpf_insn gate[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 0, .src_reg = 1 }, /* skb->len */
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .off = 2, .imm = PACKET_BYTES },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 7 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	static const struct bpf_insn pass = { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 };
	struct skep_error err = { 0 };
	int which;

	for (which = SHARED; which <= SHARED_PLAIN; which++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(which);
		_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;

		set(o, NULL, "step", 10);
		assert_done(skep_object_program_insert(o, "two", &pass, 1, &err), &err);
		copy(o, "two", "two_more");
		copy(o, "one", "one_more");
		copy(o, "one", "gated");
		assert_done(skep_object_program_insert(o, "gated", gate, ARRAY_SIZE(gate), &err),
			    &err);
		copy(o, "gated", "gated_more");
		assert_done(skep_object_program_insert(o, "two_more", &pass, 1, &err), &err);
		assert_done(skep_object_program_insert(o, "one", &pass, 1, &err), &err);
		set(o, "two_more", "step", 20);
		loaded = load(o);
		assert_int_equal(run(loaded, "two"), 20);
		assert_int_equal(run(loaded, "two_more"), 40);
		assert_int_equal(run(loaded, "one"), 10);
		assert_int_equal(run(loaded, "one_more"), 10);
		assert_int_equal(run(loaded, "gated"), 7);
		assert_int_equal(run(loaded, "gated_more"), 7);
	}
}
IN_BPFFS(copies__have_the_instructions_that_were_there)

static void copies__are_in_the_image_that_libbpf_loads_inside(void)
{
	int which;

	for (which = SHARED; which <= SHARED_PLAIN; which++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(which);
		struct bpf_object *opened;
		const void *image;
		size_t size;

		copy(o, "one", "one_more");
		set(o, "one_more", "base", 30);
		set(o, "one_more", "step", 12);
		set(o, "one", "step", 1);
		image = skep_object_image(o, &size);
		assert_non_null(image);
		opened = bpf_object__open_mem(image, size, NULL);
		assert_non_null(opened);
		assert_int_equal(bpf_object__load(opened), 0);
		assert_int_equal(run_fd(bpf_program__fd(
					 bpf_object__find_program_by_name(opened, "one_more"))),
				 42);
		assert_int_equal(
			run_fd(bpf_program__fd(bpf_object__find_program_by_name(opened, "one"))),
			1);
		bpf_object__close(opened);
	}
}
IN_BPFFS(copies__are_in_the_image_that_libbpf_loads)

static void copies__are_loaded_fifty_at_a_time_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *o = open_object(SHARED);
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	char name[32];
	uint32_t i;

	for (i = 0; i < COPIES; i++) {
		snprintf(name, sizeof(name), "one_%u", i);
		copy(o, "one", name);
		set(o, name, "base", i * 100);
		set(o, name, "step", i);
	}
	loaded = load(o);
	assert_int_equal(skep_loaded_program_count(loaded), COPIES + 3);
	for (i = 0; i < COPIES; i++) {
		snprintf(name, sizeof(name), "one_%u", i);
		assert_int_equal(run(loaded, name), i * 101);
		assert_int_equal(skep_object_result(o, name)->code, 0);
		assert_true(skep_object_result(o, name)->load_ns < UINT64_MAX / 2);
	}
	assert_int_equal(run(loaded, "one"), 0);
}
IN_BPFFS(copies__are_loaded_fifty_at_a_time)

static void copies__of_what_is_alone_in_text_are_programs_inside(void)
{
	int which;

	for (which = ALONE; which <= ALONE_PLAIN; which++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(which);
		_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;

		copy(o, "alone", "company");
		copy(o, "company", "crowd");
		set(o, "alone", "base", 1);
		set(o, "company", "base", 2);
		set(o, "crowd", "base", 3);
		loaded = load(o);
		assert_int_equal(run(loaded, "alone"), 1);
		assert_int_equal(run(loaded, "company"), 2);
		assert_int_equal(run(loaded, "crowd"), 3);
	}
}
IN_BPFFS(copies__of_what_is_alone_in_text_are_programs)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies__have_constants_of_their_own),
		cmocka_unit_test(copies__of_a_callback_have_one_of_their_own),
		cmocka_unit_test(copies__are_known_to_the_kernel_by_function_and_line),
		cmocka_unit_test(copies__have_the_instructions_that_were_there),
		cmocka_unit_test(copies__are_in_the_image_that_libbpf_loads),
		cmocka_unit_test(copies__are_loaded_fifty_at_a_time),
		cmocka_unit_test(copies__of_what_is_alone_in_text_are_programs),
	};

	if (argc != OBJECTS + 1)
		return 2;
	paths = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
