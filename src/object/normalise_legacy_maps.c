/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Definitions of maps as numbers in sections maps and maps/<x>: they become definitions by BTF in section .maps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/kabi.h>

#include "base/cleanup.h"
#include "object/map_def.h"
#include "object/normalise.h"
#include "object/object.h"

#define WORD 4u
#define DEF_MIN_BYTES 16ul /* type, key size, value size, max_entries; old definitions end there */
#define DEF_WORDS 5u       /* and flags: bpf_map_def */
#define IPROUTE2_WORDS 9u  /* id, pinning, inner_id, inner_idx: bpf_elf_map */
#define NAMESPACED_BYTES 280u /* bpf_map_def, pinning and 256 bytes of a namespace */
#define SLOT_NONE UINT32_MAX
#define DATASEC ".maps"
#define SLOT_BYTES 8u

/* What a definition says. */
struct legacy {
	uint32_t symbol, section;
	uint64_t value; /* of the symbol, before it moves */
	uint32_t id, pinning, inner_id, inner_slot;
	struct object_map_def def;
	uint32_t at, size; /* in .maps, from now on */
	int struct_id;
	int var;
};

struct legacies {
	struct skep_object *o;
	struct skep_error *err;
	struct legacy *maps;
	size_t count;
};

static int is_legacy_section(const struct object_elf *elf, uint32_t section)
{
	const char *name = object_section_name(elf, section);

	return elf->sections[section].header.sh_type == SHT_PROGBITS &&
	       (!strcmp(name, "maps") || !strncmp(name, "maps/", 5));
}

static int is_definition(const struct object_elf *elf, uint32_t symbol, uint32_t section)
{
	const Elf64_Sym *s = &object_symbols(elf)[symbol];
	const unsigned type = ELF64_ST_TYPE(s->st_info);

	return s->st_shndx == section && (type == STT_OBJECT || type == STT_NOTYPE) &&
	       *object_symbol_name(elf, symbol);
}

/* Up to the next definition, or the end of the section. */
static uint64_t gap(const struct object_elf *elf, uint32_t symbol)
{
	const Elf64_Sym *symbols = object_symbols(elf), *s = &symbols[symbol];
	uint64_t end = elf->sections[s->st_shndx].header.sh_size;
	uint32_t i;

	for (i = 1; i < elf->symbol_count; i++)
		if (is_definition(elf, i, s->st_shndx) && symbols[i].st_value > s->st_value &&
		    symbols[i].st_value < end)
			end = symbols[i].st_value;
	return end - s->st_value;
}

static int note_pinning(const struct legacies *l, uint32_t pinning, const char *name)
{
	return pinning <= SKEP_OBJECT_PINNING_BY_NAME
		       ? 0
		       : object_changed(l->o, SKEP_OBJECT_CHANGE_PIN_MODE, name,
					"mode %u of pinning became 1, by name", pinning);
}

static void set(struct object_map_def *def, enum object_map_member member)
{
	def->has |= 1u << member;
}

/* Sizes that the kernel insists on, and old loaders filled in. */
static void complete(struct object_map_def *def)
{
	switch (def->type) {
	case SKEP_MAP_TYPE_PERF_EVENT_ARRAY:
	case SKEP_MAP_TYPE_PROG_ARRAY:
	case SKEP_MAP_TYPE_CGROUP_ARRAY:
	case SKEP_MAP_TYPE_ARRAY_OF_MAPS:
		def->key_size = def->key_size ? def->key_size : WORD;
		def->value_size = WORD;
		break;
	case SKEP_MAP_TYPE_HASH_OF_MAPS:
		def->value_size = WORD;
		break;
	case SKEP_MAP_TYPE_RINGBUF:
	case SKEP_MAP_TYPE_USER_RINGBUF:
		def->key_size = def->value_size = 0;
		break;
	default:
		break;
	}
	set(def, OBJECT_MAP_MEMBER_TYPE);
	if (def->key_size)
		set(def, OBJECT_MAP_MEMBER_KEY_SIZE);
	if (def->value_size)
		set(def, OBJECT_MAP_MEMBER_VALUE_SIZE);
	if (def->max_entries)
		set(def, OBJECT_MAP_MEMBER_MAX_ENTRIES);
	if (def->map_flags)
		set(def, OBJECT_MAP_MEMBER_MAP_FLAGS);
}

