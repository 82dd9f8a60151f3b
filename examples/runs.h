/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* What the examples of attaching have in common: one program of attach.bpf.o, and how often it has run. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/object.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>

/* A program that stands in for a function of another one has that one's fd in @target_fd; else -1. */
static inline int load_program_for(const char *path, const char *name, int target_fd,
				   struct skep_loaded **ret, struct skep_error *err)
{
	_cleanup_(skep_object_closep) struct skep_object *object = NULL;
	const struct skep_object_program *p;
	int r = skep_object_open_file(path, NULL, &object, err);
	size_t i;

	for (i = 0; r >= 0 && (p = skep_object_program_at(object, i)); i++)
		r = skep_object_program_exclude(object, p->name, strcmp(p->name, name) != 0, err);
	if (r >= 0 && target_fd >= 0)
		r = skep_object_program_set_target_program(
			object, name, target_fd,
			skep_object_program_find(object, name)->attach_target, err);
	return r < 0 ? r : skep_object_load(object, NULL, ret, err);
}

/* Return: its fd, borrowed from @ret; a negative errno. */
static inline int load_program(const char *path, const char *name, struct skep_loaded **ret,
			       struct skep_error *err)
{
	int r = load_program_for(path, name, -1, ret, err);

	return r < 0 ? r : skep_loaded_program_find(*ret, name)->fd;
}

/* How often its program has run. */
static inline uint64_t runs_of(const struct skep_loaded *loaded)
{
	const uint32_t key = 0;
	uint64_t value = 0;

	skep_map_lookup(skep_loaded_map_find(loaded, "runs")->map, &key, &value, 0);
	return value;
}

/* Says what is wrong. Return: the exit status: 6 this kernel lacks it, 5 it forbids it, and so on. */
static inline int fail(const char *name, const struct skep_error *err)
{
	fprintf(stderr, "%s: %s\n", name, err->msg);
	return err->kind ? skep_error_exit_code(err->kind) : 1;
}

static inline void tell(const struct skep_attachment *a)
{
	printf("%s %s, by %s\n", skep_attach_family_name(skep_attachment_family(a)),
	       skep_attachment_target(a), skep_attach_method_name(skep_attachment_method(a)));
}
