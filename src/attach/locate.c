/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/locate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/error.h>

#include "attach/library_cache.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "sys/file.h"

#define CACHE "/etc/ld.so.cache"
#define CACHE_MOST (64u << 20)

/* Of distributions with and without a directory for each processor; those of others do not exist. */
static const char *const library_directories[] = {
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
	"/usr/local/lib",
#ifdef __x86_64__
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
#elif defined(__aarch64__)
	"/lib/aarch64-linux-gnu",
	"/usr/lib/aarch64-linux-gnu",
#elif defined(__riscv)
	"/lib/riscv64-linux-gnu",
	"/usr/lib/riscv64-linux-gnu",
#elif defined(__s390x__)
	"/lib/s390x-linux-gnu",
	"/usr/lib/s390x-linux-gnu",
#endif
};

static const char *const program_directories[] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
};

int locate_init(struct locate *l, uint64_t pid, struct skep_error *err)
{
	char path[64];

	l->pid = pid;
	l->root_fd = -EBADF;
	if (!pid)
		return 0;
	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/root", pid);
	l->root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (l->root_fd >= 0)
		return 0;
	if (errno == ENOENT)
		return skep_fail(err, -ESRCH, SKEP_ERR_NOT_FOUND,
				 "there is no process %" PRIu64 ".", pid);
	return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open '%s'", path);
}

void locate_fini(struct locate *l)
{
	cleanup_close(&l->root_fd);
	l->root_fd = -EBADF;
}

/* Return: an fd; a negative errno. A pipe does not keep us waiting. */
static int open_file(const struct locate *l, const char *path)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_IN_ROOT,
	};
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (l->root_fd >= 0)
		fd = (int)syscall(SYS_openat2, l->root_fd, path, &how, sizeof(how));
	else
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? take_fd(&fd) : -ENOENT;
}

/* Gives an fd to the visitor. Return: as locate_fn. */
static int offer(int fd, const char *path, locate_fn fn, void *userdata)
{
	int r = fn(fd, path, userdata);

	if (r <= 0)
		close(fd);
	return r;
}

static int outside_path(const struct locate *l, const char *path, char *buf, size_t size)
{
	int n = l->pid ? snprintf(buf, size, "/proc/%" PRIu64 "/root%s%s", l->pid,
				  *path == '/' ? "" : "/", path)
		       : snprintf(buf, size, "%s", path);

	return n < (int)size ? 0 : -ENAMETOOLONG;
}

/* A file that cannot be opened is no candidate. */
static int try_path(const struct locate *l, const char *path, locate_fn fn, void *userdata,
		    int *ret_code)
{
	char outside[PATH_MAX];
	int fd = outside_path(l, path, outside, sizeof(outside));

	if (fd == 0)
		fd = open_file(l, path);
	*ret_code = fd;
	return fd < 0 ? 0 : offer(fd, outside, fn, userdata);
}

int locate_path(const struct locate *l, const char *path, locate_fn fn, void *userdata,
		struct skep_error *err)
{
	int code, r = try_path(l, path, fn, userdata, &code);

	if (code < 0)
		return skep_fail(err, code, code == -ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "open '%s'", path);
	return r;
}

int locate_executable(const struct locate *l, locate_fn fn, void *userdata, struct skep_error *err)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/exe", l->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return skep_fail(err, -errno,
				 errno == ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "open '%s'", path);
	return offer(fd, path, fn, userdata);
}

/* "c" is what "-l c" means to the linker: libc.so, libc.so.6. */
static int is_library(const char *file, const char *name)
{
	size_t len = strlen(name);

	if (strstr(name, ".so"))
		return !strcmp(file, name);
	return !strncmp(file, "lib", 3) && !strncmp(file + 3, name, len) &&
	       !strncmp(file + 3 + len, ".so", 3) && strchr(".", file[3 + len + 3]) != NULL;
}

struct search {
	const struct locate *l;
	const char *name; /* NULL: any */
	locate_fn fn;
	void *userdata;
};

