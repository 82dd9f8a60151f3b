/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Copies of programs, and programs that part with what they share: tests/objects/shared, with BTF and without. */
#include <skep/object_copy.h>

#include "check.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>

#include "object/ext.h"
#include "object/object.h"
#include "sys/libbpf_print.h"

enum {
	SHARED,
	SHARED_PLAIN,
	ALONE,
	ALONE_PLAIN,
	MODERN,
};

static char **paths;

static struct skep_object *open_object(int which)
{
	const struct skep_object_opts opts = { .sz = sizeof(opts),
					       .prog_type = SKEP_PROG_TYPE_SCHED_CLS };
	struct skep_object *object = NULL;
	struct skep_error err = { 0 };

	check_int(skep_object_open_file(paths[which], &opts, &object, &err), 0, "%s", err.msg);
	return object;
}

static void copy(struct skep_object *o, const char *program, const char *name)
{
	struct skep_error err = { 0 };

	check_int(skep_object_program_copy(o, program, name, &err), 0, "%s", err.msg);
}

static void set(struct skep_object *o, const char *program, const char *name, uint64_t value,
		int places)
{
	struct skep_error err = { 0 };

	check_int(skep_object_constant_set(o, program, name, value, &err), places, "%s of %s: %s",
		  name, program ? program : "all", err.msg);
}

/* The value of a constant in a function. */
static uint64_t value_in(const struct skep_object *o, const char *function, const char *name)
{
	const struct skep_object_constant *c;
	size_t i;

	for (i = 0; i < skep_object_constant_count(o); i++) {
		c = skep_object_constant_at(o, i);
		if (!strcmp(c->function, function) && !strcmp(c->name, name))
			return c->value;
	}
	fail_msg("%s does not load %s", function, name);
	return 0;
}

static int collect(const struct skep_object_reference *reference, void *userdata)
{
	char *text = userdata;
	const size_t used = strlen(text);

	snprintf(text + used, 512 - used, "%s:%llu:%s ", reference->function,
		 (unsigned long long)reference->insn, reference->name);
	return 0;
}

static void check_references(const struct skep_object *o, const char *program, const char *want)
{
	char text[512] = "";

	check_int(skep_object_program_references(o, program, collect, text), 0, "%s", program);
	check_text(text, want, "%s", program);
}

/* libbpf opens the image, and finds a program in it; so do we. */
static void check_image(struct skep_object *o, const char *program)
{
	_cleanup_(skep_object_closep) struct skep_object *again = NULL;
	struct skep_error err = { 0 };
	struct sys_libbpf_print print;
	struct bpf_object *opened;
	const void *image;
	size_t size;

	image = skep_object_image(o, &size);
	assert_non_null(image);
	sys_libbpf_print_begin(&print);
	opened = bpf_object__open_mem(image, size, NULL);
	sys_libbpf_print_end(&print);
	check_text(print.text, "", "libbpf has nothing to say");
	assert_non_null(opened);
	assert_non_null(bpf_object__find_program_by_name(opened, program));
	bpf_object__close(opened);
	check_int(skep_object_open_bytes(image, size, NULL, &again, &err), 0, "%s", err.msg);
	assert_non_null(skep_object_program_find(again, program));
}

static void copy__is_what_its_program_is(void **state)
{
	const struct skep_object_program *p, *c;
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(plain);
		const size_t count = skep_object_program_count(o);
		struct skep_error err = { 0 };

		check_int(skep_object_program_set_type(o, "one", SKEP_PROG_TYPE_XDP,
						       SKEP_ATTACH_TYPE_XDP, &err),
			  0, "%s", err.msg);
		check_int(
			skep_object_program_set_flags(o, "one", SKEP_PROG_FLAG_XDP_HAS_FRAGS, &err),
			0, "%s", err.msg);
		check_int(skep_object_program_set_target(o, "one", "eth0", &err), 0, "%s", err.msg);
		check_int(skep_object_program_exclude(o, "one", 1, &err), 0, "%s", err.msg);
		copy(o, "one", "one_more");
		check_u64(skep_object_program_count(o), count + 1, "plain %d", plain);
		check_text(skep_object_program_at(o, count - 1)->name, "one_more",
			   "behind those of its section, before those of the next");
		p = skep_object_program_find(o, "one");
		c = skep_object_program_find(o, "one_more");
		check_text(c->section, p->section, "as in the file");
		check_text(c->rule, p->rule, "by section");
		check_text(c->attach_target, "eth0", "as edited");
		check_u64(c->type, SKEP_PROG_TYPE_XDP, "as edited");
		check_u64(c->attach_type, SKEP_ATTACH_TYPE_XDP, "as edited");
		check_u64(c->flags, SKEP_PROG_FLAG_XDP_HAS_FRAGS, "as edited");
		check_u64(c->excluded, 1, "as edited");
		check_u64(c->insn_count, p->insn_count, "the same code");
		assert_memory_equal(c->insns, p->insns, c->insn_count * sizeof(*c->insns));
		assert_ptr_not_equal(c->insns, p->insns);
		check_image(o, "one_more");
	}
}

