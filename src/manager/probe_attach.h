/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_PROBE_ATTACH_H
#define MANAGER_PROBE_ATTACH_H
/* A probe on its way to its hook: one function for each kind of hook. */
#include "manager/probe_spec.h"

struct probe_attach {
	const struct probe_hook *hook;
	const struct skep_probe_program *program;
	const struct skep_probe_attach_opts *o; /* with all members */
	int fd;                                 /* of the program */
	uint64_t flags;                         /* of each family's options */
};

/*
 * Each attaches as its family says.
 *
 * Return: as the function of the family, the message without the probe's name.
 */
int probe_attach_kprobe(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err);
int probe_attach_uprobe(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err);
int probe_attach_usdt(const struct probe_attach *a, struct skep_attachment **ret,
		      struct skep_error *err);
int probe_attach_tracepoint(const struct probe_attach *a, struct skep_attachment **ret,
			    struct skep_error *err);
int probe_attach_raw_tracepoint(const struct probe_attach *a, struct skep_attachment **ret,
				struct skep_error *err);
int probe_attach_tracing(const struct probe_attach *a, struct skep_attachment **ret,
			 struct skep_error *err);
int probe_attach_tracing_multi(const struct probe_attach *a, struct skep_attachment **ret,
			       struct skep_error *err);
int probe_attach_lsm_cgroup(const struct probe_attach *a, struct skep_attachment **ret,
			    struct skep_error *err);
int probe_attach_iter(const struct probe_attach *a, struct skep_attachment **ret,
		      struct skep_error *err);
int probe_attach_perf_event(const struct probe_attach *a, struct skep_attachment **ret,
			    struct skep_error *err);
int probe_attach_freplace(const struct probe_attach *a, struct skep_attachment **ret,
			  struct skep_error *err);
int probe_attach_tc(const struct probe_attach *a, struct skep_attachment **ret,
		    struct skep_error *err);
int probe_attach_netkit(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err);
int probe_attach_xdp(const struct probe_attach *a, struct skep_attachment **ret,
		     struct skep_error *err);
int probe_attach_netfilter(const struct probe_attach *a, struct skep_attachment **ret,
			   struct skep_error *err);
int probe_attach_netns(const struct probe_attach *a, struct skep_attachment **ret,
		       struct skep_error *err);
int probe_attach_cgroup(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err);
int probe_attach_socket(const struct probe_attach *a, struct skep_attachment **ret,
			struct skep_error *err);
int probe_attach_sockmap(const struct probe_attach *a, struct skep_attachment **ret,
			 struct skep_error *err);
int probe_attach_struct_ops(const struct probe_attach *a, struct skep_attachment **ret,
			    struct skep_error *err);
int probe_attach_lirc(const struct probe_attach *a, struct skep_attachment **ret,
		      struct skep_error *err);

/*
 * probe_map_fd() - the map that a probe names
 *
 * Return: its fd, borrowed; -ENOENT, SKEP_ERR_NO_MAP.
 */
int probe_map_fd(const struct probe_attach *a, struct skep_error *err);

/*
 * probe_cgroup_path() - the directory of the control group that a probe names by path, unit or container
 * @ret: owned by the caller, free(3)
 *
 * Return: 0; as skep_cgroup_find_unit(), skep_cgroup_find_container().
 */
int probe_cgroup_path(const struct skep_probe_spec *s, char **ret, struct skep_error *err);

/*
 * probe_find_syscall() - the kernel's function of the system call that a probe names
 * @buf: of at least PROBE_SYMBOL_SIZE bytes
 *
 * Return: 0; -ENOENT, SKEP_ERR_NO_SYMBOL; as skep_kallsyms_read().
 */
#define PROBE_SYMBOL_SIZE 512
int probe_find_syscall(const struct skep_probe_spec *s, const struct skep_probe_attach_opts *o,
		       char buf[PROBE_SYMBOL_SIZE], struct skep_error *err);

/*
 * probe_find_symbol() - the first function of the kernel that matches
 * @pattern: as of skep_symbol_find()
 * @flags:   SKEP_SYMBOL_VARIANTS or 0
 *
 * Return: 0; -ENOENT, SKEP_ERR_NO_SYMBOL: none; as skep_symbol_find().
 */
int probe_find_symbol(const char *pattern, uint64_t flags, char buf[PROBE_SYMBOL_SIZE],
		      struct skep_error *err);

#endif
