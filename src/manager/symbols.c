/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "manager/symbols.h"

#include <skep/kallsyms.h>

#include "manager/manager.h"

const struct skep_kallsyms *symbols_for(struct skep_manager *m, const struct skep_probe_spec *spec)
{
	if (spec->syscall && !m->symbols)
		skep_kallsyms_read(m->symbol_file, &m->symbols, NULL);
	return spec->syscall ? m->symbols : NULL;
}

void symbols_forget(struct skep_manager *m)
{
	m->symbols = skep_kallsyms_free(m->symbols);
}
