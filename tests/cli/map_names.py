#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-only OR BSD-2-Clause
"""skep map: maps as a whole: lists, names, pins, permissions, the help of every verb; and what bpftool says of them.

usage: map_names.py SOURCE_ROOT, in a new mount namespace (unshare --mount)
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from blackbox import SKEP, check, equal, main, run
from map_lab import BPFFS, create, document, flow_map, load_program, map_create, mount, pin, skep, text

ROOT = pathlib.Path(sys.argv[1])
VERBS = ("list show create dump lookup update delete push pop peek count freeze pin unpin export import watch pressure "
         "diff").split()


def help__tells_every_option_of_the_table():
    rows = re.findall(r'^NOUN_OPT\((NULL|"[a-z ]+"),\s+"([a-z-]+)",\s+\S+,\s+(\w+)', (ROOT / "cli/map.def").read_text(), re.M)
    check(len(rows) > 30, "the table is not where it was")
    for verb in VERBS:
        shown = text(verb, "--help")
        check("examples:" in shown, f"no examples: {shown}")
        names = {name for _, name, kind in rows if not kind.startswith("OPT_WORD")}
        known = {name for verbs, name, kind in rows
                 if not kind.startswith("OPT_WORD") and (verbs == "NULL" or verb in verbs.strip('"').split())}
        for name in names:
            equal(f"--{name}\n" in shown or f"--{name} " in shown, name in known, f"--{name} of {verb}")
    shown = text("--help")
    check(all(re.search(rf"^  {verb} ", shown, re.M) for verb in VERBS), shown)


def usage__is_told_with_status_2():
    for words in ([], ["fly"], ["dump"], ["dump", "a", "b"], ["dump", ""], ["dump", "id:x"], ["lookup", "x"], ["update", "x", "1"],
                  ["create"], ["create", "x"], ["create", "x", "--type", "hush"], ["create", "x", "--type", "hash", "-k", "0"],
                  ["list", "--type", "hush"], ["list", "word"], ["diff", "x"], ["unpin"],
                  ["create", "x", "--type", "hash", "--flags", "no_such_flag"], ["pressure", "--above", "x"],
                  ["create", "", "--type", "hash", "-k", "4", "-v", "4", "-e", "1"]):
        done = skep(*words, status=2)
        check(done.stderr and not done.stdout, f"{words}: {done.stdout!r} {done.stderr!r}")


def create__makes_pins_and_takes_after_others():
    equal(re.match(r"map \d+ 'first'\n", text("create", "dir/first", "--type", "lru_hash", "-k", "4", "-v", "8", "-e", "100"))
          is not None, True, "output")
    about = document("show", "dir/first")["map"]
    equal((about["type"], about["key_size"], about["value_size"], about["max_entries"], about["pins"]),
          ("lru_hash", 4, 8, 100, [f"{BPFFS}/dir/first"]), "map")
    equal(about["holders"], [], "skep is no holder")
    skep("create", "dir/first", "--type", "hash", "-k", "4", "-v", "8", "-e", "100", status=8)
    value = document("create", "dir/second", "--like", "dir/first", "--max-entries", "50", "--name", "other")
    equal((value["map"]["name"], value["map"]["type"], value["map"]["max_entries"], value["path"]),
          ("other", "lru_hash", 50, "dir/second"), "after another one")
    flow_map("model")
    skep("create", "typed", "--like", "model", "-e", "7")
    skep("update", "typed", "port=1", "{ .color = GREEN }")
    check(".color = GREEN" in text("dump", "typed"), "BTF is taken over")
    skep("create", "bad.name", "--type", "hash", "-k", "4", "-v", "8", "-e", "1", status=2)
    equal("bad.name" in text("list"), False, "no map is left")
    about = document("create", "untyped", "--like", "model", "-v", "8")["map"]
    equal((about["value_size"], about["btf_id"]), (8, 0), "types of other sizes are not taken over")
    create("inner_model", "array", 4, 24, 3)
    create("outer", "hash_of_maps", 4, None, 5, "--inner", "inner_model")
    skep("create", "outer_2", "--like", "outer", "--map-extra", "0")
    skep("update", "outer_2", "1", "inner_model")
    about = document("create", "node", "--type", "hash", "-k", "4", "-v", "4", "-e", "1", "--numa-node", "0")["map"]
    check("numa_node" in about["flag_names"], str(about))
    for words, said in ((("--type", "task_storage", "-v", "8"), "takes the BTF"),
                        (("--type", "queue", "-k", "4", "-v", "4", "-e", "1"), "no keys"),
                        (("--type", "array", "-k", "8", "-v", "4", "-e", "1"), "keys have 4 bytes"),
                        (("--type", "hash", "-k", "4", "-v", "4"), "--max-entries is missing"),
                        (("--type", "queue", "-v", "4"), "--max-entries is missing"),
                        (("--type", "percpu_array", "-v", "4"), "--max-entries is missing"),
                        (("--type", "prog_array"), "--max-entries is missing"),
                        (("--type", "devmap", "-v", "4"), "--max-entries is missing"),
                        (("--type", "hash", "-e", "4"), "--key-size is missing"),
                        (("--type", "hash", "-k", "4", "-e", "4"), "--value-size is missing"),
                        (("--type", "hash", "-k", "4", "-v", "4", "-e", "4294967296"), "from 1 to 2^32 - 1"),
                        (("--type", "hash", "-k", "4", "-v", "4", "-e", "1", "--flags", "rdonly"), "--flags: rdonly: of the fd"),
                        (("--type", "hash", "-k", "4", "-v", "4", "-e", "1", "--flags", "wronly"), "--flags: wronly: of the fd"),
                        (("--type", "hash", "-k", "4", "-v", "4", "-e", "1", "--inner", "model"), "--inner is for maps of maps"),
                        (("--type", "unspec", "-k", "4", "-v", "4", "-e", "1"), "'unspec' is no type of maps"),
                        (("--type", "hash", "-k", "4", "-v", "4", "-e", "1", "-n", "a_long_name_of_16"),
                         "'a_long_name_of_16' has 17 characters, the kernel keeps 15"),
                        (("--type", "hash", "-k", "4", "-v", "4", "-e", "1", "--numa-node", "4294967000"), "numa_node"),
                        (("--type", "hash", "-k", "4", "-v", "4", "-e", "1", "--name", "a-b"), "a name has letters")):
        done = skep("create", "refused", *words, status=2)
        check(said in done.stderr, done.stderr)


def names__that_are_ambiguous_list_the_candidates():
    for path in ("one/twin", "two/twin"):
        create(path, "hash", 4, 4)
    done = skep("dump", "twin", status=2)
    check("2 maps are called 'twin'" in done.stderr, done.stderr)
    for path in ("one/twin", "two/twin"):
        number = document("show", path)["map"]["id"]
        check(f"map {number}: hash, keys of 4 and values of 4 bytes, pinned at {BPFFS}/{path}" in done.stderr, done.stderr)
        equal(document("show", str(number))["map"]["pins"], [f"{BPFFS}/{path}"], "by id")
        equal(document("show", f"{BPFFS}/{path}")["map"]["id"], number, "by absolute path")
    done = skep("dump", "no_such_map", status=1)
    check("there is no map 'no_such_map', and no pin of that name" in done.stderr, done.stderr)
    skep("dump", "no/such/pin", status=1)
    skep("dump", "4294967295", status=1)


def names__that_the_kernel_cuts_off_are_not_mixed_up():
    create("cut_off/a_very_long_name_1", "hash", 4, 4)
    done = skep("dump", "a_very_long_name_2", status=1)
    check("there is no map 'a_very_long_name_2'" in done.stderr, done.stderr)
    create("cut_off/a_very_long_name_2", "hash", 4, 4, 16, "--name", "other")
    equal(document("show", "a_very_long_name_2")["map"]["name"], "other", "the pin, not the map of the same 15 characters")
    equal(document("show", "a_very_long_name_1")["map"]["pins"], [f"{BPFFS}/cut_off/a_very_long_name_1"], "the other one")
    skep("unpin", "cut_off/a_very_long_name_2")
    skep("pin", "cut_off/a_very_long_name_1", "cut_off/short")
    skep("unpin", "cut_off/a_very_long_name_1")
    equal(document("show", "a_very_long_name_2")["map"]["pins"], [f"{BPFFS}/cut_off/short"], "nothing says that it is not")


def maps__of_processes_are_found_and_told():
    fd = map_create(1, 4, 4, 4, "held")
    about = document("show", f"{os.getpid()}:{fd}")["map"]
    equal([(h["pid"], h["fd"], h["fd_count"]) for h in about["holders"]], [(os.getpid(), fd, 1)], "holders")
    equal((about["name"], about["pins"]), ("held", []), "map")
    check(f"process {os.getpid()}, fd {fd}" in text("show", "held"), text("show", "held"))
    check("({})".format(os.getpid()) in text("list", "--name", "held"), text("list"))
    prog, number = load_program("user_of_it", [fd])
    equal([(p["id"], p["name"], p["type"]) for p in document("show", "held")["map"]["programs"]],
          [(number, "user_of_it", "socket_filter")], "programs")
    os.close(prog)
    skep("pin", "held", "rescued/it")
    os.close(fd)
    equal(document("show", "held")["map"]["pins"], [f"{BPFFS}/rescued/it"], "pins")
    skep("pin", "held", "rescued/it", status=8)
    skep("unpin", "rescued/it")
    skep("show", "held", status=1)
    skep("show", "2147483647:3", status=1)


def unpin__leaves_what_is_no_map():
    fd, _ = load_program("no_map")
    pin(fd, "program")
    create("a_map", "hash", 4, 4)
    done = skep("unpin", "program", "a_map", "absent", status=3)
    check(os.path.exists(f"{BPFFS}/program") and not os.path.exists(f"{BPFFS}/a_map"), done.stderr)
    done = skep("unpin", "program", status=2)
    check("of another kind" in done.stderr, done.stderr)


def pressure__tells_the_fullest_first():
    for name, count in (("half", 2), ("full", 4), ("empty", 0)):
        create(name, "hash", 4, 4, 4)
        for key in range(count):
            skep("update", name, str(key), "1")
    create("an_array", "array", 4, 4, 4)
    rows = document("pressure", "half", "full", "empty")["maps"]
    equal([(r["name"], r["count"], r["pressure"]) for r in rows], [("full", 4, 1), ("half", 2, 0.5), ("empty", 0, 0)], "rows")
    names = [r["name"] for r in document("pressure", "--above", "50")["maps"]]
    check("full" in names and "half" not in names, str(names))
    names = [r["name"] for r in document("pressure", "--above", "0")["maps"]]
    check("half" in names and "empty" not in names, str(names))
    lines = text("pressure", "half", "full").splitlines()
    check(re.match(r" +100\.0% +4 of 4 +\d+ +full +hash$", lines[1]), lines[1])
    skep("pressure", "an_array", status=6)
    equal({m["name"]: m["count"] for m in document("list")["maps"] if m["name"] in ("half", "full")}, {"half": 2, "full": 4},
          "list counts what is small")


def copied():
    """A copy of the build that anybody can read."""
    libraries = re.findall(r"=> (/\S*skep\S*)", subprocess.run(["ldd", SKEP], check=True, capture_output=True,
                                                               text=True).stdout)
    os.makedirs("/run/copy", exist_ok=True)
    for path in (SKEP, *libraries):
        shutil.copy(path, "/run/copy")
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "env", "LD_LIBRARY_PATH=/run/copy", "sh", "-c",
            'shift; exec /run/copy/skep "$@"', "sh"]


def withheld():
    """Before 5.19, what is withheld from those without privileges is all of bpf(2), pins too."""
    disabled = pathlib.Path("/proc/sys/kernel/unprivileged_bpf_disabled").read_text().strip() != "0"
    return disabled and tuple(map(int, os.uname().release.split(".")[:2])) < (5, 19)


def without_permission__the_capability_is_named():
    flow_map("private")
    number = document("show", "private")["map"]["id"]
    command = copied()
    for words in (("list",), ("show", str(number)), ("dump", str(number)), ("dump", "name:no_such_map"), ("pressure",)):
        done = run("map", *words, command=command)
        equal(done.returncode, 5, f"status of {words}: {done.stdout}{done.stderr}")
        check("CAP_SYS_ADMIN" in done.stderr and not done.stdout, done.stderr)
    if withheld():
        return
    done = run("map", "dump", "private", command=command)  # by its pin, which may be read
    equal((done.returncode, done.stdout), (0, "0 elements\n"), "what a pin permits: " + done.stderr)
    check("BTF" in done.stderr and "not permitted" in done.stderr, done.stderr)


def unseen__processes_are_told_with_the_true_reason():
    create("kept", "hash", 4, 4)
    without = ["setpriv", "--inh-caps=-sys_ptrace", "--bounding-set=-sys_ptrace"]
    for words in (("list", "--name", "kept"), ("show", "kept")):
        done = run("map", *words, command=without)
        check("may not be seen: not permitted without CAP_SYS_PTRACE" in done.stderr, done.stderr)
        done = skep(*words)
        check("not permitted without" not in done.stderr, done.stderr)
        if done.stderr:  # processes of another user namespace
            check("may not be seen: refused although CAP_SYS_PTRACE is held" in done.stderr, done.stderr)


def bpftool__says_the_same():
    if not shutil.which("bpftool"):
        raise AssertionError("bpftool is not installed")
    create("both", "hash", 4, 8)
    skep("update", "both", "1", "258")
    create("both_array", "array", 4, 4, 3)
    ours = {m["id"]: m for m in document("list")["maps"]}
    theirs = json.loads(subprocess.run(["bpftool", "map", "list", "--json", "-f"], capture_output=True, text=True,
                                       check=True).stdout)
    for row in theirs:
        mine = ours.get(row["id"])
        if not mine:  # bpftool's own
            check(row.get("name", "").startswith(("pid_iter", "libbpf")), f"{row} is not listed")
            continue
        for key, other in (("name", "name"), ("flags", "flags"), ("key_size", "bytes_key"), ("value_size", "bytes_value"),
                           ("max_entries", "max_entries"), ("frozen", "frozen")):
            equal(int(mine[key]) if key == "frozen" else mine[key], row.get(other, ""), f"{key} of {row}")
        equal(mine["type"], row["type"], f"type of {row}")
        check(mine["memory_bytes"] is None or mine["memory_bytes"] >= row["bytes_memlock"], f"memory of {row}")
        equal(sorted(mine["pins"]), sorted(p for p in row.get("pinned", [])), f"pins of {row}")
    dumped = json.loads(subprocess.run(["bpftool", "map", "dump", "pinned", f"{BPFFS}/both", "--json"], capture_output=True,
                                       text=True, check=True).stdout)
    octets = "".join(f"{int(b, 16):02x}" for b in dumped[0]["value"])
    equal(document("dump", "both")["entries"][0]["value"], "hex:" + octets, "a value")


mount()
main([
    help__tells_every_option_of_the_table,
    usage__is_told_with_status_2,
    create__makes_pins_and_takes_after_others,
    names__that_are_ambiguous_list_the_candidates,
    names__that_the_kernel_cuts_off_are_not_mixed_up,
    maps__of_processes_are_found_and_told,
    unpin__leaves_what_is_no_map,
    pressure__tells_the_fullest_first,
    without_permission__the_capability_is_named,
    unseen__processes_are_told_with_the_true_reason,
    bpftool__says_the_same,
])
