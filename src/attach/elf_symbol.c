/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/elf_symbol.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"

#define VERSIONS 0x8000u /* numbers that versions may have */
#define HIDDEN 0x8000u   /* beside the number: not the default */
#define NAME_SIZE 1024   /* of names that have a version in them */

/* A table of symbols and what belongs to it, in memory. */
struct table {
	unsigned char *symbols, *strings;
	uint64_t count, string_bytes;
	unsigned char *versions; /* 2 bytes for each symbol; NULL: none */
	uint64_t version_count;
	uint32_t *version_names; /* offsets in the strings, by number; 0: none */
};

struct told {
	uint64_t address;
	uint32_t name;
};

struct walk {
	const struct sys_elf *elf;
	const struct sys_elf_segment *loads;
	size_t load_count;
	skep_binary_symbol_fn fn;
	void *userdata;
	struct table tables[2]; /* .dynsym, .symtab */
	struct told *told;      /* the functions of .dynsym, by address */
	size_t told_count;
};

static void table_fini(struct table *t)
{
	free(t->symbols);
	free(t->strings);
	free(t->versions);
	free(t->version_names);
}

static const char *string_at(const struct table *t, uint64_t offset)
{
	return offset < t->string_bytes ? (const char *)t->strings + offset : ""; /* ends in NUL */
}

/* Definitions form a chain of records, each with its names. Steps are forward, so it ends. */
static void read_version_names(const struct sys_elf *e, const unsigned char *data, uint64_t bytes,
			       uint32_t *names)
{
	uint64_t at = 0, aux, next;
	Elf64_Verdef def; /* both classes have it alike, and its names, too */
	Elf64_Verdaux first;
	uint32_t number;

	while (bytes >= sizeof(def) && at <= bytes - sizeof(def)) {
		memcpy(&def, data + at, sizeof(def));
		number = (uint32_t)sys_elf_number(e, &def.vd_ndx, sizeof(def.vd_ndx));
		aux = at + sys_elf_number(e, &def.vd_aux, sizeof(def.vd_aux));
		if (number < VERSIONS && bytes >= sizeof(first) && aux <= bytes - sizeof(first)) {
			memcpy(&first, data + aux, sizeof(first));
			names[number] = (uint32_t)sys_elf_number(e, &first.vda_name,
								 sizeof(first.vda_name));
		}
		next = sys_elf_number(e, &def.vd_next, sizeof(def.vd_next));
		if (!next)
			return;
		at += next;
	}
}

static int load_versions(const struct sys_elf *e, struct table *t)
{
	_cleanup_free_ unsigned char *definitions = NULL;
	struct sys_elf_section s;
	int r = sys_elf_find(e, ".gnu.version_d", &s);

	if (r <= 0)
		return r;
	r = sys_elf_load(e, &s, &definitions);
	if (r < 0)
		return r;
	t->version_names = calloc(VERSIONS, sizeof(*t->version_names));
	if (!t->version_names)
		return skep_fail(e->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "versions of symbols");
	read_version_names(e, definitions, s.size, t->version_names);
	r = sys_elf_find(e, ".gnu.version", &s);
	if (r <= 0)
		return r;
	t->version_count = s.size / sizeof(uint16_t);
	return sys_elf_load(e, &s, &t->versions);
}

/* Return: 1; 0 there is no such table; a negative errno. */
static int load_table(const struct sys_elf *e, const char *name, struct table *t)
{
	struct sys_elf_section s, strings;
	int r = sys_elf_find(e, name, &s);

	if (r <= 0)
		return r;
	if (s.link >= e->section_count)
		return skep_fail(e->err, -EINVAL, SKEP_ERR_SYSCALL,
				 "a broken ELF: %s has no table of names.", name);
	r = sys_elf_section(e, s.link, &strings);
	r = r < 0 ? r : sys_elf_load(e, &s, &t->symbols);
	r = r < 0 ? r : sys_elf_load(e, &strings, &t->strings);
	if (r < 0)
		return r;
	t->count = s.size / sys_elf_symbol_bytes(e);
	t->string_bytes = strings.size;
	return 1;
}

static int is_function(const struct sys_elf_symbol *s)
{
	return ELF64_ST_TYPE(s->info) == STT_FUNC && s->section != SHN_UNDEF &&
	       s->section < SHN_LORESERVE;
}

static int compare_told(const void *a, const void *b)
{
	uint64_t left = ((const struct told *)a)->address;
	uint64_t right = ((const struct told *)b)->address;

	return left < right ? -1 : left > right;
}

