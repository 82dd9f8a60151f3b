/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What a name or a number of the kernel's BPF interface is: in any spelling, in whichever table it stands.
 *
 *	$ ./kabi_names lru-hash
 *	types of maps: 9, lru_hash, BPF_MAP_TYPE_LRU_HASH, LRU hash, since Linux 4.10
 *	$ ./kabi_names map_type 9
 *	types of maps: 9, lru_hash, BPF_MAP_TYPE_LRU_HASH, LRU hash, since Linux 4.10
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <skep/kabi.h>

static const struct {
	const char *name, *has;
} tables[] = {
	[SKEP_KABI_COMMAND] = { "command", "commands of bpf(2)" },
	[SKEP_KABI_MAP_TYPE] = { "map_type", "types of maps" },
	[SKEP_KABI_PROG_TYPE] = { "prog_type", "types of programs" },
	[SKEP_KABI_ATTACH_TYPE] = { "attach_type", "where programs are attached to" },
	[SKEP_KABI_LINK_TYPE] = { "link_type", "types of links" },
	[SKEP_KABI_HELPER] = { "helper", "helpers" },
	[SKEP_KABI_CAPABILITY] = { "capability", "capabilities" },
	[SKEP_KABI_MAP_FLAG] = { "map_flag", "flags of maps" },
};

static int tell(uint32_t table, const char *name)
{
	const struct skep_kabi_row *row;
	uint32_t number;

	if (!tables[table].name || skep_kabi_from_name(table, name, &number) < 0)
		return 0;
	row = skep_kabi_find(table, number);
	if (!row) {
		char unknown[SKEP_NAME_SIZE];

		printf("%s: %s\n", tables[table].has, skep_kabi_name(table, number, unknown));
		return 1;
	}
	printf("%s: %" PRIu64 ", %s, %s, %s, since Linux %" PRIu32 ".%" PRIu32 "\n",
	       tables[table].has, row->number, row->name, row->macro, row->title, row->since_major,
	       row->since_minor);
	return 1;
}

int main(int argc, char **argv)
{
	uint32_t table, count = sizeof(tables) / sizeof(tables[0]);
	int told = 0;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: %s [TABLE] NAME|NUMBER\n", argv[0]);
		return 2;
	}
	for (table = 0; table < count; table++)
		if (argc == 2 || (tables[table].name && !strcmp(tables[table].name, argv[1])))
			told += tell(table, argv[argc - 1]);
	return told ? 0 : 1;
}
