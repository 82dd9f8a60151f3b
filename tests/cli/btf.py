#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep btf: what it lists and dumps, and what it says when it cannot."""
import ctypes
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

from blackbox import LESS, SKEP, bpf, check, equal, main, run, without_bpf

ROOT = pathlib.Path(sys.argv[1])
CORPUS = ROOT / "tests/fuzz/corpus/fuzz_btf"
INT, STRUCT, FUNC_PROTO, FUNC = 1, 4, 13, 12


def raw(types, strings):
    """A BTF in this machine's byte order."""
    data = b"".join(struct.pack(f"={len(t)}I", *t) for t in types)
    return struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(data), len(data), len(strings)) + data + strings


# [1] int; [2] struct pair { int a; int b; }
PAIR = raw([(1, INT << 24, 4, 1 << 24 | 32), (5, STRUCT << 24 | 2, 8, 10, 1, 0, 12, 1, 32)], b"\0int\0pair\0a\0b\0")


class Loaded:
    """A BTF in the kernel, and a map with it: int -> struct pair."""

    def __enter__(self):
        data = ctypes.create_string_buffer(PAIR, len(PAIR))
        self.fd, _ = bpf(18, struct.pack("=QQII", ctypes.addressof(data), 0, len(PAIR), 0))  # BPF_BTF_LOAD
        attributes = struct.pack("=5I", 1, 4, 8, 1, 0) + bytes(24) + struct.pack("=4I", 0, self.fd, 1, 2)
        self.map, _ = bpf(0, attributes)  # BPF_MAP_CREATE
        self.id, self.map_id = self._number(self.fd, "btf_id"), self._number(self.map, "map_id")
        return self

    @staticmethod
    def _number(fd, key):
        text = pathlib.Path(f"/proc/self/fdinfo/{fd}").read_text()
        return int(re.search(rf"^{key}:\s*(\d+)$", text, re.M)[1])

    def __exit__(self, *_):
        os.close(self.map)
        os.close(self.fd)


def dump(*words, **more):
    done = run("btf", "dump", *words, **more)
    equal(done.returncode, 0, f"status of {words}: {done.stderr}")
    return done.stdout


def list__has_a_btf_and_its_map():
    with Loaded() as loaded:
        done = run("btf", "list", "--json")
        equal(done.returncode, 0, f"status: {done.stderr}")
        document = json.loads(done.stdout)
        equal((document["schema"], document["version"], document["complete"]), ("skep.btf.list", 1, True), "document")
        rows = {row["id"]: row for row in document["btf"]}
        equal(rows[loaded.id], {"id": loaded.id, "origin": "user", "name": None, "bytes": len(PAIR), "prog_ids": [],
                                "map_ids": [loaded.map_id]}, "the row")
        lines = run("btf", "list").stdout.splitlines()
        check(lines[0].split() == ["ID", "FROM", "NAME", "SIZE", "USED", "BY"], lines[0])
        mine = [line for line in lines if line.split()[0] == str(loaded.id)]
        equal(mine[0].split(), [str(loaded.id), "user", "-", str(len(PAIR)), "B", "map", str(loaded.map_id)], "the line")


def dump__of_a_map_is_its_key_and_value():
    pair = "struct pair {\n\tint a;\n\tint b;\n};\n\n"
    with Loaded() as loaded:
        for words in (["id", loaded.id], ["map", loaded.map_id], ["map", loaded.map_id, "value"],
                      ["map", loaded.map_id, "kv"], ["map", loaded.map_id, "all"]):
            equal(dump(*map(str, words), "--plain"), pair, str(words))
        equal(dump("map", str(loaded.map_id), "key", "-f", "raw"),
              "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n", "the key")


def dump__of_the_kernel_is_a_header():
    text = dump("vmlinux")
    check(text.startswith("#ifndef __VMLINUX_H__\n"), text[:100])
    check("\nstruct task_struct {\n" in text, "no task_struct")
    ids = re.findall(r"^\[(\d+)\] ", dump("vmlinux", "--format", "raw"), re.M)
    equal(ids, [str(i) for i in range(1, len(ids) + 1)], "ids")