static void copy__refers_to_what_its_program_refers_to(void **state)
{
	_cleanup_(skep_object_closep) struct skep_object *o = open_object(SHARED);

	(void)state;
	copy(o, "one", "one_more");
	copy(o, "three", "three_more");
	copy(o, "walks", "walks_more");
	check_references(o, "one", "one:5:runs one:20:middle middle:4:leaf ");
	check_references(o, "one_more", "one_more:5:runs one_more:20:middle middle:4:leaf ");
	check_references(o, "three_more", "three_more:0:leaf ");
	check_references(o, "walks_more", "walks_more:4:runs walks_more:6:each ");
}

/* What is said of a function, with places counted from its beginning. */
struct said {
	const struct object_function *function;
	uint32_t count[OBJECT_EXT_KINDS], type;
	char text[4096]; /* places and what follows them, of functions without the type */
};

static void say(enum object_ext_kind kind, unsigned char *record, void *userdata)
{
	struct said *s = userdata;
	size_t used = strlen(s->text);
	uint32_t word[4];

	memcpy(word, record, kind == OBJECT_EXT_FUNCTION ? 8 : 16);
	if (word[0] < s->function->at || word[0] - s->function->at >= s->function->size)
		return;
	s->count[kind]++;
	if (kind == OBJECT_EXT_FUNCTION)
		s->type = word[1];
	else
		snprintf(s->text + used, sizeof(s->text) - used, "%d:%u:%x,%x,%x ", kind,
			 word[0] - (uint32_t)s->function->at, word[1], word[2], word[3]);
}

static struct said said_of(const struct skep_object *o, const char *program)
{
	struct said s = { .function = &o->functions[object_program_of(o, program)->function] };

	check_int(object_ext_walk(o, s.function->section, say, &s, NULL), 0, "%s", program);
	return s;
}

static void copy__has_the_lines_and_a_function_of_its_own(void **state)
{
	static const struct bpf_insn nothing = { .code = BPF_ALU64 | BPF_MOV | BPF_K };
	_cleanup_(skep_object_closep) struct skep_object *o = open_object(SHARED);
	const struct btf_type *t, *u;
	struct said one, more;
	uint32_t id;
	struct skep_error err = { 0 };

	(void)state;
	check_int(skep_object_program_insert(o, "one", &nothing, 1, &err), 0, "%s", err.msg);
	copy(o, "one", "one_more");
	check_int(skep_object_program_insert(o, "two", &nothing, 1, &err), 0, "%s", err.msg);
	one = said_of(o, "one");
	more = said_of(o, "one_more");
	check_u64(more.count[OBJECT_EXT_FUNCTION], 1, "the function");
	check_u64(more.count[OBJECT_EXT_CORE], 1, "the relocation");
	assert_true(more.count[OBJECT_EXT_LINE] > 5);
	check_text(more.text, one.text, "the same of both");
	t = btf__type_by_id(o->btf, one.type);
	u = btf__type_by_id(o->btf, more.type);
	assert_true(btf_is_func(t) && btf_is_func(u));
	check_text(btf__name_by_offset(o->btf, t->name_off), "one", "its type");
	check_text(btf__name_by_offset(o->btf, u->name_off), "one_more", "its type");
	check_u64(u->type, t->type, "the prototype");
	check_u64(u->info, t->info, "the linkage");
	check_int(skep_btf_find(skep_object_btf(o), "one_more", 0, &id), 1, "public, too");
	check_image(o, "one_more");
}

static void copy__has_the_instructions_that_were_there_and_not_those_that_come(void **state)
{
	static const struct bpf_insn early = { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
				     late = { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 };
	const struct skep_object_program *p;
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(plain);
		struct skep_error err = { 0 };

		check_int(skep_object_program_insert(o, "one", &early, 1, &err), 0, "%s", err.msg);
		copy(o, "one", "one_more");
		copy(o, "one_more", "one_most");
		check_int(skep_object_program_insert(o, "one", &late, 1, &err), 0, "%s", err.msg);
		check_int(skep_object_program_insert(o, "one_more", &late, 1, &err), 0, "%s",
			  err.msg);
		p = skep_object_program_find(o, "one");
		check_int(p->insns[0].imm * 10 + p->insns[1].imm, 21, "one");
		p = skep_object_program_find(o, "one_more");
		check_int(p->insns[0].imm * 10 + p->insns[1].imm, 21, "one_more");
		p = skep_object_program_find(o, "one_most");
		check_int(p->insns[0].imm, 1, "one_most");
		check_u64(p->insn_count, skep_object_program_find(o, "one")->insn_count - 1,
			  "one_most");
		set(o, "one", "base", 1, 1);
		set(o, "one_more", "base", 2, 1);
		set(o, "one_most", "base", 3, 1);
		check_u64(value_in(o, "one", "base"), 1, "its own");
		check_u64(value_in(o, "one_more", "base"), 2, "its own");
		check_u64(value_in(o, "one_most", "base"), 3, "its own");
		check_image(o, "one_most");
	}
}

