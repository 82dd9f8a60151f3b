# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""Black-box tests of the command: runs it as a user would and looks at text, JSON and exit status.

A test program is started in a network namespace of its own (unshare --net), which dies with it.
"""
import ctypes
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback

SKEP = os.environ.get("SKEP", "skep")
MAC = bytes.fromhex("02000000000b" "02000000000a")
# In guests without hardware acceleration everything takes longer, and less of it has to do.
SLOWER = int(os.environ.get("LAB_TIMEOUT_FACTOR", "1"))
LESS = int(os.environ.get("LAB_LOAD_DIVISOR", "1"))

DEADLINE = 30 * SLOWER  # seconds; never a pace, only where waiting ends


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(got, want, what):
    check(got == want, f"{what}: {got!r}, not {want!r}")


def until(condition, what):
    """Waits for something to become true."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise Failed(f"in vain: {what}")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def quiet_namespace():
    """No address autoconfiguration: an interface sends only what a test sends."""
    for name in ("all", "default"):
        path = f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6"
        if os.path.exists(path):
            with open(path, "w") as f:
                f.write("1")
    ip("link", "set", "lo", "up")


def veth(a="v0", b="v1"):
    ip("link", "add", a, "type", "veth", "peer", "name", b)
    ip("link", "set", a, "up")
    ip("link", "set", b, "up")


def udp(flow=0, size=40, source="10.0.0.1"):
    """A UDP/IPv4 frame; the number of the flow is in its ports."""
    data = struct.pack("!HHHH", 1024 + flow % 50000, 53 + flow // 50000, 8 + size, 0) + bytes(size)
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), 1, 0, 64, 17, 0, socket.inet_aton(source),
                         socket.inet_aton("10.0.0.2"))
    return MAC + b"\x08\x00" + header + data


class Sender:
    """Frames out of an interface, through the queueing layer."""

    def __init__(self, interface="v0"):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((interface, 0))

    def send(self, frame, times=1):
        for _ in range(times):
            self.socket.send(frame)


def run(*words, command=(), timeout=DEADLINE, **more):
    """Runs skep to its end."""
    return subprocess.run([*command, SKEP, *words], capture_output=True, text=True, timeout=timeout, **more)


class Agent:
    """skep flows in the background, its output in files."""

    running = []

    def __init__(self, *words, command=(), stdout=None):
        self.out = open(f"/proc/self/fd/{os.memfd_create('out')}", "w+")
        self.err = open(f"/proc/self/fd/{os.memfd_create('err')}", "w+")
        self.process = subprocess.Popen([*command, SKEP, "flows", *words], stdout=stdout or self.out, stderr=self.err)
        Agent.running.append(self)

    @staticmethod
    def _text(file):
        with open(f"/proc/self/fd/{file.fileno()}") as f:
            return f.read()

    def stdout(self):
        return self._text(self.out)

    def stderr(self):
        return self._text(self.err)

    def ready(self, interface="v0"):
        """Waits until an interface is watched."""
        until(lambda: f"watching {interface} " in self.stderr() or self.process.poll() is not None, "watching")
        check(self.process.poll() is None, "ended early: " + self.stderr())
        return self

    def lines(self):
        return [json.loads(line) for line in self.stdout().splitlines() if line.endswith("}")]

    def flows(self):
        return [line for line in self.lines() if line["type"] == "flow"]

    def ledgers(self):
        return [line for line in self.lines() if line["type"] == "ledger"]

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.wait()

    def wait(self):
        return self.process.wait(timeout=DEADLINE)


def sums(flows):
    """Packets and bytes of flow lines and of their other interfaces."""
    points = [p for f in flows for p in [f, *f["other_interfaces"]]]
    return sum(p["packets"] for p in points), sum(p["bytes"] for p in points)


def check_ledger(ledger):
    for unit in ("packets", "bytes"):
        total = sum(ledger[f"{way}_{unit}"] for way in ("map", "ring", "lost", "skipped"))
        equal(ledger[f"seen_{unit}"], total, f"the ledger's {unit}")
    check(ledger["balanced"] is True, "the ledger says that it does not balance")


def check_lines(lines):
    """The flow lines before each ledger line cover exactly what it says."""
    flows = []
    for line in lines:
        if line["type"] == "flow":
            flows.append(line)
            continue
        check_ledger(line)
        packets, octets = sums(flows)
        equal(packets, line["map_packets"] + line["ring_packets"], "packets of all flows so far")
        equal(octets, line["map_bytes"] + line["ring_bytes"], "bytes of all flows so far")


def clsact(interface):
    done = subprocess.run(["tc", "qdisc", "show", "dev", interface], capture_output=True, text=True, check=True)
    return "clsact" in done.stdout


# --- what only the kernel can say -----------------------------------------------------------------------------------

libc = ctypes.CDLL(None, use_errno=True)
SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]


def bpf(command, attributes):
    attr = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    r = libc.syscall(SYS_BPF, command, attr, 128)
    if r < 0:
        raise OSError(ctypes.get_errno(), f"bpf command {command}")
    return r, attr.raw


def map_of(pid, name):
    """An fd of the map of a name that a process holds."""
    for entry in os.listdir(f"/proc/{pid}/fdinfo"):
        with open(f"/proc/{pid}/fdinfo/{entry}") as f:
            number = re.search(r"^map_id:\s*(\d+)$", f.read(), re.M)
        if not number:
            continue
        fd, _ = bpf(14, struct.pack("=I", int(number[1])))  # BPF_MAP_GET_FD_BY_ID
        info = ctypes.create_string_buffer(80)
        bpf(15, struct.pack("=IIQ", fd, 80, ctypes.addressof(info)))  # BPF_OBJ_GET_INFO_BY_FD
        if info.raw[24:40].split(b"\0")[0].decode() == name:
            return fd
        os.close(fd)
    raise Failed(f"process {pid} has no map {name}")


def without_bpf():
    """For preexec_fn: bpf(2) does not exist any more in this process (a seccomp filter answers ENOSYS)."""
    code = [(0x20, 0, 0, 0), (0x15, 0, 1, SYS_BPF), (0x06, 0, 0, 0x00050000 | 38), (0x06, 0, 0, 0x7FFF0000)]
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *c) for c in code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(instructions)))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):  # NO_NEW_PRIVS, SECCOMP
        os._exit(99)


# --- running --------------------------------------------------------------------------------------------------------


def main(tests):
    """Runs the functions in order, in TAP; each says in its docstring what it shows."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup(1) has its children ignore it
    print(f"1..{len(tests)}")
    failed = 0
    for number, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {test.__name__}", flush=True)
        except Exception as e:  # whatever it is, the test has failed
            failed += 1
            print(f"not ok {number} - {test.__name__}")
            text = str(e) if isinstance(e, Failed) else traceback.format_exc()
            for line in re.split(r"\n", text):
                print(f"# {line}", flush=True)
                print(f"{test.__name__}: {line}", file=sys.stderr)
        finally:
            for agent in Agent.running:
                agent.process.kill()
                agent.process.wait()
            Agent.running.clear()
    sys.exit(1 if failed else 0)
