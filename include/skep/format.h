/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef SKEP_FORMAT_H
#define SKEP_FORMAT_H
/*
 * Formats: how the bytes of a key, a value or a record are written and read.
 *
 * A format is made once, from a BTF type, from words such as "ipv4 be16", or from functions of the caller, and then
 * needs nothing else: writing allocates nothing and looks nothing up.
 *
 *     r = skep_format_new_btf(btf, types[0], &format, &err);
 *     r = skep_format_parse(format, "{ .src = 10.0.0.1, .port = 53 }", &key, sizeof(key), &err);
 *     n = skep_format_text(format, &key, sizeof(key), buf, sizeof(buf));
 *
 * What is written, as text and as JSON, is read as the same bytes again, but for padding and what is opaque: they
 * become zero. What does not fit is refused, never cut.
 *
 *                              text                     JSON
 *     struct, union            { .a = 1, .b = 2 }       {"a":1,"b":2}; of a union, every member
 *     array                    [1, 2]                   [1,2]
 *     integer, bit-field       -1                       -1; beyond 2^53 as a string: readers with doubles lose digits
 *     __be32                   10.0.0.1                 167772161
 *     __be16, __be64, __le..   53                       53: the number, whatever the order of its bytes
 *     enum                     NAME; a number if it has no name
 *     bool                     true                     true; a number if it is neither 0 nor 1
 *     char                     'a'                      97
 *     char[]                   "text\n"                 "text\n"; with bytes that are no UTF-8 "hex:6eff"
 *     8-bit integers, array    hex:0a000001             [10,0,0,1]
 *     the same, of 6           aa:bb:cc:dd:ee:ff        [170,187,204,221,238,255]
 *     in_addr, in6_addr        10.0.0.1, fd00::1        "10.0.0.1", "fd00::1"
 *     pointer                  0xffff888100a00000       "0xffff888100a00000"
 *     float, double            0.5                      0.5; "inf", "-inf", "nan"
 *     opaque                   null                     null: locks, timers, lists, trees, pointers of the kernel
 *
 * The members of a struct or union without a name are members of what it is in; a name that is there twice gets a
 * number behind it. A flexible array at the end takes what the value is longer than its type.
 *
 * Threads: a format does not change; several threads may use it at once.
 */
#include <skep/base.h>

SKEP_BEGIN

struct skep_btf;
struct skep_error;
struct skep_format;
struct skep_json;

/**
 * skep_format_new_btf() - a format of a type
 * @btf:        may be closed afterwards
 * @type:       id of a type that has a size, or of a section of variables (.data)
 * @ret_format: owned by the caller, skep_format_free()
 *
 * Return: 0; -ENOENT no such type; -EINVAL it has no size, or contradicts itself; -EFBIG it has more than 65,536 members
 *         or 1 GiB; -ENOMEM.
 * Source: Documentation/bpf/btf.rst of the kernel.
 */
int skep_format_new_btf(const struct skep_btf *btf, uint32_t type, struct skep_format **ret_format,
			struct skep_error *err);

/**
 * skep_format_new_words() - a format of words, without BTF
 * @words:      one for each field, in order, with nothing between them: u8 u16 u32 u64, s8 .. s64, be16 be32 be64, le16
 *              le32 le64, bool, ipv4, ipv6, mac, prefix4 and prefix6 (the key of an LPM trie), string:SIZE, bytes:SIZE,
 *              pad:SIZE (zero, not shown); all or none with a name: "src=ipv4 port=be16 pad:2"
 * @ret_format: owned by the caller, skep_format_free()
 *
 * With names it is written as a struct; without, as words with blanks between them, and as an array in JSON; a single
 * field without a name as that alone.
 *
 * Return: 0; -EINVAL no such word; -EFBIG more than 1 GiB; -ENOMEM.
 * Source: none; the words are our own.
 */
int skep_format_new_words(const char *words, struct skep_format **ret_format,
			  struct skep_error *err);

/**
 * skep_format_new_bytes() - a format of bytes of which nothing is known: hex:0a000001
 * @size:       bytes
 * @ret_format: owned by the caller, skep_format_free()
 *
 * Return: 0; -EFBIG more than 1 GiB; -ENOMEM.
 * Source: none.
 */
int skep_format_new_bytes(size_t size, struct skep_format **ret_format, struct skep_error *err);

/* Writes as snprintf(3) does. Return: the length of the whole text; a negative errno. */
typedef int (*skep_format_text_fn)(const void *bytes, size_t size, char *buf, size_t buf_size,
				   void *userdata);
/* Writes one value into a document. Return: 0; a negative errno. */
typedef int (*skep_format_json_fn)(const void *bytes, size_t size, struct skep_json *j,
				   const char *key, void *userdata);
