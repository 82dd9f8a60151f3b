/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#ifndef CLI_NOUN_H
#define CLI_NOUN_H
/*
 * Nouns: skep NOUN VERB. A noun is a row of verbs.def whose function hands on to a table of its own verbs:
 *
 *     static const struct noun_verb verbs[] = {
 *             { "show", show, "tell what there is" },
 *             { 0 },
 *     };
 *
 *     int cli_bpffs(int argc, char **argv)
 *     {
 *             return noun_run("bpffs", verbs, argc, argv);
 *     }
 */
struct noun_verb {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit status */
	const char *help;                  /* one line */
};

/*
 * noun_run() - call the verb that argv[1] names, or tell which there are
 * @noun:  its name, for messages
 * @verbs: rows, ended by one without a name
 *
 * Return: the exit status: of the verb; 0 after --help; 2 after wrong use, with a message.
 */
int noun_run(const char *noun, const struct noun_verb *verbs, int argc, char **argv);

#endif