/* Where constants stand in code is what the list says. */
static void check_code(const struct skep_object *o, const char *program, const char *name,
		       uint64_t value)
{
	const struct skep_object_program *p = skep_object_program_find(o, program);
	const struct skep_object_constant *c;
	size_t i, found = 0;

	for (i = 0; i < skep_object_constant_count(o); i++) {
		c = skep_object_constant_at(o, i);
		if (strcmp(c->function, program) != 0 || strcmp(c->name, name) != 0)
			continue;
		found++;
		check_u64((uint32_t)p->insns[c->insn].imm |
				  (uint64_t)(uint32_t)p->insns[c->insn + 1].imm << 32,
			  value, "%s in %s", name, program);
	}
	check_u64(found, 1, "%s in %s", name, program);
}

static void constants__of_a_copy_are_its_own(void **state)
{
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(plain);
		const size_t count = skep_object_constant_count(o);

		set(o, NULL, "base", 7, 1);
		copy(o, "one", "one_more");
		check_u64(skep_object_constant_count(o), count + 1, "that of the program itself");
		check_code(o, "one_more", "base", 7);
		set(o, "one_more", "base", 1ull << 40, 1);
		check_code(o, "one", "base", 7);
		check_code(o, "one_more", "base", 1ull << 40);
		set(o, NULL, "base", 9, 2);
		check_code(o, "one", "base", 9);
		check_code(o, "one_more", "base", 9);
	}
}

static void constants__in_shared_subprograms_part_them(void **state)
{
	static const char *const ones[] = { "one:5:runs one:20:middle middle:4:leaf ",
					    "one:5:runs one:16:middle middle:4:leaf " };
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(plain);

		set(o, NULL, "step", 5, plain ? 1 : 2);
		set(o, "two", "step", 5, 1); /* it is that already: nothing parts */
		check_references(o, "two", "two:1:middle middle:4:leaf ");
		set(o, "two", "step", 6, 1);
		check_references(o, "two", "two:1:middle__two middle__two:4:leaf ");
		check_references(o, "one", ones[plain]);
		check_u64(value_in(o, "middle", "step"), 5, "of one alone now");
		check_u64(value_in(o, "middle__two", "step"), 6, "of two");
		set(o, "one", "step", 4, 1); /* it is its own: no need to part */
		check_references(o, "one", ones[plain]);
		check_u64(value_in(o, "middle__two", "step"), 6, "of two");
		set(o, NULL, "step", 3, plain ? 2 : 3);
		check_u64(value_in(o, "middle", "step"), 3, "of all");
		check_u64(value_in(o, "middle__two", "step"), 3, "of all");
		check_image(o, "two");
	}
}

/* A subprogram that is shared, and called by one that is shared: both are needed. */
static void constants__at_two_removes_part_what_leads_to_them(void **state)
{
	int plain;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(plain);

		copy(o, "two", "two_more");
		set(o, "two_more", "deep", 1ull << 33, 1);
		set(o, "three", "deep", 2, 1);
		check_references(o, "two_more",
				 "two_more:1:middle__two_more middle__two_more:4:leaf__two_more ");
		check_references(o, "three", "three:0:leaf__three ");
		check_references(o, "two", "two:1:middle middle:4:leaf ");
		check_u64(value_in(o, "leaf__two_more", "deep"), 1ull << 33, "its own");
		check_u64(value_in(o, "leaf__three", "deep"), 2, "its own");
		check_u64(value_in(o, "leaf", "deep"), 0, "of the others");
		check_image(o, "two_more");
	}
}

static void constants__of_a_callback_part_it(void **state)
{
	_cleanup_(skep_object_closep) struct skep_object *o = open_object(SHARED);

	(void)state;
	copy(o, "walks", "walks_more");
	set(o, "walks_more", "step", 2, 1);
	check_references(o, "walks_more", "walks_more:4:runs walks_more:6:each__walks_more ");
	check_references(o, "walks", "walks:4:runs walks:6:each ");
	check_u64(value_in(o, "each", "step"), 0, "of the other");
	check_image(o, "one");
}

