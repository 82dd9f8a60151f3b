/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "bpffs/mount_data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <skep/error.h>
#include <skep/kabi_names.h>

#include "base/cleanup.h"
#include "base/error.h"

#define WORD_SIZE 64
#define DELEGATED 4

/* What may be delegated, and how the kernel's names of it begin. */
struct delegated {
	const char *option;
	const char *words;
	const char *prefix;
	uint32_t table;
};

static void list_delegated(const struct skep_bpffs_mount_opts *o, struct delegated list[DELEGATED])
{
	const struct delegated all[DELEGATED] = {
		{ "delegate_cmds", o->delegate_cmds, "BPF_", SKEP_KABI_COMMAND },
		{ "delegate_maps", o->delegate_maps, "BPF_MAP_TYPE_", SKEP_KABI_MAP_TYPE },
		{ "delegate_progs", o->delegate_progs, "BPF_PROG_TYPE_", SKEP_KABI_PROG_TYPE },
		{ "delegate_attachs", o->delegate_attachs, "BPF_", SKEP_KABI_ATTACH_TYPE },
	};

	memcpy(list, all, sizeof(all));
}

/* Behind what is there. Return: 0; -ENOSPC. */
static int append(char data[BPFFS_MOUNT_DATA_SIZE], const char *separator, const char *text)
{
	size_t len = strlen(data), room = BPFFS_MOUNT_DATA_SIZE - len;

	return snprintf(data + len, room, "%s%s", separator, text) >= (int)room ? -ENOSPC : 0;
}

/* The kernel's own name, so that it stays as it is, whichever of several names of a number it is. */
static int is_kernel_name(const struct delegated *d, const char *word)
{
	size_t count, i, len = strlen(d->prefix);
	const struct skep_kabi_row *rows = skep_kabi_rows(d->table, &count);

	for (i = 0; i < count; i++)
		if (!strncmp(rows[i].macro, d->prefix, len) &&
		    !strcasecmp(rows[i].macro + len, word))
			return 1;
	return 0;
}

/* As the kernel has it. Return: 1; 0 it is unknown, and stays as it is. */
static int translate(const struct delegated *d, char word[WORD_SIZE])
{
	const struct skep_kabi_row *row;
	size_t len = strlen(d->prefix);
	uint32_t number;

	if ((word[0] >= '0' && word[0] <= '9') || !strcmp(word, "any") || is_kernel_name(d, word))
		return 1;
	if (skep_kabi_from_name(d->table, word, &number) < 0)
		return 0;
	row = skep_kabi_find(d->table, number);
	if (!row || strncmp(row->macro, d->prefix, len) != 0)
		return 0;
	snprintf(word, WORD_SIZE, "%s", row->macro + len); /* the kernel reads large letters, too */
	return 1;
}

/* The word at the beginning of a text. Return: what follows it; NULL: it can be none, @word has it all the same. */
static const char *next_word(const char *text, char word[WORD_SIZE])
{
	size_t len = strcspn(text, ":");

	snprintf(word, WORD_SIZE, "%.*s", (int)len, text);
	return !len || len >= WORD_SIZE || strpbrk(word, ",=\\") ? NULL : text + len;
}

static int add_delegated(const struct delegated *d, char data[BPFFS_MOUNT_DATA_SIZE],
			 struct skep_error *err)
{
	const char *at = d->words, *separator = "=";
	char word[WORD_SIZE];
	int r;

	r = append(data, *data ? "," : "", d->option);
	while (r == 0) {
		at = next_word(at, word);
		if (!at)
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "mount a bpffs: %s: '%s' is no name (it takes names "
					 "between ':', or any).",
					 d->option, word);
		translate(d, word);
		r = append(data, separator, word);
		separator = ":";
		if (!*at++)
			break;
	}
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "mount a bpffs: %s is too long.",
				 d->option);
	return 0;
}

static void add_number(char data[BPFFS_MOUNT_DATA_SIZE], const char *format, uint64_t number)
{
	char text[32];

	if (!number)
		return;
	snprintf(text, sizeof(text), format, (unsigned)number);
	append(data, *data ? "," : "", text);
}

int bpffs_mount_data(const struct skep_bpffs_mount_opts *o, char data[BPFFS_MOUNT_DATA_SIZE],
		     struct skep_error *err)
{
	struct delegated list[DELEGATED];
	size_t i;
	int r;

	data[0] = '\0';
	if (o->mode > 07777)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "mount a bpffs: mode 0%" PRIo64 " is more than 07777.", o->mode);
	if (o->uid >= UINT32_MAX || o->gid >= UINT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "mount a bpffs: %s %" PRIu64 " is more than 2^32 - 2.",
				 o->uid >= UINT32_MAX ? "uid" : "gid",
				 o->uid >= UINT32_MAX ? o->uid : o->gid);
	add_number(data, "mode=%o", o->mode);
	add_number(data, "uid=%u", o->uid);
	add_number(data, "gid=%u", o->gid);
	list_delegated(o, list);
	for (i = 0; i < DELEGATED; i++) {
		r = list[i].words ? add_delegated(&list[i], data, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int bpffs_mount_data_unknown(const struct skep_bpffs_mount_opts *o, struct skep_error *err)
{
	struct delegated list[DELEGATED];
	char word[WORD_SIZE];
	const char *at;
	size_t i;

	list_delegated(o, list);
	for (i = 0; i < DELEGATED; i++)
		for (at = list[i].words; at; at = *at ? at + 1 : NULL) {
			at = next_word(at, word);
			if (!at)
				break;
			if (!translate(&list[i], word))
				return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
						 "mount a bpffs: %s: nothing is called '%s'.",
						 list[i].option, word);
		}
	return 0;
}
