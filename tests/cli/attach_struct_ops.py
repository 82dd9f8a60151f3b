#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep attach of tables of functions, as a black box: congestion controls, with a link and without.

usage: attach_struct_ops.py SOURCE_ROOT TABLES.bpf.o, in a new network and mount namespace (unshare --net --mount)
"""
import ctypes
import errno
import json
import os
import signal
import socket
import struct
import subprocess
import sys

from blackbox import SKEP, bpf, check, equal, main, run, until

TABLES = sys.argv[2]
BPFFS = "/run"
LACKING = 6


def set_up():
    subprocess.run(["mount", "-t", "bpf", "test", BPFFS], check=True)


def attach(*words, status=0):
    done = run("attach", TABLES, *words, "--root", BPFFS)
    equal(done.returncode, status, f"status of {words}: {done.stdout}{done.stderr}")
    return done


def is_registered(name):
    """Can a connection have it?"""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        try:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, name.encode())
            return True
        except OSError as e:
            equal(e.errno, errno.ENOENT, name)
            return False


def programs():
    """The names of those of the tables that are loaded."""
    number, names = 0, set()
    while True:
        try:
            _, attr = bpf(11, struct.pack("=I", number))  # BPF_PROG_GET_NEXT_ID
        except FileNotFoundError:
            return {name for name in names if name.startswith(("linked_", "older_"))}
        number, = struct.unpack_from("=I", attr, 4)
        try:
            fd, _ = bpf(13, struct.pack("=I", number))  # BPF_PROG_GET_FD_BY_ID
        except FileNotFoundError:
            continue
        info = ctypes.create_string_buffer(80)
        bpf(15, struct.pack("=IIQ", fd, 80, ctypes.addressof(info)))  # BPF_OBJ_GET_INFO_BY_FD
        names.add(info.raw[64:80].split(b"\0")[0].decode())
        os.close(fd)


def nothing_is_loaded():
    """The kernel frees programs of tables a while after the table."""
    until(lambda: not programs(), "programs of before to be gone")


def named_by(table):
    return {f"{table}_{function}" for function in ("ssthresh", "undo", "avoid")}


def lasts_as_long_as_the_command(table, line):
    nothing_is_loaded()
    attacher = subprocess.Popen([SKEP, "attach", TABLES, "--struct-ops", table], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
    try:
        text = attacher.stdout.readline()
        check(text.startswith(line), f"{text!r} {attacher.stderr.read() if not text else ''}")
        check(is_registered(f"skep_{table}"), "registered")
        equal(programs(), named_by(table), "what it names is loaded")
        attacher.send_signal(signal.SIGINT)
        equal(attacher.wait(), 0, "status")
    finally:
        attacher.kill()
        attacher.communicate()
    until(lambda: not is_registered(f"skep_{table}"), "it to be gone")
    nothing_is_loaded()


def usage__is_told_with_status_2():
    for words in (["--struct-ops", "older", "--program", "older_other"], ["--struct-ops", "older", "--cookie", "1"],
                  ["--struct-ops", "older", "--tc", "lo:egress"], ["--struct-ops", "older", "--method", "tcx"]):
        done = attach(*words, status=2)
        check(done.stderr.startswith("skep: attach: ") and not done.stdout, f"{words}: {done.stderr}")


def table__that_there_is_not_ends_with_1():
    nothing_is_loaded()
    for name in ("nothing", "older_other", ".rodata"):
        check("there is no table of functions" in attach("--struct-ops", name, status=1).stderr, name)
    equal(programs(), set(), "nothing is loaded")


def table__without_a_link_lasts_as_long_as_the_command():
    lasts_as_long_as_the_command("older", "attached: struct_ops the table 'older', by map\n")
    attach("--struct-ops", "older", "--method", "link", status=LACKING)
    attach("--struct-ops", "older", "--pin", "links/older", status=LACKING)
    check(not is_registered("skep_older"), "what cannot be pinned is not registered")


def table__with_a_link_lasts_as_long_as_the_command():
    lasts_as_long_as_the_command("linked", "attached: struct_ops the table 'linked', by link, link ")
    attach("--struct-ops", "linked", "--method", "map", status=LACKING)


def pin__keeps_it_registered_until_detach():
    nothing_is_loaded()
    value = json.loads(attach("--struct-ops", "linked", "--pin", "links/table", "--json").stdout)
    equal((value["schema"], value["family"], value["method"], value["pin"]),
          ("skep.attach", "struct_ops", "link", "links/table"), "document")
    check(is_registered("skep_linked"), "registered")
    equal(programs(), named_by("linked"), "what it names is loaded")
    shown = json.loads(run("link", "show", "links/table", "--root", BPFFS, "--json").stdout)["links"]
    equal([(link["type"], link["id"]) for link in shown], [("struct_ops", value["link_id"])], "the link")
    equal(run("detach", "links/table", "--root", BPFFS).returncode, 0, "detached")
    until(lambda: not is_registered("skep_linked"), "it to be gone")


def table__with_a_link_is_unsupported():
    done = attach("--struct-ops", "linked", status=LACKING)
    check("6.4" in done.stderr, done.stderr)


def dry_run__registers_nothing():
    equal(attach("--struct-ops", "older", "--dry-run").stdout, "would be attached: struct_ops the table 'older', by map\n",
          "text")
    value = json.loads(attach("--struct-ops", "older", "--dry-run", "--json").stdout)
    equal((value["dry_run"], value["method"]), (True, "map"), "document")
    check(not is_registered("skep_older"), "nothing was done")


set_up()
LINKS = run("attach", TABLES, "--struct-ops", "linked", "--dry-run").returncode != LACKING
main([
    usage__is_told_with_status_2,
    table__that_there_is_not_ends_with_1,
    table__without_a_link_lasts_as_long_as_the_command,
    dry_run__registers_nothing,
] + ([
    table__with_a_link_lasts_as_long_as_the_command,
    pin__keeps_it_registered_until_detach,
] if LINKS else [
    table__with_a_link_is_unsupported,
]))
