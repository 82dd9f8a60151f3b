/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Logs of several kernels, and what is told of them. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skep/error.h>
#include <skep/json.h>
#include <skep/kabi.h>
#include <skep/verifier.h>

#include "verifier_logs.h"

static struct skep_verifier_report *report_of(const char *log, int code)
{
	struct skep_verifier_report_opts opts = {
		.sz = sizeof(opts),
		.program = "count",
		.prog_type = SKEP_PROG_TYPE_XDP,
		.code = code,
	};
	struct skep_verifier_report *report = NULL;
	struct skep_error err = { .msg = "" };

	check_int(skep_verifier_report_new(log, strlen(log), &opts, &report, &err), 0, "%s",
		  err.msg);
	return report;
}

static void report__names_rule_instruction_and_register(void **state)
{
	static const struct {
		const char *log;
		uint32_t rule;
		int insn, reg, steps;
		const char *reason;
	} cases[] = {
		{ LOG_MAP_BOUNDS_5_10, SKEP_VERIFIER_RULE_MAP_BOUNDS, 13, 0, 6,
		  "invalid access to map value, value_size=32 off=56 size=8" },
		{ LOG_MAP_BOUNDS_7_3, SKEP_VERIFIER_RULE_MAP_BOUNDS, 13, 0, 6,
		  "invalid access to map value, value_size=32 off=56 size=8" },
		{ LOG_LEAK_5_10, SKEP_VERIFIER_RULE_REFERENCE_LEAK, 13, -1, 1,
		  "Unreleased reference id=2 alloc_insn=5" },
		{ LOG_LEAK_7_3, SKEP_VERIFIER_RULE_REFERENCE_LEAK, 6, -1, 1,
		  "Unreleased reference id=2 alloc_insn=4" },
		{ LOG_NEGATIVE_6_18, SKEP_VERIFIER_RULE_NEGATIVE, 8, 4, 4,
		  "R4 min value is negative, either use unsigned or 'var &= const'" },
		{ LOG_PACKET_6_1, SKEP_VERIFIER_RULE_PACKET_BOUNDS, 5, 2, 1,
		  "invalid access to packet, off=8 size=8, R2(id=0,off=8,r=8)" },
		{ LOG_MOVED_6_18, SKEP_VERIFIER_RULE_NOT_A_POINTER, 10, 7, 3,
		  "R7 invalid mem access 'scalar'" },
		{ LOG_STACK_6_18, SKEP_VERIFIER_RULE_UNINITIALISED_STACK, 4, 2, 2,
		  "invalid read from stack R2 off=-4 size=4" },
		{ LOG_SPILL_6_18, SKEP_VERIFIER_RULE_SPILLED_POINTER, 1, -1, 1,
		  "invalid size of register fill" },
		{ LOG_JUMP_7_3, SKEP_VERIFIER_RULE_JUMP_OUT_OF_RANGE, 1, -1, 0,
		  "jump out of range from insn 1 to 7" },
		{ LOG_HELPER_5_10, SKEP_VERIFIER_RULE_HELPER_NOT_ALLOWED, 4, -1, 0,
		  "unknown func bpf_skb_load_bytes#26" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r =
			report_of(cases[i].log, -EACCES);

		check_text(r->rule_name, skep_verifier_rule_name(cases[i].rule), "case %zu", i);
		check_int(r->insn, cases[i].insn, "instruction of case %zu", i);
		check_int(r->reg, cases[i].reg, "register of case %zu", i);
		check_int(r->step_count, cases[i].steps, "steps of case %zu", i);
		check_text(r->reason, cases[i].reason, "case %zu", i);
		check_int(r->kind, SKEP_ERR_VERIFIER, "case %zu", i);
		check_int(r->cut, 0, "case %zu", i);
	}
}

static void report__tells_the_way_in_old_words(void **state)
{
	_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r =
		report_of(LOG_MAP_BOUNDS_5_10, -EACCES);

	(void)state;
	check_text(r->insn_text, "r1 = *(u64 *)(r0 +0)", "rejected");
	check_text(r->source, "value[at & 7] += 1;", "its source");
	check_text(r->file, "", "5.10 names no file");
	check_text(r->steps[0].text, "call bpf_map_lookup_elem#1", "first step");
	check_text(r->steps[0].source, "__u64 *value = bpf_map_lookup_elem(&flows, &key);",
		   "first");
	check_text(r->steps[5].text, "r0 += r1", "last step");
	check_text(r->title, "", "5.10 has no title");
}

static void report__takes_what_new_kernels_add(void **state)
{
	_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r =
		report_of(LOG_MAP_BOUNDS_7_3, -EACCES);

	(void)state;
	check_text(r->file, "bad1.bpf.c", "file");
	check_int(r->line, 12, "line");
	check_text(r->title, "Memory Safety: Access outside bounds", "title");
	check_text(r->kernel_hint,
		   "Add or adjust a bounds check that proves offset + access_size stays within the "
		   "object.",
		   "suggestion");
	check_int(strncmp(r->kernel_why, "The verifier cannot prove", 25), 0, "%s", r->kernel_why);
	check_text(
		r->steps[0].told,
		"update: R0 changed from uninitialized value to nullable map value from flows at "
		"offset 0",
		"an event goes on over lines");
	check_text(r->steps[2].told,
		   "scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))",
		   "a step without an event keeps the verifier's state");
	check_int(r->steps[0].line, 8, "line of a step");
}

static void report__tells_whose_fault_it_is(void **state)
{
	static const struct {
		const char *log;
		int code;
		uint32_t rule, kind;
		const char *subject;
	} cases[] = {
		{ "", -EPERM, SKEP_VERIFIER_RULE_PRIVILEGE, SKEP_ERR_PERMISSION,
		  "CAP_NET_ADMIN, CAP_BPF" },
		{ "", -EINVAL, SKEP_VERIFIER_RULE_REFUSED_UNSEEN, SKEP_ERR_UNSUPPORTED, "xdp" },
		{ "", -E2BIG, SKEP_VERIFIER_RULE_TOO_LARGE, SKEP_ERR_VERIFIER, "" },
		{ "0: (b7) r0 = 0\n", -E2BIG, SKEP_VERIFIER_RULE_TOO_COMPLEX, SKEP_ERR_VERIFIER,
		  "" },
		{ "0: (b7) r0 = 0\n", -EACCES, SKEP_VERIFIER_RULE_LOG_CUT, SKEP_ERR_VERIFIER, "" },
		{ "", -ENOMEM, SKEP_VERIFIER_RULE_INTERRUPTED, SKEP_ERR_VERIFIER, "" },
		{ "0: (85) call unknown#181\ninvalid func unknown#181\n", -EINVAL,
		  SKEP_VERIFIER_RULE_UNKNOWN_HELPER, SKEP_ERR_UNSUPPORTED,
		  "bpf_loop (Linux 5.17)" },
		{ "0: (85) call unknown#9999\ninvalid func unknown#9999\n", -EINVAL,
		  SKEP_VERIFIER_RULE_UNKNOWN_HELPER, SKEP_ERR_UNSUPPORTED, "number 9999" },
		{ "kernel btf_id 7 is not a function\n", -EINVAL, SKEP_VERIFIER_RULE_UNKNOWN_KFUNC,
		  SKEP_ERR_UNSUPPORTED, "" },
		{ "R0 leaks addr as return value\n", -EACCES, SKEP_VERIFIER_RULE_POINTER_LEAK,
		  SKEP_ERR_PERMISSION, "" },
		{ "nobody ever printed this\nprocessed 1 insns\n", -EINVAL,
		  SKEP_VERIFIER_RULE_UNKNOWN, SKEP_ERR_VERIFIER, "" },
		{ "Verification failed: Policy: Something new\n\nReason:\n  it is.\n\nprocessed 1\n",
		  -EINVAL, SKEP_VERIFIER_RULE_PROGRAM_TYPE, SKEP_ERR_VERIFIER, "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r =
			report_of(cases[i].log, cases[i].code);

		check_text(r->rule_name, skep_verifier_rule_name(cases[i].rule), "case %zu", i);
		check_int(r->kind, cases[i].kind, "kind of case %zu", i);
		check_text(r->subject, cases[i].subject, "subject of case %zu", i);
	}
}

static void report__of_a_log_cut_anywhere_is_bounded_and_printable(void **state)
{
	static const char log[] = LOG_MAP_BOUNDS_7_3;
	struct skep_verifier_report *r = NULL;
	char text[16384];
	size_t len;
	int written;

	(void)state;
	for (len = 0; len < sizeof(log); len += 3) {
		check_int(skep_verifier_report_new(log, len, NULL, &r, NULL), 0, "%zu bytes", len);
		written = skep_verifier_report_text(r, text, sizeof(text));
		check_int(written, (int)strlen(text), "%zu bytes", len);
		r = skep_verifier_report_free(r);
	}
}

static void report__of_a_huge_log_reads_its_end(void **state)
{
	const size_t size = (size_t)3 << 20;
	_cleanup_free_ char *log = malloc(size);
	static const char end[] =
		"\n5: (79) r0 = *(u64 *)(r1 +0)\n\x1b[31mR1 invalid mem access 'scalar'\n"
		"R1 invalid mem access 'scalar'\nprocessed 6 insns\n";
	_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r = NULL;

	(void)state;
	assert_non_null(log);
	memset(log, 'x', size);
	memcpy(log + size - sizeof(end), end, sizeof(end));
	check_int(skep_verifier_report_new(log, size, NULL, &r, NULL), 0, "3 MB");
	check_text(r->rule_name, "NOT_A_POINTER", "3 MB");
	check_int(r->insn, 5, "3 MB");
}

/* Kernels keep the end of a log, and skep the end of what they kept: neither begins where a line does. */
static void report__of_a_log_without_its_beginning_takes_no_state_for_source(void **state)
{
	static const char *const firsts[] = {
		"; R6=0x5f436f8\n",
		" ; R0=scalar() R7=scalar(id=1,smin=0,smax=umax=0xff)\n",
		"; frame1: R0_w=7 R6_w=0x2a\n",
		"6=0x5f436f8\n",
	};
	static const char rest[] =
		"5: (bc) w7 = w0\n6: (16) if w6 == 0x0 goto pc+1\n7: (05) goto pc-6\n"
		"2: (85) call bpf_get_prandom_u32#7\n"
		"BPF program is too large. Processed 1000001 insn\n";
	_cleanup_free_ char *huge = malloc((3u << 20) + sizeof(rest));
	char log[512];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(firsts); i++) {
		_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r = NULL;

		snprintf(log, sizeof(log), "%s%s", firsts[i], rest);
		r = report_of(log, -E2BIG);
		check_text(r->rule_name, "TOO_COMPLEX", "case %zu", i);
		check_text(r->source, "", "case %zu", i);
	}
	assert_non_null(huge);
	memset(huge, ';', 3u << 20);
	for (i = 0; i < 3u << 20; i += 2)
		huge[i] = ' ';
	memcpy(huge + (3u << 20), rest, sizeof(rest));
	huge[(3u << 20) - 1] = '\n';
	{
		_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r =
			report_of(huge, -E2BIG);

		check_text(r->rule_name, "TOO_COMPLEX", "a line longer than what is read");
		check_text(r->source, "", "the end of a line that is longer than what is read");
	}
}

static void report__blames_maps_without_keys_and_not_a_size(void **state)
{
	static const char *const logs[] = {
		"4: (18) r1 = 0xffff8881b09dc000       ; R1=map_ptr(map=rb,ks=0,vs=0)\n"
		"6: (85) call bpf_map_lookup_elem#1\ninvalid zero-sized read\n"
		"processed 6 insns (limit 1000000)\n",
		"6: (85) call bpf_map_update_elem#2\nR2 invalid zero-sized read\n",
		"6: (85) call bpf_map_lookup_elem#1\ninvalid stack type R2 off=-4 access_size=0\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(logs); i++) {
		_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r =
			report_of(logs[i], -EACCES);

		check_text(r->rule_name, "MAP_TYPE", "case %zu", i);
	}
	{
		_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r = report_of(
			"6: (85) call bpf_skb_load_bytes#26\nR4 invalid zero-sized read\n",
			-EACCES);

		check_text(r->rule_name, "ZERO_SIZE", "a size that the program gives");
	}
}

static void text__is_for_people_and_cut_to_fit(void **state)
{
	_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r =
		report_of(LOG_PACKET_6_1, -EACCES);
	static const char whole[] =
		"program 'count': packet bytes are accessed that were not compared with the end of "
		"the packet (PACKET_BOUNDS)\n"
		"  at       insn 5: r0 = *(u64 *)(r2 +8)\n"
		"  log      invalid access to packet, off=8 size=8, R2(id=0,off=8,r=8)\n"
		"  r2       pkt(off=0,r=0,imm=0)\n"
		"  story    insn 0: r2 = *(u32 *)(r1 +76)\n"
		"             pkt(off=0,r=0,imm=0)\n"
		"  hint     before the access: if (pointer + size > data_end) return\n";
	char buf[2048], small[8];

	(void)state;
	check_int(skep_verifier_report_text(r, buf, sizeof(buf)), (int)sizeof(whole) - 1, "length");
	check_text(buf, whole, "text");
	check_int(skep_verifier_report_text(r, small, sizeof(small)), (int)sizeof(whole) - 1,
		  "small");
	check_text(small, "program", "small");
	check_int(skep_verifier_report_text(r, NULL, 0), (int)sizeof(whole) - 1, "no room");
}

static void json__has_null_for_what_is_not_known(void **state)
{
	_cleanup_(skep_verifier_report_freep) struct skep_verifier_report *r =
		report_of("R0 !read_ok\nprocessed 1\n", 0);
	struct skep_json json;
	char buf[2048];

	(void)state;
	skep_json_init(&json, buf, sizeof(buf));
	skep_verifier_report_json(r, &json, NULL);
	check_int(skep_json_finish(&json) > 0, 1, "finish");
	check_text(
		buf,
		"{\"rule\":\"UNINITIALISED_REGISTER\",\"kind\":\"VERIFIER\",\"sentence\":\"a register is "
		"read that has no value on this way through the program\",\"hint\":\"give the "
		"variable a value on every way; a call leaves r1 to r5 without "
		"one\",\"program\":\"count\",\"subject\":null,\"reason\":\"R0 "
		"!read_ok\",\"code\":null,\"insn\":null,\"register\":0,\"instruction\":null,"
		"\"state\":null,\"file\":null,\"line\":null,\"source\":null,\"title\":null,"
		"\"kernel_reason\":null,\"kernel_hint\":null,\"cut\":false,\"steps\":[]}",
		"json");
}

static void report__refuses_options_of_the_future(void **state)
{
	struct {
		struct skep_verifier_report_opts known;
		uint64_t unknown;
	} opts = { .known.sz = sizeof(opts), .unknown = 1 };
	struct skep_verifier_report *r = NULL;
	struct skep_error err = { .msg = "" };

	(void)state;
	check_int(skep_verifier_report_new("", 0, &opts.known, &r, &err), -E2BIG, "newer");
	check_int(err.kind, SKEP_ERR_INVALID, "newer");
	check_text(skep_verifier_rule_name(9999), "UNKNOWN", "no rule");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report__names_rule_instruction_and_register),
		cmocka_unit_test(report__tells_the_way_in_old_words),
		cmocka_unit_test(report__takes_what_new_kernels_add),
		cmocka_unit_test(report__tells_whose_fault_it_is),
		cmocka_unit_test(report__of_a_log_cut_anywhere_is_bounded_and_printable),
		cmocka_unit_test(report__of_a_huge_log_reads_its_end),
		cmocka_unit_test(report__of_a_log_without_its_beginning_takes_no_state_for_source),
		cmocka_unit_test(report__blames_maps_without_keys_and_not_a_size),
		cmocka_unit_test(text__is_for_people_and_cut_to_fit),
		cmocka_unit_test(json__has_null_for_what_is_not_known),
		cmocka_unit_test(report__refuses_options_of_the_future),
	};

	return cmocka_run_group_tests_name("verifier", tests, NULL, NULL);
}