/* What stands behind the flags: of iproute2, of a namespace, or of nothing that is known. */
static int read_tail(const struct legacies *l, struct legacy *m, const unsigned char *data,
		     uint64_t size)
{
	const char *name = object_symbol_name(l->o->elf, m->symbol);
	uint32_t words[IPROUTE2_WORDS] = { 0 };
	uint64_t known = size < sizeof(words) ? size : sizeof(words), i;

	memcpy(words, data, known / WORD * WORD);
	m->inner_slot = SLOT_NONE;
	if (size == NAMESPACED_BYTES) {
		m->pinning = words[DEF_WORDS];
		known = size;
	} else if (known < sizeof(words) && skep_map_type_is_map_of_maps(m->def.type)) {
		m->inner_id = words[DEF_WORDS] ? UINT32_MAX - words[DEF_WORDS] : 0; /* a place */
	} else {
		m->id = words[DEF_WORDS];
		m->pinning = words[DEF_WORDS + 1];
		m->inner_id = words[DEF_WORDS + 2];
		if (known == sizeof(words) && m->id && !m->inner_id)
			m->inner_slot = words[DEF_WORDS + 3];
	}
	if (note_pinning(l, m->pinning, name) < 0)
		return object_no_memory(l->err);
	if (m->pinning) {
		m->def.pinning = SKEP_OBJECT_PINNING_BY_NAME;
		set(&m->def, OBJECT_MAP_MEMBER_PINNING);
	}
	for (i = known; i < size && !data[i]; i++)
		;
	if (i == size)
		return 0;
	return object_changed(l->o, SKEP_OBJECT_CHANGE_IGNORED_BYTES, name,
			      "bytes %llu to %llu of its definition were ignored",
			      (unsigned long long)known, (unsigned long long)size) < 0
		       ? object_no_memory(l->err)
		       : 0;
}

static int read_definition(struct legacies *l, uint32_t symbol)
{
	const struct object_elf *elf = l->o->elf;
	const Elf64_Sym *s = &object_symbols(elf)[symbol];
	const char *name = object_symbol_name(elf, symbol);
	const char *section = object_section_name(elf, s->st_shndx);
	const unsigned char *data = elf->sections[s->st_shndx].data + s->st_value;
	struct legacy *m = OBJECT_ADD(l->maps, l->count);
	uint64_t size = s->st_size ? s->st_size : gap(elf, symbol);
	uint32_t words[DEF_WORDS] = { 0 };
	int r;

	if (!m)
		return object_no_memory(l->err);
	if (size < DEF_MIN_BYTES)
		return object_fail(
			l->err,
			"map '%.64s' in section '%.64s': its definition has %llu bytes; type, "
			"sizes and max_entries take 16.",
			name, section, (unsigned long long)size);
	memcpy(words, data, size < sizeof(words) ? DEF_MIN_BYTES : sizeof(words));
	*m = (struct legacy){ .symbol = symbol, .section = s->st_shndx, .value = s->st_value };
	m->def.type = words[0];
	m->def.key_size = words[1];
	m->def.value_size = words[2];
	m->def.max_entries = words[3];
	m->def.map_flags = words[4];
	if (!m->def.type)
		return object_fail(l->err, "map '%.64s' in section '%.64s': its type is 0.", name,
				   section);
	complete(&m->def);
	r = read_tail(l, m, data, size);
	if (r < 0)
		return r;
	if ((!s->st_size || ELF64_ST_TYPE(s->st_info) != STT_OBJECT) &&
	    object_changed(l->o, SKEP_OBJECT_CHANGE_MAP_SYMBOL, name,
			   "its symbol had no %s: %llu bytes, up to what follows",
			   s->st_size ? "type" : "size", (unsigned long long)size) < 0)
		return object_no_memory(l->err);
	return object_changed(l->o, SKEP_OBJECT_CHANGE_LEGACY_MAP, name,
			      "%llu bytes in section %s became a definition in section .maps",
			      (unsigned long long)size, section) < 0
		       ? object_no_memory(l->err)
		       : 0;
}

