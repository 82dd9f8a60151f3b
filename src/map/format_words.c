/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Words such as "src=ipv4 port=be16 pad:2" into the table of a format. */
#include <errno.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "map/format_build.h"

enum word_kind {
	WORD_NUMBER,
	WORD_BOOL,
	WORD_ADDRESS,
	WORD_PREFIX,
	WORD_STRING,
	WORD_BYTES,
	WORD_PAD,
};

static const struct word {
	const char *name;
	enum word_kind kind;
	uint32_t size; /* bytes; 0: they stand behind a colon */
	char order;    /* of bytes: 'b', 'l', or '\0': that of the machine */
	uint8_t is_signed;
} words[] = {
	{ "u8", WORD_NUMBER, 1 },
	{ "u16", WORD_NUMBER, 2 },
	{ "u32", WORD_NUMBER, 4 },
	{ "u64", WORD_NUMBER, 8 },
	{ "s8", WORD_NUMBER, 1, '\0', 1 },
	{ "s16", WORD_NUMBER, 2, '\0', 1 },
	{ "s32", WORD_NUMBER, 4, '\0', 1 },
	{ "s64", WORD_NUMBER, 8, '\0', 1 },
	{ "be16", WORD_NUMBER, 2, 'b' },
	{ "be32", WORD_NUMBER, 4, 'b' },
	{ "be64", WORD_NUMBER, 8, 'b' },
	{ "le16", WORD_NUMBER, 2, 'l' },
	{ "le32", WORD_NUMBER, 4, 'l' },
	{ "le64", WORD_NUMBER, 8, 'l' },
	{ "bool", WORD_BOOL, 1 },
	{ "ipv4", WORD_ADDRESS, 4 },
	{ "ipv6", WORD_ADDRESS, 16 },
	{ "mac", WORD_ADDRESS, 6 },
	{ "prefix4", WORD_PREFIX, 8 },
	{ "prefix6", WORD_PREFIX, 20 },
	{ "string", WORD_STRING, 0 },
	{ "bytes", WORD_BYTES, 0 },
	{ "pad", WORD_PAD, 0 },
};

static const uint8_t kinds[] = {
	[WORD_NUMBER] = MAP_FIELD_NUMBER,   [WORD_BOOL] = MAP_FIELD_BOOL,
	[WORD_ADDRESS] = MAP_FIELD_ADDRESS, [WORD_PREFIX] = MAP_FIELD_PREFIX,
	[WORD_STRING] = MAP_FIELD_CHARS,    [WORD_BYTES] = MAP_FIELD_BYTES,
};

/* A word as it was written: [name=]word[:size] */
struct written {
	const char *name;
	const char *word;
	const char *size;
	size_t name_len;
	size_t word_len;
	size_t size_len;
};

static struct written split(const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len), *end = text + len, *colon;
	struct written w = { .word = equals ? equals + 1 : text };

	if (equals) {
		w.name = text;
		w.name_len = (size_t)(equals - text);
	}
	colon = memchr(w.word, ':', (size_t)(end - w.word));
	if (colon) {
		w.size = colon + 1;
		w.size_len = (size_t)(end - w.size);
	}
	w.word_len = (size_t)((colon ? colon : end) - w.word);
	return w;
}

static int fail_word(const struct map_build *b, const struct written *w, const char *reason)
{
	return skep_fail(b->err, -EINVAL, SKEP_ERR_INVALID, "format: '%.*s': %s.",
			 (int)(w->word_len < 64 ? w->word_len : 64), w->word, reason);
}

static const struct word *find_word(const struct written *w)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].name) == w->word_len &&
		    !memcmp(words[i].name, w->word, w->word_len))
			return &words[i];
	return NULL;
}

/* The size behind the colon. Return: 1 to 1 GiB; 0: none. */
static uint32_t size_behind(const struct written *w)
{
	uint32_t size = 0;
	size_t i;

	if (!w->size || w->size_len > 10)
		return 0;
	for (i = 0; i < w->size_len; i++) {
		if (w->size[i] < '0' || w->size[i] > '9' || size > MAP_FORMAT_BYTES / 10)
			return 0;
		size = size * 10 + (uint32_t)(w->size[i] - '0');
	}
	return size > MAP_FORMAT_BYTES ? 0 : size;
}

