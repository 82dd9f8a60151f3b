/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <skep/kabi_info.h>

_Static_assert(sizeof(struct skep_map_info) == 104, "bpf_map_info of Linux 6.18");
_Static_assert(sizeof(struct skep_prog_info) == 232, "bpf_prog_info of Linux 6.0");
_Static_assert(sizeof(struct skep_link_info) == 64, "bpf_link_info of Linux 6.8");
_Static_assert(sizeof(struct skep_btf_info) == 32, "bpf_btf_info of Linux 5.11");
_Static_assert(sizeof(struct skep_token_info) == 32, "bpf_token_info of Linux 6.17");
_Static_assert(sizeof(struct skep_func_info) == 8, "bpf_func_info of Linux 5.0");
_Static_assert(sizeof(struct skep_line_info) == 16, "bpf_line_info of Linux 5.0");

/* What kernels have filled: the length that they return is up to the end of their last member, rounded up to 8. */
static void member__is_there_if_the_kernel_has_filled_it(void **state)
{
	(void)state;
	check_int(SKEP_INFO_HAS(struct skep_map_info, map_flags, 24), 1, "Linux 4.13");
	check_int(SKEP_INFO_HAS(struct skep_map_info, name, 24), 0, "Linux 4.13");
	check_int(SKEP_INFO_HAS(struct skep_map_info, btf_value_type_id, 80), 1, "Linux 5.10");
	check_int(SKEP_INFO_HAS(struct skep_map_info, map_extra, 80), 0, "Linux 5.10");
	check_int(SKEP_INFO_HAS(struct skep_map_info, map_extra, 88), 1, "Linux 6.1");
	check_int(SKEP_INFO_HAS(struct skep_map_info, hash_size, 88), 0, "Linux 6.1");
	check_int(SKEP_INFO_HAS(struct skep_map_info, hash_size, 104), 1, "Linux 6.18");
	check_int(SKEP_INFO_HAS(struct skep_prog_info, run_cnt, 208), 1, "Linux 5.10");
	check_int(SKEP_INFO_HAS(struct skep_prog_info, recursion_misses, 208), 0, "Linux 5.10");
	check_int(SKEP_INFO_HAS(struct skep_prog_info, attach_btf_id, 232), 1, "Linux 6.1");
	check_int(SKEP_INFO_HAS(struct skep_btf_info, id, 16), 1, "Linux 5.10");
	check_int(SKEP_INFO_HAS(struct skep_btf_info, name, 16), 0, "Linux 5.10");
	check_int(SKEP_INFO_HAS(struct skep_link_info, tcx.attach_type, 24), 1, "nested");
	check_int(SKEP_INFO_HAS(struct skep_link_info, tcx.attach_type, 23), 0, "half a member");
}

static void line_and_column__share_a_word(void **state)
{
	(void)state;
	check_u64(SKEP_LINE_INFO_LINE(70u << 10 | 3), 70, "line");
	check_u64(SKEP_LINE_INFO_COLUMN(70u << 10 | 3), 3, "column");
	check_u64(SKEP_LINE_INFO_LINE(UINT32_MAX), 0x3fffff, "the largest line");
	check_u64(SKEP_LINE_INFO_COLUMN(UINT32_MAX), 1023, "the largest column");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(member__is_there_if_the_kernel_has_filled_it),
		cmocka_unit_test(line_and_column__share_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
