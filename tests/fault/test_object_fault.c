/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Objects: reading, editing, loading with pins, committing; the first argument is the object. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include <skep/bpffs.h>
#include <skep/loaded.h>
#include <skep/map.h>
#include <skep/object.h>
#include <skep/object_copy.h>
#include <skep/object_edit.h>
#include <skep/object_load.h>
#include <skep/object_spec.h>

#include "base/cleanup.h"
#include "base/error.h"

#include "operation.h"

struct subject {
	unsigned char *data;
	size_t size;
	struct skep_object *object;
	struct skep_loaded *loaded;
	struct skep_bpffs *bpffs;
};

static struct subject subject;

static int open_object(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_object_open_bytes(s->data, s->size, NULL, &s->object, err);
}

static void close_object(void *context)
{
	struct subject *s = context;

	s->object = skep_object_close(s->object);
}

static const struct fault_operation read_object = {
	.name = "read an object",
	.context = &subject,
	.run = open_object,
	.undo = close_object,
	/* libbpf makes a list of names for its own messages, and goes on without */
	.flags = FAULT_NO_CALLS | FAULT_MAY_SURVIVE,
};

static int set_up_object(void *context)
{
	return open_object(context, NULL);
}

/* What an edit that fails has changed is undone with the object. */
static int edit_object(void *context, struct skep_error *err)
{
	static const struct bpf_insn nothing = { .code = BPF_ALU64 | BPF_MOV | BPF_K };
	struct subject *s = context;
	const uint64_t value = 1;
	const uint32_t key = 0;
	int r = skep_object_program_insert(s->object, "first", &nothing, 1, err);

	if (r == 0)
		r = skep_object_map_put(s->object, "counts", &key, 4, &value, 8, err);
	if (r == 0)
		r = skep_object_map_set_pin(s->object, "seen", "seen", err);
	if (r == 0)
		r = skep_object_prune(s->object, NULL, 0, err);
	if (r >= 0)
		r = skep_object_constant_set(s->object, "first", "answer", 1, err);
	return r < 0 ? r : 0;
}

/* A copy, and a subprogram that it no longer shares: all, or nothing of what fails. */
static int copy_program(void *context, struct skep_error *err)
{
	struct subject *s = context;
	int r = skep_object_program_copy(s->object, "first", "copied", err);

	if (r == 0)
		r = skep_object_constant_set(s->object, "copied", "step", 1, err);
	return r < 0 ? r : 0;
}

static int names(const struct skep_object_reference *reference, void *userdata)
{
	if (!strcmp(reference->name, "count__copied"))
		*(int *)userdata = 1;
	return 0;
}

/* What is there is of one piece, whatever failed: libbpf opens it. */
static int check_copied(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;
	struct bpf_object *opened = NULL;
	const int copied = skep_object_program_find(s->object, "copied") != NULL;
	int parted = 0;
	const void *image;
	size_t bytes;

	if (copied)
		skep_object_program_references(s->object, "copied", names, &parted);
	image = skep_object_image(s->object, &bytes);
	opened = image ? bpf_object__open_mem(image, bytes, NULL) : NULL;
	snprintf(why, size, "copied %d, parted %d, opened %d", copied, parted, opened != NULL);
	bpf_object__close(opened);
	return !opened || skep_object_program_count(s->object) != 2u + (unsigned)copied ||
	       (result == 0 && !parted);
}

static const struct fault_operation copying = {
	.name = "copy a program",
	.context = &subject,
	.set_up = set_up_object,
	.run = copy_program,
	.check = check_copied,
	.flags = FAULT_NO_CALLS,
};

static const struct fault_operation edit = {
	.name = "edit an object",
	.context = &subject,
	.set_up = set_up_object,
	.run = edit_object,
	.flags = FAULT_NO_CALLS,
};

static int load_object(void *context, struct skep_error *err)
{
	struct subject *s = context;

	return skep_object_load(s->object, NULL, &s->loaded, err);
}

static int check_loaded(void *context, int result, char *why, size_t size)
{
	const struct subject *s = context;

	snprintf(why, size, "loaded: %p, programs: %zu", (void *)s->loaded,
		 s->loaded ? skep_loaded_program_count(s->loaded) : 0);
	return result < 0 ? s->loaded != NULL : skep_loaded_program_count(s->loaded) != 2;
}

static void close_loaded(void *context)
{
	struct subject *s = context;

	s->loaded = skep_loaded_close(s->loaded);
}

static const struct fault_operation load = {
	.name = "load an object",
	.context = &subject,
	.set_up = set_up_object,
	.run = load_object,
	.check = check_loaded,
	.undo = close_loaded,
	.flags = FAULT_MAY_SURVIVE,
};

/* A map that is pinned at once, one that is filled, one that replaces what is pinned. */
static int set_up_pins(void *context)
{
	const struct skep_bpffs_opts opts = { .sz = sizeof(opts), .root = FAULT_BPFFS };
	struct subject *s = context;
	const uint64_t value = 1;
	const uint32_t key = 0;
	int r = skep_bpffs_open(&opts, &s->bpffs, NULL);

	if (r == 0)
		r = open_object(context, NULL);
	if (r == 0)
		r = skep_object_map_set_pin(s->object, "seen", "seen", NULL);
	if (r == 0)
		r = skep_object_map_put(s->object, "counts", &key, 4, &value, 8, NULL);
	if (r == 0)
		r = skep_object_map_set(s->object, "inner", SKEP_OBJECT_MAP_PINNING, 16, NULL);
	return r;
}

static int load_and_commit(void *context, struct skep_error *err)
{
	struct subject *s = context;
	const struct skep_object_load_opts opts = { .sz = sizeof(opts), .bpffs = s->bpffs };
	int r = skep_object_load(s->object, &opts, &s->loaded, err);

	if (r == 0)
		r = skep_loaded_commit(s->loaded, err);
	if (r < 0) {
		if (s->loaded) /* it was loaded: the name that it took at once is its own */
			unlink(FAULT_BPFFS "/seen");
		close_loaded(context);
	}
	return r;
}

static void unpin(void *context)
{
	close_loaded(context);
	unlink(FAULT_BPFFS "/seen");
	unlink(FAULT_BPFFS "/inner");
}

static const struct fault_operation pins = {
	.name = "load with pins, and commit",
	.context = &subject,
	.set_up = set_up_pins,
	.run = load_and_commit,
	.undo = unpin,
	.clean = unpin,
	.flags = FAULT_MAY_SURVIVE,
};

static int read_bytes(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	long size;

	if (!f || fseek(f, 0, SEEK_END) < 0)
		return -errno;
	size = ftell(f);
	rewind(f);
	subject.size = (size_t)size;
	subject.data = malloc(subject.size);
	return subject.data && fread(subject.data, subject.size, 1, f) == 1 ? 0 : -EIO;
}

int main(int argc, char **argv)
{
	const struct fault_operation *const operations[] = { &read_object, &edit, &copying, &load,
							     &pins };

	if (argc < 2 || read_bytes(argv[1]) < 0)
		return 2;
	return fault_main(argc - 1, argv + 1, operations, ARRAY_SIZE(operations));
}
