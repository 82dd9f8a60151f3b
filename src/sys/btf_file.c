/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* BTF out of files: raw or in an ELF, of the kernel and its modules. */
#include <skep/btf.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/btf_handle.h"
#include "sys/elf.h"

#define KERNEL_DIR "/sys/kernel/btf"
#define SIZE_LIMIT (1ull << 30)
#define MODULE_NAME_MAX 56

/* A pipe can be read once, and we look here and there: a copy of it. Return: an fd; a negative errno. */
static int copy_pipe(int from)
{
	_cleanup_free_ char *buf = malloc(65536);
	_cleanup_close_ int fd = -1;
	uint64_t total = 0;
	ssize_t n;

	fd = memfd_create("skep-btf", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!buf)
		return -ENOMEM;
	while ((n = read(from, buf, 65536)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || write(fd, buf, (size_t)n) != n)
			return n < 0 ? -errno : -ENOSPC;
		total += (uint64_t)n;
		if (total > SIZE_LIMIT)
			return -EFBIG;
	}
	return take_fd(&fd);
}

/* Return: an fd that can be read anywhere, owned by the caller; a negative errno. */
static int open_readable(const char *path, uint64_t *ret_size)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int copy;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode)) {
		copy = copy_pipe(fd);
		if (copy < 0)
			return copy;
		close(fd);
		fd = copy;
		if (fstat(fd, &st) < 0)
			return -errno;
	}
	*ret_size = (uint64_t)st.st_size;
	return take_fd(&fd);
}

/* A piece of a file as BTF. */
static int open_piece(const struct sys_bytes *bytes, uint64_t at, uint64_t size,
		      const struct skep_btf *base, struct skep_btf **ret_btf,
		      struct skep_error *err)
{
	_cleanup_free_ void *data = NULL;
	int r;

	if (size > SIZE_LIMIT)
		return skep_fail(err, -EFBIG, SKEP_ERR_SYSCALL, "more than 1 GiB of BTF.");
	data = malloc(size ? size : 1);
	if (!data)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read");
	r = sys_bytes_read(bytes, at, data, size);
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "read");
	return skep_btf_open_bytes(data, size, base, ret_btf, err);
}

static int open_elf(const struct sys_bytes *bytes, const struct skep_btf *base,
		    struct skep_btf **ret_btf, struct skep_error *err)
{
	_cleanup_(skep_btf_closep) struct skep_btf *own_base = NULL, *b = NULL;
	uint64_t at, size;
	int r;

	r = sys_elf_section_find(bytes, ".BTF.base", &at, &size, err);
	if (r > 0 && base)
		return skep_fail(
			err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			"it brings a base of its own (.BTF.base): open it without another.");
	if (r > 0)
		r = open_piece(bytes, at, size, NULL, &own_base, err);
	if (r == 0)
		r = sys_elf_section_find(bytes, ".BTF", &at, &size, err);
	if (r < 0)
		return r;
	if (!r)
		return skep_fail(err, -ENODATA, SKEP_ERR_NOT_FOUND,
				 "an ELF without a section .BTF (compile with -g for the target "
				 "bpf, or let pahole make it).");
	r = open_piece(bytes, at, size, own_base ? own_base : base, &b, err);
	if (r < 0 || !b)
		return r;
	b->my_base = take_ptr(own_base);
	*ret_btf = take_ptr(b);
	return 0;
}

/* Is it one of the modules' in sysfs, which stand on the kernel's? */
static int is_module(const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL);

	return real && !strncmp(real, KERNEL_DIR "/", strlen(KERNEL_DIR "/")) &&
	       strcmp(real, KERNEL_DIR "/vmlinux") != 0;
}

int skep_btf_open_file(const char *path, const struct skep_btf *base, struct skep_btf **ret_btf,
		       struct skep_error *err)
{
	_cleanup_(skep_btf_closep) struct skep_btf *kernel = NULL, *b = NULL;
	struct sys_bytes bytes = { .fd = -1 };
	_cleanup_close_ int fd = -1;
	int r;

