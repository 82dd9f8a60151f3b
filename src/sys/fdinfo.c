/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/fdinfo.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/file.h"

/*
 * The kernel's own lines come first and need less than 1 KiB. A link may go on for long behind them, with an entry for
 * each function that it is attached to.
 */
#define FDINFO_SIZE 4096

enum form {
	FORM_DECIMAL = 10,
	FORM_HEX = 16,
	FORM_TAG,
	FORM_TEXT,
};

static const struct field {
	const char *name;
	size_t len; /* of the name */
	enum form form;
	size_t offset;
	uint64_t bit;
	uint64_t kind; /* the object that begins with this line; 0: a line of several kinds */
} fields[] = {
#define FIELD(id, form, member, bit, kind)                                      \
	{                                                                       \
		id, sizeof(id) - 1, form, offsetof(struct skep_fdinfo, member), \
			SKEP_FDINFO_HAS_##bit, kind                             \
	}
	FIELD("map_type", FORM_DECIMAL, map_type, MAP_TYPE, SKEP_FDINFO_MAP),
	FIELD("prog_type", FORM_DECIMAL, prog_type, PROG_TYPE, SKEP_FDINFO_PROG),
	FIELD("link_type", FORM_TEXT, link_type, LINK_TYPE, SKEP_FDINFO_LINK),
	FIELD("btf_id", FORM_DECIMAL, btf_id, BTF_ID, SKEP_FDINFO_BTF),
	FIELD("key_size", FORM_DECIMAL, key_size, KEY_SIZE, 0),
	FIELD("value_size", FORM_DECIMAL, value_size, VALUE_SIZE, 0),
	FIELD("max_entries", FORM_DECIMAL, max_entries, MAX_ENTRIES, 0),
	FIELD("map_flags", FORM_HEX, map_flags, MAP_FLAGS, 0),
	FIELD("map_extra", FORM_HEX, map_extra, MAP_EXTRA, 0),
	FIELD("memlock", FORM_DECIMAL, memlock_bytes, MEMLOCK, 0),
	FIELD("map_id", FORM_DECIMAL, map_id, MAP_ID, 0),
	FIELD("frozen", FORM_DECIMAL, frozen, FROZEN, 0),
	FIELD("owner_prog_type", FORM_DECIMAL, owner_prog_type, OWNER_PROG_TYPE, 0),
	FIELD("owner_jited", FORM_DECIMAL, owner_jited, OWNER_JITED, 0),
	FIELD("prog_jited", FORM_DECIMAL, prog_jited, PROG_JITED, 0),
	FIELD("prog_tag", FORM_TAG, prog_tag, PROG_TAG, 0),
	FIELD("prog_id", FORM_DECIMAL, prog_id, PROG_ID, 0),
	FIELD("run_time_ns", FORM_DECIMAL, run_time_ns, RUN_TIME_NS, 0),
	FIELD("run_cnt", FORM_DECIMAL, run_count, RUN_CNT, 0),
	FIELD("recursion_misses", FORM_DECIMAL, recursion_misses, RECURSION_MISSES, 0),
	FIELD("verified_insns", FORM_DECIMAL, verified_insns, VERIFIED_INSNS, 0),
	FIELD("link_id", FORM_DECIMAL, link_id, LINK_ID, 0),
	FIELD("attach_type", FORM_DECIMAL, attach_type, ATTACH_TYPE, 0),
	FIELD("ifindex", FORM_DECIMAL, ifindex, IFINDEX, 0),
	FIELD("cgroup_id", FORM_DECIMAL, cgroup_id, CGROUP_ID, 0),
	FIELD("netns_ino", FORM_DECIMAL, netns_ino, NETNS_INO, 0),
	FIELD("target_obj_id", FORM_DECIMAL, target_obj_id, TARGET_OBJ_ID, 0),
	FIELD("target_btf_id", FORM_DECIMAL, target_btf_id, TARGET_BTF_ID, 0),
#undef FIELD
};

struct span {
	const char *at, *end;
};

/* Return: the digit's value; 16 for what is none. */
static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

static int read_number(struct span s, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;

	if (base == 16 && s.end - s.at > 2 && s.at[0] == '0' && s.at[1] == 'x')
		s.at += 2;
	if (s.at == s.end)
		return -EINVAL;
	for (; s.at < s.end; s.at++)
		if (digit(*s.at) >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit(*s.at), &value))
			return -EINVAL;
	*ret = value;
	return 0;
}

static int read_tag(struct span s, uint8_t *ret)
{
	uint8_t tag[sizeof(((struct skep_fdinfo *)NULL)->prog_tag)];
	size_t i;

	if (s.end - s.at != 2 * sizeof(tag))
		return -EINVAL;
	for (i = 0; i < sizeof(tag); i++, s.at += 2) {
		if (digit(s.at[0]) > 15 || digit(s.at[1]) > 15)
			return -EINVAL;
		tag[i] = (uint8_t)(digit(s.at[0]) << 4 | digit(s.at[1]));
	}
	memcpy(ret, tag, sizeof(tag));
	return 0;
}

static int read_text(struct span s, char *ret)
{
	size_t len = (size_t)(s.end - s.at);

	if (!len || len >= sizeof(((struct skep_fdinfo *)NULL)->link_type) ||
	    memchr(s.at, '\0', len))
		return -EINVAL;
	memcpy(ret, s.at, len);
	return 0;
}

