/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Objects of tests/objects in the kernel: what they do, what is left of them, and what is said when they are refused. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include <skep/bpffs.h>
#include <skep/feature.h>
#include <skep/kabi.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/map_pin.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>
#include <skep/sys.h>

#include "attach/program.h"
#include "base/cleanup.h"
#include "object_fixture.h"

enum {
	LEGACY,
	LEGACY_PLAIN,
	MODERN,
	EDGES,
	HOOKS,
	OBJECTS,
};

static char **paths;

static struct skep_object *open_object(int which)
{
	return fixture_object(paths[which]);
}

static uint64_t value_in(const struct skep_loaded *loaded, const char *map, uint32_t key)
{
	const struct skep_loaded_map *m = skep_loaded_map_find(loaded, map);
	uint64_t value = 0;

	assert_non_null(m);
	assert_int_equal(skep_map_lookup(m->map, &key, &value, 0), 0);
	return value;
}

static void set_constants(struct skep_object *object, int which)
{
	const uint64_t answer = 42, step = 5;
	struct skep_error err = { 0 };

	if (which == MODERN) {
		assert_done(
			skep_object_variable_set(object, "answer", &answer, sizeof(answer), &err),
			&err);
		assert_done(skep_object_variable_set(object, "step", &step, sizeof(step), &err),
			    &err);
	} else {
		assert_done(skep_object_constant_set(object, NULL, "answer", answer, &err), &err);
		assert_done(skep_object_constant_set(object, NULL, "step", step, &err), &err);
	}
}

/* The old forms of an object do what its modern twin does: constants, maps of maps, tail calls. */
static void object__legacy_does_what_its_modern_twin_does_inside(void)
{
	int which;

	for (which = LEGACY; which <= MODERN; which++) {
		_cleanup_(skep_object_closep) struct skep_object *object = open_object(which);
		_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;

		set_constants(object, which);
		loaded = fixture_load(object, NULL);
		object = skep_object_close(object); /* what was loaded does not need it */
		assert_int_equal(fixture_run_program(loaded, "first"), 43); /* by the tail call */
		assert_int_equal(fixture_run_program(loaded, "second"), 43);
		assert_int_equal(value_in(loaded, "counts", 0), 5);
		assert_int_equal(value_in(loaded, "counts", 1), 10);
		assert_int_equal(value_in(loaded, "seen", 1), 1);
		assert_int_equal(value_in(loaded, "inner", 1), 1); /* through the map of maps */
	}
}
IN_BPFFS(object__legacy_does_what_its_modern_twin_does)

static struct skep_prog_info info_of(const struct skep_loaded *loaded, const char *name)
{
	struct skep_prog_info info = { 0 };

	assert_true(skep_sys_prog_info(skep_loaded_program_find(loaded, name)->fd, &info,
				       sizeof(info)) > 0);
	return info;
}

static void object__keeps_function_and_line_info_inside(void)
{
	int which;

	for (which = LEGACY; which <= MODERN; which += MODERN - LEGACY) {
		_cleanup_(skep_object_closep) struct skep_object *object = open_object(which);
		_cleanup_(skep_loaded_closep) struct skep_loaded *loaded =
			fixture_load(object, NULL);
		struct skep_prog_info info = info_of(loaded, "first");

		assert_true(info.btf_id > 0);
		assert_int_equal(info.nr_func_info, 2); /* first, count */
		assert_true(info.nr_line_info > 10);
	}
}
IN_BPFFS(object__keeps_function_and_line_info)

