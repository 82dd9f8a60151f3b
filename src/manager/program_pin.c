/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Programs that are pinned where a probe wants them. */
#include <errno.h>
#include <stdio.h>

#include <skep/bpffs_pin.h>
#include <skep/kabi.h>
#include <skep/object_edit.h>
#include <skep/sys_object.h>

#include "base/log.h"
#include "bpffs/own.h"
#include "manager/programs.h"

/* Where pins of maps go, those of programs go, too. Return: owned; NULL: out of memory. */
static char *path_of(const struct skep_manager *m, const struct manager_program *mp)
{
	const char *dir = text_or_empty(m->load_opts.pin_dir);
	char *path;

	return asprintf(&path, "%s%s%s", dir, *dir ? "/" : "", mp->pin) < 0 ? NULL : path;
}

/* What is pinned there has to be what the object has. */
static int check_type(const struct skep_object_program *wanted, int fd,
		      struct skep_prog_info *ret_info, const char *path, struct skep_error *err)
{
	char name[2][SKEP_NAME_SIZE];
	int r = skep_sys_obj_kind(fd);

	if (r >= 0 && r != SKEP_OBJECT_PROG)
		return skep_fail(err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT,
				 "what is pinned at '%s' is no program.", path);
	*ret_info = (struct skep_prog_info){ 0 };
	r = skep_sys_prog_info(fd, ret_info, sizeof(*ret_info));
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "look at the program pinned at '%s'",
				 path);
	if (ret_info->type != wanted->type)
		return skep_fail(err, -EMEDIUMTYPE, SKEP_ERR_CONFLICT,
				 "the program pinned at '%s' is of type %s, not %s.", path,
				 skep_kabi_name(SKEP_KABI_PROG_TYPE, ret_info->type, name[0]),
				 skep_kabi_name(SKEP_KABI_PROG_TYPE, wanted->type, name[1]));
	return 0;
}

/* Only one manager can have the gate of a program. */
static int take_gate(struct skep_manager *m, struct manager_program *mp, int fd, const char *path,
		     struct skep_error *err)
{
	uint64_t code = 0, pid = 0;
	int r = gate_take(fd, &mp->gate, &code, &pid);

	if (r == -EBUSY && !pid)
		return skep_fail(err, r, SKEP_ERR_CONFLICT,
				 "what is pinned at '%s' is being taken over by another manager.",
				 path);
	if (r == -EBUSY)
		return skep_fail(err, r, SKEP_ERR_CONFLICT,
				 "what is pinned at '%s' is that of another manager, of process "
				 "%llu%s.",
				 path, (unsigned long long)pid,
				 pid == (uint64_t)getpid() ? ", this one" : "");
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "take the gate of '%s'", path);
	if (r > 0 && code != programs_code(m, mp))
		log_event(&m->log, SKEP_LOG_WARNING,
			  "program '%s': what is pinned at '%s' is used, and was loaded from other "
			  "instructions than the object has",
			  mp->name, path);
	return 0;
}

static int open_pin(struct skep_manager *m, struct manager_program *mp, struct skep_error *err)
{
	const struct skep_object_program *wanted = skep_object_program_find(m->object, mp->name);
	_cleanup_free_ char *path = path_of(m, mp);
	_cleanup_close_ int fd = -EBADF;
	struct skep_error why = { 0 };
	struct skep_prog_info info;
	int r;

	if (!path)
		return manager_no_memory(err);
	fd = skep_bpffs_get(m->load_opts.bpffs, path, 0, &why);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0) {
		if (err)
			*err = why;
		return fd;
	}
	r = check_type(wanted, fd, &info, path, err);
	if (r < 0)
		return r;
	r = take_gate(m, mp, fd, path, err);
	if (r < 0)
		return r;
	mp->spec = (struct skep_loaded_program){
		.name = wanted->name,
		.section = wanted->section,
		.attach_target = wanted->attach_target,
		.fd = fd,
		.id = info.id,
		.type = info.type,
		.attach_type = wanted->attach_type,
	};
	mp->own_fd = take_fd(&fd);
	return 0;
}

int programs_open_pins(struct skep_manager *m, struct skep_error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->program_count; i++) {
		struct manager_program *mp = m->programs[i];

		if (!mp->pin)
			continue;
		if (!m->load_opts.bpffs)
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "program '%s' is to be pinned: options of loading name no "
					 "bpffs.",
					 mp->name);
		r = open_pin(m, mp, err);
		if (r < 0)
			return skep_wrap(err, r, "program '%.64s': ", mp->name);
		if (mp->own_fd >= 0)
			r = skep_object_program_exclude(m->object, mp->name, 1, err);
	}
	return r;
}

void programs_include_pinned(struct skep_manager *m)
{
	size_t i;

	for (i = 0; i < m->program_count; i++)
		if (m->programs[i]->own_fd >= 0)
			skep_object_program_exclude(m->object, m->programs[i]->name, 0, NULL);
}

int programs_pin(struct skep_manager *m, struct skep_error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < m->program_count; i++) {
		struct manager_program *mp = m->programs[i];
		_cleanup_free_ char *path = mp->pin ? path_of(m, mp) : NULL;

		if (!mp->pin || mp->own_fd >= 0)
			continue;
		if (!path)
			return manager_no_memory(err);
		r = bpffs_make_parents(m->load_opts.bpffs, path, err);
		if (r >= 0)
			r = skep_bpffs_pin(m->load_opts.bpffs, mp->spec.fd, path, err);
		if (r >= 0)
			mp->pinned = take_ptr(path);
	}
	return r;
}

/* A pin that somebody has put in the place of ours is his. Return: 0; a negative errno: it is left. */
static int unpin(struct skep_manager *m, struct manager_program *mp, struct skep_error *err)
{
	struct skep_error why = { 0 };
	int r;

	if (!mp->pinned)
		return 0;
	r = bpffs_unpin_own(m->load_opts.bpffs, mp->pinned, mp->spec.fd, &why);
	free(take_ptr(mp->pinned));
	if (r >= 0 || r == -ESTALE)
		return 0;
	if (err)
		*err = why;
	return skep_wrap(err, r, "program '%.64s': ", mp->name);
}

int programs_release(struct skep_manager *m, struct skep_error *err)
{
	int r, first = 0;
	size_t i;

	for (i = 0; i < m->program_count; i++) {
		struct manager_program *mp = m->programs[i];

		r = unpin(m, mp, first ? NULL : err);
		if (r < 0 && !first)
			first = r;
		if (mp->own_fd >= 0)
			close(take_fd(&mp->own_fd));
		mp->spec = (struct skep_loaded_program){ .fd = -1 };
	}
	for (i = 0; i < m->probe_count; i++)
		m->probes[i]->program = NULL;
	return first;
}
