/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* skep map create, pin, unpin, freeze: what becomes of a map as a whole. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/bpffs_pin.h>
#include <skep/error.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/map_pin.h>
#include <skep/sys.h>

#include "map.h"
#include "out.h"

#define NOT_GIVEN UINT64_MAX /* of an option that may be 0 */

/* The maps that a new one is made after, and its BTF. */
struct models {
	struct skep_map *like, *inner;
	struct skep_map_info like_info, inner_info;
	struct skep_map_spec inner_spec;
	int btf_fd;
	char name[SKEP_OBJ_NAME_LEN];
};

static int read_info(struct map_job *job, const char *word, struct skep_map **ret_map,
		     struct skep_map_info *info)
{
	int r = map_find(job, word, SKEP_MAP_FLAG_RDONLY, ret_map);

	if (r < 0)
		return r;
	r = skep_sys_map_info(skep_map_fd(*ret_map), info, sizeof(*info));
	return r < 0 ? map_set_error(job->err, r, SKEP_ERR_SYSCALL,
				     "map '%.100s' does not tell what it is", word)
		     : 0;
}

/* As another map is, with its BTF. */
static int take_after(struct map_job *job, struct models *m, struct skep_map_spec *spec)
{
	char why[64];
	int r = read_info(job, job->o.like, &m->like, &m->like_info);

	if (r < 0)
		return r;
	skep_map_spec_of(&m->like_info, spec);
	spec->name = NULL;
	if (!m->like_info.btf_id)
		return 0;
	m->btf_fd = skep_sys_fd_by_id(SKEP_OBJECT_BTF, m->like_info.btf_id, 0);
	if (m->btf_fd < 0)
		return map_set_error(job->err, m->btf_fd,
				     m->btf_fd == -EPERM ? SKEP_ERR_PERMISSION : SKEP_ERR_SYSCALL,
				     "BTF %" PRIu32 " of map '%.80s': %s", m->like_info.btf_id,
				     job->o.like, skep_errno_text(m->btf_fd, why, sizeof(why)));
	spec->btf_fd = (uint64_t)m->btf_fd;
	spec->btf_key_type_id = m->like_info.btf_key_type_id;
	spec->btf_value_type_id = m->like_info.btf_value_type_id;
	return 0;
}

static int is_name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c == '.';
}

/* The last part of the path, without what the kernel takes in no name. */
static const char *name_from_path(struct models *m, const char *path)
{
	const char *last = strrchr(path, '/');
	size_t len = 0;

	for (last = last ? last + 1 : path; *last && len + 1 < sizeof(m->name); last++) {
		m->name[len] = '_';
		if (is_name_char(*last))
			m->name[len] = *last;
		len++;
	}
	return m->name;
}

/* What the options say themselves. */
static int apply_options(struct map_job *job, struct skep_map_spec *spec)
{
	const struct map_options *o = &job->o;
	char names[SKEP_KABI_FLAGS_SIZE] = "?";
	uint32_t type;

	if (o->type) {
		if (skep_kabi_from_name(SKEP_KABI_MAP_TYPE, o->type, &type) < 0 || !type)
			return map_set_error(
				job->err, -EINVAL, SKEP_ERR_INVALID,
				"'%.60s' is no type of maps (see skep feature --section "
				"map_types)",
				o->type);
		spec->type = type;
	}
	if (o->flags &&
	    skep_kabi_flags_parse(SKEP_KABI_MAP_FLAG, o->flags, &spec->flags, job->err) < 0)
		return -EINVAL;
	if (spec->flags & SKEP_MAP_FLAGS_NOT_KEPT) {
		skep_kabi_flags_format(SKEP_KABI_MAP_FLAG, spec->flags & SKEP_MAP_FLAGS_NOT_KEPT,
				       names, sizeof(names));
		return map_set_error(job->err, -EINVAL, SKEP_ERR_INVALID,
				     "--flags: %s: of the fd that makes a map, and not of the map "
				     "(skep map freeze keeps user space from changing it)",
				     names);
	}
	if (o->name && strlen(o->name) >= SKEP_OBJ_NAME_LEN)
		return map_set_error(job->err, -EINVAL, SKEP_ERR_INVALID,
				     "--name: '%.64s' has %zu characters, the kernel keeps %d",
				     o->name, strlen(o->name), SKEP_OBJ_NAME_LEN - 1);
	if (!spec->type)
		return map_set_error(job->err, -EINVAL, SKEP_ERR_INVALID,
				     "name a --type, or a map that it is --like");
	spec->key_size = o->key_size ? o->key_size : spec->key_size;
	spec->value_size = o->value_size ? o->value_size : spec->value_size;
	spec->max_entries = o->max_entries ? o->max_entries : spec->max_entries;
	spec->map_extra = o->map_extra != NOT_GIVEN ? o->map_extra : spec->map_extra;
	if (o->numa_node != NOT_GIVEN) {
		spec->numa_node = o->numa_node;
		spec->flags |= SKEP_MAP_FLAG_NUMA_NODE;
	}
	return 0;
}