static int by_place(const void *a, const void *b)
{
	const struct legacy *x = a, *y = b;

	return x->section != y->section ? (x->section < y->section ? -1 : 1)
					: (x->value < y->value ? -1 : x->value > y->value);
}

static int read_definitions(struct legacies *l)
{
	struct object_elf *elf = l->o->elf;
	uint32_t section, i;
	size_t before;
	int r;

	for (section = 1; section < elf->section_count; section++) {
		if (!is_legacy_section(elf, section) || !elf->sections[section].header.sh_size)
			continue;
		before = l->count;
		for (i = 1; i < elf->symbol_count; i++) {
			if (!is_definition(elf, i, section))
				continue;
			r = read_definition(l, i);
			if (r < 0)
				return r;
		}
		if (l->count == before)
			return object_fail(l->err,
					   "section '%.64s': no symbol names the maps in it.",
					   object_section_name(elf, section));
	}
	if (l->count)
		qsort(l->maps, l->count, sizeof(*l->maps), by_place);
	return 0;
}

/* What the inner maps of a map of maps are like: as it says, as a map that is called so, or a guess. */
static const struct legacy *find_inner(const struct legacies *l, const struct legacy *outer,
				       const char **ret_how)
{
	const struct legacy *m, *found = NULL;

	*ret_how = "its inner_id";
	for (m = l->maps; m < l->maps + l->count; m++)
		if (outer->inner_id && m != outer && m->id == outer->inner_id)
			return m;
	*ret_how = "its inner_map_idx";
	if (outer->inner_id > UINT32_MAX - l->count) {
		m = &l->maps[UINT32_MAX - outer->inner_id];
		return m != outer ? m : NULL;
	}
	if (outer->inner_id)
		return NULL;
	*ret_how = "its name";
	for (m = l->maps; m < l->maps + l->count; m++) {
		if (m == outer || skep_map_type_is_map_of_maps(m->def.type) ||
		    !strstr(object_symbol_name(l->o->elf, m->symbol), "inner"))
			continue;
		if (found)
			return NULL;
		found = m;
	}
	return found;
}

/* The values of a map of maps: a definition of the inner ones. */
static int define_inner(struct legacies *l, struct legacy *outer)
{
	const char *name = object_symbol_name(l->o->elf, outer->symbol), *how;
	const struct legacy *inner = find_inner(l, outer, &how);
	struct object_map_def def = { .type = SKEP_MAP_TYPE_HASH,
				      .key_size = WORD,
				      .value_size = 2 * WORD,
				      .max_entries = 1 };
	uint32_t size;
	int id, r;

	if (outer->inner_id && outer->inner_id <= UINT32_MAX - l->count && !inner)
		return object_fail(l->err, "map '%.64s': no map has the id %u of its inner maps.",
				   name, outer->inner_id);
	if (inner)
		def = inner->def;
	else
		complete(&def);
	def.has &= ~(1u << OBJECT_MAP_MEMBER_PINNING);
	if (inner && skep_map_type_is_map_of_maps(def.type))
		return object_fail(l->err, "map '%.64s': its inner maps are maps of maps.", name);
	id = object_map_def_add(l->o->btf, &def, &size);
	if (id < 0)
		return object_no_memory(l->err);
	outer->def.values_type = (uint32_t)id;
	set(&outer->def, OBJECT_MAP_MEMBER_VALUES);
	r = inner ? object_changed(l->o, SKEP_OBJECT_CHANGE_INNER_MAP, name,
				   "its inner maps are like '%s', by %s",
				   object_symbol_name(l->o->elf, inner->symbol), how)
		  : object_changed(
			    l->o, SKEP_OBJECT_CHANGE_INNER_MAP, name,
			    "it does not say what its inner maps are like: hash, keys of 4 and "
			    "values of 8 bytes are a guess");
	return r < 0 ? object_no_memory(l->err) : 0;
}

