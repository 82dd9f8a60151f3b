/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_GATE_H
#define MANAGER_GATE_H
/*
 * The gate: a word for all programs of a manager and one for each, in a map of one element that is mapped into memory.
 * Between them stands whose gate it is. A program that is pinned has a gate of its own: who finds it later can take it.
 *
 * Instructions before the first one of a program read both words, and if one of them is not 0, the program returns what
 * changes nothing. Of the registers only r1, the context, and r10 mean anything there: nothing has to be saved.
 */
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

struct skep_error;

#define GATE_ALL 0u    /* the word for all programs */
#define GATE_FIRST 16u /* that of the first program */
#define GATE_INSNS 8u  /* of the prologue */
#define GATE_MAX 8191u /* the last word that an instruction's offset reaches */

struct gate {
	int fd; /* -EBADF: there is none */
	uint32_t *words;
	size_t bytes;
};

/*
 * gate_open() - a gate with all words 0, which is open; it is this process's
 * @count: of programs
 * @code:  tells the instructions of its one program, which is pinned, from others; 0: it is not for a pinned program
 *
 * Return: 0; a negative errno.
 */
int gate_open(struct gate *gate, size_t count, uint64_t code, struct skep_error *err);

/* It is nobody's any more. Programs that are in the kernel still keep the words as they are. */
void gate_close(struct gate *gate);

/* In a child of the process whose it is: its memory and fd. */
void gate_leave(struct gate *gate);

/* Shuts or opens for one program, or for GATE_ALL. A run that has begun ends. */
void gate_shut(struct gate *gate, uint32_t word, int shut);

int gate_is_shut(const struct gate *gate, uint32_t word);

/*
 * gate_take() - take over the gate of a program that somebody else has loaded and pinned
 * @ret_gate: open, and ours; the word of the program is GATE_FIRST; untouched if there is none to take
 * @ret_code: as it was given to gate_open()
 * @ret_pid:  whose it is, for -EBUSY; 0: of somebody who is taking it over just now
 *
 * Who had it may have been killed while it was shut. A gate that was not made for a pinned program is opened, and not taken:
 * which word is the program's is not known.
 *
 * Return: 1; 0 there is none to take; -EBUSY its owner is not certainly gone: nothing has changed; another negative errno.
 */
int gate_take(int prog_fd, struct gate *ret_gate, uint64_t *ret_code, uint64_t *ret_pid);

/*
 * gate_prologue() - what is put before a program
 * @fd:      of the map of the gate
 * @word:    of the program
 * @neutral: what it returns while it is shut
 */
void gate_prologue(struct bpf_insn insns[GATE_INSNS], int fd, uint32_t word, int64_t neutral);

/* The same number of instructions that do nothing. */
void gate_no_prologue(struct bpf_insn insns[GATE_INSNS]);

#endif
