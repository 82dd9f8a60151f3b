/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Instructions before many programs at once: tests/objects/shared, with BTF and without, and tests/objects/modern. */
#include "object/insert.h"

#include "check.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>

#include "object/object.h"

#define MOST_PROGRAMS 16

static char **paths;
static int path_count;

static const struct bpf_insn nothing[] = {
	{ .code = BPF_JMP | BPF_JA },
	{ .code = BPF_JMP | BPF_JA },
	{ .code = BPF_JMP | BPF_JA },
};

static struct skep_object *open_object(int which)
{
	const struct skep_object_opts opts = { .sz = sizeof(opts),
					       .prog_type = SKEP_PROG_TYPE_SCHED_CLS };
	struct skep_object *object = NULL;
	struct skep_error err = { 0 };

	check_int(skep_object_open_file(paths[which], &opts, &object, &err), 0, "%s", err.msg);
	return object;
}

/* Before the last program first, and of each another number. Return: how many. */
static size_t all_programs(const struct skep_object *o,
			   struct object_insertion insertions[MOST_PROGRAMS])
{
	const size_t count = skep_object_program_count(o);
	size_t i;

	assert_in_range(count, 1, MOST_PROGRAMS);
	for (i = 0; i < count; i++)
		insertions[count - 1 - i] = (struct object_insertion){
			.program = skep_object_program_at(o, i)->name,
			.insns = nothing,
			.count = 1 + i % 3,
		};
	return count;
}

static void check_same_image(struct skep_object *a, struct skep_object *b, const char *what)
{
	size_t size_a, size_b;
	const void *image_a = skep_object_image(a, &size_a),
		   *image_b = skep_object_image(b, &size_b);

	check_u64(size_a, size_b, "%s", what);
	check_int(memcmp(image_a, image_b, size_a), 0, "%s", what);
}

static void insert__of_many_is_that_of_one_after_the_other(void **state)
{
	struct object_insertion all[MOST_PROGRAMS];
	struct skep_object *many, *single;
	struct skep_error err = { 0 };
	size_t count, i;
	int which;

	(void)state;
	for (which = 0; which < path_count; which++) {
		many = open_object(which);
		single = open_object(which);
		count = all_programs(many, all);
		check_int(object_insert(many, all, count, &err), 0, "%s", err.msg);
		for (i = 0; i < count; i++)
			check_int(skep_object_program_insert(single, all[i].program, all[i].insns,
							     all[i].count, &err),
				  0, "%s", err.msg);
		check_same_image(many, single, paths[which]);
		for (i = 0; i < count; i++)
			check_u64(skep_object_program_find(many, all[i].program)->insn_count,
				  skep_object_program_find(single, all[i].program)->insn_count,
				  "%s", all[i].program);
		skep_object_close(single);
		skep_object_close(many);
	}
}

/* An instruction of @from that calls @to, in the same section. */
static void put_call(struct skep_object *o, const struct object_function *from, uint64_t insn,
		     const struct object_function *to)
{
	const int64_t at = (int64_t)(from->at / OBJECT_INSN_BYTES + insn);
	const struct bpf_insn call = { .code = BPF_JMP | BPF_CALL,
				       .src_reg = BPF_PSEUDO_CALL,
				       .imm = (int32_t)((int64_t)(to->at / OBJECT_INSN_BYTES) - at -
							1) };
	struct skep_error err = { 0 };

	check_int(skep_object_program_patch(o, from->name, insn, &call, 1, &err), 0, "%s", err.msg);
}

static void check_call(const struct skep_object *o, const struct object_function *from,
		       uint64_t insn, const struct object_function *to)
{
	const struct object_function *called =
		object_called(o, from->section, from->at + insn * OBJECT_INSN_BYTES, NULL);
	const struct bpf_insn *code =
		(const struct bpf_insn *)(void *)(o->elf->sections[from->section].data + from->at);
	const int64_t target = (int64_t)(from->at / OBJECT_INSN_BYTES + insn) + code[insn].imm + 1;

	assert_ptr_equal(called, to);
	check_u64((uint64_t)target * OBJECT_INSN_BYTES, to->at, "the call of %s in %s", to->name,
		  from->name);
}