/* A variable whose type is the definition: the one that is there, or a new one. */
static int define(struct legacies *l, struct legacy *m, uint32_t *at)
{
	struct btf *btf = l->o->btf;
	const char *name = object_symbol_name(l->o->elf, m->symbol);
	struct btf_type *var;
	int id, r;

	if (skep_map_type_is_map_of_maps(m->def.type)) {
		r = define_inner(l, m);
		if (r < 0)
			return r;
	}
	id = object_map_def_add(btf, &m->def, &m->size);
	if (id < 0)
		return object_no_memory(l->err);
	m->at = *at;
	*at += m->size;
	m->var = btf__find_by_name_kind(btf, name, BTF_KIND_VAR);
	if (m->var < 0)
		m->var = btf__add_var(btf, name, BTF_VAR_GLOBAL_ALLOCATED, id);
	if (m->var < 0)
		return m->var == -ENOMEM
			       ? object_no_memory(l->err)
			       : object_fail(l->err, "map '%.64s': its name is none in BTF.", name);
	var = (struct btf_type *)btf__type_by_id(btf, (uint32_t)m->var);
	var->type = (uint32_t)id;
	btf_var(var)->linkage = BTF_VAR_GLOBAL_ALLOCATED;
	return 0;
}

/* Where a variable of the old section .maps is: compilers leave that to whoever reads the symbols. */
static int place_of(const struct skep_object *o, uint32_t section, const char *name,
		    uint32_t *ret_at, uint32_t *ret_size)
{
	const Elf64_Sym *s = object_symbols(o->elf);
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++)
		if (s[i].st_shndx == section && ELF64_ST_TYPE(s[i].st_info) != STT_SECTION &&
		    !strcmp(object_symbol_name(o->elf, i), name)) {
			*ret_at = (uint32_t)s[i].st_value;
			*ret_size = (uint32_t)s[i].st_size;
			return 0;
		}
	return -ENOENT;
}

/* The variables that section .maps had before, in the new record of it. */
static int copy_old_vars(struct legacies *l, int old, uint32_t section)
{
	struct btf *btf = l->o->btf;
	uint32_t i, at, size, count = btf_vlen(btf__type_by_id(btf, (uint32_t)old));
	struct btf_var_secinfo v;
	const char *name;

	for (i = 0; i < count; i++) {
		v = btf_var_secinfos(btf__type_by_id(btf, (uint32_t)old))[i];
		name = btf__name_by_offset(btf, btf__type_by_id(btf, v.type)->name_off);
		at = v.offset;
		size = v.size;
		if (section && place_of(l->o, section, name, &at, &size) < 0)
			return object_fail(l->err, "map '%.64s': BTF has it, and no symbol does.",
					   name);
		if (btf__add_datasec_var_info(btf, (int)v.type, at, v.size) < 0)
			return object_no_memory(l->err);
	}
	return 0;
}

/*
 * Records of the old sections become structs without a name that nothing uses: of the same size, so that all that follows
 * keeps its id. Kernels before 5.19 refuse the name of a section that has a "/".
 */
static void retire_records(struct btf *btf, uint32_t end)
{
	const int integer = btf__find_by_name_kind(btf, "int", BTF_KIND_INT);
	struct btf_type *t;
	struct btf_member *m;
	const char *name;
	uint32_t id, i, count;

	for (id = 1; id < end; id++) {
		t = (struct btf_type *)btf__type_by_id(btf, id);
		name = btf__name_by_offset(btf, t->name_off);
		if (!btf_is_datasec(t) ||
		    (strcmp(name, "maps") != 0 && strncmp(name, "maps/", 5) != 0 &&
		     strcmp(name, DATASEC) != 0))
			continue;
		count = btf_vlen(t);
		m = btf_members(t);
		for (i = 0; i < count; i++)
			m[i] = (struct btf_member){ .type = (uint32_t)integer, .offset = i * 32 };
		t->name_off = 0;
		t->info = BTF_KIND_STRUCT << 24 | count;
		t->size = count * WORD;
	}
}