/* A value that is not what it should be leaves the field absent. */
static void read_field(const struct field *f, struct span value, struct skep_fdinfo *info)
{
	void *to = (char *)info + f->offset;
	int r;

	if (info->present & f->bit || (f->kind && info->kind))
		return;
	if (f->form == FORM_TAG)
		r = read_tag(value, to);
	else if (f->form == FORM_TEXT)
		r = read_text(value, to);
	else
		r = read_number(value, f->form, to);
	if (r < 0)
		return;
	info->present |= f->bit;
	if (f->kind)
		info->kind = f->kind;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void read_line(struct span line, struct skep_fdinfo *info)
{
	struct span value = { memchr(line.at, ':', (size_t)(line.end - line.at)), line.end };
	size_t len, i;

	if (!value.at)
		return;
	len = (size_t)(value.at - line.at);
	for (value.at++; value.at < value.end && is_blank(*value.at); value.at++)
		;
	while (value.end > value.at && is_blank(value.end[-1]))
		value.end--;
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].len == len && !memcmp(fields[i].name, line.at, len)) {
			read_field(&fields[i], value, info);
			return;
		}
}

/* Return: 0; -EINVAL none of its lines is of a BPF object. */
static int parse(const char *text, size_t size, struct skep_fdinfo *ret_fdinfo)
{
	struct skep_fdinfo info = { 0 };
	const char *end = text + size;

	while (text < end) {
		struct span line = { text, memchr(text, '\n', (size_t)(end - text)) };

		if (!line.end)
			line.end = end;
		read_line(line, &info);
		text = line.end + 1;
	}
	if (!info.kind)
		return -EINVAL;
	*ret_fdinfo = info;
	return 0;
}

int skep_fdinfo_parse(const char *text, size_t size, struct skep_fdinfo *ret_fdinfo,
		      struct skep_error *err)
{
	int r = parse(text, size, ret_fdinfo);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID,
				 "fdinfo: not of a BPF map, program, link or BTF.");
	return 0;
}

#define OF_PROCESS "fd %d of process %d"

/* The file is not there: why. */
static int fail_absent(int proc_fd, int32_t pid, int fd, struct skep_error *err)
{
	char name[32];

	if (!pid && fcntl(fd, F_GETFD) >= 0)
		return skep_fail(err, -EXDEV, SKEP_ERR_UNSUPPORTED,
				 "fd %d: '/proc' is another pid namespace's.", fd);
	if (!pid)
		return skep_fail(err, -EBADF, SKEP_ERR_NOT_FOUND, "fd %d", fd);
	if (kill(pid, 0) < 0 && errno == ESRCH)
		return skep_fail(err, -ESRCH, SKEP_ERR_NOT_FOUND, OF_PROCESS, fd, (int)pid);
	snprintf(name, sizeof(name), "%d", (int)pid);
	if (faccessat(proc_fd, name, F_OK, 0) < 0)
		return skep_fail(err, -EACCES, SKEP_ERR_PERMISSION,
				 OF_PROCESS ": '/proc' hides the process (hidepid).", fd, (int)pid);
	return skep_fail(err, -EBADF, SKEP_ERR_NOT_FOUND, OF_PROCESS, fd, (int)pid);
}

static int fail_read(int proc_fd, int32_t pid, int fd, int code, struct skep_error *err)
{
	if (code == -ENOENT)
		return fail_absent(proc_fd, pid, fd, err);
	if ((code == -EACCES || code == -EPERM) && pid)
		return skep_fail(err, code, SKEP_ERR_PERMISSION,
				 OF_PROCESS ": not permitted without CAP_SYS_PTRACE.", fd,
				 (int)pid);
	return skep_fail(err, code, SKEP_ERR_SYSCALL, "read fdinfo of fd %d", fd);
}

int skep_fdinfo_read(int32_t pid, int fd, struct skep_fdinfo *ret_fdinfo, struct skep_error *err)
{
	_cleanup_close_ int proc_fd = -1;
	char path[64], text[FDINFO_SIZE];
	size_t len;
	int r;

	proc_fd = sys_proc_open(err);
	if (proc_fd < 0)
		return proc_fd;
	if (pid && !sys_proc_is_ours(proc_fd))
		return skep_fail(err, -EXDEV, SKEP_ERR_UNSUPPORTED,
				 "process %d: '/proc' is another pid namespace's.", (int)pid);
	if (pid)
		snprintf(path, sizeof(path), "%d/fdinfo/%d", (int)pid, fd);
	else
		snprintf(path, sizeof(path), "thread-self/fdinfo/%d", fd);
	r = sys_file_read(proc_fd, path, text, sizeof(text), &len);
	if (r < 0)
		return fail_read(proc_fd, pid, fd, r, err);
	if (r > 0) /* of the last line there may be more */
		while (len && text[len - 1] != '\n')
			len--;
	r = parse(text, len, ret_fdinfo);
	if (r < 0 && pid)
		return skep_fail(err, r, SKEP_ERR_INVALID,
				 OF_PROCESS " is not a BPF map, program, link or BTF.", fd,
				 (int)pid);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID,
				 "fd %d is not a BPF map, program, link or BTF.", fd);
	return 0;
}
