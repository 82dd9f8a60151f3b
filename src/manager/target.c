/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/target.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/attach.h>
#include <skep/btf.h>

#include "base/cleanup.h"
#include "base/error.h"

#define BTF_DIRECTORY "/sys/kernel/btf"
#define MOST_NAME 256

struct kind {
	const char *type; /* in the BTF, before the name */
	const char *what; /* for people */
};

/* Source: libbpf, btf_get_kernel_prefix_kind(). */
static struct kind kind_of(uint32_t family)
{
	switch (family) {
	case SKEP_ATTACH_FAMILY_TP_BTF:
		return (struct kind){ "typedef btf_trace_", "tracepoint" };
	case SKEP_ATTACH_FAMILY_FENTRY:
	case SKEP_ATTACH_FAMILY_FEXIT:
	case SKEP_ATTACH_FAMILY_FSESSION:
	case SKEP_ATTACH_FAMILY_FMOD_RET:
		return (struct kind){ "func ", "function" };
	case SKEP_ATTACH_FAMILY_LSM:
	case SKEP_ATTACH_FAMILY_LSM_CGROUP:
		return (struct kind){ "func bpf_lsm_", "LSM hook" };
	case SKEP_ATTACH_FAMILY_ITER:
		return (struct kind){ "func bpf_iter_", "iterator" };
	default:
		return (struct kind){ 0 };
	}
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static int is_in_module(const struct skep_btf *kernel, const char *name)
{
	_cleanup_(close_directory) DIR *directory = opendir(BTF_DIRECTORY);
	char path[sizeof(BTF_DIRECTORY) + MOST_NAME];
	const struct dirent *entry;
	struct skep_btf *module;
	uint32_t id;
	int found = 0;

	while (directory && !found && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "vmlinux"))
			continue;
		snprintf(path, sizeof(path), BTF_DIRECTORY "/%.255s", entry->d_name);
		if (skep_btf_open_file(path, kernel, &module, NULL) < 0)
			continue;
		found = skep_btf_find(module, name, 0, &id);
		skep_btf_close(module);
	}
	return found;
}

static int is_in_kernel(const struct skep_btf *kernel, const struct kind *kind, const char *target)
{
	char name[MOST_NAME + 32];
	const char *colon = strchr(target, ':');
	uint32_t id;
	int len = snprintf(name, sizeof(name), "%s%s", kind->type, colon ? colon + 1 : target);

	if (len < 0 || (size_t)len >= sizeof(name))
		return 0;
	return skep_btf_find(kernel, name, 0, &id) || is_in_module(kernel, name);
}

int target_is_of(uint32_t family)
{
	return kind_of(family).type != NULL;
}

int target_is_there(struct skep_btf **kernel, uint32_t family, const char *target,
		    struct skep_error *err)
{
	const struct kind kind = kind_of(family);
	int r;

	if (!kind.type || !target || !*target)
		return 1;
	r = *kernel ? 0 : skep_btf_open_kernel(kernel, NULL);
	if (r == -ENOENT) {
		skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
			  "attach %s to %.80s: this kernel has no BTF (CONFIG_DEBUG_INFO_BTF), in "
			  "which it is looked up.",
			  skep_attach_family_name(family), target);
		return 0;
	}
	if (r < 0 || is_in_kernel(*kernel, &kind, target))
		return 1;
	skep_fail(err, -ENOENT, SKEP_ERR_NO_HOOK,
		  "attach %s to %.80s: the kernel has no %s '%.80s'.",
		  skep_attach_family_name(family), target, kind.what, target);
	return 0;
}
