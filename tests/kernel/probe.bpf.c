/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs of a map of sockets, which count what they see; and one for an interface. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} sockets SEC(".maps");

__u64 parsed, judged, sent;

SEC("sk_skb/stream_parser")
int parser(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&parsed, 1);
	return (int)skb->len; /* a message is what has come */
}

SEC("sk_skb/stream_verdict")
int verdict(struct __sk_buff *skb)
{
	(void)skb;
	__sync_fetch_and_add(&judged, 1);
	return SK_DROP; /* to let one pass behind a parser makes Linux 5.10 hang */
}

SEC("sk_msg")
int message(struct sk_msg_md *msg)
{
	(void)msg;
	__sync_fetch_and_add(&sent, 1);
	return SK_PASS;
}

SEC("xdp")
int receive(struct xdp_md *packet)
{
	(void)packet;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