/* Instructions before the first one: what is known of functions and lines stays right, and the program runs them. */
static void object__takes_instructions_before_a_program_inside(void)
{
	static const struct bpf_insn gate[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6, .src_reg = 1 },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 0, .src_reg = 1 }, /* skb->len */
		{ .code = BPF_JMP | BPF_JNE | BPF_K,
		  .dst_reg = 0,
		  .off = 2,
		  .imm = FIXTURE_PACKET_BYTES },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 7 },
		{ .code = BPF_JMP | BPF_EXIT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 1, .src_reg = 6 },
	};
	struct skep_prog_info before, after;
	struct skep_error err = { 0 };
	int which;

	for (which = LEGACY; which <= MODERN; which++) {
		_cleanup_(skep_object_closep) struct skep_object *object = open_object(which);
		_cleanup_(skep_loaded_closep) struct skep_loaded *plain = NULL, *gated = NULL;

		set_constants(object, which);
		plain = fixture_load(object, NULL);
		assert_done(
			skep_object_program_insert(object, "second", gate, ARRAY_SIZE(gate), &err),
			&err);
		gated = fixture_load(object, NULL);
		before = info_of(plain, "second");
		after = info_of(gated, "second");
		assert_int_equal(fixture_run_program(plain, "second"), 43);
		assert_int_equal(fixture_run_program(gated, "second"), 7);
		assert_int_equal(fixture_run_program(gated, "first"), 7);
		assert_int_equal(before.nr_func_info, after.nr_func_info);
		assert_int_equal(before.nr_line_info, after.nr_line_info);
	}
}
IN_BPFFS(object__takes_instructions_before_a_program)

static void object__edges_load_once_set_right_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(EDGES);
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = fixture_load(object, &opts);

	assert_int_equal(skep_loaded_program_count(loaded), 3);
	assert_int_equal(fixture_run_program(loaded, "rings"), 7);
	assert_int_equal(fixture_run_program(loaded, "quiet"), 0);
	assert_int_equal(value_in(loaded, "hidden2", 1), 5);
	assert_int_equal(value_in(loaded, "hidden", 1), 0); /* two static maps are told apart */
	assert_int_equal(skep_map_max_entries(skep_loaded_map_find(loaded, "ring")->map) % 4096, 0);
}
IN_BPFFS(object__edges_load_once_set_right)

static uint32_t pinned_id(const struct skep_bpffs *bpffs, const char *path)
{
	struct skep_map *map = NULL;
	struct skep_error err = { 0 };
	uint32_t id;
	int r = skep_map_open_pinned(bpffs, path, 0, &map, &err);

	if (r == -ENOENT)
		return 0;
	assert_done(r, &err);
	id = skep_map_id(map);
	skep_map_close(map);
	return id;
}

static uint32_t loaded_id(const struct skep_loaded *loaded, const char *map)
{
	return skep_map_id(skep_loaded_map_find(loaded, map)->map);
}

static void object__pins_are_used_and_replaced_with_the_commit_inside(void)
{
	struct skep_bpffs *bpffs = fixture_bpffs_open();
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .bpffs = bpffs,
						    .pin_dir = "app" };
	struct skep_object *object = open_object(EDGES);
	struct skep_loaded *first = fixture_load(object, &opts), *second;
	struct skep_error err = { 0 };
	uint32_t global = pinned_id(bpffs, "app/global"), replaced;

	assert_int_equal(loaded_id(first, "global"), global);
	assert_int_equal(pinned_id(bpffs, "app/replaced"), 0);
	assert_int_equal(skep_loaded_commit(first, &err), 1);
	assert_int_equal(skep_loaded_commit(first, &err), 0);
	replaced = pinned_id(bpffs, "app/replaced");
	assert_int_equal(loaded_id(first, "replaced"), replaced);

	second = fixture_load(object, &opts);
	assert_int_equal(loaded_id(second, "global"), global);
	assert_int_equal(skep_loaded_map_find(second, "global")->created, 0);
	assert_int_equal(pinned_id(bpffs, "app/replaced"), replaced);
	assert_int_equal(skep_loaded_commit(second, &err), 1);
	assert_int_equal(loaded_id(second, "replaced"), pinned_id(bpffs, "app/replaced"));
	assert_true(pinned_id(bpffs, "app/replaced") != replaced);
	skep_loaded_close(first);
	skep_loaded_close(second);

	assert_done(skep_object_map_set(object, "global", SKEP_OBJECT_MAP_MAX_ENTRIES, 2, &err),
		    &err);
	assert_int_equal(skep_object_load(object, &opts, &second, &err), -EMEDIUMTYPE);
	assert_told(&err, SKEP_ERR_CONFLICT, "max_entries");
	assert_int_equal(pinned_id(bpffs, "app/global"), global);
	skep_object_close(object);
	skep_bpffs_close(bpffs);
}
IN_BPFFS(object__pins_are_used_and_replaced_with_the_commit)