/* Types of keys and values of other sizes fit no more. */
static void drop_btf(const struct models *m, struct skep_map_spec *spec)
{
	if (spec->key_size != m->like_info.key_size || spec->value_size != m->like_info.value_size)
		spec->btf_fd = spec->btf_key_type_id = spec->btf_value_type_id = 0;
}

/* What the type leaves open is to be said, and the option has a name. */
static int check_sizes(struct map_job *job, const struct skep_map_spec *spec)
{
	const uint32_t type = (uint32_t)spec->type, facts = skep_map_type_facts(type);
	const int is_cgroup =
		type == SKEP_MAP_TYPE_CGROUP_STORAGE || type == SKEP_MAP_TYPE_PERCPU_CGROUP_STORAGE;
	const int is_memory = facts & SKEP_MAP_FACT_KEYLESS && facts & SKEP_MAP_FACT_MMAPABLE;
	char name[SKEP_NAME_SIZE];
	struct skep_map_spec s;
	const char *missing = NULL;
	int r = skep_map_spec_normalise(spec, &s, job->err);

	if (r < 0)
		return r;
	if (!s.key_size && !(facts & SKEP_MAP_FACT_KEYLESS))
		missing = "--key-size";
	else if (!s.value_size && !is_memory && type != SKEP_MAP_TYPE_STRUCT_OPS)
		missing = "--value-size";
	else if (!s.max_entries && !is_cgroup && !(facts & SKEP_MAP_FACT_STORAGE))
		missing = "--max-entries";
	return missing ? map_set_error(job->err, -EINVAL, SKEP_ERR_INVALID,
				       "%s is missing: a map of type %s needs it", missing,
				       skep_map_type_name(type, name))
		       : 0;
}

/* What the values of a map of maps are like: as --inner has it, or as those of --like are. */
static int choose_inner(struct map_job *job, struct models *m, struct skep_map_spec *spec)
{
	const int is_of_maps = skep_map_type_is_map_of_maps((uint32_t)spec->type);
	struct skep_error why = { 0 };
	int r;

	if (job->o.inner && !is_of_maps)
		return map_set_error(job->err, -EINVAL, SKEP_ERR_INVALID,
				     "--inner is for maps of maps");
	if (!is_of_maps)
		return 0;
	if (job->o.inner) {
		r = read_info(job, job->o.inner, &m->inner, &m->inner_info);
		if (r < 0)
			return r;
		skep_map_spec_of(&m->inner_info, &m->inner_spec);
	} else if (m->like && skep_map_type_is_map_of_maps(m->like_info.type)) {
		r = skep_map_inner_spec(m->like, &m->inner_spec, &why);
		if (r < 0)
			return map_set_error(job->err, r, why.kind,
					     "name --inner: what it is in map '%.60s' cannot be "
					     "read: %.120s",
					     job->o.like, why.msg);
	} else {
		return map_set_error(job->err, -EINVAL, SKEP_ERR_INVALID,
				     "a map of maps needs --inner: a map that is like its values");
	}
	spec->inner = &m->inner_spec;
	return 0;
}

static int make_spec(struct map_job *job, struct models *m, struct skep_map_spec *spec)
{
	int r = job->o.like ? take_after(job, m, spec) : 0;

	spec->sz = sizeof(*spec);
	if (r == 0)
		r = apply_options(job, spec);
	if (r == 0)
		r = choose_inner(job, m, spec);
	if (r == 0)
		r = check_sizes(job, spec);
	if (r == 0 && job->o.like)
		drop_btf(m, spec);
	spec->name = job->o.name ? job->o.name : name_from_path(m, job->o.path);
	return r;
}

