/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/btf_dump.h>

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/btf_children.h"
#include "sys/btf_handle.h"
#include "sys/btf_kfunc.h"
#include "sys/btf_names.h"
#include "sys/btf_nesting.h"
#include "sys/btf_roots.h"
#include "sys/btf_writer.h"
#include "sys/libbpf_print.h"

static const char guard_begin[] = "#ifndef __VMLINUX_H__\n"
				  "#define __VMLINUX_H__\n"
				  "\n";
static const char guard_end[] = "#endif /* __VMLINUX_H__ */\n";
static const char access_begin[] = "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
				   "#pragma clang attribute push "
				   "(__attribute__((preserve_access_index)), apply_to = record)\n"
				   "#endif\n"
				   "\n";
static const char access_end[] = "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
				 "#pragma clang attribute pop\n"
				 "#endif\n"
				 "\n";
static const char kfuncs_begin[] = "#ifndef BPF_NO_KFUNC_PROTOTYPES\n"
				   "#ifndef __ksym\n"
				   "#define __ksym __attribute__((section(\".ksyms\")))\n"
				   "#endif\n"
				   "#ifndef __weak\n"
				   "#define __weak __attribute__((weak))\n"
				   "#endif\n"
				   "\n";
static const char kfuncs_end[] = "#endif\n\n";

struct dump {
	const struct skep_btf *btf;
	struct sys_btf_writer *w;
	struct btf_dump *c;
	struct skep_error *err;
	int complete; /* all types there are have been written */
};