/* Reads a text into @size bytes, which are zero before. Return: 0; a negative errno. */
typedef int (*skep_format_parse_fn)(const char *text, void *ret_bytes, size_t size, void *userdata,
				    struct skep_error *err);

struct skep_format_callbacks {
	size_t sz;   /* sizeof(struct skep_format_callbacks) */
	size_t size; /* bytes of a value */
	skep_format_text_fn text;
	skep_format_json_fn json;   /* NULL: the text, as a string; up to 1023 bytes of it */
	skep_format_parse_fn parse; /* NULL: nothing but "hex:" is read */
	void *userdata;
};

/**
 * skep_format_new_callbacks() - a format that the caller implements
 * @callbacks:  copied
 * @ret_format: owned by the caller, skep_format_free()
 *
 * Return: 0; -EINVAL no function for texts; -E2BIG newer @callbacks; -ENOMEM.
 * Context: the functions run inside of the calls that write and read.
 * Source: none.
 */
int skep_format_new_callbacks(const struct skep_format_callbacks *callbacks,
			      struct skep_format **ret_format, struct skep_error *err);

/**
 * skep_format_new_percpu() - the values of all CPUs, as per-CPU maps have them
 * @value:      the format of one of them; borrowed until the new one is freed
 * @cpu_count:  possible CPUs
 * @ret_format: owned by the caller, skep_format_free()
 *
 * Its size is that of a value, rounded up to 8 bytes, for each CPU. It is written as an array of {cpu, value}, and read
 * from that (CPUs that are not named become zero) or from one value, which is then that of every CPU.
 *
 * Return: 0; -EINVAL no CPU, or @value is one of these itself; -EFBIG more than 1 GiB; -ENOMEM.
 * Source: bpf_percpu_array_copy() in kernel/bpf/arraymap.c.
 */
int skep_format_new_percpu(const struct skep_format *value, uint32_t cpu_count,
			   struct skep_format **ret_format, struct skep_error *err);

/**
 * skep_format_free() - release a format or NULL
 * @format: a format, or NULL
 *
 * Return: NULL.
 */
struct skep_format *skep_format_free(struct skep_format *format);

/**
 * skep_format_size() - of how many bytes it is
 * @format: a format
 *
 * Return: bytes; without what a flexible array at the end holds.
 * Source: none.
 */
size_t skep_format_size(const struct skep_format *format);

/**
 * skep_format_text() - write for people, as snprintf(3) does
 * @format:   a format
 * @bytes:    of any alignment
 * @size:     skep_format_size(); more only with a flexible array at the end
 * @buf:      caller memory; NULL only with @buf_size 0
 * @buf_size: bytes of @buf; what does not fit is left out, and a NUL ends the rest
 *
 * Return: the length of the whole text, even where @buf is shorter; -EINVAL @size is wrong; -EOVERFLOW beyond INT_MAX;
 *         what a function of the caller returned.
 * Source: the table above.
 */
int skep_format_text(const struct skep_format *format, const void *bytes, size_t size, char *buf,
		     size_t buf_size);

/**
 * skep_format_json() - write as one value of a JSON document
 * @format: a format
 * @bytes:  of any alignment
 * @size:   as for skep_format_text()
 * @j:      a document
 * @key:    name of the member, or NULL
 *
 * Return: 0; -EINVAL @size is wrong: nothing is written; what a function of the caller returned. What fails in @j is
 *         told by skep_json_finish().
 * Source: the table above; RFC 8259.
 */
int skep_format_json(const struct skep_format *format, const void *bytes, size_t size,
		     struct skep_json *j, const char *key);

/**
 * skep_format_parse() - read a literal
 * @format:    a format
 * @text:      what skep_format_text() or skep_format_json() writes, and what is easier to type:
 *             - members in any order; those that are missing are zero: { "port": 53 }
 *             - at the outside of a struct no braces: src=10.0.0.1 port=53
 *             - numbers in decimal or behind 0x, in quotes or not; 'a' for 97; names of an enum; of an array the first
 *               elements
 *             - 10.0.0.1 for any 4 bytes, fd00::1 for any 16, aa:bb:cc:dd:ee:ff for any 6, in the order of the network;
 *               10.0.0.0/8 for a struct that begins with a 32-bit prefixlen
 *             - for anything its bytes in memory: hex:0a000001; at the outside also: hex 0a 00 00 01
 * @ret_bytes: caller memory; untouched on failure
 * @size:      as for skep_format_text()
 *
 * Two members of a union, or twice the same member, must not contradict each other.
 *
 * Return: 0; -EINVAL @size is wrong, or the text, with the column and what would have been right; -ENOMEM; what a
 *         function of the caller returned.
 * Source: the table above.
 */
int skep_format_parse(const struct skep_format *format, const char *text, void *ret_bytes,
		      size_t size, struct skep_error *err);

SKEP_DEFINE_CLEANUP(struct skep_format, skep_format_free)
SKEP_END
#endif
