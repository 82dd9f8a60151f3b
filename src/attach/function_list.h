/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef ATTACH_FUNCTION_LIST_H
#define ATTACH_FUNCTION_LIST_H
/* Functions of the kernel that one attachment is for: each name once, sorted. */
#include <stddef.h>
#include <stdint.h>

struct skep_attachment;
struct skep_error;

struct function {
	char *name; /* owned */
	uint64_t cookie;
	uint32_t btf_id; /* of whom asks for it; 0 */
	int code;        /* why it is not attached; 0: it may be */
	int known;       /* it is in the list of what can be traced */
};

struct function_list {
	struct function *items;
	size_t count, room;
	int by_cookie; /* there are some */
};

/* What is wanted, as in struct skep_kprobe_multi_opts: @symbols, or @patterns. */
struct function_wish {
	const char *const *symbols;
	size_t symbol_count;
	const uint64_t *cookies; /* of @symbols; NULL: @cookie */
	const char *const *patterns;
	size_t pattern_count;
	uint64_t cookie;
};

/*
 * function_list_init() - collect what is wanted
 * @list: zeroed; function_list_fini() in any case
 *
 * Return: 0; -EINVAL both or neither of symbols and patterns; -ENOENT nothing matches; as skep_symbol_walk().
 */
int function_list_init(struct function_list *list, const struct function_wish *wish,
		       struct skep_error *err);
void function_list_fini(struct function_list *list);

/* Return: the function; NULL it is not wanted. */
struct function *function_list_find(const struct function_list *list, const char *name);

/* How many may be attached. */
size_t function_list_good(const struct function_list *list);

/* Gives those that cannot be traced -ENOENT. Return: how many these are; as skep_symbol_walk(). */
int function_list_sort_out(struct function_list *list, struct skep_error *err);

/* The rows of skep_attachment_results(). @with_addresses: as far as /proc/kallsyms tells. Return: 0; -ENOMEM. */
int function_list_tell(const struct function_list *list, int with_addresses,
		       struct skep_attachment *a, struct skep_error *err);

#endif