/* What .dynsym has, with versions, .symtab need not tell again. */
static int remember(struct walk *w)
{
	const struct table *t = &w->tables[0];
	size_t size = sys_elf_symbol_bytes(w->elf);
	struct sys_elf_symbol s;
	uint64_t i;

	w->told = calloc(t->count ? t->count : 1, sizeof(*w->told));
	if (!w->told)
		return skep_fail(w->elf->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "symbols of an ELF");
	for (i = 0; i < t->count; i++) {
		sys_elf_symbol(w->elf, t->symbols + i * size, &s);
		if (is_function(&s))
			w->told[w->told_count++] = (struct told){ s.value, s.name };
	}
	qsort(w->told, w->told_count, sizeof(*w->told), compare_told);
	return 0;
}

static int was_told(const struct walk *w, uint64_t address, const char *name)
{
	size_t low = 0, high = w->told_count, middle, len = strcspn(name, "@");
	const char *other;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (w->told[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < w->told_count && w->told[low].address == address; low++) {
		other = string_at(&w->tables[0], w->told[low].name);
		if (!strncmp(other, name, len) && !other[len])
			return 1;
	}
	return 0;
}

/* Name and version of a symbol; in .symtab they are one word: "memcpy@@GLIBC_2.14". */
static void read_name(const struct walk *w, const struct table *t, uint64_t index,
		      const struct sys_elf_symbol *s, char *split, struct skep_binary_symbol *ret)
{
	const char *name = string_at(t, s->name), *at = strchr(name, '@');
	uint64_t version;

	ret->name = name;
	ret->version = "";
	ret->is_default = 1;
	if (at && at != name && strlen(name) < NAME_SIZE) {
		memcpy(split, name, strlen(name) + 1);
		split[at - name] = '\0';
		ret->name = split;
		ret->is_default = at[1] == '@';
		ret->version = split + (at - name) + 1 + ret->is_default;
	} else if (t->versions && t->version_names && index < t->version_count) {
		version = sys_elf_number(w->elf, t->versions + index * sizeof(uint16_t),
					 sizeof(uint16_t));
		ret->is_default = !(version & HIDDEN);
		version &= ~(uint64_t)HIDDEN;
		/* 0 is local, 1 the file itself */
		if (version > 1 && t->version_names[version])
			ret->version = string_at(t, t->version_names[version]);
	}
}

static int visit_table(struct walk *w, const struct table *t)
{
	size_t size = sys_elf_symbol_bytes(w->elf);
	struct skep_binary_symbol told;
	char split[NAME_SIZE];
	struct sys_elf_symbol s;
	uint64_t i;
	int r;

	for (i = 0; i < t->count; i++) {
		sys_elf_symbol(w->elf, t->symbols + i * size, &s);
		if (!is_function(&s))
			continue;
		if (t != w->tables && was_told(w, s.value, string_at(t, s.name)))
			continue;
		if (w->elf->machine == EM_ARM)
			s.value &= ~UINT64_C(1); /* that it is Thumb code */
		told.address = s.value;
		told.bytes = s.size;
		if (!sys_elf_file_offset(w->loads, w->load_count, s.value, &told.offset))
			continue;
		read_name(w, t, i, &s, split, &told);
		r = *told.name ? w->fn(&told, w->userdata) : 0;
		if (r)
			return r;
	}
	return 0;
}

static int walk_tables(struct walk *w)
{
	int dynamic = load_table(w->elf, ".dynsym", &w->tables[0]), all = 0, r = 0;

	if (dynamic >= 0)
		all = load_table(w->elf, ".symtab", &w->tables[1]);
	if (all < 0 || dynamic < 0)
		return all < 0 ? all : dynamic;
	if (!all && !dynamic)
		return skep_fail(w->elf->err, -ENODATA, SKEP_ERR_NOT_FOUND,
				 "it has no symbols: it was stripped.");
	if (dynamic)
		r = load_versions(w->elf, &w->tables[0]);
	if (r == 0 && all && dynamic)
		r = remember(w);
	if (r == 0)
		r = visit_table(w, &w->tables[0]);
	return r ? r : visit_table(w, &w->tables[1]);
}

int elf_symbol_walk(const struct sys_elf *elf, const struct sys_elf_segment *loads,
		    size_t load_count, skep_binary_symbol_fn fn, void *userdata)
{
	struct walk w = {
		.elf = elf, .loads = loads, .load_count = load_count, .fn = fn, .userdata = userdata
	};
	int r = walk_tables(&w);

	table_fini(&w.tables[0]);
	table_fini(&w.tables[1]);
	free(w.told);
	return r;
}
