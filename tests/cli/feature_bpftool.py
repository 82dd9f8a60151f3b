#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep feature and bpftool feature probe agree, or the reason stands here."""
import functools
import json
import os
import re
import subprocess

from blackbox import check, equal, main, run

RELEASE = os.uname().release
SLOW = 120  # seconds, for thousands of programs in a guest

# What differs: section, regular expressions of program type and name, what skep says, what bpftool says, and why; last,
# the kernels on which bpftool 7.1 is known to differ so. There the row has to be met: one that is not is out of date.
EXPLAINED = [
    ("helpers", r".*", r".*", False, True,
     "the verifier says 'program of this type cannot use helper', which bpftool 7.1 does not know", r"(6\.12|6\.18|7\.)"),
    ("helpers", r".*", r"cgrp_storage_(get|delete)", True, False,
     "bpftool 7.1 does not know the number", r"(6\.12|6\.18|7\.)"),
    ("helpers", r"tracing|struct_ops|lsm", r".*", True, False,
     "bpftool does not ask for types that need a BTF id", r"(5\.10|6\.1|6\.12|6\.18|7\.)\."),
    ("helpers", r"netfilter", r".*", True, False,
     "bpftool 7.1 does not know the type", r"(6\.12|6\.18|7\.)"),
    ("helpers", r"tracing", r"probe_write_user", None, False,
     "both of the above, on a system that is locked down", r"6\.18\."),
    ("helpers", r"tracepoint|perf_event|raw_tracepoint.*|syscall", r"get_func_ip", False, True,
     "ENOTSUPP: 'not supported for program type', which bpftool takes for a missing argument", r"6\.1\."),
    ("helpers", r"cgroup_sockopt", r"[gs]etsockopt", True, False,
     "depends on the attach type; bpftool asks with none", r"6\.1\."),
    ("helpers", r".*", r"probe_write_user", None, True,
     "as it is locked down the kernel withholds it; see the first row", r"6\.18\."),
    ("program_types", "", r"tracing", True, False,
     "bpftool asks for fentry alone, which a system may forbid; tp_btf is permitted", r"6\.18\."),
    ("program_types", "", r"ext|lsm", None, False,
     "EPERM is not 'no'", r"6\.18\."),
]


def bpftool(*words):
    return subprocess.run(["bpftool", *words], capture_output=True, text=True, check=True).stdout


@functools.cache
def ours():
    """{(section, program type, name): True, False or None}"""
    done = run("feature", "--json", timeout=SLOW)
    equal(done.returncode, 0, "status: " + done.stderr)
    document = json.loads(done.stdout)
    answers = {}
    for section in ("program_types", "map_types", "misc"):
        for name, answer in document[section].items():
            answers[section, "", name] = answer
    for group, names in document["helpers"].items():
        for name in names or []:
            answers["helpers", group, name] = True
    for row in document["unknown"]:
        if row["section"] == "helpers" and "name" in row:
            answers["helpers", row["group"], row["name"]] = None
    return document, answers


@functools.cache
def theirs():
    document = json.loads(bpftool("-j", "feature", "probe", "full"))
    answers = {}
    for section, pattern in (("program_types", r"have_(.*)_prog_type$"), ("map_types", r"have_(.*)_map_type$"),
                             ("misc", r"have_(.*)$")):
        for key, answer in document[section].items():
            answers[section, "", re.match(pattern, key)[1]] = answer
    for key, names in document["helpers"].items():
        for name in names:
            answers["helpers", key[:-len("_available_helpers")], name[len("bpf_"):]] = True
    return document, answers


def explains(row, key, our, their):
    section, group, name, said, says = row[:5]
    return (section == key[0] and re.fullmatch(group, key[1]) and re.fullmatch(name, key[2]) and said == our
            and says == their)


def answers__agree_or_differ_for_a_reason():
    document, a = ours()
    _, b = theirs()
    check(sum(key[0] == "helpers" for key in b) > 1000, "bpftool told no helpers")
    met, unexplained = set(), []
    for key in sorted(set(a) | set(b)):
        our, their = a.get(key, False), b.get(key, False)
        if key[0] != "helpers" and key not in b:
            continue  # skep asks for more
        check(key[0] == "helpers" or key in a, f"{key} is not told")
        if our == their:
            continue
        rows = [n for n, row in enumerate(EXPLAINED) if explains(row, key, our, their)]
        met.update(rows)
        if not rows:
            unexplained.append(f"{'/'.join(key)}: {our}, bpftool {their}")
    check(not unexplained, "\n".join(unexplained))
    if not bpftool("version").startswith("bpftool v7.1."):
        return
    stale = [EXPLAINED[n][5] for n in range(len(EXPLAINED)) if n not in met and re.match(EXPLAINED[n][6], RELEASE)]
    if document["system"]["kernel"]["lockdown"] == "none":  # what was forbidden is permitted on this system
        stale = []
    check(not stale, "not met any more: " + "; ".join(stale))


def configuration__agrees():
    document, _ = ours()
    system = {**document["system"]["sysctl"], **document["system"]["config"]}
    their, _ = theirs()
    for name, value in their["system_config"].items():
        check(name in system, f"{name} is not told")
        equal(str(system[name]), "None" if value == -1 else str(value), name)  # as in a network namespace


def defined(text):
    """{macro: value} of a header."""
    return dict(re.findall(r"^#define (\w+)[ \t]*(\S*)$", text, re.M))


def macros__agree_where_the_answers_do():
    document, _ = ours()
    a, b = defined(run("feature", "--format", "macros", timeout=SLOW).stdout), defined(bpftool("feature", "probe", "macros", "full"))
    equal(a.get("CONFIG_HZ"), b.get("CONFIG_HZ", a.get("CONFIG_HZ")), "CONFIG_HZ")  # skep measures
    names = [name for name in b if name.startswith(("HAVE_", "NO_HAVE_"))]
    check(len(names) > 60, "bpftool defines nothing")
    untold = {f"HAVE_{name.upper()}{end}" for section, end in (("program_types", "_PROG_TYPE"), ("map_types", "_MAP_TYPE"))
              for name, answer in document[section].items() if answer is None}
    for name in names:
        plain = name.removeprefix("NO_")
        check(plain in a or "NO_" + plain in a or plain in untold, f"{name} is not defined")
    told = tuple(f"BPF__PROG_TYPE_{group}__" for group, names in document["helpers"].items() if names is not None)
    helpers = {name for name in b if name.startswith(told)}
    untold = {f"BPF__PROG_TYPE_{row['group']}__HELPER_bpf_{row['name']}" for row in document["unknown"]
              if row["section"] == "helpers" and "name" in row}
    check(len(helpers) > 1000, "bpftool defines no helpers")
    equal(sorted(helpers - untold - set(a)), [], "helpers that are not defined")


main([
    answers__agree_or_differ_for_a_reason,
    configuration__agrees,
    macros__agree_where_the_answers_do,
])
