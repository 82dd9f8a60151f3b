/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/map_format.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/format.h>
#include <skep/kabi.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "map/map.h"
#include "text/address.h"
#include "text/number.h"

#define WORDS_SIZE 32

/* A format, and what to make of a literal where it knows nothing. */
struct part {
	struct skep_format *format; /* of one CPU's value */
	uint32_t source;
	size_t size; /* bytes of it */
};

struct skep_map_formats {
	struct part key, value;
	struct skep_format *percpu; /* the values of all CPUs; NULL: it is no per-CPU map */
	uint32_t cpu_count;
	size_t value_bytes;
	int btf;
};

struct choice {
	const char *what;  /* "key" */
	const char *words; /* of the caller; NULL: none */
	const char *usual; /* what the type says; NULL: nothing */
	uint32_t type_id;  /* in the BTF; 0: none */
};

static int by_words(struct part *p, const char *what, const char *words, struct skep_error *err)
{
	int r = skep_format_new_words(words, &p->format, err);

	if (r < 0)
		return r;
	if (skep_format_size(p->format) != p->size)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "'%.64s' has %zu byte%s, a %s of this map %zu.", words,
				 skep_format_size(p->format),
				 skep_format_size(p->format) == 1 ? "" : "s", what, p->size);
	return 0;
}

/* Return: 1; 0 it does not describe these bytes; -ENOMEM. */
static int by_btf(struct part *p, const struct skep_btf *btf, uint32_t type_id)
{
	int r = skep_format_new_btf(btf, type_id, &p->format, NULL);

	if (r == 0 && skep_format_size(p->format) == p->size)
		return 1;
	p->format = skep_format_free(p->format);
	return r == -ENOMEM ? r : 0;
}

static int choose(struct part *p, const struct choice *c, const struct skep_btf *btf,
		  struct skep_error *err)
{
	int r;

	if (!p->size)
		return c->words ? skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					    "a map of this type has no %s.", c->what)
				: 0;
	if (c->words) {
		p->source = SKEP_MAP_FORMAT_WORDS;
		return by_words(p, c->what, c->words, err);
	}
	if (btf && c->type_id) {
		r = by_btf(p, btf, c->type_id);
		if (r < 0)
			return skep_fail(err, r, SKEP_ERR_NO_MEMORY, "formats of a map");
		p->source = SKEP_MAP_FORMAT_BTF;
		if (r)
			return 0;
	}
	if (c->usual) {
		p->source = SKEP_MAP_FORMAT_TYPE;
		return by_words(p, c->what, c->usual, err);
	}
	p->source = SKEP_MAP_FORMAT_BYTES;
	return skep_format_new_bytes(p->size, &p->format, err);
}

static const char *usual_key(const struct skep_map_info *info)
{
	if (info->type == SKEP_MAP_TYPE_LPM_TRIE && info->key_size == 8)
		return "prefix4";
	if (info->type == SKEP_MAP_TYPE_LPM_TRIE && info->key_size == 20)
		return "prefix6";
	if (skep_map_type_facts(info->type) & (SKEP_MAP_FACT_INDEXED | SKEP_MAP_FACT_STORAGE) &&
	    info->key_size == sizeof(uint32_t))
		return "u32";
	return NULL;
}

static const char *usual_value(const struct skep_map_info *info)
{
	const int is_pair = info->value_size == 2 * sizeof(uint32_t);

	switch (info->type) {
	case SKEP_MAP_TYPE_CPUMAP:
		return is_pair ? "qsize=u32 prog_id=u32" : "u32";
	case SKEP_MAP_TYPE_DEVMAP:
	case SKEP_MAP_TYPE_DEVMAP_HASH:
		return is_pair ? "ifindex=u32 prog_id=u32" : "u32";
	case SKEP_MAP_TYPE_SOCKMAP:
	case SKEP_MAP_TYPE_SOCKHASH:
		return is_pair ? "u64" : NULL;
	default:
		break;
	}
	if (skep_map_type_facts(info->type) & SKEP_MAP_FACT_FDS &&
	    info->value_size == sizeof(uint32_t))
		return "u32";
	return NULL;
}