static void object__without_a_bpffs_pins_are_refused_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(EDGES);
	struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };

	assert_int_equal(skep_object_load(object, NULL, &loaded, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_INVALID, "wants to be pinned");
}
IN_BPFFS(object__without_a_bpffs_pins_are_refused)

static void object__maps_are_replaced_by_live_ones_that_fit_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(LEGACY);
	struct skep_object_replacement given = { .map = "counts" };
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .replacements = &given,
						    .replacement_count = 1 };
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	_cleanup_close_ int good = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	_cleanup_close_ int bad = fixture_map(SKEP_MAP_TYPE_HASH, 4, 8, 4, 0);
	struct skep_error err = { 0 };
	uint32_t key = 1;
	uint64_t value = 0;

	set_constants(object, LEGACY);
	given.fd = (uint64_t)bad;
	assert_int_equal(skep_object_load(object, &opts, &loaded, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_CONFLICT, "its type is");
	given.fd = (uint64_t)good;
	loaded = fixture_load(object, &opts);
	fixture_run_program(loaded, "second");
	assert_int_equal(skep_sys_map_lookup(good, &key, &value, 0), 0);
	assert_int_equal(value, 5);
	given.map = "nothing";
	assert_int_equal(skep_object_load(object, &opts, &loaded, &err), -ENOENT);
}
IN_BPFFS(object__maps_are_replaced_by_live_ones_that_fit)

static void object__elements_are_there_before_programs_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(EDGES);
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	const uint32_t key = 0;
	const uint64_t value = 77, other = 78;
	struct skep_error err = { 0 };

	assert_int_equal(skep_object_map_put(object, "fixed", &key, 8, &value, 8, &err), -EINVAL);
	assert_done(skep_object_map_put(object, "fixed", &key, 4, &value, 8, &err), &err);
	assert_done(skep_object_map_freeze(object, "fixed", 1, &err), &err);
	loaded = fixture_load(object, &opts);
	assert_int_equal(fixture_run_program(loaded, "known"), 77);
	assert_int_equal(
		skep_map_update(skep_loaded_map_find(loaded, "fixed")->map, &key, &other, 0),
		-EPERM);
}
IN_BPFFS(object__elements_are_there_before_programs)

static void object__a_refused_program_is_told_with_its_log_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(EDGES);
	struct skep_object_load_opts opts = { .sz = sizeof(opts),
					      .flags = SKEP_OBJECT_IGNORE_PINNING };
	const struct skep_object_result *result;
	struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };
	size_t whole, cut;

	assert_done(skep_object_program_exclude(object, "wrong", 0, &err), &err);
	assert_int_equal(skep_object_load(object, &opts, &loaded, &err), -EACCES);
	assert_told(&err, SKEP_ERR_VERIFIER, "program 'wrong'");
	result = skep_object_result(object, "wrong");
	assert_int_equal(result->code, -EACCES);
	assert_int_equal(result->kind, SKEP_ERR_VERIFIER);
	assert_int_equal(result->log_truncated, 0);
	assert_true(strstr(skep_object_verifier_log(object, NULL, &whole), "invalid mem access") !=
		    NULL);

	/* a log that does not fit changes nothing of the answer */
	opts.log_max_bytes = 128;
	assert_int_equal(skep_object_load(object, &opts, &loaded, &err), -EACCES);
	result = skep_object_result(object, "wrong");
	assert_int_equal(result->log_truncated, 1);
	assert_int_equal(result->code, -EACCES);
	skep_object_verifier_log(object, "wrong", &cut);
	assert_true(cut > 0 && cut < whole);
	assert_null(loaded);
}
IN_BPFFS(object__a_refused_program_is_told_with_its_log)

