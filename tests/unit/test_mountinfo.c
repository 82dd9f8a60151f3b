/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sys/mountinfo.h"

/* All mounts as text, a line each: "id parent root point options type source super". */
static int print_mount(const struct sys_mount *m, void *userdata)
{
	char *buf = userdata;
	size_t len = strlen(buf);

	snprintf(buf + len, 2048 - len, "%u|%u|%s|%s|%s|%s|%s|%s\n", m->id, m->parent_id, m->root,
		 m->point, m->options, m->type, m->source, m->super_options);
	return 0;
}

/* What a text says. Return: its malformed lines. */
static uint64_t parse(const char *text, char *ret_printed)
{
	uint64_t malformed = 77;
	char copy[2048];

	ret_printed[0] = '\0';
	snprintf(copy, sizeof(copy), "%s", text);
	check_int(sys_mountinfo_parse(copy, strlen(copy), print_mount, ret_printed, &malformed), 0,
		  "%s", text);
	return malformed;
}

static void mountinfo__is_read_field_by_field(void **state)
{
	static const struct {
		const char *line, *printed;
	} cases[] = {
		{ "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
		  "36|35|/mnt1|/mnt2|rw,noatime|ext3|/dev/root|rw,errors=continue\n" },
		{ "36 35 0:5 / /sys/fs/bpf rw,nosuid - bpf bpf rw,mode=700",
		  "36|35|/|/sys/fs/bpf|rw,nosuid|bpf|bpf|rw,mode=700\n" },
		{ "1 1 0:5 / / rw shared:1 master:2 propagate_from:3 unbindable - bpf none rw",
		  "1|1|/|/|rw|bpf|none|rw\n" },
		{ "1 1 0:5 / /a\\040b\\011c\\012d\\134e rw - bpf no\\043ne rw",
		  "1|1|/|/a b\tc\nd\\e|rw|bpf|no#ne|rw\n" },
		{ "1 1 0:5 /x\\040y /m\\303\\244 rw - bpf s rw",
		  "1|1|/x y|/m\303\244|rw|bpf|s|rw\n" },
		/* what is no escape stays as it is */
		{ "1 1 0:5 / /a\\08\\4\\400\\000\\ rw - bpf s rw",
		  "1|1|/|/a\\08\\4\\400\\000\\|rw|bpf|s|rw\n" },
		/* a source may be empty, options of the file system may have spaces */
		{ "1 1 0:5 / /a rw - bpf  rw", "1|1|/|/a|rw|bpf||rw\n" },
		{ "1 1 0:5 / /a rw - bpf s rw more words", "1|1|/|/a|rw|bpf|s|rw more words\n" },
		{ "1 1 0:5 / /a - - bpf - rw", "1|1|/|/a|-|bpf|-|rw\n" },
		{ "1 1 0:5 / /- rw - bpf - rw", "1|1|/|/-|rw|bpf|-|rw\n" },
		{ "4294967295 0 0:5 / /a rw - bpf s rw", "4294967295|0|/|/a|rw|bpf|s|rw\n" },
	};
	char line[512], printed[2048];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(line, sizeof(line), "%s\n", cases[i].line);
		check_u64(parse(line, printed), 0, "case %zu", i);
		check_text(printed, cases[i].printed, "case %zu", i);
	}
}

static void mountinfo__skips_and_counts_what_is_malformed(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"36",
		"36 35 98:0 /mnt1 /mnt2 rw",
		"36 35 98:0 /mnt1 /mnt2 rw master:1",
		"36 35 98:0 /mnt1 /mnt2 rw -",
		"36 35 98:0 /mnt1 /mnt2 rw - ext3",
		"36 35 98:0 /mnt1 /mnt2 rw - ext3 /dev/root",
		"36 35 98:0 /mnt1 /mnt2 - ext3 /dev/root rw",
		"x 35 98:0 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 -1 98:0 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 4294967296 98:0 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 98:0  /mnt2 rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1  rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1 /mnt2 rw -  /dev/root rw",
	};
	char text[1024], printed[2048];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text),
			 "1 0 0:1 / / rw - a b c\n%s\n2 1 0:1 / /d rw - e f g\n", bad[i]);
		check_u64(parse(text, printed), 1, "'%s'", bad[i]);
		check_text(printed, "1|0|/|/|rw|a|b|c\n2|1|/|/d|rw|e|f|g\n", "'%s'", bad[i]);
	}
	check_u64(parse("1 0 0:1 / / rw - a b c", printed), 1, "a line without an end");
	check_text(printed, "", "a line without an end");
	check_u64(parse("", printed), 0, "no line");
}

static void mountinfo__skips_a_line_with_a_nul(void **state)
{
	char text[] = "1 0 0:1 / / rw - a b c\0d\n2 1 0:1 / /d rw - e f g\n", printed[2048] = "";
	uint64_t malformed;

	(void)state;
	check_int(sys_mountinfo_parse(text, sizeof(text) - 1, print_mount, printed, &malformed), 0,
		  "parse");
	check_u64(malformed, 1, "malformed");
	check_text(printed, "2|1|/|/d|rw|e|f|g\n", "mounts");
}

static int count_to_two(const struct sys_mount *m, void *userdata)
{
	int *count = userdata;

	(void)m;
	return ++*count == 2 ? -ECANCELED : 0;
}

static void mountinfo__ends_when_told(void **state)
{
	char text[] = "1 0 0:1 / / rw - a b c\n1 0 0:1 / / rw - a b c\n1 0 0:1 / / rw - a b c\n";
	int count = 0;

	(void)state;
	check_int(sys_mountinfo_parse(text, strlen(text), count_to_two, &count, NULL), -ECANCELED,
		  "result");
	check_int(count, 2, "mounts");
}

static int find_root(const struct sys_mount *m, void *userdata)
{
	*(int *)userdata |= !strcmp(m->point, "/");
	return 0;
}

static void mountinfo__of_this_process_has_a_root(void **state)
{
	int found = 0;

	(void)state;
	check_int(sys_mountinfo_read(find_root, &found), 0, "read");
	check_int(found, 1, "/ among the mounts");
}

static void option__is_found_by_its_whole_name(void **state)
{
	static const struct {
		const char *options, *name, *value;
	} cases[] = {
		{ "rw,mode=700", "mode", "700" },
		{ "rw,mode=700", "mod", NULL },
		{ "rw,mode=700", "rw", "" },
		{ "rw,mode=700", "ode", NULL },
		{ "mode", "mode", "" },
		{ "mode=", "mode", "" },
		{ "", "mode", NULL },
		{ "xmode=1,mode=2", "mode", "2" },
		{ "delegate_cmds=map_create:prog_load,rw", "delegate_cmds",
		  "map_create:prog_load" },
		{ "a=x\\054y,b", "a", "x,y" },
		{ "a=123456789012", "a", "1234567" }, /* cut off where it does not fit */
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char buf[32] = "";
		size_t size = i == ARRAY_SIZE(cases) - 1 ? 8 : sizeof(buf);

		check_int(sys_mount_option(cases[i].options, cases[i].name, buf, size),
			  cases[i].value != NULL, "case %zu", i);
		check_text(buf, cases[i].value ? cases[i].value : "", "case %zu", i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(mountinfo__is_read_field_by_field),
		cmocka_unit_test(mountinfo__skips_and_counts_what_is_malformed),
		cmocka_unit_test(mountinfo__skips_a_line_with_a_nul),
		cmocka_unit_test(mountinfo__ends_when_told),
		cmocka_unit_test(mountinfo__of_this_process_has_a_root),
		cmocka_unit_test(option__is_found_by_its_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
