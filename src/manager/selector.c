/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/selector.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "manager/select.h"

static const char *const group_names[] = {
	[SKEP_SELECTOR_ALL_OF] = "all_of",
	[SKEP_SELECTOR_ONE_OF] = "one_of",
	[SKEP_SELECTOR_BEST_EFFORT] = "best_effort",
};

static const char *uid_of(const struct skep_selector *s)
{
	return s->uid ? s->uid : "";
}

static int is_probe(const struct skep_selector *s, const char *program, const char *uid)
{
	return s->kind == SKEP_SELECTOR_PROBE && !strcmp(s->program, program) &&
	       !strcmp(uid_of(s), uid ? uid : "");
}

/* Memory. What the public struct shows as const is ours in a selector that was parsed or copied. */

static struct skep_selector *own_members(const struct skep_selector *s)
{
	return (struct skep_selector *)s->members;
}

static void release(struct skep_selector *s)
{
	for (uint64_t i = 0; i < s->member_count; i++)
		release(&own_members(s)[i]);
	free(own_members(s));
	free((char *)s->program);
	free((char *)s->uid);
}

struct skep_selector *skep_selector_free(struct skep_selector *selector)
{
	int saved = errno;

	if (selector) {
		release(selector);
		free(selector);
	}
	errno = saved;
	return NULL;
}

static int copy_names(struct skep_selector *to, const struct skep_selector *from)
{
	to->program = strdup(from->program);
	to->uid = strdup(uid_of(from));
	return to->program && to->uid ? 0 : -ENOMEM;
}

static int copy_into(struct skep_selector *to, const struct skep_selector *from, unsigned depth,
		     struct skep_error *err)
{
	struct skep_selector *members;
	int r;