static void object__statistics_come_with_every_program_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(LEGACY);
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_STATISTICS };
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = fixture_load(object, &opts);
	const struct skep_object_result *result = skep_object_result(object, "first");

	assert_int_equal(result->code, 0);
	assert_true(result->load_ns > 0);
	assert_non_null(strstr(result->log, "processed"));
}
IN_BPFFS(object__statistics_come_with_every_program)

static void object__nothing_loaded_is_no_success_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(LEGACY);
	struct skep_object_load_opts opts = { .sz = sizeof(opts) };
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };

	skep_object_program_exclude(object, "first", 1, NULL);
	skep_object_program_exclude(object, "second", 1, NULL);
	assert_int_equal(skep_object_load(object, &opts, &loaded, &err), -EINVAL);
	assert_told(&err, SKEP_ERR_NOT_FOUND, "nothing is left to load");
	opts.flags = SKEP_OBJECT_MAPS_ONLY;
	loaded = fixture_load(object, &opts);
	assert_int_equal(skep_loaded_program_count(loaded), 0);
	assert_int_equal(skep_loaded_map_count(loaded), 6);
}
IN_BPFFS(object__nothing_loaded_is_no_success)

/* Maps that only other programs use are not made, and not in the table. */
static void object__loads_one_program_of_many_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(HOOKS);
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct skep_error err = { 0 };
	const char *name;
	size_t i;

	for (i = 0; i < skep_object_program_count(object); i++) {
		name = skep_object_program_at(object, i)->name;
		skep_object_program_exclude(object, name, strcmp(name, "each_task") != 0, NULL);
	}
	assert_true(skep_object_prune(object, NULL, 0, &err) > 0);
	loaded = fixture_load(object, &opts);
	assert_int_equal(skep_loaded_program_count(loaded), 1);
	assert_null(skep_loaded_map_find(loaded, "hook_count"));
	assert_non_null(skep_loaded_map_find(loaded, ".rodata"));
}
IN_BPFFS(object__loads_one_program_of_many)

/* The answer is decided beforehand: what a kernel lacks is named before what the verifier says. */
static void object__what_the_kernel_lacks_is_named_inside(void)
{
	static const struct {
		uint32_t section, type, number;
		const char *words;
	} lacks[] = {
		{ SKEP_FEATURE_SECTION_PROG_TYPE, 0, SKEP_PROG_TYPE_SOCKET_FILTER,
		  "lacks programs of type socket_filter" },
		{ SKEP_FEATURE_SECTION_ATTACH_TYPE, SKEP_PROG_TYPE_SOCKET_FILTER,
		  SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS, "lacks socket" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lacks); i++) {
		_cleanup_(skep_object_closep) struct skep_object *object = open_object(EDGES);
		_cleanup_(skep_features_closep) struct skep_features *features = NULL;
		struct skep_object_load_opts opts = { .sz = sizeof(opts),
						      .flags = SKEP_OBJECT_IGNORE_PINNING };
		struct skep_loaded *loaded = NULL;
		struct skep_error err = { 0 };

		assert_done(skep_features_open(NULL, &features, &err), &err);
		skep_feature_inject(features, lacks[i].section, lacks[i].type, lacks[i].number, 0);
		opts.features = features;
		skep_object_program_set_type(object, "wrong", SKEP_PROG_TYPE_SOCKET_FILTER,
					     SKEP_ATTACH_TYPE_CGROUP_INET_EGRESS, NULL);
		skep_object_program_exclude(object, "wrong", 0, NULL);
		assert_int_equal(skep_object_load(object, &opts, &loaded, &err), -EOPNOTSUPP);
		assert_told(&err, SKEP_ERR_UNSUPPORTED, lacks[i].words);
	}
}
IN_BPFFS(object__what_the_kernel_lacks_is_named)

