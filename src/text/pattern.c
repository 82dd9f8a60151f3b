/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "text/pattern.h"

#include <fnmatch.h>
#include <regex.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

enum pattern_kind {
	PATTERN_EXACT,
	PATTERN_GLOB,
	PATTERN_REGEX
};

struct text_pattern {
	enum pattern_kind kind;
	regex_t regex; /* of PATTERN_REGEX */
	char text[];
};

static int compile_regex(struct text_pattern *p, size_t len, struct skep_error *err)
{
	_cleanup_free_ char *expression = strndup(p->text + 1, len - 2);
	char why[128];
	int r;

	if (!expression)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "pattern '%s'", p->text);
	r = regcomp(&p->regex, expression, REG_EXTENDED | REG_NOSUB);
	if (!r) {
		p->kind = PATTERN_REGEX;
		return 0;
	}
	regerror(r, &p->regex, why, sizeof(why));
	return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
			 "pattern '%s' is not a regular expression: %s.", p->text, why);
}

int text_pattern_new(const char *text, struct text_pattern **ret_pattern, struct skep_error *err)
{
	_cleanup_(text_pattern_freep) struct text_pattern *p = NULL;
	size_t len = strlen(text);
	int r;

	if (!len || !strcmp(text, "//"))
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "an empty pattern matches nothing.");
	p = calloc(1, sizeof(*p) + len + 1);
	if (!p)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "pattern '%s'", text);
	memcpy(p->text, text, len + 1);
	if (text[0] == '/') {
		if (len < 2 || text[len - 1] != '/')
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "pattern '%s' begins with / and does not end with it.",
					 text);
		r = compile_regex(p, len, err);
		if (r < 0)
			return r;
	} else if (strpbrk(text, "*?[")) {
		p->kind = PATTERN_GLOB;
		if (strchr(text, '[') && !strchr(strchr(text, '['), ']'))
			return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
					 "pattern '%s': '[' without ']'.", text);
	}
	*ret_pattern = take_ptr(p);
	return 0;
}

struct text_pattern *text_pattern_free(struct text_pattern *p)
{
	if (p && p->kind == PATTERN_REGEX)
		regfree(&p->regex);
	free(p);
	return NULL;
}

int text_pattern_match(const struct text_pattern *p, const char *name)
{
	switch (p->kind) {
	case PATTERN_GLOB:
		return !fnmatch(p->text, name, 0);
	case PATTERN_REGEX:
		return !regexec(&p->regex, name, 0, NULL, 0);
	default:
		return !strcmp(p->text, name);
	}
}

int text_pattern_exact(const struct text_pattern *p)
{
	return p->kind == PATTERN_EXACT;
}

const char *text_pattern_text(const struct text_pattern *p)
{
	return p->text;
}
