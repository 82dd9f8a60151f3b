/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/btf_open.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/btf_handle.h"
#include "sys/fail.h"

#define NAME_SIZE 64 /* modules have names of up to 56 characters */

int sys_btf_info(int fd, struct skep_btf_info *info, char *name, size_t name_size)
{
	int r;

	memset(info, 0, sizeof(*info));
	info->name = (uintptr_t)name;
	info->name_len = (uint32_t)name_size;
	name[0] = '\0';
	r = skep_sys_btf_info(fd, info, sizeof(*info));
	name[name_size - 1] = '\0';
	if (r == -ENOSPC) /* a longer name: cut off, but all else was not told */
		r = 0;
	if (r < 0)
		return r;
	if (!SKEP_INFO_HAS(struct skep_btf_info, kernel_btf, r))
		info->kernel_btf = 0;
	return 0;
}

/* The bytes of a BTF of the kernel: to be freed. */
static int read_bytes(int fd, struct skep_btf_info *info, char *name, size_t name_size,
		      void **ret_data)
{
	_cleanup_free_ void *data = NULL;
	struct skep_btf_info again = { 0 };
	int r = sys_btf_info(fd, info, name, name_size);

	if (r < 0)
		return r;
	data = malloc(info->btf_size ? info->btf_size : 1);
	if (!data)
		return -ENOMEM;
	again.btf = (uintptr_t)data;
	again.btf_size = info->btf_size;
	r = skep_sys_btf_info(fd, &again, sizeof(again));
	if (r < 0)
		return r;
	*ret_data = take_ptr(data);
	return 0;
}

/* What the kernel said about an fd: EINVAL is for all that it does not expect. */
static int fail_fd(struct skep_error *err, int code, int fd, uint32_t wanted)
{
	const char *what = skep_object_kind_name(wanted);
	int kind = skep_sys_obj_kind(fd);

	if (code == -EINVAL && kind >= 0 && kind != (int)wanted)
		return skep_fail(err, code, SKEP_ERR_INVALID, "fd %d is a %s, not a %s.", fd,
				 skep_object_kind_name((uint32_t)kind), what);
	if (code == -EINVAL && kind < 0)
		return skep_fail(err, code, SKEP_ERR_INVALID, "fd %d is not a %s.", fd, what);
	return sys_fail(err, code, 0, "read BTF: fd %d of a %s", fd, what);
}

int skep_btf_open_fd(int fd, struct skep_btf **ret_btf, struct skep_error *err)
{
	_cleanup_(skep_btf_closep) struct skep_btf *base = NULL, *b = NULL;
	_cleanup_free_ void *data = NULL;
	struct skep_btf_info info;
	char name[NAME_SIZE];
	int r;

	r = read_bytes(fd, &info, name, sizeof(name), &data);
	if (r < 0)
		return fail_fd(err, r, fd, SKEP_OBJECT_BTF);
	if (info.kernel_btf && strcmp(name, "vmlinux") != 0) {
		r = skep_btf_open_kernel(&base, err);
		if (r < 0)
			return r;
	}
	r = skep_btf_open_bytes(data, info.btf_size, base, &b, err);
	if (r < 0)
		return skep_wrap(err, r, "BTF %u: ", info.id);
	b->my_base = take_ptr(base);
	*ret_btf = take_ptr(b);
	return 0;
}

int skep_btf_open_id(uint32_t id, struct skep_btf **ret_btf, struct skep_error *err)
{
	_cleanup_close_ int fd = -1;

	fd = skep_sys_fd_by_id(SKEP_OBJECT_BTF, id, 0);
	if (fd == -ENOENT)
		return skep_fail(err, fd, SKEP_ERR_NOT_FOUND, "there is no BTF with id %u.", id);
	if (fd < 0)
		return sys_fail(err, fd, skep_operation_capabilities(SKEP_OPERATION_OBJECT_BY_ID),
				"open BTF %u", id);
	return skep_btf_open_fd(fd, ret_btf, err);
}

int skep_btf_open_map(int map_fd, uint32_t ret_types[2], struct skep_btf **ret_btf,
		      struct skep_error *err)
{
	struct skep_map_info info = { 0 };
	uint32_t types[2];
	int r;

	r = skep_sys_map_info(map_fd, &info, sizeof(info));
	if (r < 0)
		return fail_fd(err, r, map_fd, SKEP_OBJECT_MAP);
	types[0] = info.btf_vmlinux_value_type_id ? 0 : info.btf_key_type_id;
	types[1] = info.btf_vmlinux_value_type_id ? info.btf_vmlinux_value_type_id
						  : info.btf_value_type_id;
	if (info.btf_vmlinux_value_type_id && info.btf_vmlinux_id)
		r = skep_btf_open_id(info.btf_vmlinux_id, ret_btf, err);
	else if (info.btf_vmlinux_value_type_id)
		r = skep_btf_open_kernel(ret_btf, err);
	else if (info.btf_id)
		r = skep_btf_open_id(info.btf_id, ret_btf, err);
	else
		r = skep_fail(err, -ENODATA, SKEP_ERR_NOT_FOUND,
			      "map %u '%s' was created without BTF.", info.id, info.name);
	if (r == 0 && ret_types)
		memcpy(ret_types, types, sizeof(types));
	return r;
}

int skep_btf_open_prog(int prog_fd, struct skep_btf **ret_btf, struct skep_error *err)
{
	struct skep_prog_info info = { 0 };
	int r;

	r = skep_sys_prog_info(prog_fd, &info, sizeof(info));
	if (r < 0)
		return fail_fd(err, r, prog_fd, SKEP_OBJECT_PROG);
	if (!info.btf_id)
		return skep_fail(err, -ENODATA, SKEP_ERR_NOT_FOUND,
				 "program %u '%s' was loaded without BTF.", info.id, info.name);
	return skep_btf_open_id(info.btf_id, ret_btf, err);
}
