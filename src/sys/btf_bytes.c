/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/btf.h>

#include <errno.h>

#include <skep/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "sys/btf_handle.h"
#include "sys/libbpf_print.h"

int skep_btf_open_bytes(const void *data, size_t size, const struct skep_btf *base,
			struct skep_btf **ret_btf, struct skep_error *err)
{
	_cleanup_(skep_btf_closep) struct skep_btf *b = calloc(1, sizeof(*b));
	struct sys_libbpf_print print;
	int r;

	if (!b)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "open BTF");
	if (size > UINT32_MAX)
		return skep_fail(err, -EINVAL, SKEP_ERR_SYSCALL, "more than 4 GiB are no BTF.");
	r = sys_btf_check(data, size, base ? &base->extent : NULL, &b->extent, err);
	if (r < 0)
		return r;
	sys_libbpf_print_begin(&print);
	b->btf = btf__new_split(data, (uint32_t)size, base ? base->btf : NULL);
	r = b->btf ? 0 : -errno;
	sys_libbpf_print_end(&print);
	if (r < 0)
		return r == -ENOMEM ? skep_fail(err, r, SKEP_ERR_NO_MEMORY, "open BTF")
				    : skep_fail(err, r, SKEP_ERR_SYSCALL, "not valid BTF: %s.",
						sys_libbpf_print_reason(&print));
	b->first_id = base ? base->extent.type_count : 1;
	*ret_btf = take_ptr(b);
	return 0;
}

struct skep_btf *skep_btf_close(struct skep_btf *btf)
{
	int saved = errno;

	if (!btf)
		return NULL;
	btf__free(btf->btf);
	skep_btf_close(btf->my_base);
	free(btf);
	errno = saved;
	return NULL;
}
