/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <string.h>

#include "check.h"
#include "manager/gate.h"

/* What the instructions do, done here: enough of a machine for them. Return: 1 the program goes on; 0 @ret is returned. */
static int run(const struct bpf_insn *insns, const uint32_t *words, int64_t *ret)
{
	int64_t registers[11] = { 0 };
	const char *base = NULL;
	size_t at;

	for (at = 0; at < GATE_INSNS; at++) {
		const struct bpf_insn *i = &insns[at];

		switch (i->code) {
		case BPF_LD | BPF_DW | BPF_IMM:
			assert_int_equal(i->src_reg, BPF_PSEUDO_MAP_VALUE);
			base = (const char *)words + insns[++at].imm;
			break;
		case BPF_LDX | BPF_MEM | BPF_W: {
			uint32_t word;

			assert_non_null(base);
			memcpy(&word, base + i->off, sizeof(word));
			registers[i->dst_reg] = word;
			break;
		}
		case BPF_ALU64 | BPF_OR | BPF_X:
			registers[i->dst_reg] |= registers[i->src_reg];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			registers[i->dst_reg] = i->imm;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += registers[i->dst_reg] == i->imm ? (size_t)i->off : 0;
			break;
		case BPF_JMP | BPF_JA:
			at += (size_t)i->off;
			break;
		case BPF_JMP | BPF_EXIT:
			*ret = registers[BPF_REG_0];
			return 0;
		default:
			fail_msg("instruction %zu: code %#x", at, i->code);
		}
		assert_true(i->dst_reg != BPF_REG_1); /* the context is the program's */
	}
	assert_int_equal(at, GATE_INSNS);
	return 1;
}

static void gate__is_shut_by_either_word(void **state)
{
	static const int64_t neutrals[] = { 0, 1, 2, -1 };
	static uint32_t words[GATE_MAX + 1];
	static const uint32_t places[] = { 1, 2, 1023, 1024, GATE_MAX };
	struct bpf_insn insns[GATE_INSNS];
	size_t n, p;

	(void)state;
	for (n = 0; n < ARRAY_SIZE(neutrals); n++)
		for (p = 0; p < ARRAY_SIZE(places); p++) {
			int64_t ret = 99;

			memset(words, 0, sizeof(words));
			gate_prologue(insns, 5, places[p], neutrals[n]);
			assert_int_equal(insns[0].imm, 5);
			if (places[p] > 1)
				words[places[p] - 1] = 1; /* another's */
			check_int(run(insns, words, &ret), 1, "open, word %u", places[p]);
			words[places[p]] = 1;
			check_int(run(insns, words, &ret), 0, "its own, word %u", places[p]);
			check_int(ret, neutrals[n], "its own, word %u", places[p]);
			words[places[p]] = 0;
			words[GATE_ALL] = 1;
			ret = 99;
			check_int(run(insns, words, &ret), 0, "all, word %u", places[p]);
			check_int(ret, neutrals[n], "all, word %u", places[p]);
		}
}

static void gate__that_is_taken_away_does_nothing(void **state)
{
	struct bpf_insn insns[GATE_INSNS];
	int64_t ret;

	(void)state;
	gate_no_prologue(insns);
	assert_int_equal(run(insns, NULL, &ret), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gate__is_shut_by_either_word),
		cmocka_unit_test(gate__that_is_taken_away_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
