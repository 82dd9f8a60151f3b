/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* The gates before programs: one for all of a manager, and one for each that is pinned. */
#include <stdlib.h>

#include <skep/object_edit.h>
#include <skep/object_spec.h>

#include "base/cleanup.h"
#include "manager/programs.h"
#include "object/insert.h"

/* Return: does a gate make sense before it? */
static int is_to_be_gated(const struct skep_manager *m, const struct manager_program *mp)
{
	return !(m->opts.flags & SKEP_MANAGER_NO_GATE) && mp->has_neutral && !mp->gateless &&
	       mp->own_fd < 0;
}

static void give_words(struct skep_manager *m)
{
	struct manager_program *mp;
	size_t i;

	for (i = 0; i < m->program_count; i++) {
		mp = m->programs[i];
		if (is_to_be_gated(m, mp) && !mp->pin && !mp->word &&
		    GATE_FIRST + m->word_count <= GATE_MAX)
			mp->word = GATE_FIRST + m->word_count++;
	}
}

/* FNV-1a of its instructions, without the prologue. References to maps and functions are not resolved in them. */
uint64_t programs_code(const struct skep_manager *m, const struct manager_program *mp)
{
	const struct skep_object_program *program = skep_object_program_find(m->object, mp->name);
	const size_t skipped = mp->has_prologue ? GATE_INSNS : 0;
	const unsigned char *at = (const unsigned char *)(program->insns + skipped),
			    *end = (const unsigned char *)(program->insns + program->insn_count);
	uint64_t code = 0xcbf29ce484222325ull;

	for (; at < end; at++)
		code = (code ^ *at) * 0x100000001b3ull;
	return code ? code : 1;
}

/* Return: 0; a negative errno. */
static int make_prologue(struct skep_manager *m, struct manager_program *mp,
			 struct bpf_insn insns[GATE_INSNS], struct skep_error *err)
{
	int r = 0;

	if (!mp->pin) {
		gate_prologue(insns, m->gate.fd, mp->word, mp->neutral);
		return 0;
	}
	r = gate_open(&mp->gate, 1, programs_code(m, mp), err);
	if (r == 0)
		gate_prologue(insns, mp->gate.fd, GATE_FIRST, mp->neutral);
	return r;
}

/* Gates that are put before programs, all at the end. */
struct new_gate {
	struct bpf_insn insns[GATE_INSNS];
	struct manager_program *program;
};

/* What the program has before it is made what it is to be. */
static int put_gate(struct skep_manager *m, struct manager_program *mp, struct new_gate *new,
		    struct skep_error *err)
{
	int r = 0;

	if (!skep_object_program_find(m->object, mp->name))
		return 0; /* of an earlier load */
	mp->gated = is_to_be_gated(m, mp) && (mp->word || mp->pin);
	if (mp->gated)
		r = make_prologue(m, mp, new->insns, err);
	else if (mp->has_prologue)
		gate_no_prologue(new->insns);
	mp->gated |= mp->gate.words != NULL; /* it was found with one */
	if (r < 0 || (!mp->has_prologue && (!mp->gated || mp->own_fd >= 0)))
		return r;
	if (mp->has_prologue)
		return skep_object_program_patch(m->object, mp->name, 0, new->insns, GATE_INSNS,
						 err);
	new->program = mp;
	return 0;
}

static int insert_gates(struct skep_manager *m, const struct new_gate *gates, size_t count,
			struct skep_error *err)
{
	_cleanup_free_ struct object_insertion *all = calloc(count + 1, sizeof(*all));
	size_t i;
	int r;

	if (!all)
		return manager_no_memory(err);
	for (i = 0; i < count; i++)
		all[i] = (struct object_insertion){ gates[i].program->name, gates[i].insns,
						    GATE_INSNS };
	r = object_insert(m->object, all, count, err);
	for (i = 0; r == 0 && i < count; i++)
		gates[i].program->has_prologue = 1;
	return r;
}

int programs_put_gates(struct skep_manager *m, struct skep_error *err)
{
	_cleanup_free_ struct new_gate *gates = calloc(m->program_count + 1, sizeof(*gates));
	size_t i, count = 0;
	int r;

	if (!gates)
		return manager_no_memory(err);
	give_words(m);
	r = m->word_count ? gate_open(&m->gate, m->word_count, 0, err) : 0;
	for (i = 0; r == 0 && i < m->program_count; i++) {
		r = put_gate(m, m->programs[i], &gates[count], err);
		count += gates[count].program != NULL;
	}
	return r < 0 ? r : insert_gates(m, gates, count, err);
}

void programs_shut(struct skep_manager *m, int shut)
{
	size_t i;

	gate_shut(&m->gate, GATE_ALL, shut);
	for (i = 0; i < m->program_count; i++)
		gate_shut(&m->programs[i]->gate, GATE_ALL, shut);
}

void programs_close_gates(struct skep_manager *m)
{
	size_t i;

	gate_close(&m->gate);
	for (i = 0; i < m->program_count; i++)
		gate_close(&m->programs[i]->gate);
}