/* One line of /proc/PID/maps: what is mapped there, if it is a file that is executed. */
static int visit_mapping(const struct search *s, uint64_t pid, char *line)
{
	char range[40], rights[8], path[96], *file = strchr(line, '/');
	struct locate other = { .pid = pid, .root_fd = s->l->root_fd };
	char outside[PATH_MAX];
	int fd;

	line[strcspn(line, "\n")] = '\0';
	if (!file || sscanf(line, "%39s %7s", range, rights) != 2 || rights[2] != 'x')
		return 0;
	if (s->name && !is_library(strrchr(file, '/') + 1, s->name) &&
	    strcmp(strrchr(file, '/') + 1, s->name) != 0)
		return 0;
	if (outside_path(&other, file, outside, sizeof(outside)) < 0)
		return 0;
	/* the very file, also if another one has its name by now; it takes a capability */
	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/map_files/%s", pid, range);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = other.root_fd >= 0 ? open_file(&other, file)
					: open(outside, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? 0 : offer(fd, outside, s->fn, s->userdata);
}

static int visit_mappings(const struct search *s, uint64_t pid)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	char path[64];
	size_t room = 0;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (r == 0 && getline(&line, &room, f) >= 0)
		r = visit_mapping(s, pid, line);
	return r;
}

static inline void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int locate_mapped(const struct locate *l, locate_fn fn, void *userdata, struct skep_error *err)
{
	const struct search s = { .l = l, .fn = fn, .userdata = userdata };
	_cleanup_(cleanup_closedir) DIR *dir = NULL;
	const struct dirent *entry;
	unsigned long long pid;
	char *end;
	int r = 0;

	if (l->pid) {
		r = visit_mappings(&s, l->pid);
		return r == -EACCES || r == -EPERM || r == -ENOENT
			       ? skep_fail(err, r, SKEP_ERR_SYSCALL,
					   "read what process %" PRIu64 " has mapped", l->pid)
			       : r;
	}
	dir = opendir("/proc");
	if (!dir)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "open '/proc'");
	while (r == 0 && (entry = readdir(dir))) {
		pid = strtoull(entry->d_name, &end, 10);
		if (*end || end == entry->d_name)
			continue;
		r = visit_mappings(&s, pid);
		if (r == -EACCES || r == -EPERM || r == -ENOENT || r == -ESRCH)
			r = 0; /* it has ended, or is not ours to look at */
	}
	return r;
}

static int visit_cached(const char *name, const char *path, void *userdata)
{
	const struct search *s = userdata;
	int code;

	return is_library(name, s->name) ? try_path(s->l, path, s->fn, s->userdata, &code) : 0;
}

static int search_cache(struct search *s)
{
	_cleanup_free_ unsigned char *data = NULL;
	_cleanup_close_ int fd = -1;
	struct stat st;
	ssize_t n;
	int r;

	fd = open_file(s->l, CACHE);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0 || st.st_size > CACHE_MOST)
		return 0; /* a system without one, as of musl */
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return -ENOMEM;
	n = pread(fd, data, (size_t)st.st_size, 0);
	if (n <= 0)
		return 0;
	data[n] = '\0';
	r = library_cache_walk(data, (size_t)n + 1, visit_cached, s);
	return r == -EINVAL ? 0 : r;
}

static int search_directory(const struct search *s, const char *directory)
{
	_cleanup_(cleanup_closedir) DIR *dir = NULL;
	const struct dirent *entry;
	char path[PATH_MAX], outside[PATH_MAX];
	int code, r = 0;

	if (outside_path(s->l, directory, outside, sizeof(outside)) < 0)
		return 0;
	dir = opendir(outside);
	while (r == 0 && dir && (entry = readdir(dir)))
		if (is_library(entry->d_name, s->name) &&
		    snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) <
			    (int)sizeof(path))
			r = try_path(s->l, path, s->fn, s->userdata, &code);
	return r;
}

int locate_name(const struct locate *l, const char *name, locate_fn fn, void *userdata,
		struct skep_error *err)
{
	struct search s = { .l = l, .name = name, .fn = fn, .userdata = userdata };
	char path[PATH_MAX];
	int code, r = 0;
	size_t i;

	if (l->pid)
		r = visit_mappings(&s, l->pid);
	if (r < 0 && r != -ENOMEM)
		r = 0;
	for (i = 0; r == 0 && !strstr(name, ".so") && i < ARRAY_SIZE(program_directories); i++)
		if (snprintf(path, sizeof(path), "%s/%s", program_directories[i], name) <
		    (int)sizeof(path))
			r = try_path(l, path, fn, userdata, &code);
	r = r ? r : search_cache(&s);
	for (i = 0; r == 0 && i < ARRAY_SIZE(library_directories); i++)
		r = search_directory(&s, library_directories[i]);
	return r == -ENOMEM ? skep_fail(err, r, SKEP_ERR_NO_MEMORY, "search for '%s'", name) : r;
}
