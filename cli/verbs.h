/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H
/* The verbs: argv[0] is the verb's name; they return the exit status. */

#define VERB(name, run, help) int run(int argc, char **argv);
#include "verbs.def"
#undef VERB

#endif
