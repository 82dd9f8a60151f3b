/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "out.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <skep/error.h>
#include <skep/json.h>

#define JSON_BUFFER_SIZE 4096

static const char *verb_at_work;

void out_set_verb(const char *verb)
{
	verb_at_work = verb;
}

/* Bytes of the character at @s; 0: it is a control character, or no UTF-8. Source: RFC 3629. */
static size_t printable(const char *s)
{
	const unsigned char *c = (const unsigned char *)s;
	const size_t len = *c < 0x80   ? 1
			   : *c < 0xc2 ? 0
			   : *c < 0xe0 ? 2
			   : *c < 0xf0 ? 3
			   : *c < 0xf5 ? 4
				       : 0;
	size_t i;

	for (i = 1; i < len; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if ((len == 1 && (*c < 0x20 || *c == 0x7f)) || (len == 2 && *c == 0xc2 && c[1] < 0xa0))
		return 0;
	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) || /* too long; surrogates */
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	return len;
}

void out_error(const char *fmt, ...)
{
	char text[1024], *c;
	va_list args;
	size_t len;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (c = text; *c; c += len ? len : 1) { /* a line is a line */
		len = printable(c);
		if (!len)
			*c = '?';
	}
	fprintf(stderr, "skep: %s\n", text);
}

int out_fail(const char *verb, const struct skep_error *err)
{
	out_error("%s: %s", verb, err->msg);
	return skep_error_exit_code(err->kind);
}

/* Asked of the pipe or socket: errno is that of the last write, and not of the one that failed. */
static int reader_has_gone(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents & (POLLERR | POLLHUP);
}

int out_finish(void)
{
	const char *verb = verb_at_work ? verb_at_work : "", *colon = *verb ? ": " : "";
	static int is_told;
	char why[64];
	int failed = ferror(stdout), code = fflush(stdout) == 0 ? 0 : errno;

	if (reader_has_gone() || (!failed && !code))
		return 0;
	if (is_told)
		return 1;
	is_told = 1;
	if (code)
		out_error("%s%swrite: %s", verb, colon, skep_errno_text(code, why, sizeof(why)));
	else /* it failed before, and stdio does not tell why */
		out_error("%s%swrite: standard output is not complete", verb, colon);
	return 1;
}

int out_name(const char *name)
{
	size_t len, all = 0;

	for (; name[all]; all += len ? len : 1) {
		len = printable(name + all);
		if (len)
			fwrite(name + all, 1, len, stdout);
		else
			putchar('?');
	}
	return (int)all;
}

void out_text(FILE *to, const char *text)
{
	size_t len;

	for (; *text; text += len ? len : 1) {
		len = printable(text);
		if (len || *text == '\n' || *text == '\t')
			fwrite(text, 1, len ? len : 1, to);
		else
			putc('?', to);
	}
}

static int write_stdout(const char *bytes, size_t len, void *userdata)
{
	(void)userdata;
	return fwrite(bytes, 1, len, stdout) == len ? 0 : -EIO; /* main() says so */
}

void out_json_begin(struct skep_json *j, const char *schema, uint64_t version)
{
	static char buf[JSON_BUFFER_SIZE];

	skep_json_init(j, buf, sizeof(buf));
	skep_json_stream(j, write_stdout, NULL);
	skep_json_object(j, NULL);
	skep_json_string(j, "schema", schema);
	skep_json_u64(j, "version", version);
}

void out_json_end(struct skep_json *j)
{
	skep_json_object_end(j);
	if (skep_json_finish(j) == 0)
		putchar('\n');
}

static char *scaled(double value, const char *unit, char buf[OUT_NUMBER_SIZE])
{
	static const char prefixes[] = " kMGTPE";
	int power = 0;

	while (value >= 999.5 && power < 6) {
		value /= 1000;
		power++;
	}
	if (power)
		snprintf(buf, OUT_NUMBER_SIZE, "%.*f %c%s", value < 99.95 ? 1 : 0, value,
			 prefixes[power], unit);
	else
		snprintf(buf, OUT_NUMBER_SIZE, "%.0f %s", value, unit);
	return buf;
}

char *out_bytes(uint64_t bytes, char buf[OUT_NUMBER_SIZE])
{
	return scaled((double)bytes, "B", buf);
}

char *out_bit_rate(uint64_t bytes, uint64_t ns, char buf[OUT_NUMBER_SIZE])
{
	return scaled(ns ? (double)bytes * 8e9 / (double)ns : 0, "bit/s", buf);
}

char *out_count(uint64_t count, char buf[OUT_NUMBER_SIZE])
{
	char digits[24];
	size_t i, len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *at = buf;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return buf;
}