static int create(struct map_job *job)
{
	struct models m = { .btf_fd = -1 };
	struct skep_map_spec spec = { 0 };
	struct skep_json json;
	int r = map_open_bpffs(job);

	if (r == 0)
		r = make_spec(job, &m, &spec);
	if (r == 0)
		r = map_check_free(job);
	if (r == 0)
		r = skep_map_create(&spec, &job->map, job->err);
	if (r == 0)
		r = map_pin(job);
	skep_map_close(m.like);
	skep_map_close(m.inner);
	if (m.btf_fd >= 0)
		skep_sys_close(&m.btf_fd);
	if (r < 0)
		return map_fail(job);
	if (job->o.json) {
		map_json_begin(&json, job);
		skep_json_string(&json, "path", skep_map_path(job->map));
		out_json_end(&json);
	} else {
		map_print_name(job->map);
		putchar('\n');
	}
	return map_pin_told(job);
}

int map_verb_create(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map create",
			       .o = { .map_extra = NOT_GIVEN, .numa_node = NOT_GIVEN },
			       .err = &err };
	int r = map_parse(
		&job, argc, argv, "Makes a map, and pins it: else it would be gone at once.",
		"  skep map create my/limits --type hash -k 4 -v 8 -e 1000\n"
		"  skep map create my/flows2 --like my/flows --max-entries 100000\n"
		"  skep map create my/outer --type array_of_maps -e 8 --inner my/limits\n");

	return r >= 0 ? r : map_close(&job, create(&job));
}

static int pin(struct map_job *job)
{
	struct skep_json json;
	int r = map_find(job, job->o.map, SKEP_MAP_FLAG_RDONLY, &job->map);

	if (r == 0)
		r = map_open_bpffs(job);
	if (r == 0)
		r = map_pin(job);
	if (r < 0)
		return map_fail(job);
	if (job->o.json) {
		map_json_begin(&json, job);
		skep_json_string(&json, "path", skep_map_path(job->map));
		out_json_end(&json);
	}
	return map_pin_told(job);
}

int map_verb_pin(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map pin", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Gives a map a name in a bpffs: it lives at least as long as the pin.",
		"  skep map pin 12 my/flows\n  skep map pin 1234:5 /sys/fs/bpf/rescued\n");

	return r >= 0 ? r : map_close(&job, pin(&job));
}

/* Only what is a map. Return: 0; a negative errno. */
static int unpin_one(struct map_job *job, const char *path)
{
	struct skep_map *map = NULL;
	int r = skep_map_open_pinned(job->bpffs, path, SKEP_MAP_FLAG_RDONLY, &map, job->err);

	skep_map_close(map);
	if (r < 0)
		return r;
	r = skep_bpffs_unpin(job->bpffs, path, job->err);
	return r == 0 ? map_set_error(job->err, -ENOENT, SKEP_ERR_NOT_FOUND, "there is no '%.120s'",
				      path)
	       : r < 0 ? r
		       : 0;
}

static int unpin(struct map_job *job)
{
	const struct opt_list *paths = &job->o.words;
	struct skep_json json;
	uint64_t done = 0, i;
	int status = 0;

	if (map_open_bpffs(job) < 0)
		return map_fail(job);
	for (i = 0; i < paths->count; i++)
		if (unpin_one(job, paths->items[i]) < 0)
			status = map_fail(job);
		else
			done++;
	if (job->o.json) {
		map_json_begin(&json, job);
		skep_json_u64(&json, "unpinned", done);
		out_json_end(&json);
	}
	return status && done ? EXIT_PARTLY : status;
}

int map_verb_unpin(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map unpin", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Removes pins of maps. A map goes when nothing else keeps it: see skep map show. "
		"Pins of programs and links are left alone.",
		"  skep map unpin my/flows my/limits\n");

	return r >= 0 ? r : map_close(&job, unpin(&job));
}

static int freeze(struct map_job *job)
{
	struct skep_json json;

	if (map_find(job, job->o.map, 0, &job->map) < 0 ||
	    skep_sys_map_freeze(skep_map_fd(job->map), job->err) < 0)
		return map_fail(job);
	if (job->o.json) {
		map_json_begin(&json, job);
		skep_json_bool(&json, "frozen", 1);
		out_json_end(&json);
	}
	return 0;
}

int map_verb_freeze(int argc, char **argv)
{
	struct skep_error err = { 0 };
	struct map_job job = { .verb = "map freeze", .err = &err };
	int r = map_parse(
		&job, argc, argv,
		"Lets user space change a map no more, for as long as it lives. Programs still may.",
		"  skep map freeze my/config\n");

	return r >= 0 ? r : map_close(&job, freeze(&job));
}
