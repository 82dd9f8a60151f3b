/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/kabi_names.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

#define SKEP_KABI_ROW(id, number, macro, name, title, major, minor, ...) \
	{ name, macro, title, number, major, minor },

static const struct skep_kabi_row command_rows[] = {
#include "kabi/command.def"
};
static const struct skep_kabi_row map_type_rows[] = {
#include "kabi/map_type.def"
};
static const struct skep_kabi_row prog_type_rows[] = {
#include "kabi/prog_type.def"
};
static const struct skep_kabi_row attach_type_rows[] = {
#include "kabi/attach_type.def"
};
static const struct skep_kabi_row link_type_rows[] = {
#include "kabi/link_type.def"
};
static const struct skep_kabi_row task_fd_type_rows[] = {
#include "kabi/task_fd_type.def"
};
static const struct skep_kabi_row perf_event_type_rows[] = {
#include "kabi/perf_event_type.def"
};
static const struct skep_kabi_row stats_type_rows[] = {
#include "kabi/stats_type.def"
};
static const struct skep_kabi_row prog_stream_rows[] = {
#include "kabi/prog_stream.def"
};
static const struct skep_kabi_row cgroup_order_rows[] = {
#include "kabi/cgroup_order.def"
};
static const struct skep_kabi_row helper_rows[] = {
#include "kabi/helper.def"
};
static const struct skep_kabi_row pseudo_load_rows[] = {
#include "kabi/pseudo_load.def"
};
static const struct skep_kabi_row pseudo_call_rows[] = {
#include "kabi/pseudo_call.def"
};
static const struct skep_kabi_row capability_rows[] = {
#include "kabi/capability.def"
};
static const struct skep_kabi_row map_flag_rows[] = {
#include "kabi/map_flag.def"
};
static const struct skep_kabi_row prog_flag_rows[] = {
#include "kabi/prog_flag.def"
};
static const struct skep_kabi_row attach_flag_rows[] = {
#include "kabi/attach_flag.def"
};
static const struct skep_kabi_row update_flag_rows[] = {
#include "kabi/update_flag.def"
};
static const struct skep_kabi_row query_flag_rows[] = {
#include "kabi/query_flag.def"
};
static const struct skep_kabi_row test_run_flag_rows[] = {
#include "kabi/test_run_flag.def"
};
static const struct skep_kabi_row verifier_log_rows[] = {
#include "kabi/verifier_log.def"
};
static const struct skep_kabi_row kprobe_multi_flag_rows[] = {
#include "kabi/kprobe_multi_flag.def"
};
static const struct skep_kabi_row uprobe_multi_flag_rows[] = {
#include "kabi/uprobe_multi_flag.def"
};
static const struct skep_kabi_row netfilter_flag_rows[] = {
#include "kabi/netfilter_flag.def"
};
static const struct skep_kabi_row btf_kind_rows[] = {
#include "kabi/btf_kind.def"
};
#undef SKEP_KABI_ROW

