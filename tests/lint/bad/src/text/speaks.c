/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

struct speaker {
	int (*printf)(const char *format, ...);
	void (*exit)(int status);
};

__attribute__((__format__(printf, 1, 2))) void speak(const char *format, ...);
__attribute__((constructor)) void begin(void); /* lint-expect: limits */

/* printf("a comment may say so"); */
void speak_up(struct speaker *s)
{
	printf("hello\n");          /* lint-expect: limits */
	fprintf(s->out, "hello\n"); /* lint-expect: limits */
	puts("printf(3)");          /* lint-expect: limits */
	fputs("hello", stderr);     /* lint-expect: limits */
	perror("speak");            /* lint-expect: limits */
	if (getenv("SPEAK"))        /* lint-expect: limits */
		exit(1);            /* lint-expect: limits */
	signal(1, 0);               /* lint-expect: limits */
	atexit(0);                  /* lint-expect: limits */
	abort();                    /* lint-expect: limits */
	s->printf("hello");
	s->exit(0);
	snprintf(s->buf, 1, "exit(1)");
}
