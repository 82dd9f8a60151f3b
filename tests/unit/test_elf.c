/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "sys/elf.h"

#include "check.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skep/error.h>

/* An ELF of two sections: .names, which has the names, and .BTF. */
struct elf {
	Elf64_Ehdr h;
	char names[16];
	char content[8];
	Elf64_Shdr sections[3];
};

static const struct elf sound = {
	.h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			    ELFDATA2LSB
#else
			    ELFDATA2MSB
#endif
	       },
	       .e_shoff = offsetof(struct elf, sections),
	       .e_shentsize = sizeof(Elf64_Shdr),
	       .e_shnum = 3,
	       .e_shstrndx = 1 },
	.names = "\0.names\0.BTF",
	.content = "content",
	.sections = { { .sh_size = 3, .sh_link = 1 },
		      { .sh_name = 1,
			.sh_type = SHT_STRTAB,
			.sh_offset = offsetof(struct elf, names),
			.sh_size = 16 },
		      { .sh_name = 8,
			.sh_type = SHT_PROGBITS,
			.sh_offset = offsetof(struct elf, content),
			.sh_size = 8 } },
};

static int find(const struct elf *e, size_t size, const char *name, uint64_t *at,
		struct skep_error *err)
{
	struct sys_bytes bytes = { .data = (const void *)e, .fd = -1, .size = size };
	uint64_t length = 0;
	int r = sys_elf_section_find(&bytes, name, at, &length, err);

	if (r == 1)
		assert_true(*at <= size && length <= size - *at);
	return r;
}

static void section__is_found_by_name(void **state)
{
	struct elf many = sound;
	uint64_t at = 0;

	(void)state;
	check_int(find(&sound, sizeof(sound), ".BTF", &at, NULL), 1, ".BTF");
	check_u64(at, offsetof(struct elf, content), ".BTF");
	check_int(find(&sound, sizeof(sound), ".BT", &at, NULL), 0, ".BT");
	check_int(find(&sound, sizeof(sound), ".BTF.base", &at, NULL), 0, ".BTF.base");
	many.h.e_shnum = 0; /* both stand in the first section header */
	many.h.e_shstrndx = SHN_XINDEX;
	check_int(find(&many, sizeof(many), ".BTF", &at, NULL), 1, "many sections");
	many.h.e_shoff = 0;
	check_int(find(&many, sizeof(many), ".BTF", &at, NULL), 0, "no sections");
}

static void section__of_a_broken_elf_is_an_error(void **state)
{
	static const struct {
		size_t at, size;
		uint64_t word;
		int code;
	} cases[] = {
		{ offsetof(struct elf, h.e_shoff), 8, UINT64_MAX, -EINVAL },
		{ offsetof(struct elf, h.e_shoff), 8, sizeof(struct elf), -EINVAL },
		{ offsetof(struct elf, h.e_shentsize), 2, 8, -EINVAL },
		{ offsetof(struct elf, h.e_shstrndx), 2, 9, -EINVAL },
		{ offsetof(struct elf, sections[1].sh_offset), 8, UINT64_MAX - 4, -EINVAL },
		{ offsetof(struct elf, sections[1].sh_offset), 8, 1ull << 40, -EINVAL },
		{ offsetof(struct elf, sections[2].sh_name), 4, UINT32_MAX, 0 },
		{ offsetof(struct elf, sections[2].sh_size), 8, UINT64_MAX, -EINVAL },
		{ offsetof(struct elf, sections[2].sh_offset), 8, UINT64_MAX, -EINVAL },
		{ offsetof(struct elf, sections[2].sh_flags), 8, SHF_COMPRESSED, -EOPNOTSUPP },
		{ offsetof(struct elf, sections[2].sh_type), 4, SHT_NOBITS, 0 },
	};
	struct skep_error err;
	uint64_t at;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct elf e = sound;

		memcpy((char *)&e + cases[i].at, &cases[i].word, cases[i].size);
		check_int(find(&e, sizeof(e), ".BTF", &at, &err), cases[i].code, "case %zu", i);
	}
	for (i = 0; i < sizeof(sound); i++)
		check_int(find(&sound, i, ".BTF", &at, &err), -EINVAL, "%zu bytes", i);
}

static void section__is_found_in_a_file(void **state)
{
	struct sys_bytes bytes = { .fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC) };
	uint64_t at, size;
	struct stat st;

	(void)state;
	assert_true(bytes.fd >= 0 && fstat(bytes.fd, &st) == 0);
	bytes.size = (uint64_t)st.st_size;
	assert_true(sys_bytes_are_elf(&bytes));
	check_int(sys_elf_section_find(&bytes, ".text", &at, &size, NULL), 1, "this test's own");
	assert_true(size > 0);
	close(bytes.fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(section__is_found_by_name),
		cmocka_unit_test(section__of_a_broken_elf_is_an_error),
		cmocka_unit_test(section__is_found_in_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