/* Where a kernel has fentry the program loads; where it has not, that is said. */
static void object__fentry_loads_or_is_named_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(EDGES);
	const struct skep_object_load_opts opts = { .sz = sizeof(opts),
						    .flags = SKEP_OBJECT_IGNORE_PINNING };
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	_cleanup_(skep_features_closep) struct skep_features *features = NULL;
	struct skep_error err = { 0 };
	int has, r;

	assert_done(skep_features_open(NULL, &features, &err), &err);
	has = skep_feature_attach_type(features, SKEP_PROG_TYPE_TRACING,
				       SKEP_ATTACH_TYPE_TRACE_FENTRY, &err);
	skep_object_program_exclude(object, "traced", 0, NULL);
	r = skep_object_load(object, &opts, &loaded, &err);
	if (has > 0)
		assert_done(r, &err);
	else if (has == 0)
		assert_told(&err, SKEP_ERR_UNSUPPORTED, "fentry");
	else if (r < 0) /* could not tell is no "no" */
		assert_int_not_equal(err.kind, SKEP_ERR_UNSUPPORTED);
}
IN_BPFFS(object__fentry_loads_or_is_named)

/* What a program was loaded for is told as it is, whether libbpf has chosen it or an edit. */
static void loaded__tells_what_programs_were_loaded_for_inside(void)
{
	const uint32_t many = SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI;
	int edited;

	for (edited = 0; edited < 2; edited++) {
		_cleanup_(skep_object_closep) struct skep_object *object = open_object(HOOKS);
		_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
		const struct skep_object_load_opts opts = { .sz = sizeof(opts),
							    .flags = SKEP_OBJECT_IGNORE_PINNING };
		const struct skep_loaded_program *p;
		struct skep_error err = { 0 };
		size_t i;

		for (i = 0; i < skep_object_program_count(object); i++) {
			const char *name = skep_object_program_at(object, i)->name;

			skep_object_program_exclude(object, name, strcmp(name, "on_usdt") != 0,
						    NULL);
		}
		if (edited)
			assert_done(skep_object_program_set_type(object, "on_usdt",
								 SKEP_PROG_TYPE_KPROBE, 0, &err),
				    &err);
		assert_done(skep_object_load(object, &opts, &loaded, &err), &err);
		p = skep_loaded_program_find(loaded, "on_usdt");
		assert_int_equal(p->attach_type == many, attach_program_multi_type(p->fd) == many);
		assert_true(!edited || p->attach_type == 0);
	}
}
IN_BPFFS(loaded__tells_what_programs_were_loaded_for)

static void loaded__adopts_what_libbpf_opened_or_loaded_inside(void)
{
	int before;

	for (before = 0; before < 2; before++) {
		_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
		struct bpf_object *opened = bpf_object__open_file(paths[MODERN], NULL);
		struct skep_error err = { 0 };

		assert_non_null(opened);
		if (before)
			assert_int_equal(bpf_object__load(opened), 0);
		assert_done(skep_loaded_adopt(opened, &loaded, &err), &err);
		bpf_object__close(opened);
		assert_int_equal(skep_loaded_program_count(loaded), 2);
		assert_int_equal(fixture_run_program(loaded, "first"), 1);
		assert_non_null(skep_loaded_map_find(loaded, ".rodata"));
	}
}
IN_BPFFS(loaded__adopts_what_libbpf_opened_or_loaded)

