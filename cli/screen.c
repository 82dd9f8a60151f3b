/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
#include "screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "out.h"

#define WIDTH_MIN 60
#define WIDTH_PLAIN 160
#define ENDPOINT_MIN 21 /* an IPv4 address with its port */
#define ENDPOINT_MAX 47 /* an IPv6 address with its port */

#define CLEAR_SCREEN "\033[H\033[2J"
#define BOLD "\033[1m"
#define NORMAL "\033[0m"

/* Widths of columns; 0: the terminal is too narrow for this one. */
struct layout {
	int endpoint, interface, packets, flags;
};

struct drawing {
	uint64_t since_report_ns;
	int width;
	struct layout layout;
};

void screen_init(struct screen *screen, uint64_t top, uint32_t sort)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	int terminal = isatty(STDOUT_FILENO);

	screen->live = terminal && !(term && !strcmp(term, "dumb"));
	screen->colour = screen->live && !(no_colour && *no_colour);
	screen->top = top;
	screen->sort = sort;
}

static void window(const struct screen *screen, int *ret_rows, int *ret_columns)
{
	struct winsize size;

	*ret_rows = 0; /* no limit */
	*ret_columns = WIDTH_PLAIN;
	if (screen->live && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row &&
	    size.ws_col) {
		*ret_rows = size.ws_row;
		*ret_columns = size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
	}
}

/* A name as a terminal can bear it: the kernel lets control characters into interface names. */
static char *printable(const char *name, char *buf, size_t size)
{
	size_t i;

	for (i = 0; name[i] && i < size - 1; i++)
		buf[i] = (char)(name[i] >= 0x20 && name[i] < 0x7f ? name[i] : '?');
	buf[i] = '\0';
	return buf;
}

static const char *protocol_name(const struct skep_flow_id *id, char *buf, size_t size)
{
	static const struct {
		uint16_t number;
		const char *name;
	} protocols[] = { { 1, "icmp" }, { 2, "igmp" }, { 6, "tcp" },    { 17, "udp" },
			  { 47, "gre" }, { 50, "esp" }, { 58, "icmp6" }, { 132, "sctp" } },
	  ethertypes[] = {
		  { 0x0004, "llc" }, { 0x0806, "arp" }, { 0x88cc, "lldp" }, { 0x8847, "mpls" }
	  };
	size_t i;

	if (id->flags & SKEP_FLOW_ID_LINK) {
		for (i = 0; i < sizeof(ethertypes) / sizeof(ethertypes[0]); i++)
			if (ethertypes[i].number == id->ethertype)
				return ethertypes[i].name;
		snprintf(buf, size, "0x%04x", id->ethertype);
		return buf;
	}
	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].number == id->protocol)
			return protocols[i].name;
	snprintf(buf, size, "%u", id->protocol);
	return buf;
}

/* "10.0.0.1:443", "[fd00::1]:443", "10.0.0.1", "02:00:00:00:00:01" */
static void endpoint(const struct skep_flow_id *id, int destination, char *buf, size_t size)
{
	char addr[48];
	int ports = !(id->flags & (SKEP_FLOW_ID_LINK | SKEP_FLOW_ID_NO_L4)) &&
		    (id->protocol == 6 || id->protocol == 17 || id->protocol == 132);
	int six = id->ethertype == 0x86dd && !(id->flags & SKEP_FLOW_ID_LINK);

	skep_flow_addr_text(id, destination, addr);
	if (ports)
		snprintf(buf, size, six ? "[%s]:%u" : "%s:%u", addr,
			 destination ? id->dst_port : id->src_port);
	else
		snprintf(buf, size, "%s", addr);
}

static void tcp_flags(const struct skep_flow_entry *e, char buf[9])
{
	static const char letters[] = "FSRPAUEC";
	int i, at = 0;

	for (i = 0; i < 8; i++)
		if (e->tcp_flags >> i & 1)
			buf[at++] = letters[i];
	buf[at] = '\0';
}

/* What every row has, and what fits beside it: interfaces first, then packets, then flags. */
static struct layout fit(int width)
{
	const int always =
		1 + 1 + 5 + 1 + 3 + 1 + 12 + 1 + 8; /* protocol, direction, rate, bytes */
	struct layout l = { 0 };
	int left = width - always - 2 * ENDPOINT_MIN;
	int *const wanted[] = { &l.interface, &l.packets, &l.flags };
	const int widths[] = { 15, 13, 8 };
	size_t i;

	for (i = 0; i < sizeof(widths) / sizeof(widths[0]) && left > widths[i]; i++) {
		*wanted[i] = widths[i];
		left -= widths[i] + 1;
	}
	l.endpoint = ENDPOINT_MIN + (left > 0 ? left / 2 : 0);
	if (l.endpoint > ENDPOINT_MAX)
		l.endpoint = ENDPOINT_MAX;
	return l;
}

/* A column with the blank before it, or nothing. */
static int column(char *line, size_t size, int len, int width, int right, const char *text)
{
	if (!width || (size_t)len >= size)
		return len;
	return len + snprintf(line + len, size - (size_t)len, right ? " %*.*s" : " %-*.*s", width,
			      width, text);
}

struct row {
	const char *from, *to, *protocol, *interface, *direction, *rate, *packets, *bytes, *flags;
};