def dump__of_a_type_is_that_and_what_it_needs():
    equal(dump("vmlinux", "-t", "struct list_head", "--plain"),
          "struct list_head {\n\tstruct list_head *next;\n\tstruct list_head *prev;\n};\n\n", "list_head")
    text = dump("vmlinux", "-t", "struct hlist_head", "-t", "pid_t", "--plain")
    check("struct hlist_head {" in text and "typedef __kernel_pid_t pid_t;" in text, text)
    document = json.loads(dump("vmlinux", "-t", "struct list_head", "--json"))
    equal((document["schema"], document["version"]), ("skep.btf.dump", 1), "document")
    record = next(t for t in document["types"] if t["kind"] == "STRUCT")
    equal(record["name"], "list_head", "name")
    equal([m["name"] for m in record["members"]], ["next", "prev"], "members")
    pointer = next(t for t in document["types"] if t["kind"] == "PTR")
    equal(pointer["type_id"], record["id"], "what the pointer points to")
    equal(dump("vmlinux", "-t", str(record["id"]), "--plain")[:18], "struct list_head {", "by id")


def dump__of_a_file_reads_either_byte_order_and_a_pipe():
    for name in ("clang", "swapped"):
        check("struct node {\n" in dump("file", str(CORPUS / name)), name)
    with open(CORPUS / "clang", "rb") as f:
        check("struct node {\n" in dump("file", "/dev/stdin", stdin=f), "standard input")
    with subprocess.Popen(["cat", CORPUS / "clang"], stdout=subprocess.PIPE) as cat:
        check("struct node {\n" in dump("file", "/dev/stdin", stdin=cat.stdout), "a pipe")
    check("struct node {\n" in dump("file", str(ROOT / "tests/fuzz/corpus/fuzz_elf/clang")), "an ELF")


def split__stands_on_its_base():
    # [3] struct more { struct pair p; }: its strings begin behind those of PAIR
    split = raw([(14, STRUCT << 24 | 1, 8, 19, 2, 0)], b"more\0p\0")
    with tempfile.TemporaryDirectory() as directory:
        base_path, path = os.path.join(directory, "base"), os.path.join(directory, "split")
        pathlib.Path(base_path).write_bytes(PAIR)
        pathlib.Path(path).write_bytes(split)
        text = dump("file", path, "--base", base_path, "--plain")
        check("struct pair {" in text and "struct more {\n\tstruct pair p;\n};" in text, text)
        equal(dump("file", path, "--base", base_path, "-f", "raw"),
              "[3] STRUCT 'more' size=8 vlen=1\n\t'p' type_id=2 bits_offset=0\n", "its own types alone")
        done = run("btf", "dump", "file", path)
        equal(done.returncode, 1, "status without base")
        check("base" in done.stderr, done.stderr)


def bytes__that_are_broken_are_told():
    data = PAIR
    with tempfile.NamedTemporaryFile() as f:
        for size in range(0, len(data), LESS):
            f.seek(0)
            f.truncate()
            f.write(data[:size])
            f.flush()
            done = run("btf", "dump", "file", f.name)
            equal(done.returncode, 1, f"status of {size} bytes")
            check(f.name in done.stderr and not done.stdout, f"{size} bytes: {done.stderr}")
    for name, words in (("loop", "contains itself"),):
        done = run("btf", "dump", "file", str(CORPUS / name))
        equal(done.returncode, 1, name)
        check(words in done.stderr, done.stderr)
        dump("file", str(CORPUS / name), "--format", "raw")  # lines are no problem


