/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/* Whatever a label or a help text is, the text of the registry is three lines, and the label is read as what was given. */
#include "must.h"

#include <string.h>

#include <skep/metrics.h>

#include "text/utf8.h"

struct text {
	char *bytes;
	size_t len;
};

static int take(const char *bytes, size_t len, void *userdata)
{
	struct text *t = userdata;

	t->bytes = realloc(t->bytes, t->len + len + 1);
	must(t->bytes != NULL);
	memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
	t->bytes[t->len] = '\0';
	return 0;
}

/* The text behind @head is the label between quotes, then @tail. What is no UTF-8 was given as \xff. */
static void read_back(const char *at, const char *given, const char *tail)
{
	static const char hex[] = "0123456789abcdef";
	const char *end = given + strlen(given);

	for (; *at != '"'; at++) {
		char c = *at;

		must(c && c != '\n');
		if (c == '\\') {
			c = *++at;
			must(c == '\\' || c == '"' || c == 'n');
			c = c == 'n' ? '\n' : c;
			if (c == '\\' && at[1] == 'x' && !text_utf8_len(given, end)) {
				const unsigned char byte = (unsigned char)*given++;

				must(at[2] == hex[byte >> 4] && at[3] == hex[byte & 15]);
				at += 3;
				continue;
			}
			must(c == *given++);
			continue;
		}
		{
			const size_t n = text_utf8_len(given, end);

			must(n && !memcmp(at, given, n));
			given += n;
			at += n - 1;
		}
	}
	must(!*given);
	must(!strcmp(at + 1, tail));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const labels[] = { "name" };
	char *text = must_string(data, size);
	const char *const values[] = { text };
	const struct skep_metric_desc desc = { .sz = sizeof(desc),
					       .name = "a",
					       .help = text,
					       .kind = SKEP_METRIC_GAUGE,
					       .labels = labels,
					       .label_count = 1 };
	uint64_t format;

	for (format = 0; format <= SKEP_METRICS_OPENMETRICS; format++) {
		struct skep_metrics *m = NULL;
		struct skep_metric *metric = NULL;
		struct text t = { 0 };
		char *at;

		must(skep_metrics_new(NULL, &m, NULL) == 0);
		must(skep_metric_new(m, &desc, values, &metric, NULL) == 0);
		skep_metric_set(metric, 7);
		must(skep_metrics_print(m, format, take, &t, NULL) == 0);
		at = t.bytes;
		if (*text) {
			must(!strncmp(at, "# HELP skep_a ", 14));
			at = strchr(at, '\n') + 1;
		}
		must(!strncmp(at, "# TYPE skep_a gauge\nskep_a{name=\"", 33));
		read_back(at + 33, text, format ? "} 7\n# EOF\n" : "} 7\n");
		free(t.bytes);
		skep_metric_free(metric);
		skep_metrics_free(m);
	}
	free(text);
	return 0;
}
