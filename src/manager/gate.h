/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef MANAGER_GATE_H
#define MANAGER_GATE_H
/*
 * The gate: a word for all programs of a manager and one for each, in a map of one element that is mapped into memory.
 *
 * Instructions before the first one of a program read both words, and if one of them is not 0, the program returns what
 * changes nothing. Of the registers only r1, the context, and r10 mean anything there: nothing has to be saved.
 */
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

struct skep_error;

#define GATE_ALL 0u    /* the word for all programs */
#define GATE_INSNS 8u  /* of the prologue */
#define GATE_MAX 8191u /* programs: their words are within reach of an instruction's offset */

struct gate {
	int fd; /* -EBADF: there is none */
	uint32_t *words;
	size_t bytes;
};

/*
 * gate_open() - a gate with all words 0: open
 * @count: of programs
 *
 * Return: 0; a negative errno.
 */
int gate_open(struct gate *gate, size_t count, struct skep_error *err);

/* Programs that are in the kernel still keep the words as they are. */
void gate_close(struct gate *gate);

/* Shuts or opens for one program, or for GATE_ALL. A run that has begun ends. */
void gate_shut(struct gate *gate, uint32_t word, int shut);

int gate_is_shut(const struct gate *gate, uint32_t word);

/*
 * gate_open_of() - open the gate of a program that somebody else has loaded
 *
 * Who has may have ended while it was shut. A program without a gate is left alone.
 *
 * Return: 1 it has one, and it is open; 0 it has none; a negative errno.
 */
int gate_open_of(int prog_fd);

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