static int add_word(struct map_build *b, const struct written *w, uint64_t *offset)
{
	const struct word *word = find_word(w);
	struct map_field field = { .offset = (uint32_t)*offset };
	uint32_t index;
	int r;

	if (!word)
		return fail_word(b, w,
				 "no such word; there are u8 .. u64, s8 .. s64, be16 .. be64, "
				 "le16 .. le64, bool, ipv4, ipv6, mac, prefix4, prefix6, "
				 "string:SIZE, bytes:SIZE, pad:SIZE");
	if (word->size && w->size)
		return fail_word(b, w, "its size is known");
	field.size = word->size ? word->size : size_behind(w);
	if (!field.size)
		return fail_word(b, w, "it needs its bytes behind a colon, 1 to 2^30");
	*offset += field.size;
	if (*offset > MAP_FORMAT_BYTES)
		return skep_fail(b->err, -EFBIG, SKEP_ERR_UNSUPPORTED, "format: more than 1 GiB.");
	if (word->kind == WORD_PAD)
		return w->name ? fail_word(b, w, "what is not shown has no name") : 0;
	field.kind = kinds[word->kind];
	field.is_ipv4 = word->kind == WORD_NUMBER && word->order == 'b' && word->size == 4;
	if (word->kind <= WORD_BOOL)
		field.number = (struct map_number){
			.width = (uint8_t)(8 * field.size),
			.is_big = word->order ? word->order == 'b' : MAP_NUMBER_NATIVE_BIG,
			.is_signed = word->is_signed,
		};
	r = map_build_string(b, w->word, w->word_len, &field.type);
	if (r >= 0 && w->name) {
		_cleanup_free_ char *name = strndup(w->name, w->name_len);

		if (!name)
			return skep_fail(b->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "format");
		if (!*name)
			return fail_word(b, w, "nothing stands before its '='");
		r = map_build_name(b, name, &field.name);
	}
	return r < 0 ? r : map_build_add(b, &field, &index);
}

/* All members are there: named, not named, or one alone, which is then the whole. */
static int close_whole(struct map_build *b, uint32_t named, uint64_t size)
{
	struct skep_format *f = b->format;
	uint32_t members = f->field_count - 1;

	if (!members)
		return skep_fail(b->err, -EINVAL, SKEP_ERR_INVALID, "format: no words.");
	if (named && named < members)
		return skep_fail(b->err, -EINVAL, SKEP_ERR_INVALID,
				 "format: all words have names, or none.");
	f->fields[0].kind = named ? MAP_FIELD_RECORD : MAP_FIELD_LIST;
	f->fields[0].size = (uint32_t)size;
	if (members == 1 && !named && f->fields[1].size == size) {
		f->fields[0] = f->fields[1];
		f->fields[0].next = f->field_count = 1;
		return 0;
	}
	return map_build_close(b, 0);
}

int skep_format_new_words(const char *text, struct skep_format **ret_format, struct skep_error *err)
{
	_cleanup_(map_build_fini) struct map_build b = { .format = NULL };
	struct map_field whole = { .kind = MAP_FIELD_LIST };
	uint32_t index, named = 0;
	uint64_t offset = 0;
	int r = map_build_begin(&b, err);

	if (r >= 0)
		r = map_build_string(&b, "words", 5, &whole.type);
	if (r >= 0)
		r = map_build_add(&b, &whole, &index);
	while (r >= 0) {
		size_t len;
		struct written w;

		text += strspn(text, " \t\n");
		len = strcspn(text, " \t\n");
		if (!len)
			break;
		w = split(text, len);
		named += w.name != NULL;
		r = add_word(&b, &w, &offset);
		text += len;
	}
	if (r >= 0)
		r = close_whole(&b, named, offset);
	if (r >= 0)
		map_build_finish(&b, (size_t)offset, ret_format);
	return r;
}
