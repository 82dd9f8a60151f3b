/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/system.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <skep/clock.h>
#include <skep/error.h>
#include <skep/kabi/capability.h>
#include <skep/memlock.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/capability.h"
#include "sys/file.h"
#include "sys/kernel_config.h"
#include "sys/lockdown.h"
#include "sys/mountinfo.h"

#define VALUE_BYTES 1024 /* of the longest: all capabilities by name */
#define ROWS_MAX 96

struct skep_system {
	struct skep_system_row rows[ROWS_MAX];
	size_t count;
	int code; /* -ENOMEM: a value was lost */
};

static const struct {
	uint64_t section;
	const char *name, *path;
} files[] = {
#define SKEP_SYSTEM_FILE(section, name, path) { SKEP_SYSTEM_##section, #name, path },
#define SKEP_SYSTEM_CONFIG(name)
#include "sys/system.def"
#undef SKEP_SYSTEM_FILE
#undef SKEP_SYSTEM_CONFIG
};

static const char *const options[] = {
#define SKEP_SYSTEM_FILE(section, name, path)
#define SKEP_SYSTEM_CONFIG(name) #name,
#include "sys/system.def"
#undef SKEP_SYSTEM_FILE
#undef SKEP_SYSTEM_CONFIG
};

#define OTHER_ROWS 16 /* at most, beside the tables */
_Static_assert(ARRAY_SIZE(files) + ARRAY_SIZE(options) + OTHER_ROWS <= ROWS_MAX, "room for all");

/* @code 0: @value is told; else why not. */
static void add(struct skep_system *s, uint64_t section, const char *name, int code,
		const char *value)
{
	struct skep_system_row *row = &s->rows[s->count++];

	*row = (struct skep_system_row){ .name = name, .code = code, .section = section };
	if (code)
		return;
	row->value = strdup(value ? value : "");
	if (!row->value)
		s->code = -ENOMEM;
}

static void add_number(struct skep_system *s, uint64_t section, const char *name, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add(s, section, name, 0, text);
}

static void add_answer(struct skep_system *s, uint64_t section, const char *name, int r)
{
	add(s, section, name, r < 0 ? r : 0, r > 0 ? "yes" : "no");
}

static void add_files(struct skep_system *s, uint64_t section)
{
	char text[VALUE_BYTES];
	size_t i, len;
	int r;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (files[i].section != section)
			continue;
		r = sys_file_read(AT_FDCWD, files[i].path, text, sizeof(text), &len);
		if (r >= 0)
			text[strcspn(text, "\n")] = '\0';
		else if (r == -ENOENT && section == SKEP_SYSTEM_KERNEL)
			r = -ENODATA; /* securityfs is not mounted */
		add(s, section, files[i].name, r < 0 ? r : 0, text);
	}
}

/* The first mount of each type, which hides none but is found first. */
struct mounts {
	struct {
		const char *name, *type;
		char *point;
	} wanted[3];
};

static int find_mount(const struct sys_mount *mount, void *userdata)
{
	struct mounts *m = userdata;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(m->wanted); i++)
		if (!m->wanted[i].point && !strcmp(mount->type, m->wanted[i].type)) {
			m->wanted[i].point = strdup(mount->point);
			if (!m->wanted[i].point)
				return -ENOMEM;
		}
	return 0;
}

static void add_mounts(struct skep_system *s)
{
	struct mounts m = { { { "cgroup2", "cgroup2", NULL },
			      { "bpffs", "bpf", NULL },
			      { "tracefs", "tracefs", NULL } } };
	int r = sys_mountinfo_read(find_mount, &m);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(m.wanted); i++) {
		char *point = m.wanted[i].point;

		add(s, SKEP_SYSTEM_KERNEL, m.wanted[i].name,
		    point   ? 0
		    : r < 0 ? r
			    : -ENOENT,
		    point ? point : "");
		free(point);
	}
}

