/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef FAULT_ALLOCATION_H
#define FAULT_ALLOCATION_H
/*
 * The Nth allocation fails.
 *
 * The linker diverts the allocating functions (ld's --wrap; the list is in meson.build) wherever the objects of the
 * test's executable call them: libskep's and libskep-flow's, and libbpf's, which is linked from its archive for this.
 * What the C library, libelf and libmnl allocate by themselves is not reached.
 *
 * The other ways do not go together with the address sanitizer, whose leak check is half of the test: a malloc() of our
 * own, preloaded or in the executable, takes the place of the sanitizer's; its hooks are told of allocations but cannot
 * refuse any; and with anonymous mmap(2) failing the sanitizer itself gives up.
 */
#include "inject.h"

/* From here on allocations are counted in @report, in all threads, and number @number fails; 0: none. */
void allocation_begin(unsigned number, struct inject_report *report);
void allocation_end(void);

#endif