static void print_row(const struct drawing *d, const struct row *row)
{
	const struct layout *l = &d->layout;
	char line[320];
	int n = snprintf(line, sizeof(line), "%-*.*s", l->endpoint, l->endpoint, row->from);

	n = column(line, sizeof(line), n, l->endpoint, 0, row->to);
	n = column(line, sizeof(line), n, 5, 0, row->protocol);
	n = column(line, sizeof(line), n, l->interface, 0, row->interface);
	n = column(line, sizeof(line), n, 3, 0, row->direction);
	n = column(line, sizeof(line), n, 12, 1, row->rate);
	n = column(line, sizeof(line), n, l->packets, 1, row->packets);
	n = column(line, sizeof(line), n, 8, 1, row->bytes);
	column(line, sizeof(line), n, l->flags, 0, row->flags);
	printf("%.*s\n", d->width, line);
}

static int draw_row(const struct skep_flow_record *record, void *userdata)
{
	const struct skep_flow_entry *e = &record->entry;
	char from[64], to[64], protocol[16], name[20], flags[9], rate[OUT_NUMBER_SIZE],
		bytes[OUT_NUMBER_SIZE], packets[OUT_NUMBER_SIZE];
	const struct drawing *d = userdata;
	struct row row = {
		.from = from,
		.to = to,
		.protocol = protocol_name(&e->id, protocol, sizeof(protocol)),
		.interface = printable(record->interface, name, sizeof(name)),
		.direction = e->direction == SKEP_DIRECTION_EGRESS ? "out" : "in",
		.rate = out_bit_rate(e->bytes, d->since_report_ns, rate),
		.packets = out_count(record->total_packets, packets),
		.bytes = out_bytes(record->total_bytes, bytes),
		.flags = flags,
	};

	endpoint(&e->id, 0, from, sizeof(from));
	endpoint(&e->id, 1, to, sizeof(to));
	tcp_flags(e, flags);
	print_row(d, &row);
	return 0;
}

static void draw_status(const struct drawing *d, const struct skep_flow_table *table,
			const struct screen_status *s)
{
	char rate[OUT_NUMBER_SIZE], flows[OUT_NUMBER_SIZE], packets[OUT_NUMBER_SIZE],
		lost[OUT_NUMBER_SIZE], line[320];
	uint64_t new_packets = s->ledger.seen.packets - s->before.seen.packets;
	uint64_t new_bytes = s->ledger.seen.bytes - s->before.seen.bytes;
	uint64_t per_second =
		s->since_report_ns
			? (uint64_t)((double)new_packets * 1e9 / (double)s->since_report_ns)
			: 0;

	snprintf(line, sizeof(line),
		 "ledger %s  lost %s  flows %s  packets/s %s  %s  interfaces %" PRIu64 "  %" PRIu64
		 " s",
		 skep_flow_ledger_balanced(&s->ledger) ? "balanced" : "DOES NOT BALANCE",
		 out_count(s->ledger.lost.packets, lost),
		 out_count(skep_flow_table_flow_count(table), flows),
		 out_count(per_second, packets), out_bit_rate(new_bytes, s->since_report_ns, rate),
		 s->interfaces, s->since_start_ns / 1000000000);
	printf("%.*s\n", d->width, line);
}

int screen_draw(const struct screen *screen, const struct skep_flow_table *table,
		const struct screen_status *status)
{
	static const struct row header = { "SOURCE", "DESTINATION", "PROTO", "INTERFACE", "DIR",
					   "RATE",   "PACKETS",     "BYTES", "FLAGS" };
	struct drawing d = { .since_report_ns = status->since_report_ns };
	uint64_t top = screen->top;
	int rows, r;

	window(screen, &rows, &d.width);
	d.layout = fit(d.width);
	if (rows && top > (uint64_t)(rows > 4 ? rows - 3 : 1))
		top = (uint64_t)(rows > 4 ? rows - 3 : 1);
	if (screen->live)
		fputs(CLEAR_SCREEN, stdout);
	draw_status(&d, table, status);
	if (screen->colour)
		fputs(BOLD, stdout);
	print_row(&d, &header);
	if (screen->colour)
		fputs(NORMAL, stdout);
	r = skep_flow_table_top(table, screen->sort, top, draw_row, &d);
	if (!screen->live)
		putchar('\n');
	fflush(stdout);
	return r < 0 ? r : 0;
}

void screen_summary(const struct screen_status *s, uint64_t flows, int counted_again)
{
	const struct skep_flow_ledger *l = &s->ledger;
	const struct {
		const char *name;
		const struct skep_flow_volume *volume;
	} ways[] = {
		{ "seen", &l->seen }, { "in flows", &l->map },    { "by the ring", &l->ring },
		{ "lost", &l->lost }, { "skipped", &l->skipped },
	};
	char packets[OUT_NUMBER_SIZE], bytes[OUT_NUMBER_SIZE], count[OUT_NUMBER_SIZE];
	size_t i;

	printf("\n%s%s flows in %.1f s, %" PRIu64 " epochs (%" PRIu64 " early)\n",
	       counted_again ? "up to " : "", out_count(flows, count),
	       (double)s->since_start_ns / 1e9, l->epochs, l->early_epochs);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		printf("  %-12s %18s packets %12s\n", ways[i].name,
		       out_count(ways[i].volume->packets, packets),
		       out_bytes(ways[i].volume->bytes, bytes));
	printf("  the ledger %s\n", skep_flow_ledger_balanced(l) ? "balances" : "DOES NOT BALANCE");
	fflush(stdout);
}
