#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep inspect, check, load and object modernise as a black box.

usage: object.py SOURCE_ROOT MODERN LEGACY EDGES REFUSED KCONFIG UNDEFINED, in a new mount namespace (unshare --mount)
"""
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time

from blackbox import LESS, SKEP, check, equal, main, run, until

ROOT = pathlib.Path(sys.argv[1])
MODERN, LEGACY, EDGES, REFUSED, KCONFIG, UNDEFINED = sys.argv[2:8]
BPFFS = "/run/skep-object-bpffs"
WORK = "/run/skep-object"
PINNED = LEGACY  # it has a map that pins itself


def skep(*words, status=0, **more):
    done = run(*words, **more)
    equal(done.returncode, status, f"status of {words}: {done.stdout}{done.stderr}")
    return done


def document(*words, schema, status=0):
    value = json.loads(skep(*words, "--json", status=status).stdout)
    equal((value["schema"], value["version"]), (schema, 1), "schema")
    return value


def fresh():
    """A tmpfs and a bpffs that nobody else has."""
    subprocess.run(["umount", "-l", BPFFS, WORK], check=False, stderr=subprocess.DEVNULL)
    for kind, path in (("bpf", BPFFS), ("tmpfs", WORK)):
        os.makedirs(path, exist_ok=True)
        subprocess.run(["mount", "-t", kind, "test", path], check=True)


def names(path):
    return sorted(str(p.relative_to(path)) for p in pathlib.Path(path).rglob("*") if not p.is_dir())


def everything(path):
    return sorted(str(p) for p in pathlib.Path(path).rglob("*"))


def usage__is_told_with_status_2():
    for words in (["inspect"], ["check"], ["load"], ["object"], ["object", "fly"], ["object", "modernise", MODERN],
                  ["load", MODERN], ["load", MODERN, "--pin", ""], ["inspect", MODERN, "--set", "a=1"], ["check", MODERN, "two"]):
        done = skep(*words, status=2)
        check(done.stderr and not done.stdout, f"{words}: {done.stdout!r} {done.stderr!r}")


def help__tells_every_option_of_the_table():
    rows = re.findall(r'^NOUN_OPT\((NULL|"[a-z ]+"),\s+"([a-z-]+)",\s+\S+,\s+(\w+)', (ROOT / "cli/object.def").read_text(),
                      re.M)
    check(len(rows) > 10, "the table is not where it was")
    for words in (["inspect"], ["check"], ["load"], ["object", "modernise"]):
        text = skep(*words, "--help").stdout
        check("examples:" in text, f"no examples: {text}")
        for verbs, name, kind in rows:
            if kind != "OPT_WORD":
                equal(f"--{name}\n" in text or f"--{name} " in text, verbs == "NULL" or words[-1] in verbs.strip('"').split(),
                      f"--{name} of {words}")


def inspect__tells_what_is_in_an_object():
    text = skep("inspect", MODERN).stdout
    check("license 'GPL'" in text and "\nprograms:\n" in text and "\nmaps:\n" in text and "\nneeds:\n" in text, text)
    value = document("inspect", MODERN, schema="skep.inspect")
    equal(value["normalised"], [], "nothing is to be done")
    check(value["programs"] and all(p["type"] and p["instructions"] for p in value["programs"]), str(value["programs"]))
    versions = [tuple(map(int, n["since"].split("."))) for n in value["needs"]]
    equal(versions, sorted(versions, reverse=True), "the newest first")
    old = document("inspect", LEGACY, schema="skep.inspect")
    check({"legacy_map", "constant"} <= {n["kind"] for n in old["normalised"]}, str(old["normalised"]))
    check(old["constants"], "the constants are told")


def inspect__says_what_is_wrong_with_a_file():
    fresh()
    whole = pathlib.Path(MODERN).read_bytes()
    for name, data in (("empty", b""), ("text", b"no ELF at all, but text"), ("cut", whole[:200]), ("half", whole[:len(whole) // 2]),
                       ("host", pathlib.Path(SKEP).read_bytes()[:4096])):
        path = f"{WORK}/{name}"
        pathlib.Path(path).write_bytes(data)
        for words in (["inspect", path], ["check", path], ["load", path, "--dry-run"],
                      ["object", "modernise", path, "-o", f"{WORK}/out"]):
            done = run(*words)
            check(done.returncode in (1, 2, 6) and done.stderr.count("\n") == 1 and not done.stdout,
                  f"{words}: {done.returncode} {done.stdout!r} {done.stderr!r}")
    check(not os.path.exists(f"{WORK}/out"), "nothing was written")
    skep("inspect", f"{WORK}/absent", status=1)


def inspect__reads_files_and_pipes_alone():
    fresh()
    os.mkfifo(f"{WORK}/fifo")
    for path in (f"{WORK}/fifo", WORK, "/dev/null"):
        done = skep("inspect", path, status=2)
        check(path in done.stderr and done.stderr.count("\n") == 1, done.stderr)
    with open(MODERN, "rb") as f:
        done = subprocess.run([SKEP, "inspect", "/dev/stdin"], input=f.read(), capture_output=True, check=False)
    equal((done.returncode, done.stderr), (0, b""), "through a pipe")


def strong_symbol(path, name):
    """The same object, in which a weak symbol is strong."""
    data = bytearray(pathlib.Path(path).read_bytes())
    start, = struct.unpack_from("<Q", data, 0x28)
    count, = struct.unpack_from("<H", data, 0x3c)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, start + 64 * i) for i in range(count)]
    symbols = next(s for s in sections if s[1] == 2)
    names_at = sections[symbols[6]][4]
    for at in range(symbols[4], symbols[4] + symbols[5], 24):
        text = names_at + struct.unpack_from("<I", data, at)[0]
        if data[text:data.index(0, text)] == name:
            data[at + 4] = 0x10
    return data


def check__names_what_the_configuration_has_not():
    fresh()
    configs = ("/proc/config.gz", f"/boot/config-{os.uname().release}")
    pathlib.Path(f"{WORK}/k.o").write_bytes(strong_symbol(KCONFIG, b"CONFIG_NO_KERNEL_HAS_THIS"))
    done = skep("check", f"{WORK}/k.o", status=1)
    if any(os.path.exists(c) for c in configs):  # else the whole of it is missing
        check("no 'CONFIG_NO_KERNEL_HAS_THIS'" in done.stdout, done.stdout + done.stderr)
        skep("check", f"{WORK}/k.o", "--exclude", "configured")


def check__of_a_program_without_a_type_names_the_option():
    fresh()
    pathlib.Path(f"{WORK}/odd.o").write_bytes(pathlib.Path(LEGACY).read_bytes().replace(b"classifier/first", b"klassifier/first"))
    check("(--type PROG=TYPE)" in skep("load", f"{WORK}/odd.o", "--dry-run", status=2).stderr, "the option")


def check__says_of_each_program_whether_the_kernel_takes_it():
    value = document("check", REFUSED, schema="skep.check", status=7)
    told = {p["name"]: p for p in value["programs"]}
    equal(sorted(told), ["good", "map_bounds", "null_pointer", "packet_bounds", "reference_leak"], "programs")
    equal((told["good"]["loaded"], told["good"]["error"]), (True, None), "good")
    lines = pathlib.Path(ROOT / "tests/objects/refused.bpf.c").read_text().splitlines()
    for name in told.keys() - {"good"}:
        error = told[name]["error"]
        equal((told[name]["loaded"], error["kind"], error["verifier"]["rule"]), (False, "VERIFIER", name.upper()), name)
        # since 6.8 the kernel names file and line
        if error["line"] and name != "reference_leak":
            check(f"at fault: {name}" in lines[error["line"] - 1], f"{name}: line {error['line']}")
        check(error["verifier"]["source"], f"{name}: no source line")
    text = skep("check", REFUSED, status=7).stdout
    check(re.search(r"^ok +good ", text, re.M) and "if (value)" in text and "  hint " in text, text)


def check__blames_who_calls_what_is_defined_nowhere():
    fresh()
    told = {p["name"]: p for p in document("check", UNDEFINED, schema="skep.check", status=2)["programs"]}
    equal({name: p["loaded"] for name, p in told.items()}, {"good": True, "direct": False, "indirect": False}, "programs")
    for name in ("direct", "indirect"):
        words = f"program '{name}' calls 'nowhere', which is defined nowhere"
        check(words in told[name]["error"]["message"], told[name]["error"]["message"])
    skep("check", UNDEFINED, "--exclude", "direct", "--exclude", "indirect")
    check("'nowhere'" in skep("load", UNDEFINED, "--dry-run", status=2).stderr, "the name")
    document("inspect", UNDEFINED, schema="skep.inspect")
    check("'nowhere'" in skep("object", "modernise", UNDEFINED, "-o", f"{WORK}/out", status=2).stderr, "the name")


def check__of_an_object_without_programs_is_no_success():
    done = skep("check", REFUSED, *(w for n in ("good", "map_bounds", "null_pointer", "packet_bounds", "reference_leak")
                                    for w in ("--exclude", n)), status=1)
    check("no program" in done.stderr, done.stderr)
    done = skep("load", REFUSED, "--dry-run", *(w for n in ("good", "map_bounds", "null_pointer", "packet_bounds", "reference_leak")
                                                for w in ("--exclude", n)), status=1)
    check("all programs are excluded" in done.stderr, done.stderr)


def check__takes_what_is_good_and_leaves_nothing():
    value = document("check", MODERN, schema="skep.check")
    check(value["programs"] and all(p["loaded"] for p in value["programs"]), str(value))
    value = document("check", LEGACY, schema="skep.check")
    check(value["normalised"] and all(p["loaded"] for p in value["programs"]), str(value))
    skep("check", REFUSED, *(w for n in ("map_bounds", "null_pointer", "packet_bounds", "reference_leak")
                             for w in ("--exclude", n)))


def set__is_checked_before_anything_is_loaded():
    check("no variable and no constant" in skep("check", MODERN, "--set", "nobody=1", status=1).stderr, "nobody")
    for words, told in ((["--set", "nothing"], "--set: 'nothing' is not NAME=VALUE"), (["--type", "x"], "--type: 'x' is not PROG=TYPE"),
                        (["-t", "=xdp"], "--type: '=xdp' is not PROG=TYPE"), (["-t", "first=tc"], "skep feature --section program_types")):
        check(told in skep("check", MODERN, *words, status=2).stderr, f"{words}: not told: {told}")
    check("--map: 'flows' is not NAME=PIN" in skep("load", MODERN, "--dry-run", "-m", "flows", "--root", BPFFS, status=2).stderr, "--map")
    for path in ("/etc/passwd", "/bin/true"):
        for words in (["check", MODERN], ["load", MODERN, "--dry-run"]):
            done = run(*words, "--btf", path)
            check(done.returncode in (1, 2) and f"--btf: '{path}': " in done.stderr and not done.stdout, done.stderr)
    skep("check", MODERN, "--type", "nobody=xdp", status=1)
    skep("check", MODERN, "--type", "first=flying", status=2)
    skep("check", MODERN, "--exclude", "nobody", status=1)
    skep("check", MODERN, "--btf", "/run/absent", status=1)
    legacy = document("inspect", LEGACY, schema="skep.inspect")
    constant, function = (legacy["constants"][1][key] for key in ("name", "function"))
    skep("check", LEGACY, "--set", f"{constant}=3")
    skep("check", LEGACY, "--set", f"{function}:{constant}=3")
    check("loads no constant" in skep("check", LEGACY, "--set", f"{function}:nobody=3", status=1).stderr, "no constant")
    check("'nobody'" in skep("check", LEGACY, "--set", f"nobody:{constant}=3", status=1).stderr, "no program")
    check(f"--set {constant}: " in skep("check", LEGACY, "--set", f"{constant}=three", status=2).stderr, "the name")
    for words in (["check", LEGACY], ["load", LEGACY, "--dry-run"]):
        done = skep(*words, "--set", f"{constant}=3", "--set", f"{constant}=4", status=2)
        check(f"--set {constant} is given twice: '3' and '4'" in done.stderr and not done.stdout, done.stderr)
        skep(*words, "--set", f"{constant}=3", "--set", f"{constant}=3")
    done = skep("inspect", MODERN, "--type", "first=xdp", "--type", "first=sched_cls", status=2)
    check("--type first is given twice: 'xdp' and 'sched_cls'" in done.stderr, done.stderr)


def load__pins_all_or_nothing():
    fresh()
    value = document("load", MODERN, "--pin", "agent", "--root", BPFFS, schema="skep.load")
    programs = sorted(p["name"] for p in value["programs"])
    there = names(f"{BPFFS}/agent")
    check(set(programs) <= set(there), f"{programs}: {there}")
    check(all(n in programs or n.startswith("maps/") for n in there), str(there))
    skep("load", MODERN, "--pin", "agent", "--root", BPFFS, status=8)
    equal(names(f"{BPFFS}/agent"), there, "as before")
    skep("load", REFUSED, "--pin", "refused", "--root", BPFFS, status=7)
    check(not os.path.exists(f"{BPFFS}/refused"), "nothing is left of what was refused")
    equal(skep("load", MODERN, "--dry-run").stdout.count("prog "), len(programs), "dry run")


def load__leaves_nothing_where_a_name_is_taken():
    fresh()
    skep("load", PINNED, "--pin", "first", "--root", BPFFS)
    program = next(n for n in names(f"{BPFFS}/first") if not n.startswith("maps/"))
    os.makedirs(f"{BPFFS}/there/deep")
    os.rename(f"{BPFFS}/first/{program}", f"{BPFFS}/there/deep/{program}")
    skep("load", PINNED, "--pin", "there/deep", "--root", BPFFS, status=8)
    equal(names(f"{BPFFS}/there"), [f"deep/{program}"], "pins")
    check(not os.path.exists(f"{BPFFS}/there/deep/maps"), "the directory of maps is left")


def load__that_is_rehearsed_finds_what_is_in_the_way():
    """A dry run ends as the load itself does, with the same words, and makes nothing."""
    fresh()
    before = everything(BPFFS)

    def fails(pin, status, says):
        done, dry = (skep("load", MODERN, "--pin", pin, "--root", BPFFS, *how, status=status) for how in ([], ["--dry-run"]))
        check(done.stderr == dry.stderr and says in dry.stderr and not dry.stdout, done.stderr + dry.stderr)

    skep("load", MODERN, "--pin", "free/deep", "--root", BPFFS, "--dry-run")
    equal(everything(BPFFS), before, "nothing is made")
    skep("load", MODERN, "--pin", "agent", "--root", BPFFS)
    there = names(f"{BPFFS}/agent")
    program = next(n for n in there if not n.startswith("maps/"))
    fails("agent", 8, "it exists already")
    fails(f"agent/{program}", 2, "make the directory")
    fails("a.b", 2, "no dots")
    fails("free/a.b/c", 2, "no dots")
    for name in there:  # of programs alone
        if name.startswith("maps/"):
            os.unlink(f"{BPFFS}/agent/{name}")
    fails("agent", 8, "it exists already")


def load__leaves_nothing_where_its_output_is_lost():
    fresh()
    os.makedirs(f"{BPFFS}/there")
    for more in ([], ["--json"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([SKEP, "load", PINNED, "--pin", "there/new/deep", "--root", BPFFS, *more], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        equal((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
        equal(os.listdir(f"{BPFFS}/there"), [], "names")


def is_held(process, number):
    """Is a signal blocked by the process, or has it ended already?"""
    try:
        blocked = int(re.search(r"^SigBlk:\s+(\w+)", pathlib.Path(f"/proc/{process.pid}/status").read_text(), re.M)[1], 16)
    except OSError:
        blocked = 0
    return process.poll() is not None or blocked >> number - 1 & 1


def load__ends_by_a_signal_with_all_or_nothing():
    fresh()
    nothing = os.listdir(BPFFS)  # what some kernels put there: maps.debug, progs.debug
    start = time.monotonic()
    skep("load", PINNED, "--pin", "agent", "--root", BPFFS)
    longest = time.monotonic() - start
    whole = names(BPFFS)
    shutil.rmtree(f"{BPFFS}/agent")
    ended, rounds = 0, 60 // LESS
    for number in range(rounds):
        how = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3]
        with subprocess.Popen([SKEP, "load", PINNED, "--pin", "agent", "--root", BPFFS], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as p:
            until(lambda p=p, how=how: is_held(p, how), "it loads")
            time.sleep(longest * number / rounds)  # from the beginning to the end of it
            p.send_signal(how)
            p.wait(timeout=60)
        check(p.returncode in (0, -how), f"{how}: {p.returncode}")
        ended += p.returncode != 0
        if p.returncode:
            equal(os.listdir(BPFFS), nothing, f"{how}")
        else:
            equal(names(BPFFS), whole, "all of it")
            shutil.rmtree(f"{BPFFS}/agent")
    check(ended, "no signal came in time")


def load__that_fails_touches_nothing_of_others():
    fresh()
    skep("map", "create", "theirs", "--type", "hash", *"-k 4 -v 4 -e 4".split(), "--root", BPFFS)
    os.makedirs(f"{BPFFS}/empty/inner")
    os.symlink("empty", f"{BPFFS}/link")
    before = everything(BPFFS)
    for where in ("theirs", "theirs/sub/deep", "empty/new/a.b", "empty/inner/a.b", "link", f"{BPFFS}/theirs", "/proc/x", "theirs//x/"):
        skep("load", PINNED, "--pin", where, "--root", BPFFS, status=2)
        equal(everything(BPFFS), before, where)


def load__takes_maps_that_are_there():
    fresh()
    first = document("load", MODERN, "--pin", "one", "--root", BPFFS, schema="skep.load")
    ours = {m["name"]: m["id"] for m in first["maps"] if os.path.exists(f"{BPFFS}/one/maps/{m['name']}")}
    name = sorted(ours)[0]
    second = document("load", MODERN, "--pin", "two", "--root", BPFFS, "--map", f"{name}=one/maps/{name}", schema="skep.load")
    given = {m["name"]: m for m in second["maps"]}
    equal((given[name]["id"], given[name]["created"]), (ours[name], False), name)
    skep("load", MODERN, "--pin", "three", "--root", BPFFS, "--map", "nobody=one/absent", status=1)


def load__tells_what_a_given_map_is_by_name():
    fresh()
    skep("load", MODERN, "--pin", "one", "--root", BPFFS)
    maps = [m for m in document("inspect", MODERN, schema="skep.inspect")["maps"] if os.path.exists(f"{BPFFS}/one/maps/{m['name']}")]
    a, b = next((a, b) for a in maps for b in maps if a["type"] != b["type"])
    done = skep("load", MODERN, "--pin", "two", "--root", BPFFS, "--map", f"{a['name']}=one/maps/{b['name']}", status=8)
    check(f"its type is {b['type']}, not {a['type']}" in done.stderr, done.stderr)


def load__pins_no_program_in_the_place_of_the_maps():
    fresh()
    data = pathlib.Path(MODERN).read_bytes().replace(b"\0first\0", b"\0maps\0\0")
    pathlib.Path(f"{WORK}/maps.o").write_bytes(data)
    skep("check", f"{WORK}/maps.o")
    before = everything(BPFFS)
    for how in ([], ["--dry-run"]):
        done = skep("load", f"{WORK}/maps.o", "--pin", "agent", "--root", BPFFS, *how, status=8)
        check("program 'maps': 'agent/maps' is the directory of maps" in done.stderr, done.stderr)
    equal(everything(BPFFS), before, "nothing is left")
    skep("load", f"{WORK}/maps.o", "--dry-run")


def modernise__writes_what_plain_tools_open():
    fresh()
    out = f"{WORK}/new.o"
    check("changes" in skep("object", "modernise", EDGES, "-o", out).stdout, "told")
    value = document("inspect", out, schema="skep.inspect")
    old = document("inspect", EDGES, schema="skep.inspect")
    check(len(value["normalised"]) < len(old["normalised"]), f"less is to be done: {value['normalised']}")
    equal(sorted(m["name"] for m in value["maps"]), sorted(m["name"] for m in old["maps"]), "the same maps")
    skep("object", "modernise", EDGES, "-o", "/run/absent/new.o", status=1)
    skep("object", "modernise", LEGACY, "-o", out)
    slots = document("inspect", out, schema="skep.inspect")["tail_calls"]
    equal(slots, document("inspect", LEGACY, schema="skep.inspect")["tail_calls"], "the slots are in the file")
    text = skep("inspect", out).stdout
    check("puts it into slot" not in text, f"and nothing is to be done for them: {text}")


def modernise__writes_nothing_where_its_output_is_lost():
    fresh()
    for out in (f"{WORK}/lost.o", f"{WORK}/there.o"):
        if "there" in out:
            with open(out, "w", encoding="ascii") as f:
                f.write("old")
        done = subprocess.run(["sh", "-c", '"$@" >/dev/full', "sh", SKEP, "object", "modernise", LEGACY, "-o", out],
                              capture_output=True, text=True)
        equal((done.returncode, done.stderr), (1, "skep: object modernise: write: no space left\n"), out)
    equal(sorted(n for n in os.listdir(WORK) if n.startswith(("lost", "there"))), ["there.o"], "files")
    with open(f"{WORK}/there.o", encoding="ascii") as f:
        equal(f.read(), "old", "the file that was there")
    os.unlink(f"{WORK}/there.o")


def modernise__writes_to_what_is_there():
    fresh()
    skep("object", "modernise", LEGACY, "-o", f"{WORK}/new.o")
    image = pathlib.Path(f"{WORK}/new.o").read_bytes()
    os.chmod(f"{WORK}/new.o", 0o640)
    os.symlink("new.o", f"{WORK}/link")
    for name in ("new.o", "link"):
        before = os.stat(f"{WORK}/new.o").st_ino
        skep("object", "modernise", LEGACY, "-o", f"{WORK}/{name}")
        now = os.stat(f"{WORK}/new.o")
        equal((now.st_mode & 0o7777, now.st_ino != before), (0o640, True), f"mode, and replaced by {name}")
    check(os.path.islink(f"{WORK}/link"), "a link stays one")
    os.mknod(f"{WORK}/null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    skep("object", "modernise", LEGACY, "-o", f"{WORK}/null")
    check(stat.S_ISCHR(os.stat(f"{WORK}/null").st_mode), "a device stays one")
    os.mkfifo(f"{WORK}/fifo")
    with subprocess.Popen(["cat", f"{WORK}/fifo"], stdout=subprocess.PIPE) as reader:
        skep("object", "modernise", LEGACY, "-o", f"{WORK}/fifo")
        check(reader.communicate(timeout=60)[0] == image, "through a FIFO")
    for path in ("-", "/dev/stdout"):
        done = subprocess.run([SKEP, "object", "modernise", LEGACY, "-o", path], capture_output=True, check=False)
        check((done.returncode, done.stdout) == (0, image), f"{path}: {done.returncode} {len(done.stdout)} {done.stderr}")
    check(not os.path.exists("-"), "a file called '-'")
    skep("object", "modernise", LEGACY, "-o", "-", "--json", status=2)
    check("directory" in skep("object", "modernise", LEGACY, "-o", WORK, status=1).stderr, "no reason")
    check("space" in skep("object", "modernise", LEGACY, "-o", "/dev/full", status=1).stderr, "no reason")
    equal(sorted(os.listdir(WORK)), ["fifo", "link", "new.o", "null"], "files")


main([
    usage__is_told_with_status_2,
    help__tells_every_option_of_the_table,
    inspect__tells_what_is_in_an_object,
    inspect__says_what_is_wrong_with_a_file,
    inspect__reads_files_and_pipes_alone,
    check__names_what_the_configuration_has_not,
    check__of_a_program_without_a_type_names_the_option,
    check__says_of_each_program_whether_the_kernel_takes_it,
    check__blames_who_calls_what_is_defined_nowhere,
    check__of_an_object_without_programs_is_no_success,
    check__takes_what_is_good_and_leaves_nothing,
    set__is_checked_before_anything_is_loaded,
    load__pins_all_or_nothing,
    load__leaves_nothing_where_a_name_is_taken,
    load__that_is_rehearsed_finds_what_is_in_the_way,
    load__leaves_nothing_where_its_output_is_lost,
    load__ends_by_a_signal_with_all_or_nothing,
    load__that_fails_touches_nothing_of_others,
    load__takes_maps_that_are_there,
    load__tells_what_a_given_map_is_by_name,
    load__pins_no_program_in_the_place_of_the_maps,
    modernise__writes_what_plain_tools_open,
    modernise__writes_nothing_where_its_output_is_lost,
    modernise__writes_to_what_is_there,
])
