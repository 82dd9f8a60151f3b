/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "object/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "object/loaded.h"

/*
 * A kernel before 5.2 takes 2^24-1 bytes, later ones 2^30-1. Memory that no log reaches is never touched: the first buffer
 * is one that few logs outgrow, and shorter than a huge page, which would be cleared as a whole.
 */
#define LOG_FIRST_BYTES 1048575ul
#define LOG_MAX_BYTES ((1ul << 30) - 1)
#define LOG_GROWTH 4
#define LOG_QUIET_BYTES 65536ul    /* holds the statistics */
#define LOG_EACH_BYTES (1ul << 20) /* of each program, if all logs are wanted */

static uint64_t boot_time_ns(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static size_t included(const struct skep_object *o)
{
	size_t i, n = 0;

	for (i = 0; i < o->program_count; i++)
		n += !o->programs[i].spec.excluded;
	return n;
}

static int find_undefined(const struct skep_object_reference *reference, void *userdata)
{
	const struct skep_object *o = ((const struct load *)userdata)->o;
	size_t i;

	if (reference->kind != SKEP_OBJECT_REFERENCE_EXTERN)
		return 0;
	for (i = 0; i < o->undefined_count; i++)
		if (o->undefined[i].name == reference->name)
			return (int)i + 1;
	return 0;
}

/* Does a program reach a call of what is defined nowhere? */
static int check_calls(const struct load *l, struct object_program *p)
{
	const int found =
		l->o->undefined_count
			? skep_object_program_references(l->o, p->name, find_undefined, (void *)l)
			: 0;

	if (found < 0)
		return object_no_memory(l->err);
	return found ? object_fail(l->err,
				   "program '%.64s' calls '%.64s', which is defined nowhere: no "
				   "function of the object, no helper, and not declared as a "
				   "function of the kernel (__ksym).",
				   p->name, l->o->undefined[found - 1].name)
		     : 0;
}

static int check_programs(const struct load *l)
{
	int r;
	struct object_program *p;

	if (!included(l->o) && !(l->opts->flags & SKEP_OBJECT_MAPS_ONLY))
		return skep_fail(l->err, -EINVAL, SKEP_ERR_NOT_FOUND,
				 l->o->program_count
					 ? "nothing is left to load: all programs are excluded."
					 : "there is no program in it.");
	for (p = l->o->programs; p < l->o->programs + l->o->program_count; p++)
		if (!p->spec.excluded && !p->spec.type)
			return skep_fail(
				l->err, -EINVAL, SKEP_ERR_INVALID,
				"program '%.64s': its section '%.64s' does not tell its type, "
				"and none was set (--type PROG=TYPE).",
				p->name, p->section);
	for (p = l->o->programs; p < l->o->programs + l->o->program_count; p++) {
		r = p->spec.excluded ? 0 : check_calls(l, p);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Types that are loaded for a function of the kernel, which has to be found beforehand. */
static int has_kernel_target(uint32_t type, uint32_t attach_type)
{
	if (attach_type == SKEP_ATTACH_TYPE_TRACE_FENTRY_MULTI ||
	    attach_type == SKEP_ATTACH_TYPE_TRACE_FEXIT_MULTI ||
	    attach_type == SKEP_ATTACH_TYPE_TRACE_FSESSION_MULTI)
		return 0; /* they are chosen when it is attached */
	return type == SKEP_PROG_TYPE_TRACING || type == SKEP_PROG_TYPE_LSM;
}

static int set_logs(struct load *l, size_t index, struct bpf_program *program)
{
	if (l->quiet) /* with statistics alone the verifier writes next to nothing */
		bpf_program__set_log_level(program, SKEP_VERIFIER_LOG_STATS);
	else if (l->logs)
		bpf_program__set_log_level(program,
					   (uint32_t)l->opts->log_level |
						   (l->opts->flags & SKEP_OBJECT_STATISTICS
							    ? (uint32_t)SKEP_VERIFIER_LOG_STATS
							    : 0));
	if (!l->logs)
		return bpf_program__set_log_buf(program, l->log, l->log_bytes);
	l->logs[index] = calloc(1, l->log_bytes);
	return l->logs[index] ? bpf_program__set_log_buf(program, l->logs[index], l->log_bytes)
			      : -ENOMEM;
}

/* As a rule they stand in the same order, and @next is the one. */
static struct bpf_program *find_opened(const struct load *l, const char *name,
				       struct bpf_program *next)
{
	return next && !strcmp(bpf_program__name(next), name)
		       ? next
		       : bpf_object__find_program_by_name(l->opened, name);
}

/*
 * Of some sections libbpf chooses the attach type while it loads, whatever it was told. It forgets a section once the type of
 * the program is set to another.
 */
static int forget_section(struct bpf_program *program, uint32_t type)
{
	int r = bpf_program__set_type(program, BPF_PROG_TYPE_UNSPEC);

	return r < 0 ? r : bpf_program__set_type(program, (enum bpf_prog_type)type);
}

static int apply_program(struct load *l, size_t index, struct bpf_program *next)
{
	const struct object_program *p = &l->o->programs[index];
	struct bpf_program *program = find_opened(l, p->name, next);
	const int retyped = program && (uint32_t)bpf_program__type(program) != p->spec.type;
	int r = 0;

	if (!program)
		return -ENOENT;
	l->programs[index] = program;
	if (p->spec.excluded)
		return bpf_program__set_autoload(program, false);
	r = bpf_program__set_autoload(program, true);
	if (r == 0 && retyped)
		r = bpf_program__set_type(program, (enum bpf_prog_type)p->spec.type);
	else if (r == 0 && p->type_is_edited && p->spec.type == SKEP_PROG_TYPE_KPROBE)
		r = forget_section(program, p->spec.type);
	if (r == 0 && (uint32_t)bpf_program__expected_attach_type(program) != p->spec.attach_type)
		r = bpf_program__set_expected_attach_type(
			program, (enum bpf_attach_type)p->spec.attach_type);
	if (r == 0 && bpf_program__flags(program) != p->spec.flags)
		r = bpf_program__set_flags(program, p->spec.flags);
	if (r == 0 && p->has_target_fd)
		r = bpf_program__set_attach_target(program, p->target_fd, p->target);
	else if (r == 0 && (retyped || p->target_is_edited) && *p->target &&
		 has_kernel_target(p->spec.type, p->spec.attach_type))
		r = bpf_program__set_attach_target(program, 0, p->target);
	return r == 0 ? set_logs(l, index, program) : r;
}

static int apply_programs(struct load *l)
{
	struct bpf_program *next = NULL;
	size_t i;
	int r;

	l->programs = calloc(l->o->program_count + 1, sizeof(struct bpf_program *));
	if (!l->programs)
		return object_no_memory(l->err);
	for (i = 0; i < l->o->program_count; i++) {
		next = bpf_object__next_program(l->opened, next);
		r = apply_program(l, i, next);
		if (r == -ENOMEM)
			return object_no_memory(l->err);
		if (r < 0)
			return skep_fail(l->err, r,
					 r == -ENOENT || r == -ESRCH ? SKEP_ERR_NOT_FOUND
								     : SKEP_ERR_INVALID,
					 "program '%.64s': %s.", l->o->programs[i].name,
					 *l->print.text ? sys_libbpf_print_reason(&l->print)
							: "libbpf does not see it");
	}
	return 0;
}

static void forget_results(struct skep_object *o)
{
	struct object_program *p;

	for (p = o->programs; p < o->programs + o->program_count; p++) {
		free(p->log);
		p->log = NULL;
		p->result = (struct skep_object_result){ .program = p->name,
							 .log = "",
							 .code = -ENODATA };
	}
	o->was_loaded = 1;
	o->refused = 0;
}

static void keep_log(struct object_program *p, const char *log, size_t room)
{
	size_t len = strnlen(log, room);

	p->log = strndup(log, len);
	p->result.log = p->log ? p->log : "";
	p->result.log_bytes = p->log ? len : 0;
}

/* What the kernel says of programs: they were loaded one after the other. */
static void keep_success(struct load *l, const struct skep_loaded *loaded)
{
	const struct loaded_program *lp = loaded->programs;
	struct object_program *p, *last = NULL;
	uint64_t last_ns = 0;
	size_t i;

	for (i = 0; i < l->o->program_count; i++) {
		p = &l->o->programs[i];
		if (p->spec.excluded)
			continue;
		p->result.code = 0;
		p->result.verified_insns = lp->verified_insns;
		if (l->logs && l->logs[i])
			keep_log(p, l->logs[i], l->log_bytes);
		if (last)
			last->result.load_ns = lp->load_time_ns - last_ns;
		last = p;
		last_ns = lp++->load_time_ns;
	}
	if (last)
		last->result.load_ns = boot_time_ns() - last_ns;
}

static int keep_programs(struct load *l, struct skep_loaded *loaded)
{
	const struct object_program *p;
	size_t i;
	int r = 0;

	for (i = 0; i < l->o->program_count && r == 0; i++) {
		p = &l->o->programs[i];
		if (p->spec.excluded)
			continue;
		r = loaded_add_program(loaded, p->name, p->section, p->target,
				       bpf_program__fd(l->programs[i]), l->err);
		if (r == 0)
			loaded->programs[loaded->program_count - 1].spec.attach_type =
				(uint32_t)bpf_program__expected_attach_type(l->programs[i]);
	}
	return r;
}

/* One attempt: libbpf's object cannot be loaded twice. */
static int attempt(struct load *l)
{
	int r = load_open_image(l, 0, &l->opened);

	if (r == 0)
		r = apply_programs(l);
	if (r == 0)
		r = load_apply_maps(l);
	return r;
}

static void end_attempt(struct load *l)
{
	size_t i;

	bpf_object__close(l->opened);
	l->opened = NULL;
	free(l->programs);
	l->programs = NULL;
	for (i = 0; l->logs && i < l->o->program_count; i++)
		free(l->logs[i]);
	free(l->logs);
	l->logs = NULL;
	free(l->log);
	l->log = NULL;
}

static int begin_log(struct load *l)
{
	const int all = l->opts->log_level || l->opts->flags & SKEP_OBJECT_STATISTICS;

	l->log = malloc(l->log_bytes);
	if (l->log)
		*l->log = '\0';
	if (all)
		l->logs = calloc(l->o->program_count + 1, sizeof(char *));
	return l->log && (!all || l->logs) ? 0 : object_no_memory(l->err);
}

/* The log of the program that was refused: the only one that was written to, unless all are wanted. */
static const char *refused_log(const struct load *l)
{
	size_t i;

	if (!l->logs)
		return l->log;
	for (i = l->o->program_count; i > 0; i--)
		if (l->logs[i - 1] && *l->logs[i - 1])
			return l->logs[i - 1];
	return "";
}

/* With a larger log until it fits; beyond the largest, without one. Return: 0; what libbpf returned. */
static int load_with_log(struct load *l, int *ret_libbpf)
{
	const size_t max = l->opts->log_max_bytes && l->opts->log_max_bytes < LOG_MAX_BYTES
				   ? (size_t)l->opts->log_max_bytes
				   : LOG_MAX_BYTES;
	int r;

	for (;;) {
		l->log_bytes = l->log_bytes < max ? l->log_bytes : max;
		sys_libbpf_print_begin(&l->print);
		r = begin_log(l);
		if (r == 0)
			r = attempt(l);
		*ret_libbpf = 0;
		if (r == 0) {
			l->started_ns = boot_time_ns();
			*ret_libbpf = r = bpf_object__load(l->opened);
		}
		sys_libbpf_print_end(&l->print);
		if (r != -ENOSPC || !*ret_libbpf || !*refused_log(l) || l->log_bytes >= max)
			return r;
		end_attempt(l);
		l->log_bytes *= LOG_GROWTH;
	}
}

/* The log was cut off, which is what the kernel complains of: without a log it says what is wrong. */
static int errno_without_log(struct load *l, int code)
{
	int r;

	end_attempt(l);
	l->quiet = 1;
	l->log_bytes = LOG_QUIET_BYTES;
	sys_libbpf_print_begin(&l->print);
	r = begin_log(l);
	if (r == 0)
		r = attempt(l);
	if (r == 0)
		r = bpf_object__load(l->opened);
	sys_libbpf_print_end(&l->print);
	return r < 0 ? r : code;
}

static int refuse(struct load *l, int code)
{
	struct skep_object_result *result;
	int r = load_fail(l, code, refused_log(l));

	if (!l->o->refused || !l->o->programs[l->o->refused - 1].result.log_truncated)
		return r;
	result = &l->o->programs[l->o->refused - 1].result;
	r = result->code = errno_without_log(l, code);
	if (l->err)
		l->err->code = r;
	return r;
}

static int run(struct load *l, struct skep_loaded *loaded)
{
	int libbpf = 0, r;

	if (l->opts->btf_path && access(l->opts->btf_path, R_OK) < 0)
		return skep_fail(l->err, -errno,
				 errno == ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "read the BTF of the kernel in '%s'", l->opts->btf_path);
	r = load_prepare_maps(l);
	if (r < 0)
		return r;
	l->log_bytes = l->opts->log_level || l->opts->flags & SKEP_OBJECT_STATISTICS
			       ? LOG_EACH_BYTES
			       : LOG_FIRST_BYTES;
	r = load_with_log(l, &libbpf);
	if (r < 0)
		return libbpf ? refuse(l, libbpf) : r;
	r = keep_programs(l, loaded);
	if (r < 0)
		return r;
	keep_success(l, loaded);
	return load_finish_maps(l, loaded);
}

int skep_object_load(struct skep_object *o, const struct skep_object_load_opts *opts,
		     struct skep_loaded **ret_loaded, struct skep_error *err)
{
	_cleanup_(skep_loaded_closep) struct skep_loaded *loaded = calloc(1, sizeof(*loaded));
	struct skep_object_load_opts given = { .sz = sizeof(given) };
	struct load l = { .o = o, .opts = &given, .err = err };
	int r = opts_copy(&given, sizeof(given), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "load '%s': options", o->name);
	if (!loaded)
		return object_no_memory(err);
	forget_results(o);
	r = check_programs(&l);
	if (r == 0)
		r = run(&l, loaded);
	end_attempt(&l);
	load_free_maps(&l);
	if (r < 0)
		return object_one_line(err, skep_wrap(err, r, "load '%.64s': ", o->name));
	*ret_loaded = take_ptr(loaded);
	return 0;
}

const struct skep_object_result *skep_object_result(const struct skep_object *o,
						    const char *program)
{
	const struct object_program *p = o->was_loaded ? object_program_of(o, program) : NULL;

	return p ? &p->result : NULL;
}

const char *skep_object_verifier_log(const struct skep_object *o, const char *program,
				     size_t *ret_size)
{
	const struct object_program *p = program      ? object_program_of(o, program)
					 : o->refused ? &o->programs[o->refused - 1]
						      : NULL;
	const int known = p && p->log;

	*ret_size = known ? p->result.log_bytes : 0;
	return known ? p->log : "";
}
