/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An object of 2 MB with 70 maps and 34 programs: what it costs to load one that large. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MAP(n)                                   \
	struct {                                 \
		__uint(type, BPF_MAP_TYPE_HASH); \
		__uint(max_entries, 64);         \
		__type(key, __u32);              \
		__type(value, __u64);            \
	} map##n SEC(".maps");

#define STEPS 1150

#define PROGRAM(n)                                                                 \
	SEC("socket")                                                              \
	int program##n(struct __sk_buff *skb)                                      \
	{                                                                          \
		__u32 key = n, i;                                                  \
		__u64 *value = bpf_map_lookup_elem(&map##n, &key);                 \
		volatile __u64 sum = 0;                                            \
                                                                                   \
		_Pragma("unroll") for (i = 0; i < STEPS; i++) sum += skb->len ^ i; \
		bpf_map_update_elem(&map##n, &key, (void *)&sum, 0);               \
		return value ? (int)*value : (int)sum;                             \
	}

MAP(0)
MAP(1)
MAP(2)
MAP(3)
MAP(4)
MAP(5)
MAP(6)
MAP(7)
MAP(8)
MAP(9)
MAP(10)
MAP(11)
MAP(12)
MAP(13)
MAP(14)
MAP(15)
MAP(16)
MAP(17)
MAP(18)
MAP(19)
MAP(20)
MAP(21)
MAP(22)
MAP(23)
MAP(24)
MAP(25)
MAP(26)
MAP(27)
MAP(28)
MAP(29)
MAP(30)
MAP(31)
MAP(32)
MAP(33)
MAP(34)
MAP(35)
MAP(36)
MAP(37)
MAP(38)
MAP(39)
MAP(40)
MAP(41)
MAP(42)
MAP(43)
MAP(44)
MAP(45)
MAP(46)
MAP(47)
MAP(48)
MAP(49)
MAP(50)
MAP(51)
MAP(52)
MAP(53)
MAP(54)
MAP(55)
MAP(56)
MAP(57)
MAP(58)
MAP(59)
MAP(60)
MAP(61)
MAP(62)
MAP(63)
MAP(64)
MAP(65)
MAP(66)
MAP(67)
MAP(68)
MAP(69)

PROGRAM(0)
PROGRAM(1)
PROGRAM(2)
PROGRAM(3)
PROGRAM(4)
PROGRAM(5)
PROGRAM(6)
PROGRAM(7)
PROGRAM(8)
PROGRAM(9)
PROGRAM(10)
PROGRAM(11)
PROGRAM(12)
PROGRAM(13)
PROGRAM(14)
PROGRAM(15)
PROGRAM(16)
PROGRAM(17)
PROGRAM(18)
PROGRAM(19)
PROGRAM(20)
PROGRAM(21)
PROGRAM(22)
PROGRAM(23)
PROGRAM(24)
PROGRAM(25)
PROGRAM(26)
PROGRAM(27)
PROGRAM(28)
PROGRAM(29)
PROGRAM(30)
PROGRAM(31)
PROGRAM(32)
PROGRAM(33)

char _license[] SEC("license") = "GPL";
