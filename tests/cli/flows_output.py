#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""What skep flows tells of real traffic, as JSON lines and as a table."""
import ctypes
import datetime
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from blackbox import (LESS, SKEP, SLOWER, Agent, Failed, Sender, bpf, check, check_lines, clsact, equal, ip, main,
                      map_of, quiet_namespace, sums, udp, until, veth)


def json__has_the_fields_that_apply():
    agent = Agent("-i", "v0", "--interval", "1h", "--epoch", "50ms").ready()  # one report, however slow the machine
    before = time.time_ns()
    Sender().send(udp(7), 10)
    after = time.time_ns()
    equal(agent.stop(), 0, "status")
    (flow,) = agent.flows()
    start, end = flow.pop("start"), flow.pop("end")
    equal(flow, {
        "type": "flow", "src_addr": "10.0.0.1", "dst_addr": "10.0.0.2", "src_port": 1031, "dst_port": 53,
        "protocol": 17, "dscp": 0, "ethertype": 2048, "src_mac": "02:00:00:00:00:0a", "dst_mac": "02:00:00:00:00:0b",
        "interface": "v0", "ifindex": flow["ifindex"], "direction": "egress", "packets": 10, "segments": 10,
        "bytes": 10 * len(udp(7)), "other_interfaces": [],
    }, "the line")
    for text in (start, end):
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", text), text)
    seconds = datetime.datetime.fromisoformat(start[:19] + "+00:00").timestamp()
    told = int(seconds) * 10**9 + int(start[20:29])
    check(before - 10**7 <= told <= after + 10**7, f"{before} {told} {after}")
    check(start <= end, f"{start} {end}")
    check_lines(agent.lines())


def json__tells_a_flow_once_and_its_other_interfaces():
    agent = Agent("--interval", "100ms", "--epoch", "50ms").ready().ready("v1")
    sender = Sender()
    for _ in range(5):
        sender.send(udp(1), 20)
        time.sleep(0.12)
    equal(agent.stop(signal.SIGTERM), 0, "status")
    flows = agent.flows()
    check(len(flows) >= 2, "several reports")
    for flow in flows:
        equal((flow["interface"], flow["direction"]), ("v0", "egress"), "the canonical point")
        for other in flow["other_interfaces"]:
            equal((other["interface"], other["direction"]), ("v1", "ingress"), "the other point")
    equal(sum(f["packets"] for f in flows), 100, "packets at the canonical point")
    equal(sums(flows)[0], 200, "packets at both points")
    check_lines(agent.lines())


def ledger__comes_with_every_report_and_at_the_end():
    agent = Agent("-i", "v0", "--interval", "200ms", "--duration", "1100ms")
    equal(agent.wait(), 0, "status")
    check(len(agent.ledgers()) >= 5, f"{len(agent.ledgers())} ledgers")
    equal(agent.lines()[-1]["type"], "ledger", "the last line")


def table__that_is_full_is_told_and_starts_anew():
    agent = Agent("-i", "v0", "--max-flows", "64", "--interval", "10s", "--epoch", "20ms").ready()
    sender, count = Sender(), 3000 if LESS == 1 else 600
    for flow in range(count):
        sender.send(udp(flow))
    until(lambda: len(agent.flows()) > 256, "a full table")
    equal(agent.ledgers(), [], "ledgers before the first report")
    equal(agent.stop(), 0, "status")
    check_lines(agent.lines())
    equal(agent.ledgers()[-1]["seen_packets"], count, "packets seen")


def sampling__is_told_as_skipped():
    agent = Agent("-i", "v0", "--sampling", "10").ready()
    Sender().send(udp(), 5000)
    equal(agent.stop(), 0, "status")
    last = agent.ledgers()[-1]
    equal(last["seen_packets"], 5000, "packets seen")
    check(4200 < last["skipped_packets"] < 4800, f"skipped: {last['skipped_packets']}")
    check_lines(agent.lines())


def pattern__waits_for_interfaces_to_come():
    agent = Agent("-i", "late*", "--interval", "100ms", "--epoch", "50ms")
    until(lambda: "no interface matches 'late*' yet" in agent.stderr(), "the notice")
    veth("late0", "peer0")
    agent.ready("late0")
    Sender("late0").send(udp(), 3)
    until(lambda: agent.flows(), "a flow")
    equal(agent.flows()[0]["interface"], "late0", "the interface")
    ip("link", "del", "late0")
    until(lambda: "late0" in agent.stderr().split("is gone")[0] and "is gone" in agent.stderr(), "the end of it")
    equal(agent.stop(), 0, "status")
    check_lines(agent.lines())


