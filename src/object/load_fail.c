/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Why an object was refused: the kernel lacks something, this process may not, or the code is wrong. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/feature.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "object/load.h"
#include "sys/capability.h"
#include "sys/fail.h"
#include "sys/memlock.h"
#include "sys/verifier_log.h"

#define NAME_BYTES 128
#define LINE_BYTES 512

/* What stands in quotes behind the last of some words. Return: 1; 0: it does not occur. */
static int quoted(const char *text, const char *words, char name[NAME_BYTES])
{
	const char *at, *found = NULL, *end;

	for (at = strstr(text, words); at; at = strstr(at + 1, words))
		found = at + strlen(words);
	end = found ? strchr(found, '\'') : NULL;
	if (!end || end - found >= NAME_BYTES)
		return 0;
	memcpy(name, found, (size_t)(end - found));
	name[end - found] = '\0';
	return 1;
}

/* The line of libbpf that has some words, without "libbpf: ". Return: 1; 0: none has. */
static int line_with(const char *text, const char *words, char line[LINE_BYTES])
{
	const char *at = strstr(text, words), *end;

	if (!at)
		return 0;
	while (at > text && at[-1] != '\n')
		at--;
	if (!strncmp(at, "libbpf: ", 8))
		at += 8;
	end = strchrnul(at, '\n');
	snprintf(line, LINE_BYTES, "%.*s", (int)(end - at), at);
	return 1;
}

struct failure {
	struct load *l;
	int code;
	struct skep_features *features;
	struct object_program *program; /* NULL: it was none */
	const char *log;                /* "" none */
	char reason[LINE_BYTES];
	struct skep_error e; /* what is going to be said */
};

static int said(struct failure *f, int code, uint32_t kind, const char *text)
{
	f->code = code;
	return skep_fail(&f->e, code, kind, "%s", text);
}

/* Before Linux 5.11 memory of BPF counts against a limit. */
static int is_short_of_memlock(void)
{
	return sys_capabilities_missing(SKEP_CAPABILITY_BIT(SYS_RESOURCE)) &&
	       sys_memlock_is_finite() && skep_memlock_counted(NULL) == 1;
}

/* Return: 1 said; 0 the type is there. */
static int lacks_type(struct failure *f)
{
	const struct skep_object_program *p = &f->program->spec;
	char type[SKEP_NAME_SIZE], attach[SKEP_NAME_SIZE], text[200];

	if (skep_feature_prog_type(f->features, p->type, NULL) == 0) {
		snprintf(text, sizeof(text),
			 "program '%.64s': this kernel lacks programs of type %s.", p->name,
			 skep_prog_type_name(p->type, type));
		said(f, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED, text);
		return 1;
	}
	if (p->attach_type &&
	    skep_feature_attach_type(f->features, p->type, p->attach_type, NULL) == 0) {
		snprintf(text, sizeof(text), "program '%.64s': this kernel lacks %s (%s, %s).",
			 p->name,
			 *p->rule ? p->rule : skep_attach_type_name(p->attach_type, attach),
			 skep_prog_type_name(p->type, type),
			 skep_attach_type_name(p->attach_type, attach));
		said(f, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED, text);
		return 1;
	}
	return 0;
}

/* "unknown func bpf_x#7", "invalid func unknown#7", "program of this type cannot use helper bpf_x#7". */
static int lacks_helper(struct failure *f)
{
	const char *hash = strrchr(f->reason, '#');
	char type[SKEP_NAME_SIZE], name[SKEP_NAME_SIZE], text[200];
	unsigned long helper;
	char *end;

	if (!hash || (!strstr(f->reason, "unknown func") && !strstr(f->reason, "invalid func") &&
		      !strstr(f->reason, "cannot use helper")))
		return 0;
	helper = strtoul(hash + 1, &end, 10);
	if (end == hash + 1 || helper > UINT32_MAX ||
	    skep_feature_helper(f->features, f->program->spec.type, (uint32_t)helper, NULL) != 0)
		return 0;
	snprintf(text, sizeof(text),
		 "program '%.64s': this kernel has no helper bpf_%s for programs of type %s.",
		 f->program->name, skep_helper_name((uint32_t)helper, name),
		 skep_prog_type_name(f->program->spec.type, type));
	said(f, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED, text);
	return 1;
}

/* What libbpf looks for in the BTF of the kernel. */
static int lacks_kernel_part(struct failure *f)
{
	char name[NAME_BYTES], text[240];

	if (quoted(f->l->print.text, "extern (func ksym) '", name) ||
	    quoted(f->l->print.text, "extern (var ksym) '", name)) {
		snprintf(text, sizeof(text),
			 "this kernel has no '%.64s' for programs (a kfunc or symbol).", name);
		said(f, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED, text);
		return 1;
	}
	if (strstr(f->l->print.text, "(strong): not resolved") && /* it ends with that */
	    quoted(f->l->print.text, "extern '", name)) {
		snprintf(text, sizeof(text),
			 "this kernel has no '%.64s' (a setting of its configuration, or a "
			 "symbol), which is not weak.",
			 name);
		said(f, -ENOENT, SKEP_ERR_NOT_FOUND, text);
		return 1;
	}
	if (strstr(f->l->print.text, "failed to find valid kernel BTF") ||
	    strstr(f->l->print.text, "vmlinux BTF is not found")) {
		said(f, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
		     "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF), and the object needs its types: name "
		     "a file with them (btf_path, --btf).");
		return 1;
	}
	if (f->program && (strstr(f->l->print.text, "no BTF-based attach target is specified") ||
			   strstr(f->l->print.text, "attach program FD is not set") ||
			   (!*f->program->target &&
			    strstr(f->l->print.text, "failed to find kernel BTF type ID of")))) {
		snprintf(text, sizeof(text),
			 "program '%.64s': neither its section '%.24s' nor a probe or edit says "
			 "%s it is loaded for; or exclude it.",
			 f->program->name, f->program->section,
			 f->program->spec.type == SKEP_PROG_TYPE_EXT ? "which program's function"
								     : "which function or hook");
		said(f, -EINVAL, SKEP_ERR_SECTION, text);
		return 1;
	}
	if (f->program && strstr(f->l->print.text, "failed to find kernel BTF type ID of")) {
		snprintf(text, sizeof(text),
			 "program '%.64s': this kernel has nothing called '%.64s' to attach to.",
			 f->program->name, f->program->target);
		said(f, f->code, SKEP_ERR_NOT_FOUND, text);
		return 1;
	}
	return 0;
}

