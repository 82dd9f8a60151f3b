#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep btf dump beside other tools: its C compiles, and it says what bpftool says."""
import functools
import itertools
import re
import subprocess
import tempfile

from blackbox import LESS, check, equal, main, run

KERNEL = "/sys/kernel/btf/vmlinux"
DECLARED = re.compile(r"^(?:typedef .*?\b(\w+)(?:\[\d*\])*;|(struct|union|enum) (\w+)(?:;| \{\}.*;| \{$))", re.M)
COMPILERS = (["clang", "-target", "bpf", "-Wall", "-Werror", "-Wno-microsoft-anon-tag", "-Wno-visibility"],
             ["gcc", "-std=gnu17", "-Wno-attributes", "-Werror"])
turn = itertools.cycle(COMPILERS)


@functools.cache
def dump(*words):
    done = run("btf", "dump", *words)
    equal(done.returncode, 0, f"status of {words}: {done.stderr}")
    return done.stdout


@functools.cache
def bpftool(*words):
    return subprocess.run(["bpftool", "btf", "dump", "file", KERNEL, *words], stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def compiled(text, *command):
    """Complaints about a header. Records without a tag of their own, as kernels since 6.19 have them, are an extension."""
    with tempfile.NamedTemporaryFile("w", suffix=".h") as f:
        f.write(text)
        f.flush()
        return subprocess.run([*command, "-fms-extensions", "-xc", "-fsyntax-only", f.name], stderr=subprocess.PIPE,
                              text=True).stderr


def check_compiles(text, what):
    """By both compilers; in guests, where that takes long, by one and the other in turn."""
    for command in COMPILERS if LESS == 1 else [next(turn)]:
        equal(compiled(text, *command), "", f"{what}, {command[0]}")


def header__of_the_kernel_compiles():
    check_compiles(dump("vmlinux"), "all")
    check_compiles(dump("vmlinux", "--sort"), "sorted")


def header__of_some_types_compiles():
    for name in ("struct task_struct", "struct sock", "tcp_sendmsg", "pid_t", "enum bpf_map_type"):
        check_compiles(dump("vmlinux", "--type", name), name)


def compiling__can_fail():
    check("error" in compiled("struct a { struct b b; };\n", "clang", "-target", "bpf"), "a broken header compiles")


def declarations(text):
    return {(m[2] or "typedef", m[3] or m[1]) for m in DECLARED.finditer(text)}


def header__declares_what_bpftool_declares():
    mine, theirs = declarations(dump("vmlinux")), declarations(bpftool("format", "c"))
    check(len(theirs) > 5000, f"{len(theirs)} declarations")
    equal(sorted(mine ^ theirs)[:20], [], "declared by one of them only")
    def first(names):  # which of two types of one name gets the suffix depends on the order
        return {(kind, re.sub(r"___\d+$", "", name)) for kind, name in names}
    equal(first(declarations(dump("vmlinux", "--sort"))) ^ first(theirs), set(), "declared by one of them only, sorted")


def members(text):
    """The lines inside of declarations: the same, in any order of declarations."""
    return sorted(line for line in text.split("\n") if line.startswith("\t"))


def header__has_the_members_that_bpftool_has():
    equal(members(dump("vmlinux")), members(bpftool("format", "c")), "members")


def lines__are_those_of_bpftool():
    check(dump("vmlinux", "--format", "raw") == bpftool(), "skep btf dump and bpftool btf dump differ")


main([
    header__of_the_kernel_compiles,
    header__of_some_types_compiles,
    compiling__can_fail,
    header__declares_what_bpftool_declares,
    header__has_the_members_that_bpftool_has,
    lines__are_those_of_bpftool,
])