def storm(seconds):
    """A process of its own that sends as fast as it can, for as long as these seconds are on the host."""
    code = ("import sys,time; sys.path.insert(0, sys.argv[1]); from blackbox import Sender, udp\n"
            "s = Sender(); frames = [udp(i) for i in range(500)]; end = time.monotonic() + float(sys.argv[2])\n"
            "while time.monotonic() < end:\n  for f in frames: s.send(f)")
    return subprocess.Popen(["python3", "-c", code, os.path.dirname(os.path.abspath(__file__)), str(seconds * SLOWER)])


def sigint__in_the_middle_of_a_storm_loses_nothing():
    for attach in ("auto", "clsact"):
        sending = storm(3)
        agent = Agent("--attach", attach, "--interval", "300ms").ready().ready("v1")
        until(lambda: agent.flows(), "flows")
        equal(agent.stop(), 0, "status")
        check(sending.poll() is None, "the storm was over too early")
        sending.kill()
        sending.wait()
        check_lines(agent.lines())
        last = agent.ledgers()[-1]
        equal(last["lost_packets"], 0, "lost packets")
        check(last["seen_packets"] > 1000, f"{last['seen_packets']} packets")
        check(not clsact("v0"), "a qdisc was left behind")


def killed__and_started_again_leaves_nothing():
    first = Agent("-i", "v0", "--attach", "clsact").ready()
    equal(first.stop(signal.SIGKILL), -signal.SIGKILL, "status")
    check(clsact("v0"), "the qdisc of the killed one")
    again = Agent("-i", "v0", "--attach", "clsact").ready()
    Sender().send(udp(), 4)
    equal(again.stop(), 0, "status")
    equal(again.ledgers()[-1]["seen_packets"], 4, "packets")
    check(not clsact("v0"), "the qdisc was left behind")


def reader__that_goes_away_ends_it_quietly():
    read, write = os.pipe()
    agent = Agent("-i", "v0", "--attach", "clsact", "--interval", "50ms", stdout=write)
    os.close(write)
    agent.ready()
    os.close(read)
    equal(agent.wait(), 0, "status")
    check("write" not in agent.stderr(), agent.stderr())
    check(not clsact("v0"), "the qdisc was left behind")


def is_stuck(fd):
    """A pipe that polls as full may still take what fits into its last page."""
    def content():
        return fcntl.ioctl(fd, termios.FIONREAD, bytes(4))

    before = content()
    time.sleep(0.5 * SLOWER)
    return content() == before


def reader__that_has_stopped_does_not_make_deaf():
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)  # soon full
    agent = Agent("-i", "v0", "--attach", "clsact", "--interval", "1ms", "--epoch", "1ms", stdout=write)
    agent.ready()
    until(lambda: not select.select([], [write], [], 0)[1], "a full pipe")
    os.close(write)
    until(lambda: is_stuck(read), "a pipe without room for a line")
    equal(agent.stop(signal.SIGTERM), 1, "status")
    check("write" in agent.stderr(), agent.stderr())
    check(not clsact("v0"), "the qdisc was left behind")
    os.close(read)


def disk__that_is_full_is_an_error():
    for output in ("json-lines", "table"):
        with open("/dev/full", "w") as full:
            agent = Agent("-i", "v0", "--interval", "50ms", "--output", output, stdout=full)
            equal(agent.wait(), 1, f"status of {output}")
        check("No space left" in agent.stderr(), agent.stderr())


def output__that_is_closed_is_an_error():
    agent = Agent("-i", "v0", "--interval", "50ms", command=["sh", "-c", 'exec "$@" >&-', "sh"])
    equal(agent.wait(), 1, "status")
    check("write" in agent.stderr(), agent.stderr())


def signals__end_it_but_those_that_are_ignored():
    equal(Agent("-i", "v0").ready().stop(signal.SIGHUP), 0, "status after SIGHUP")
    agent = Agent("-i", "v0", command=["sh", "-c", 'trap "" INT; exec "$@"', "sh"]).ready()
    agent.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    check(agent.process.poll() is None, "an ignored SIGINT has ended it")
    equal(agent.stop(signal.SIGTERM), 0, "status after SIGTERM")