/* A map that could not be made. */
static int fail_map(struct failure *f)
{
	char name[NAME_BYTES], buf[SKEP_NAME_SIZE];
	const struct object_map *m;
	const struct skep_map_spec *s;
	const char *type;

	if (!strstr(f->l->print.text, "failed to create") ||
	    !quoted(f->l->print.text, "map '", name))
		return 0;
	m = object_map_of(f->l->o, name);
	if (!m) /* libbpf calls those of variables OBJECT.rodata */
		m = strrchr(name, '.') ? object_map_of(f->l->o, strrchr(name, '.')) : NULL;
	if (!m)
		return 0;
	s = &m->spec.spec;
	type = skep_map_type_name((uint32_t)s->type, buf);
	if (f->code != -EPERM && skep_feature_map_type(f->features, (uint32_t)s->type, NULL) == 0) {
		f->code =
			skep_fail(&f->e, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				  "map '%.64s': this kernel lacks maps of type %s.", m->name, type);
		return 1;
	}
	sys_fail(&f->e, f->code, skep_map_type_capabilities((uint32_t)s->type),
		 "create map '%.64s' (%s, keys of %u, values of %u bytes, %u entries, flags 0x%x)",
		 m->name, type, (unsigned)s->key_size, (unsigned)s->value_size,
		 (unsigned)s->max_entries, (unsigned)s->flags);
	return 1;
}

static void find_program(struct failure *f)
{
	char name[NAME_BYTES];

	if (quoted(f->l->print.text, "prog '", name))
		f->program = object_program_of(f->l->o, name);
}

/* The verifier's last words, or libbpf's first about the program. */
static void find_reason(struct failure *f)
{
	char words[NAME_BYTES + 8];

	if (*f->log) {
		sys_verifier_log_reason(f->log, f->l->log_bytes, f->reason, sizeof(f->reason));
		return;
	}
	snprintf(words, sizeof(words), "prog '%.100s'", f->program ? f->program->name : "");
	if (!f->program || !line_with(f->l->print.text, words, f->reason))
		snprintf(f->reason, sizeof(f->reason), "%s", sys_libbpf_print_reason(&f->l->print));
}

static void fail_program(struct failure *f)
{
	const uint64_t needed = skep_prog_type_capabilities(f->program->spec.type);

	if (f->code == -EPERM && !sys_capabilities_missing(needed) && is_short_of_memlock()) {
		skep_fail(
			&f->e, f->code, SKEP_ERR_PERMISSION,
			"program '%.64s': refused. Before Linux 5.11 it counts against RLIMIT_MEMLOCK: raise "
			"it, or give CAP_SYS_RESOURCE.",
			f->program->name);
		return;
	}
	if (lacks_type(f) || lacks_helper(f))
		return;
	if (f->code == -EPERM || (sys_capabilities_missing(needed) && f->code != -ENOMEM)) {
		sys_fail(&f->e, -EPERM, needed, "load program '%.64s'", f->program->name);
		f->code = -EPERM;
		return;
	}
	if (*f->log)
		skep_fail(&f->e, f->code, SKEP_ERR_VERIFIER, "program '%.64s': %.150s.",
			  f->program->name, f->reason);
	else
		skep_fail(&f->e, f->code, SKEP_ERR_SYSCALL, "program '%.64s' (%.150s)",
			  f->program->name, f->reason);
}

static void keep_result(struct failure *f, int code)
{
	struct object_program *p = f->program;

	f->l->o->refused = (size_t)(p - f->l->o->programs) + 1;
	free(p->log);
	p->log = strndup(f->log, strnlen(f->log, f->l->log_bytes));
	p->result.log = p->log ? p->log : "";
	p->result.log_bytes = p->log ? strlen(p->log) : 0;
	p->result.code = code;
	p->result.log_truncated = code == -ENOSPC && *f->log;
	p->result.kind = f->e.kind;
	snprintf(p->result.reason, sizeof(p->result.reason), "%s", f->e.msg);
}

int load_fail(struct load *l, int code, const char *log)
{
	struct skep_features *own = NULL;
	struct failure f = { .l = l, .code = code, .features = l->opts->features, .log = log };

	if (!f.features && skep_features_open(NULL, &own, NULL) == 0)
		f.features = own;
	find_program(&f);
	find_reason(&f);
	if (!f.features)
		object_no_memory(&f.e);
	else if (!fail_map(&f) && !lacks_kernel_part(&f)) {
		if (f.program)
			fail_program(&f);
		else if (code == -EPERM)
			sys_fail(&f.e, code, SKEP_CAPABILITY_BIT(BPF), "load it");
		else
			skep_fail(&f.e, code, SKEP_ERR_SYSCALL, "libbpf: %.180s", f.reason);
	}
	skep_features_close(own);
	if (f.program)
		keep_result(&f, code);
	if (l->err)
		*l->err = f.e;
	return f.e.code ? f.e.code : code;
}
