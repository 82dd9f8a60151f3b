/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "hook.h"

#include <bpf/btf.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include <skep/attach.h>
#include <skep/kabi.h>
#include <skep/kallsyms.h>
#include <skep/sys.h>
#include <skep/syscall_name.h>
#include <skep/tracefs.h>

#include "base/cleanup.h"
#include "lab/poll.h"

#define INSN_MAP_VALUE(dst, map_fd, offset)                           \
	{ 0x18, (dst) | SKEP_PSEUDO_LOAD_MAP_VALUE << 4, 0, map_fd }, \
	{                                                             \
		0, 0, 0, offset                                       \
	}
#define INSN_ADD_U64(dst, src)                 \
	{                                      \
		0xdb, (dst) | (src) << 4, 0, 0 \
	} /* *(u64 *)dst += src, at once */
#define INSN_STORE_U64(dst, src)               \
	{                                      \
		0x7b, (dst) | (src) << 4, 0, 0 \
	} /* *(u64 *)dst = src */

static const struct btf *vmlinux(void)
{
	static struct btf *btf;

	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf;
}

uint32_t hook_btf_id(const char *name)
{
	uint32_t kind = strncmp(name, "btf_trace_", 10) ? BTF_KIND_FUNC : BTF_KIND_TYPEDEF;
	int id = vmlinux() ? btf__find_by_name_kind(vmlinux(), name, kind) : -1;

	return id < 0 ? 0 : (uint32_t)id;
}

static int load(const struct hook_spec *spec, const struct insn *insns, size_t count)
{
	struct skep_attr_prog_load attr = {
		.prog_type = spec->type,
		.insn_cnt = (uint32_t)count,
		.insns = SKEP_ATTR_POINTER(insns),
		.license = SKEP_ATTR_POINTER("GPL"),
		.prog_name = "hook",
		.prog_flags = spec->flags,
		.expected_attach_type = spec->attach_type,
	};

	if (spec->target) {
		attr.attach_btf_id = hook_btf_id(spec->target);
		if (!attr.attach_btf_id)
			return -ENOENT;
	}
	return skep_sys_bpf(SKEP_COMMAND_PROG_LOAD, &attr, sizeof(attr));
}

int hook_load(const struct hook_spec *spec, struct hook *ret_hook)
{
	struct hook h = {
		.map_fd = fixture_map(SKEP_MAP_TYPE_ARRAY, 4, 16, 1, SKEP_MAP_FLAG_MMAPABLE),
		.has_cookie = spec->with_cookie,
	};
	const struct insn with_cookie[] = {
		INSN_CALL(SKEP_HELPER_GET_ATTACH_COOKIE),
		INSN_MAP_VALUE(1, h.map_fd, 8),
		INSN_STORE_U64(1, 0),
		INSN_MAP_VALUE(1, h.map_fd, 0),
		INSN_MOV_IMM(2, 1),
		INSN_ADD_U64(1, 2),
		INSN_MOV_IMM(0, spec->returned),
		INSN_EXIT,
	};
	const size_t skipped = 4; /* of its instructions, without a cookie */

	h.prog_fd = spec->with_cookie ? load(spec, with_cookie, ARRAY_SIZE(with_cookie)) : -1;
	if (h.prog_fd < 0) {
		h.has_cookie = 0;
		h.prog_fd = load(spec, with_cookie + skipped, ARRAY_SIZE(with_cookie) - skipped);
	}
	if (h.prog_fd < 0) {
		close(h.map_fd);
		return h.prog_fd;
	}
	h.values = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, h.map_fd, 0);
	assert_true(h.values != MAP_FAILED);
	*ret_hook = h;
	return 0;
}

void hook_open(const struct hook_spec *spec, struct hook *ret_hook)
{
	int r = hook_load(spec, ret_hook);

	if (r < 0)
		fail_msg("the kernel does not load a program of type %u for %s: %s", spec->type,
			 spec->target ? spec->target : "a hook", strerror(-r));
}

void hook_close(struct hook *h)
{
	munmap((void *)h->values, (size_t)sysconf(_SC_PAGESIZE));
	close(h->map_fd);
	close(h->prog_fd);
}

void hook_enter(void)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;
	struct skep_error err = { 0 };

	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_done(skep_tracefs_open(SKEP_TRACEFS_MOUNT, &t, &err), &err);
}

void hook_call(void)
{
	int i;

	for (i = 0; i < HOOK_CALLS; i++)
		assert_true(getpgid(getpid()) >= 0); /* of 0 the security module is not asked */
}

