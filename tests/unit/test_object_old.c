/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What old compilers and assemblers left out of objects, taken out of one: the argument is legacy, with BTF. */
#include <skep/object.h>
#include <skep/object_spec.h>

#include "check.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>

#include "object/elf.h"

static unsigned char *data;
static size_t size;

static struct object_elf *model(void)
{
	struct object_elf *elf = NULL;
	struct skep_error err = { 0 };

	check_int(object_elf_read(data, size, &elf, &err), 0, "%s", err.msg);
	return elf;
}

/* Frees the model. */
static struct skep_object *open_model(struct object_elf *elf)
{
	struct skep_object *object = NULL;
	struct skep_error err = { 0 };
	unsigned char *image;
	size_t image_size;

	image = object_elf_write(elf, &image_size);
	assert_non_null(image);
	check_int(skep_object_open_bytes(image, image_size, NULL, &object, &err), 0, "%s", err.msg);
	free(image);
	object_elf_free(elf);
	return object;
}

static Elf64_Sym *symbol(struct object_elf *elf, const char *name)
{
	uint32_t i;

	for (i = 1; i < elf->symbol_count; i++)
		if (!strcmp(object_symbol_name(elf, i), name))
			return &object_symbols(elf)[i];
	return NULL;
}

static size_t changes_of(const struct skep_object *o, uint32_t kind)
{
	size_t i, n = 0;

	for (i = 0; i < skep_object_change_count(o); i++)
		n += skep_object_change_at(o, i)->kind == kind;
	return n;
}

static void model__is_written_as_it_was_read(void **state)
{
	struct object_elf *elf = model(), *again = NULL;
	struct skep_error err = { 0 };
	unsigned char *image;
	size_t image_size;
	uint32_t i;

	(void)state;
	image = object_elf_write(elf, &image_size);
	check_int(object_elf_read(image, image_size, &again, &err), 0, "%s", err.msg);
	check_u64(again->section_count, elf->section_count, "sections");
	check_u64(again->symbol_count, elf->symbol_count, "symbols");
	for (i = 1; i < elf->section_count; i++) {
		check_text(object_section_name(again, i), object_section_name(elf, i), "section %u",
			   i);
		check_u64(again->sections[i].header.sh_size, elf->sections[i].header.sh_size,
			  "section %u", i);
		if (elf->sections[i].data)
			assert_memory_equal(again->sections[i].data, elf->sections[i].data,
					    elf->sections[i].header.sh_size);
	}
	free(image);
	object_elf_free(again);
	object_elf_free(elf);
}

static void symbols__without_type_and_size_are_what_is_between_them(void **state)
{
	struct object_elf *elf = model();
	_cleanup_(skep_object_closep) struct skep_object *o = NULL;
	static const char *const names[] = {
		"counts", "seen", "outer", "first", "second", "count"
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		symbol(elf, names[i])->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE);
		symbol(elf, names[i])->st_size = 0;
	}
	o = open_model(elf);
	check_u64(changes_of(o, SKEP_OBJECT_CHANGE_MAP_SYMBOL), 3, "maps");
	check_u64(skep_object_program_count(o), 2, "programs");
	check_u64(skep_object_map_find(o, "seen")->spec.max_entries, 16, "seen");
	check_u64(skep_object_map_find(o, "seen")->spec.flags, SKEP_MAP_FLAG_NO_PREALLOC, "seen");
	check_u64(skep_object_map_find(o, "outer")->id, 8, "of iproute2");
	assert_true(skep_object_program_find(o, "first")->insn_count > 20);
}

static void code__without_a_symbol_is_called_like_its_section(void **state)
{
	struct object_elf *elf = model();
	_cleanup_(skep_object_closep) struct skep_object *o = NULL;

	(void)state;
	symbol(elf, "first")->st_shndx = SHN_ABS;
	o = open_model(elf);
	check_u64(changes_of(o, SKEP_OBJECT_CHANGE_UNNAMED_PROGRAM), 1, "one");
	assert_non_null(skep_object_program_find(o, "first"));
}

static void program__that_is_static_becomes_global(void **state)
{
	struct object_elf *elf = model();
	_cleanup_(skep_object_closep) struct skep_object *o = NULL;

	(void)state;
	symbol(elf, "first")->st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC);
	o = open_model(elf);
	check_u64(changes_of(o, SKEP_OBJECT_CHANGE_STATIC_PROGRAM), 1, "one");
	check_u64(skep_object_program_count(o), 2, "programs");
}