/* By enum skep_kabi. */
static const struct {
	const struct skep_kabi_row *rows;
	size_t count;
	const char *has;
} tables[] = {
#define SKEP_KABI_TABLE(id, number, file, kind, has) \
	[number] = { file##_rows, ARRAY_SIZE(file##_rows), has },
#include "kabi/tables.def"
#undef SKEP_KABI_TABLE
};

const struct skep_kabi_row *skep_kabi_rows(uint32_t table, size_t *ret_count)
{
	*ret_count = table < ARRAY_SIZE(tables) ? tables[table].count : 0;
	return *ret_count ? tables[table].rows : NULL;
}

const struct skep_kabi_row *skep_kabi_find(uint32_t table, uint64_t number)
{
	size_t i, count;
	const struct skep_kabi_row *rows = skep_kabi_rows(table, &count);

	for (i = 0; i < count; i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

const char *skep_kabi_name(uint32_t table, uint64_t number, char buf[SKEP_NAME_SIZE])
{
	const struct skep_kabi_row *row = skep_kabi_find(table, number);

	if (row)
		return row->name;
	if (!buf)
		return "unknown";
	snprintf(buf, SKEP_NAME_SIZE, "unknown(%" PRIu64 ")", number);
	return buf;
}

/* A letter as it counts in a comparison. */
static int plain(char c)
{
	if (c == '-' || c == ' ')
		return '_';
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static int same(const char *name, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!name[i] || plain(name[i]) != plain(text[i]))
			return 0;
	return !name[len];
}

/* A number that makes up the whole text. */
static int parse_number(const char *text, size_t len, uint64_t *ret_number)
{
	int hex = len > 2 && text[0] == '0' && plain(text[1]) == 'x';
	uint64_t number = 0;
	size_t i;

	if (!len)
		return -ENOENT;
	for (i = hex ? 2 : 0; i < len; i++) {
		int c = plain(text[i]);
		uint64_t digit = (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');

		if (c < '0' || (c > '9' && c < 'a') || digit >= (hex ? 16 : 10) ||
		    __builtin_mul_overflow(number, hex ? 16 : 10, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return -ENOENT;
	}
	*ret_number = number;
	return 0;
}

static int from_name(uint32_t table, const char *text, size_t len, uint64_t *ret_number)
{
	static const char unknown[] = "unknown(";
	const size_t before = sizeof(unknown) - 1;
	size_t i, count;
	const struct skep_kabi_row *rows = skep_kabi_rows(table, &count);

	for (i = 0; i < count; i++)
		if (same(rows[i].name, text, len) || same(rows[i].macro, text, len) ||
		    same(rows[i].title, text, len)) {
			*ret_number = rows[i].number;
			return 0;
		}
	if (len > before && same(unknown, text, before) && text[len - 1] == ')')
		return parse_number(text + before, len - before - 1, ret_number);
	return parse_number(text, len, ret_number);
}

int skep_kabi_from_name(uint32_t table, const char *name, uint32_t *ret_number)
{
	uint64_t number;

	if (!name || from_name(table, name, strlen(name), &number) < 0 || number > UINT32_MAX)
		return -ENOENT;
	*ret_number = (uint32_t)number;
	return 0;
}

/* Adds a word to what is in the buffer, as far as it fits; returns the length that there would be. */
static size_t add(char *buf, size_t size, size_t len, const char *word)
{
	if (len < size)
		snprintf(buf + len, size - len, "%s%s", len ? "|" : "", word);
	return len + !!len + strlen(word);
}

int skep_kabi_flags_format(uint32_t table, uint64_t flags, char *buf, size_t size)
{
	char unknown[SKEP_NAME_SIZE];
	size_t i, count, len = 0;
	const struct skep_kabi_row *rows = skep_kabi_rows(table, &count);

	if (!flags)
		len = add(buf, size, len, count && !rows[0].number ? rows[0].name : "none");
	for (i = 0; i < count; i++)
		if (flags & rows[i].number) {
			len = add(buf, size, len, rows[i].name);
			flags &= ~rows[i].number;
		}
	if (flags) {
		snprintf(unknown, sizeof(unknown), "0x%" PRIx64, flags);
		len = add(buf, size, len, unknown);
	}
	return len < size ? (int)len : -ENOSPC;
}

int skep_kabi_flags_parse(uint32_t table, const char *text, uint64_t *ret_flags,
			  struct skep_error *err)
{
	const char *has = table < ARRAY_SIZE(tables) ? tables[table].has : "flags of no table";
	uint64_t flags = 0, flag;

	if (!text)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "no text that has %s.", has);
	text += strspn(text, " ");
	while (*text) {
		size_t whole = strcspn(text, "|"), len = whole;

		while (len && text[len - 1] == ' ')
			len--;
		if (same("none", text, len))
			flag = 0;
		else if (from_name(table, text, len, &flag) < 0)
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "'%.*s' is none of the %s, and no number.", (int)len, text,
					 has);
		flags |= flag;
		text += whole;
		if (*text && !*++text)
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "%s: nothing behind the last '|'.", has);
		text += strspn(text, " ");
	}
	*ret_flags = flags;
	return 0;
}
