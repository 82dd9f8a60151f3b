/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "counter.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <skep/kabi.h>
#include <skep/sys.h>

#include "base/cleanup.h"
#include "bpf_fixture.h"

#define INSN_MAP_VALUE(dst, map_fd)                                   \
	{ 0x18, (dst) | SKEP_PSEUDO_LOAD_MAP_VALUE << 4, 0, map_fd }, \
	{                                                             \
		0, 0, 0, 0                                            \
	}
#define INSN_ADD_U64(dst, src)                 \
	{                                      \
		0xdb, (dst) | (src) << 4, 0, 0 \
	} /* *(u64 *)dst += src, at once */

void counter_open(uint32_t prog_type, uint32_t expected_attach_type, int32_t returned,
		  struct counter *ret_counter)
{
	struct counter c = { .map_fd = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 8, 1,
						   SKEP_MAP_FLAG_MMAPABLE) };
	const struct insn insns[] = {
		INSN_MAP_VALUE(1, c.map_fd), INSN_MOV_IMM(2, 1), INSN_ADD_U64(1, 2),
		INSN_MOV_IMM(0, returned),   INSN_EXIT,
	};

	c.prog_fd = fixture_prog(prog_type, expected_attach_type, insns, ARRAY_SIZE(insns));
	c.value = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, c.map_fd, 0);
	assert_true(c.value != MAP_FAILED);
	*ret_counter = c;
}

void counter_close(struct counter *c)
{
	munmap((void *)c->value, (size_t)sysconf(_SC_PAGESIZE));
	close(c->map_fd);
	close(c->prog_fd);
}

uint32_t counter_prog_id(const struct counter *c)
{
	struct skep_prog_info info = { 0 };

	assert_true(skep_sys_prog_info(c->prog_fd, &info, sizeof(info)) > 0);
	return info.id;
}

void counter_assert_fires(const struct counter *c, uint64_t least, void (*fn)(void *userdata),
			  void *userdata, const char *file, int line)
{
	uint64_t before = *c->value, after;

	fn(userdata);
	after = *c->value;
	if (least ? after - before >= least : after == before)
		return;
	fprintf(stderr, "# %s:%d: counted %" PRIu64 ", wanted %s%" PRIu64 "\n", file, line,
		after - before, least ? "at least " : "", least);
	_fail(file, line);
}
