/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "attach/elf_note.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define USDT_TYPE 3
#define USDT_NAME "stapsdt"
#define GNU_NAME "GNU"

/* A note: its owner's name, its type, its content. In memory, behind which a NUL stands. */
struct note {
	const char *name;
	uint32_t name_bytes, type, bytes;
	const unsigned char *content;
};

/* Takes the note at @at, which moves behind it. Return: 1; 0 that was the last, or what is left is none. */
static int next_note(const struct sys_elf *e, const unsigned char *data, uint64_t size,
		     uint64_t *at, struct note *ret)
{
	Elf64_Nhdr header; /* both classes have it alike */
	uint64_t left, name, content;

	if (*at > size || size - *at < sizeof(header))
		return 0;
	memcpy(&header, data + *at, sizeof(header));
	ret->name_bytes = (uint32_t)sys_elf_number(e, &header.n_namesz, sizeof(header.n_namesz));
	ret->bytes = (uint32_t)sys_elf_number(e, &header.n_descsz, sizeof(header.n_descsz));
	ret->type = (uint32_t)sys_elf_number(e, &header.n_type, sizeof(header.n_type));
	left = size - *at - sizeof(header);
	name = ((uint64_t)ret->name_bytes + 3) & ~UINT64_C(3);
	content = ((uint64_t)ret->bytes + 3) & ~UINT64_C(3);
	if (name > left || ret->bytes > left - name)
		return 0;
	ret->name = (const char *)data + *at + sizeof(header);
	ret->content = data + *at + sizeof(header) + name;
	*at += sizeof(header) + name + content;
	return 1;
}

static int is_of(const struct note *n, const char *name, uint32_t type)
{
	size_t size = strlen(name) + 1;

	return n->type == type && n->name_bytes == size && !memcmp(n->name, name, size);
}

/* Cuts a text off what is left of a note. Return: it; NULL it has no end. */
static const char *cut_text(const unsigned char **at, const unsigned char *end)
{
	const unsigned char *begin = *at, *zero = memchr(begin, '\0', (size_t)(end - begin));

	if (!zero)
		return NULL;
	*at = zero + 1;
	return (const char *)begin;
}

struct usdt_walk {
	const struct sys_elf *elf;
	const struct sys_elf_segment *loads;
	size_t load_count;
	uint64_t base; /* where .stapsdt.base is; 0: there is none */
	skep_binary_usdt_fn fn;
	void *userdata;
};

/* Three addresses, three texts. Notes that are not like that, or are nowhere, are passed by. */
static int visit_usdt(const struct usdt_walk *w, const struct note *n)
{
	size_t word = w->elf->is_64 ? sizeof(uint64_t) : sizeof(uint32_t);
	const unsigned char *at, *end = n->content + n->bytes;
	struct skep_binary_usdt u = { 0 };
	uint64_t base, semaphore;

	if (n->bytes < 3 * word)
		return 0;
	at = n->content + 3 * word;
	u.address = sys_elf_number(w->elf, n->content, word);
	base = sys_elf_number(w->elf, n->content + word, word);
	semaphore = sys_elf_number(w->elf, n->content + 2 * word, word);
	if (w->base) {
		u.address += w->base - base;
		semaphore += semaphore ? w->base - base : 0;
	}
	u.provider = cut_text(&at, end);
	u.name = u.provider ? cut_text(&at, end) : NULL;
	u.arguments = u.name ? cut_text(&at, end) : NULL;
	if (!u.arguments || !sys_elf_file_offset(w->loads, w->load_count, u.address, &u.offset))
		return 0;
	if (semaphore && !sys_elf_file_offset(w->loads, w->load_count, semaphore, &u.semaphore))
		return 0;
	return w->fn(&u, w->userdata);
}

/* Return: 1 with the section's content; 0 there is none; a negative errno. */
static int load_notes(const struct sys_elf *e, const char *name, unsigned char **ret_data,
		      uint64_t *ret_size)
{
	struct sys_elf_section s;
	int r = sys_elf_find(e, name, &s);

	if (r <= 0)
		return r;
	*ret_size = s.size;
	r = sys_elf_load(e, &s, ret_data);
	return r < 0 ? r : 1;
}

int elf_usdt_walk(const struct sys_elf *elf, const struct sys_elf_segment *loads, size_t load_count,
		  skep_binary_usdt_fn fn, void *userdata)
{
	struct usdt_walk w = {
		.elf = elf, .loads = loads, .load_count = load_count, .fn = fn, .userdata = userdata
	};
	_cleanup_free_ unsigned char *data = NULL;
	struct sys_elf_section base;
	uint64_t size = 0, at = 0;
	struct note n;
	int r = load_notes(elf, ".note.stapsdt", &data, &size);

	if (r <= 0)
		return r;
	r = sys_elf_find(elf, ".stapsdt.base", &base);
	w.base = r > 0 ? base.address : 0;
	if (r > 0)
		r = 0;
	while (r == 0 && next_note(elf, data, size, &at, &n))
		if (is_of(&n, USDT_NAME, USDT_TYPE))
			r = visit_usdt(&w, &n);
	return r;
}

int elf_build_id(const struct sys_elf *elf, unsigned char *ret_id, size_t size)
{
	_cleanup_free_ unsigned char *data = NULL;
	uint64_t bytes = 0, at = 0;
	struct note n;
	int r = load_notes(elf, ".note.gnu.build-id", &data, &bytes);

	if (r <= 0)
		return r;
	while (next_note(elf, data, bytes, &at, &n))
		if (is_of(&n, GNU_NAME, NT_GNU_BUILD_ID) && n.bytes && n.bytes <= size) {
			memcpy(ret_id, n.content, n.bytes);
			return (int)n.bytes;
		}
	return 0;
}
