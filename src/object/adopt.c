/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Objects that libbpf has loaded, in the same tables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <skep/error.h>
#include <skep/kabi_section.h>
#include <skep/map.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/loaded.h"
#include "object/object.h"
#include "sys/libbpf_print.h"

static int is_loaded(struct bpf_object *object)
{
	struct bpf_program *p;
	struct bpf_map *m;

	bpf_object__for_each_program(p, object) if (bpf_program__fd(p) >= 0) return 1;
	bpf_object__for_each_map(m, object) if (bpf_map__fd(m) >= 0) return 1;
	return 0;
}

static int load(struct bpf_object *object, struct skep_error *err)
{
	struct sys_libbpf_print print;
	int r;

	sys_libbpf_print_begin(&print);
	r = bpf_object__load(object);
	sys_libbpf_print_end(&print);
	if (r == 0)
		return 0;
	return skep_fail(
		err, r, strstr(print.text, "PROG LOAD LOG") ? SKEP_ERR_VERIFIER : SKEP_ERR_SYSCALL,
		"load '%.64s' (%.150s)", bpf_object__name(object), sys_libbpf_print_reason(&print));
}

/* libbpf calls the map of section .rodata "OBJECT.rodata"; those of other sections by their names. */
static const char *name_of(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map), *dot = strrchr(name, '.');

	return bpf_map__is_internal(map) && *name != '.' && dot ? dot : name;
}

static uint32_t kind_of(const struct bpf_map *map)
{
	const char *name = name_of(map);

	if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
		return SKEP_OBJECT_MAP_STRUCT_OPS;
	if (!bpf_map__is_internal(map))
		return SKEP_OBJECT_MAP_DEFINED;
	return !strncmp(name, ".rodata", 7)    ? SKEP_OBJECT_MAP_RODATA
	       : !strncmp(name, ".bss", 4)     ? SKEP_OBJECT_MAP_BSS
	       : !strncmp(name, ".kconfig", 8) ? SKEP_OBJECT_MAP_KCONFIG
					       : SKEP_OBJECT_MAP_DATA;
}

static int adopt_program(struct skep_loaded *l, const struct bpf_program *p, struct skep_error *err)
{
	const char *section = bpf_program__section_name(p), *target = "";
	int r;

	if (bpf_program__fd(p) < 0)
		return 0;
	skep_section_find(section, &target);
	r = loaded_add_program(l, bpf_program__name(p), section, target, bpf_program__fd(p), err);
	if (r == 0)
		l->programs[l->program_count - 1].spec.attach_type =
			(uint32_t)bpf_program__expected_attach_type(p);
	return r;
}

static int adopt_map(struct skep_loaded *l, const struct bpf_map *m, struct skep_error *err)
{
	struct skep_map *map = NULL;
	int r;

	/* of one that it has not created, libbpf gives the fd of something else */
	if (!bpf_map__autocreate(m))
		return 0;
	r = skep_map_open_fd(bpf_map__fd(m), &map, err);
	return r < 0 ? r : loaded_add_map(l, name_of(m), map, kind_of(m), 0, err);
}

int skep_loaded_adopt(struct bpf_object *object, struct skep_loaded **ret_loaded,
		      struct skep_error *err)
{
	_cleanup_(skep_loaded_closep) struct skep_loaded *l = calloc(1, sizeof(*l));
	struct bpf_program *p;
	struct bpf_map *m;
	int r = 0;

	if (!l)
		return object_no_memory(err);
	if (!is_loaded(object))
		r = load(object, err);
	if (r < 0)
		return r;
	bpf_object__for_each_program(p, object) if (r == 0) r = adopt_program(l, p, err);
	bpf_object__for_each_map(m, object) if (r == 0) r = adopt_map(l, m, err);
	if (r < 0)
		return skep_wrap(err, r, "adopt '%.64s': ", bpf_object__name(object));
	if (!l->program_count)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
				 "adopt '%.64s': no program of it is in the kernel.",
				 bpf_object__name(object));
	*ret_loaded = take_ptr(l);
	return 0;
}