static int write_record(struct legacies *l, uint32_t section, uint32_t size)
{
	struct btf *btf = l->o->btf;
	const int old = btf__find_by_name_kind(btf, DATASEC, BTF_KIND_DATASEC);
	const int added = btf__add_datasec(btf, DATASEC, size);
	struct legacy *m;
	int r;

	if (added < 0)
		return object_no_memory(l->err);
	r = old > 0 ? copy_old_vars(l, old, section) : 0;
	for (m = l->maps; r == 0 && m < l->maps + l->count; m++)
		if (btf__add_datasec_var_info(btf, m->var, m->at, m->size) < 0)
			r = object_no_memory(l->err);
	if (r == 0)
		retire_records(btf, (uint32_t)added);
	return r;
}

/* The symbols move to section .maps, and the old sections are no longer there for libbpf. */
static int move_symbols(struct legacies *l, uint32_t section, uint32_t size)
{
	struct object_elf *elf = l->o->elf;
	_cleanup_free_ unsigned char *data = calloc(1, size ? size : 1);
	const struct legacy *m;
	Elf64_Sym *s;
	int r;

	if (!data)
		return object_no_memory(l->err);
	if (section && elf->sections[section].data)
		memcpy(data, elf->sections[section].data, elf->sections[section].header.sh_size);
	r = section ? object_section_set(elf, section, data, size)
		    : object_section_add(elf, ".maps", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, data,
					 size, &section);
	if (r < 0)
		return object_no_memory(l->err);
	for (m = l->maps; m < l->maps + l->count; m++) {
		elf->sections[m->section].header.sh_type = SHT_STRTAB;
		s = &object_symbols(elf)[m->symbol];
		s->st_shndx = (uint16_t)section;
		s->st_value = m->at;
		s->st_size = m->size;
		s->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
	}
	return 0;
}

/* What BTF has no place for stays with the spec of the map. */
static int keep_extras(struct legacies *l)
{
	struct object_map *map;
	const struct legacy *m;

	for (m = l->maps; m < l->maps + l->count; m++) {
		map = OBJECT_ADD(l->o->maps, l->o->map_count);
		if (!map)
			return object_no_memory(l->err);
		map->name = strdup(object_symbol_name(l->o->elf, m->symbol));
		map->section = strdup(object_section_name(l->o->elf, m->section));
		if (!map->name || !map->section)
			return object_no_memory(l->err);
		map->symbol = m->symbol;
		map->var_id = (uint32_t)m->var;
		map->spec.pinning = m->pinning;
		map->spec.id = m->id;
		map->inner_id = m->inner_id;
		map->inner_slot = m->inner_slot;
	}
	return 0;
}

static int convert(struct legacies *l)
{
	struct object_elf *elf = l->o->elf;
	uint32_t section = object_section_find(elf, ".maps");
	uint64_t start = section ? elf->sections[section].header.sh_size : 0;
	uint32_t size = (uint32_t)((start + SLOT_BYTES - 1) / SLOT_BYTES * SLOT_BYTES);
	struct legacy *m;
	int r = 0;

	if (object_need_btf(l->o) < 0)
		return object_no_memory(l->err);
	l->o->btf_is_ahead = 1;
	for (m = l->maps; r == 0 && m < l->maps + l->count; m++)
		r = define(l, m, &size);
	if (r == 0)
		r = write_record(l, section, size);
	if (r == 0)
		r = move_symbols(l, section, size);
	return r == 0 ? keep_extras(l) : r;
}

int object_normalise_legacy_maps(struct skep_object *o, struct skep_error *err)
{
	struct legacies l = { .o = o, .err = err };
	int r = read_definitions(&l);

	if (r == 0 && l.count)
		r = convert(&l);
	free(l.maps);
	return r;
}