/* Return: 1; 0 there is none; a negative errno: it cannot be read. */
static int open_btf(const struct skep_map *map, uint32_t types[2], struct skep_btf **ret_btf)
{
	int r;

	if (!map->info.btf_id)
		return 0;
	r = skep_btf_open_map(map->fd, types, ret_btf, NULL);
	return r == -ENODATA ? 0 : r < 0 ? r : 1;
}

static int make(struct skep_map_formats *f, const struct skep_map *map,
		const struct skep_map_formats_opts *o, struct skep_error *err)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	const int is_bytes = !!(o->flags & SKEP_MAP_FORMATS_BYTES);
	struct choice key = { .what = "key", .words = o->key };
	struct choice value = { .what = "value", .words = o->value };
	uint32_t types[2] = { 0 };
	int r;

	if (!is_bytes) {
		f->btf = open_btf(map, types, &btf);
		if (f->btf == -ENOMEM)
			return skep_fail(err, f->btf, SKEP_ERR_NO_MEMORY, "formats of a map");
		key.type_id = types[0];
		value.type_id = types[1];
		key.usual = usual_key(&map->info);
		value.usual = usual_value(&map->info);
	}
	r = choose(&f->key, &key, btf, err);
	if (r == 0)
		r = choose(&f->value, &value, btf, err);
	if (r == 0 && f->cpu_count)
		r = skep_format_new_percpu(f->value.format, f->cpu_count, &f->percpu, err);
	return r;
}

int skep_map_formats_new(const struct skep_map *map, const struct skep_map_formats_opts *opts,
			 struct skep_map_formats **ret_formats, struct skep_error *err)
{
	_cleanup_(skep_map_formats_freep) struct skep_map_formats *f = NULL;
	struct skep_map_formats_opts o;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r == 0 && o.flags & ~(uint64_t)SKEP_MAP_FORMATS_BYTES)
		r = -EINVAL;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "formats of a map: options");
	f = calloc(1, sizeof(*f));
	if (!f)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "formats of a map");
	f->key.size = map->info.key_size;
	f->value.size = map->info.value_size;
	f->value_bytes = map->value_bytes;
	if (skep_map_type_is_percpu(map->info.type) && map->value_stride)
		f->cpu_count = (uint32_t)(map->value_bytes / map->value_stride);
	r = make(f, map, &o, err);
	if (r < 0)
		return r;
	*ret_formats = take_ptr(f);
	return 0;
}

struct skep_map_formats *skep_map_formats_free(struct skep_map_formats *f)
{
	int saved = errno;

	if (f) {
		skep_format_free(f->percpu);
		skep_format_free(f->key.format);
		skep_format_free(f->value.format);
		free(f);
	}
	errno = saved;
	return NULL;
}

const struct skep_format *skep_map_formats_key(const struct skep_map_formats *f)
{
	return f->key.format;
}

const struct skep_format *skep_map_formats_value(const struct skep_map_formats *f)
{
	return f->percpu ? f->percpu : f->value.format;
}

uint32_t skep_map_formats_key_source(const struct skep_map_formats *f)
{
	return f->key.source;
}

uint32_t skep_map_formats_value_source(const struct skep_map_formats *f)
{
	return f->value.source;
}

int skep_map_formats_btf(const struct skep_map_formats *f)
{
	return f->btf;
}

static int is_word_of(size_t size, const char *text)
{
	uint8_t address[16];
	uint32_t bits;

	if (size == 4 || size == 6 || size == 16)
		return text_address_parse(text, size, address) == 0;
	if (size == 8 || size == 20)
		return strchr(text, '/') && text_prefix_parse(text, size - 4, &bits, address) == 0;
	return 0;
}