	to->kind = from->kind;
	if (from->kind == SKEP_SELECTOR_PROBE) {
		if (!from->program || !*from->program)
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "selector: a probe without a program.");
		return copy_names(to, from) < 0
			       ? skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "selector")
			       : 0;
	}
	if (from->kind >= ARRAY_SIZE(group_names))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "selector: there is no kind %llu.",
				 (unsigned long long)from->kind);
	if (depth == SKEP_SELECTOR_DEPTH)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "selector: more than %d groups within each other.",
				 SKEP_SELECTOR_DEPTH);
	if (from->member_count && !from->members)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "selector: %s without members.",
				 group_names[from->kind]);
	members = from->member_count ? calloc(from->member_count, sizeof(*members)) : NULL;
	if (!members && from->member_count)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "selector");
	to->members = members;
	for (uint64_t i = 0; i < from->member_count; i++) {
		to->member_count = i + 1;
		r = copy_into(&members[i], &from->members[i], depth + 1, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int skep_selector_copy(const struct skep_selector *selector, struct skep_selector **ret_selector,
		       struct skep_error *err)
{
	_cleanup_(skep_selector_freep) struct skep_selector *copy = calloc(1, sizeof(*copy));
	int r;

	if (!copy)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "selector");
	r = copy_into(copy, selector, 0, err);
	if (r < 0)
		return r;
	*ret_selector = take_ptr(copy);
	return 0;
}

/* Walks */

int skep_selector_each(const struct skep_selector *selector, skep_selector_probe_fn fn,
		       void *userdata)
{
	int r = 0;

	if (selector->kind == SKEP_SELECTOR_PROBE)
		return fn(selector->program, uid_of(selector), userdata);
	for (uint64_t i = 0; !r && i < selector->member_count; i++)
		r = skep_selector_each(&selector->members[i], fn, userdata);
	return r;
}

int skep_selector_has(const struct skep_selector *selector, const char *program, const char *uid)
{
	int has = is_probe(selector, program, uid);

	for (uint64_t i = 0; !has && i < selector->member_count; i++)
		has = skep_selector_has(&selector->members[i], program, uid);
	return has;
}

static size_t count_places(const struct skep_selector *s, const char *program, const char *uid)
{
	size_t count = (size_t)is_probe(s, program, uid);

	for (uint64_t i = 0; i < s->member_count; i++)
		count += count_places(&s->members[i], program, uid);
	return count;
}

struct names {
	char *program, *uid;
};

/* Puts names, which are all there, in their places. Return: those that are left. */
static struct names *put_names(struct skep_selector *s, const char *program, const char *uid,
			       struct names *next)
{
	if (is_probe(s, program, uid)) {
		free((char *)s->program);
		free((char *)s->uid);
		s->program = next->program;
		s->uid = next->uid;
		next++;
	}
	for (uint64_t i = 0; i < s->member_count; i++)
		next = put_names(&own_members(s)[i], program, uid, next);
	return next;
}

int skep_selector_rename(struct skep_selector *selector, const char *program, const char *uid,
			 const char *new_program, const char *new_uid)
{
	size_t i, count = count_places(selector, program, uid), made = 0;
	_cleanup_free_ struct names *names = calloc(count + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		names[i].program = strdup(new_program);
		names[i].uid = strdup(new_uid ? new_uid : "");
		made += names[i].program && names[i].uid;
	}
	if (made == count) {
		put_names(selector, program, uid, names);
		return (int)count;
	}
	for (i = 0; i < count; i++) {
		free(names[i].program);
		free(names[i].uid);
	}
	return -ENOMEM;
}

/* Return: 1 nothing is left of it. */
static int remove_from(struct skep_selector *s, const char *program, const char *uid)
{
	struct skep_selector *members = own_members(s);
	uint64_t i, kept = 0, before = s->member_count;

	if (s->kind == SKEP_SELECTOR_PROBE)
		return is_probe(s, program, uid);
	for (i = 0; i < before; i++) {
		if (remove_from(&members[i], program, uid))
			release(&members[i]);
		else
			members[kept++] = members[i];
	}
	s->member_count = kept;
	return before && !kept; /* what was empty before is as it was meant */
}

void selector_remove(struct skep_selector *selector, const char *program, const char *uid)
{
	if (!remove_from(selector, program, uid))
		return;
	release(selector);
	*selector = (struct skep_selector){ .kind = SKEP_SELECTOR_ALL_OF };
}

/* Text */

struct out {
	char *buf;
	size_t size, len; /* len may be beyond size */
};

static void put(struct out *out, const char *text)
{
	size_t room = out->len < out->size ? out->size - out->len : 0;

	if (room)
		snprintf(out->buf + out->len, room, "%s", text);
	out->len += strlen(text);
}

static void put_selector(struct out *out, const struct skep_selector *s)
{
	if (s->kind == SKEP_SELECTOR_PROBE) {
		put(out, s->program);
		if (*uid_of(s)) {
			put(out, "@");
			put(out, s->uid);
		}
		return;
	}
	put(out, group_names[s->kind]);
	put(out, "(");
	for (uint64_t i = 0; i < s->member_count; i++) {
		put(out, i ? ", " : "");
		put_selector(out, &s->members[i]);
	}
	put(out, ")");
}

int skep_selector_text(const struct skep_selector *selector, char *buf, size_t size)
{
	struct out out = { .buf = buf, .size = size };

	put_selector(&out, selector);
	return out.len < size ? (int)out.len : -ENOSPC;
}

/* Parsing */

struct reader {
	const char *text, *at;
	struct skep_error *err;
};

static int fail_here(const struct reader *in, const char *what)
{
	return skep_fail(in->err, -EINVAL, SKEP_ERR_INVALID, "selector, column %zu: %s.",
			 (size_t)(in->at - in->text) + 1, what);
}

static void skip_blanks(struct reader *in)
{
	in->at += strspn(in->at, " \t\n\r");
}

static int take_char(struct reader *in, char c)
{
	skip_blanks(in);
	if (*in->at != c)
		return 0;
	in->at++;
	return 1;
}

static int take_word(struct reader *in, const char *what, char **ret_word)
{
	size_t len = strcspn(in->at, " \t\n\r(),@");
	char *word;

	if (!len)
		return fail_here(in, what);
	word = strndup(in->at, len);
	if (!word)
		return skep_fail(in->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "selector");
	in->at += len;
	*ret_word = word;
	return 0;
}

static int read_selector(struct reader *in, unsigned depth, struct skep_selector *ret);

/* One more member; what it becomes stays where release() finds it. */
static int read_member(struct reader *in, unsigned depth, struct skep_selector *group)
{
	struct skep_selector *members =
		reallocarray(own_members(group), group->member_count + 1, sizeof(*group->members));

	if (!members)
		return skep_fail(in->err, -ENOMEM, SKEP_ERR_NO_MEMORY, "selector");
	group->members = members;
	members[group->member_count] = (struct skep_selector){ 0 };
	return read_selector(in, depth, &members[group->member_count++]);
}

static int read_group(struct reader *in, unsigned depth, struct skep_selector *ret)
{
	int r;

	if (depth == SKEP_SELECTOR_DEPTH)
		return fail_here(in, "too many groups within each other");
	if (take_char(in, ')'))
		return 0;
	do {
		r = read_member(in, depth + 1, ret);
		if (r < 0)
			return r;
	} while (take_char(in, ','));
	return take_char(in, ')') ? 0 : fail_here(in, "expected ',' or ')'");
}

static int read_selector(struct reader *in, unsigned depth, struct skep_selector *ret)
{
	_cleanup_free_ char *word = NULL, *uid = NULL;
	int r;

	skip_blanks(in);
	r = take_word(in, "expected the name of a program, or all_of, one_of, best_effort", &word);
	if (!word)
		return r;
	if (*in->at == '@') {
		in->at++;
		r = take_word(in, "expected a user's id", &uid);
		if (r < 0)
			return r;
	} else if (take_char(in, '(')) {
		for (uint64_t kind = SKEP_SELECTOR_ALL_OF; kind < ARRAY_SIZE(group_names); kind++)
			if (!strcmp(word, group_names[kind]))
				ret->kind = kind;
		if (ret->kind == SKEP_SELECTOR_PROBE)
			return fail_here(in, "only all_of, one_of and best_effort have members");
		return read_group(in, depth, ret);
	}
	ret->program = take_ptr(word);
	ret->uid = take_ptr(uid);
	return 0;
}

int skep_selector_parse(const char *text, struct skep_selector **ret_selector,
			struct skep_error *err)
{
	struct reader in = { .text = text, .at = text, .err = err };
	_cleanup_(skep_selector_freep) struct skep_selector *parsed = calloc(1, sizeof(*parsed));
	int r;

	if (!text)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "selector: no text.");
	if (!parsed)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "selector");
	r = read_selector(&in, 0, parsed);
	if (r < 0)
		return r;
	skip_blanks(&in);
	if (*in.at)
		return fail_here(&in, "something behind its end");
	*ret_selector = take_ptr(parsed);
	return 0;
}

