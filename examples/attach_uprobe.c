/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * Counts how often this process calls getpgid() of its C library, which is found by its name.
 *
 *	$ sudo ./attach_uprobe
 *	attached uprobe to ...libc...:getpgid by ... in ... us
 *	5 calls counted
 */
#include <stdio.h>
#include <unistd.h>

#include <skep/attach_uprobe.h>
#include <skep/error.h>
#include <skep/kabi.h>
#include <skep/sys.h>

/* key = 0; value = bpf_map_lookup_elem(map, &key); if (value) *value += 1, at once; return 0 */
static int load(int map_fd, struct skep_error *err)
{
	const struct insn {
		uint8_t code, registers;
		int16_t offset;
		int32_t immediate;
	} insns[] = {
		{ 0x62, 10, -4, 0 },
		{ 0xbf, 2 | 10 << 4, 0, 0 },
		{ 0x07, 2, 0, -4 },
		{ 0x18, 1 | SKEP_PSEUDO_LOAD_MAP_FD << 4, 0, map_fd },
		{ 0, 0, 0, 0 },
		{ 0x85, 0, 0, SKEP_HELPER_MAP_LOOKUP_ELEM },
		{ 0x15, 0, 2, 0 },
		{ 0xb7, 1, 0, 1 },
		{ 0xdb, 0 | 1 << 4, 0, 0 },
		{ 0xb7, 0, 0, 0 },
		{ 0x95, 0, 0, 0 },
	};
	struct skep_attr_prog_load attr = {
		.prog_type = SKEP_PROG_TYPE_KPROBE,
		.insn_cnt = sizeof(insns) / sizeof(insns[0]),
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
	};

	return skep_sys_prog_load(&attr, sizeof(attr), err);
}

int main(void)
{
	const struct skep_attr_map_create map = {
		.map_type = SKEP_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1
	};
	const struct skep_uprobe_opts o = {
		.sz = sizeof(o), .file = "c", .symbol = "getpgid", .pid = (uint64_t)getpid()
	};
	_cleanup_(skep_attachment_closep) struct skep_attachment *a = NULL;
	struct skep_error err = { 0 };
	const uint32_t key = 0;
	uint64_t count = 0;
	int map_fd = skep_sys_map_create(&map, sizeof(map), &err), prog_fd = -1, i, r = map_fd;

	if (r >= 0)
		r = prog_fd = load(map_fd, &err);
	if (r >= 0)
		r = skep_uprobe_attach(prog_fd, &o, &a, &err);
	if (r >= 0) {
		printf("attached uprobe to %s by %s in %llu us\n", skep_attachment_target(a),
		       skep_attach_method_name(skep_attachment_method(a)),
		       (unsigned long long)skep_attachment_time_ns(a) / 1000);
		for (i = 0; i < 5; i++)
			getpgid(0);
		r = skep_sys_map_lookup(map_fd, &key, &count, 0);
		printf("%llu calls counted\n", (unsigned long long)count);
	}
	skep_sys_close(&prog_fd);
	skep_sys_close(&map_fd);
	if (r < 0)
		fprintf(stderr, "%s\n", err.msg);
	return r < 0;
}
