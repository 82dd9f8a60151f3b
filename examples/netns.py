# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""A quiet network namespace with a veth pair v0, v1, and UDP packets made byte by byte that go from v0 to v1."""
import os
import socket
import struct
import subprocess
import sys

DEADLINE_S = 60  # guests without hardware acceleration are slow

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/lint"))
sys.dont_write_bytecode = True


def enter():
    """Runs the calling script again, in a namespace that ends with it; returns there."""
    if os.environ.get("SKEP_EXAMPLE_NETNS") != "1":
        os.environ["SKEP_EXAMPLE_NETNS"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w", encoding="ascii") as f:
        f.write("1")
    for command in ("link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02",
                    "link set v0 up", "link set v1 up"):
        subprocess.run(["ip", *command.split()], check=True)


def checksum(header):
    """RFC 1071."""
    total = sum(struct.unpack("!%dH" % (len(header) // 2), header))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def frame(src_port, dst_port, payload):
    """Ethernet, IPv4 10.0.0.1 to 10.0.0.2, UDP."""
    udp = struct.pack("!4H", src_port, dst_port, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0,
                     socket.inet_aton("10.0.0.1"), socket.inet_aton("10.0.0.2"))
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return bytes.fromhex("020000000002020000000001") + struct.pack("!H", 0x0800) + ip + udp


def send(frames):
    """From v0 to v1."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as s:
        s.bind(("v0", 0))
        for f in frames:
            s.send(f)
