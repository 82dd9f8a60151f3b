/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* A probe under another pair, wherever that stands. */
#include <errno.h>
#include <string.h>

#include "manager/probe.h"

/* What a pair becomes, all in memory before anything changes. */
struct renaming {
	struct skep_selector *selector; /* NULL: there is none */
	char *program, *uid;
	char **excluded; /* as many as the manager's; NULL where none changes */
};

static void renaming_fini(struct renaming *n, size_t excluded_count)
{
	size_t i;

	skep_selector_free(n->selector);
	free(n->program);
	free(n->uid);
	for (i = 0; n->excluded && i < excluded_count; i++)
		free(n->excluded[i]);
	free(n->excluded);
}

static int renaming_init(struct renaming *n, const struct skep_manager *m,
			 const struct skep_probe *p, const char *program, const char *uid)
{
	size_t i;

	n->program = strdup(program);
	n->uid = strdup(uid);
	n->excluded = calloc(m->excluded_count + 1, sizeof(char *));
	if (!n->program || !n->uid || !n->excluded)
		return -ENOMEM;
	for (i = 0; i < m->excluded_count; i++)
		if (strcmp(p->spec.program, program) != 0 &&
		    !strcmp(m->excluded[i], p->spec.program)) {
			n->excluded[i] = strdup(program);
			if (!n->excluded[i])
				return -ENOMEM;
		}
	if (!m->selector)
		return 0;
	if (skep_selector_copy(m->selector, &n->selector, NULL) < 0)
		return -ENOMEM;
	return skep_selector_rename(n->selector, p->spec.program, p->spec.uid, program, uid);
}

static void swap(char **a, char **b)
{
	char *kept = *a;

	*a = *b;
	*b = kept;
}

/* What was is left in @n. */
static void rename_all(struct renaming *n, struct skep_manager *m, struct skep_probe *p)
{
	struct skep_selector *selector = m->selector;
	size_t i;

	for (i = 0; i < m->excluded_count; i++)
		if (n->excluded[i])
			swap(&n->excluded[i], &m->excluded[i]);
	m->selector = n->selector;
	n->selector = selector;
	pair_index_remove(&m->pairs, p);
	if (strcmp(n->program, p->spec.program) != 0)
		free(take_ptr(p->copy_name)); /* the next load makes a copy of the other program */
	swap(&n->program, (char **)(void *)&p->spec.program);
	swap(&n->uid, (char **)(void *)&p->spec.uid);
	pair_index_put_back(&m->pairs, p);
}

static int check_rename(const struct skep_manager *m, const struct skep_probe *p,
			const char *program, const char *uid, struct skep_error *err)
{
	char name[PROBE_NAME_SIZE];
	const struct skep_probe *other = skep_manager_probe_find(m, program, uid);
	int r = probe_check_uid(uid, err);

	if (r < 0)
		return skep_wrap(err, r, "rename '%s': ", probe_name(p, name));
	if (other && other != p)
		return skep_fail(err, -EEXIST, SKEP_ERR_PROBE_NAME,
				 "rename: there is a probe '%s' already.", probe_name(other, name));
	if (p->attached)
		return skep_fail(err, -EBUSY, SKEP_ERR_PROBE_ATTACHED,
				 "rename: probe '%s' is attached: detach it first.",
				 probe_name(p, name));
	if (p->program && strcmp(p->spec.program, program) != 0)
		return skep_fail(err, -EBUSY, SKEP_ERR_RUNNING,
				 "rename: the program of probe '%s' is loaded: stop the manager to "
				 "give it another one.",
				 probe_name(p, name));
	return 0;
}

int skep_manager_rename(struct skep_manager *m, const char *program, const char *uid,
			const char *new_program, const char *new_uid, struct skep_error *err)
{
	struct skep_probe *p = skep_manager_probe_find(m, program, uid);
	struct renaming n = { 0 };
	int r;

	if (!program || !new_program || !*new_program)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID, "rename: no name of a program.");
	if (!p)
		return skep_fail(err, -ENOENT, SKEP_ERR_NOT_FOUND,
				 "rename: there is no probe '%.64s%s%.64s'.", program,
				 *text_or_empty(uid) ? "@" : "", text_or_empty(uid));
	r = check_rename(m, p, new_program, new_uid, err);
	if (r < 0)
		return r;
	r = renaming_init(&n, m, p, new_program, text_or_empty(new_uid));
	if (r < 0)
		manager_no_memory(err);
	else
		rename_all(&n, m, p);
	renaming_fini(&n, m->excluded_count);
	return r < 0 ? r : 0;
}