/* The first two programs of a section. */
static void find_two(struct skep_object *o, const struct object_function *two[2])
{
	size_t i;

	for (i = 0; i + 1 < o->function_count; i++)
		if (o->functions[i].is_program && o->functions[i + 1].is_program &&
		    o->functions[i].section == o->functions[i + 1].section) {
			two[0] = &o->functions[i];
			two[1] = &o->functions[i + 1];
			return;
		}
	fail_msg("no section has two programs");
}

/* What is free to be replaced: the instructions of a program to which nothing refers by name. */
static uint64_t next_free(const struct skep_object *o, const struct object_function *f,
			  uint64_t insn)
{
	while (object_relocated(o, f->section, f->at + insn * OBJECT_INSN_BYTES))
		insn++;
	assert_true(insn < f->size / OBJECT_INSN_BYTES);
	return insn;
}

static void insert__keeps_what_calls_inside_of_a_section_call(void **state)
{
	const struct object_function *two[2] = { NULL };
	struct object_insertion all[MOST_PROGRAMS];
	struct skep_object *o = open_object(0);
	struct skep_error err = { 0 };
	uint64_t forth, back, self, more[2];
	size_t i;

	(void)state;
	find_two(o, two);
	forth = next_free(o, two[0], 0);
	back = next_free(o, two[1], 0);
	self = next_free(o, two[1], back + 1);
	put_call(o, two[0], forth, two[1]);
	put_call(o, two[1], back, two[0]);
	put_call(o, two[1], self, two[1]);
	for (i = 0; i < 2; i++)
		more[i] = two[i]->size;
	check_int(object_insert(o, all, all_programs(o, all), &err), 0, "%s", err.msg);
	for (i = 0; i < 2; i++)
		more[i] = (two[i]->size - more[i]) / OBJECT_INSN_BYTES;
	check_call(o, two[0], more[0] + forth, two[1]);
	check_call(o, two[1], more[1] + back, two[0]);
	check_call(o, two[1], more[1] + self, two[1]);
	skep_object_close(o);
}

static void insert__of_a_program_that_is_not_there_changes_nothing(void **state)
{
	struct object_insertion all[MOST_PROGRAMS + 1];
	struct skep_object *o = open_object(0), *other = open_object(0);
	struct skep_error err = { 0 };
	size_t count;

	(void)state;
	count = all_programs(o, all);
	all[count] = (struct object_insertion){ "nobody", nothing, 1 };
	check_int(object_insert(o, all, count + 1, &err), -ENOENT, "a program that is not there");
	check_int((int)err.kind, SKEP_ERR_NO_PROGRAM, "%s", err.msg);
	check_same_image(o, other, paths[0]);
	skep_object_close(other);
	skep_object_close(o);
}

static void nothing__is_put_in_or_over_what_there_is(void **state)
{
	struct skep_error err = { 0 };
	struct skep_object *o;

	(void)state;
	check_int(skep_object_open_file(paths[0], NULL, &o, &err), 0, "%s", err.msg);
	check_int(skep_object_program_patch(o, "one", 0, NULL, 0, &err), 0, "%s", err.msg);
	check_int(skep_object_program_patch(o, "one", UINT64_MAX, NULL, 0, &err), 0, "%s", err.msg);
	check_int(skep_object_program_insert(o, "one", NULL, 0, &err), 0, "%s", err.msg);
	check_int(skep_object_program_patch(o, "no", 0, NULL, 0, &err), -ENOENT, "no program");
	check_int(skep_object_program_insert(o, "no", NULL, 0, &err), -ENOENT, "no program");
	skep_object_close(o);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(insert__of_many_is_that_of_one_after_the_other),
		cmocka_unit_test(insert__keeps_what_calls_inside_of_a_section_call),
		cmocka_unit_test(insert__of_a_program_that_is_not_there_changes_nothing),
		cmocka_unit_test(nothing__is_put_in_or_over_what_there_is),
	};

	if (argc < 2)
		return 2;
	paths = argv + 1;
	path_count = argc - 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
