/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/btf_names.h"

#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/btf_children.h"
#include "sys/btf_handle.h"
#include "sys/btf_kfunc.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define DIGITS "0123456789"

/* Words that base types consist of, and that name nothing else. */
static const char *const type_words[] = {
	"char", "double", "float",   "int",      "long",       "short",    "signed",
	"void", "_Bool",  "_Atomic", "_Complex", "_Imaginary", "unsigned",
};

/* C11, and what compilers have beyond it by default. */
static const char *const keywords[] = {
	"_Alignas",
	"_Alignof",
	"_Generic",
	"_Noreturn",
	"_Pragma",
	"_Static_assert",
	"_Thread_local",
	"__asm__",
	"__attribute__",
	"__extension__",
	"__typeof__",
	"asm",
	"auto",
	"break",
	"case",
	"const",
	"continue",
	"default",
	"do",
	"else",
	"enum",
	"extern",
	"for",
	"goto",
	"if",
	"inline",
	"register",
	"restrict",
	"return",
	"sizeof",
	"static",
	"struct",
	"switch",
	"typedef",
	"typeof",
	"union",
	"volatile",
	"while",
};

static int is_one_of(const char *name, size_t len, const char *const *words, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(words[i]) == len && !memcmp(words[i], name, len))
			return 1;
	return 0;
}

/* Return: how long the word is that a name begins with; 0: none, or a keyword. */
static size_t word_length(const char *name)
{
	size_t len = strspn(name, LETTERS) ? strspn(name, LETTERS DIGITS) : 0;

	return is_one_of(name, len, keywords, ARRAY_SIZE(keywords)) ? 0 : len;
}

static int is_identifier(const char *name)
{
	size_t len = word_length(name);

	return len && !name[len] && !is_one_of(name, len, type_words, ARRAY_SIZE(type_words));
}

/* Of a base type: "long unsigned int". */
static int is_base_type(const char *name)
{
	size_t len;

	while ((len = word_length(name)) && name[len] == ' ')
		name += len + 1;
	return len && !name[len];
}

/* A tag is written as a string; or, see put_fragment(), as an attribute: a word, and perhaps words in parentheses. */
static int is_tag(const char *name, int is_attribute)
{
	size_t len;

	if (!is_attribute && strncmp(name, "address_space(", 14) != 0) {
		for (; *name; name++)
			if (*name < 0x20 || *name > 0x7e || *name == '"' || *name == '\\')
				return 0;
		return 1;
	}
	len = strspn(name, LETTERS DIGITS);
	if (len && name[len] == '(') {
		len += 1 + strspn(name + len + 1, LETTERS DIGITS ", ");
		return !strcmp(name + len, ")");
	}
	return len && !name[len];
}

/* Of a type itself: one that must not have a name, or need not, has none. */
static int is_name_of_type(const struct btf_type *t, const char *name)
{
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		return is_base_type(name);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return !*name || is_identifier(name);
	case BTF_KIND_TYPE_TAG:
		return is_tag(name, btf_kflag(t));
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
		return is_identifier(name);
	default: /* what C has no names for */
		return 1;
	}
}

static int check_part(const struct skep_btf *btf, uint32_t id, uint32_t index,
		      struct skep_error *err)
{
	struct skep_btf_member m = { .name = "" };
	const struct btf_type *t = btf_type_of(btf, id);

	skep_btf_member_at(btf, id, index, &m);
	if (btf_is_any_enum(t) ? is_identifier(m.name) : !*m.name || is_identifier(m.name))
		return 0;
	return skep_fail(err, -EINVAL, SKEP_ERR_SYSCALL,
			 "type [%u] '%.64s' cannot be written as C: the name of a part of it, "
			 "'%.64s', is no name in C.",
			 id, btf_name_of(btf, t->name_off), m.name);
}

static int check_type(const struct skep_btf *btf, uint32_t id, int with_parts,
		      struct skep_error *err)
{
	const struct btf_type *t = btf_type_of(btf, id);
	const char *name = btf_name_of(btf, t->name_off);
	uint32_t i;
	int r = 0;

	if (!is_name_of_type(t, name))
		return skep_fail(
			err, -EINVAL, SKEP_ERR_SYSCALL,
			"type [%u] '%.64s' cannot be written as C: its name is no name in C.", id,
			name);
	if (!with_parts || !(btf_is_composite(t) || btf_is_any_enum(t) || btf_is_func_proto(t)))
		return 0;
	for (i = 0; i < btf_vlen(t) && r == 0; i++)
		r = check_part(btf, id, i, err);
	return r;
}

/* Whether the name of a function or variable is written. */
static int check_externs(const struct skep_btf *btf, const struct sys_btf_roots *roots,
			 struct skep_error *err)
{
	uint64_t i;
	int r = 0;

	for (i = 0; i < roots->count && r == 0; i++) {
		uint32_t id = roots->ids[i];

		if (!roots->chosen)
			id = btf_kfunc_of(btf, id);
		if (id && (btf_is_func(btf_type_of(btf, id)) || btf_is_var(btf_type_of(btf, id))))
			r = check_type(btf, id, 0, err);
	}
	return r;
}

int sys_btf_names_check(const struct skep_btf *btf, const struct sys_btf_roots *roots,
			struct skep_error *err)
{
	_cleanup_free_ unsigned char *marks = NULL;
	uint32_t id;
	int r;

	r = sys_btf_needed(btf, roots, &marks, err);
	for (id = 1; r == 0 && id < btf->extent.type_count; id++) {
		const struct btf_type *t = btf_type_of(btf, id);

		if (marks[id] && !btf_is_func(t) && !btf_is_var(t))
			r = check_type(btf, id,
				       marks[id] & SYS_BTF_BY_VALUE || !btf_is_named_record(t),
				       err);
	}
	return r < 0 ? r : check_externs(btf, roots, err);
}
