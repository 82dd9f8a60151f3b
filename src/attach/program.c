/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/kabi_info.h>
#include <skep/sys.h>
#include <skep/sys_object.h>

#include "base/cleanup.h"
#include "base/error.h"

#define NOWHERE 1 /* an address that nobody has */

/* Types of programs as sets, by the names that src/attach/family.def has. */
enum {
#define SKEP_KABI_ROW(id, number, macro, text, human, major, minor, needs, attach_type) \
	id = INT64_C(1) << (number),
#include "kabi/prog_type.def"
#undef SKEP_KABI_ROW
};

static const uint64_t types[] = {
#define SKEP_ATTACH_FAMILY(id, number, text, neutral, types, sentence) [number] = types,
#include "attach/family.def"
#undef SKEP_ATTACH_FAMILY
};

/* "kprobe", "raw_tracepoint or raw_tracepoint_writable". */
static void list(uint64_t set, char *buf, size_t size)
{
	char name[SKEP_NAME_SIZE];
	size_t len = 0;
	uint32_t type;

	*buf = '\0';
	for (type = 0; set >> type && len < size; type++) {
		if (!(set >> type & 1))
			continue;
		snprintf(buf + len, size - len, "%s%s",
			 !len                ? ""
			 : set >> (type + 1) ? ", "
					     : " or ",
			 skep_prog_type_name(type, name));
		len = strlen(buf);
	}
}

int attach_program_check(uint32_t family, int prog_fd, struct skep_prog_info *ret_info,
			 struct skep_error *err)
{
	struct skep_prog_info info = { 0 };
	char taken[160], name[SKEP_NAME_SIZE];
	int r = skep_sys_prog_info(prog_fd, &info, sizeof(info));

	if (r == -EBADF || r == -EINVAL)
		return skep_fail(err, -EBADF, SKEP_ERR_INVALID, "fd %d is of no program.", prog_fd);
	if (r >= 0 && types[family] && !(types[family] >> info.type & 1)) {
		list(types[family], taken, sizeof(taken));
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "the program is of type %s; %s takes %s.",
				 skep_prog_type_name(info.type, name),
				 skep_attach_family_name(family), taken);
	}
	if (ret_info)
		*ret_info = info;
	return 0;
}

static int is_loaded_for(int prog_fd, uint32_t attach_type)
{
	struct skep_attr_link_create attr = { .fd = (uint32_t)prog_fd, .attach_type = attach_type };

	if (attach_type == SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI ||
	    attach_type == SKEP_ATTACH_TYPE_TRACE_KPROBE_SESSION) {
		attr.kprobe_multi.cnt = 1;
		attr.kprobe_multi.syms = NOWHERE;
	} else {
		attr.uprobe_multi.cnt = 1;
		attr.uprobe_multi.path = NOWHERE;
		attr.uprobe_multi.offsets = NOWHERE;
	}
	return skep_sys_bpf(SKEP_COMMAND_LINK_CREATE, &attr, sizeof(attr)) == -EFAULT;
}

uint32_t attach_program_multi_type(int prog_fd)
{
	static const uint32_t all[] = {
		SKEP_ATTACH_TYPE_TRACE_KPROBE_MULTI,
		SKEP_ATTACH_TYPE_TRACE_KPROBE_SESSION,
		SKEP_ATTACH_TYPE_TRACE_UPROBE_MULTI,
		SKEP_ATTACH_TYPE_TRACE_UPROBE_SESSION,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (is_loaded_for(prog_fd, all[i]))
			return all[i];
	return 0;
}
