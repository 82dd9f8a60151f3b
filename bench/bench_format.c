/* SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause */
/*
 * What an element costs as JSON: a struct key of 40 bytes, by its BTF type, against snprintf(3) written for it by hand.
 */
#include <arpa/inet.h>
#include <bpf/btf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <skep/btf.h>
#include <skep/error.h>
#include <skep/format.h>
#include <skep/json.h>

#include "harness.h"

#define ELEMENTS 200000u
#define SMOKE_ELEMENTS 1000u
#define BUDGET 0.75 /* of snprintf(3) */

struct flow_key {
	uint32_t src; /* __be32 */
	uint32_t dst;
	uint16_t src_port; /* __be16 */
	uint16_t dst_port;
	uint8_t protocol;
	uint8_t direction;
	uint16_t vlan;
	uint64_t packets;
	uint64_t bytes;
	uint32_t ifindex;
	uint32_t flags;
};

struct subject {
	struct skep_format *format;
	uint32_t elements;
	size_t written; /* so that nobody leaves the work out */
};

/* The next key: numbers of all lengths. */
static struct flow_key key_at(uint32_t i)
{
	return (struct flow_key){
		.src = htonl(0x0a000000 + i),
		.dst = htonl(0xc0a80000 + i / 3),
		.src_port = htons((uint16_t)(i * 7)),
		.dst_port = htons(443),
		.protocol = 6,
		.direction = i & 1,
		.vlan = (uint16_t)(i & 0xfff),
		.packets = i,
		.bytes = 1500ull * i,
		.ifindex = i % 8,
		.flags = i * 13,
	};
}

static int by_hand(const struct flow_key *k, char *buf, size_t size)
{
	return snprintf(buf, size,
			"{\"src\":%" PRIu32 ",\"dst\":%" PRIu32 ",\"src_port\":%u,\"dst_port\":%u,"
			"\"protocol\":%u,\"direction\":%u,\"vlan\":%u,\"packets\":%" PRIu64
			",\"bytes\":%" PRIu64 ",\"ifindex\":%" PRIu32 ",\"flags\":%" PRIu32 "}",
			ntohl(k->src), ntohl(k->dst), ntohs(k->src_port), ntohs(k->dst_port),
			k->protocol, k->direction, k->vlan, k->packets, k->bytes, k->ifindex,
			k->flags);
}

static int by_format(const struct skep_format *f, const struct flow_key *k, char *buf, size_t size)
{
	struct skep_json j;
	int r;

	skep_json_init(&j, buf, size);
	r = skep_format_json(f, k, sizeof(*k), &j, NULL);
	return r < 0 ? r : skep_json_finish(&j);
}

static int measure_hand(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	uint64_t began = bench_cpu_ns();
	char buf[512];
	uint32_t i;

	for (i = 0; i < s->elements; i++) {
		struct flow_key k = key_at(i);

		s->written += (size_t)by_hand(&k, buf, sizeof(buf));
	}
	*ret_value = (double)(bench_cpu_ns() - began) / s->elements;
	return 0;
}

static int measure_json(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	uint64_t began = bench_cpu_ns();
	char buf[512];
	uint32_t i;

	for (i = 0; i < s->elements; i++) {
		struct flow_key k = key_at(i);
		int len = by_format(s->format, &k, buf, sizeof(buf));

		if (len < 0)
			return len;
		s->written += (size_t)len;
	}
	*ret_value = (double)(bench_cpu_ns() - began) / s->elements;
	return 0;
}

static int measure_text(void *userdata, double *ret_value)
{
	struct subject *s = userdata;
	uint64_t began = bench_cpu_ns();
	char buf[512];
	uint32_t i;

	for (i = 0; i < s->elements; i++) {
		struct flow_key k = key_at(i);

		s->written += (size_t)skep_format_text(s->format, &k, sizeof(k), buf, sizeof(buf));
	}
	*ret_value = (double)(bench_cpu_ns() - began) / s->elements;
	return 0;
}

/* The type of struct flow_key as a compiler writes it, made a format. */
static int open_format(struct skep_format **ret_format, struct skep_error *err)
{
	_cleanup_(skep_btf_closep) struct skep_btf *btf = NULL;
	struct btf *made = btf__new_empty();
	int u8, u16, u32, u64, be16, be32, id, r;
	const void *raw;
	uint32_t size;

	if (!made)
		return -ENOMEM;
	u8 = btf__add_int(made, "unsigned char", 1, 0);
	u16 = btf__add_int(made, "unsigned short", 2, 0);
	u32 = btf__add_int(made, "unsigned int", 4, 0);
	u64 = btf__add_int(made, "unsigned long long", 8, 0);
	be16 = btf__add_typedef(made, "__be16", u16);
	be32 = btf__add_typedef(made, "__be32", u32);
	id = btf__add_struct(made, "flow_key", sizeof(struct flow_key));
	btf__add_field(made, "src", be32, 0, 0);
	btf__add_field(made, "dst", be32, 32, 0);
	btf__add_field(made, "src_port", be16, 64, 0);
	btf__add_field(made, "dst_port", be16, 80, 0);
	btf__add_field(made, "protocol", u8, 96, 0);
	btf__add_field(made, "direction", u8, 104, 0);
	btf__add_field(made, "vlan", u16, 112, 0);
	btf__add_field(made, "packets", u64, 128, 0);
	btf__add_field(made, "bytes", u64, 192, 0);
	btf__add_field(made, "ifindex", u32, 256, 0);
	btf__add_field(made, "flags", u32, 288, 0);
	raw = btf__raw_data(made, &size);
	r = raw ? skep_btf_open_bytes(raw, size, NULL, &btf, err) : -ENOMEM;
	btf__free(made);
	return r < 0 ? r : skep_format_new_btf(btf, (uint32_t)id, ret_format, err);
}

/* Both write the same. */
static int prove(const struct skep_format *f)
{
	struct flow_key k = key_at(123456);
	char hand[512], json[512];

	by_hand(&k, hand, sizeof(hand));
	if (by_format(f, &k, json, sizeof(json)) > 0 && !strcmp(hand, json))
		return 0;
	fprintf(stderr, "bench_format: %s\ninstead of %s\n", json, hand);
	return -EINVAL;
}

int main(int argc, char **argv)
{
	struct skep_error err = { .msg = "" };
	struct subject s = { .format = NULL };
	const struct bench_candidate candidates[] = {
		{ "snprintf", measure_hand, &s },
		{ "json", measure_json, &s, "snprintf", BUDGET },
		{ "text", measure_text, &s, "snprintf", 0 },
	};
	struct bench b;
	int r = bench_init(&b, "format", argc, argv);

	s.elements = b.smoke ? SMOKE_ELEMENTS : ELEMENTS;
	r = r < 0 ? r : open_format(&s.format, &err);
	if (r < 0)
		fprintf(stderr, "bench_format: %s\n", err.msg);
	r = r < 0 ? r : prove(s.format);
	r = r < 0 ? r : bench_group(&b, "key_40_bytes", "ns", candidates, 3);
	skep_format_free(s.format);
	return bench_finish(&b, r);
}