uint64_t hook_count(const struct hook *h)
{
	uint64_t before = h->values[0];

	hook_call();
	return h->values[0] - before;
}

static const struct skep_kallsyms_symbol *hook_symbol(void)
{
	static struct skep_kallsyms *k;
	static struct skep_kallsyms_symbol symbol;
	struct skep_error err = { 0 };

	if (!k) {
		assert_done(skep_kallsyms_read(NULL, &k, &err), &err);
		assert_done(skep_syscall_find(k, "getpgid", SKEP_SYSCALL_NATIVE, &symbol, &err),
			    &err);
	}
	return &symbol;
}

const char *hook_function(void)
{
	return hook_symbol()->name;
}

uint64_t hook_address(void)
{
	return hook_symbol()->address;
}

int hook_group_setup(void **state)
{
	(void)state;
	hook_symbol();
	return 0;
}

int hook_has_events(const char *file)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;
	struct skep_error err = { 0 };

	assert_done(skep_tracefs_open(0, &t, &err), &err);
	return skep_tracefs_has(t, file) == 1;
}

unsigned hook_count_events(const char *file, const char *words)
{
	_cleanup_(skep_tracefs_closep) struct skep_tracefs *t = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	char path[256], line[4096];
	unsigned count = 0;

	assert_int_equal(skep_tracefs_open(0, &t, NULL), 0);
	snprintf(path, sizeof(path), "%s/%s", skep_tracefs_path(t), file);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		count += strstr(line, words) != NULL;
	return count;
}

int hook_assert_attached(int r, const struct skep_error *err, const struct skep_attachment *a,
			 uint32_t family, uint32_t method, const char *file, int line)
{
	int supported = skep_attach_supported(NULL, family, method, NULL);
	const char *name = skep_attach_family_name(family), *by = skep_attach_method_name(method);

	if (r < 0 && supported == 0) {
		if (r == -EOPNOTSUPP && err->kind == SKEP_ERR_UNSUPPORTED)
			return 0;
		fprintf(stderr,
			"# %s:%d: %s by %s is unsupported, and the answer is %d of kind %s: %s\n",
			file, line, name, by, r, skep_error_kind_name(err->kind), err->msg);
		_fail(file, line);
	}
	if (r < 0) {
		fprintf(stderr, "# %s:%d: %s by %s: %d: %s\n", file, line, name, by, r, err->msg);
		_fail(file, line);
	}
	if (supported != 1 || skep_attachment_family(a) != family ||
	    skep_attachment_method(a) != method || !skep_attachment_time_ns(a) ||
	    !skep_attachment_is_attached(a)) {
		fprintf(stderr,
			"# %s:%d: %s by %s: supported %d, and it is %s by %s, %" PRIu64 " ns\n",
			file, line, name, by, supported,
			skep_attach_family_name(skep_attachment_family(a)),
			skep_attach_method_name(skep_attachment_method(a)),
			skep_attachment_time_ns(a));
		_fail(file, line);
	}
	return 1;
}

struct growth {
	const struct hook *hook;
	uint64_t before;
};

static bool has_grown(void *userdata)
{
	const struct growth *g = userdata;

	return g->hook->values[0] - g->before >= HOOK_CALLS;
}

void hook_assert_fires(const struct hook *h, struct skep_attachment *a, void (*call)(void),
		       const char *file, int line)
{
	struct growth g = { h, h->values[0] };
	struct skep_error err = { 0 };
	uint64_t cookie = skep_attachment_cookie(a), after;
	int r;

	call();
	if (!lab_until(lab_in_ms(5000), has_grown, &g)) {
		fprintf(stderr, "# %s:%d: %s: it has run %" PRIu64 " times\n", file, line,
			skep_attachment_target(a), h->values[0] - g.before);
		_fail(file, line);
	}
	if (h->has_cookie && h->values[1] != cookie) {
		fprintf(stderr, "# %s:%d: cookie %" PRIu64 ", not %" PRIu64 "\n", file, line,
			h->values[1], cookie);
		_fail(file, line);
	}
	r = skep_attachment_detach(a, &err);
	if (r != 0) {
		fprintf(stderr, "# %s:%d: detach: %d: %s\n", file, line, r, err.msg);
		_fail(file, line);
	}
	after = h->values[0];
	call();
	if (h->values[0] != after) {
		fprintf(stderr, "# %s:%d: it runs after it was detached\n", file, line);
		_fail(file, line);
	}
}
