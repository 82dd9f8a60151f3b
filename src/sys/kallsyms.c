/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/kallsyms.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/file.h"
#include "sys/symbol_stem.h"

#define MOST_BYTES (512ull * 1024 * 1024)
#define NONE UINT32_MAX

/*
 * All in one piece of memory: symbols in the order of the file; their numbers in the order of addresses; a hash table
 * of stems (names without the suffixes of variants), whose chains are in the order of the file; and the names, each
 * with its type before it. Numbers and offsets have 32 bits: MOST_BYTES sees to that.
 */
struct symbol {
	uint64_t address;
	uint32_t name;   /* offset in names; the byte before it is the type */
	uint32_t module; /* offset in names */
	uint32_t stem_len;
	uint32_t next; /* of the same chain, or NONE */
};

struct skep_kallsyms {
	size_t count;
	size_t skipped;
	int hidden;
	uint32_t mask; /* buckets - 1 */
	struct symbol *symbols;
	uint32_t *by_address;
	uint32_t *buckets;
	char *names;
};

struct span {
	const char *at, *end;
};

/* A line taken apart. */
struct line {
	uint64_t address;
	char type;
	struct span name, module;
};

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Bytes above 0x7f are somebody's letters. */
static int is_printable(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f;
}

/* Moves behind the address; no more than 16 digits. */
static int read_address(struct span *s, uint64_t *ret)
{
	const char *limit = s->end - s->at > 16 ? s->at + 16 : s->end, *begin = s->at;
	uint64_t value = 0;

	for (; s->at < limit; s->at++) {
		char c = *s->at;

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	*ret = value;
	return s->at > begin ? 0 : -EINVAL;
}

/* Moves behind a word and the blanks that follow it. */
static struct span read_word(struct span *s)
{
	struct span word = { s->at, NULL };

	while (s->at < s->end && is_printable(*s->at))
		s->at++;
	word.end = s->at;
	while (s->at < s->end && is_blank(*s->at))
		s->at++;
	return word;
}

/* "ADDRESS TYPE NAME", and "[MODULE]" behind it or not. */
static int read_line(struct span s, struct line *ret)
{
	if (read_address(&s, &ret->address) < 0 || s.end - s.at < 4)
		return -EINVAL;
	if (s.at[0] != ' ' || !is_printable(s.at[1]) || s.at[2] != ' ')
		return -EINVAL;
	ret->type = s.at[1];
	s.at += 3;
	ret->name = read_word(&s);
	ret->module = read_word(&s);
	if (ret->name.at == ret->name.end || s.at != s.end)
		return -EINVAL;
	if (ret->module.at == ret->module.end)
		return 0;
	if (ret->module.end - ret->module.at < 3 || ret->module.at[0] != '[' ||
	    ret->module.end[-1] != ']')
		return -EINVAL;
	ret->module.at++;
	ret->module.end--;
	return 0;
}

/* Cuts the line off @text, which moves behind it. */
static struct span next_line(struct span *text)
{
	struct span line = { text->at, memchr(text->at, '\n', (size_t)(text->end - text->at)) };

	if (!line.end)
		line.end = text->end;
	text->at = line.end < text->end ? line.end + 1 : text->end;
	return line;
}

/* FNV-1a */
static uint32_t hash(const char *text, size_t len)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619u;
	return h ^ h >> 15;
}

/* What the text needs: symbols, and bytes of their names. */
struct needs {
	size_t count, bytes;
};

static struct needs measure(struct span text, size_t *ret_skipped)
{
	struct needs n = { 0, 1 }; /* one for the empty module */
	struct line l;

	while (text.at < text.end) {
		struct span line = next_line(&text);

		if (read_line(line, &l) < 0) {
			++*ret_skipped;
			continue;
		}
		n.count++;
		n.bytes += (size_t)(l.name.end - l.name.at) + 2 +
			   (size_t)(l.module.end - l.module.at) + 1;
	}
	return n;
}

static struct skep_kallsyms *allocate(const struct needs *n)
{
	size_t buckets = 1;
	struct skep_kallsyms *k;

	while (buckets < n->count)
		buckets *= 2;
	k = calloc(1, sizeof(*k) + n->count * (sizeof(struct symbol) + sizeof(uint32_t)) +
			      buckets * sizeof(uint32_t) + n->bytes);
	if (!k)
		return NULL;
	k->mask = (uint32_t)(buckets - 1);
	k->symbols = (struct symbol *)(k + 1);
	k->by_address = (uint32_t *)(k->symbols + n->count);
	k->buckets = k->by_address + n->count;
	k->names = (char *)(k->buckets + buckets);
	return k;
}

static uint32_t add_text(struct skep_kallsyms *k, size_t *at, struct span text)
{
	size_t offset = *at, len = (size_t)(text.end - text.at);

	memcpy(k->names + offset, text.at, len);
	*at = offset + len + 1;
	return (uint32_t)offset;
}

static int same(const char *text, struct span s)
{
	size_t len = (size_t)(s.end - s.at);

	return !strncmp(text, s.at, len) && !text[len];
}

static void fill(struct skep_kallsyms *k, struct span text)
{
	size_t at = 1;
	uint32_t module = 0; /* of the line before: a module's symbols stand together */
	struct line l;

	k->hidden = 1;
	while (text.at < text.end) {
		struct span line = next_line(&text);
		struct symbol *s = &k->symbols[k->count];

		if (read_line(line, &l) < 0)
			continue;
		k->names[at++] = l.type;
		s->address = l.address;
		s->name = add_text(k, &at, l.name);
		s->stem_len =
			(uint32_t)sys_symbol_stem(l.name.at, (size_t)(l.name.end - l.name.at));
		if (!same(k->names + module, l.module))
			module = add_text(k, &at, l.module);
		s->module = module;
		k->by_address[k->count] = (uint32_t)k->count;
		k->hidden &= !l.address;
		k->count++;
	}
}

