/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FLOW_EPOCH_H
#define FLOW_EPOCH_H
/*
 * Epochs: retire one, drain what it left, and check that every packet of it is accounted for.
 *
 * See docs/decisions/0001-exact-drain.md.
 */
#include <skep/flow.h>

struct flow_epoch;
struct flow_program;

/*
 * flow_epoch_new() - the drain of a program
 * @program:   borrowed until flow_epoch_free()
 * @ret_epoch: owned by the caller
 *
 * Return: 0; -ENOMEM; a negative errno of epoll_create1(2) or mmap(2).
 */
int flow_epoch_new(struct flow_program *program, struct flow_epoch **ret_epoch,
		   struct skep_error *err);

/* Return: NULL. */
struct flow_epoch *flow_epoch_free(struct flow_epoch *epoch);

/*
 * flow_epoch_turn() - retire the current epoch and deliver its entries
 * @fn, @userdata: called for each entry; NULL: only count
 *
 * When a grace period or a drain fails, the next turn goes on where this one stopped: an epoch is never begun before
 * the one before last is empty.
 *
 * Return: as skep_flow_agent_drain().
 */
int flow_epoch_turn(struct flow_epoch *epoch, skep_flow_entry_fn fn, void *userdata,
		    struct skep_error *err);

/* Return: an fd that is readable while the ring holds something: turn at once. */
int flow_epoch_fd(const struct flow_epoch *epoch);

/* Return: 1 if the ring holds something. */
int flow_epoch_urgent(const struct flow_epoch *epoch);

void flow_epoch_ledger(const struct flow_epoch *epoch, struct skep_flow_ledger *ret_ledger);

/* Count that an epoch was retired before its time. */
void flow_epoch_note_early(struct flow_epoch *epoch);

SKEP_DEFINE_CLEANUP(struct flow_epoch, flow_epoch_free)

#endif