static void loaded__adopts_only_what_libbpf_has_created_inside(void)
{
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = NULL;
	struct bpf_object *opened = bpf_object__open_file(paths[HOOKS], NULL);
	struct skep_error err = { 0 };
	struct bpf_program *p;

	assert_non_null(opened);
	bpf_object__for_each_program(p, opened)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), "each_task"));
	bpf_map__set_autocreate(bpf_object__find_map_by_name(opened, "hook_count"), false);
	assert_done(skep_loaded_adopt(opened, &loaded, &err), &err);
	bpf_object__close(opened);
	assert_int_equal(skep_loaded_program_count(loaded), 1);
	assert_null(skep_loaded_map_find(loaded, "hook_count"));
}
IN_BPFFS(loaded__adopts_only_what_libbpf_has_created)

static void loaded__is_assigned_all_or_nothing_inside(void)
{
	_cleanup_(skep_object_closep) struct skep_object *object = open_object(LEGACY);
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = fixture_load(object, NULL);
	struct {
		int first, counts_fd;
		struct skep_map *counts;
	} mine = { -1, -1, NULL };
	struct skep_loaded_member members[] = {
		{ "first", SKEP_LOADED_PROGRAM, &mine.first },
		{ "counts", SKEP_LOADED_MAP, &mine.counts },
		{ "counts", SKEP_LOADED_MAP_FD, &mine.counts_fd },
		{ "nothing", SKEP_LOADED_MAP, &mine.counts },
	};
	struct skep_map *taken = NULL;
	struct skep_error err = { 0 };
	int fd;

	assert_int_equal(skep_loaded_assign(loaded, members, 4, &err), -ENOENT);
	assert_int_equal(mine.first, -1);
	assert_null(mine.counts);
	assert_done(skep_loaded_assign(loaded, members, 3, &err), &err);
	assert_done(skep_loaded_take_map(loaded, "counts", &taken, &err), &err);
	assert_int_equal(skep_loaded_take_map(loaded, "counts", &taken, &err), -ENOENT);
	fd = skep_loaded_take_program(loaded, "first", &err);
	assert_true(fd >= 0);
	assert_int_equal(skep_loaded_take_program(loaded, "first", &err), -ENOENT);
	loaded = skep_loaded_close(loaded);
	assert_int_equal(skep_map_max_entries(mine.counts), 4); /* it outlives the table */
	skep_map_close(mine.counts);
	skep_map_close(taken);
	close(mine.counts_fd);
	close(mine.first);
	close(fd);
}
IN_BPFFS(loaded__is_assigned_all_or_nothing)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(object__legacy_does_what_its_modern_twin_does),
		cmocka_unit_test(object__keeps_function_and_line_info),
		cmocka_unit_test(object__takes_instructions_before_a_program),
		cmocka_unit_test(object__edges_load_once_set_right),
		cmocka_unit_test(object__pins_are_used_and_replaced_with_the_commit),
		cmocka_unit_test(object__without_a_bpffs_pins_are_refused),
		cmocka_unit_test(object__maps_are_replaced_by_live_ones_that_fit),
		cmocka_unit_test(object__elements_are_there_before_programs),
		cmocka_unit_test(object__a_refused_program_is_told_with_its_log),
		cmocka_unit_test(object__statistics_come_with_every_program),
		cmocka_unit_test(object__nothing_loaded_is_no_success),
		cmocka_unit_test(object__loads_one_program_of_many),
		cmocka_unit_test(object__what_the_kernel_lacks_is_named),
		cmocka_unit_test(object__fentry_loads_or_is_named),
		cmocka_unit_test(loaded__tells_what_programs_were_loaded_for),
		cmocka_unit_test(loaded__adopts_what_libbpf_opened_or_loaded),
		cmocka_unit_test(loaded__adopts_only_what_libbpf_has_created),
		cmocka_unit_test(loaded__is_assigned_all_or_nothing),
	};

	if (argc != OBJECTS + 1)
		return 2;
	paths = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
