/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that every kernel refuses, one for each mistake that people make, and one that it takes. The line at fault says
 * so: tests look for these words in what the verifier has to say.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64[4]);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

SEC("xdp")
int null_pointer(struct xdp_md *ctx)
{
	__u32 key = ctx->ingress_ifindex;
	__u64 *value = bpf_map_lookup_elem(&flows, &key);

	value[0] += 1; /* at fault: null_pointer */
	return XDP_PASS;
}

SEC("xdp")
int map_bounds(struct xdp_md *ctx)
{
	__u32 key = ctx->ingress_ifindex, at = ctx->rx_queue_index;
	__u64 *value = bpf_map_lookup_elem(&flows, &key);

	if (value)
		value[at & 7] += 1; /* at fault: map_bounds */
	return XDP_PASS;
}

SEC("xdp")
int packet_bounds(struct xdp_md *ctx)
{
	const volatile __u8 *packet = (void *)(long)ctx->data;

	return packet[13]; /* at fault: packet_bounds */
}

SEC("xdp")
int reference_leak(struct xdp_md *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record)
		return XDP_PASS;
	*record = ctx->ingress_ifindex;
	if (ctx->rx_queue_index)
		bpf_ringbuf_submit(record, 0);
	return XDP_PASS; /* at fault: reference_leak */
}

SEC("xdp")
int good(struct xdp_md *ctx)
{
	return ctx->ingress_ifindex ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