/* What a literal looks like, as the words of a format. Return: 1; 0 bytes. */
static int guess(const char *text, size_t size, char words[WORDS_SIZE])
{
	static const char *const address[] = {
		[4] = "ipv4", [6] = "mac", [8] = "prefix4", [16] = "ipv6", [20] = "prefix6"
	};
	struct text_integer number;

	if (*text == '"') {
		snprintf(words, WORDS_SIZE, "string:%zu", size);
		return strncmp(text, "\"hex:", 5) != 0;
	}
	if (is_word_of(size, text)) {
		snprintf(words, WORDS_SIZE, "%s", address[size]);
		return 1;
	}
	if ((size == 1 || size == 2 || size == 4 || size == 8) &&
	    text_integer_parse(text, &number) != -EINVAL) {
		snprintf(words, WORDS_SIZE, "%c%zu", number.is_negative ? 's' : 'u', 8 * size);
		return 1;
	}
	return 0;
}

/* Pairs of digits, or what says that it is bytes: then the format tells what is wrong with them. */
static int looks_like_bytes(const char *text)
{
	size_t digits = 0;
	const char *c;

	if (!strncmp(text, "hex", 3) || *text == '"' || !*text)
		return 1;
	for (c = text; *c; c++)
		if (strchr("0123456789abcdefABCDEF", *c))
			digits++;
		else if (!strchr(": \t\r\n", *c))
			return 0;
	return digits % 2 == 0 && !strstr(text, "::");
}

static int parse_guessed(const char *words, const char *text, void *ret_bytes, size_t size,
			 struct skep_error *err)
{
	_cleanup_(skep_format_freep) struct skep_format *format = NULL;
	int r = skep_format_new_words(words, &format, err);

	return r < 0 ? r : skep_format_parse(format, text, ret_bytes, size, err);
}

static int parse(const struct part *p, const char *text, void *ret_bytes, struct skep_error *err)
{
	const char *begin = text + strspn(text, " \t\r\n");
	char words[WORDS_SIZE];

	if (p->source == SKEP_MAP_FORMAT_BYTES && guess(begin, p->size, words))
		return parse_guessed(words, text, ret_bytes, p->size, err);
	if (p->source == SKEP_MAP_FORMAT_BYTES && !looks_like_bytes(begin))
		return skep_fail(
			err, -EINVAL, SKEP_ERR_INVALID,
			"column %d: '%.40s' is no number, address or \"text\" of %zu byte%s, nor "
			"hex:... of %s.",
			(int)(begin - text) + 1, begin, p->size, p->size == 1 ? "" : "s",
			p->size == 1 ? "it" : "them");
	return skep_format_parse(p->format, text, ret_bytes, p->size, err);
}

int skep_map_formats_parse_key(const struct skep_map_formats *f, const char *text, void *ret_key,
			       struct skep_error *err)
{
	if (!f->key.format)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "a map of this type has no keys.");
	return parse(&f->key, text, ret_key, err);
}

/* One value for all CPUs, which bytes may be guessed for. Return: as skep_map_formats_parse_value(). */
static int parse_for_all(const struct skep_map_formats *f, const char *text, void *ret_value,
			 struct skep_error *err)
{
	const size_t stride = f->value_bytes / f->cpu_count;
	_cleanup_free_ uint8_t *value = calloc(1, stride);
	uint32_t cpu;
	int r;

	if (!value)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "read a value");
	r = parse(&f->value, text, value, err);
	if (r < 0)
		return r;
	for (cpu = 0; cpu < f->cpu_count; cpu++)
		memcpy((uint8_t *)ret_value + cpu * stride, value, stride);
	return 0;
}

int skep_map_formats_parse_value(const struct skep_map_formats *f, const char *text,
				 void *ret_value, struct skep_error *err)
{
	if (!f->value.format)
		return skep_fail(err, -EOPNOTSUPP, SKEP_ERR_UNSUPPORTED,
				 "a map of this type has no values.");
	if (!f->percpu)
		return parse(&f->value, text, ret_value, err);
	if (text[strspn(text, " \t\r\n")] != '[')
		return parse_for_all(f, text, ret_value, err);
	return skep_format_parse(f->percpu, text, ret_value, f->value_bytes, err);
}