def what__is_absent_ends_with_1():
    rows = [
        (["id", "2147483632"], "no BTF with id 2147483632"), (["map", "2147483632"], "no map with id 2147483632\n"),
        (["prog", "2147483632"], "no prog with id 2147483632\n"), (["module", "no_such_module"], "not loaded"),
        (["file", "/does/not/exist"], "/does/not/exist"), (["file", "/"], "directory"),
        (["file", "/dev/null"], "not BTF"), (["file", "/proc/self/exe"], "BTF"),
        (["vmlinux", "-t", "no_such_type"], "no_such_type"), (["vmlinux", "-t", "union task_struct"], "union task_struct"),
        (["vmlinux", "-t", "0"], "'0'"), (["map", "/does/not/exist"], "/does/not/exist"),
    ]
    for words, told in rows:
        done = run("btf", "dump", *words)
        equal(done.returncode, 1, f"status of {words}: {done.stderr}")
        check(told in done.stderr and not done.stdout, f"{words}: {done.stderr!r}")
        equal(len(done.stderr.splitlines()), 1, f"lines about {words}")


def usage__is_told_with_status_2():
    rows = [
        [], ["fly"], ["dump"], ["dump", "moon"], ["dump", "id"], ["dump", "id", "x"], ["dump", "vmlinux", "x"],
        ["dump", "id", "1", "kv"], ["dump", "map", "1", "half"], ["dump", "map", "1", "kv", "x"],
        ["dump", "vmlinux", "--base", "x"], ["dump", "vmlinux", "-f", "pdf"], ["dump", "vmlinux", "-j", "-s"],
        ["dump", "vmlinux", "-f", "raw", "--plain"], ["dump", "vmlinux", "-f", "raw", "-j"], ["list", "x"],
        ["list", "--type", "x"], ["dump", "module", "../x"],
    ]
    for words in rows:
        done = run("btf", *words)
        equal(done.returncode, 2, f"status of {words}")
        check(done.stderr and not done.stdout, f"{words}: {done.stdout[:99]!r} {done.stderr!r}")


def help__tells_every_option_of_the_table():
    table = re.findall(r'^NOUN_OPT\((?:"([a-z ]+)"|NULL), "([a-z-]+)", [^,]*, (\w+)',
                       (ROOT / "cli/btf.def").read_text(), re.M)
    check(len(table) > 6, "the table is not where it was")
    for verb in ("list", "dump"):
        done = run("btf", verb, "--help")
        equal(done.returncode, 0, "status")
        check("examples:" in done.stdout, done.stdout)
        for verbs, name, kind in table:
            if kind not in ("OPT_WORD", "OPT_WORDS"):
                equal(f"--{name}" in done.stdout, not verbs or verb in verbs.split(), f"{verb} --{name}")


def privilege__that_is_missing_is_named():
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "-all",
              "--bounding-set", "-all"]
    for words in (["list"], ["dump", "id", "1"], ["dump", "map", "1"], ["dump", "prog", "1"]):
        done = subprocess.run([*nobody, SKEP, "btf", *words], capture_output=True, text=True)
        equal(done.returncode, 5, f"status of {words}: {done.stderr}")
        check("CAP_SYS_ADMIN" in done.stderr, done.stderr)
    done = subprocess.run([*nobody, SKEP, "btf", "dump", "vmlinux", "-t", "struct list_head"], capture_output=True,
                          text=True)
    equal(done.returncode, 0, f"the kernel's types take no privilege: {done.stderr}")


def kernel__without_bpf_is_told():
    done = run("btf", "list", preexec_fn=without_bpf)
    equal(done.returncode, 6, f"status: {done.stderr}")