static void subprograms__get_names_that_are_free(void **state)
{
	_cleanup_(skep_object_closep) struct skep_object *o = open_object(SHARED);

	(void)state;
	copy(o, "one", "middle__two");
	set(o, "two", "step", 6, 1);
	check_references(o, "two", "two:1:middle__two_2 middle__two_2:4:leaf ");
}

static void copy__needs_a_name_that_is_free_and_one(void **state)
{
	static const struct {
		const char *name;
		int code;
	} want[] = {
		{ "two", -EEXIST },  { "leaf", -EEXIST }, { "runs", -EEXIST },
		{ "base", -EEXIST }, { "", -EINVAL },     { "1st", -EINVAL },
		{ "a-b", -EINVAL },  { "a b", -EINVAL },  { "\xc3\xa4", -EINVAL },
	};
	_cleanup_(skep_object_closep) struct skep_object *o = open_object(SHARED);
	const size_t count = skep_object_program_count(o);
	struct skep_error err = { 0 };
	char name[129] = "";
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		check_int(skep_object_program_copy(o, "one", want[i].name, &err), want[i].code,
			  "'%s'", want[i].name);
		assert_true(*err.msg);
	}
	memset(name, 'n', 128);
	check_int(skep_object_program_copy(o, "one", name, &err), -ENAMETOOLONG, "128 bytes");
	name[127] = '\0';
	check_int(skep_object_program_copy(o, "one", name, &err), 0, "127 bytes: %s", err.msg);
	check_int(skep_object_program_copy(o, "four", "five", &err), -ENOENT, "no such program");
	check_u64(skep_object_program_count(o), count + 1, "no other was added");
}

static void copies__may_be_many(void **state)
{
	int plain, i;

	(void)state;
	for (plain = 0; plain < 2; plain++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(plain);
		const size_t count = skep_object_program_count(o);
		char name[32];

		for (i = 0; i < 50; i++) {
			snprintf(name, sizeof(name), "one_%d", i);
			copy(o, "one", name);
			set(o, name, "base", (uint64_t)i, 1);
			set(o, name, "step", (uint64_t)i, 1);
		}
		check_u64(skep_object_program_count(o), count + 50, "plain %d", plain);
		check_u64(value_in(o, "one_49", "base"), 49, "its own");
		check_u64(value_in(o, "middle__one_49", "step"), 49, "its own");
		check_u64(value_in(o, "middle", "step"), 0, "of the first");
		check_image(o, "one_49");
	}
}

static void copy__of_what_is_alone_in_text_is_a_program(void **state)
{
	int which;

	(void)state;
	for (which = ALONE; which <= ALONE_PLAIN; which++) {
		_cleanup_(skep_object_closep) struct skep_object *o = open_object(which);

		copy(o, "alone", "company");
		copy(o, "company", "crowd");
		set(o, "crowd", "base", 3, 1);
		check_u64(skep_object_program_count(o), 3, "programs");
		check_text(skep_object_program_find(o, "crowd")->section, ".text",
			   "as in the file");
		check_u64(skep_object_program_find(o, "crowd")->type, SKEP_PROG_TYPE_SCHED_CLS,
			  "as was said");
		check_code(o, "alone", "base", 0);
		check_code(o, "crowd", "base", 3);
		if (which == ALONE)
			check_text(said_of(o, "crowd").text, said_of(o, "alone").text, "its lines");
		check_image(o, "alone");
		check_image(o, "crowd");
	}
}

static void copy__of_what_is_tail_called_leaves_it_its_slot(void **state)
{
	_cleanup_(skep_object_closep) struct skep_object *o = open_object(MODERN);
	const size_t count = skep_object_tail_call_count(o);

	(void)state;
	copy(o, "second", "second_more");
	check_u64(skep_object_tail_call_count(o), count, "a slot holds one program");
	check_image(o, "second_more");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy__is_what_its_program_is),
		cmocka_unit_test(copy__refers_to_what_its_program_refers_to),
		cmocka_unit_test(copy__has_the_lines_and_a_function_of_its_own),
		cmocka_unit_test(
			copy__has_the_instructions_that_were_there_and_not_those_that_come),
		cmocka_unit_test(constants__of_a_copy_are_its_own),
		cmocka_unit_test(constants__in_shared_subprograms_part_them),
		cmocka_unit_test(constants__at_two_removes_part_what_leads_to_them),
		cmocka_unit_test(constants__of_a_callback_part_it),
		cmocka_unit_test(subprograms__get_names_that_are_free),
		cmocka_unit_test(copy__needs_a_name_that_is_free_and_one),
		cmocka_unit_test(copies__may_be_many),
		cmocka_unit_test(copy__of_what_is_alone_in_text_is_a_program),
		cmocka_unit_test(copy__of_what_is_tail_called_leaves_it_its_slot),
	};

	if (argc != 6)
		return 2;
	paths = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
