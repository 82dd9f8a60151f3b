/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/process.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/file.h"

struct stat_line {
	char state;
	uint64_t threads;     /* field 20 */
	uint64_t start_ticks; /* field 22 */
};

/*
 * Reads /proc/@name/stat. The second field is a name in parentheses that may hold blanks, parentheses and line feeds:
 * the others are counted from its end.
 */
static int read_stat(const char *name, struct stat_line *ret)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], text[1024], *at;
	size_t len;
	int field;

	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	len = fread(text, 1, sizeof(text) - 1, f);
	if (!len)
		return -ESRCH; /* it ended while we looked */
	text[len] = '\0';
	at = strrchr(text, ')');
	if (!at || sscanf(at, ") %c", &ret->state) != 1)
		return -EBADMSG;
	for (field = 2; at && field < 20; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, " %" SCNu64 " %*s %" SCNu64, &ret->threads, &ret->start_ticks) != 2)
		return -EBADMSG;
	return 0;
}

static int namespace_inode(const char *name, const char *type, uint64_t *ret_inode)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", name, type);
	if (stat(path, &st) < 0)
		return -errno;
	*ret_inode = st.st_ino;
	return 0;
}

int sys_process_self(struct sys_process *ret_process)
{
	struct sys_process p = { .pid = (uint64_t)getpid() };
	struct stat_line line;
	int r;

	r = namespace_inode("self", "pid", &p.pid_ns);
	if (r < 0)
		return r;
	r = read_stat("self",
		      &line); /* by this name also where /proc is of another pid namespace */
	if (r < 0)
		return r;
	p.start_ticks = line.start_ticks;
	*ret_process = p;
	return 0;
}

/* Start times are told in the reader's time namespace: they compare only within one. */
static int same_time_namespace(const char *name)
{
	uint64_t theirs = 0, ours = 0;
	int r = namespace_inode("self", "time", &ours);

	if (r == -ENOENT)
		return 1; /* before 5.6 there are none */
	return r == 0 && namespace_inode(name, "time", &theirs) == 0 && theirs == ours;
}

int sys_process_gone(const struct sys_process *process)
{
	_cleanup_close_ int proc_fd = -1;
	struct stat_line line;
	uint64_t pid_ns = 0;
	char name[32];
	int r;

	r = namespace_inode("self", "pid", &pid_ns);
	if (r < 0)
		return r;
	if (pid_ns != process->pid_ns || !process->pid || process->pid > INT_MAX)
		return 0;
	/* asks the kernel itself: /proc may hide processes (hidepid) or be another namespace's */
	if (kill((pid_t)process->pid, 0) < 0 && errno == ESRCH)
		return 1;
	proc_fd = sys_proc_open(NULL);
	if (proc_fd < 0 || !sys_proc_is_ours(proc_fd))
		return 0;
	snprintf(name, sizeof(name), "%" PRIu64, process->pid);
	r = read_stat(name, &line);
	if (r < 0)
		return r == -ENOENT || r == -ESRCH ? 0 : r; /* hidden, or just ended: not certain */
	if (line.start_ticks != process->start_ticks)
		return same_time_namespace(name);
	/* a zombie holds nothing any more, unless only its first thread has ended */
	return (line.state == 'Z' || line.state == 'X') && line.threads <= 1;
}
