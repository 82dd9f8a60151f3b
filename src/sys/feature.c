/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <skep/feature.h>

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>

#include <skep/error.h>
#include <skep/kabi/prog_type.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/opts.h"
#include "sys/feature.h"

int skep_features_open(const struct skep_features_opts *opts, struct skep_features **ret_features,
		       struct skep_error *err)
{
	struct skep_features_opts o = { .sz = sizeof(o) };
	struct skep_features *f;
	int r = opts_copy(&o, sizeof(o), opts);

	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_INVALID, "feature probes: options");
	f = calloc(1, sizeof(*f));
	if (!f)
		return skep_fail(err, -ENOMEM, SKEP_ERR_NO_MEMORY, "feature probes");
	pthread_mutex_init(&f->lock, NULL);
	f->token_fd = (uint32_t)o.token_fd;
	*ret_features = f;
	return 0;
}

struct skep_features *skep_features_close(struct skep_features *f)
{
	if (!f)
		return NULL;
	sys_feature_kfuncs_free(f);
	btf__free(f->btf);
	pthread_mutex_destroy(&f->lock);
	free(f);
	return NULL;
}

/* Where an answer is kept. Return: NULL if it is not. */
static sys_feature_kept *place(struct skep_features *f, uint32_t section, uint32_t prog_type,
			       uint32_t number)
{
	switch (section) {
	case SKEP_FEATURE_SECTION_MISC:
		return number < SYS_FEATURE_ROWS ? &f->misc[number] : NULL;
	case SKEP_FEATURE_SECTION_PROG_TYPE:
		return number < SYS_FEATURE_TYPES ? &f->prog_types[number] : NULL;
	case SKEP_FEATURE_SECTION_MAP_TYPE:
		return number < SYS_FEATURE_TYPES ? &f->map_types[number] : NULL;
	case SKEP_FEATURE_SECTION_LINK_TYPE:
		return number < SYS_FEATURE_TYPES ? &f->link_types[number] : NULL;
	case SKEP_FEATURE_SECTION_ATTACH_TYPE:
		return prog_type < SYS_FEATURE_TYPES && number < SYS_FEATURE_ATTACH_TYPES
			       ? &f->attach_types[prog_type][number]
			       : NULL;
	case SKEP_FEATURE_SECTION_HELPER:
		return prog_type < SYS_FEATURE_TYPES && number < SYS_FEATURE_HELPERS
			       ? &f->helpers[prog_type][number]
			       : NULL;
	default:
		return NULL;
	}
}

static int ask(struct skep_features *f, uint32_t section, uint32_t prog_type, uint32_t number,
	       struct skep_error *err)
{
	switch (section) {
	case SKEP_FEATURE_SECTION_MISC:
		return sys_feature_ask_misc(f, number, err);
	case SKEP_FEATURE_SECTION_PROG_TYPE:
		return sys_feature_ask_prog_type(f, number, err);
	case SKEP_FEATURE_SECTION_MAP_TYPE:
		return sys_feature_ask_map_type(f, number, err);
	case SKEP_FEATURE_SECTION_LINK_TYPE:
		return sys_feature_ask_link_type(f, number, err);
	case SKEP_FEATURE_SECTION_ATTACH_TYPE:
		return sys_feature_ask_attach_type(f, prog_type, number, err);
	default:
		return sys_feature_ask_helper(f, prog_type, number, err);
	}
}

/* Two threads may ask the kernel the same at once, and get the same answer. */
static int answer(struct skep_features *f, uint32_t section, uint32_t prog_type, uint32_t number,
		  struct skep_error *err)
{
	sys_feature_kept *kept = place(f, section, prog_type, number);
	int r = kept ? atomic_load_explicit(kept, memory_order_relaxed) : 0;

	if (r > 0)
		return r - 1;
	if (r < 0)
		return skep_fail(err, r, SKEP_ERR_SYSCALL, "an answer that was injected");
	r = ask(f, section, prog_type, number, err);
	if (r >= 0 && kept)
		atomic_store_explicit(kept, (short)(r + 1), memory_order_relaxed);
	return r;
}

int skep_feature_inject(struct skep_features *f, uint32_t section, uint32_t prog_type,
			uint32_t number, int injected)
{
	sys_feature_kept *kept = place(f, section, prog_type, number);

	if (!kept || injected > 1 || injected < -4095)
		return -EINVAL;
	atomic_store(kept, (short)(injected < 0 ? injected : injected + 1));
	return 0;
}

int skep_feature_has(struct skep_features *f, uint32_t feature, struct skep_error *err)
{
	return answer(f, SKEP_FEATURE_SECTION_MISC, 0, feature, err);
}

int skep_feature_prog_type(struct skep_features *f, uint32_t prog_type, struct skep_error *err)
{
	return answer(f, SKEP_FEATURE_SECTION_PROG_TYPE, 0, prog_type, err);
}

int skep_feature_map_type(struct skep_features *f, uint32_t map_type, struct skep_error *err)
{
	return answer(f, SKEP_FEATURE_SECTION_MAP_TYPE, 0, map_type, err);
}

int skep_feature_link_type(struct skep_features *f, uint32_t link_type, struct skep_error *err)
{
	return answer(f, SKEP_FEATURE_SECTION_LINK_TYPE, 0, link_type, err);
}

int skep_feature_attach_type(struct skep_features *f, uint32_t prog_type, uint32_t attach_type,
			     struct skep_error *err)
{
	if (!prog_type)
		prog_type = skep_feature_attach_prog_type(attach_type);
	if (!prog_type)
		return skep_fail(err, -EINVAL, SKEP_ERR_INVALID,
				 "attach type %u: no program type is known for it.", attach_type);
	return answer(f, SKEP_FEATURE_SECTION_ATTACH_TYPE, prog_type, attach_type, err);
}

int skep_feature_helper(struct skep_features *f, uint32_t prog_type, uint32_t helper,
			struct skep_error *err)
{
	return answer(f, SKEP_FEATURE_SECTION_HELPER, prog_type, helper, err);
}