	fd = open_readable(path, &bytes.size);
	if (fd < 0)
		return skep_fail(err, fd, fd == -ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "open '%s'", path);
	bytes.fd = fd;
	if (!base && is_module(path)) {
		r = skep_btf_open_kernel(&kernel, err);
		if (r < 0)
			return r;
		base = kernel;
	}
	r = sys_bytes_are_elf(&bytes) ? open_elf(&bytes, base, &b, err)
				      : open_piece(&bytes, 0, bytes.size, base, &b, err);
	if (r < 0 || !b)
		return skep_wrap(err, r, "'%s': ", path);
	if (!b->my_base)
		b->my_base = take_ptr(kernel);
	*ret_btf = take_ptr(b);
	return 0;
}

int skep_btf_open_kernel(struct skep_btf **ret_btf, struct skep_error *err)
{
	static const char *const images[] = {
		"/boot/vmlinux-%s",
		"/lib/modules/%s/vmlinux-%s",
		"/lib/modules/%s/build/vmlinux",
		"/usr/lib/modules/%s/kernel/vmlinux",
		"/usr/lib/debug/boot/vmlinux-%s",
		"/usr/lib/debug/boot/vmlinux-%s.debug",
		"/usr/lib/debug/lib/modules/%s/vmlinux",
	};
	struct utsname host;
	char path[PATH_MAX];
	size_t i;
	int r;

	r = skep_btf_open_file(KERNEL_DIR "/vmlinux", NULL, ret_btf, err);
	if (r != -ENOENT)
		return r;
	if (uname(&host) < 0)
		return skep_fail(err, -errno, SKEP_ERR_SYSCALL, "uname");
	for (i = 0; i < ARRAY_SIZE(images); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(path, sizeof(path), images[i], host.release, host.release);
#pragma GCC diagnostic pop
		if (skep_btf_open_file(path, NULL, ret_btf, NULL) == 0)
			return 0;
	}
	return skep_fail(err, -ENOENT, SKEP_ERR_UNSUPPORTED,
			 "this kernel has no BTF: " KERNEL_DIR
			 "/vmlinux is absent (CONFIG_DEBUG_INFO_BTF), and there is no image of %s "
			 "with BTF.",
			 host.release);
}

/* Return: 0; -EINVAL it is no name. */
static int module_name(const char *name, char to[MODULE_NAME_MAX])
{
	size_t i, len = strlen(name);

	if (!len || len >= MODULE_NAME_MAX || strchr(name, '/') || name[0] == '.')
		return -EINVAL;
	memcpy(to, name, len + 1);
	for (i = 0; i < len; i++)
		if (to[i] == '-')
			to[i] = '_';
	return 0;
}

int skep_btf_open_module(const char *name, struct skep_btf **ret_btf, struct skep_error *err)
{
	char clean[MODULE_NAME_MAX], path[128];
	int r;

	if (module_name(name, clean) < 0)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%s' is not the name of a module.", name);
	if (!strcmp(clean, "vmlinux"))
		return skep_btf_open_kernel(ret_btf, err);
	snprintf(path, sizeof(path), KERNEL_DIR "/%s", clean);
	r = skep_btf_open_file(path, NULL, ret_btf, err);
	if (r != -ENOENT)
		return r;
	if (access(KERNEL_DIR "/vmlinux", F_OK) < 0)
		return skep_fail(err, -ENOENT, SKEP_ERR_UNSUPPORTED,
				 "no BTF of module '%s': this kernel has no BTF at all "
				 "(CONFIG_DEBUG_INFO_BTF).",
				 clean);
	snprintf(path, sizeof(path), "/sys/module/%s", clean);
	if (access(path, F_OK) == 0)
		return skep_fail(
			err, -ENOENT, SKEP_ERR_NOT_FOUND,
			"module '%s' has no BTF: it is built in, was built without, or the "
			"kernel is older than 5.11.",
			clean);
	return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND, "module '%s' is not loaded.", clean);
}