/* From the last to the first, so that a chain is in the order of the file. */
static void build_chains(struct skep_kallsyms *k)
{
	size_t i;

	memset(k->buckets, 0xff, ((size_t)k->mask + 1) * sizeof(*k->buckets)); /* NONE */
	for (i = k->count; i--;) {
		struct symbol *s = &k->symbols[i];
		uint32_t *bucket = &k->buckets[hash(k->names + s->name, s->stem_len) & k->mask];

		s->next = *bucket;
		*bucket = (uint32_t)i;
	}
}

static int compare_addresses(const void *a, const void *b, void *symbols)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	const struct symbol *s = symbols;

	if (s[left].address != s[right].address)
		return s[left].address < s[right].address ? -1 : 1;
	return left < right ? -1 : left > right;
}

static int fail_empty(const char *path, struct skep_error *err)
{
	return skep_fail(err, -ENODATA, SKEP_ERR_NOT_FOUND, "'%s' has no symbols.", path);
}

static int parse(const char *path, struct span text, struct skep_kallsyms **ret,
		 struct skep_error *err)
{
	struct skep_kallsyms *k;
	size_t skipped = 0;
	struct needs n;

	if ((uint64_t)(text.end - text.at) > MOST_BYTES)
		return skep_fail(err, -EFBIG, SKEP_ERR_INVALID, "symbols of '%s'", path);
	n = measure(text, &skipped);
	if (!n.count)
		return fail_empty(path, err);
	k = allocate(&n);
	if (!k)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "symbols of '%s'", path);
	k->skipped = skipped;
	fill(k, text);
	build_chains(k);
	qsort_r(k->by_address, k->count, sizeof(*k->by_address), compare_addresses, k->symbols);
	*ret = k;
	return 0;
}

int skep_kallsyms_parse(const char *text, size_t size, struct skep_kallsyms **ret_kallsyms,
			struct skep_error *err)
{
	return parse("kallsyms", (struct span){ text, text + size }, ret_kallsyms, err);
}

int skep_kallsyms_read(const char *path, struct skep_kallsyms **ret_kallsyms,
		       struct skep_error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	path = path ? path : "/proc/kallsyms";
	r = sys_file_read_all(AT_FDCWD, path, MOST_BYTES, &text, &size);
	if (r < 0)
		return skep_fail(err, r, r == -ENOENT ? SKEP_ERR_NOT_FOUND : SKEP_ERR_SYSCALL,
				 "read '%s'", path);
	return parse(path, (struct span){ text, text + size }, ret_kallsyms, err);
}

struct skep_kallsyms *skep_kallsyms_free(struct skep_kallsyms *kallsyms)
{
	free(kallsyms);
	return NULL;
}

size_t skep_kallsyms_count(const struct skep_kallsyms *kallsyms)
{
	return kallsyms->count;
}

size_t skep_kallsyms_skipped(const struct skep_kallsyms *kallsyms)
{
	return kallsyms->skipped;
}

int skep_kallsyms_hidden(const struct skep_kallsyms *kallsyms)
{
	return kallsyms->hidden;
}

static struct skep_kallsyms_symbol symbol_of(const struct skep_kallsyms *k, size_t index)
{
	const struct symbol *s = &k->symbols[index];

	return (struct skep_kallsyms_symbol){
		.name = k->names + s->name,
		.module = k->names + s->module,
		.address = s->address,
		.type = (unsigned char)k->names[s->name - 1],
	};
}

int skep_kallsyms_get(const struct skep_kallsyms *kallsyms, size_t index,
		      struct skep_kallsyms_symbol *ret_symbol)
{
	if (index >= kallsyms->count)
		return -ERANGE;
	*ret_symbol = symbol_of(kallsyms, index);
	return 0;
}

int64_t skep_kallsyms_find(const struct skep_kallsyms *kallsyms, const char *name, uint64_t flags,
			   struct skep_kallsyms_symbol *ret_symbols, size_t room)
{
	size_t len = strlen(name), stem = sys_symbol_stem(name, len), found = 0;
	const struct symbol *s;
	uint32_t i;

	if (flags & ~(uint64_t)SKEP_KALLSYMS_VARIANTS)
		return -EINVAL;
	for (i = kallsyms->buckets[hash(name, stem) & kallsyms->mask]; i != NONE; i = s->next) {
		const char *other;

		s = &kallsyms->symbols[i];
		other = kallsyms->names + s->name;
		if (strcmp(name, other) != 0 &&
		    !(flags && s->stem_len == len && !memcmp(name, other, len)))
			continue;
		if (found < room)
			ret_symbols[found] = symbol_of(kallsyms, i);
		found++;
	}
	return (int64_t)found;
}

int skep_kallsyms_at(const struct skep_kallsyms *kallsyms, uint64_t address,
		     struct skep_kallsyms_symbol *ret_symbol, struct skep_error *err)
{
	const struct symbol *s = kallsyms->symbols;
	const uint32_t *order = kallsyms->by_address;
	size_t low = 0, high = kallsyms->count; /* the first above is between them */

	if (kallsyms->hidden)
		return skep_fail(err, -EPERM, SKEP_ERR_PERMISSION,
				 "symbol at 0x%llx: the kernel hides addresses from this process "
				 "(CAP_SYSLOG, sysctl kernel.kptr_restrict).",
				 (unsigned long long)address);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s[order[middle]].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND, "symbol at 0x%llx",
				 (unsigned long long)address);
	for (low--; low && s[order[low - 1]].address == s[order[low]].address; low--)
		; /* the first of those at that address */
	*ret_symbol = symbol_of(kallsyms, order[low]);
	return 0;
}
