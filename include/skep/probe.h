/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_PROBE_H
#define SKEP_PROBE_H
/*
 * From data to a hook: what struct skep_probe_spec says of a program is checked, and done, once. A manager (skep/manager.h)
 * does it for a whole table, tries again, and keeps what comes of it.
 *
 * What a probe does not say is taken from the section of its program: "kprobe/vfs_read" has a symbol, "tp/sched/sched_switch"
 * a category and a tracepoint, "uprobe//bin/x:main" a file and a symbol. What it says comes before that.
 */
#include <skep/attach.h>
#include <skep/base.h>
#include <skep/probe_field.h>
#include <skep/probe_spec.h>

SKEP_BEGIN

struct skep_error;
struct skep_features;
struct skep_kallsyms;
struct skep_loaded;
struct skep_netns;

/* What has to be known of a program: of one that is loaded, or not yet. Strings are borrowed. */
struct skep_probe_program {
	const char *section; /* "kprobe/vfs_read"; NULL: not known */
	const char *
		attach_target; /* what the section says of the hook, or it is loaded for; NULL: nothing */
	uint64_t type;         /* SKEP_PROG_TYPE_* */
	uint64_t attach_type; /* SKEP_ATTACH_TYPE_* it is loaded for */
	int64_t fd;           /* borrowed; -1: it is not loaded yet, and its target not chosen */
};

/**
 * skep_probe_spec_family() - what a program of a probe is attached to
 * @spec:       the probe; a program in a section that says nothing is told by its fields
 * @program:    its program; not loaded: fd -1
 * @ret_family: enum skep_attach_family
 *
 * Return: 0; -EINVAL with kind SKEP_ERR_SECTION: neither type and section nor @spec say it; -EOPNOTSUPP programs of that type
 *         are attached to nothing: they are called, or run in tests.
 * Context: any thread.
 * Source: src/kabi/section.def; bpf(2) BPF_PROG_LOAD.
 */
int skep_probe_spec_family(const struct skep_probe_spec *spec,
			   const struct skep_probe_program *program, uint32_t *ret_family,
			   struct skep_error *err);

/**
 * skep_probe_spec_check() - all mistakes of a probe that can be known without asking the kernel
 * @spec:    the probe
 * @program: its program; not loaded: fd -1
 *
 * The first mistake is told, with the name of the probe: a field that its family does not have, none that says where, several
 * that say it differently, a number that is none of its enumeration, an expression that is none.
 *
 * Return: 0; -EINVAL, with kind SKEP_ERR_NO_DIRECTION, SKEP_ERR_NO_INTERFACE, SKEP_ERR_SECTION (neither the section nor a field
 *         says where) or SKEP_ERR_INVALID; else as skep_probe_spec_family().
 * Context: any thread.
 * Source: src/manager/probe_field.def.
 */
int skep_probe_spec_check(const struct skep_probe_spec *spec,
			  const struct skep_probe_program *program, struct skep_error *err);

struct skep_probe_attach_opts {
	size_t sz;      /* sizeof(struct skep_probe_attach_opts) */
	uint64_t flags; /* SKEP_ATTACH_DRY_RUN */

	/* in the place of what the probe says */
	struct skep_netns *netns; /* borrowed for the call */
	const char *interface;    /* the one of those that match its pattern */
	uint64_t ifindex;         /* of that; 0: by its name */

	/* where the probe says nothing: tried first, others where the kernel lacks it */
	uint64_t kprobe_method; /* SKEP_ATTACH_METHOD_* */
	uint64_t uprobe_method; /* SKEP_ATTACH_METHOD_* */
	uint64_t max_active;    /* of returns; without it where the kernel cannot */

	/* whom to ask; all borrowed for the call */
	const struct skep_loaded *loaded;     /* whose maps the probe names; NULL: none */
	const struct skep_kallsyms *kallsyms; /* for system calls; NULL: read from @symbol_file */
	const char *symbol_file;              /* in the form of /proc/kallsyms; NULL: that */
};

/**
 * skep_probe_spec_target() - the function, hook or tracepoint that a program has to be loaded for
 * @spec:    the probe
 * @program: its program; not loaded: fd -1
 * @opts:    NULL for defaults: kallsyms and symbol_file are used
 * @buf:     the name, for skep_object_program_set_target()
 * @size:    bytes of @buf; 512 hold any name
 *
 * Programs of the families fentry, fexit, fsession, fmod_ret, lsm, lsm_cgroup, iter and tp_btf are attached to what they were
 * loaded for. So a probe of them that names something has to be asked before that.
 *
 * Return: the length of the name; 0 the probe does not change what its section says, or it is of another family; -ENOENT no such
 *         function; -ENOSPC; else as skep_probe_spec_check().
 * Context: may read /proc/kallsyms or the functions of tracefs: hundreds of milliseconds.
 * Source: bpf(2) BPF_PROG_LOAD, attach_btf_id.
 */
int skep_probe_spec_target(const struct skep_probe_spec *spec,
			   const struct skep_probe_program *program,
			   const struct skep_probe_attach_opts *opts, char *buf, size_t size,
			   struct skep_error *err);

/**
 * skep_probe_spec_attach() - attach a program as a probe says, in one attempt
 * @spec:           the probe
 * @program:        its program, loaded
 * @opts:           NULL for defaults
 * @ret_attachment: owned by the caller, skep_attachment_close()
 *
 * A function of the kernel that there is not is looked for under the names that compilers give: name.isra.0. A probe with all
 * has one attachment, of which skep_attachment_results() tells each function. Retries are the caller's.
 *
 * Return: 0; as skep_probe_spec_check(); -ENOENT, with kind SKEP_ERR_NO_HOOK, SKEP_ERR_NO_SYMBOL, SKEP_ERR_NO_EVENT or
 *         SKEP_ERR_NO_MAP; -E2BIG newer @opts; else as the function of the family: skep_kprobe_attach(), skep_tc_attach() ...
 * Source: bpf(2); as the functions of the families.
 */
int skep_probe_spec_attach(const struct skep_probe_spec *spec,
			   const struct skep_probe_program *program,
			   const struct skep_probe_attach_opts *opts,
			   struct skep_attachment **ret_attachment, struct skep_error *err);

SKEP_END
#endif
