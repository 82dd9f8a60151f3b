/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "bpffs/context.h"

#define ID_DIGITS 5

/* The variables that name a root to child processes. */
static const char *const variables[] = { "CILIUM_BPF_MNT", "TC_BPF_MNT" };

int bpffs_name_check(const char *name)
{
	size_t len = strlen(name);

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	return !len || strpbrk(name, "./") ? -EINVAL : 0;
}

/* The rest of an absolute path below the root, several slashes being as good as one. Return: NULL: it is not below. */
static const char *below_root(const struct skep_bpffs *ctx, const char *path)
{
	const char *root = ctx->root + strspn(ctx->root, "/");
	size_t len;

	for (; *root; root += strspn(root, "/")) {
		path += strspn(path, "/");
		len = strcspn(root, "/");
		if (strcspn(path, "/") != len || strncmp(path, root, len) != 0)
			return NULL;
		path += len;
		root += len;
	}
	return path;
}

int bpffs_relative(const struct skep_bpffs *ctx, const char *path, char buf[PATH_MAX])
{
	char *to = buf;
	size_t len;

	if (path[0] == '/')
		path = below_root(ctx, path);
	if (!path)
		return -EXDEV;
	for (path += strspn(path, "/"); *path; path += strspn(path, "/")) {
		len = strcspn(path, "/");
		if ((len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
			return -EINVAL;
		if ((size_t)(to - buf) + len + 2 > PATH_MAX)
			return -ENAMETOOLONG;
		if (to > buf)
			*to++ = '/';
		memcpy(to, path, len);
		to += len;
		path += len;
	}
	*to = '\0';
	return 0;
}

int bpffs_plain_path(const char *path, char buf[PATH_MAX])
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(buf, path, len);
	buf[len] = '\0';
	return 0;
}

static int format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len < 0 || (size_t)len >= size ? -ENOSPC : len;
}

/* The root as it stands before a slash. */
static const char *root_of(const struct skep_bpffs *ctx)
{
	return strcmp(ctx->root, "/") ? ctx->root : "";
}

int skep_bpffs_prefix_path(const struct skep_bpffs *ctx, char *buf, size_t size)
{
	return format(buf, size, "%s/%s", root_of(ctx), ctx->prefix);
}

int skep_bpffs_owner_path(const struct skep_bpffs *ctx, char *buf, size_t size)
{
	return format(buf, size, "%s/%s", root_of(ctx), ctx->owner);
}

int skep_bpffs_map_path(const struct skep_bpffs *ctx, const char *name, char *buf, size_t size)
{
	int r = bpffs_name_check(name);

	return r < 0 ? r : format(buf, size, "%s/%s/%s", root_of(ctx), ctx->prefix, name);
}

int skep_bpffs_local_map_name(const char *name, uint16_t id, char *buf, size_t size)
{
	return format(buf, size, "%s%0*u", name, ID_DIGITS, (unsigned)id);
}

int skep_bpffs_local_map_path(const struct skep_bpffs *ctx, const char *name, uint16_t id,
			      char *buf, size_t size)
{
	char local[NAME_MAX + 1];

	if (skep_bpffs_local_map_name(name, id, local, sizeof(local)) < 0)
		return -ENAMETOOLONG;
	return skep_bpffs_map_path(ctx, local, buf, size);
}

/* The value, if an entry of an environment sets the variable. */
static const char *value_of(const char *entry, const char *variable)
{
	size_t len = strlen(variable);

	return !strncmp(entry, variable, len) && entry[len] == '=' ? entry + len + 1 : NULL;
}

static const char *get(char *const *envp, const char *variable)
{
	const char *value;

	for (; *envp; envp++) {
		value = value_of(*envp, variable);
		if (value)
			return *value ? value : NULL;
	}
	return NULL;
}

void skep_bpffs_opts_from_env(char *const *envp, struct skep_bpffs_opts *opts)
{
	const char *root = get(envp, "SKEP_BPFFS"), *hint;
	size_t i, to = 0;

	if (root)
		opts->root = root;
	for (i = 0; i < ARRAY_SIZE(variables); i++) {
		hint = get(envp, variables[i]);
		while (to < SKEP_BPFFS_HINTS && opts->hints[to])
			to++;
		if (hint && to < SKEP_BPFFS_HINTS)
			opts->hints[to] = hint;
	}
}

static int is_ours(const char *entry)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(variables); i++)
		if (value_of(entry, variables[i]))
			return 1;
	return 0;
}

int skep_bpffs_environment(const struct skep_bpffs *ctx, char *const *envp, char ***ret_env)
{
	size_t kept = 0, bytes = 0, i, len;
	char **env, *text;

	for (i = 0; envp[i]; i++)
		if (!is_ours(envp[i])) {
			kept++;
			bytes += strlen(envp[i]) + 1;
		}
	for (i = 0; i < ARRAY_SIZE(variables); i++)
		bytes += strlen(variables[i]) + 1 + strlen(ctx->root) + 1;
	env = malloc((kept + ARRAY_SIZE(variables) + 1) * sizeof(*env) + bytes);
	if (!env)
		return -ENOMEM;
	text = (char *)(env + kept + ARRAY_SIZE(variables) + 1);
	kept = 0;
	for (i = 0; envp[i]; i++)
		if (!is_ours(envp[i])) {
			len = strlen(envp[i]) + 1;
			env[kept++] = memcpy(text, envp[i], len);
			text += len;
		}
	for (i = 0; i < ARRAY_SIZE(variables); i++) {
		env[kept++] = text;
		text += sprintf(text, "%s=%s", variables[i], ctx->root) + 1;
	}
	env[kept] = NULL;
	*ret_env = env;
	return 0;
}