def interfaces__by_the_hundred_cost_no_packets():
    """Attaching and detaching take grace periods: epochs are drained meanwhile."""
    count = 40 // LESS
    for i in range(count):
        ip("link", "add", f"a{i}", "type", "veth", "peer", "name", f"b{i}")
    batch = "".join(f"link set {c}{i} up\n" for i in range(count) for c in "ab")
    subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
    sending = storm(4)
    agent = Agent("--max-flows", "1000", "--interval", "200ms").ready()
    until(lambda: agent.flows(), "flows")
    equal(agent.stop(), 0, "status")
    sending.kill()
    sending.wait()
    equal(agent.ledgers()[-1]["lost_packets"], 0, "lost packets")
    check_lines(agent.lines())
    for i in range(count):
        ip("link", "del", f"a{i}")


def ledger__that_does_not_balance_ends_with_1():
    """Somebody changes the kernel's counters under the agent: it has to notice."""
    agent = Agent("-i", "v0", "--interval", "100ms").ready()
    fd = map_of(agent.process.pid, "flow_cpus")
    key, value = ctypes.create_string_buffer(4), ctypes.create_string_buffer(struct.pack("=Q", 5), 256)
    bpf(2, struct.pack("=IIQQQ", fd, 0, ctypes.addressof(key), ctypes.addressof(value), 0))  # BPF_MAP_UPDATE_ELEM
    os.close(fd)
    until(lambda: any(not line["balanced"] for line in agent.ledgers()), "a ledger that does not balance")
    equal(agent.stop(), 1, "status")
    check("unaccounted for" in agent.stderr(), agent.stderr())


def table__is_plain_text_without_a_terminal():
    agent = Agent("-i", "v0", "-o", "table", "--top", "2", "--sort", "packets", "--interval", "200ms").ready()
    sender = Sender()
    for flow, packets in ((1, 5), (2, 50), (3, 500)):
        sender.send(udp(flow), packets)
    until(lambda: "10.0.0.1:1027" in agent.stdout(), "the greatest flow")
    equal(agent.stop(), 0, "status")
    text = agent.stdout()
    check("\033" not in text, "escape sequences")
    screen = [s for s in text.split("\n\n") if "1027" in s][-1].splitlines()
    check("ledger balanced" in screen[0], screen[0])
    check(screen[1].startswith("SOURCE"), screen[1])
    check("10.0.0.1:1027" in screen[2] and "500" in screen[2] and " udp " in screen[2], screen[2])
    check("10.0.0.1:1026" in screen[3], screen[3])
    equal(len(screen), 4, "lines of the table")
    check("the ledger balances" in text, "the summary")


def on_terminal(env):
    """skep flows on a terminal of 24 rows and 80 columns. Return: what it wrote."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.execve(SKEP, [SKEP, "flows", "-i", "v0", "--interval", "200ms", "--duration", "900ms"], env)
    text = b""
    Sender().send(udp(9), 3)
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
        Sender().send(udp(9), 3)
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    equal(os.waitstatus_to_exitcode(status), 0, "status")
    return text.decode()


def table__is_live_on_a_terminal():
    if "/" not in SKEP:
        raise Failed("SKEP has to be a path")
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    text = on_terminal({**env, "TERM": "xterm"})
    check(text.count("\033[H") >= 3, "it is not redrawn")
    check("\033[1m" in text, "no bold header")
    check("10.0.0.1:1033" in text, text[-2000:])
    check("the ledger balances" in text, "no summary")
    for line in re.sub(r"\033\[[0-9;]*[A-Za-z]", "", text).split("\r\n"):
        if not line.startswith("skep: "):
            check(len(line) <= 80, f"too long for the terminal: {line!r}")
    text = on_terminal({**env, "TERM": "xterm", "NO_COLOR": "1"})
    check("\033[1m" not in text and "\033[H" in text, "NO_COLOR")
    check("\033" not in on_terminal({**env, "TERM": "dumb"}), "a dumb terminal")


quiet_namespace()
veth()
main([
    json__has_the_fields_that_apply,
    json__tells_a_flow_once_and_its_other_interfaces,
    ledger__comes_with_every_report_and_at_the_end,
    table__that_is_full_is_told_and_starts_anew,
    sampling__is_told_as_skipped,
    pattern__waits_for_interfaces_to_come,
    sigint__in_the_middle_of_a_storm_loses_nothing,
    killed__and_started_again_leaves_nothing,
    reader__that_goes_away_ends_it_quietly,
    reader__that_has_stopped_does_not_make_deaf,
    disk__that_is_full_is_an_error,
    output__that_is_closed_is_an_error,
    signals__end_it_but_those_that_are_ignored,
    interfaces__by_the_hundred_cost_no_packets,
    ledger__that_does_not_balance_ends_with_1,
    table__is_plain_text_without_a_terminal,
    table__is_live_on_a_terminal,
])
