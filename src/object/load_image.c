/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What libbpf is given of an object of which not all is loaded: it wants to provide for what is left out, too. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/load.h"

static int is_void(const struct skep_object *o, const struct object_tail_call *t, int maps_alone)
{
	return t->is_in_image && (maps_alone || object_tail_call_is_void(o, t));
}

static int has_void_tail_calls(const struct skep_object *o, int maps_alone)
{
	size_t i;

	for (i = 0; i < o->tail_call_count; i++)
		if (is_void(o, &o->tail_calls[i], maps_alone))
			return 1;
	return 0;
}

static int is_void_at(const struct skep_object *o, uint64_t at, int maps_alone)
{
	size_t i;

	for (i = 0; i < o->tail_call_count; i++)
		if (o->tail_calls[i].at == at && is_void(o, &o->tail_calls[i], maps_alone))
			return 1;
	return 0;
}

/* libbpf fails where it is to put a program into a slot that it does not load: an image that does not say so. */
static unsigned char *image_without_void(const struct skep_object *o, int maps_alone,
					 size_t *ret_size)
{
	_cleanup_free_ Elf64_Rel *kept = NULL;
	uint32_t rel_section;
	size_t count, i, n = 0;
	const Elf64_Rel *rel = object_relocations(o->elf, object_section_find(o->elf, ".maps"),
						  &count, &rel_section);
	struct object_section *s = &o->elf->sections[rel_section], whole = *s;
	unsigned char *image;

	kept = calloc(count + 1, sizeof(*kept));
	if (!kept)
		return NULL;
	for (i = 0; i < count; i++)
		if (!is_void_at(o, rel[i].r_offset, maps_alone))
			kept[n++] = rel[i];
	s->data = (unsigned char *)kept;
	s->header.sh_size = n * sizeof(*kept);
	image = object_elf_write(o->elf, ret_size);
	*s = whole;
	return image;
}

static int is_wanted(const Elf64_Sym *s)
{
	return s->st_shndx == SHN_UNDEF && ELF64_ST_BIND(s->st_info) == STB_GLOBAL &&
	       ELF64_ST_TYPE(s->st_info) == STT_NOTYPE;
}

struct externs {
	const struct skep_object *o;
	unsigned char *used; /* of each symbol */
};

static int use(const struct skep_object_reference *reference, void *userdata)
{
	const struct externs *e = userdata;
	const Elf64_Sym *s = object_symbols(e->o->elf);
	uint32_t i;

	if (reference->kind != SKEP_OBJECT_REFERENCE_EXTERN)
		return 0;
	for (i = 1; i < e->o->elf->symbol_count; i++)
		if (is_wanted(&s[i]) && !strcmp(object_symbol_name(e->o->elf, i), reference->name))
			e->used[i] = 1;
	return 0;
}

/* Which symbols programs use that are going to be loaded. Return: how many are wanted by others alone; -ENOMEM. */
static int find_used(const struct externs *e, int maps_alone)
{
	const struct object_program *p;
	uint32_t i;
	int n = 0, r = 0;

	for (p = e->o->programs; p < e->o->programs + e->o->program_count && r == 0; p++)
		if (!p->spec.excluded && !maps_alone)
			r = skep_object_program_references(e->o, p->name, use, (void *)e);
	for (i = 1; i < e->o->elf->symbol_count && r == 0; i++)
		n += is_wanted(&object_symbols(e->o->elf)[i]) && !e->used[i];
	return r < 0 ? r : n;
}

static int is_one_left_out(const struct skep_object *o, int maps_alone)
{
	size_t i;

	for (i = 0; i < o->program_count; i++)
		if (maps_alone || o->programs[i].spec.excluded)
			return 1;
	return 0;
}

/* What only programs want that are left out may be missing in the kernel. Return: 1 something became so; 0; -ENOMEM. */
static int weaken(const struct skep_object *o, int maps_alone)
{
	_cleanup_free_ unsigned char *used = calloc(o->elf->symbol_count + 1, 1);
	const struct externs e = { .o = o, .used = used };
	Elf64_Sym *s = object_symbols(o->elf);
	uint32_t i;
	int r;

	if (!used)
		return -ENOMEM;
	r = find_used(&e, maps_alone);
	for (i = 1; i < o->elf->symbol_count && r > 0; i++)
		if (is_wanted(&s[i]) && !used[i])
			s[i].st_info = ELF64_ST_INFO(STB_WEAK, STT_NOTYPE);
	return r > 0 ? 1 : r;
}

/* With symbols as they are, or some of them weak. Return: owned by the caller; NULL: out of memory. */
static unsigned char *image_of_some(const struct skep_object *o, int maps_alone, size_t *ret_size)
{
	struct object_section *s = &o->elf->sections[o->elf->symtab];
	_cleanup_free_ void *whole = malloc(s->header.sh_size);
	unsigned char *image = NULL;

	if (!whole)
		return NULL;
	memcpy(whole, s->data, s->header.sh_size);
	if (weaken(o, maps_alone) >= 0)
		image = has_void_tail_calls(o, maps_alone)
				? image_without_void(o, maps_alone, ret_size)
				: object_elf_write(o->elf, ret_size);
	memcpy(s->data, whole, s->header.sh_size);
	return image;
}

static int wants_externs(const struct skep_object *o)
{
	uint32_t i;

	for (i = 1; i < o->elf->symbol_count; i++)
		if (is_wanted(&object_symbols(o->elf)[i]))
			return 1;
	return 0;
}

int load_open_image(struct load *l, int maps_alone, struct bpf_object **ret_opened)
{
	char name[BPF_OBJ_NAME_LEN]; /* it begins the kernel's names of maps of variables */
	LIBBPF_OPTS(bpf_object_open_opts, o, .object_name = name,
		    .btf_custom_path = l->opts->btf_path,
		    /* libbpf would look into the environment */
		    .bpf_token_path = l->opts->token_path ? l->opts->token_path : "");
	_cleanup_free_ unsigned char *made = NULL; /* libbpf keeps nothing of it */
	const void *image = l->o->image;
	size_t size = l->o->image_size;

	if (object_put_btf(l->o) < 0)
		return object_no_memory(l->err);
	if (has_void_tail_calls(l->o, maps_alone) ||
	    (is_one_left_out(l->o, maps_alone) && wants_externs(l->o))) {
		made = image_of_some(l->o, maps_alone, &size);
		image = made;
	} else if (!image) {
		made = object_elf_write(l->o->elf, &size);
		image = made;
	}
	if (!image)
		return object_no_memory(l->err);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(l->o->name, "."), l->o->name);
	*ret_opened = bpf_object__open_mem(image, size, &o);
	if (!*ret_opened)
		return skep_fail(l->err, -errno, SKEP_ERR_INVALID, "libbpf does not open it%s%s",
				 *l->print.text ? ": " : "",
				 *l->print.text ? sys_libbpf_print_reason(&l->print) : "");
	return 0;
}