/* The first call of a helper becomes a call of a symbol. */
static void call_by_name(struct object_elf *elf, const char *name)
{
	const uint32_t section = object_section_find(elf, "classifier/first");
	const Elf64_Sym undefined = { .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE) };
	struct bpf_insn *insn = (struct bpf_insn *)(void *)elf->sections[section].data;
	Elf64_Rel *rel, *grown;
	uint32_t rel_section, added;
	size_t count, i;

	for (i = 0; insn[i].code != (BPF_JMP | BPF_CALL) || insn[i].src_reg; i++)
		;
	insn[i].src_reg = BPF_PSEUDO_CALL;
	insn[i].imm = -1;
	check_int(object_symbol_add(elf, name, &undefined, &added), 0, "symbol");
	rel = object_relocations(elf, section, &count, &rel_section);
	grown = calloc(count + 1, sizeof(*grown));
	assert_non_null(grown);
	memcpy(grown, rel, count * sizeof(*rel));
	grown[count] =
		(Elf64_Rel){ .r_offset = i * sizeof(*insn), .r_info = ELF64_R_INFO(added, 10) };
	check_int(object_section_set(elf, rel_section, grown, (count + 1) * sizeof(*grown)), 0,
		  "rel");
	free(grown);
}

static void helper__that_is_called_by_name_is_called_by_number(void **state)
{
	struct object_elf *elf = model();
	_cleanup_(skep_object_closep) struct skep_object *o = NULL;
	const struct skep_object_program *p;
	uint64_t i, calls = 0;

	(void)state;
	call_by_name(elf, "bpf_get_prandom_u32");
	o = open_model(elf);
	check_u64(changes_of(o, SKEP_OBJECT_CHANGE_HELPER_CALL), 1, "one");
	p = skep_object_program_find(o, "first");
	for (i = 0; i < p->insn_count; i++)
		calls += p->insns[i].code == (BPF_JMP | BPF_CALL) && !p->insns[i].src_reg &&
			 p->insns[i].imm == SKEP_HELPER_GET_PRANDOM_U32;
	check_u64(calls, 1, "by number");
}

static void call__of_what_is_nowhere_is_an_error_that_names_it(void **state)
{
	struct object_elf *elf = model();
	struct skep_object *o = NULL;
	struct skep_error err = { 0 };
	unsigned char *image;
	size_t image_size;

	(void)state;
	call_by_name(elf, "missing_function");
	image = object_elf_write(elf, &image_size);
	assert_true(skep_object_open_bytes(image, image_size, NULL, &o, &err) < 0);
	assert_non_null(strstr(err.msg, "calls 'missing_function', which is defined nowhere"));
	free(image);
	object_elf_free(elf);
}

/* .BTF.ext without .BTF means nothing; if it has CO-RE relocations the object cannot be right without. */
static void btf__that_was_stripped_takes_what_refers_to_it_along(void **state)
{
	struct object_elf *elf = model();
	_cleanup_(skep_object_closep) struct skep_object *o = NULL;
	struct skep_object *refused = NULL;
	struct skep_error err = { 0 };
	const uint32_t core_bytes = 16;
	unsigned char *image;
	size_t image_size;
	uint32_t ext;

	(void)state;
	ext = object_section_find(elf, ".BTF.ext");
	elf->sections[object_section_find(elf, ".BTF")].header.sh_type = SHT_STRTAB;
	symbol(elf, "counts")->st_size = 0;
	elf->sections[elf->shstrtab]
		.data[elf->sections[object_section_find(elf, ".BTF")].header.sh_name + 1] = 'X';
	memcpy(elf->sections[ext].data + 28, &core_bytes, sizeof(core_bytes));
	image = object_elf_write(elf, &image_size);
	check_int(skep_object_open_bytes(image, image_size, NULL, &refused, &err), -EINVAL,
		  "CO-RE");
	assert_non_null(strstr(err.msg, "CO-RE relocations"));
	free(image);
	memset(elf->sections[ext].data + 28, 0, sizeof(core_bytes));
	o = open_model(elf);
	check_u64(skep_object_map_count(o), 6, "maps");
}

static int read_legacy(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	long length;

	if (!f || fseek(f, 0, SEEK_END) < 0)
		return -errno;
	length = ftell(f);
	rewind(f);
	size = (size_t)length;
	data = malloc(size);
	return data && fread(data, size, 1, f) == 1 ? 0 : -EIO;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(model__is_written_as_it_was_read),
		cmocka_unit_test(symbols__without_type_and_size_are_what_is_between_them),
		cmocka_unit_test(code__without_a_symbol_is_called_like_its_section),
		cmocka_unit_test(program__that_is_static_becomes_global),
		cmocka_unit_test(helper__that_is_called_by_name_is_called_by_number),
		cmocka_unit_test(call__of_what_is_nowhere_is_an_error_that_names_it),
		cmocka_unit_test(btf__that_was_stripped_takes_what_refers_to_it_along),
	};
	int r;

	if (argc != 2 || read_legacy(argv[1]) < 0)
		return 2;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	free(data);
	return r;
}
