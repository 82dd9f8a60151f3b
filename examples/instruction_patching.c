/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Exchanges instructions of a program before it is loaded: calls of helpers that do not exist become numbers.
 *
 *	$ sudo ./instruction_patching
 *	instruction ...: call -1 becomes r0 = 40
 *	instruction ...: call -2 becomes r0 = 2
 *	the program returns 42
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>

#include <skep/error.h>
#include <skep/manager.h>
#include <skep/manager_probe.h>
#include <skep/manager_run.h>
#include <skep/object_edit.h>
#include <skep/object_spec.h>
#include <skep/probe_spec.h>

static int patch(struct skep_object *object, int helper, int value, struct skep_error *err)
{
	const struct skep_object_program *program = skep_object_program_find(object, "answer");
	const struct bpf_insn move = { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value };
	uint64_t i;

	for (i = 0; i < program->insn_count; i++)
		if (program->insns[i].code == (BPF_JMP | BPF_CALL) &&
		    program->insns[i].imm == helper) {
			printf("instruction %u: call %d becomes r0 = %d\n", (unsigned)i, helper,
			       value);
			return skep_object_program_patch(object, "answer", i, &move, 1, err);
		}
	return -ENOENT;
}

int main(void)
{
	/* It is attached to nothing: it is run by itself. */
	static const struct skep_probe_spec probes[] = { { .program = "answer", .disabled = 1 } };
	const struct skep_manager_opts o = { .sz = sizeof(o), SKEP_TABLE(probes) };
	const struct skep_probe_run_opts packet = { .sz = sizeof(packet),
						    .data = "an Ethernet frame",
						    .data_bytes = 14 };
	_cleanup_(skep_manager_closep) struct skep_manager *m = NULL;
	struct skep_probe_run_result result;
	struct skep_error err = { 0 };
	int r = skep_manager_open_file("instruction_patching.bpf.o", &o, &m, &err);

	if (r == 0)
		r = patch(skep_manager_object(m), -1, 40, &err);
	if (r == 0)
		r = patch(skep_manager_object(m), -2, 2, &err);
	if (r == 0)
		r = skep_manager_load(m, &err);
	if (r == 0)
		r = skep_probe_run(skep_manager_probe_at(m, 0), &packet, &result, &err);
	if (r == 0)
		printf("the program returns %u\n", (unsigned)result.returned);
	else
		fprintf(stderr, "instruction_patching: %s\n", err.msg);
	return r < 0;
}
