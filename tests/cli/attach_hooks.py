#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep attach at functions, tracepoints, events, decisions and other programs, as a black box.

usage: attach_hooks.py SOURCE_ROOT HOOKS.bpf.o PROBED, in a new mount namespace (unshare --mount)
"""
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from blackbox import SKEP, bpf, check, equal, main, run, until

HOOKS = sys.argv[2]
PROBED = os.path.realpath(sys.argv[3])  # a program with tracepoints
BPFFS = "/run"
TRACEFS = pathlib.Path("/sys/kernel/tracing")
LACKING, FORBIDDEN = 6, 5


def set_up():
    subprocess.run(["mount", "-t", "bpf", "test", BPFFS], check=True)
    if not (TRACEFS / "events").exists():
        subprocess.run(["mount", "-t", "tracefs", "test", TRACEFS], check=True)


def attach(*words, status=0, **more):
    done = run("attach", *words, "--root", BPFFS, **more)
    equal(done.returncode, status, f"status of {words}: {done.stdout}{done.stderr}")
    return done


def document(*words, status=0):
    value = json.loads(attach(*words, "--json", status=status).stdout)
    equal((value["schema"], value["version"]), ("skep.attach", 1), "schema")
    return value


def has_kprobes():
    """The host of the tests has none, and lets nobody load programs that trace functions by BTF."""
    return (TRACEFS / "kprobe_events").exists()


def counters():
    """Fds of the maps in which programs count."""
    number, fds = 0, []
    while True:
        try:
            _, attr = bpf(12, struct.pack("=I", number))  # BPF_MAP_GET_NEXT_ID
        except FileNotFoundError:
            return fds
        number, = struct.unpack_from("=I", attr, 4)
        try:
            fd, _ = bpf(14, struct.pack("=I", number))  # BPF_MAP_GET_FD_BY_ID
        except FileNotFoundError:
            continue
        info = ctypes.create_string_buffer(80)
        bpf(15, struct.pack("=IIQ", fd, 80, ctypes.addressof(info)))  # BPF_OBJ_GET_INFO_BY_FD
        if info.raw[24:40].split(b"\0")[0] == b"hook_count":
            fds.append(fd)
        else:
            os.close(fd)


def counters_are(number):
    """The kernel frees the maps of programs that are gone a while later. Returns the fds, in a list that is no condition."""
    fds = counters()
    if len(fds) == number:
        return [fds]
    for fd in fds:
        os.close(fd)
    return []


def count(fd):
    key, value = ctypes.create_string_buffer(4), ctypes.create_string_buffer(8)
    bpf(1, struct.pack("=IIQQ", fd, 0, ctypes.addressof(key), ctypes.addressof(value)))  # BPF_MAP_LOOKUP_ELEM
    return struct.unpack("=Q", value.raw)[0]


def yield_often():
    time.sleep(0.001)


def open_often():
    with open("/dev/null", "rb"):
        pass


def fires(*words, line, trigger):
    """Attaches, sees it run, interrupts the command, and sees no program left."""
    attacher = subprocess.Popen([SKEP, "attach", HOOKS, *words, "--root", BPFFS], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
    try:
        text = attacher.stdout.readline()
        check(text, f"{words}: {attacher.stderr.read() if not text else ''}")
        check(re.match(f"attached: {line}", text), f"{words}: {text!r}")
        (fd,), = until(lambda: counters_are(1), f"{words}: one map")
        before = count(fd)

        def has_run():
            trigger()
            return count(fd) > before
        until(has_run, f"{words} to run")
        os.close(fd)
        attacher.send_signal(signal.SIGINT)
        equal(attacher.wait(), 0, "status")
    finally:
        attacher.kill()
        attacher.communicate()


def lacks(*words, status):
    done = attach(HOOKS, *words, "--for", "1ms", status=status)
    equal(done.stdout, "", "nothing was attached")


def usage__is_told_with_status_2():
    for words in (["--program", "on_function"], ["--program", "on_packet"], ["--program", "stand_in"],
                  ["--program", "on_switch", "--max-active", "3"],
                  ["--program", "on_switch", "--tracepoint", "sched"],
                  ["--program", "on_switch", "--tracepoint", "sched:sched_switch", "--raw-tracepoint", "sched_switch"],
                  ["--program", "on_place", "--uprobe", "c"], ["--program", "on_place", "--uprobe", "c:0x"],
                  ["--program", "on_usdt", "--usdt", "c:name"], ["--program", "on_sample", "--perf-event", "software"],
                  ["--program", "on_sample", "--perf-event", "software:cpu-clock"],
                  ["--program", "on_sample", "--perf-event", "software:cpu-cycles", "--period", "1"],
                  ["--program", "on_function", "--kprobe", "f+x"],
                  ["--program", "on_function", "--kprobe", "f", "--kprobe", "g", "--max-active", "3"],
                  ["--program", "on_function", "--kprobe", "f", "--netns", "1"],
                  ["--program", "stand_in", "--freplace", ":replaced"]):
        done = attach(HOOKS, *words, status=2)
        check(done.stderr.startswith("skep: attach: ") and not done.stdout, f"{words}: {done.stderr}")


def bad_values__are_told_with_what_is_right():
    """Option, value, and what it takes; whatever else is right."""
    sample = ["--program", "on_sample", "--perf-event", "software:cpu-clock"]
    for words, option, value, right in (
            (sample + ["--frequency", "1000000000000"], None, "1000000000000", "from 1 to "),
            (sample + ["--period", "9223372036854775808"], "period", "9223372036854775808", "from 1 to 9223372036854775807"),
            (sample + ["--period", "1", "--cpus", "0-"], None, "0-", "from 0 to 65535"),
            (sample + ["--period", "1", "--cpus", "3-1"], None, "3-1", "from 0 to 65535"),
            (sample + ["--period", "1", "--cpus", "0,65536"], None, "0,65536", "from 0 to 65535"),
            (sample + ["--period", "1", "--cpus", "0,0"], None, "0,0", "each once"),
            (["--program", "on_sample", "--perf-event", "magic:1", "--period", "1"], "perf-event", "magic:1", "software:EVENT"),
            (["--program", "on_sample", "--perf-event", "4294967296:1", "--period", "1"], "perf-event", "4294967296:1",
             "up to 4294967295"),
            (["--program", "on_packet", "--netfilter", "ipv4:input:2147483647"], "netfilter", "ipv4:input:2147483647",
             "from -2147483647 to 2147483646"),
            (["--program", "on_packet", "--netfilter", "ipv5:input"], "netfilter", "ipv5:input", "ipv4 or ipv6"),
            (["--program", "on_packet", "--netfilter", "ipv4:input:x"], "netfilter", "ipv4:input:x", "ipv4 or ipv6"),
            (["--program", "on_packet", "--tc", "lo:egress", "--priority", "65536"], "priority", "65536", "from 1 to 65535"),
            (["--program", "on_packet", "--tc", "lo:up"], "tc", "lo:up", "INTERFACE:egress"),
            (["--program", "on_packet", "--xdp", "lo:fast"], "xdp", "lo:fast", ":skb, :driver or :hardware"),
            (["--program", "on_place", "--uprobe", "c:getpgid", "--pid", "4194305"], "pid", "4194305", "from 1 to 4194304"),
            (["--program", "on_function", "--kretprobe", "f", "--max-active", "2147483648"], "max-active", "2147483648",
             "from 1 to 2147483647"),
            (["--program", "on_place", "--uprobe", "c:0x0"], "uprobe", "c:0x0", "the offset in the file"),
            (["--program", "on_usdt", "--usdt", "c:name"], "usdt", "c:name", "FILE:PROVIDER:NAME"),
            (["--program", "on_switch", "--tracepoint", "sched"], "tracepoint", "sched", "CATEGORY:NAME"),
            (["--program", "on_packet", "--xdp", "lo", "--method", "magic"], "method", "magic", "link, multi, perf")):
        done = attach(HOOKS, *words, "--dry-run", status=2)
        told = f"--{option}: '{value}' is not valid: it takes " if option else value
        check(told in done.stderr and right in done.stderr, f"{words}: {done.stderr}")
    for name in ("frequency", "period", "priority", "pid", "max-active"):
        done = attach(HOOKS, *sample, f"--{name}", "0", status=2)
        check(f"--{name}" in done.stderr and "'0'" in done.stderr, done.stderr)


def tracepoints__are_those_of_the_section_or_of_an_option():
    fires("--program", "on_switch", line=r"tracepoint sched/sched_switch, by (link, link \d+|perf)$", trigger=yield_often)
    fires("--program", "on_switch", "--tracepoint", "sched:sched_wakeup", "--method", "perf",
          line="tracepoint sched/sched_wakeup, by perf$", trigger=yield_often)
    fires("--program", "on_raw_switch", line=r"raw_tracepoint sched_switch, by raw_tracepoint, link \d+$",
          trigger=yield_often)
    fires("--program", "on_raw_switch", "--raw-tracepoint", "sched_wakeup", line="raw_tracepoint sched_wakeup, ",
          trigger=yield_often)
    fires("--program", "on_btf_switch", line=r"tp_btf .*, by link, link \d+$", trigger=yield_often)
    attach(HOOKS, "--program", "on_switch", "--tracepoint", "sched:no_such", "--for", "1ms", status=1)
    attach(HOOKS, "--program", "on_raw_switch", "--raw-tracepoint", "no_such", "--for", "1ms", status=1)


def tracing__of_a_pinned_program_takes_its_attach_type():
    done = run("load", HOOKS, "--pin", "hooks", "--root", BPFFS, *[word for name in (
        "on_function", "on_openat2", "on_openat2_return", "on_getpgid", "on_many", "on_session", "on_libc", "on_place",
        "on_usdt", "on_switch", "on_raw_switch", "on_entry", "on_exit", "on_decision", "on_group", "on_sample", "on_packet",
        "each_task", "each_element", "target", "stand_in") for word in ("--exclude", name)])
    equal(done.returncode, 0, done.stderr)
    attach("hooks/on_btf_switch", "--tracing", status=2)
    attach("hooks/on_btf_switch", "--tracing", "--attach-type", "xdp", status=2)
    for more in ([], ["--dry-run"]):
        attach(HOOKS, "--program", "on_btf_switch", "--tracing", "--attach-type", "trace_fentry", *more, status=2)
    text = attach("hooks/on_btf_switch", "--tracing", "--attach-type", "trace_raw_tp", "--for", "1ms").stdout
    check(text.startswith("attached: tp_btf "), text)
    text = attach("hooks/on_btf_switch", "--tracing", "--attach-type", "trace_raw_tp", "--pin", "links/switch").stdout
    check(text.endswith(", pinned at links/switch\n"), text)
    equal(run("detach", "links/switch", "--root", BPFFS).returncode, 0, "detached")
    equal(run("bpffs", "rm", "hooks", "--recursive", "--root", BPFFS).returncode, 0, "removed")


def uprobes__are_found_by_name_pattern_and_offset():
    fires("--program", "on_libc", line=r"uprobe /\S*libc\S*:getpgid, by (link, link \d+|perf)$",
          trigger=lambda: os.getpgid(0))
    fires("--program", "on_place", "--uretprobe", "c:getpgid", "--pid", str(os.getpid()), line="uretprobe /",
          trigger=lambda: os.getpgid(0))
    fires("--program", "on_place", "--uprobe", "c:/^getp[gp]id$/", line=r"uprobe /\S*:2 places, by ",
          trigger=lambda: os.getpgid(0))
    value = document(HOOKS, "--program", "on_place", "--uprobe", "c:/^getp[gp]id$/", "--for", "1ms")
    equal([place["code"] for place in value["places"]], [0, 0], "places")
    address = value["places"][0]["address"]
    text = attach(HOOKS, "--program", "on_place", "--uprobe", f"c:{address:#x}", "--for", "1ms").stdout
    check(f":0x{address:x}, by " in text, text)
    with tempfile.TemporaryDirectory(prefix="with blanks ") as directory:
        path = shutil.copy(PROBED, directory)
        link = document(HOOKS, "--program", "on_place", "--uprobe", f"{path}:probed_one", "--pin", "blanks")
        done = run("link", "show", str(link.get("link_id", 0)), "--json", "--root", BPFFS)
        target = json.loads(done.stdout)["links"][0]["target"] if done.returncode == 0 else ""
        check(path in target or "+0x0" in target or "a perf event" in target, f"{target!r}: {done.stderr}")
        equal(run("detach", "blanks", "--root", BPFFS).returncode, 0, "detached")
    attach(HOOKS, "--program", "on_place", "--uprobe", "c:no_such_function", "--for", "1ms", status=1)
    attach(HOOKS, "--program", "on_place", "--uprobe", "no_such_library:f", "--for", "1ms", status=1)
    attach(HOOKS, "--program", "on_usdt", "--usdt", "c:no_such:tracepoint", "--for", "1ms", status=1)


def program__is_loaded_for_the_method():
    methods = set()
    for name, words in (("on_usdt", ["--usdt", f"{PROBED}:probed:counted"]), ("on_place", ["--uprobe", "c:getpgid"])):
        for method in ("auto", "link", "perf", "multi"):
            done, dry = (run("attach", HOOKS, "--program", name, *words, "--method", method, *how, "--json", "--root", BPFFS)
                         for how in (["--for", "1ms"], ["--dry-run"]))
            check(done.returncode in (0, LACKING), f"{words} by {method}: {done.stderr}")
            equal(dry.returncode, done.returncode, f"{words} by {method}, dry: {dry.stderr}")
            if done.returncode == 0:
                used = json.loads(done.stdout)["method"]
                equal(json.loads(dry.stdout)["method"], used, f"{words} by {method}, dry")
                check(method in ("auto", used), f"{words} by {method}: {used}")
                methods.add(used)
    check("perf" in methods, f"methods: {methods}")


def uprobe__names_the_capability_that_it_takes():
    """Newer kernels ask for more than for other events; a dry run knows."""
    some = ["setpriv", "--inh-caps=-all", "--bounding-set=-all,+bpf,+perfmon,+dac_override,+dac_read_search"]
    words = ("attach", HOOKS, "--program", "on_place", "--uprobe", "c:getpgid", "--method", "perf", "--root", BPFFS)
    done, dry = (run(*words, *how, command=some) for how in (["--for", "1ms"], ["--dry-run"]))
    check(done.returncode in (0, FORBIDDEN), done.stderr)
    equal(dry.returncode, done.returncode, f"dry: {dry.stderr}")
    if done.returncode:
        check("CAP_SYS_ADMIN" in done.stderr and "CAP_SYS_ADMIN" in dry.stderr, done.stderr + dry.stderr)


def iterator__is_printed():
    lines = attach(HOOKS, "--program", "each_task").stdout.splitlines()
    check(f"task {os.getpid()}" in lines and all(line.startswith("task ") for line in lines), str(lines[:5]))
    value = document(HOOKS, "--program", "each_task")
    check(f"task {os.getpid()}" in value["lines"], str(value)[:200])
    text = attach(HOOKS, "--program", "each_task", "--dry-run").stdout
    check(text.startswith("would be attached: iter "), text)
    attach(HOOKS, "--program", "each_task", "--pin", "tasks")
    check(f"task {os.getpid()}\n" in pathlib.Path(BPFFS, "tasks").read_text(), "who reads the pin runs it")
    equal(run("detach", "tasks", "--root", BPFFS).returncode, 0, "detached")


def iterator__walks_the_elements_of_a_map():
    equal(run("map", "create", "three", "--type", "array", "--key-size", "4", "--value-size", "4", "--max-entries", "3",
              "--root", BPFFS).returncode, 0, "map")
    done = run("attach", HOOKS, "--program", "each_element", "--map", "pin:three", "--root", BPFFS)
    check(done.returncode == 0 or (done.returncode == FORBIDDEN and not has_kprobes()), done.stderr)
    if done.returncode == 0:
        equal(done.stdout.splitlines(), ["element 0", "element 1", "element 2"], "elements")
        done = attach(HOOKS, "--program", "each_element", status=2)
        check("one map: say of which" in done.stderr, done.stderr)
    os.unlink(f"{BPFFS}/three")


def iterator__walks_one_process():
    done = run("attach", HOOKS, "--program", "each_task", "--pid", str(os.getpid()), "--root", BPFFS)
    check(done.returncode in (0, LACKING), done.stderr)  # Linux 6.1
    equal(set(done.stdout.splitlines()), {f"task {os.getpid()}"} if done.returncode == 0 else set(), "threads")


def samples__come_by_period_and_frequency():
    def work():
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            pass
    fires("--program", "on_sample", "--perf-event", "software:cpu-clock", "--period", "1000000",
          line=r"perf_event .*, by (link, link \d+|perf)$", trigger=work)
    fires("--program", "on_sample", "--perf-event", "1:0", "--frequency", "1000", "--pid", str(os.getpid()),
          line="perf_event ", trigger=work)
    value = document(HOOKS, "--program", "on_sample", "--perf-event", "software:task-clock", "--frequency", "10", "--cpus", "0",
                     "--for", "1ms")
    equal([place["name"] for place in value["places"]], ["cpu0"], "places")
    if value["method"] == "link" and len(os.sched_getaffinity(0)) > 1:
        done = attach(HOOKS, "--program", "on_sample", "--perf-event", "software:cpu-clock", "--frequency", "10", "--pin",
                      "several", status=LACKING)
        check("links, and a pin is of one" in done.stderr and not os.path.exists(f"{BPFFS}/several"), done.stderr)
        until(lambda: counters_are(0), "nothing is left of it")


def dry_run__of_samples_is_of_the_counters_and_cpus_of_the_machine():
    """It ends as the attach itself does, with the same words."""
    for event, more, status, says in (
            ("software:cpu-clock", ["--cpus", "0-999"], 3, "cpu999: no such device"),
            ("software:cpu-clock", ["--cpus", "998,999"], 1, "none of the CPUs is online"),
            ("software:cpu-clock", ["--cpus", "999"], 1, "none of the CPUs is online"),
            ("software:cpu-clock", ["--pid", "4194304"], 1, "there is no process 4194304"),
            ("software:99", [], 6, "no such counter"), ("hardware:cpu-cycles", [], None, "")):
        words = ("attach", HOOKS, "--program", "on_sample", "--perf-event", event, "--frequency", "10", *more)
        done, dry = (run(*words, *how, "--root", BPFFS) for how in (["--for", "1ms"], ["--dry-run"]))
        equal((dry.returncode, dry.stderr), (done.returncode, done.stderr), f"{event} {more}")
        check(says in done.stderr and status in (None, done.returncode), f"{event} {more}: {done.returncode} {done.stderr}")
        places = [re.search(r"\d+ of \d+ places", text) for text in (done.stdout, dry.stdout)]
        equal(*[place and place[0] for place in places], f"{event} {more}")


def dry_run__has_the_words_of_the_attach():
    """What the kernel lacks; and tracefs, if it is not mounted."""
    absent = ["unshare", "--mount", "sh", "-c",
              'umount /sys/kernel/tracing; umount -l /sys/kernel/debug 2>/dev/null; exec "$0" "$@"']
    one, two, place = (["--program", "on_function", "--kprobe", "vfs_read"],
                       ["--program", "on_function", "--kprobe", "vfs_read", "--kprobe", "vfs_write"],
                       ["--program", "on_place", "--uprobe", "c:getpgid"])
    cases = [(absent, words, "tracefs", "tracefs is not mounted: ") for words in (one, two, place)]
    if not has_kprobes():
        cases += [((), words, method, "was built without this method: ") for words in (one, two) for method in
                  ("link", "perf", "multi")] + [((), words, "tracefs", "there is no '/sys/kernel/") for words in (one, two)]
        cases += [((), one + ["--session"], "auto", "(since Linux 6.10)")]
    for command, words, method, says in cases:
        done, dry = (run("attach", HOOKS, *words, "--method", method, *how, "--root", BPFFS, command=command)
                     for how in (["--for", "1ms"], ["--dry-run"]))
        equal((dry.returncode, dry.stderr), (done.returncode, done.stderr), f"{words} by {method}")
        check(says in done.stderr, f"{words} by {method}: {done.stderr}")


def kprobes__are_those_of_the_section_or_of_an_option():
    if not has_kprobes():
        for name in ("on_openat2", "on_session", "on_getpgid"):
            lacks("--program", name, status=LACKING)
        lacks("--program", "on_many", status=FORBIDDEN)  # to read which functions there are
        return
    fires("--program", "on_openat2", line=r"kprobe do_sys_openat2, by ", trigger=open_often)
    fires("--program", "on_openat2_return", line="kretprobe do_sys_openat2, by ", trigger=open_often)
    fires("--program", "on_function", "--kretprobe", "do_sys_openat2", "--max-active", "64",
          line="kretprobe do_sys_openat2, by tracefs", trigger=open_often)
    fires("--program", "on_getpgid", line=r"kprobe __\w+_sys_getpgid, by ", trigger=lambda: os.getpgid(0))
    fires("--program", "on_many", line=r"kprobe \d+ functions of the kernel, by ", trigger=open_often)
    fires("--program", "on_function", "--kprobe", "do_sys_openat2", "--kprobe", "vfs_read",
          line="kprobe 2 functions of the kernel, by ", trigger=open_often)
    attach(HOOKS, "--program", "on_function", "--kprobe", "no_such_function", "--for", "1ms", status=1)


def kprobes__tell_of_each_function():
    if not has_kprobes():
        return
    value = document(HOOKS, "--program", "on_function", "--kprobe", "do_sys_openat2", "--kprobe", "no_such_function",
                     "--for", "1ms", status=3)
    equal([(place["name"], place["code"]) for place in value["places"]],
          [("do_sys_openat2", 0), ("no_such_function", -2)], "places")
    done = attach(HOOKS, "--program", "on_function", "--kprobe", "do_sys_openat2", "--kprobe", "no_such_function", "--for",
                  "1ms", status=3)
    check("1 of 2 places" in done.stdout and "no_such_function: " in done.stderr, done.stdout + done.stderr)
    dry = run("attach", HOOKS, "--program", "on_session", "--dry-run", "--root", BPFFS)
    check(dry.returncode in (0, LACKING), dry.stderr)
    if dry.returncode == 0:
        fires("--program", "on_session", line="kprobe_session ", trigger=open_often)


def functions_and_decisions__are_those_of_the_section():
    if not has_kprobes():
        for name in ("on_entry", "on_exit", "on_decision"):
            lacks("--program", name, status=FORBIDDEN)
        return
    fires("--program", "on_entry", line=r"fentry .*, by link, link \d+$", trigger=open_often)
    fires("--program", "on_exit", line=r"fexit .*, by link, link \d+$", trigger=open_often)
    fires("--program", "on_decision", line=r"lsm .*, by link, link \d+$", trigger=open_often)
    attach(HOOKS, "--program", "on_entry", "--pin", "links/entry")
    function_is("links/entry", "trace_fentry do_sys_openat2", function="do_sys_openat2")
    equal(run("detach", "links/entry", "--root", BPFFS).returncode, 0, "detached")


def function_is(path, target, **members):
    """A link is told with the name of its function, alone and among others, where the kernel tells its number."""
    link, = json.loads(run("link", "show", path, "--json", "--root", BPFFS).stdout)["links"]
    if link["target_btf_id"]:  # Linux 5.13
        equal((link["target"], {name: link.get(name) for name in members}), (target, members), path)
        text = run("link", "list", "--type", "tracing").stdout
        check(re.search(rf"^ *{link['id']} .* {target}$", text, re.M), text)


def lsm_cgroup__decides_about_a_group():
    root = next(line.split()[4] for line in open("/proc/self/mountinfo") if " - cgroup2 " in line)
    group = pathlib.Path(root, f"skep-attach-{os.getpid()}")
    group.mkdir()
    try:
        words = ("--program", "on_group", "--lsm-cgroup", str(group))
        done = run("attach", HOOKS, *words, "--for", "1ms", "--root", BPFFS)
        if done.returncode in (LACKING, FORBIDDEN):  # before 6.0; the host of the tests
            check(done.returncode == (LACKING if has_kprobes() else FORBIDDEN), done.stderr)
            return
        inside = f"echo 0 > {group}/cgroup.procs; exec {sys.executable} -c 'import socket; socket.socket()'"
        fires(*words, line=r"lsm_cgroup \S+, by link, link \d+$",
              trigger=lambda: subprocess.run(["sh", "-c", inside], check=True))
    finally:
        group.rmdir()


def run_target(fd):
    """What the program returns for a packet."""
    packet = ctypes.create_string_buffer(64)
    _, attr = bpf(10, struct.pack("=IIIIQQ", fd, 0, 64, 0, ctypes.addressof(packet), 0))
    return struct.unpack_from("=I", attr, 4)[0]


def freplace__stands_in_for_a_function():
    words = [word for name in ("on_entry", "on_exit", "on_decision", "on_group", "on_session", "on_many",
                                      "each_element", "stand_in")
             for word in ("--exclude", name)]
    equal(run("load", HOOKS, "--pin", "hooks", *words, "--root", BPFFS).returncode, 0, "loaded")
    path = ctypes.create_string_buffer(f"{BPFFS}/hooks/target".encode())
    fd, _ = bpf(7, struct.pack("=Q", ctypes.addressof(path)))
    equal(run_target(fd), 1, "its own function")
    if not has_kprobes():
        lacks("--program", "stand_in", "--freplace", "hooks/target", status=FORBIDDEN)
    else:
        text = attach(HOOKS, "--program", "stand_in", "--freplace", "hooks/target", "--pin", "links/stand_in").stdout
        check(text.startswith("attached: freplace "), text)
        equal(run_target(fd), 7, "the other's function")
        info = ctypes.create_string_buffer(64)
        bpf(15, struct.pack("=IIQ", fd, 64, ctypes.addressof(info)))  # BPF_OBJ_GET_INFO_BY_FD
        number = struct.unpack_from("=I", info.raw, 4)[0]
        function_is("links/stand_in", f"freplace replaced of program {number}", function="replaced", target_program_id=number,
                    attach_type=None)
        attach(HOOKS, "--program", "stand_in", "--freplace", "hooks/target:no_such", "--for", "1ms", status=1)
        equal(run("detach", "links/stand_in", "--root", BPFFS).returncode, 0, "detached")
        until(lambda: run_target(fd) == 1, "its own function again")
    os.close(fd)
    equal(run("bpffs", "rm", "hooks", "--recursive", "--root", BPFFS).returncode, 0, "removed")


def cookie__goes_with_it():
    done = run("attach", HOOKS, "--program", "on_switch", "--cookie", "7", "--for", "1ms", "--json", "--root", BPFFS)
    check(done.returncode in (0, LACKING), done.stderr)  # Linux 5.15
    if done.returncode == 0:
        equal(json.loads(done.stdout)["cookie"], 7, "cookie")


def dry_run__does_nothing():
    text = attach(HOOKS, "--program", "on_switch", "--dry-run").stdout
    check(text.startswith("would be attached: tracepoint sched/sched_switch, by "), text)
    attach(HOOKS, "--program", "on_openat2", "--dry-run", status=0 if has_kprobes() else LACKING)
    attach(HOOKS, "--program", "on_raw_switch", "--dry-run")
    done = attach(HOOKS, "--program", "on_raw_switch", "--raw-tracepoint", "no_such", "--dry-run", status=1)
    check("the kernel has no tracepoint 'no_such'" in done.stderr, done.stderr)
    done = attach(HOOKS, "--program", "on_switch", "--method", "perf", "--cookie", "5", "--dry-run", status=LACKING)
    check("there are no cookies" in done.stderr, done.stderr)
    several = ["--program", "on_place", "--uprobe", "c:/^getp[gp]id$/", "--method", "link", "--pin", "several", "--dry-run"]
    done = run("attach", HOOKS, *several, "--root", BPFFS)
    check(done.returncode == LACKING and not done.stdout, done.stderr)
    if has_event_links():
        check("has 2 links, and a pin is of one" in done.stderr, done.stderr)


def pin__goes_with_it_and_with_what_cannot_be_told():
    hooks = [["--program", "on_btf_switch"]]
    if has_event_links():
        hooks += [["--program", "on_switch", "--method", "link"], ["--program", "on_place", "--uprobe", f"{PROBED}:probed_one"],
                  ["--program", "on_sample", "--perf-event", "software:cpu-clock", "--frequency", "10", "--cpus", "0"]]
    for words in hooks:
        check("pinned at links/brief" in attach(HOOKS, *words, "--pin", "links/brief", "--for", "10ms").stdout, "told")
        with open("/dev/full", "w") as full:
            done = subprocess.run([SKEP, "attach", HOOKS, *words, "--pin", "links/lost", "--root", BPFFS], stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        equal(done.returncode, 1, f"a full disk: {done.stderr}")
        equal(os.listdir(f"{BPFFS}/links"), [], "pins that are left")


def has_event_links():
    """Has this kernel links to perf events?"""
    done = run("attach", HOOKS, "--program", "on_switch", "--method", "link", "--dry-run", "--root", BPFFS)
    return done.returncode == 0


set_up()
# Guests run what the host lacks; they are slow, and the library's own tests run there.
main(([] if has_kprobes() else [
    usage__is_told_with_status_2,
    bad_values__are_told_with_what_is_right,
    tracepoints__are_those_of_the_section_or_of_an_option,
    tracing__of_a_pinned_program_takes_its_attach_type,
    uprobes__are_found_by_name_pattern_and_offset,
    program__is_loaded_for_the_method,
    uprobe__names_the_capability_that_it_takes,
    iterator__is_printed,
    samples__come_by_period_and_frequency,
    dry_run__of_samples_is_of_the_counters_and_cpus_of_the_machine,
    cookie__goes_with_it,
    pin__goes_with_it_and_with_what_cannot_be_told,
    dry_run__does_nothing,
]) + [
    dry_run__has_the_words_of_the_attach,
    iterator__walks_the_elements_of_a_map,
    iterator__walks_one_process,
    kprobes__are_those_of_the_section_or_of_an_option,
    kprobes__tell_of_each_function,
    functions_and_decisions__are_those_of_the_section,
    lsm_cgroup__decides_about_a_group,
    freplace__stands_in_for_a_function,
])
