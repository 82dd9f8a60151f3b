/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Field 22. The second field is a name in parentheses that may hold spaces and parentheses: count from its end. */
static int read_start_ticks(uint64_t pid, uint64_t *ret_ticks)
{
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[1024], *at;
	size_t len;
	int field;

	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	len = fread(line, 1, sizeof(line) - 1,
		    f); /* not by lines: a line feed may stand in the name */
	if (!len)
		return -ESRCH; /* it ended while we looked */
	line[len] = '\0';
	at = strrchr(line, ')');
	if (at && at[1] == ' ' && (at[2] == 'Z' || at[2] == 'X'))
		return -ESRCH; /* a zombie holds nothing any more */
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, " %" SCNu64, ret_ticks) != 1)
		return -EBADMSG;
	return 0;
}

static int own_pid_ns(uint64_t *ret_inode)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) < 0)
		return -errno;
	*ret_inode = st.st_ino;
	return 0;
}

int sys_process_self(struct sys_process *ret_process)
{
	struct sys_process p = { .pid = (uint64_t)getpid() };
	int r;

	r = own_pid_ns(&p.pid_ns);
	if (r < 0)
		return r;
	r = read_start_ticks(p.pid, &p.start_ticks);
	if (r < 0)
		return r;
	*ret_process = p;
	return 0;
}

int sys_process_gone(const struct sys_process *process)
{
	uint64_t pid_ns, start_ticks;
	int r;

	r = own_pid_ns(&pid_ns);
	if (r < 0)
		return r;
	if (pid_ns != process->pid_ns)
		return 0;
	r = read_start_ticks(process->pid, &start_ticks);
	if (r == -ENOENT || r == -ESRCH)
		return 1;
	if (r < 0)
		return r;
	return start_ticks != process->start_ticks;
}