def reader__that_has_had_enough_is_no_error():
    read_end, write_end = os.pipe()
    os.close(read_end)
    types = ["vmlinux"] if LESS == 1 else ["file", str(CORPUS / "clang")]
    feature = ["feature"] if LESS == 1 else ["feature", "--section", "map_types"]
    verbs = [["btf", "dump", *types, "-f", "c"], ["btf", "dump", *types, "-f", "raw"],
             ["btf", "dump", *types, "-f", "json"], ["btf", "list"], feature, [*feature, "--json"],
             ["bpffs", "ls"], ["bpffs", "ls", "--json"], ["--help"]]
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["mount", "-t", "bpf", "bpf", directory], check=True)
        os.mkdir(f"{directory}/sub")
        try:
            for words in verbs:
                words = words + ["--root", directory] * (words[0] == "bpffs")
                for ignored in (True, False):  # SIGPIPE, by who starts us
                    done = subprocess.run([SKEP, *words], stdout=write_end, stderr=subprocess.PIPE, text=True,
                                          restore_signals=not ignored)
                    equal(done.returncode, 0, f"closed pipe, {words}: {done.stderr}")
                    check("write" not in done.stderr, f"closed pipe, {words}: {done.stderr}")
                with open("/dev/full", "w") as full:
                    done = subprocess.run([SKEP, *words], stdout=full, stderr=subprocess.PIPE, text=True)
                equal(done.returncode, 1, f"full disk, {words}: {done.stderr}")
                check("write" in done.stderr, f"full disk, {words}: {done.stderr}")
        finally:
            subprocess.run(["umount", directory], check=True)
            os.close(write_end)


def names__that_are_none_in_c_are_refused_and_raw_lines_stay_lines():
    name = b'x; system("rm"); struct y'
    bad = raw([(1, INT << 24, 4, 1 << 24 | 32), (5, STRUCT << 24 | 1, 4, 6 + len(name), 1, 0)],
              b"\0int\0" + name + b"\0a\n#include <b>\0")
    with tempfile.NamedTemporaryFile() as f:
        f.write(bad)
        f.flush()
        done = run("btf", "dump", "file", f.name)
        equal((done.returncode, done.stdout), (1, ""), "refused, and nothing is written")
        check("[2] 'x; system" in done.stderr, done.stderr)
        equal(len(dump("file", f.name, "-f", "raw").splitlines()), 3, "raw lines")


def pin__of_another_kind_is_told():
    with tempfile.TemporaryDirectory() as directory, Loaded() as loaded:
        subprocess.run(["mount", "-t", "bpf", "bpf", directory], check=True)
        try:
            path = ctypes.create_string_buffer(os.fsencode(f"{directory}/pin"))
            bpf(6, struct.pack("=QI", ctypes.addressof(path), loaded.map))  # BPF_OBJ_PIN
            done = run("btf", "dump", "prog", f"{directory}/pin")
            equal(done.returncode, 2, done.stderr)
            check(f"pin '{directory}/pin' is of a map, not of a prog" in done.stderr, done.stderr)
            check("struct pair" in run("btf", "dump", "map", "pin", cwd=directory).stdout, "relative")
        finally:
            subprocess.run(["umount", directory], check=True)
    done = run("btf", "dump", "map", "/etc/passwd")
    equal(done.returncode, 2, done.stderr)
    check("no pin" in done.stderr, done.stderr)


def base__types_have_the_spellings_of_c():
    for name in ("unsigned long", "long unsigned int", "unsigned long int"):
        check("'long unsigned int'" in dump("vmlinux", "-f", "raw", "-t", name), name)


main([
    list__has_a_btf_and_its_map,
    dump__of_a_map_is_its_key_and_value,
    dump__of_the_kernel_is_a_header,
    dump__of_a_type_is_that_and_what_it_needs,
    dump__of_a_file_reads_either_byte_order_and_a_pipe,
    split__stands_on_its_base,
    bytes__that_are_broken_are_told,
    what__is_absent_ends_with_1,
    usage__is_told_with_status_2,
    help__tells_every_option_of_the_table,
    privilege__that_is_missing_is_named,
    kernel__without_bpf_is_told,
    reader__that_has_had_enough_is_no_error,
    names__that_are_none_in_c_are_refused_and_raw_lines_stay_lines,
    pin__of_another_kind_is_told,
    base__types_have_the_spellings_of_c,
])