static void add_kernel(struct skep_system *s)
{
	int mode = sys_lockdown_mode(), r;
	struct utsname name;
	uint64_t hz = 0;

	r = uname(&name) < 0 ? -errno : 0;
	add(s, SKEP_SYSTEM_KERNEL, "release", r, name.release);
	add(s, SKEP_SYSTEM_KERNEL, "machine", r, name.machine);
	if (mode == -ENOENT)
		mode = -ENODATA; /* likewise */
	add(s, SKEP_SYSTEM_KERNEL, "lockdown", mode < 0 ? mode : 0, sys_lockdown_name(mode));
	add_files(s, SKEP_SYSTEM_KERNEL);
	r = access("/sys/kernel/btf/vmlinux", R_OK) == 0 ? 1 : errno == ENOENT ? 0 : -errno;
	add_answer(s, SKEP_SYSTEM_KERNEL, "btf", r);
	r = skep_jiffies_hz(&hz, NULL);
	if (r < 0)
		add(s, SKEP_SYSTEM_KERNEL, "hz", r, NULL);
	else
		add_number(s, SKEP_SYSTEM_KERNEL, "hz", hz);
	add_mounts(s);
}

static void add_capabilities(struct skep_system *s)
{
	char text[VALUE_BYTES] = "", name[SKEP_NAME_SIZE];
	uint64_t held = 0;
	size_t len = 0;
	int r = sys_capabilities(&held);
	uint32_t i;

	for (i = 0; i < 64 && len < sizeof(text); i++)
		if (held >> i & 1)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
						len ? " " : "", skep_capability_name(i, name));
	add(s, SKEP_SYSTEM_PROCESS, "capabilities", r, held ? text : "none");
}

static void add_process(struct skep_system *s)
{
	struct rlimit limit;
	int counted = skep_memlock_counted(NULL);

	add_number(s, SKEP_SYSTEM_PROCESS, "uid", geteuid());
	add_capabilities(s);
	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		add(s, SKEP_SYSTEM_PROCESS, "memlock_bytes", -errno, NULL);
	else if (limit.rlim_cur == RLIM_INFINITY)
		add(s, SKEP_SYSTEM_PROCESS, "memlock_bytes", 0, "unlimited");
	else
		add_number(s, SKEP_SYSTEM_PROCESS, "memlock_bytes", limit.rlim_cur);
	add_answer(s, SKEP_SYSTEM_PROCESS, "memlock_counted", counted);
}

static void add_config(struct skep_system *s)
{
	_cleanup_free_ char *text = NULL;
	char value[VALUE_BYTES];
	size_t size = 0, i;
	int r = sys_kernel_config_read(&text, &size), one;

	if (r == -ENOENT) /* that the file is missing does not mean that options are not set */
		r = -ENODATA;
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		one = r < 0 ? r
			    : sys_kernel_config_find(text, size, options[i], value, sizeof(value));
		add(s, SKEP_SYSTEM_CONFIG, options[i], one, value);
	}
}

int skep_system_new(struct skep_system **ret_system, struct skep_error *err)
{
	_cleanup_(skep_system_freep) struct skep_system *s = calloc(1, sizeof(*s));

	if (!s)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "look at the system");
	add_kernel(s);
	add_files(s, SKEP_SYSTEM_SYSCTL);
	add_process(s);
	add_config(s);
	if (s->code)
		return skep_fail(err, s->code, SKEP_ERR_NO_MEMORY, "look at the system");
	*ret_system = take_ptr(s);
	return 0;
}

struct skep_system *skep_system_free(struct skep_system *s)
{
	size_t i;

	if (!s)
		return NULL;
	for (i = 0; i < s->count; i++)
		free((char *)(uintptr_t)s->rows[i].value);
	free(s);
	return NULL;
}

const struct skep_system_row *skep_system_rows(const struct skep_system *s, size_t *ret_count)
{
	*ret_count = s->count;
	return s->rows;
}

const struct skep_system_row *skep_system_find(const struct skep_system *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (!strcmp(s->rows[i].name, name))
			return &s->rows[i];
	return NULL;
}

const char *skep_system_section_name(uint64_t section)
{
	static const char *const names[] = {
		[SKEP_SYSTEM_KERNEL] = "kernel",
		[SKEP_SYSTEM_SYSCTL] = "sysctl",
		[SKEP_SYSTEM_PROCESS] = "process",
		[SKEP_SYSTEM_CONFIG] = "config",
	};

	return section && section < ARRAY_SIZE(names) ? names[section] : "unknown";
}