/* Checking */

struct check {
	skep_selector_state_fn fn;
	void *userdata;
	struct out missing; /* the words; cut back where a group turns out good */
};

/* Return: 1 good; 0 not, and missing tells why; a negative errno. */
static int check_one(struct check *check, const struct skep_selector *s)
{
	char why[160] = "";
	int r = check->fn(s->program, uid_of(s), why, sizeof(why), check->userdata);

	if (r != 0)
		return r;
	put(&check->missing, check->missing.len ? "; '" : "'");
	put_selector(&check->missing, s);
	put(&check->missing, "': ");
	put(&check->missing, *why ? why : "not attached");
	return 0;
}

static int check_selector(struct check *check, const struct skep_selector *s)
{
	size_t before = check->missing.len, good = 0;
	int r;

	if (s->kind == SKEP_SELECTOR_PROBE)
		return check_one(check, s);
	for (uint64_t i = 0; i < s->member_count; i++) {
		r = check_selector(check, &s->members[i]);
		if (r < 0)
			return r;
		good += (size_t)r;
	}
	if (s->kind == SKEP_SELECTOR_ONE_OF && !s->member_count)
		put(&check->missing, before ? "; one of nothing" : "one of nothing");
	if (s->kind == SKEP_SELECTOR_ALL_OF ? good < s->member_count
					    : s->kind == SKEP_SELECTOR_ONE_OF && !good)
		return 0;
	check->missing.len = before;
	if (before < check->missing.size)
		check->missing.buf[before] = '\0';
	return 1;
}

int skep_selector_check(const struct skep_selector *selector, skep_selector_state_fn fn,
			void *userdata, struct skep_error *err)
{
	char words[sizeof(err->msg)] = "";
	struct check check = {
		.fn = fn,
		.userdata = userdata,
		.missing = { .buf = words, .size = sizeof(words) },
	};
	int r = check_selector(&check, selector);

	if (r != 0)
		return r < 0 ? r : 0;
	return skep_fail(err, -ENOENT, SKEP_ERR_SELECTOR, "not attached: %s.", words);
}
