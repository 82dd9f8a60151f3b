/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Has the kernel reject a program that returns a register nobody set, and says why. It takes CAP_BPF.
 *
 *	$ ./why_rejected
 *	program 'counter': a register is read that has no value on this way through the program (UNINITIALISED_REGISTER)
 *	  at       insn 0: r0 = r2
 *	  log      R2 !read_ok
 *	...
 */
#include <stdio.h>
#include <string.h>

#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys_prog.h>
#include <skep/verifier.h>

int main(void)
{
	static const unsigned char code[] = {
		0xbf, 0x20, 0, 0, 0, 0, 0, 0, /* r0 = r2 */
		0x95, 0x00, 0, 0, 0, 0, 0, 0, /* exit */
	};
	static char log[65536], text[16384];
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_SOCKET_FILTER,
		.insn_cnt = sizeof(code) / 8,
		.insns = SKEP_ATTR_POINTER(code),
		.license = SKEP_ATTR_POINTER("GPL"),
		.log_buf = SKEP_ATTR_POINTER(log),
		.log_size = sizeof(log),
		.prog_name = "counter",
	};
	struct skep_verifier_report_opts opts = {
		.sz = sizeof(opts),
		.program = "counter",
		.prog_type = SKEP_PROG_TYPE_SOCKET_FILTER,
	};
	_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *report = NULL;
	struct skep_error err = { 0 };

	opts.code = skep_sys_prog_load(&attr, sizeof(attr), &err);
	if (opts.code >= 0 || skep_verifier_report_new(log, sizeof(log), &opts, &report, &err) < 0)
		return 1;
	skep_verifier_report_text(report, text, sizeof(text));
	printf("%s", text);
	return report->rule != SKEP_VERIFIER_RULE_UNINITIALISED_REGISTER;
}