/* Takes what libbpf writes, and evens out what its versions write differently. */
static void put_fragment(void *userdata, const char *fmt, va_list args)
{
	struct sys_btf_writer *w = userdata;
	const char *tag;
	va_list copy;

	if (w->result) /* a type may be long */
		return;
	/* no parameters as (), which in C before C23 says nothing about them */
	if (!strcmp(fmt, ")") && w->len && w->buf[w->len - 1] == '(')
		sys_btf_puts(w, "void");
	/* the attribute of pointers into arenas as a tag of that name, which is another type (before 1.6) */
	if (fmt[0] == ' ' && strstr(fmt, "btf_type_tag(")) {
		va_copy(copy, args);
		tag = va_arg(copy, const char *);
		va_end(copy);
		if (!strncmp(tag, "address_space(", 14))
			fmt = " __attribute__((%s))";
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	sys_btf_vprintf(w, fmt, args);
#pragma GCC diagnostic pop
}

/* What a name is in the order of a sorted dump: those without one come last. */
static int compare_names(const void *a, const void *b, void *userdata)
{
	const struct skep_btf *btf = userdata;
	uint32_t ids[2] = { *(const uint32_t *)a, *(const uint32_t *)b };
	const struct btf_type *t[2] = { btf_type_of(btf, ids[0]), btf_type_of(btf, ids[1]) };
	int r;

	if (!t[0]->name_off != !t[1]->name_off)
		return t[0]->name_off ? -1 : 1;
	r = strcmp(btf_name_of(btf, t[0]->name_off), btf_name_of(btf, t[1]->name_off));
	if (r == 0)
		r = (int)btf_kind(t[0]) - (int)btf_kind(t[1]);
	return r ? r : (ids[0] > ids[1]) - (ids[0] < ids[1]);
}

/* A struct that is only pointed to has to be known outside of the parameters that mention it. */
static void put_pointed_to(struct dump *d, uint32_t id)
{
	const struct btf_type *t = btf_type_of(d->btf, id);

	while (id && (btf_is_ptr(t) || btf_is_mod(t))) {
		id = t->type;
		t = btf_type_of(d->btf, id);
	}
	if (!id || !btf_is_named_record(t))
		return;
	sys_btf_puts(d->w, btf_is_struct(t) ? "struct " : "union ");
	sys_btf_puts(d->w, btf_name_of(d->btf, t->name_off));
	sys_btf_puts(d->w, ";\n");
}

/* A function or variable as an extern declaration. @end: attributes and the rest. */
static int put_extern(struct dump *d, uint32_t id, const char *end)
{
	const struct btf_type *t = btf_type_of(d->btf, id), *of = btf_type_of(d->btf, t->type);
	struct btf_dump_emit_type_decl_opts opts = { .sz = sizeof(opts) };
	uint32_t i, count = btf_child_count(of);
	int r;

	r = btf_dump__dump_type(d->c, t->type); /* what it needs */
	if (r < 0)
		return r;
	for (i = 0; !d->complete && btf_is_func(t) && i < count; i++)
		put_pointed_to(d, btf_child(of, i));
	if (!btf_is_func(t))
		put_pointed_to(d, t->type);
	opts.field_name = btf_name_of(d->btf, t->name_off);
	sys_btf_puts(d->w, "extern ");
	r = btf_dump__emit_type_decl(d->c, t->type, &opts);
	sys_btf_puts(d->w, end);
	return r;
}

static int put_types(struct dump *d, const struct sys_btf_roots *roots)
{
	uint64_t i;
	int r = 0;

	for (i = 0; i < roots->count && r == 0 && d->w->result == 0; i++) {
		const struct btf_type *t = btf_type_of(d->btf, roots->ids[i]);

		if (roots->chosen && (btf_is_func(t) || btf_is_var(t)))
			r = put_extern(d, roots->ids[i], ";\n\n");
		else
			r = btf_dump__dump_type(d->c, roots->ids[i]);
	}
	return r < 0 ? r : 0;
}

/* The functions that the kernel marks as callable by programs. */
static int put_kfuncs(struct dump *d, const struct sys_btf_roots *roots)
{
	uint64_t i, count = 0;
	int r = 0;

	for (i = 0; i < roots->count && r == 0 && d->w->result == 0; i++) {
		uint32_t id = btf_kfunc_of(d->btf, roots->ids[i]);

		if (!id)
			continue;
		if (!count++)
			sys_btf_puts(d->w, kfuncs_begin);
		r = put_extern(d, id, " __weak __ksym;\n\n");
	}
	if (count)
		sys_btf_puts(d->w, kfuncs_end);
	return r < 0 ? r : 0;
}

/* Whether a struct or union will be defined: compilers warn of an attribute that nothing takes. */
static int defines_record(const struct dump *d, const struct sys_btf_roots *roots)
{
	_cleanup_free_ unsigned char *marks = NULL;
	uint32_t id;

	if (!roots->chosen || sys_btf_needed(d->btf, roots, &marks, NULL) < 0)
		return 1;
	for (id = 1; id < d->btf->extent.type_count; id++)
		if (marks[id] & SYS_BTF_BY_VALUE && btf_is_composite(btf_type_of(d->btf, id)))
			return 1;
	return 0;
}

static int put_all(struct dump *d, const struct sys_btf_roots *roots)
{
	int plain = (roots->flags & SKEP_BTF_DUMP_PLAIN) != 0, r;
	int access = !plain && defines_record(d, roots);

	if (!plain)
		sys_btf_puts(d->w, guard_begin);
	if (access)
		sys_btf_puts(d->w, access_begin);
	r = put_types(d, roots);
	d->complete = !roots->chosen && d->btf->first_id == 1;
	if (r == 0 && !plain && !roots->chosen)
		r = put_kfuncs(d, roots);
	if (access)
		sys_btf_puts(d->w, access_end);
	if (!plain)
		sys_btf_puts(d->w, guard_end);
	return r;
}

static int dump_roots(struct dump *d, struct sys_btf_roots *roots)
{
	struct sys_libbpf_print print;
	int r;

	if (roots->flags & SKEP_BTF_DUMP_SORTED)
		qsort_r(roots->ids, roots->count, sizeof(*roots->ids), compare_names,
			(void *)(uintptr_t)d->btf);
	r = sys_btf_nesting_check(d->btf, roots->ids, roots->count, d->err);
	if (r == 0)
		r = sys_btf_names_check(d->btf, roots, d->err);
	if (r < 0)
		return r;
	sys_libbpf_print_begin(&print);
	d->c = btf_dump__new(d->btf->btf, put_fragment, d->w, NULL);
	r = d->c ? put_all(d, roots) : -errno;
	btf_dump__free(d->c);
	sys_libbpf_print_end(&print);
	if (r < 0)
		return skep_fail(d->err, r, r == -ENOMEM ? SKEP_ERR_NO_MEMORY : SKEP_ERR_SYSCALL,
				 "dump BTF as C: %s", sys_libbpf_print_reason(&print));
	return sys_btf_writer_end(d->w, d->err);
}

int skep_btf_dump_c(const struct skep_btf *btf, const struct skep_btf_dump_opts *opts,
		    skep_btf_write_fn fn, void *userdata, struct skep_error *err)
{
	_cleanup_free_ struct sys_btf_writer *w = sys_btf_writer_new(fn, userdata);
	struct dump d = { .btf = btf, .w = w, .err = err };
	struct sys_btf_roots roots;
	int r;

	if (!w)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "dump BTF");
	r = sys_btf_roots_init(&roots, btf, opts, SKEP_BTF_DUMP_PLAIN | SKEP_BTF_DUMP_SORTED, err);
	if (r < 0)
		return r;
	r = dump_roots(&d, &roots);
	free(roots.ids);
	return r;
}
